"""PReLU, and the activations that are layers for the sake of their arguments."""

import warnings

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.core.trace import LayerTrace
from handnn.rounding import allowance
from handnn.verify import numeric_gradients, verify_model
from handnn.rounding.activation_bounds import activation_bound, residual_bound
from handnn.proof.cases.layers import OPTIONS
from handnn.rounding.bounded import Bounded
from handnn.verify.comparison import compare

NAMES = ("PReLU", "ReLU", "LeakyReLU", "ELU", "Softmax")
EDGES = np.array([-0.0, 0.0, 0.3, 0.7, 6.0, 1e-30, -1e-30, 30.0, -30.0, 1e30, -1e30, 0.29, 0.31, 5.9, 6.1])
"""Kinks of the options and both their sides, tiny, saturated, huge."""


def network(layer, dtype, outer=(), width=4, loss="mse", last=2):
    dense = layers.Dense(width, dtype=dtype, bias_initializer="ones", name="below")
    stack = [handnn.Input((*outer, 5), dtype=dtype), dense, layer, layers.Dense(3, "tanh", dtype=dtype)]
    model = handnn.Sequential([*stack, layers.Flatten(dtype=dtype), layers.Dense(last, dtype=dtype)], name="net")
    model.compile("sgd", loss)
    return model


@pytest.mark.quick(1)
@pytest.mark.parametrize("name", NAMES)
def test_a_network_is_keras(name, dtype, rng, quick):
    """Spliced and end to end, in training and inference, for rows and for matrices, weights tame and large."""
    both = (True, False)
    for outer, passes in zip(((), (3,), (2, 3)), ((True,), (False,), (True,)) if quick else (both,) * 3, strict=True):
        drawn = OPTIONS[name](rng, (*outer, 4)) | {"dtype": dtype, "name": "function"}
        model = network(getattr(layers, name)(**drawn), dtype, outer)
        model.set_weights([rng.normal(size=w.shape) * rng.choice([0.5, 5]) for w in model.weights])
        for training in passes:
            x, y = rng.normal(size=(7, *outer, 5)), rng.normal(size=(7, 2))
            report = verify_model(model, x, y, training=training, optimizer=training)
            assert report.ok, report.verdict()


@pytest.mark.parametrize("name", NAMES)
def test_kinks_and_extremes_are_keras(name, dtype, rng, keras, tf, assert_within_allowance):
    """The layer alone at kinks, beside them, and far out, with random cotangents."""
    for _ in range(6):
        drawn = OPTIONS[name](rng, (len(EDGES),)) | {"dtype": dtype}
        drawn |= {"alpha_regularizer": None} if name == "PReLU" else {}
        ours, theirs = (getattr(module, name)(**drawn) for module in (layers, keras.layers))
        x = np.stack([rng.permutation(EDGES) for _ in range(5)]).astype(dtype)
        ours(x), theirs(x)
        weights = [rng.normal(size=w.shape).astype(dtype) for w in ours.weights]
        ours.set_weights(weights)
        theirs.set_weights(weights)
        source, upstream = tf.constant(x), rng.normal(size=x.shape).astype(dtype)
        with tf.GradientTape() as tape:
            tape.watch(source)
            a = theirs(source)
        dx, gradients = tape.gradient(a, [source, theirs.trainable_variables], tf.constant(upstream))
        plain, bounded = LayerTrace(name), LayerTrace(name)
        for t, kind in ((plain, np.asarray), (bounded, Bounded)):
            t.x, t.upstream = kind(x), kind(upstream)
            with np.errstate(all="ignore"):
                ours.forward(t)
                ours.activate(t)
                ours.residual(t)
                if t is bounded:
                    t.delta = residual_bound(ours.activation, t.upstream, t.z, a.numpy())
                ours.backward(t)
        with np.errstate(over="ignore"):
            assert_within_allowance(
                compare(name, "a", "", plain.a, a.numpy(), activation_bound(ours.activation, bounded.z))
            )
            assert_within_allowance(compare(name, "dx", "", plain.dx, dx.numpy(), bounded.dx))
        for variable, gradient in zip(ours.weights, gradients, strict=True):
            found, bound = plain.gradients[variable.name], bounded.gradients[variable.name]
            assert_within_allowance(compare(name, variable.name, "", found, gradient.numpy(), bound))


