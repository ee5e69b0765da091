"""`handnn compare`: optimizers on the same data, from the same starts, on the same batches.

A `Plan` has everything that determines the numbers, a `Cell` is one training run of it, a `Run` the result of a cell,
and a `Comparison` all runs of a plan in a folder. Conclusions are drawn only in statistics.py.
"""

from .plan import Cell, Plan
from .results import Comparison
from .run import Run

from .api import run  # isort: skip  # after the module of the same name, whose place it takes

__all__ = ["Cell", "Comparison", "Plan", "Run", "run"]
