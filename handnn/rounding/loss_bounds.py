"""The error bound of a loss: that of handnn's or TensorFlow's formula, whichever loses more digits.

A loss whose formula is more stable than TensorFlow's also has TensorFlow's, as `keras_values` or `keras_derivatives`,
or as `keras_gradient(y_true, y_pred, scale)` where it matters that TensorFlow multiplies by scale = w_i / n first;
`keras_bias` is the error of a constant of TensorFlow's. All of them only bound TensorFlow's error.
"""

import copy
from typing import Any

import numpy as np

from .bounded import Bounded

MOST = 4
"""Labels and predictions are added, doubled at most: where so many of the largest overflow, the order decides."""


def values(loss: Any, y_true: Any, y_pred: Bounded) -> Any:
    """Return the loss' values for Bounded arrays, with the larger of the two bounds."""
    own = loss.values(y_true, y_pred)
    if hasattr(loss, "keras_values"):
        own = _larger(own, loss.keras_values(y_true, y_pred))
    if hasattr(loss, "keras_bias"):
        own = Bounded(own.value, own.error + loss.keras_bias())
    return _opened(own, loss, y_true, y_pred)


def slopes(loss: Any, y_true: Any, y_pred: Bounded, weight: Any) -> Any:
    """Return the gradient of the reduced loss for Bounded arrays, with the larger of the two bounds."""
    own = loss.gradient_of_reduced(y_true, y_pred, weight)
    theirs = copy.copy(loss)
    if hasattr(loss, "keras_gradient"):
        theirs.derivatives = lambda y_true, y_pred, out=None: Bounded(np.ones_like(y_pred.value))
        scale = theirs.gradient_of_reduced(y_true, y_pred, weight)
        own = _larger(own, loss.keras_gradient(y_true, y_pred, scale))
    elif hasattr(loss, "keras_derivatives"):
        theirs.derivatives = loss.keras_derivatives
        own = _larger(own, theirs.gradient_of_reduced(y_true, y_pred, weight))
    return _opened(own, loss, y_true, y_pred)


def _opened(bound: Any, loss: Any, y_true: Any, y_pred: Bounded) -> Any:
    """Return the bound, infinite where a sum of what enters may overflow in one library and not in the other.

    2 (p - y) / n is p 2 / n - y 2 / n, but 2 p may be infinite, and infinity times 0 is NaN. A loss over the last axis
    has this in single samples, others in all.
    """
    numbers = [getattr(part, "value", part) for part in (y_true, y_pred)]
    size = np.abs(numbers[1].astype("float64"))
    if numbers[0].dtype.kind == "f":
        size = np.maximum(size, np.abs(numbers[0].astype("float64")))
    far = size > float(np.finfo(y_pred.dtype).max) / (MOST * size.size)
    if not far.any():
        return bound
    shape = bound.shape
    if loss.axis != -1 or not shape:
        return Bounded(getattr(bound, "value", bound), np.full(shape, np.inf))
    far = np.broadcast_to(far.any(axis=-1, keepdims=len(shape) == far.ndim), shape)
    return Bounded(getattr(bound, "value", bound), np.where(far, np.inf, getattr(bound, "error", 0.0)))


def _larger(own: Any, theirs: Any) -> Bounded:
    errors: list[Any] = [bound.error if isinstance(bound, Bounded) else 0.0 for bound in (own, theirs)]
    return Bounded(getattr(own, "value", own), np.maximum(errors[0], errors[1]))
