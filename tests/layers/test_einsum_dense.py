"""EinsumDense: every form of equation, against Keras, against differences, and with letters planted wrongly."""

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.core.trace import LayerTrace
from handnn.verify import numeric_gradients, verify_model

EQUATIONS = [
    ("ab,bc->ac", 5, "c", (3,)),
    ("ab,bc->ac", (5,), None, (3,)),
    ("ab,b->a", (), None, (3,)),
    ("ab,bc->abc", (3, 5), "bc", (3,)),
    ("abc,cd->abd", (None, 5), "d", (2, 3)),
    ("abc,cd->abd", (2, 5), "bd", (2, 3)),
    ("abc,cd->abd", (2, 5), "b", (2, 3)),
    ("abc,cd->adb", (5, 2), "d", (2, 3)),
    ("abc,dc->abd", (None, 5), "d", (2, 3)),
    ("abc,bcd->abd", (2, 5), None, (2, 3)),
    ("abc,bcd->ad", 5, "d", (2, 3)),
    ("abc,cd->ad", 5, "d", (2, 3)),
    ("abc,bd->ad", 5, "d", (2, 3)),
    ("abc,cde->abde", (None, 4, 5), "de", (2, 3)),
    ("abc,cde->abde", (None, 4, 5), "d", (2, 3)),
    ("...x,xy->...y", 5, "y", (3,)),
    ("...x,xy->...y", 5, "y", (2, 3)),
    ("...x,xy->...y", 5, "y", (4, 2, 3)),
    ("...ab,bc->...ac", (None, 5), "c", (2, 3)),
    ("...ab,bc->...ac", 5, "c", (3,)),
    ("ab...,bc->ac...", 5, "c", (3,)),
    ("ab...,bc->ac...", 5, "c", (3, 2, 4)),
]
each_equation = pytest.mark.parametrize("case", EQUATIONS, ids=[f"{e} {b} {s}" for e, _, b, s in EQUATIONS])
RULES = {
    "kernel_regularizer": "l2",
    "bias_regularizer": "l1",
    "kernel_constraint": "max_norm",
    "bias_constraint": "non_neg",
    "activity_regularizer": "l2",
}


def einsum(module, case, **options):
    equation, output_shape, bias_axes, _ = case
    return module.layers.EinsumDense(equation, output_shape, bias_axes=bias_axes, name="einsum", **options)


def network(case, dtype, **options):
    """The layer between two others. Where its output is one number a sample, two of them are joined."""
    start = handnn.Input(case[3], dtype=dtype, name="start")
    below = layers.Dense(case[3][-1], "tanh", dtype=dtype, name="below")(start)
    z = einsum(handnn, case, dtype=dtype, activation="tanh", **options)(below)
    if z.ndim == 1:
        z = layers.Reshape((1,), dtype=dtype, name="column")(z)
    top = layers.Dense(2, dtype=dtype, name="top")(z)
    model = handnn.Model(start, top, name="net")
    model.compile("sgd", "mse")
    return model


def batch(model, case, rng):
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    x = rng.normal(size=(4, *case[3]))
    return x, rng.normal(size=model(x).shape)


@pytest.mark.quick(4, cover={"dtype": None, "case": lambda case: (case[0].find("..."), len(case[0]), case[2] is None)})
@each_equation
def test_formulas_are_keras(case, dtype, rng):
    model = network(case, dtype, **(RULES if case[2] == "c" else {}))
    report = verify_model(model, *batch(model, case, rng), optimizer=case[2] != "c")
    assert report.ok, report.verdict()
    assert {"einsum z", "einsum dW", "einsum dx"} <= {row.where for row in report}


