"""Mistakes in a loss on its own: its value for each sample (step 'values'), the reduced loss, its gradient ('slopes').

`right` is the gradient of the mean over the samples. Those of `forward` and `backward` that concern a loss are used
too.
"""

import functools
from typing import Any

import numpy as np

from .. import base

mistake = functools.partial(base.mistake, made_in="loss")


class Spot:
    """What a mistake may read: loss, y = y_true, p = y_pred, N samples, K outputs. Named as in `replay.At`."""

    layer, last, l2, output, upstream = 0, 0, 0.0, True, None

    def __init__(self, loss: Any, y: Any, p: Any, samples: int) -> None:
        self.loss, self.y, self.p, self.fused = loss, y, p, loss.from_logits
        self.z = self.a = p
        self.N, self.K, self.layers = samples, p.shape[-1], [self]

    @property
    def e(self) -> Any:
        return self.p - self.y

    @property
    def one_hot(self) -> Any:
        return np.eye(self.K)[self.y] if self.y.dtype.kind == "i" else self.y

    @property
    def delta(self) -> float:
        return float(getattr(self.loss, "delta", 1.0))


def of(*names: str, logits: bool | None = None) -> Any:
    return lambda at: snake(at) in names and (logits is None or at.fused == logits)


def snake(at: Spot) -> str:
    from ....core.naming import snake_case

    return snake_case(type(at.loss).__name__)


BINARY, CATEGORICAL, SPARSE = "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"
