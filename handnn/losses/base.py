"""The base class of losses: the value L and its gradient dL/dy_pred, arguments and reductions as in `keras.losses`.

A loss is two formulas: `values`, one number for each sample (or for each index that `axis` leaves), and `derivatives`,
the derivative of each value with respect to its own predictions. The base class applies sample weights and reduction:

    L = sum_i w_i values_i / n        dL/dy_pred_i = (w_i / n) derivatives_i

with n = 1 for 'sum', the number of values for 'sum_over_batch_size' and 'mean', the sum of the weights for
'mean_with_sample_weight'. Values that Keras masks (an ignored class) count neither in the sum nor in n. The fused
forms (softmax or sigmoid inside the loss) are the same classes with `from_logits=True`: their y_pred is z of the output
layer, and their gradient is the residual delta.
"""

import copy
import math
from typing import Any, ClassVar

import numpy as np

from ..config import check_dtype
from ..core.masks import mask_of, weight_with_mask
from ..core.naming import snake_case
from ..core.registry import Registry
from ..core.stacking import is_handnns, total
from ..core.variable import Array, as_array, real_array

losses: Registry[type["Loss"]] = Registry("loss")

adopting: list[Any] = []
"""What is done to every new subclass; see `custom.adopt`."""

REDUCTIONS = ("sum_over_batch_size", "sum", "none", None, "mean", "mean_with_sample_weight")


