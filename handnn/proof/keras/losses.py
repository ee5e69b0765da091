"""Comparison of a loss with its Keras twin: value and gradient."""

from typing import Any

import numpy as np

from ...losses import Loss
from ...rounding import loss_bounds
from ...rounding.bounded import Bounded

Array = np.ndarray[Any, Any]


def twin(keras: Any, loss: Loss) -> Any:
    """Return the Keras loss of the same config and dtype."""
    return getattr(keras.losses, type(loss).__name__)(**loss.get_config(), dtype=loss.dtype)


def value_and_gradient(tf: Any, theirs: Any, y_true: Array, y_pred: Array, weight: Array | None) -> tuple[Array, Array]:
    """Return a Keras loss' value and gradient for a batch; without reduction, the gradient of the sum."""
    watched = tf.constant(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(watched)
        value = theirs(tf.constant(y_true), watched, weight)
        target = tf.reduce_sum(value)
    return value.numpy(), tape.gradient(target, watched).numpy()


def hold(
    agree: Any, tf: Any, theirs: Any, loss: Any, y_true: Array, y_pred: Array, weight: Array | None = None
) -> None:
    """Compare value and gradient with the Keras twin's."""
    with np.errstate(all="ignore"):
        value, gradient = value_and_gradient(tf, theirs, y_true, y_pred, weight)
    y, p = loss.prepare(y_true, y_pred)
    y = y if y.dtype.kind == "i" else Bounded(y)  # computations with labels round too
    w = None if weight is None else Bounded(loss.prepare_weight(weight, p.shape))
    bound = loss.reduce(loss_bounds.values(loss, y, Bounded(p)), w, y)
    agree(f"{loss.name} value", np.asarray(loss(y_true, y_pred, weight)), value, bound)
    slopes = loss_bounds.slopes(loss, y, Bounded(p), w)
    agree(f"{loss.name} gradient", loss.gradient(y_true, y_pred, weight), gradient.reshape(p.shape), slopes)
