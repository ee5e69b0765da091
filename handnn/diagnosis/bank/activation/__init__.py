"""Mistakes in an activation on its own: the function and its vector-Jacobian product."""

# The order of the bank: a mistake that others cannot be told from is named by the first of them.
# isort: off
from . import general, gates, pieces, rows
from .spot import Spot

__all__ = ["Spot", "gates", "general", "pieces", "rows"]
