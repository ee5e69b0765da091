"""Every loss against its definition at 50 digits, and who keeps more of them where digits are scarce."""

import mpmath
import numpy as np
import pytest

from handnn.losses import losses as registry
from handnn.proof.cases import losses as loss_cases
from handnn.proof import mpmath_activations, mpmath_losses
from handnn.proof.cases.loss_regions import REGIONS, batch
from handnn.rounding.bounded import Bounded

VARIANTS = [
    (name, options)
    for name, cls in registry.items()
    for options in loss_cases.variants(cls)
    if not {"label_smoothing", "ignore_class"} & set(options)  # they change the labels, not the loss
]


def distances(found, exact):
    with mpmath.workdps(mpmath_activations.DIGITS):
        return np.array([float(abs(mpmath.mpf(float(v)) - e)) for v, e in zip(np.ravel(found), exact, strict=True)])


def check_bounds(loss, name, y_true, y_pred, cotangent):
    """Values and slopes lie within their own bound of the exact ones."""
    labels = y_true if y_true.dtype.kind == "i" else Bounded(y_true)
    values, exact = loss.values(labels, Bounded(y_pred)), mpmath_losses.values(loss, name, y_true, y_pred)
    assert np.all(distances(values.value, exact) <= np.ravel(values.error)), "values"
    slopes = loss.weighted_derivatives(labels, Bounded(y_pred), Bounded(cotangent))
    exact = mpmath_losses.slopes(loss, name, y_true, y_pred, cotangent)
    assert np.all(distances(slopes.value, exact) <= np.ravel(slopes.error)), "slopes"


def test_mpmath_knows_every_loss():
    assert set(mpmath_losses.OF_A_ROW) | set(mpmath_losses.OF_A_BATCH) == set(registry)


@pytest.mark.quick(12)
@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=str)
def test_mpmath_and_registry_agree(name, options, dtype, rng):
    loss = registry[name](dtype=dtype, **options)
    y_true, y_pred = batch(loss, rng)
    cotangent = rng.uniform(0.5, 2, loss.value_shape(y_pred.shape)).astype(dtype)
    check_bounds(loss, name, y_true, y_pred, cotangent)


@pytest.mark.parametrize("name", list(registry))
@pytest.mark.parametrize("part", ["values", "slopes"])
def test_mpmath_sees_a_wrong_loss(name, part, rng, monkeypatch):
    cls = registry[name]
    loss = cls(dtype="float64")
    y_true, y_pred = batch(loss, rng)
    cotangent = np.asarray(rng.uniform(0.5, 2, loss.value_shape(y_pred.shape)))
    method = {"values": "values", "slopes": "weighted_derivatives"}[part]
    right = getattr(cls, method)
    monkeypatch.setattr(cls, method, lambda *given, out=None: right(*given) * 1.0005)
    with pytest.raises(AssertionError, match=part):
        check_bounds(loss, name, y_true, y_pred, cotangent)


# ---- delicate regions ---------------------------------------------------------------------------------------------


@pytest.mark.quick(8)
@pytest.mark.parametrize("region", REGIONS, ids=lambda r: f"{r.name} {r.options} {r.what}")
def test_handnn_keeps_more_digits_than_tensorflow(region, dtype, twin, tf, rng):
    loss = registry[region.name](reduction="none", dtype=dtype, **region.options)
    y_true = region.y_true if region.y_true.dtype.kind == "i" else region.y_true.astype(dtype)
    y_pred = region.y_pred.astype(dtype)
    cotangent = np.asarray(rng.uniform(0.5, 2, loss.value_shape(y_pred.shape)), dtype)
    watched = tf.constant(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(watched)
        values = twin(loss)(tf.constant(y_true), watched)
        target = tf.reduce_sum(values * cotangent)
    theirs, gradient = values.numpy(), tape.gradient(target, watched).numpy()
    exact = mpmath_losses.values(loss, region.name, y_true, y_pred)
    assert keeps_more(loss.values(y_true, y_pred), theirs, exact)
    if region.slopes:
        exact = mpmath_losses.slopes(loss, region.name, y_true, y_pred, cotangent)
        assert keeps_more(loss.weighted_derivatives(y_true, y_pred, cotangent), gradient, exact)


def keeps_more(found, theirs, exact):
    """Where TensorFlow loses three digits and more, handnn loses less than half as many."""
    ours, other = (np.max(mpmath_activations.units_off(np.ravel(side), exact)) for side in (found, theirs))
    return ours < (other if other < 1000 else np.sqrt(other))


@pytest.mark.parametrize("dtype", ["float32"])
def test_log_cosh_far_out_is_finite_where_keras_overflows(dtype, twin):
    """Keras adds softplus(-2e) to e: for e below minus half the largest number that is infinity."""
    loss, e = registry["log_cosh"](dtype=dtype), np.full((1, 1), -3e38, dtype)
    with np.errstate(over="ignore"):
        found = loss(np.zeros((1, 1), dtype), e)
    assert found == np.float32(3e38) and np.isinf(twin(loss)(np.zeros((1, 1), dtype), e).numpy())
