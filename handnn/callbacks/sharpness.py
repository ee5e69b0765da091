"""Sharpness: the largest eigenvalue of the Hessian of the loss, along a run."""

import math
from typing import Any

from .base import Callback, Logs


class Sharpness(Callback):
    """Adds the largest eigenvalue of the Hessian of the loss to the logs of every few epochs, as "sharpness".

    Gradient descent with a learning rate above 2 / sharpness leaves a minimum of this curvature (Cohen et al. 2021,
    arXiv 2103.00065). Lanczos' iteration on `handnn.hessian_vector_product` finds the eigenvalue; it is the loss's of
    these samples alone, without the batches of the training. Put it before callbacks that write the logs:
    `callbacks=[Sharpness(x[:500], y[:500]), TensorBoard("logs/run")]` shows `epoch_sharpness` there.

    Args:
        x, y: samples, as for `fit`; a few hundred are enough. every: epochs from one measurement to the next; the first
            is after the first epoch. In the others "sharpness" is nan, so that every list of a History is as long.
        steps: of Lanczos' iteration, each one Hessian-vector product; `handnn/models/curvature.py` has both.

    Attributes:
        epochs, values: where it was measured, and what was found.

    Raises:
        ValueError: an argument does not fit; before training, if the model is none that
            `handnn.hessian_vector_product` takes (a stack of Dense layers).
    """

    def __init__(self, x: Any, y: Any, every: int = 1, steps: int = 20) -> None:
        for name, value in (("every", every), ("steps", steps)):
            if not (isinstance(value, int) and value >= 1):
                raise ValueError(f"{name} must be an integer >= 1; received {value!r}")
        self.x, self.y, self.every, self.steps = x, y, every, steps
        self.epochs: list[int] = []
        self.values: list[float] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.model.sharpness(self.x, self.y, steps=1)  # what cannot be measured is said before training
        self.epochs, self.values = [], []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        found = math.nan
        if epoch % self.every == 0:
            found = self.model.sharpness(self.x, self.y, steps=self.steps)
            self.epochs.append(epoch)
            self.values.append(found)
        if logs is not None:
            logs["sharpness"] = found
