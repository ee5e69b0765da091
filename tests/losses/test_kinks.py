"""What the slopes are at kinks and clips: 0 exactly where Keras' are. No allowance hides the choice."""

import numpy as np
import pytest

from handnn.losses import losses as registry


def at_kink(loss):
    """A kink of the loss and both its sides: rows of y_true and y_pred."""
    with_sides = {
        "mean_absolute_error": (1, [1]),
        "mean_absolute_percentage_error": (1, [1]),
        "hinge": (-1, [-1]),
        "squared_hinge": (1, [1]),
        "mean_squared_logarithmic_error": (3, [np.float32(1e-7)]),
        "kl_divergence": (0.5, [1e-7, 1]),
        "binary_crossentropy": (0.25, [1e-7, 1 - 1e-7]),
        "sparse_categorical_crossentropy": (0, [1e-7, 1 - 1e-7]),
    }
    if loss.name == "categorical_hinge":  # the margin 1, and equal scores
        rows = np.array([[2, 1, 0], [2, 1, 1], [0, -1, -2], [-1, -1, -1], [0, 0, 0], [1, 0, 0]], loss.dtype)
        first = np.array([2.0**-10, 0, 0])
        rows = np.concatenate([rows, rows + first, rows - first]).astype(loss.dtype)
        return np.eye(3, dtype=loss.dtype)[np.zeros(len(rows), int)], rows
    label, kinks = with_sides[loss.name]
    p = np.array(kinks, loss.dtype)
    p = np.concatenate([p, np.nextafter(p, np.float32(9)), np.nextafter(p, np.float32(-9))])
    if loss.targets == "labels":
        return np.zeros(len(p), int), np.stack([p, np.full_like(p, 0.5)], axis=-1)
    return np.full((len(p), 1), label, loss.dtype), p[:, np.newaxis]


KINKED = [
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "hinge",
    "squared_hinge",
    "categorical_hinge",
    "mean_squared_logarithmic_error",
    "kl_divergence",
    "binary_crossentropy",
    "sparse_categorical_crossentropy",
]


@pytest.fixture
def check_kink(tf, twin):
    """`check_kink(loss)`: the gradient is 0 exactly where Keras' is, at a kink and both its sides."""

    def checked(loss):
        y_true, y_pred = at_kink(loss)
        pred = tf.constant(y_pred)
        with tf.GradientTape() as tape:
            tape.watch(pred)
            value = twin(loss)(tf.constant(y_true), pred)
        theirs = tape.gradient(value, pred).numpy()
        assert 0 < np.count_nonzero(theirs) < theirs.size, "no kink here"
        assert np.array_equal(loss.gradient(y_true, y_pred) != 0, theirs != 0), "gradient at the kink"

    return checked


@pytest.mark.parametrize("name", KINKED)
def test_slopes_at_the_kink_are_keras(name, dtype, check_kink):
    check_kink(registry[name](dtype=dtype))


KINK_MISTAKES = [
    ("mean_absolute_error", lambda self, y, p, out=None: np.where(p >= y, 1.0, -1.0)),
    ("hinge", lambda self, y, p, out=None: -y * (1 - y * p > 0)),
    (
        "categorical_hinge",
        lambda self, y, p, out=None: type(self).right(self, y, p) * (self._margin(y, p) > 0)[:, None],
    ),
    ("mean_squared_logarithmic_error", lambda self, y, p, out=None: type(self).right(self, y, p) * (p > self._least())),
    ("kl_divergence", lambda self, y, p, out=None: type(self).right(self, y, p) * (p < 1)),
]


@pytest.mark.parametrize(("name", "mistake"), KINK_MISTAKES, ids=[name for name, _ in KINK_MISTAKES])
def test_another_slope_at_the_kink_is_seen(name, mistake, dtype, monkeypatch, check_kink):
    cls = registry[name]
    monkeypatch.setattr(cls, "right", cls.slopes, raising=False)
    monkeypatch.setattr(cls, "slopes", mistake)
    with pytest.raises(AssertionError, match="at the kink"):
        check_kink(cls(dtype=dtype))
