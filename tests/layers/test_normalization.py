"""Normalization layers against Keras: every step spliced, alone, in networks, in training and frozen."""

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.layers import layers as registry
from handnn.core.trace import LayerTrace
from handnn.verify import numeric_gradients, verify_model
from handnn.proof.cases.layers import OPTIONS
from handnn.rounding.bounded import Bounded

pytestmark = pytest.mark.filterwarnings("ignore:.*rms_scaling=True:UserWarning")  # deprecated on both sides

SMALL = {"class_name": "Constant", "config": {"value": 1e-4}}
CONSTANT = {"class_name": "Constant", "config": {"value": 2.0}}
CASES = [
    ("BatchNormalization", (5,), {}),
    ("BatchNormalization", (5,), {"momentum": 0.0, "center": False, "gamma_regularizer": "l2"}),
    ("BatchNormalization", (5,), {"momentum": 1, "scale": False, "epsilon": 0.1, "beta_regularizer": "l1"}),
    ("BatchNormalization", (5,), {"trainable": False}),
    ("BatchNormalization", (3, 4), {"axis": 1, "center": False, "scale": False}),
    ("BatchNormalization", (5,), {"renorm": True, "momentum": 0.9, "renorm_momentum": 0.8}),
    ("BatchNormalization", (3, 4), {"renorm": True, "renorm_clipping": {"rmin": 0.5, "rmax": 1.1, "dmax": 0.3}}),
    (
        "BatchNormalization",
        (5,),
        {"renorm": True, "scale": False, "moving_variance_initializer": CONSTANT},
    ),
    ("BatchNormalization", (5,), {"renorm": True, "moving_variance_initializer": SMALL}),  # below epsilon
    ("BatchNormalization", (3, 4, 2), {"axis": -2, "gamma_initializer": "random_normal"}),
    ("LayerNormalization", (5,), {}),
    ("LayerNormalization", (3, 4), {"axis": [1, 2], "gamma_regularizer": "l2", "beta_regularizer": "l2"}),
    ("LayerNormalization", (3, 4), {"axis": (-1, 1)}),
    ("LayerNormalization", (3, 4), {"axis": 1, "scale": False}),
    ("LayerNormalization", (3, 4, 2), {"axis": (1, 3), "center": False, "epsilon": 1e-6}),
    ("LayerNormalization", (3, 4), {"axis": -2, "center": False, "scale": False}),
    ("LayerNormalization", (3, 4), {"trainable": False}),
    ("LayerNormalization", (5,), {"rms_scaling": True, "scale": False}),
    ("LayerNormalization", (3, 4), {"rms_scaling": True, "axis": [1, 2], "gamma_regularizer": "l2"}),
    ("GroupNormalization", (6,), {"groups": 3}),
    ("GroupNormalization", (6,), {"groups": -1, "scale": False}),
    ("GroupNormalization", (3, 4), {"groups": 2, "gamma_regularizer": "l1"}),
    ("GroupNormalization", (3, 4, 2), {"groups": 2, "axis": -2, "center": False}),
    ("GroupNormalization", (4, 3, 2), {"groups": 1, "axis": 1}),
    ("RMSNormalization", (5,), {}),
    ("RMSNormalization", (3, 4), {"axis": [2, 1], "epsilon": 0.1}),
    ("RMSNormalization", (3, 3), {"axis": 1}),
    ("RMSNormalization", (1, 4), {"axis": 1}),
    ("UnitNormalization", (5,), {}),
    ("UnitNormalization", (3, 4), {"axis": [1, 2]}),
    ("UnitNormalization", (3, 4), {"axis": 1}),
    ("Rescaling", (4,), {"scale": 1 / 255, "offset": 0.1}),
    ("Rescaling", (3, 4), {"scale": np.array([1.1, 2, 3, 4]), "offset": [[0.1], [0.2], [3]]}),
    ("Normalization", (4,), {}),
    ("Normalization", (4,), {"mean": 0.1, "variance": 0.3, "axis": None}),
    ("Normalization", (3, 4), {"axis": (2, 1), "mean": [0.1, 2, 3, 4], "variance": [0.3, 1e-3, 1, 2]}),
    ("Normalization", (3, 4), {"axis": 1, "mean": np.array([0.1, 2, 3]), "variance": [0.3, 0, 1], "invert": True}),
]
NAMES = list(dict.fromkeys(name for name, _, _ in CASES))
each_case = pytest.mark.parametrize(("name", "shape", "options"), CASES, ids=lambda v: str(v))


