"""The error bound of a loss: that of handnn's or TensorFlow's formula, whichever loses more digits.

A loss whose formula is more stable than TensorFlow's also has TensorFlow's, as `keras_values` or `keras_derivatives`,
or as `keras_gradient(y_true, y_pred, scale)` where it matters that TensorFlow multiplies by scale = w_i / n first;
`keras_bias` is the error of a constant of TensorFlow's. All of them only bound TensorFlow's error.
"""

import copy
from typing import Any

import numpy as np

from .bounded import Bounded


def values(loss: Any, y_true: Any, y_pred: Bounded) -> Any:
    """Return the loss' values for Bounded arrays, with the larger of the two bounds."""
    own = loss.values(y_true, y_pred)
    if hasattr(loss, "keras_values"):
        own = _larger(own, loss.keras_values(y_true, y_pred))
    if hasattr(loss, "keras_bias"):
        own = Bounded(own.value, own.error + loss.keras_bias())
    return own


def slopes(loss: Any, y_true: Any, y_pred: Bounded, weight: Any) -> Any:
    """Return the gradient of the reduced loss for Bounded arrays, with the larger of the two bounds."""
    own = loss.gradient_of_reduced(y_true, y_pred, weight)
    theirs = copy.copy(loss)
    if hasattr(loss, "keras_gradient"):
        theirs.derivatives = lambda y_true, y_pred, out=None: Bounded(np.ones_like(y_pred.value))
        scale = theirs.gradient_of_reduced(y_true, y_pred, weight)
        return _larger(own, loss.keras_gradient(y_true, y_pred, scale))
    if not hasattr(loss, "keras_derivatives"):
        return own
    theirs.derivatives = loss.keras_derivatives
    return _larger(own, theirs.gradient_of_reduced(y_true, y_pred, weight))


def _larger(own: Any, theirs: Any) -> Bounded:
    errors: list[Any] = [bound.error if isinstance(bound, Bounded) else 0.0 for bound in (own, theirs)]
    return Bounded(getattr(own, "value", own), np.maximum(errors[0], errors[1]))
