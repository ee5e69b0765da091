"""Every regularizer of the registry against Keras, its gradient against its penalty, and both sides against mpmath."""

import inspect

import mpmath
import numpy as np
import pytest

import handnn
from handnn import regularizers
from handnn.regularizers import L1, L1L2, L2, OrthogonalRegularizer, Regularizer
from handnn.regularizers import regularizers as registry
from handnn.core.variable import Variable
from handnn.rounding import allowance
from handnn.verify import numeric_gradients
from handnn.proof.not_supported import ABSENT
from handnn.proof.keras.regularizers import KINDS, check_against_tensorflow, points, tensorflow_pass, theirs, variants
from handnn.rounding.bounded import Bounded

each_variant = pytest.mark.parametrize(("name", "options"), list(variants()), ids=str)
each_regularizer = pytest.mark.parametrize(("name", "cls"), registry.items(), ids=list(registry))


@each_variant
@pytest.mark.parametrize("kind", KINDS)
def test_penalty_and_gradient_are_tensorflows(name, options, kind, dtype, tf, keras, assert_agrees, rng):
    for x in points(name, kind, dtype, rng):
        check_against_tensorflow(assert_agrees, tf, keras, registry[name](**options), name, options, x)


def smooth_points(name, rng):
    return [x for x in points(name, "ordinary", "float64", rng) if x.size < 40]


@each_variant
def test_gradient_is_the_derivative_of_the_penalty(name, options, rng):
    for x in smooth_points(name, rng):
        assert numeric_gradients.regularizer(registry[name](**options), x).ratio <= 1


def exact_penalty(x, l1=0.0, l2=0.0, factor=0.0, mode="rows"):
    """The penalty at 50 digits, of a matrix given as rows of mpmath numbers; eps is not reached."""
    penalty = sum(l1 * abs(w) + l2 * w * w for row in x for w in row)
    if factor:
        rows = x if mode == "rows" else list(zip(*x, strict=True))
        n = [[w / mpmath.sqrt(sum(v * v for v in row)) for w in row] for row in rows]
        pairs = [(a, b) for i, a in enumerate(n) for b in n[:i]]
        penalty += factor * sum(abs(sum(u * v for u, v in zip(a, b, strict=True))) for a, b in pairs) / len(pairs)
    return penalty


@each_variant
def test_both_sides_are_near_the_exact_penalty(name, options, dtype, tf, keras, rng):
    ours = registry[name](**options)
    known = {"mode", "l1", "l2", "factor"} & set(inspect.signature(type(ours)).parameters)
    arguments = {k: getattr(ours, k) if k == "mode" else float(np.float32(getattr(ours, k))) for k in known}
    for x in ((10.0 ** rng.uniform(-2, 2, (4, 3))).astype(dtype), np.array([[1, 2], [1, 2.0001], [-2, 1]], dtype)):
        with mpmath.workdps(50):
            exact = exact_penalty([[mpmath.mpf(float(w)) for w in row] for row in x], **arguments)
        bounded = ours(Bounded(x))
        limit = mpmath.mpf(float(getattr(bounded, "error", 0.0)))
        assert abs(float(ours(x)) - exact) <= limit
        theirs_off = abs(float(theirs(keras, name, options, dtype)(tf.constant(x))) - exact)
        assert theirs_off <= allowance.of(float(limit), dtype)


def test_derivatives_at_kinks_are_tensorflows(tf, keras, dtype):
    """|x| has slope 0 at 0; orthogonal rows, and rows of zeros, do not pull: exactly, there is no rounding to allow."""
    zeros = np.array([0.0, -0.0], dtype)
    eye, with_zeros = np.eye(3, dtype=dtype), np.array([[3, 4], [0, 0]], dtype)
    for name, x in (("l1", zeros), ("orthogonal_regularizer", eye), ("orthogonal_regularizer", with_zeros)):
        penalty, gradient = tensorflow_pass(tf, theirs(keras, name, {}, dtype), x, 1.0)
        assert not penalty and not gradient.any()
        assert not registry[name]()(x) and not registry[name]().gradient(x).any()


def test_nan_is_not_hidden(dtype):
    x = np.array([[1, np.nan], [2, 3]], dtype)
    for cls in (L1, L2, OrthogonalRegularizer):
        assert np.isnan(cls()(x)) and np.isnan(cls().gradient(x)).any()


@each_regularizer
def test_what_comes_back_has_the_dtype_and_shape_of_x_and_x_is_kept(name, cls, dtype, rng):
    x = rng.normal(size=(3, 4)).astype(dtype)
    x.flags.writeable = False
    assert (cls()(x).dtype, np.shape(cls()(x))) == (dtype, ())
    assert (cls().gradient(x).dtype, cls().gradient(x).shape) == (dtype, (3, 4))
    assert cls()(Variable(x, name="kernel")) == cls()(x)
    assert cls()(x.tolist()).dtype == "float32"