def network(name, shape, options, dtype, first=False):
    """The layer behind a Dense, or first, and before another; compiled, with random weights."""
    stack = [handnn.Input(shape, dtype=dtype), *([] if first else [layers.Dense(shape[-1], "tanh", dtype=dtype)])]
    stack += [registry[name](**options, dtype=dtype, name="layer"), layers.Flatten(dtype=dtype)]
    model = handnn.Sequential([*stack, layers.Dense(3, dtype=dtype)], name="net")
    model.compile(handnn.optimizers.SGD(0.1), "mse")
    return model


def with_random_weights(model, rng):
    arrays = [np.asarray(rng.normal(size=w.shape)) for w in model.weights]
    names = [w.name for w in model.weights]
    positive = ("variance", "moving_variance", "moving_stddev", "renorm_stddev")
    chosen = dict.fromkeys(positive, np.abs) | {"count": lambda array: np.asarray(3)}
    model.set_weights([chosen.get(name, np.asarray)(array) for name, array in zip(names, arrays, strict=True)])
    return model


def check(model, x, y, **how):
    report = verify_model(model, x, y, **how)
    assert report.ok, report.verdict()
    return report


@pytest.mark.quick(4, cover={"name": None, "training": None, "dtype": None, "shape": len})
@each_case
@pytest.mark.parametrize("training", [True, False], ids=["training", "inference"])
def test_every_step_is_keras(name, shape, options, training, dtype, rng):
    model = with_random_weights(network(name, shape, options, dtype, first=training), rng)
    x, y = rng.normal(size=(7, *shape)), rng.normal(size=(7, 3))
    tensors = {row.tensor for row in check(model, x, y, training=training) if row.layer == "layer"}
    layer = model.get_layer("layer")
    assert {"z", "dx", *(f"d{w.name}" for w in layer.trainable_weights)} <= tensors
    assert ("moving_mean" in tensors) == (name.startswith("Batch") and training and layer.trainable)


@pytest.mark.quick(1)
@pytest.mark.parametrize("name", NAMES)
def test_one_sample_and_constant_features(name, dtype, rng):
    """A variance of 0, of one sample or of equal ones: z = beta, and no dx comes through."""
    shape, options = next((shape, options) for other, shape, options in CASES if other == name)
    for x in (rng.normal(size=(1, *shape)), np.full((4, *shape), -1.5), np.zeros((4, *shape))):
        model = with_random_weights(network(name, shape, options, dtype, first=True), rng)
        check(model, x, rng.normal(size=(len(x), 3)), optimizer=False)


@pytest.mark.quick(1)
@pytest.mark.parametrize("name", list(dict.fromkeys(name for name, _, _ in CASES)))
def test_drawn_options_are_keras(name, rng):
    for shape in ((4,), (2, 3), (2, 3, 2)):
        dtype = str(rng.choice(["float32", "float64"]))
        model = with_random_weights(network(name, shape, OPTIONS[name](rng, shape), dtype), rng)
        check(model, rng.normal(size=(5, *shape)), rng.normal(size=(5, 3)), optimizer=False, whole=False)


# ---- without TensorFlow ---------------------------------------------------------------------------------------------


