"""What the slopes are at kinks and clips: 0 exactly where Keras' are. No allowance hides the choice."""

import numpy as np
import pytest

from handnn.losses import losses as registry
from handnn.proof.cases.losses import KINKS, at_kink


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


@pytest.mark.parametrize("name", KINKS)
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
    monkeypatch.setattr(cls, "right", cls.derivatives, raising=False)
    monkeypatch.setattr(cls, "derivatives", mistake)
    with pytest.raises(AssertionError, match="at the kink"):
        check_kink(cls(dtype=dtype))
