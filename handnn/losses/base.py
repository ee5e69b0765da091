"""What every loss shares: the value L and its gradient dL/dy_pred, arguments and reductions as in `keras.losses`.

A loss is two formulas side by side: `values`, one number per sample, and `slopes`, the derivative of each sample's
value by its own predictions. Sample weights and the reduction are applied once, in the base class:

    L = sum_i w_i values_i / n        dL/dy_pred_i = (w_i / n) slopes_i

with n = 1 for 'sum', the number of values for 'sum_over_batch_size' and 'mean'. The fused forms (softmax or sigmoid
inside the loss) are the same classes with `from_logits=True`: their y_pred is the weighted input z of the output
layer, and their gradient the residual delta.
"""

from typing import Any, ClassVar

import numpy as np

from ..config import check_dtype
from ..naming import snake_case
from ..registry import Registry
from ..variable import Array, as_array, real_array

losses: Registry[type["Loss"]] = Registry("loss")

REDUCTIONS = ("sum_over_batch_size", "sum", "none", None, "mean", "mean_with_sample_weight")


class Loss:
    """Base class.

    Args:
        reduction: one of `REDUCTIONS`; 'sum_over_batch_size' is the mean over samples.
        name: used in logs; by default the class name in snake case.
        dtype: 'float32' or 'float64'; y_true and y_pred are cast to it, as Keras does.
    """

    targets: ClassVar[str] = "real"
    """What y_true holds: 'real', 'binary' or 'one_hot' (all shaped as y_pred), or 'labels' (one integer a row)."""
    predictions: ClassVar[str] = "real"
    """What y_pred holds unless from_logits: 'real' or 'probability'."""
    analytic: ClassVar[bool] = True
    """Whether values works on complex y_pred, so that the complex step can check slopes."""
    from_logits: bool = False

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = None, dtype: Any = None
    ) -> None:
        if reduction not in REDUCTIONS:
            raise ValueError(f"reduction must be one of {REDUCTIONS}; received {reduction!r}")
        self.reduction = reduction
        self.name = name or snake_case(type(self).__name__)
        self.dtype = check_dtype(dtype)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """Return the loss of each sample, shape y_pred.shape[:-1]."""
        raise NotImplementedError

    def slopes(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        """Return d values / d y_pred, the shape of y_pred."""
        raise NotImplementedError

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the reduced loss L, or the values themselves with reduction None or 'none'."""
        y_true, y_pred = self.prepare(y_true, y_pred)
        return self.reduce(self.values(y_true, y_pred), self.prepare_weight(sample_weight, y_pred))

    def gradient(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Array:
        """Return dL/dy_pred, the shape of y_pred (of the sum of the values where nothing is reduced)."""
        y_true, y_pred = self.prepare(y_true, y_pred)
        return self.scaled_slopes(y_true, y_pred, self.prepare_weight(sample_weight, y_pred))

    def reduce(self, values: Array, weight: Array | None = None) -> Any:
        """Return sum_i w_i values_i / n; the weighted values themselves where nothing is reduced."""
        weighted = values if weight is None else values * weight
        if self.reduction in (None, "none"):
            return weighted
        n = self.divisor(weighted.size, weight)
        return weighted.sum() / n if n else weighted.sum() * 0  # nothing weighs anything: no loss, not 0/0

    def scaled_slopes(
        self, y_true: Array, y_pred: Array, weight: Array | None = None, out: Array | None = None
    ) -> Array:
        """Return (w_i / n) slopes_i: dL/dy_pred of prepared arrays."""
        slopes = self.slopes(y_true, y_pred, out=out)
        if weight is not None:
            slopes *= weight[..., np.newaxis]
        n = self.divisor(slopes[..., 0].size, weight)
        if n == 0:
            slopes *= 0
        elif n != 1:
            slopes /= n
        return slopes

    def divisor(self, count: int, weight: Array | None) -> Any:
        """Return n of the reduction."""
        if self.reduction in ("sum", None, "none"):
            return 1
        if self.reduction == "mean_with_sample_weight" and weight is not None:
            return weight.sum()
        return count

    def prepare(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        """Cast to the loss' dtype and bring to the same rank; raise ValueError where the shapes do not fit."""
        y_pred = real_array(y_pred, "y_pred", self.dtype)
        y_true = real_array(y_true, "y_true", self.dtype)
        if y_true.ndim == 1 and y_pred.ndim == 2 and y_pred.shape[1] == 1:
            y_true = y_true[:, np.newaxis]
        elif y_pred.ndim == 1 and y_true.ndim == 2 and y_true.shape[1] == 1:
            y_pred = y_pred[:, np.newaxis]
        if y_true.shape != y_pred.shape:
            raise ValueError(
                f"{type(self).__name__} needs y_true of the shape of y_pred, {y_pred.shape}; received {y_true.shape}"
            )
        if not y_pred.size:
            raise ValueError(f"{type(self).__name__} needs at least one sample; received y_pred {y_pred.shape}")
        return y_true, y_pred

    def prepare_weight(self, sample_weight: Any, y_pred: Array) -> Array | None:
        """Cast sample weights to one number per value; raise ValueError where the shape does not fit."""
        if sample_weight is None:
            return None
        weight = as_array(sample_weight).astype(self.dtype, copy=False)
        expected = y_pred.shape[:-1]
        if weight.shape not in (expected, (*expected, 1), ()):
            raise ValueError(f"sample_weight must have shape {expected}; received {weight.shape}")
        return np.broadcast_to(weight.reshape(weight.shape[: len(expected)]), expected)

    def on_logits(self) -> "Loss":
        """Return this loss as Keras applies it behind a softmax or sigmoid: itself, or its from_logits form."""
        if "from_logits" not in self.get_config():
            return self
        return type(self)(**(self.get_config() | {"from_logits": True, "dtype": self.dtype}))

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Loss":
        return cls(**config)