def textbook(name, layer, options, x):
    """z by the textbook, for complex x too; None for a formula with no derivative of interest."""
    axis, epsilon = options.get("axis", -1), options.get("epsilon", 1e-6 if name.startswith("RMS") else 1e-3)
    weight = {w.name: w.value for w in layer.weights}
    if name == "UnitNormalization":
        return x / np.sqrt((x * x).sum(axis=tuple(np.atleast_1d(axis)), keepdims=True))
    if name == "RMSNormalization":
        return weight["scale"] * x / np.sqrt((x * x).mean(axis=tuple(np.atleast_1d(axis)), keepdims=True) + epsilon)
    if name == "GroupNormalization":
        x = np.moveaxis(x, axis, 1)
        parts = np.split(x, layer.groups, axis=1)
        z = np.concatenate([standardized(part, tuple(range(1, x.ndim)), epsilon) for part in parts], axis=1)
        return np.moveaxis(z, 1, axis) * laid_out(layer, "gamma", x.ndim) + laid_out(layer, "beta", x.ndim)
    axes = tuple(a % x.ndim for a in np.atleast_1d(axis))
    if name == "BatchNormalization":
        axes = tuple(i for i in range(x.ndim) if i not in axes)
    gamma, beta = (laid_out(layer, part, x.ndim) for part in ("gamma", "beta"))
    if options.get("rms_scaling"):
        deviation = np.sqrt(((x - x.mean(axis=axes, keepdims=True)) ** 2).mean(axis=axes, keepdims=True) + epsilon)
        return gamma * x / deviation
    xhat = standardized(x, axes, epsilon)
    if options.get("renorm"):
        R, D = renorm_constants(layer, x.real, axes, epsilon)
        xhat = xhat * R + D
    return xhat * gamma + beta


def standardized(x, axes, epsilon):
    mean = x.mean(axis=axes, keepdims=True)
    return (x - mean) / np.sqrt(((x - mean) * (x - mean)).mean(axis=axes, keepdims=True) + epsilon)


def renorm_constants(layer, x, axes, epsilon):
    """R and D of the textbook, of the real part alone: they have no derivative."""
    mean, stddev = (laid_out(layer, name, x.ndim) for name in ("renorm_mean", "renorm_stddev"))
    stddev, limits = np.maximum(stddev, np.sqrt(epsilon)), layer.renorm_clipping
    R = np.sqrt(x.var(axis=axes, keepdims=True) + epsilon) / stddev
    D = (x.mean(axis=axes, keepdims=True) - mean) / stddev
    dmax = limits.get("dmax", np.inf)
    return np.clip(R, limits.get("rmin", 0), limits.get("rmax", np.inf)), np.clip(D, -dmax, dmax)


def laid_out(layer, name, rank):
    """A weight in the shape of the input: its axes go where the layer's axes are."""
    weight = getattr(layer, name)
    if weight is None:
        return float(name == "gamma")
    axes = sorted(a % rank for a in np.atleast_1d(layer.axis))
    sizes = [layer.input_shape[a] for a in axes]
    return weight.value.reshape([sizes[axes.index(i)] if i in axes else 1 for i in range(rank)])


def passed(layer, x, delta, kind=np.asarray, training=True, methods=("forward", "backward")):
    """The record of a pass through the layer alone."""
    t = LayerTrace(layer.name)
    t.x, t.delta, t.training = x if isinstance(x, Bounded) else kind(x), kind(delta), training
    for method in methods:
        getattr(layer, method)(t)
    return t


@each_case
def test_backward_is_the_derivative_of_the_textbook(name, shape, options, rng):
    """dx, dgamma, dbeta by complex step through a forward formula written another time, random cotangents."""
    if name in ("Rescaling", "Normalization") or options.get("trainable") is False:
        pytest.skip("linear in x")
    layer = with_random_weights(network(name, shape, options, "float64", first=True), rng).get_layer("layer")
    x, cotangent = rng.normal(size=(3, *shape)), rng.normal(size=(3, *shape))
    numeric = numeric_gradients.check(
        lambda point: textbook(name, layer, options, point),
        lambda point: passed(layer, point, cotangent, Bounded if isinstance(point, Bounded) else np.asarray).dx,
        x,
        cotangent,
    )
    assert numeric.ratio <= 1
    z = passed(layer, x, cotangent, Bounded).z
    assert np.all(np.abs(z.value - textbook(name, layer, options, x)) <= 4 * z.error)
    gradients = passed(layer, x, cotangent).gradients
    for weight in layer.weights:
        if weight.name in layer.running_statistics:
            continue
        kept = weight.value

        def of_weight(value, weight=weight):
            weight.value = value
            return textbook(name, layer, options, x)

        expected, _ = numeric_gradients.directional(of_weight, kept, cotangent)
        weight.value = kept
        bounded = passed(layer, x, cotangent, Bounded).gradients[weight.name]
        assert np.all(np.abs(gradients[weight.name] - expected) <= 4 * bounded.error), weight.name