# PReLU


@pytest.mark.quick(4)
@pytest.mark.parametrize("axes", [None, 1, [1], [2], [1, 2], [0], [-1], (2,)])
def test_shared_axes_are_keras(axes, keras, dtype, rng):
    """Shape of alpha and its gradient; 0 and negative axes wrap round in the shape of one sample."""
    ours, theirs = (module.PReLU(shared_axes=axes, dtype=dtype, name="p") for module in (layers, keras.layers))
    ours.build((None, 3, 4))
    theirs.build((None, 3, 4))
    assert ours.alpha.shape == tuple(theirs.alpha.shape)
    assert ours.get_config() == theirs.get_config()
    model = network(layers.PReLU("random_normal", shared_axes=axes, dtype=dtype, name="p"), dtype, (3,))
    report = verify_model(model, rng.normal(size=(7, 3, 5)), rng.normal(size=(7, 2)), optimizer=False)
    assert report.ok, report.verdict()


@pytest.mark.parametrize("axes", [None, [1], [2], [1, 2]])
def test_stacked_runs_are_each_as_alone(axes, rng):
    runs, x, delta = [], *(rng.integers(-8, 9, (2, 2, 5, 3, 4)) / 8)
    for k in range(2):
        layer = layers.PReLU(shared_axes=axes, dtype="float64")
        layer.build((None, 3, 4))
        layer.alpha.value = rng.integers(1, 9, layer.alpha.shape) / 8
        runs.append((layer, gradients_of(layer, x[k], delta[k])))
    together = layers.PReLU(shared_axes=axes, dtype="float64")
    together.build((None, 3, 4))
    together.runs, together.alpha.value = 2, np.stack([layer.alpha.value for layer, _ in runs])
    t = gradients_of(together, x, delta)
    for k, (_, alone) in enumerate(runs):
        assert np.array_equal(t.z[k], alone.z) and np.array_equal(t.dx[k], alone.dx)
        assert np.array_equal(t.gradients["alpha"][k], alone.gradients["alpha"])


def gradients_of(layer, x, delta):
    t = LayerTrace("p")
    t.x, t.delta = x, delta
    layer.forward(t)
    layer.backward(t)
    return t


@pytest.mark.parametrize("axes", [None, [1], [1, 2]])
@pytest.mark.parametrize("tensor", ["dx", "dalpha"])
def test_gradients_are_the_derivatives_of_z(axes, tensor, rng):
    """By differences, of x and of alpha, away from the kink."""
    layer = layers.PReLU("random_normal", shared_axes=axes, dtype="float64")
    layer.build((None, 3, 4))
    x = rng.normal(size=(5, 3, 4))
    x += np.sign(x) * 0.01
    cotangent = rng.normal(size=x.shape)
    kept = layer.alpha.value.copy()

    def passed(point):
        t = LayerTrace("p")
        t.x, t.delta = x, cotangent
        if tensor == "dx":
            t.x = point
        else:
            layer.alpha.value = point
        layer.forward(t)
        layer.backward(t)
        layer.alpha.value = kept
        return t

    point = x if tensor == "dx" else kept
    numeric = numeric_gradients.check(
        lambda moved: passed(moved).z,
        lambda moved: passed(moved).dx if tensor == "dx" else passed(moved).gradients["alpha"],
        point,
        cotangent,
        analytic=False,
    )
    assert numeric.ratio <= 1


def test_every_gradient_of_a_network_by_differences(rng):
    stack = [handnn.Input((5,), dtype="float64"), layers.Dense(4, dtype="float64")]
    stack += [layers.PReLU("random_normal", alpha_regularizer="l2", dtype="float64")]
    stack += [layers.Dense(3, dtype="float64"), layers.ELU(0.7, dtype="float64"), layers.Softmax(dtype="float64")]
    stack += [layers.ActivityRegularization(0.01, 0.1, dtype="float64"), layers.Dense(2, dtype="float64")]
    model = handnn.Sequential(stack)
    model.compile("sgd", "mse")
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    ratios = numeric_gradients.network(model, rng.normal(size=(7, 5)), rng.normal(size=(7, 2)))
    assert max(ratios.values()) <= 1, ratios


