"""Every loss against its definition at 50 digits, and who keeps more of them where digits are scarce."""

from typing import Any, NamedTuple

import mpmath
import numpy as np
import pytest

from handnn.losses import losses as registry
from handnn.verify import loss_cases, referee, referee_losses
from handnn.verify.rounding import Bounded

ROWS, CLASSES = 4, 3
VARIANTS = [
    (name, options)
    for name, cls in registry.items()
    for options in loss_cases.variants(cls)
    if not {"label_smoothing", "ignore_class"} & set(options)  # they change the labels, not the loss
]


def batch(loss, rng):
    y_true, y_pred = (f(loss, (ROWS, CLASSES), rng) for f in (loss_cases.targets, loss_cases.predictions))
    if loss.targets == "sign":
        y_true = 2 * (y_true > 0) - 1.0
    return y_true if y_true.dtype.kind == "i" else y_true.astype(loss.dtype), y_pred


def distances(found, exact):
    with mpmath.workdps(referee.DIGITS):
        return np.array([float(abs(mpmath.mpf(float(v)) - e)) for v, e in zip(np.ravel(found), exact, strict=True)])


def check_bounds(loss, name, y_true, y_pred, cotangent):
    """Values and slopes lie within their own bound of the exact ones."""
    labels = y_true if y_true.dtype.kind == "i" else Bounded(y_true)
    values, exact = loss.values(labels, Bounded(y_pred)), referee_losses.values(loss, name, y_true, y_pred)
    assert np.all(distances(values.value, exact) <= np.ravel(values.error)), "values"
    slopes = loss.weighted_slopes(labels, Bounded(y_pred), Bounded(cotangent))
    exact = referee_losses.slopes(loss, name, y_true, y_pred, cotangent)
    assert np.all(distances(slopes.value, exact) <= np.ravel(slopes.error)), "slopes"


def test_referee_knows_every_loss():
    assert set(referee_losses.OF_A_ROW) | set(referee_losses.OF_A_BATCH) == set(registry)


@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=str)
def test_referee_and_registry_agree(name, options, dtype, rng):
    loss = registry[name](dtype=dtype, **options)
    y_true, y_pred = batch(loss, rng)
    cotangent = rng.uniform(0.5, 2, loss.value_shape(y_pred.shape)).astype(dtype)
    check_bounds(loss, name, y_true, y_pred, cotangent)


@pytest.mark.parametrize("name", list(registry))
@pytest.mark.parametrize("part", ["values", "slopes"])
def test_referee_sees_a_wrong_loss(name, part, rng, monkeypatch):
    cls = registry[name]
    loss = cls(dtype="float64")
    y_true, y_pred = batch(loss, rng)
    cotangent = np.asarray(rng.uniform(0.5, 2, loss.value_shape(y_pred.shape)))
    method = {"values": "values", "slopes": "weighted_slopes"}[part]
    right = getattr(cls, method)
    monkeypatch.setattr(cls, method, lambda *given, out=None: right(*given) * 1.0005)
    with pytest.raises(AssertionError, match=part):
        check_bounds(loss, name, y_true, y_pred, cotangent)


# ---- delicate regions ---------------------------------------------------------------------------------------------


class Region(NamedTuple):
    """Where TensorFlow's formula loses digits: in its values, its slopes or both."""

    what: str
    name: str
    options: dict[str, Any]
    y_true: np.ndarray
    y_pred: np.ndarray
    slopes: bool = True


SMALL = np.logspace(-6, -1, 16)[:, np.newaxis]
NEAR_0_AND_1 = np.concatenate([SMALL, 1 - SMALL])
LOGITS = np.linspace(-14, 14, 15)[:, np.newaxis]


def both(p):
    return np.concatenate([p, 1 - p], axis=-1)


def one_hot(k, rows):
    return np.eye(2)[np.full(len(rows), k)]


REGIONS = [
    Region("near 0", "log_cosh", {}, 0 * SMALL, SMALL),
    Region("between near and far", "log_cosh", {}, 0 * SMALL, np.linspace(0.2, 3, 16)[:, np.newaxis]),
    Region("label 0", "binary_focal_crossentropy", {}, 0 * NEAR_0_AND_1, NEAR_0_AND_1),
    Region("label 0", "binary_focal_crossentropy", {"from_logits": True}, 0 * LOGITS, LOGITS),
    Region("label 1", "binary_focal_crossentropy", {"from_logits": True}, 0 * LOGITS + 1, LOGITS),
    Region("likely class", "categorical_focal_crossentropy", {}, one_hot(0, NEAR_0_AND_1), 1.7 * both(NEAR_0_AND_1)),
    Region(
        "likely class", "categorical_focal_crossentropy", {"from_logits": True}, one_hot(1, LOGITS), both(LOGITS) - 0.5
    ),
    Region("small p", "binary_crossentropy", {}, 0 * SMALL, SMALL, slopes=False),
    Region("close to the labels", "kl_divergence", {}, 0.3 * (1 + SMALL), 0.3 + 0 * SMALL),
    Region("small", "mean_squared_logarithmic_error", {}, 0 * SMALL, SMALL),
    Region("close to the labels", "mean_squared_logarithmic_error", {}, 3 + 0 * SMALL, 3 * (1 + SMALL)),
    Region("sure", "categorical_generalized_cross_entropy", {}, np.zeros(16, int), both(1 - SMALL), slopes=False),
    Region("nearly whole overlap", "dice", {}, np.eye(3), np.eye(3) * (1 - 1e-6) + 1e-7, slopes=False),
    Region("nearly whole overlap", "tversky", {"alpha": 0.3}, np.eye(3), np.eye(3) * (1 - 1e-6) + 1e-7, slopes=False),
]


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
    exact = referee_losses.values(loss, region.name, y_true, y_pred)
    assert worst(loss.values(y_true, y_pred), exact) < worst(theirs, exact)
    if region.slopes:
        exact = referee_losses.slopes(loss, region.name, y_true, y_pred, cotangent)
        assert worst(loss.weighted_slopes(y_true, y_pred, cotangent), exact) < worst(gradient, exact)


def worst(found, exact):
    return np.max(referee.units_off(np.ravel(found), exact))


@pytest.mark.parametrize("dtype", ["float32"])
def test_log_cosh_far_out_is_finite_where_keras_overflows(dtype, twin):
    """Keras adds softplus(-2e) to e: for e below minus half the largest number that is infinity."""
    loss, e = registry["log_cosh"](dtype=dtype), np.full((1, 1), -3e38, dtype)
    with np.errstate(over="ignore"):
        found = loss(np.zeros((1, 1), dtype), e)
    assert found == np.float32(3e38) and np.isinf(twin(loss)(np.zeros((1, 1), dtype), e).numpy())
