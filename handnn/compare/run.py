"""`Run`: the result of one cell of a comparison."""

from dataclasses import dataclass

import numpy as np

from ..core.variable import Array
from .plan import Cell


@dataclass
class Run:
    """A finished cell.

    Attributes:
        loss: (steps,) float64, the training loss of every step's batch, before the step.
        evaluated_at: (epochs + 1,) steps taken at each evaluation; the first is 0.
        train_loss, val_loss, test_loss, train_accuracy, val_accuracy, test_accuracy: (epochs + 1,) float64 over the
            whole part; the accuracies are None for a regression. After divergence, values are inf or nan.
        seconds: (epochs + 1,) seconds of training so far, of the processor, without evaluation. step_seconds: the
            median of a step. Both are those of a run alone.
        slot_bytes: memory of the optimizer's slots.
        failed: the error in one line, if the cell failed; then the arrays are empty.
        together: how many cells were trained in one stack; 1 for a cell that was trained alone. why: why so, in words.
        made: versions of Python, NumPy and BLAS.
    """

    cell: Cell
    loss: Array
    evaluated_at: Array
    train_loss: Array
    val_loss: Array
    test_loss: Array
    train_accuracy: Array | None
    val_accuracy: Array | None
    test_accuracy: Array | None
    seconds: Array
    step_seconds: float
    slot_bytes: int
    failed: str | None = None
    together: int = 1
    why: str = ""
    made: str = ""

    @classmethod
    def failure(cls, cell: Cell, error: str) -> "Run":
        """Return the run of a cell that ended with an error."""
        none = np.zeros(0)
        return cls(cell, none, none, none, none, none, None, None, None, none, float("nan"), 0, error)

    @property
    def diverged(self) -> bool:
        """Whether the loss of any part is not finite at the last evaluation."""
        parts = (self.train_loss, self.val_loss, self.test_loss)
        return not all(np.isfinite(loss[-1:]).all() for loss in parts)
