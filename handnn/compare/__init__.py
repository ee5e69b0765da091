"""`handnn compare`: optimizers on the same data, from the same starts, on the same batches.

A `Plan` says everything that decides the numbers, a `Cell` is one training run of it, a `Run` what the cell gave, and
a `Comparison` all runs of a plan as they lie in a folder. Conclusions are drawn in statistics.py alone.
"""

from .plan import Cell, Plan
from .results import Comparison
from .run import Run

__all__ = ["Cell", "Comparison", "Plan", "Run"]
