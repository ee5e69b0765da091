"""The error bound of a loss: that of handnn's or TensorFlow's formula, whichever loses more digits.

A loss whose formula is more stable than TensorFlow's also has TensorFlow's, as `keras_values` or `keras_derivatives`;
`keras_bias` is the error of a constant of TensorFlow's. All three only bound TensorFlow's error.
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
    if not hasattr(loss, "keras_derivatives"):
        return own
    theirs = copy.copy(loss)
    theirs.derivatives = loss.keras_derivatives
    return _larger(own, theirs.gradient_of_reduced(y_true, y_pred, weight))


def _larger(own: Any, theirs: Any) -> Bounded:
    errors: list[Any] = [bound.error if isinstance(bound, Bounded) else 0.0 for bound in (own, theirs)]
    return Bounded(getattr(own, "value", own), np.maximum(errors[0], errors[1]))