def test_every_equation_is_its_einsum_and_the_gradients_are_its_slopes(rng):
    """All in eighths, so that z is exact, and as it is linear in x, W and b, each step is the slope."""
    eighths = lambda shape: rng.integers(-8, 9, shape) / 8  # noqa: E731
    more = ("...ba,bc->...c", 5, "c", (4, 2, 3)), ("abcd,de->abce", (2, 3, 5), "b", (2, 3, 4))
    for case in (*EQUATIONS, *more):
        layer = einsum(handnn, case, dtype="float64")
        layer.build((None, *case[3]))
        t = LayerTrace(layer.name)
        t.x = eighths((4, *case[3]))
        for weight in layer.weights:
            weight.value = eighths(weight.shape)

        def z(x, layer=layer, equation=case[0]):
            return np.einsum(equation, x, layer.kernel.value) + (0 if layer.bias is None else layer.bias.value)

        layer.forward(t)
        t.delta = eighths(t.z.shape)
        layer.backward(t)
        assert np.array_equal(t.z, z(t.x)), case
        step = eighths(t.x.shape)
        assert np.sum(t.dx * step) == np.sum(t.delta * (z(t.x + step) - t.z)), case
        for weight in layer.weights:
            step = eighths(weight.shape)
            weight.value = weight.value + step
            assert np.sum(t.gradients[weight.name] * step) == np.sum(t.delta * (z(t.x) - t.z)), (case, weight.name)
            weight.value = weight.value - step


@pytest.mark.quick(2)
@each_equation
def test_gradients_are_the_derivatives_of_the_loss(case, rng):
    model = network(case, "float64", **(RULES | {"bias_regularizer": "l2"} if case[2] == "c" else {}))
    ratios = numeric_gradients.network(model, *batch(model, case, rng), elements=8)
    assert max(ratios.values()) <= 1, ratios


@pytest.mark.quick(12)
@each_equation
def test_shapes_and_config_are_keras(case, keras):
    ours, theirs = (einsum(module, case, activation="relu") for module in (handnn, keras))
    if case[0] == "...x,xy->...y" and len(case[3]) > 2:
        found = ours(handnn.Input(case[3])).shape
        assert found == (None, 4, 2, 5) and theirs(keras.Input(case[3])).shape == (None, 2, 4, 5)  # see the fact below
    else:
        assert ours(handnn.Input(case[3])).shape == theirs(keras.Input(case[3])).shape
    assert [w.shape for w in ours.weights] == [tuple(w.shape) for w in theirs.weights]
    assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]
    assert layers.from_config(keras.layers.serialize(theirs)).get_config() == ours.get_config()
    assert einsum(keras, case).from_config(ours.get_config()).get_config() == theirs.get_config()


def test_keras_says_axes_behind_dots_in_reverse(keras):
    """A fact: with dots in front, the shape that Keras tells of reverses the sizes they stand for; z has them right."""
    layer = keras.layers.EinsumDense("...x,xy->...y", 5)
    assert layer(keras.Input((4, 2, 3))).shape == (None, 2, 4, 5)
    assert layer(np.ones((1, 4, 2, 3))).shape == (1, 4, 2, 5)


@pytest.mark.quick(1)
@pytest.mark.parametrize("case", EQUATIONS[:1] + EQUATIONS[9:14], ids=lambda case: case[0])
def test_initial_values_spread_as_keras_says(case, keras):
    """Which axes are inputs and outputs follows from the equation."""
    ours, theirs = (einsum(module, case, kernel_initializer="he_uniform") for module in (handnn, keras))
    ours(handnn.Input(case[3]))
    theirs(keras.Input(case[3]))
    axes = ours.einsum.input_axes, ours.einsum.output_axes
    fans = handnn.initializers.fans(ours.kernel.shape, *axes)
    limit = np.sqrt(6 / fans[0])
    many = [np.abs(np.asarray(theirs.kernel)).max()]
    for seed in range(40):
        layer = einsum(keras, case, kernel_initializer=keras.initializers.HeUniform(seed=seed))
        layer(keras.Input(case[3]))
        many.append(np.abs(np.asarray(layer.kernel)).max())
    assert np.abs(ours.kernel.value).max() <= limit and 0.9 * limit < max(many) <= limit


def test_as_dense(rng, assert_agrees):
    """'ab,bc->ac' is a Dense layer."""
    x = rng.normal(size=(6, 3)).astype("float32")
    dense, layer = layers.Dense(5, "tanh"), einsum(handnn, EQUATIONS[0], activation="tanh")
    dense(x), layer(x)
    layer.set_weights(dense.get_weights())
    assert_agrees("a", layer(x), dense(x), np.tanh(handnn.rounding.bounded.Bounded(x) @ dense.kernel.value))


