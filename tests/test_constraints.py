"""Every constraint of the registry against Keras' and against mpmath."""

import inspect

import mpmath
import numpy as np
import pytest

import handnn
from handnn import constraints
from handnn.constraints import MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from handnn.constraints import constraints as registry
from handnn.core.variable import Variable
from handnn.rounding import allowance
from handnn.proof.not_supported import ABSENT
from handnn.proof.keras.constraints import KINDS, check_against_keras, points, variants
from handnn.rounding.bounded import Bounded

each_variant = pytest.mark.parametrize(("name", "options"), list(variants()), ids=str)
each_constraint = pytest.mark.parametrize(("name", "cls"), registry.items(), ids=list(registry))


@each_variant
@pytest.mark.parametrize("kind", KINDS)
def test_constrained_weights_are_keras(name, options, kind, dtype, tf, keras, assert_agrees, rng):
    for w in points(kind, dtype, rng):
        check_against_keras(assert_agrees, tf, keras, registry[name](**options), name, options, w)


@each_constraint
def test_a_vector_is_constrained_as_in_keras(name, cls, dtype, tf, keras, assert_agrees, rng):
    """A bias has one axis: its only norm is along it."""
    for w in (rng.normal(size=7).astype(dtype), rng.normal(size=1).astype(dtype)):
        check_against_keras(assert_agrees, tf, keras, cls(), name, {}, w)


def exact(name, w, options):
    """The constrained vector at 50 digits."""
    eps, norm = mpmath.mpf(1e-7), mpmath.sqrt(sum(v * v for v in w))
    desired = {
        "max_norm": lambda max_value: min(norm, mpmath.mpf(max_value)),
        "unit_norm": lambda: mpmath.mpf(1),
        "min_max_norm": lambda min_value, max_value, rate: (
            mpmath.mpf(rate) * max(min(norm, mpmath.mpf(max_value)), mpmath.mpf(min_value))
            + (1 - mpmath.mpf(rate)) * norm
        ),
    }
    if name in desired:
        return [v * desired[name](**{k: o for k, o in options.items() if k != "axis"}) / (eps + norm) for v in w]
    return [max(v, mpmath.mpf(0)) for v in w] if name == "non_neg" else list(w)


@each_constraint
def test_both_sides_are_near_the_exact_weights(name, cls, dtype, tf, keras, rng):
    ours, theirs = cls(), getattr(keras.constraints, cls.__name__)()
    for size in (1e-6, 0.3, 1.0, 1e4):
        w = (rng.normal(size=6) * size).astype(dtype)
        with mpmath.workdps(50):
            expected = exact(name, [mpmath.mpf(float(v)) for v in w], ours.get_config())
        bounded = ours(Bounded(w))
        limits = np.broadcast_to(bounded.error, 6)
        for found, slack in ((ours(w), limits), (np.asarray(theirs(tf.constant(w))), allowance.of(limits, dtype))):
            for value, right, limit in zip(found, expected, slack, strict=True):
                assert abs(mpmath.mpf(float(value)) - right) <= limit


def test_the_largest_norm_keeps_its_digits_in_float64(tf, keras):
    """Unlike the factors of regularizers, limits are not rounded to float32."""
    w = np.array([3.0, 4.0])
    found = MaxNorm(0.1)(w)
    assert np.array_equal(found, np.asarray(keras.constraints.MaxNorm(0.1)(tf.constant(w))))
    assert np.array_equal(found, w * (0.1 / (1e-7 + 5.0)))
    assert not np.array_equal(found, w * (float(np.float32(0.1)) / (1e-7 + 5.0)))


def test_norms_fall_short_by_epsilon(tf, keras):
    """Keras' norms are |w| / (|w| + 1e-7) of their target: small weights do not become unit vectors."""
    w = np.array([[1e-7], [0.0]])
    for module, given in ((constraints, w), (keras.constraints, tf.constant(w))):
        assert np.asarray(module.UnitNorm()(given))[0, 0] == 0.5
        assert np.asarray(module.MaxNorm(2)(given))[0, 0] == 0.5e-7


def test_nan_is_not_hidden(dtype, tf, keras):
    w = np.array([[np.nan, 1], [1, -1]], dtype)
    for name, cls in registry.items():
        theirs = np.asarray(getattr(keras.constraints, cls.__name__)()(tf.constant(w)))
        assert np.array_equal(np.isnan(cls()(w)), np.isnan(theirs)), name


@each_constraint
def test_what_comes_back_has_the_dtype_and_shape_of_w_and_w_is_kept(name, cls, dtype, rng):
    w = rng.normal(size=(3, 4)).astype(dtype)
    w.flags.writeable = False
    assert (cls()(w).dtype, cls()(w).shape) == (dtype, (3, 4))
    assert np.array_equal(cls()(Variable(w, name="kernel")), cls()(w))
    assert cls()(w.tolist()).dtype == "float32"


def test_numbers_of_numpy_do_not_widen_the_weights():
    constraint = MinMaxNorm(np.float64(0.1), np.float64(0.2), np.float64(0.5))
    assert constraint(np.ones((2, 2), "float32")).dtype == "float32"


# Names, arguments, configs


def test_every_public_name_of_keras_is_there_or_explained(keras):
    public = {name for name in dir(keras.constraints) if not name.startswith("_")}
    assert public - set(dir(constraints)) == set(ABSENT["constraints"])


