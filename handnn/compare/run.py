"""`Run`: what one cell of a comparison gave."""

from dataclasses import dataclass

import numpy as np

from ..core.variable import Array
from .plan import Cell


@dataclass
class Run:
    """A finished cell.

    Attributes:
        loss: (steps,) float64, the training loss of every step, of its batch before the step.
        evaluated_at: (epochs + 1,) steps taken when the parts were evaluated; the first is 0.
        train_loss, val_loss, test_loss, train_accuracy, val_accuracy, test_accuracy: (epochs + 1,) float64 over the
            whole part; the accuracies are None for a regression. Numbers that training drove out of range are inf, nan.
        seconds: (epochs + 1,) training seconds so far, without evaluation. step_seconds: their median a step.
        slot_bytes: memory of what the optimizer keeps for the weights.
        failed: the error in one line, if the cell ended with one; then the arrays are empty.
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

    @classmethod
    def failure(cls, cell: Cell, error: str) -> "Run":
        """Return the run of a cell that ended with an error."""
        none = np.zeros(0)
        return cls(cell, none, none, none, none, none, None, None, None, none, float("nan"), 0, error)

    @property
    def diverged(self) -> bool:
        """Whether the loss left the finite numbers on any part at the last evaluation."""
        return bool(self.val_loss.size) and not np.isfinite([self.val_loss[-1], self.test_loss[-1]]).all()