# Names, arguments, configs


def test_every_public_name_of_keras_is_there_or_explained(keras):
    public = {name for name in dir(keras.regularizers) if not name.startswith("_")}
    assert public - set(dir(regularizers)) == set(ABSENT["regularizers"])


@each_regularizer
def test_signature_and_config_are_keras(name, cls, keras):
    expected = getattr(keras.regularizers, cls.__name__)
    ours, parameters = (inspect.signature(c).parameters for c in (cls, expected))
    assert {k: p.default for k, p in ours.items()} == {k: p.default for k, p in parameters.items()}
    assert list(ours) == list(parameters)


@pytest.mark.parametrize(("name", "options"), [v for v in variants() if v[0] != "regularizer"], ids=str)
def test_config_goes_to_keras_and_back(name, options, keras):
    ours, expected = registry[name](**options), getattr(keras.regularizers, registry[name].__name__)(**options)
    assert ours.get_config() == expected.get_config()
    assert regularizers.serialize(ours) == keras.regularizers.serialize(expected)
    again = regularizers.get(keras.regularizers.serialize(expected))
    assert (type(again), again.get_config()) == (type(ours), ours.get_config())
    back = keras.regularizers.get(regularizers.serialize(ours))
    assert (type(back), back.get_config()) == (type(expected), ours.get_config())


def test_the_base_class_has_no_config_as_in_keras(keras):
    for base in (Regularizer(), keras.regularizers.Regularizer()):
        with pytest.raises(NotImplementedError, match="get_config"):
            base.get_config()


@each_regularizer
def test_identifiers_are_keras(name, cls, keras):
    expected = getattr(keras.regularizers, cls.__name__)
    identifiers = [k for k, v in keras.src.regularizers.ALL_OBJECTS_DICT.items() if v is expected]
    assert name in identifiers
    assert {type(regularizers.get(identifier)) for identifier in identifiers} == {cls}
    assert type(regularizers.get(cls)) is cls
    instance = cls()
    assert regularizers.get(instance) is instance
    aliases = [k for k, v in vars(keras.regularizers).items() if v is expected]
    assert {getattr(regularizers, alias) for alias in aliases} == {cls}


def test_none_is_no_regularizer():
    assert regularizers.get(None) is None


def test_what_is_left_out_has_keras_default():
    assert L1(None).get_config() == L1(0.01).get_config() and L2(None).get_config() == L2(0.01).get_config()
    assert regularizers.serialize(None) is None


def test_derivatives_of_two_terms_worked_out_by_hand():
    x = np.array([1.0, -2.0, 0.0])
    assert L1L2(0.5, 0.25).gradient(x).tolist() == [1.0, -1.5, 0.0]
    assert L1L2(0.5, 0.0).gradient(x).tolist() == [0.5, -0.5, 0.0]
    assert L1L2(0.0, 0.25).gradient(x).tolist() == [0.5, -1.0, 0.0]
    nothing = L1L2().gradient(np.array([np.inf, np.nan], "float32"))
    assert nothing.tolist() == [0.0, 0.0] and nothing.dtype == "float32"


def test_a_function_is_taken_and_saved_by_its_registered_name():
    @handnn.saving.register_keras_serializable("penalties")
    def cubes(x):
        return np.sum(np.abs(x) ** 3)

    assert regularizers.get(cubes) is cubes
    config = regularizers.serialize(cubes)
    assert config["config"] == "penalties>cubes" and regularizers.get(config) is cubes
    with pytest.raises(TypeError, match=r"cubes\.gradient = lambda"):
        regularizers.gradient(cubes, 1.0)
    cubes.gradient = lambda x: 3 * x * np.abs(x)
    assert regularizers.gradient(cubes, np.array([-2.0, 1.0])).tolist() == [-12.0, 3.0]


def test_a_term_with_factor_0_is_left_out_of_the_gradient():
    """0 times infinity would be NaN."""
    x = np.array([np.inf, -np.inf, 2.0])
    assert L1L2(0.5, 0.0).gradient(x).tolist() == [0.5, -0.5, 0.5]
    assert L1L2(0.0, 0.5).gradient(x).tolist() == [np.inf, -np.inf, 2.0]


@pytest.mark.parametrize(
    ("factors", "penalty"), [((0.5, 0.25), 2.75), ((0.5, None), 1.5), ((None, 0.25), 1.25), ((None, None), 0.0)]
)
def test_penalties_of_two_terms_worked_out_by_hand(factors, penalty):
    assert L1L2(*factors)(np.array([1.0, -2.0])) == penalty
    assert not np.isnan(L1L2(*factors)(np.array([np.inf])))


