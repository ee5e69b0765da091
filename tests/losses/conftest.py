"""What the tests of losses share: a loss held against its Keras twin."""

import numpy as np
import pytest

from handnn.verify import loss_bounds
from handnn.verify.rounding import Bounded


def keras_value_and_gradient(tf, twin, y_true, y_pred, weight):
    y_pred = tf.constant(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(y_pred)
        value = twin(tf.constant(y_true), y_pred, weight)
        target = tf.reduce_sum(value)
    return value.numpy(), tape.gradient(target, y_pred).numpy()


@pytest.fixture(scope="session")
def twin(keras):
    """`twin(loss)`: the Keras loss of the same config and dtype."""

    def made(loss):
        return getattr(keras.losses, type(loss).__name__)(**loss.get_config(), dtype=loss.dtype)

    return made


@pytest.fixture
def check(agree, tf, twin):
    """`check(loss, y_true, y_pred, weight)`: value and gradient are those of the Keras twin."""

    def checked(loss, y_true, y_pred, weight=None):
        with np.errstate(all="ignore"):
            value, gradient = keras_value_and_gradient(tf, twin(loss), y_true, y_pred, weight)
        y, p = loss.prepare(y_true, y_pred)
        y = y if y.dtype.kind == "i" else Bounded(y)  # what is made of the labels rounds too
        w = None if weight is None else Bounded(loss.prepare_weight(weight, p.shape))
        bound = loss.reduce(loss_bounds.values(loss, y, Bounded(p)), w, y)
        agree(f"{loss.name} value", np.asarray(loss(y_true, y_pred, weight)), value, bound)
        slopes = loss_bounds.slopes(loss, y, Bounded(p), w)
        agree(f"{loss.name} gradient", loss.gradient(y_true, y_pred, weight), gradient.reshape(p.shape), slopes)

    return checked
