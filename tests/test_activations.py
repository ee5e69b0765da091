"""Every activation of the registry against TensorFlow, against its own forward formula, and against mpmath."""

import mpmath
import numpy as np
import pytest

from handnn import activations
from handnn.activations import Softmax
from handnn.activations import activations as registry
from handnn.verify import allowance, oracles, referee
from handnn.verify.rounding import Bounded

ELEMENTWISE = {name: entry for name, entry in registry.items() if entry.elementwise}
each_activation = pytest.mark.parametrize(("name", "entry"), registry.items(), ids=list(registry))
each_elementwise = pytest.mark.parametrize(("name", "entry"), ELEMENTWISE.items(), ids=list(ELEMENTWISE))
WIDTH = 5
KINDS = ("ordinary", "kinks", "saturated", "tiny", "huge")


def around(kinks, dtype):
    """The kinks and the neighbouring floats on both sides; beside 0 the first ones that TensorFlow does not flush."""
    kinks, infinity = np.asarray(kinks, dtype), np.asarray(np.inf, dtype)
    tiny = np.where(kinks == 0, allowance.smallest_normal(dtype), 0).astype(dtype)
    return np.concatenate([kinks, np.nextafter(kinks, infinity) + tiny, np.nextafter(kinks, -infinity) - tiny])


def special(entry, kind, dtype):
    """Points at which formulas break."""
    if kind == "kinks":
        return around([*entry.kinks, 0.0], dtype)
    info = np.finfo(dtype)
    sizes = {
        "ordinary": [],
        "saturated": [30, 100, 1e4],
        "tiny": [0.0, 1e-30, info.smallest_subnormal, info.smallest_normal / 2, info.smallest_normal],
        "huge": [1e30, info.max / 4],
    }[kind]
    return np.concatenate([np.asarray(sizes, dtype), -np.asarray(sizes, dtype)])


def rows(entry, kind, dtype, rng):
    """(n, 5): ordinary rows, or each special point alone in an ordinary row, twice in one, and all over one."""
    found = [3 * rng.normal(size=(20, WIDTH))] if kind == "ordinary" else []
    for point in special(entry, kind, dtype).tolist():
        z = rng.normal(size=(3, WIDTH))
        z[0, rng.integers(WIDTH)] = z[1, 1] = z[1, 3] = z[2] = point
        found.append(z)
    return np.concatenate(found).astype(dtype)


def flushed(z):
    """z as TensorFlow sees it: denormals are 0 (a fact pinned below)."""
    return np.where(np.abs(z) < allowance.smallest_normal(z.dtype), np.copysign(0, z), z).astype(z.dtype)


def cotangent(shape, dtype, rng):
    """Random upstream gradients of sizes 1e-3 to 1e3."""
    return (rng.normal(size=shape) * 10.0 ** rng.uniform(-3, 3, shape)).astype(dtype)


def bounded_forward(entry, z):
    """f(z) with the error that either library may have made."""
    a = entry.forward(z)
    forward = entry.forward(Bounded(z))
    return Bounded(a, allowance.of_function(entry.name, a, forward.error))


def tensorflow_pass(tf, keras, name, z, upstream):
    z = tf.constant(z)
    with tf.GradientTape() as tape:
        tape.watch(z)
        a = keras.activations.get(name)(z)
    return a.numpy(), tape.gradient(a, z, tf.constant(upstream)).numpy()


def check_against_tensorflow(agree, tf, keras, entry, z, upstream):
    """a, delta from TensorFlow's own a, and delta from one's own a."""
    a, delta = tensorflow_pass(tf, keras, entry.name, z, upstream)
    agree(f"{entry.name} a", entry.forward(z), a, bounded_forward(entry, z))
    z = flushed(z)
    bound = bounded_forward(entry, z)
    spliced = entry.backward(Bounded(upstream), Bounded(z), Bounded(a))
    agree(f"{entry.name} delta, spliced", entry.backward(upstream, z, a), delta, spliced)
    whole = entry.backward(Bounded(upstream), Bounded(z), bound)
    agree(f"{entry.name} delta", entry.backward(upstream, z, entry.forward(z)), delta, whole)


@each_activation
@pytest.mark.parametrize("kind", KINDS)
def test_forward_and_vector_jacobian_product_are_tensorflows(name, entry, kind, dtype, tf, keras, agree, rng):
    z = rows(entry, kind, dtype, rng)
    upstream = cotangent(z.shape, dtype, rng)
    check_against_tensorflow(agree, tf, keras, entry, z, upstream)


@each_activation
def test_more_axes_than_two(name, entry, dtype, tf, keras, agree, rng):
    z = rng.normal(size=(3, 4, WIDTH)).astype(dtype)
    check_against_tensorflow(agree, tf, keras, entry, z, cotangent(z.shape, dtype, rng))


