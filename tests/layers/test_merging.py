"""Merging layers: spliced in networks, at ties and NaN against Keras, against differences, and planted mistakes."""

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.layers import merging
from handnn.layers.merging.base import Merge
from handnn.core.trace import LayerTrace
from handnn.verify import numeric_gradients, verify_model
from handnn.proof.keras.layers import CASES, SAME, batch, filled
from handnn.proof.keras.layers import merging as merging_network
from handnn.rounding import bounded as rounding
from handnn.rounding.bounded import Bounded


def name_of(case):
    cls, options, shapes = case
    return f"{cls.__name__} {' '.join(map(str, options.values()))} {shapes}".replace("  ", " ")


MERGING = [(name, cls) for name, cls in layers.layers.items() if issubclass(cls, Merge)]
each_case = pytest.mark.parametrize("case", CASES, ids=map(name_of, CASES))


@pytest.mark.quick(cover={"dtype": None, "case": lambda case: case[0]})
@each_case
def test_formulas_are_keras(case, dtype, rng):
    model = filled(merging_network(case, dtype, activity="l2" if case[2] == SAME["two"] else None), rng)
    x, y = batch(case, rng)
    report = verify_model(model, x, y, optimizer=False)
    assert report.ok, report.verdict()
    where = {row.where for row in report}
    assert case[2] == [(4,)] or {"merge dx[0]", "merge dx[1]", "merge z"} & where, where


def forward(layer, *x):
    t = LayerTrace(layer.name)
    t.x = x
    layer.forward(t)
    return t.z


def backward(layer, delta, *x):
    t = LayerTrace(layer.name)
    t.x, t.delta = x, delta
    layer.backward(t)
    return t.dx


def layer_of(case, dtype="float64"):
    cls, options, shapes = case
    layer = cls(**options, dtype=dtype)
    layer.build([(None, *shape) for shape in shapes])
    return layer


@pytest.mark.quick(16)
@each_case
def test_dx_is_the_derivative_of_the_forward_formula(case, rng):
    layer, (x, _) = layer_of(case), batch(case, rng, samples=2)
    cotangent = rng.normal(size=forward(layer, *x).shape)
    analytic = not isinstance(layer, layers.Maximum) and not (isinstance(layer, layers.Dot) and layer.normalize)
    for k in range(len(x)):

        def moved(point, k=k):
            return [*x[:k], point, *x[k + 1 :]]

        numeric = numeric_gradients.check(
            lambda point: forward(layer, *moved(point)),
            lambda point, k=k: backward(layer, cotangent, *moved(point))[k],
            x[k],
            cotangent,
            analytic,
        )
        assert numeric.ratio <= 1, (k, numeric.ratio)


@pytest.mark.parametrize(("name", "cls"), MERGING)
def test_functions_are_the_layers(name, cls, rng):
    x = [rng.normal(size=(3, 4)) for _ in range(2)]
    options = {"axes": 1} if cls is layers.Dot else {}
    made = getattr(layers, name)(x, **options, dtype="float64")
    assert np.array_equal(made, cls(**options, dtype="float64")(x))
    symbolic = getattr(layers, name)([handnn.Input((4,)), handnn.Input((4,))], **options, name=f"{name}_here")
    assert symbolic.layer.name == f"{name}_here" and type(symbolic.layer) is cls


# ---- special points, against Keras --------------------------------------------------------------------------------

TIED = [
    [1.0, 1.0, 2.0, 2.0, 0.0, -0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, 1.0, np.nan, 3.0, 0.0],
    [1.0, 2.0, 1.0, 2.0, -0.0, 0.0, -0.0, np.inf, -np.inf, 1.0, np.nan, 1.0, np.nan, 3.0, 1.0],
    [1.0, 2.0, 2.0, 1.0, 0.0, 0.0, 0.0, np.inf, -np.inf, 1.0, 1.0, np.nan, np.nan, 1.0, 1.0],
]


def keras_backward(keras, tf, layer, x, delta):
    """z and dx of the Keras layer of this config, as TensorFlow gives them."""
    x = [tf.Variable(part) for part in x]
    with tf.GradientTape() as tape:
        z = getattr(keras.layers, type(layer).__name__).from_config(layer.get_config())(x)
        target = tf.reduce_sum(tf.where(tf.constant(delta) == 0, tf.zeros_like(z), z * tf.constant(delta)))
    return z.numpy(), [g.numpy() for g in tape.gradient(target, x)]


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("cls", [layers.Maximum, layers.Minimum])
def test_ties_and_nan_are_keras(cls, count, keras, tf, dtype, rng):
    """The first of the largest gets delta; beside NaN the one that came later."""
    x = [np.array([row], dtype) for row in TIED[:count]]
    delta = rng.normal(size=x[0].shape).astype(dtype)
    layer = cls(dtype=dtype)
    z, dx = keras_backward(keras, tf, layer, x, delta)
    assert np.array_equal(forward(layer, *x), z, equal_nan=True)
    for found, expected in zip(backward(layer, delta, *x), dx, strict=True):
        assert np.array_equal(found, expected)