class Loss:
    """Base class.

    Args:
        name: used in logs; by default the class name in snake case.
        reduction: one of `REDUCTIONS`; 'sum_over_batch_size' is the mean over samples.
        dtype: 'float32' or 'float64'; y_true and y_pred are cast to it, as in Keras.

    Raises:
        ValueError: an argument whose value is not allowed; the message names the argument and the value.
    """

    targets: ClassVar[str] = "real"
    """What y_true holds: 'real', 'positive', 'sign' (-1 or 1, or all 0 or 1), 'binary' (0 to 1) or 'one_hot', in the
    shape of y_pred; or 'labels' (one integer per row)."""
    predictions: ClassVar[str] = "real"
    """What y_pred holds unless from_logits: 'real', 'positive', 'probability' or 'unit' (rows of length 1)."""
    analytic: ClassVar[bool] = True
    """Whether `values` works on complex y_pred, so that the complex step can check `derivatives`."""
    axis: Any = -1
    """The axes of y_pred that one value reduces over: an integer, several, or None for all."""
    from_logits: bool = False
    masks: bool = False
    """Whether `mask` takes values out."""
    runs: int | None = None
    """In a stack of runs their number: y_pred is (runs, batch, ...), and the reduced loss has one number for each."""
    stacks: ClassVar[bool] = True
    """Whether the formulas take such a leading axis, if `axis` is the last one."""
    of_each_sample: bool = False
    """Whether a call returns the values in y_pred's dtype: for a function of Keras, found by its name."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for adopt in adopting:
            adopt(cls)

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: Any = None
    ) -> None:
        if reduction not in REDUCTIONS:
            raise ValueError(f"reduction must be one of {REDUCTIONS}; received {reduction!r}")
        self.reduction = reduction
        self.name = name or snake_case(type(self).__name__)
        self.dtype = check_dtype(dtype)

    # ---- the formulas ----------------------------------------------------------------------------------------------

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """Return the loss of each sample: y_pred's shape without `axis`, by default y_pred.shape[:-1]."""
        raise NotImplementedError

    def derivatives(self, y_true: Array, y_pred: Array, out: Array | None = None) -> Array:
        """Return d values / d y_pred, the shape of y_pred."""
        raise TypeError(
            f"loss {self.name} has no derivative, so it cannot be trained: write the method derivatives(self, y_true, "
            "y_pred), which returns d values / d y_pred in the shape of y_pred"
        )

    def weighted_derivatives(
        self, y_true: Array, y_pred: Array, weight: Array | None, out: Array | None = None
    ) -> Array:
        """Return sum_i w_i d values_i / d y_pred, the shape of y_pred; `weight` is a number or one for each value.

        If every prediction enters only one value, this is w_i derivatives_i. A loss whose values share predictions
        (Circle) overrides it.
        """
        slopes = self.derivatives(y_true, y_pred, out=out)
        if weight is not None:
            slopes *= self.spread(weight, y_pred.ndim)
        return slopes

    def mask(self, y_true: Array) -> Array:
        """Return which values count; called only if `masks`."""
        raise NotImplementedError

    def __eq__(self, other: Any) -> bool:
        """Return whether it is the same object; a loss found by a function's name equals that function, as in Keras."""
        if not self.of_each_sample:
            return self is other
        own = type(other) if getattr(other, "of_each_sample", False) else None
        return getattr(other, "loss_class", own) is type(self)

    def __hash__(self) -> int:
        return hash(type(self)) if self.of_each_sample else object.__hash__(self)

    # ---- weights and reduction -------------------------------------------------------------------------------------

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the reduced loss L, or the values themselves with reduction None or 'none'."""
        if self.of_each_sample:
            dtype = as_array(y_pred).dtype
            own = self.in_dtype(dtype.name if dtype.kind == "f" else None)
            own.of_each_sample, own.reduction = False, "none"
            return own(y_true, y_pred, sample_weight)
        sample_weight = weight_with_mask(sample_weight, mask_of(y_pred), self.dtype, self.reduction)
        y_true, y_pred = self.prepare(y_true, y_pred)
        return self.reduce(self.values(y_true, y_pred), self.prepare_weight(sample_weight, y_pred.shape), y_true)

    def gradient(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Array:
        """Return dL/dy_pred in the shape of y_pred. Without reduction, L is the sum of the values. Raises as a call."""
        y_true, y_pred = self.prepare(y_true, y_pred)
        return self.gradient_of_reduced(y_true, y_pred, self.prepare_weight(sample_weight, y_pred.shape))

    def reduce(self, values: Array, weight: Array | None, y_true: Array) -> Any:
        """Return sum_i w_i values_i / n, or w_i values_i without reduction."""
        kept, weighted = None, values
        if weight is not None or self.masks:
            weight = _a_number_of_one(weight, values.shape)
            if self.masks:
                kept = self.mask(y_true).astype(self.dtype)
                weight = kept if weight is None else weight * kept
            weighted = values * weight
        if self.reduction in (None, "none") or not weighted.ndim:  # Keras does not divide a single number
            return weighted
        n = self.divisor(weighted.size // (self.runs or 1) if kept is None else kept.sum(), weight)
        summed = total(weighted, self.runs)
        return summed / n if n else summed * 0  # all weights 0: the loss is 0, not 0/0

    def gradient_of_reduced(
        self, y_true: Array, y_pred: Array, weight: Array | None = None, out: Array | None = None
    ) -> Array:
        """Return dL/dy_pred = (w_i / n) derivatives_i, of prepared arrays."""
        if weight is None and not self.masks:
            slopes = self.weighted_derivatives(y_true, y_pred, None, out=out)
            n = self.divisor(math.prod(self.value_shape(y_pred.shape)) // (self.runs or 1), None)
            if n != 1:
                slopes /= n
            return slopes
        shape = self.value_shape(y_pred.shape)
        kept, own = None, _a_number_of_one(weight, shape)
        weight = own
        if self.masks:
            kept = self.mask(y_true).astype(self.dtype)
            own = weight = kept if weight is None else weight * kept
        if weight is not None and weight.shape != shape:
            own, shape = _of_each_value(weight, shape), np.broadcast_shapes(weight.shape, shape)
        slopes = self.weighted_derivatives(y_true, y_pred, own, out=out)
        n = self.divisor(math.prod(shape) if kept is None else kept.sum(), weight) if shape else 1
        if n == 0:
            slopes *= 0
        elif n != 1:
            slopes /= n
        return slopes

    def divisor(self, count: int, weight: Array | None) -> Any:
        """Return the reduction's n."""
        if self.reduction in ("sum", None, "none"):
            return 1
        if self.reduction == "mean_with_sample_weight" and weight is not None:
            return weight.sum()
        return count

    # ---- shapes ----------------------------------------------------------------------------------------------------

    def axes(self, ndim: int) -> tuple[int, ...]:
        """Return `axis` as sorted non-negative indices; raise ValueError if y_pred's `ndim` axes do not include it."""
        given = range(ndim) if self.axis is None else (self.axis,) if isinstance(self.axis, int) else self.axis
        if any(not -ndim <= axis < ndim for axis in given):
            raise ValueError(f"axis must be of the {ndim} axes of y_pred; received {self.axis}")
        return tuple(sorted({axis % ndim for axis in given}))

    @property
    def over(self) -> Any:
        """`axis` in the form that NumPy takes."""
        return tuple(self.axis) if isinstance(self.axis, list) else self.axis

    def value_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of `values` for a y_pred of this shape."""
        if self.axis == -1:
            return shape[:-1]
        inside = self.axes(len(shape))
        return tuple(size for i, size in enumerate(shape) if i not in inside)

    def terms(self, y_pred: Array) -> int:
        """Return K, the number of predictions in one value."""
        return y_pred.shape[-1] if self.axis == -1 else math.prod(y_pred.shape[i] for i in self.axes(y_pred.ndim))

    def spread(self, per_value: Array, ndim: int) -> Array:
        """Reinsert `axis` as axes of size 1, so that one number per value can be multiplied with the predictions."""
        if not per_value.ndim:
            return per_value
        if self.axis == -1:
            return per_value[..., np.newaxis]
        inside, sizes = self.axes(ndim), iter(per_value.shape)
        return per_value.reshape([1 if i in inside else next(sizes) for i in range(ndim)])

    def prepare(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        """Cast to the loss' dtype and bring to the same rank; raise ValueError if the shapes do not fit."""
        y_pred = real_array(y_pred, "y_pred", self.dtype)
        y_true = real_array(y_true, "y_true", self.dtype)
        if y_true.ndim == 1 and y_pred.ndim == 2 and y_pred.shape[1] == 1:
            y_true = y_true[:, np.newaxis]
        elif y_pred.ndim == 1 and y_true.ndim == 2 and y_true.shape[1] == 1:
            y_pred = y_pred[:, np.newaxis]
        if y_true.shape != y_pred.shape:
            labels = self.targets == "one_hot" and y_true.size == math.prod(y_pred.shape[:-1])
            hint = ", integer labels? use sparse_categorical_crossentropy" if labels else ""
            raise ValueError(
                f"{type(self).__name__} needs y_true in the shape of y_pred, {y_pred.shape}; "
                f"received {y_true.shape}{hint}"
            )
        if not y_pred.size:
            raise ValueError(f"{type(self).__name__} needs at least one sample; received y_pred {y_pred.shape}")
        self.axes(y_pred.ndim)
        return y_true, y_pred

    def prepare_weight(self, sample_weight: Any, shape: tuple[int, ...]) -> Array | None:
        """Cast sample weights so that they multiply the values of a y_pred of this shape, as in Keras.

        Args:
            sample_weight: a number, or one number per value (a last axis of size 1 is optional). If the loss is a
                single value, any shape: the value counts once for each weight.

        Raises:
            ValueError: the weights do not fit the values.
        """
        if sample_weight is None:
            return None
        weight = as_array(sample_weight).astype(self.dtype, copy=False)
        given, expected = weight.shape, self.value_shape(shape)
        if expected and weight.ndim == len(expected) + 1 and given[-1] == 1:
            weight = weight[..., 0]
        elif weight.ndim == 1 and len(expected) == 2 and expected[-1] == 1:
            weight = weight[:, np.newaxis]
        over_samples = 0 in self.axes(len(shape))  # then a value of shape (1,) accepts any number of weights
        fits = weight.ndim == len(expected) and all(
            w in (1, size) or (size == 1 and over_samples) for w, size in zip(weight.shape, expected, strict=True)
        )
        if not (fits or weight.ndim == 0 or expected == ()):
            raise ValueError(f"sample_weight must have shape {expected}; received {given}")
        return weight

    # ---- relatives -------------------------------------------------------------------------------------------------

    def can_stack(self) -> bool:
        """Return whether the loss takes arrays with a leading axis of runs, and gives one number for each."""
        plain = self.stacks and is_handnns(self) and not self.masks
        return plain and self.axis == -1 and self.reduction not in (None, "none")

    def on_logits(self, activation: Any = None) -> "Loss":
        """Return this loss as Keras applies it to the logits of `activation`; itself if Keras' loss ignores logits."""
        return self

    def in_dtype(self, dtype: Any) -> "Loss":
        """Return a copy of this loss that computes in another dtype."""
        twin = copy.copy(self)
        twin.dtype = check_dtype(dtype)
        return twin

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Loss":
        return cls(**config)