@pytest.mark.parametrize(("axis", "renorm"), [(-1, False), (1, False), (-1, True)])
def test_backward_with_a_mask_is_the_derivative_of_the_textbook(axis, renorm, rng):
    """Means over the steps that count, divided by their number and Keras' epsilon; every step is normalized."""
    shape, options = (3, 2), {"axis": axis, "renorm": renorm}
    layer = with_random_weights(network("BatchNormalization", shape, options, "float64", True), rng).get_layer("layer")
    axes, mask = (0, 1) if axis == -1 else (0, 2), np.array([[True, False, True], [True, True, False]])

    def of_mask(x):
        w = mask[..., np.newaxis] * np.ones_like(x, float)
        n = w.sum(axis=axes, keepdims=True) + handnn.config.epsilon()
        mean = (x * w).sum(axis=axes, keepdims=True) / n
        variance = (w * (x * w - mean) * (x * w - mean)).sum(axis=axes, keepdims=True) / n
        xhat = (x - mean) / np.sqrt(variance + layer.epsilon)
        if renorm:
            stddev = np.maximum(laid_out(layer, "renorm_stddev", 3), np.sqrt(layer.epsilon))
            R, D = np.sqrt(variance.real + layer.epsilon) / stddev, mean.real - laid_out(layer, "renorm_mean", 3)
            xhat = xhat * R + D / stddev
        return xhat * laid_out(layer, "gamma", 3) + laid_out(layer, "beta", 3)

    def own(point):
        t = LayerTrace(layer.name)
        t.x, t.training = point, True
        t.delta = Bounded(cotangent) if isinstance(point, Bounded) else cotangent
        layer.receive_masks(t, [mask])
        layer.forward(t)
        layer.backward(t)
        return t

    x, cotangent = rng.normal(size=(2, 2, *shape))
    assert numeric_gradients.check(of_mask, lambda point: own(point).dx, x, cotangent).ratio <= 1
    z = own(Bounded(x)).z
    assert np.all(np.abs(z.value - of_mask(x)) <= 4 * z.error)
    hidden = np.where(mask[..., np.newaxis], x, 1e200)  # whose square is no number of any dtype
    assert np.array_equal(own(hidden).z[mask], own(x).z[mask])


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("Rescaling", "Normalization")])
@pytest.mark.quick(2)
def test_gradients_of_a_network_by_differences(name, rng):
    shape, options = next((shape, options) for other, shape, options in CASES if other == name)
    model = with_random_weights(network(name, shape, options, "float64"), rng)
    x, y = rng.normal(size=(6, *shape)), rng.normal(size=(6, 3))
    ratios = numeric_gradients.network(model, x, y, training=True)
    assert ratios and max(ratios.values()) <= 1, ratios


# ---- planted mistakes -----------------------------------------------------------------------------------------------


def planted(drop):
    """`Standardizing.backward` with one term left out."""

    def backward(self, t):
        delta, r, xhat = self.grouped(t.delta), t.cache["r"], t.cache["xhat"]
        gamma, _ = self.scale_and_offset(t)
        self.write_gradients(
            t, delta if drop == "xhat in dgamma" else delta * xhat, 0 * delta if drop == "dbeta" else delta
        )
        g = delta if drop == "gamma" else delta * gamma
        dx = g
        if drop != "mean(g)":
            dx = dx - np.mean(g, axis=self.axes, keepdims=True)
        if drop != "mean(g xhat)":
            dx = dx - xhat * np.mean(g * xhat, axis=self.axes, keepdims=True)
        if drop == "n for a mean":
            dx = g - np.sum(g, axis=self.axes, keepdims=True) - xhat * np.sum(g * xhat, axis=self.axes, keepdims=True)
        t.dx = (dx if drop == "r" else dx * r).reshape(t.x.shape)

    return backward


DROPPED = {
    "xhat in dgamma": "dgamma",
    "dbeta": "dbeta",
    "gamma": "dx",
    "mean(g)": "dx",
    "mean(g xhat)": "dx",
    "n for a mean": "dx",
    "r": "dx",
}