def _written(**tensors):
    def method(self, t):
        for name, value in tensors.items():
            if name == "dalpha":
                t.gradients["alpha"] = value(self, t)
            else:
                setattr(t, name, value(self, t))

    return method


def _dx(self, t):
    return t.delta * np.where(t.x > 0, 1, np.where(t.x < 0, self.alpha.value, 0))


def _dalpha(self, t):
    return np.sum(t.delta * np.minimum(t.x, 0), axis=(0, 1), keepdims=True)[0]


PLANTED = {
    "z without the negative part": ("forward", _written(z=lambda s, t: np.maximum(t.x, 0)), "z"),
    "z without the positive part": ("forward", _written(z=lambda s, t: s.alpha.value * np.minimum(t.x, 0)), "z"),
    "dalpha averaged": ("backward", _written(dx=_dx, dalpha=lambda s, t: _dalpha(s, t) / len(t.x)), "dalpha"),
    "dalpha with the wrong sign": ("backward", _written(dx=_dx, dalpha=lambda s, t: -_dalpha(s, t)), "dalpha"),
    "dalpha of all x": (
        "backward",
        _written(dx=_dx, dalpha=lambda s, t: np.sum(t.delta * t.x, axis=(0, 1), keepdims=True)[0]),
        "dalpha",
    ),
    "dalpha not summed over the shared axis": (
        "backward",
        _written(dx=_dx, dalpha=lambda s, t: np.sum(t.delta * np.minimum(t.x, 0), axis=0)),
        "dalpha",
    ),
    "dalpha without delta": (
        "backward",
        _written(dx=_dx, dalpha=lambda s, t: np.sum(np.minimum(t.x, 0), axis=(0, 1), keepdims=True)[0]),
        "dalpha",
    ),
    "dx without alpha": ("backward", _written(dx=lambda s, t: t.delta * (t.x > 0), dalpha=_dalpha), "dx"),
    "dx with alpha everywhere": ("backward", _written(dx=lambda s, t: t.delta * s.alpha.value, dalpha=_dalpha), "dx"),
    "dx handed on": ("backward", _written(dx=lambda s, t: t.delta + 0, dalpha=_dalpha), "dx"),
}


@pytest.mark.quick(5)
@pytest.mark.parametrize("mistake", PLANTED)
def test_a_planted_mistake_is_named(mistake, dtype, monkeypatch, rng):
    method, planted, tensor = PLANTED[mistake]
    model = network(layers.PReLU("random_normal", shared_axes=[1], dtype=dtype, name="p"), dtype, (3,))
    monkeypatch.setattr(layers.PReLU, method, planted)
    report = verify_model(model, rng.normal(size=(7, 3, 5)), rng.normal(size=(7, 2)), optimizer=False)
    assert {(row.layer, row.tensor) for row in report.failures} == {("p", tensor)}


@pytest.mark.parametrize(
    ("layer", "argument", "other"),
    [
        (layers.ReLU(negative_slope=0.2, name="f"), "negative_slope", 0.1),
        (layers.ReLU(max_value=0.5, name="f"), "max_value", 0.4),
        (layers.ReLU(threshold=0.2, name="f"), "threshold", 0.1),
        (layers.LeakyReLU(name="f"), "negative_slope", 0.2),
        (layers.ELU(0.5, name="f"), "alpha", 1.0),
        (layers.Softmax(name="f"), "axis", 1),
    ],
    ids=lambda value: getattr(value, "name", None) and type(value).__name__,
)
def test_an_ignored_argument_is_named(layer, argument, other, rng):
    """The layer says one thing in its config and computes another."""
    layer.tensor = None
    model = network(type(layer)(**layer.get_config()), "float32", (3,))
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    function = model.layers[1].activation
    model.layers[1].activation = function._with(**{argument: other})
    report = verify_model(model, rng.normal(size=(7, 3, 5)), rng.normal(size=(7, 2)), optimizer=False, whole=False)
    assert {row.layer for row in report.failures} == {"f"}
    assert {row.tensor for row in report.failures} <= {"a", "delta"}


# Softmax over other axes


@pytest.mark.quick(3)
@pytest.mark.parametrize("axis", [-1, 1, 2, [1], [1, 2], (2, 1)])
@pytest.mark.parametrize("size", [1, 40])
def test_softmax_over_any_axes_is_keras(axis, size, dtype, rng):
    model = network(layers.Softmax(axis, dtype=dtype), dtype, (3,))
    model.set_weights([rng.normal(size=w.shape) * size for w in model.weights])
    report = verify_model(model, rng.normal(size=(7, 3, 5)), rng.normal(size=(7, 2)), optimizer=False)
    assert report.ok, report.verdict()


