"""Every activation of the registry, with and without arguments, against TensorFlow: at every kind of point."""

import numpy as np
import pytest

from handnn import activations
from handnn.activations import Softmax
from handnn.rounding import allowance, bounded as rounding
from handnn.rounding.activation_bounds import only_where_keras_is_right, residual_bound
from handnn.verify import numeric_gradients
from handnn.verify.report import row
from handnn.verify.comparison import compare

CASES = list(activations.cases())
each_case = pytest.mark.parametrize("entry", CASES, ids=lambda entry: repr(entry).removeprefix("handnn.activations."))
with_kinks = pytest.mark.parametrize(("entry", "kink"), [(e, k) for e in CASES for k in e.kinks], ids=str)


@each_case
@pytest.mark.parametrize("kind", ["ordinary", "kinks", "saturated", "tiny", "huge"])
def test_forward_and_vector_jacobian_product_are_tensorflows(entry, kind, dtype, points, check_against_tensorflow, rng):
    z = points.rows(entry, kind, dtype, rng)
    check_against_tensorflow(entry, z, points.cotangent(points.output(entry, z), dtype, rng, kind == "huge"))


@pytest.mark.quick(15)
@each_case
def test_more_axes_than_two(entry, dtype, points, check_against_tensorflow, rng):
    z = rng.normal(size=(3, 4, points.width)).astype(dtype)
    check_against_tensorflow(entry, z, points.cotangent(points.output(entry, z), dtype, rng))


@with_kinks
def test_kinks_return_what_tensorflow_returns(entry, kink, dtype, points, check_against_tensorflow, rng, monkeypatch):
    """At a kink both sides must choose the same piece: no comparison counts as one that rounding may turn round."""
    monkeypatch.setattr(rounding, "_compared", lambda result, *inputs: result)
    z = points.around([kink], dtype)
    check_against_tensorflow(entry, z, points.cotangent(z.shape, dtype, rng))


@pytest.mark.parametrize("max_value", [0.5, 0.0, -0.8])
def test_relu_with_a_small_end(max_value, dtype, points, check_against_tensorflow, rng, monkeypatch):
    """Below 0 a constant; no layer takes such a one, the function does."""
    entry = activations.Relu(max_value=max_value)
    for kink in entry.kinks:
        test_kinks_return_what_tensorflow_returns(
            entry, kink, dtype, points, check_against_tensorflow, rng, monkeypatch
        )
    z = points.rows(entry, "ordinary", dtype, rng)
    check_against_tensorflow(entry, z, points.cotangent(z.shape, dtype, rng))


@pytest.mark.parametrize("entry", [e for e in CASES if e.elementwise], ids=repr)
def test_what_is_not_finite_comes_out_as_in_keras(entry, dtype, points, tensorflow_pass):
    """NaN stays NaN, or is chosen away, as in Keras. Where Keras has NaN at an infinity, f's limit may be here."""
    z = np.array([np.nan, np.inf, -np.inf], dtype)
    ones = np.ones_like(z)
    with np.errstate(all="ignore"):
        found = entry.forward(z), entry.backward(ones, z, entry.forward(z))
        rounded = allowance.unit_roundoff(dtype) * 2
        reference = tensorflow_pass(entry, z, ones)
        assert np.isnan(found[0][0]) == np.isnan(reference[0][0])
        for ours, theirs in zip(found, reference, strict=True):
            near = (ours == theirs) | (np.abs(ours - theirs) <= rounded * np.abs(theirs))
            assert np.all((near | np.isnan(theirs))[1:])


@pytest.mark.parametrize("sign", [1, -1])
def test_tensorflow_takes_denormals_for_zero(sign, dtype, tensorflow_pass):
    """Which is why the neighbours of a kink at 0 are the smallest normal numbers: handnn's slope there is 1 or 0."""
    z = np.array([sign * allowance.smallest_normal(dtype) / 2], dtype)
    upstream = np.array([3.0], dtype)
    assert tensorflow_pass(activations.relu, z, upstream)[1] == 0
    assert activations.relu.backward(upstream, z, activations.relu.forward(z)) == (3 if sign > 0 else 0)


@pytest.mark.parametrize("entry", [e for e in CASES if e.keras_right(np.zeros((2, 2))) is not None], ids=repr)
def test_where_keras_is_said_to_be_wrong_it_is(entry, dtype, points, check_against_tensorflow, rng, monkeypatch):
    """Else it could be handnn that errs there, unseen. Most points are held against Keras all the same."""
    assert entry.keras_wrong
    z = np.concatenate([points.rows(entry, kind, dtype, rng) for kind in ("ordinary", "tiny", "huge")])
    if not entry.elementwise:
        z = np.array([[3, 0], [0.2, 0.1]], dtype)
    right = entry.keras_right(z)
    upstream = points.cotangent(z.shape, dtype, rng, huge=True)
    check_against_tensorflow(entry, z, upstream)
    assert right.any() and not right.all()
    monkeypatch.setattr(type(entry), "keras_right", lambda self, z: None)
    with pytest.raises(AssertionError), np.errstate(all="ignore"):
        check_against_tensorflow(entry, z, upstream)