@each_constraint
def test_signature_is_keras(name, cls, keras):
    ours, theirs = (inspect.signature(c).parameters for c in (cls, getattr(keras.constraints, cls.__name__)))
    assert [(k, p.default) for k, p in ours.items()] == [(k, p.default) for k, p in theirs.items()]


@each_variant
def test_config_goes_to_keras_and_back(name, options, keras):
    ours, theirs = registry[name](**options), getattr(keras.constraints, registry[name].__name__)(**options)
    assert constraints.serialize(ours) == keras.constraints.serialize(theirs) | {"config": theirs.get_config()}
    again = constraints.get(keras.constraints.serialize(theirs) | {"config": theirs.get_config()})
    assert (type(again), again.get_config()) == (type(ours), theirs.get_config())
    back = keras.constraints.get(constraints.serialize(ours))
    assert (type(back), back.get_config()) == (type(theirs), ours.get_config())


@each_constraint
def test_identifiers_are_keras(name, cls, keras):
    theirs = getattr(keras.constraints, cls.__name__)
    identifiers = [k for k, v in keras.src.constraints.ALL_OBJECTS_DICT.items() if v is theirs]
    assert name in identifiers
    assert {type(constraints.get(identifier)) for identifier in identifiers} == {cls}
    assert type(constraints.get(cls)) is cls
    instance = cls()
    assert constraints.get(instance) is instance
    aliases = [k for k, v in vars(keras.constraints).items() if v is theirs]
    assert {getattr(constraints, alias) for alias in aliases} == {cls}


def test_any_function_of_the_weights_is_a_constraint_as_in_keras(keras):
    for module in (constraints, keras.constraints):
        assert module.get(abs) is abs
        assert module.get(None) is None
        assert module.serialize(None) is None

    @handnn.saving.register_keras_serializable("constraints")
    def halved(w):
        return w / 2

    config = constraints.serialize(halved)
    assert config["config"] == "constraints>halved" and constraints.get(config) is halved


BAD = {
    "max_value": (lambda: MaxNorm(-1), ("max_value", ">= 0", "-1")),
    "NaN": (lambda: MaxNorm(float("nan")), ("max_value", ">= 0", "nan")),
    "string": (lambda: MinMaxNorm("0"), ("min_value", "number", "'0'")),
    "wrong order": (lambda: MinMaxNorm(2, 1), ("min_value", "above max_value", "2 and 1")),
    "rate": (lambda: MinMaxNorm(rate=1.5), ("rate", "from 0 to 1", "1.5")),
    "axis": (lambda: UnitNorm("rows"), ("axis", "integer", "'rows'")),
    "axes": (lambda: UnitNorm([0, 0.5]), ("axis", "integer", "[0, 0.5]")),
    "axis too large": (lambda: UnitNorm(1)(np.ones(3)), ("axis 1", "UnitNorm", "(3,)")),
    "weights": (lambda: NonNeg()(np.array(["a"])), ("w", "real numbers", "<U1")),
    "unknown": (lambda: constraints.get("maxnorm"), ("constraint", "'maxnorm'", "'max_norm'")),
    "number": (lambda: constraints.get(2.0), ("constraint", "2.0")),
}


@pytest.mark.parametrize(("call", "words"), BAD.values(), ids=list(BAD))
def test_bad_input_is_one_line(call, words):
    with pytest.raises((ValueError, TypeError)) as caught:
        call()
    assert "\n" not in str(caught.value)
    assert all(word in str(caught.value) for word in words), str(caught.value)


# Planted mistakes

MISTAKES = {
    "epsilon forgotten": ("unit_norm", {}, "rescaled", lambda self, w, norm: w / norm),
    "epsilon of the norm's maximum": ("unit_norm", {}, "rescaled", lambda self, w, norm: w / np.maximum(norm, 1e-7)),
    "always rescaled": ("max_norm", {}, "desired", lambda self, norm: 0 * norm + self.max_value),
    "rate turned round": ("min_max_norm", {"rate": 0.3}, "desired", lambda self, n: 0.7 * np.minimum(n, 1) + 0.3 * n),
    "min_value ignored": ("min_max_norm", {"min_value": 0.5}, "desired", lambda self, norm: np.minimum(norm, 1)),
    "sign lost": ("non_neg", {}, "__call__", lambda self, w: np.absolute(w)),
    "another axis": ("unit_norm", {}, "axis", property(lambda self: 1, lambda self, axis: None)),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_is_seen(mistake, dtype, monkeypatch, tf, keras, assert_agrees, rng):
    name, options, method, wrong = mistake
    monkeypatch.setattr(registry[name], method, wrong, raising=False)
    w = (rng.normal(size=(4, 4)) * [0.01, 0.1, 1, 10]).astype(dtype)
    with pytest.raises(AssertionError, match=name):
        check_against_keras(assert_agrees, tf, keras, registry[name](**options), name, options, w)


@pytest.mark.parametrize("value", [True, False, "1", None, -1.0])
def test_a_limit_that_is_no_number_is_refused(value):
    for make in (constraints.MaxNorm, constraints.MinMaxNorm):
        with pytest.raises((ValueError, TypeError), match="must be a number"):
            make(value)


def test_none_is_serialized_as_none():
    assert constraints.serialize(None) is None