def test_equal_inputs_are_told_apart(rng):
    """A maximum that gives delta to all that are largest, or to the last, is not Keras'."""
    x = np.ones((2, 3), "float64")
    dx = backward(layers.Maximum(dtype="float64"), np.full((2, 3), 2.0), x, x, x)
    assert [float(part.sum()) for part in dx] == [12.0, 0.0, 0.0]


@pytest.mark.parametrize("scale", [0.0, 1e-13, 1e-8, 9e-8, 2e-7, 1.0, 1e9])
def test_normalized_dot_of_short_and_long_rows_is_keras(scale, keras, tf, dtype, assert_agrees, rng, monkeypatch):
    """Rows shorter than 1e-7 are divided by that; so is a row of zeros; at 1e-7 itself the projection stays."""
    x = [(rng.normal(size=(3, 4)) * scale).astype(dtype), rng.normal(size=(3, 4)).astype(dtype)]
    x[0][0] = [1e-7, 0, 0, 0]
    monkeypatch.setattr(rounding, "_compared", lambda result, *inputs: result)  # there both must choose the same
    layer = layers.Dot(1, normalize=True, dtype=dtype)
    layer.build([(None, 4), (None, 4)])
    delta = rng.normal(size=(3, 1)).astype(dtype)
    z, dx = keras_backward(keras, tf, layer, x, delta)
    assert_agrees("z", forward(layer, *x), z, forward(layer, *map(Bounded, x)))
    bounded = backward(layer, Bounded(delta), *map(Bounded, x))
    for k, found in enumerate(backward(layer, delta, *x)):
        assert_agrees(f"dx[{k}]", found, dx[k], bounded[k])


def test_a_factor_of_0_does_no_harm(keras, tf, dtype, rng):
    x = [np.array([[0.0, 0.0, 2.0]], dtype), np.array([[3.0, 0.0, 0.0]], dtype), np.array([[5.0, 7.0, 0.0]], dtype)]
    delta, layer = np.ones((1, 3), dtype), layers.Multiply(dtype=dtype)
    for found, expected in zip(backward(layer, delta, *x), keras_backward(keras, tf, layer, x, delta)[1], strict=True):
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("cls", [layers.Add, layers.Multiply, layers.Maximum, layers.Minimum])
def test_one_input_keeps_its_logits(cls, keras, rng):
    """Keras gives back the very tensor, so the loss behind it still finds the logits of a softmax."""
    x = handnn.Input((4,), name="x")
    softmax = layers.Dense(3, "softmax", name="softmax")(x)
    model = handnn.Model(x, cls(name="alone")([softmax]))
    model.compile("sgd", "categorical_crossentropy")
    assert model.fused
    filled(model, rng)
    assert verify_model(model, rng.normal(size=(5, 4)), np.eye(3)[[0, 1, 2, 0, 1]]).ok


# ---- planted mistakes ---------------------------------------------------------------------------------------------


def without_sum(array, shape, repeated):
    """Take the first instead of the sum over what was repeated."""
    if array.shape == shape:
        return array
    index = tuple(slice(None) if size == full else slice(1) for size, full in zip(repeated, array.shape, strict=True))
    return array[index].reshape(shape)


def changed(cls, change):
    """The class' backward, followed by a change of dx."""
    right = cls.backward

    def backward(self, t):
        right(self, t)
        t.dx = change(t)

    return lambda patch: patch.setattr(cls, "backward", backward)


def no_projection(gradient, x, unit):
    _, r, _ = unit
    return r * gradient


def no_length(gradient, x, unit):
    n = unit[0]
    return gradient - n * np.sum(n * gradient, axis=-1, keepdims=True)