# ---- planted mistakes ---------------------------------------------------------------------------------------------


def scaled(name):
    def backward(self, t):
        right(self, t)
        if name == "dx":
            t.dx = t.dx * 2
        else:
            t.gradients[name] = t.gradients[name] * 2

    return backward


def bias_not_summed(self, t):
    right(self, t)
    t.gradients["bias"] = t.delta[0].reshape(self.bias.shape)


def alone_letter_left_out(self, t):
    """dx only where the letter that stands in x alone is 0."""
    right(self, t)
    t.dx = t.dx * (np.arange(t.x.shape[1]) == 0).astype(t.x.dtype)[:, np.newaxis]


right = layers.EinsumDense.backward
MISTAKES = {
    "dW doubled": (EQUATIONS[4], scaled("kernel"), "dW"),
    "db doubled": (EQUATIONS[4], scaled("bias"), "db"),
    "dx doubled": (EQUATIONS[4], scaled("dx"), "dx"),
    "db not summed": (EQUATIONS[5], bias_not_summed, "db"),
    "a letter of x alone": (EQUATIONS[11], alone_letter_left_out, "dx"),
}


@pytest.mark.quick(2)
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_formula_is_seen_where_it_is(mistake, dtype, monkeypatch, rng):
    case, plant, tensor = MISTAKES[mistake]
    monkeypatch.setattr(layers.EinsumDense, "backward", plant)
    model = network(case, dtype)
    report = verify_model(model, *batch(model, case, rng), optimizer=False)
    assert {row.where for row in report.failures} == {f"einsum {tensor}"}


# ---- bad input ----------------------------------------------------------------------------------------------------


def layer(equation="ab,bc->ac", output_shape: object = 5, **options):
    return layers.EinsumDense(equation, output_shape, **options)


BAD = {
    "no arrow": (lambda: layer("ab,bc"), "equation must be of the form"),
    "space": (lambda: layer("a b,bc->ac"), "equation must be of the form"),
    "dots on one side": (lambda: layer("...ab,bc->ac"), "equation must be of the form"),
    "dots on both": (lambda: layer("...ab...,bc->...ac..."), "equation must be of the form"),
    "letter twice": (lambda: layer("aab,bc->ac"), "each letter once per array"),
    "letter of W alone": (lambda: layer("ab,cd->ac"), "W.s letters in x or z"),
    "letter of z alone": (lambda: layer("ab,bc->ad"), "z.s letters in x or W"),
    "output_shape": (lambda: layer(output_shape=None), "output_shape must hold integers"),
    "output size": (lambda: layer(output_shape=(0,)), "output_shape must hold integers"),
    "bias_axes": (lambda: layer(bias_axes="z"), "bias_axes must be letters of the output 'ac'"),
    "no bias_axes": (lambda: layer(bias_axes=""), "bias_axes must be letters"),
    "axes": (lambda: layer()(handnn.Input((2, 3))), "does not fit inputs of shape"),
    "sizes": (lambda: layer(output_shape=(5, 5))(handnn.Input((3,))), "a size for each letter of 'ac'"),
    "size in x": (
        lambda: layer("abc,cd->abd", (4, 5))(handnn.Input((2, 3))),
        "axis 'b' has size 2 in x, 4 in output_shape",
    ),
    "samples moved": (lambda: layer("ab,bc->ca")(handnn.Input((3,))), "axis 'a' has size None in x"),
    "size unknown": (
        lambda: layer("abc,bcd->abd", (None, 5))(handnn.Input((2, 3))),
        "output_shape must name the sizes that kernel and bias need",
    ),
    "lora_rank": (lambda: layer(lora_rank=2), "lora_rank is not supported by handnn's EinsumDense"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_line(case):
    call, words = BAD[case]
    with pytest.raises(ValueError, match=words) as raised:
        call()
    assert "\n" not in str(raised.value)
