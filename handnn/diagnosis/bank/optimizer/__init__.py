"""Optimizers written out line by line, and what people do otherwise in one line: mistakes and published variants."""

# The order of the bank: a mistake that others cannot be told from is named by the first of them.
# isort: off
from . import steps, corrections, roots, averages, momentum, single, variants
from ..base import optimizer_mistakes, optimizer_variants
from .rules import STRUCTURAL, At, rules

__all__ = [
    "STRUCTURAL",
    "At",
    "averages",
    "corrections",
    "momentum",
    "optimizer_mistakes",
    "optimizer_variants",
    "roots",
    "rules",
    "single",
    "steps",
    "variants",
]