@pytest.mark.parametrize(("name", "kink"), [(n, k) for n, e in registry.items() for k in e.kinks], ids=str)
def test_kinks_return_what_tensorflow_returns(name, kink, dtype, tf, keras, agree, rng):
    entry, z = registry[name], around([kink], dtype)
    check_against_tensorflow(agree, tf, keras, entry, z, cotangent(z.shape, dtype, rng))


def oracle_points(entry, rng):
    """Float64 rows on which differences of forward do not step over a kink."""
    ordinary, small = 3 * rng.normal(size=(8, WIDTH)), 1e-6 * rng.normal(size=(1, WIDTH))
    z = np.concatenate([ordinary, small, rng.choice([-30.0, 30.0], (2, WIDTH))])
    for kink in entry.kinks:
        near = np.abs(z - kink) < 1e-3 * max(1.0, abs(kink))
        z[near] = kink + np.copysign(1e-3 * max(1.0, abs(kink)), z[near] - kink)
    return z


@pytest.mark.parametrize("sign", [1, -1])
def test_tensorflow_takes_denormals_for_zero(sign, dtype, tf, keras):
    """Which is why the neighbours of a kink at 0 are the smallest normal numbers: handnn's slope there is 1 or 0."""
    z = np.array([sign * allowance.smallest_normal(dtype) / 2], dtype)
    upstream = np.array([3.0], dtype)
    assert tensorflow_pass(tf, keras, "relu", z, upstream)[1] == 0
    assert activations.relu.backward(upstream, z, activations.relu.forward(z)) == (3 if sign > 0 else 0)


@each_activation
def test_backward_is_the_derivative_of_forward(name, entry, rng):
    z = oracle_points(entry, rng)
    assert oracles.activation(entry, z, cotangent(z.shape, "float64", rng)).ratio <= 1


def referee_points(entry, dtype, rng):
    saturated = special(entry, "saturated", dtype)
    z = np.concatenate([3 * rng.normal(size=150), rng.uniform(-1, 1, 50), saturated]).astype(dtype)
    return z[~np.isin(z, around(entry.kinks, dtype))]


def units_allowed(entry, z, exact):
    """The calibrated c of a function that has one, else its formula's bound in units, half a unit if it is exact."""
    if (z.dtype.name, entry.name) in allowance.CALIBRATION:
        return np.full(z.shape, allowance.c(entry.name, z.dtype))
    u, tiny = allowance.unit_roundoff(z.dtype), allowance.smallest_normal(z.dtype)
    size = np.array([max(u * abs(float(e)), tiny) for e in exact])
    return np.maximum(0.5, np.broadcast_to(entry.forward(Bounded(z)).error, z.shape) / size)


def check_units(entry, z, found):
    exact = referee.exact(referee.EXACT[entry.name], z)
    off, allowed = referee.units_off(found, exact), units_allowed(entry, z, exact)
    worst = int((off / allowed).argmax())
    found = f"{entry.name}({z[worst]!r}) is {off[worst]:.2f} units off, allowed {allowed[worst]:.2f}"
    assert off[worst] <= allowed[worst], found


@each_elementwise
def test_referee_both_sides_are_within_the_calibrated_units(name, entry, dtype, tf, keras, rng):
    z = referee_points(entry, dtype, rng)
    check_units(entry, z, entry.forward(z))
    check_units(entry, z, tensorflow_pass(tf, keras, name, z, z)[0])


@each_elementwise
def test_referee_both_derivatives_are_within_the_bound_of_the_formula(name, entry, dtype, tf, keras, rng):
    z = referee_points(entry, dtype, rng)
    upstream = cotangent(z.shape, dtype, rng)
    slopes = referee.exact(referee.EXACT[name], z, derivative=True)
    bound = entry.backward(Bounded(upstream), Bounded(z), bounded_forward(entry, z)).error
    allowed = bound + allowance.smallest_normal(dtype)
    assert np.isfinite(allowed).all()
    for delta in (entry.backward(upstream, z, entry.forward(z)), tensorflow_pass(tf, keras, name, z, upstream)[1]):
        with mpmath.workdps(referee.DIGITS):
            pairs = zip(slopes, upstream.tolist(), delta.tolist(), strict=True)
            share = np.array([float(abs(slope * g - d)) for slope, g, d in pairs]) / allowed
        assert share.max() <= 1, f"error / bound is {share.max():.2f} at {z[share.argmax()]!r}"


def test_every_elementwise_activation_has_a_referee():
    assert set(referee.EXACT) == {name for name, entry in registry.items() if entry.elementwise}