@pytest.mark.quick(2)
@pytest.mark.parametrize("drop", DROPPED)
@pytest.mark.parametrize("name", ["BatchNormalization", "LayerNormalization", "GroupNormalization"])
def test_a_dropped_term_is_named(name, drop, monkeypatch, rng):
    shape, options = (6,), {"groups": 2} if name.startswith("Group") else {}
    model = with_random_weights(network(name, shape, options, "float32"), rng)
    x, y = rng.normal(size=(5, 6)), rng.normal(size=(5, 3))
    assert verify_model(model, x, y, optimizer=False, whole=False).ok
    monkeypatch.setattr(registry[name], "backward", planted(drop))
    report = verify_model(model, x, y, optimizer=False, whole=False)
    assert {(row.layer, row.tensor) for row in report.failures} == {("layer", DROPPED[drop])}


def test_the_planted_formula_without_a_mistake_is_right(monkeypatch, rng):
    monkeypatch.setattr(layers.LayerNormalization, "backward", planted(None))
    model = with_random_weights(network("LayerNormalization", (6,), {}, "float32"), rng)
    assert verify_model(model, rng.normal(size=(5, 6)), rng.normal(size=(5, 3)), optimizer=False, whole=False).ok


def changed(method, change):
    """A method of which one result is changed afterwards."""

    def plant(cls, monkeypatch):
        right = getattr(cls, method)

        def wrong(self, t):
            right(self, t)
            change(self, t)

        monkeypatch.setattr(cls, method, wrong)

    return plant


def variance_of_a_sample(self, t):
    n = len(t.x)
    t.new_statistics["moving_variance"] = t.new_statistics["moving_variance"] + t.cache["variance"].reshape(-1) * (
        0.01 / (n - 1)
    )


def swapped_momentum(self, t):
    t.new_statistics["moving_mean"] = (
        self.moving_mean.value * (1 - self.momentum) + t.cache["mean"].reshape(-1) * self.momentum
    )


def without(term):
    def change(self, t):
        if term == "projection":
            t.dx = t.delta * t.cache["r"]
        elif term == "r":
            t.dx = t.dx / t.cache["r"]
        elif term == "scale":
            t.dx = t.dx / self.scale.value
        elif term == "xhat":
            t.gradients["scale"] = np.sum(t.delta, axis=0)

    return change


OTHERS = [
    ("BatchNormalization", "moving_variance", changed("update_running_statistics", variance_of_a_sample)),
    ("BatchNormalization", "moving_mean", changed("update_running_statistics", swapped_momentum)),
    ("RMSNormalization", "dx", changed("backward", without("projection"))),
    ("RMSNormalization", "dx", changed("backward", without("r"))),
    ("RMSNormalization", "dx", changed("backward", without("scale"))),
    ("RMSNormalization", "dscale", changed("backward", without("xhat"))),
    ("UnitNormalization", "dx", changed("backward", without("projection"))),
    ("UnitNormalization", "dx", changed("backward", without("r"))),
    ("Rescaling", "dx", changed("backward", lambda self, t: setattr(t, "dx", t.delta))),
    ("Rescaling", "z", changed("forward", lambda self, t: setattr(t, "z", t.x * self.scale_value))),
    ("Normalization", "dx", changed("backward", lambda self, t: setattr(t, "dx", t.delta))),
    ("Normalization", "z", changed("forward", lambda self, t: setattr(t, "z", t.x / self.mean_and_deviation(t.x)[1]))),
]


@pytest.mark.quick(2)
@pytest.mark.parametrize(("name", "tensor", "plant"), OTHERS)
def test_another_mistake_is_named(name, tensor, plant, monkeypatch, rng):
    options = {"scale": 1.5, "offset": 0.3} if name == "Rescaling" else {}
    model = with_random_weights(network(name, (6,), options, "float32"), rng)
    plant(registry[name], monkeypatch)
    report = verify_model(model, rng.normal(size=(5, 6)), rng.normal(size=(5, 3)), optimizer=False, whole=False)
    assert report.first_failure and report.first_failure.where == f"layer {tensor}"