def test_rows_are_along_the_last_axis(rng):
    x = rng.normal(size=(2, 3, 4))
    n, r, norm = regularizers.unit_rows(x)
    assert n.shape == x.shape and r.shape == norm.shape == (2, 3, 1)
    assert np.array_equal(n[1, 2], regularizers.unit_rows(x[1, 2:3])[0][0])


def test_l1_l2_is_a_class_but_not_a_name(keras):
    """Keras' documentation calls 'l1_l2' a string identifier with factors of 0.01; it is neither."""
    assert regularizers.l1_l2 is L1L2 and keras.regularizers.l1_l2 is keras.regularizers.L1L2
    for module in (regularizers, keras.regularizers):
        with pytest.raises(ValueError, match="l1_l2"):
            module.get("l1_l2")
        assert module.get("l1l2").get_config() == {"l1": 0.0, "l2": 0.0}


def test_factors_are_rounded_to_float32(tf, keras):
    x = np.array([1.0, 2.0])
    for cls in (L1, L2):
        found = getattr(keras.regularizers, cls.__name__)(0.1)(tf.constant(x)).numpy()
        expected = np.sum(np.abs(x)) if cls is L1 else np.sum(x * x)
        assert found == cls(0.1)(x) == float(np.float32(0.1)) * expected != 0.1 * expected
    assert keras.regularizers.L1(0.1).get_config() == L1(0.1).get_config() == {"l1": float(np.float32(0.1))}
    assert keras.regularizers.L2(0.1).get_config() == L2(0.1).get_config() == {"l2": 0.1}


def test_keras_has_no_orthogonal_penalty_of_float64_or_of_one_row(tf, keras):
    """handnn computes the first and refuses the second."""
    x = tf.constant([[1.0, 2.0], [3.0, 5.0]], "float64")
    with pytest.raises(tf.errors.InvalidArgumentError, match="float"):
        keras.regularizers.OrthogonalRegularizer()(x)
    assert OrthogonalRegularizer()(x.numpy()).dtype == "float64"
    assert np.isnan(keras.regularizers.OrthogonalRegularizer()(tf.ones((1, 3))))
    with pytest.raises(ValueError, match="at least two rows"):
        OrthogonalRegularizer()(np.ones((1, 3)))


def test_keras_loses_the_way_through_a_large_norm(tf, keras):
    """TensorFlow forms (x . delta) / (2 |x|^3), too small for float32 here: what lengthens the row is not taken off."""
    rng = np.random.default_rng(0)
    x = np.float32(rng.uniform(0.5, 1, (3, 4)) * [[1], [1e18], [1]])
    _, lost = tensorflow_pass(tf, keras.regularizers.OrthogonalRegularizer(), x, 1.0)
    _, exact = tensorflow_pass(tf, theirs(keras, "orthogonal_regularizer", {}, "float64"), x.astype("float64"), 1.0)
    allowed = OrthogonalRegularizer().gradient(Bounded(x)).error
    assert np.all(np.abs(OrthogonalRegularizer().gradient(x) - exact) <= allowed)
    assert np.all(np.abs(lost - exact)[1] > 1000 * allowed[1])


class OnlyCall(Regularizer):
    def __call__(self, x):
        return np.sum(x**4)


class Quartic(OnlyCall):
    def gradient(self, x):
        return 4 * x**3


class WithoutBase:
    __call__, gradient = Quartic.__call__, Quartic.gradient


BAD = {
    "negative": (lambda: L1(-1), ("l1", ">= 0", "-1")),
    "NaN": (lambda: L2(float("nan")), ("l2", "finite", "nan")),
    "infinite": (lambda: L1L2(0.1, float("inf")), ("l2", "finite", "inf")),
    "string": (lambda: L1L2("0.1"), ("l1", "number", "'0.1'")),
    "float32": (lambda: L2(np.float32(0.1)), ("l2", "number", "0.1")),  # Keras refuses it too
    "None": (lambda: OrthogonalRegularizer(None), ("factor", "None")),
    "mode": (lambda: OrthogonalRegularizer(mode="diagonal"), ("mode", "'rows'", "'columns'", "'diagonal'")),
    "rank 3": (lambda: OrthogonalRegularizer()(np.ones((2, 2, 2))), ("matrix", "x", "(2, 2, 2)")),
    "one column": (lambda: OrthogonalRegularizer(mode="columns").gradient(np.ones((3, 1))), ("two columns", "(3, 1)")),
    "strings": (lambda: L1()(np.array(["a"])), ("x", "real numbers", "<U1")),
    "unknown": (lambda: regularizers.get("l3"), ("regularizer", "'l3'", "'l1'")),
    "number": (lambda: regularizers.get(0.01), ("regularizer", "0.01")),
    "function": (lambda: regularizers.gradient(abs, 1.0), ("abs", "write abs.gradient")),
    "numpy function": (lambda: regularizers.get(np.sum), ("sum", "class with __call__ and gradient")),
    "class without gradient": (lambda: regularizers.get(OnlyCall), ("OnlyCall", "class with __call__ and gradient")),
}