@each_activation
def test_out_arrays_get_the_same_bits_and_inputs_stay(name, entry, dtype, rng):
    z = np.concatenate([rows(entry, kind, dtype, rng) for kind in KINDS])
    upstream = cotangent(z.shape, dtype, rng)
    z.flags.writeable = upstream.flags.writeable = False  # a write would raise
    a = entry.forward(z)
    delta = entry.backward(upstream, z, a)
    a.flags.writeable = False
    for out in (np.full_like(z, np.nan), np.full_like(z, 7)):
        found = entry.forward(z, out=out)
        assert found is out or found is z  # linear hands its argument on
        assert found.tobytes() == a.tobytes()
    for out in (np.full_like(z, np.nan), np.full_like(z, 7)):
        found = entry.backward(upstream, z, a, out=out)
        assert found is out or found is upstream
        assert found.tobytes() == delta.tobytes()
    assert a.dtype == delta.dtype == dtype


@each_activation
def test_names_are_keras(name, entry, keras):
    theirs = keras.activations.get(name)
    assert activations.get(name) is entry
    assert activations.get(entry) is entry
    assert activations.serialize(entry) == keras.activations.serialize(theirs) == name
    assert activations.get(keras.saving.serialize_keras_object(theirs)) is entry
    assert getattr(activations, name) is entry
    assert keras.activations.get(activations.serialize(entry)) is theirs


def test_none_is_linear_as_in_keras(keras):
    assert activations.get(None) is activations.linear
    assert keras.activations.get(None) is keras.activations.linear


@each_activation
def test_call_keeps_the_dtype_of_arrays(name, entry, dtype, keras):
    z = np.array([[-1.5, 0.25, 2.0]], dtype)
    assert entry(z).dtype == dtype == np.asarray(keras.activations.get(name)(z)).dtype


@each_activation
def test_call_on_a_list_computes_in_floatx(name, entry, keras):
    z = [[-1.5, 0.25, 2.0]]
    assert entry(z).dtype == keras.activations.get(name)(keras.ops.convert_to_tensor(z)).numpy().dtype == "float32"


# Planted mistakes: each kind of check must see one.


def test_a_wrong_forward_is_seen(monkeypatch, tf, keras, agree, rng):
    monkeypatch.setattr(activations.Tanh, "forward", lambda self, z, out=None: np.tanh(z * (1 + 2e-6)))
    z = rows(activations.tanh, "ordinary", "float32", rng)
    with pytest.raises(AssertionError, match="tanh a"):
        check_against_tensorflow(agree, tf, keras, activations.tanh, z, cotangent(z.shape, "float32", rng))
    with pytest.raises(AssertionError, match="units off"):
        check_units(activations.tanh, z.ravel(), activations.tanh.forward(z.ravel()))


@pytest.mark.parametrize(
    "mistake",
    [
        lambda self, upstream, z, a, out=None: upstream * a * (1 - a),  # the Jacobian's diagonal only
        lambda self, upstream, z, a, out=None: -Softmax.correct(self, upstream, z, a),
        lambda self, upstream, z, a, out=None: 2 * Softmax.correct(self, upstream, z, a),
        lambda self, upstream, z, a, out=None: 0 * upstream * a,
    ],
    ids=["diagonal", "negated", "doubled", "zero"],
)
def test_a_wrong_backward_is_seen(mistake, monkeypatch, tf, keras, agree, rng):
    monkeypatch.setattr(Softmax, "correct", Softmax.backward, raising=False)
    monkeypatch.setattr(Softmax, "backward", mistake)
    z = rng.normal(size=(4, WIDTH))
    upstream = cotangent(z.shape, "float64", rng)
    with pytest.raises(AssertionError, match="softmax delta"):
        check_against_tensorflow(agree, tf, keras, activations.softmax, z, upstream)
    assert oracles.activation(activations.softmax, z, upstream).ratio > 1


def test_another_value_at_a_kink_is_seen(monkeypatch, tf, keras, agree, rng):
    monkeypatch.setattr(activations.Relu, "backward", lambda self, upstream, z, a, out=None: upstream * (z >= 0))
    z = around([0.0], "float32")
    with pytest.raises(AssertionError, match="relu delta"):
        check_against_tensorflow(agree, tf, keras, activations.relu, z, cotangent(z.shape, "float32", rng))


@pytest.mark.parametrize(
    ("mistake", "error"),
    [(lambda self, z, out=None: np.tanh(z, out=z), ValueError), (lambda self, z, out=None: np.tanh(z), AssertionError)],
    ids=["input overwritten", "out ignored"],
)
def test_a_wrong_use_of_arrays_is_seen(mistake, error, monkeypatch, rng):
    monkeypatch.setattr(activations.Tanh, "forward", mistake)
    with pytest.raises(error):
        test_out_arrays_get_the_same_bits_and_inputs_stay("tanh", activations.tanh, "float32", rng)
