"""Mistakes in a loss on its own: its values, the reduced loss, its gradient."""

# The order of the bank: a mistake that others cannot be told from is named by the first of them.
# isort: off
from . import regression, entropies, others
from .spot import Spot

__all__ = ["Spot", "entropies", "others", "regression"]