@pytest.mark.parametrize(("call", "words"), BAD.values(), ids=list(BAD))
def test_bad_input_is_one_line(call, words):
    with pytest.raises((ValueError, TypeError)) as caught:
        call()
    assert "\n" not in str(caught.value)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_keras_regularizer_is_refused(keras):
    with pytest.raises(TypeError, match="L2 has no hand-derived gradient"):
        regularizers.get(keras.regularizers.L2())


@pytest.mark.parametrize("cls", [Quartic, WithoutBase])
def test_a_class_of_ones_own_is_taken(cls):
    assert isinstance(regularizers.get(cls), cls)
    mine = cls()
    assert regularizers.get(mine) is mine


# Planted mistakes: both kinds of check see each.

MISTAKES = {
    "factor 2 of L2 missing": ("l2", "gradient", lambda self, x: x.dtype.type(self.l2) * x),
    "sign lost": ("l1", "gradient", lambda self, x: np.absolute(x) / np.absolute(x) * self.l1),
    "factor forgotten": ("l1", "gradient", lambda self, x: np.sign(x)),
    "L2 part forgotten": ("l1l2", "gradient", lambda self, x: x.dtype.type(self.l1) * np.sign(x)),
    "mean for sum": ("l2", "__call__", lambda self, x: x.dtype.type(self.l2) * np.sum(np.square(x)) / x.size),
    "diagonal kept": ("orthogonal_regularizer", "_others", staticmethod(lambda n: np.ones((len(n), len(n)), n.dtype))),
    "all pairs counted twice": ("orthogonal_regularizer", "_pairs", staticmethod(lambda x: len(x) * (len(x) - 1))),
    "rows for columns": ("orthogonal_regularizer", "_rows", lambda self, x: x.T),
}
SEEN_BY_TENSORFLOW_ALONE = {"all pairs counted twice", "diagonal kept"}
"""The gradient is still the penalty's: both are wrong, or the penalty is off by a constant (|n_i . n_i| = 1)."""


@pytest.mark.parametrize(("mistake", "planted"), MISTAKES.items(), ids=list(MISTAKES))
def test_a_mistake_is_seen(mistake, planted, dtype, monkeypatch, tf, keras, assert_agrees, rng):
    name, method, wrong = planted
    options = {"l1": 0.1, "l2": 0.3} if name == "l1l2" else {}
    x = rng.normal(size=(4, 4))
    monkeypatch.setattr(registry[name], method, wrong)
    with pytest.raises(AssertionError, match=name):
        check_against_tensorflow(assert_agrees, tf, keras, registry[name](**options), name, options, x.astype(dtype))
    assert (numeric_gradients.regularizer(registry[name](**options), x).ratio > 1) != (
        mistake in SEEN_BY_TENSORFLOW_ALONE
    )


def test_a_gradient_not_through_the_norm_is_seen(monkeypatch, tf, keras, assert_agrees, rng):
    def gradient(self, x):
        n, r, _ = regularizers.unit_rows(x)
        pairs = x.dtype.type(self._pairs(x))
        return r * np.dot(np.sign(np.dot(n, n.T)) * self._others(n), n) * x.dtype.type(self.factor) / pairs

    monkeypatch.setattr(OrthogonalRegularizer, "gradient", gradient)
    x = rng.normal(size=(4, 3))
    with pytest.raises(AssertionError, match="gradient"):
        check_against_tensorflow(assert_agrees, tf, keras, OrthogonalRegularizer(), "orthogonal_regularizer", {}, x)
    assert numeric_gradients.regularizer(OrthogonalRegularizer(), x).ratio > 1


def test_another_slope_at_0_is_seen(monkeypatch, tf, keras, assert_agrees):
    monkeypatch.setattr(L1, "gradient", lambda self, x: x.dtype.type(self.l1) * np.where(x >= 0, 1, -1))
    with pytest.raises(AssertionError):
        test_derivatives_at_kinks_are_tensorflows(tf, keras, "float32")


def test_a_factor_of_full_precision_is_seen(monkeypatch, tf, keras, assert_agrees, rng):
    monkeypatch.setattr(regularizers, "_in_float32", lambda factor: factor)
    with pytest.raises(AssertionError, match="l2 penalty"):
        check_against_tensorflow(assert_agrees, tf, keras, L2(0.1), "l2", {"l2": 0.1}, rng.normal(size=(3, 2)))