BROADCAST = SAME["repeated, of fewer axes"]
COSINE = (layers.Dot, {"axes": 1, "normalize": True}, [(4,), (4,)])
MISTAKES = {
    "not summed over what was repeated": (
        (layers.Add, {}, BROADCAST),
        lambda patch: patch.setattr("handnn.layers.merging.base.summed_to", without_sum),
        "dx[0]",
    ),
    "sign of the subtrahend": (
        (layers.Subtract, {}, SAME["two"]),
        changed(layers.Subtract, lambda t: (t.delta, t.delta)),
        "dx[1]",
    ),
    "own factor": (
        (layers.Multiply, {}, SAME["two"]),
        changed(layers.Multiply, lambda t: (t.delta * t.x[0], t.delta * t.x[1])),
        "dx[0]",
    ),
    "a factor forgotten": (
        (layers.Multiply, {}, SAME["three"]),
        changed(layers.Multiply, lambda t: (t.delta * t.x[1], *t.dx[1:])),
        "dx[0]",
    ),
    "not divided by n": (
        (layers.Average, {}, SAME["three"]),
        changed(layers.Average, lambda t: (t.delta,) * 3),
        "dx[0]",
    ),
    "delta to all": ((layers.Maximum, {}, SAME["two"]), changed(layers.Maximum, lambda t: (t.delta,) * 2), "dx[0]"),
    "largest for smallest": (
        (layers.Minimum, {}, SAME["two"]),
        lambda patch: patch.setattr(layers.Minimum, "keeps_first", np.greater_equal),
        "dx[0]",
    ),
    "parts exchanged": (
        (layers.Concatenate, {}, [(4,), (4,)]),
        changed(layers.Concatenate, lambda t: t.dx[::-1]),
        "dx[0]",
    ),
    "own row": ((layers.Dot, {"axes": 1}, [(4,), (4,)]), changed(layers.Dot, lambda t: t.dx[::-1]), "dx[0]"),
    "rows transposed": (
        (layers.Dot, {"axes": (1, 2)}, [(4, 3), (3, 4)]),
        changed(layers.Dot, lambda t: (t.dx[0][:, ::-1], t.dx[1])),
        "dx[0]",
    ),
    "cosine without its projection": (
        COSINE,
        lambda patch: patch.setattr("handnn.layers.merging.dot_product._through_length", no_projection),
        "dx[0]",
    ),
    "cosine without its length": (
        COSINE,
        lambda patch: patch.setattr("handnn.layers.merging.dot_product._through_length", no_length),
        "dx[0]",
    ),
}


@pytest.mark.quick(3)
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_formula_is_seen_where_it_is(mistake, dtype, monkeypatch, rng):
    case, plant, tensor = MISTAKES[mistake]
    x, y = batch(case, rng)
    plant(monkeypatch)
    report = verify_model(filled(merging_network(case, dtype), rng), x, y, optimizer=False)
    assert {row.layer for row in report.failures} == {"merge"}
    assert report.first_failure.where == f"merge {tensor}"


# ---- bad input ----------------------------------------------------------------------------------------------------


def inputs(*shapes):
    return [handnn.Input(shape) for shape in shapes]


BAD = {
    "no list": (lambda: layers.Add()(handnn.Input((3,))), TypeError, "must be called on a list"),
    "no list of arrays": (lambda: layers.Add()(np.ones((2, 3))), TypeError, "must be called on a list"),
    "empty list": (lambda: layers.Add()([]), ValueError, "must be called on a list"),
    "shapes": (lambda: layers.Add()(inputs((3,), (4,))), ValueError, "shapes that can be broadcast"),
    "batches": (
        lambda: layers.Add()([handnn.Input((3,), batch_size=2), handnn.Input((3,), batch_size=4)]),
        ValueError,
        "batches of different sizes",
    ),
    "three to subtract": (lambda: layers.Subtract()(inputs((3,), (3,), (3,))), ValueError, "list of 2 inputs"),
    "one to dot": (lambda: layers.Dot(1)(inputs((3,))), ValueError, "list of 2 inputs"),
    "dot of samples": (lambda: layers.Dot(0)(inputs((3,), (3,))), ValueError, "axes of dot.* must be one of 1"),
    "dot beyond": (lambda: layers.Dot((1, 3))(inputs((3,), (3,))), ValueError, "axes of dot.* received 3"),
    "dot sizes": (lambda: layers.Dot(1)(inputs((3,), (4,))), ValueError, "equal sizes along axes 1 and 1"),
    "axes": (lambda: layers.Dot((1, 2, 3)), ValueError, "axes must be an integer or a pair"),
    "axes of text": (lambda: layers.Dot("1"), ValueError, "axes must be an integer or a pair"),
    "axis": (lambda: layers.Concatenate("1"), TypeError, "axis must be an integer"),
    "samples behind samples": (
        lambda: layers.Concatenate(0)(inputs((3,), (3,))),
        ValueError,
        "axis of concatenate.* must be one of 1",
    ),
    "concatenated ranks": (lambda: layers.Concatenate()(inputs((3,), (2, 3))), ValueError, "of equal shapes except"),
    "concatenated sizes": (lambda: layers.Concatenate()(inputs((2, 3), (4, 3))), ValueError, "of equal shapes except"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_line(case):
    call, error, words = BAD[case]
    with pytest.raises(error, match=words) as raised:
        call()
    assert "\n" not in str(raised.value)


# ---- configs ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [-2, -1, 1, 2])
def test_axis_of_concatenate_goes_to_keras_and_back(axis, keras):
    ours, theirs = (m.layers.Concatenate(axis, name="c") for m in (handnn, keras))
    assert ours.get_config() == theirs.get_config()
    assert layers.from_config(keras.layers.serialize(theirs)).axis == axis


def test_every_merging_class_is_here():
    found = {cls for _, cls in MERGING}
    assert {case[0] for case in CASES} == found
    assert {getattr(merging, name) for name in merging.__all__ if name[0].isupper()} == found