class BuiltInLoss(Loss):
    """Base class of Keras' built-in losses, whose constructors take the reduction before the name."""

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = None, dtype: Any = None
    ) -> None:
        super().__init__(name, reduction, dtype)


def check_axis(axis: Any) -> Any:
    """Return axis; raise ValueError if it is not an integer, several integers or None."""
    several = axis if isinstance(axis, tuple | list) else () if axis is None else (axis,)
    if any(isinstance(a, bool) or not isinstance(a, int) for a in several):
        raise ValueError(f"axis must be an integer, a list of integers or None; received {axis!r}")
    return axis


def check_number(value: Any, argument: str) -> Any:
    """Return value; raise ValueError if it is not a real number."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise ValueError(f"{argument} must be a number; received {value!r}")
    return value


def _a_number_of_one(weight: Array | None, shape: tuple[int, ...]) -> Array | None:
    """Return the only weight of a single value as a scalar, as Keras does, which does not divide by a scalar."""
    return weight[0] if weight is not None and shape == () and weight.shape == (1,) else weight


def _of_each_value(weight: Array, shape: tuple[int, ...]) -> Array:
    """Return each value's total weight: the sum of the weights that broadcasting multiplies with it."""
    if not weight.ndim:
        return weight
    if not shape:
        return weight.sum()
    return weight.sum(axis=tuple(i for i, size in enumerate(shape) if size == 1), keepdims=True)