def test_softmax_over_several_axes_keeps_its_digits(keras, rng):
    """float64 tells who is right in float32; z near 1000 costs Keras some digits."""
    z = (1000 + rng.normal(size=(5, 3, 4))).astype("float32")
    wide = np.exp(z.astype("float64") - z.max(axis=(1, 2), keepdims=True))
    exact = wide / wide.sum(axis=(1, 2), keepdims=True)
    found = layers.Softmax((1, 2))(z)
    mine, theirs = (np.abs(a / exact - 1).max() for a in (found, keras.layers.Softmax((1, 2))(z).numpy()))
    bound = activation_bound(layers.Softmax((1, 2)).activation, z)
    assert theirs > 30 * mine
    assert np.all(np.abs(keras.layers.Softmax((1, 2))(z).numpy() - found) <= allowance.of(bound.error, "float32"))


@pytest.mark.parametrize(("axis", "fused"), [(-1, True), (1, True), ([2], True), ([1, 2], False)])
@pytest.mark.quick(2)
def test_cross_entropy_takes_the_logits_of_one_axis(axis, fused, dtype, rng):
    """Whichever axis it is; the cross-entropy's own softmax is over the last one."""
    stack = [handnn.Input((3, 5), dtype=dtype), layers.Dense(4, dtype=dtype), layers.Softmax(axis, dtype=dtype)]
    model = handnn.Sequential(stack)
    model.compile("sgd", "categorical_crossentropy")
    assert model.fused is fused
    report = verify_model(model, rng.normal(size=(7, 3, 5)), np.eye(4)[rng.integers(0, 4, (7, 3))])
    assert report.ok, report.verdict()


# Bad input


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("ReLU", {"max_value": -1.0}, "max_value must be a number >= 0; received -1.0"),
        ("ReLU", {"negative_slope": -0.1}, "negative_slope must be a number >= 0; received -0.1"),
        ("ReLU", {"negative_slope": None}, "negative_slope must be a number >= 0; received None"),
        ("ReLU", {"threshold": -0.1}, "threshold must be a number >= 0; received -0.1"),
        ("ReLU", {"threshold": float("nan")}, "threshold must be a number >= 0; received nan"),
        ("LeakyReLU", {"negative_slope": -0.1}, "negative_slope must be a number >= 0; received -0.1"),
        ("LeakyReLU", {"negative_slope": "0.1"}, "negative_slope must be a number >= 0; received '0.1'"),
        ("ELU", {"alpha": "1"}, "alpha must be a finite number; received '1'"),
        ("Softmax", {"axis": 0.5}, "axis must be an integer; received 0.5"),
        ("PReLU", {"shared_axes": "1"}, "shared_axes must be None, an integer or integers; received '1'"),
        ("PReLU", {"shared_axes": [1.5]}, r"shared_axes must be None, an integer or integers; received \[1.5\]"),
        ("PReLU", {"alpha_initializer": "zebra"}, "unknown initializer 'zebra'"),
    ],
)
def test_bad_arguments(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        getattr(layers, name)(**arguments)


@pytest.mark.parametrize("axis", [4, -3])
def test_shared_axes_that_do_not_fit(axis):
    with pytest.raises(ValueError, match=r"shared_axes .* of p do not fit \(None, 3, 4\)"):
        layers.PReLU(shared_axes=axis, name="p").build((None, 3, 4))


def test_prelu_needs_known_axes():
    with pytest.raises(ValueError, match=r"PReLU p needs known axes; its input shape is \(None, None, 4\)"):
        layers.PReLU(name="p").build((None, None, 4))


def test_leaky_relu_still_knows_alpha(keras):
    slopes = []
    for module in (layers, keras.layers):
        with pytest.warns(UserWarning, match="alpha.* is deprecated"):
            slopes.append(module.LeakyReLU(alpha=0.1).negative_slope)
    assert slopes == [0.1, 0.1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert layers.LeakyReLU().negative_slope == keras.layers.LeakyReLU().negative_slope == 0.3