# Planted mistakes: each kind of check must see one.


def test_a_wrong_forward_is_seen(monkeypatch, points, check_against_tensorflow, rng):
    monkeypatch.setattr(activations.Tanh, "forward", lambda self, z, out=None: np.tanh(z * (1 + 2e-6)))
    z = points.rows(activations.tanh, "ordinary", "float32", rng)
    with pytest.raises(AssertionError, match="tanh a"):
        check_against_tensorflow(activations.tanh, z, points.cotangent(z.shape, "float32", rng))


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
def test_a_wrong_backward_is_seen(mistake, monkeypatch, points, check_against_tensorflow, rng):
    monkeypatch.setattr(Softmax, "correct", Softmax.backward, raising=False)
    monkeypatch.setattr(Softmax, "backward", mistake)
    z = rng.normal(size=(4, points.width))
    upstream = points.cotangent(z.shape, "float64", rng)
    with pytest.raises(AssertionError, match="softmax delta"):
        check_against_tensorflow(activations.softmax, z, upstream)
    assert numeric_gradients.activation(activations.softmax, z, upstream).ratio > 1


@pytest.mark.parametrize(
    ("entry", "mistake"),
    [
        (activations.relu, lambda self, upstream, z, a, out=None: upstream * (z >= 0)),
        (activations.hard_tanh, lambda self, upstream, z, a, out=None: upstream * (np.abs(z) < 1)),
        (activations.hard_sigmoid, lambda self, upstream, z, a, out=None: upstream / 6 * (np.abs(z) < 3)),
        (activations.celu, lambda self, upstream, z, a, out=None: upstream * np.exp(np.minimum(z, 0))),
        (activations.Elu(0.3), lambda self, upstream, z, a, out=None: upstream * np.where(z >= 0, 1, a + self.alpha)),
    ],
    ids=["relu", "hard_tanh", "hard_sigmoid", "celu", "elu"],
)
def test_another_value_at_a_kink_is_seen(entry, mistake, monkeypatch, points, check_against_tensorflow, rng):
    monkeypatch.setattr(type(entry), "backward", mistake)
    given = (entry, entry.kinks[-1], "float32", points, check_against_tensorflow, rng, monkeypatch)
    with pytest.raises(AssertionError, match=f"{entry.name} delta"):
        test_kinks_return_what_tensorflow_returns(*given)


@pytest.mark.quick(cover={"entry": lambda entry: entry.name})
@each_case
def test_what_overflows_in_tensorflow_alone_is_no_mistake(entry, dtype, points, tensorflow_pass):
    """upstream z may be infinite where upstream f'(z) is not; infinity times 0 is NaN."""
    largest = np.finfo(dtype).max
    rows = np.array([-0.1, -1e-3, 1e-3, 0.1]).astype(dtype) * largest
    z = np.stack([rows, rows[::-1], np.full(4, 0.05, dtype) * largest])
    for size in (1e3, largest / 4):
        with np.errstate(all="ignore"):
            upstream = np.full(points.output(entry, z), size, dtype)
            a, delta = tensorflow_pass(entry, z, upstream)
            own = residual_bound(entry, upstream, z, a)
            found, reference = only_where_keras_is_right(entry, z, entry.backward(upstream, z, a), delta)
            told = row(compare("", "delta", entry.name, found, reference, own))
        assert told.ok or told.undecided, told.sentence()


CHOSEN = ("hard_tanh", "hard_shrink", "soft_shrink", "sparse_sigmoid", "sparse_plus")


def test_a_flat_piece_sends_nothing_back_of_an_infinity(dtype, tensorflow_pass):
    """TensorFlow chooses 0 there; infinity or NaN times f' = 0 would be NaN."""
    z = np.array([[-3.0, -1.5, -1.0, 0.2, 3.0]], dtype)
    for entry in (*map(activations.get, CHOSEN), activations.Threshold(0.5, 0.1)):
        flat = entry.backward(np.ones_like(z), z, entry.forward(z)) == 0
        upstream = np.where(flat, np.array([[np.inf, np.nan, np.inf, np.nan, np.inf]], dtype), 1)
        delta = entry.backward(upstream, z, entry.forward(z))
        assert flat.any() and not delta[flat].any() and np.array_equal(delta, tensorflow_pass(entry, z, upstream)[1])


@pytest.mark.quick(6)
@pytest.mark.parametrize("entry", [e for e in CASES if e.elementwise], ids=repr)
def test_an_infinity_that_is_sent_back_is_open_where_the_libraries_differ(entry, dtype, tensorflow_pass):
    z = np.array([np.inf, -np.inf, -3.0, 3.0, 0.1], dtype)
    upstream = np.array([1.0, 1.0, np.inf, np.nan, -np.inf], dtype)
    with np.errstate(all="ignore"):
        a, delta = tensorflow_pass(entry, z, upstream)
        told = row(
            compare("", "delta", "", entry.backward(upstream, z, a), delta, residual_bound(entry, upstream, z, a))
        )
    assert told.ok or told.undecided, told.sentence()
