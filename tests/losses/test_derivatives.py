"""Slopes are the derivatives of values, without TensorFlow: by the complex step where it works, else by differences."""

import numpy as np
import pytest

from handnn import losses
from handnn.losses import losses as registry
from handnn.proof.cases import losses as loss_cases
from handnn.verify import sample_data
from handnn.verify import numeric_gradients

ROWS, CLASSES = 6, 4
VARIANTS = [(name, options) for name, cls in registry.items() for options in loss_cases.variants(cls)]
each_variant = pytest.mark.parametrize(("name", "options"), VARIANTS, ids=str)


def batch(loss, rng, shape=(ROWS, CLASSES)):
    """No point within a step of a kink."""
    y_true, y_pred = sample_data.targets(loss, shape, rng), sample_data.predictions(loss, shape, rng)
    if loss.targets == "real":
        y_true = np.where(np.abs(y_true - y_pred) < 0.01, y_true + 0.1, y_true)
    if loss.from_logits and loss.targets == "one_hot":  # the fused gradient is p - y, for labels that sum to 1
        y_true = y_true / y_true.sum(axis=-1, keepdims=True)
    return y_true, y_pred


@each_variant
def test_slopes_are_the_derivative_of_values(name, options, rng):
    loss = registry[name](dtype="float64", **options)
    assert numeric_gradients.loss(loss, *batch(loss, rng)).ratio <= 1


@pytest.mark.parametrize("axis", [0, None, (0, 1)], ids=str)
@pytest.mark.parametrize(
    ("name", "options"),
    [v for v in VARIANTS if "axis" in registry[v[0]]().get_config() and not v[1].get("from_logits")],
)
def test_slopes_over_other_axes(name, options, axis, rng):
    loss = registry[name](dtype="float64", axis=axis, **options)
    assert numeric_gradients.loss(loss, *batch(loss, rng, (3, 2, 4))).ratio <= 1


@pytest.mark.quick(12)
@each_variant
@pytest.mark.parametrize("factor", [1.0005, -1, 0])
def test_a_wrong_factor_is_seen(name, options, factor, rng, monkeypatch):
    loss = registry[name](dtype="float64", **options)
    right = type(loss).weighted_derivatives
    monkeypatch.setattr(type(loss), "weighted_derivatives", lambda *given, out=None: right(*given) * factor)
    assert numeric_gradients.loss(loss, *batch(loss, rng)).ratio > 1


DROPPED_TERMS = {
    "tversky": ("derivatives", lambda self, y, p, out=None: -y / sum(self._sums(y, p, keepdims=True))),
    "dice": ("derivatives", lambda self, y, p, out=None: -2 * y / self._sums(y, p, keepdims=True)[1]),
    "cosine_similarity": ("derivatives", lambda self, y, p, out=None: -y / self._length(y) / self._length(p)),
    "circle": ("weighted_derivatives", lambda self, y, p, w, out=None: type(self).right(self, y, p, w)[:, ::-1]),
    "categorical_focal_crossentropy": ("_by_share", lambda self, y, q, rest: -self.alpha * y * rest**self.gamma / q),
}


@pytest.mark.parametrize("name", DROPPED_TERMS)
def test_a_dropped_term_is_seen(name, rng, monkeypatch):
    loss = registry[name](dtype="float64")
    method, mistake = DROPPED_TERMS[name]
    monkeypatch.setattr(type(loss), "right", getattr(type(loss), method), raising=False)
    monkeypatch.setattr(type(loss), method, mistake)
    assert numeric_gradients.loss(loss, *batch(loss, rng)).ratio > 1


def test_fused_gradient_is_p_minus_y_even_where_labels_do_not_sum_to_1(check, rng):
    loss = losses.CategoricalCrossentropy(from_logits=True, reduction="sum", dtype="float64")
    y, z = rng.uniform(0, 3, (ROWS, CLASSES)), rng.normal(size=(ROWS, CLASSES))
    check(loss, y, z)
    assert numeric_gradients.loss(loss, y, z).ratio > 1  # the derivative of the values would be p sum(y) - y
