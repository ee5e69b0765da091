"""Numeric gradients, without TensorFlow: they pass what is right and find what is wrong by 0.05 %."""

import mpmath
import numpy as np
import pytest

import handnn
from handnn import activations, losses
from handnn.layers import Dense
from handnn.verify import numeric_gradients
from handnn.proof import mpmath_activations
from handnn.rounding.bounded import Bounded

WRONG = 1.0005
ROWS, WIDTH = 5, 4


def points(rng, *shape):
    """Ordinary numbers, none within a step of a kink at 0."""
    z = rng.normal(size=shape)
    return np.where(z >= 0, z + 0.1, z - 0.1)


def scaled(right, factor):
    return lambda *arguments, **options: right(*arguments, **options) * factor


each_activation = pytest.mark.parametrize("name", [n for n in activations.activations if n != "linear"])


def loss_case(name, from_logits, rng):
    cls = losses.losses[name]
    options = {"from_logits": True} if from_logits else {}
    loss = cls(dtype="float64", **options)
    logits = from_logits or cls.predictions == "real"
    y_pred = points(rng, ROWS, WIDTH) if logits else rng.dirichlet(np.ones(WIDTH), ROWS)
    y = rng.integers(0, WIDTH, ROWS) if cls.targets == "labels" else rng.dirichlet(np.ones(WIDTH), ROWS)
    return loss, y, y_pred


each_loss = pytest.mark.parametrize(
    ("name", "from_logits"),
    [
        (name, logits)
        for name, cls in losses.losses.items()
        for logits in ((False, True) if "from_logits" in cls().get_config() else (False,))
    ],
)


# ---- one formula ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("analytic", [True, False])
def test_both_checks_give_the_derivative(analytic, rng):
    """Of the sum over j of c_j z_j^3, which is 3 c z^2."""
    z, cotangent = points(rng, 6), rng.normal(size=6)
    found, error = numeric_gradients.directional(lambda z: z**3, z, cotangent, analytic)
    exact = 3 * cotangent * z**2
    u = np.finfo("float64").eps
    assert np.all(np.abs(found - exact) <= error + 8 * u * np.abs(exact))
    if not analytic:
        assert np.all(error < np.abs(exact) * (WRONG - 1))


@each_activation
def test_right_activation_passes_both_checks(name, rng, monkeypatch):
    f = activations.get(name)
    z = points(rng, ROWS, WIDTH)
    upstream = rng.normal(size=f.compute_output_shape(z.shape))
    assert numeric_gradients.activation(f, z, upstream).ratio <= 1
    monkeypatch.setattr(type(f), "analytic", False)
    assert numeric_gradients.activation(f, z, upstream).ratio <= 1


@each_activation
@pytest.mark.parametrize("factor", [WRONG, 1 / WRONG, -1, 2, 0])
def test_wrong_activation_fails_both_checks(name, factor, rng, monkeypatch):
    f = activations.get(name)
    z = points(rng, ROWS, WIDTH)
    upstream = rng.normal(size=f.compute_output_shape(z.shape))
    monkeypatch.setattr(type(f), "backward", scaled(type(f).backward, factor))
    assert numeric_gradients.activation(f, z, upstream).ratio > 1
    monkeypatch.setattr(type(f), "analytic", False)
    assert numeric_gradients.activation(f, z, upstream).ratio > 1


@each_loss
def test_right_loss_passes(name, from_logits, rng):
    assert numeric_gradients.loss(*loss_case(name, from_logits, rng)).ratio <= 1


@each_loss
@pytest.mark.parametrize("factor", [WRONG, 1 / WRONG, -1])
def test_wrong_loss_fails(name, from_logits, factor, rng, monkeypatch):
    loss, y, y_pred = loss_case(name, from_logits, rng)
    monkeypatch.setattr(type(loss), "weighted_derivatives", scaled(type(loss).weighted_derivatives, factor))
    assert numeric_gradients.loss(loss, y, y_pred).ratio > 1


def test_one_wrong_element_fails(rng):
    z, upstream = points(rng, ROWS, WIDTH), rng.normal(size=(ROWS, WIDTH))

    def backward(point):
        delta = activations.tanh.backward(upstream, point, activations.tanh.forward(point))
        return delta * np.where(np.arange(z.size).reshape(z.shape) == 7, WRONG, 1)

    result = numeric_gradients.check(np.tanh, backward, z, upstream)
    assert result.ratio > 1
    assert np.argmax(np.abs(result.found - result.expected)) == 7


# ---- why cotangents are random --------------------------------------------------------------------------------------

SOFTMAX_MISTAKES = {
    "doubled": lambda upstream, z, a: 2 * a * (upstream - (upstream * a).sum(-1, keepdims=True)),
    "negated": lambda upstream, z, a: a * ((upstream * a).sum(-1, keepdims=True) - upstream),
    "zero": lambda upstream, z, a: 0 * a,
    "times upstream": lambda upstream, z, a: upstream * a * (upstream - (upstream * a).sum(-1, keepdims=True)),
}


@pytest.mark.parametrize("mistake", SOFTMAX_MISTAKES)
def test_ones_as_cotangent_miss_mistakes_of_softmax(mistake, rng):
    """The outputs of a row add up to 1, so their sum has derivative 0: with ones 0 is right, and so is its double."""
    z, softmax = points(rng, ROWS, WIDTH), activations.softmax

    def ratio(upstream):
        def backward(point):
            return SOFTMAX_MISTAKES[mistake](upstream, point, softmax.forward(point))

        return numeric_gradients.check(softmax.forward, backward, z, upstream).ratio

    assert ratio(np.ones_like(z)) <= 1
    assert ratio(rng.normal(size=z.shape)) > 1


# ---- a whole network ------------------------------------------------------------------------------------------------


def net(loss="mse", activation=None):
    rng = np.random.default_rng(8)
    stack = [
        handnn.Input((3,), dtype="float64", name="input"),
        Dense(5, activation="tanh", dtype="float64", name="tanh"),
        Dense(4, activation="sigmoid", dtype="float64", name="sigmoid"),
        Dense(2, activation=activation, dtype="float64", name="output"),
    ]
    model = handnn.Sequential(stack, name="net")
    model.compile("sgd", loss)
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    return model, rng.normal(size=(6, 3)), rng.dirichlet(np.ones(2), 6)


@pytest.mark.parametrize(
    ("loss", "activation"),
    [("mse", None), ("categorical_crossentropy", "softmax"), ("binary_crossentropy", "sigmoid")],
)
def test_right_network_passes(loss, activation, rng):
    model, x, y = net(loss, activation)
    before = model.get_weights()
    ratios = numeric_gradients.network(model, x, y, rng.uniform(0.5, 2, 6))
    assert list(ratios) == [weight.path for weight in model.weights]
    assert max(ratios.values()) <= 1
    assert all(map(np.array_equal, before, model.get_weights()))


def test_wrong_gradient_of_one_weight_is_named(monkeypatch):
    model, x, y = net()
    right = Dense.backward

    def backward(self, t):
        right(self, t)
        if self.name == "sigmoid":
            t.gradients["bias"] = t.gradients["bias"] * WRONG

    monkeypatch.setattr(Dense, "backward", backward)
    ratios = numeric_gradients.network(model, x, y)
    assert [path for path, ratio in ratios.items() if ratio > 1] == ["net/sigmoid/bias"]


def test_wrong_activation_is_wrong_from_its_layer_down(monkeypatch):
    model, x, y = net()
    monkeypatch.setattr(activations.Sigmoid, "backward", scaled(activations.Sigmoid.backward, WRONG))
    wrong = [path.split("/")[1] for path, ratio in numeric_gradients.network(model, x, y).items() if ratio > 1]
    assert wrong == ["tanh", "tanh", "sigmoid", "sigmoid"]


def test_wiring_mistake_is_seen_by_the_differences(monkeypatch):
    """dx from W as it will be after the step."""
    model, x, y = net()
    right = Dense.backward

    def backward(self, t):
        right(self, t)
        if t.wants_dx:
            t.dx = np.dot(t.delta, (self.kernel.value - 0.01 * t.gradients["kernel"]).T)

    monkeypatch.setattr(Dense, "backward", backward)
    assert max(numeric_gradients.network(model, x, y).values()) > 1


# ---- mpmath ---------------------------------------------------------------------------------------------------------


def test_mpmath_knows_every_elementwise_activation():
    assert set(mpmath_activations.EXACT) == {f.name for f in activations.cases() if f.elementwise}


@pytest.mark.quick(15)
@pytest.mark.parametrize("f", [f for f in activations.cases() if f.elementwise], ids=repr)
def test_mpmath_and_registry_agree(f, dtype, rng):
    z = points(rng, 60).astype(dtype)
    a = f.forward(z)
    ones, bounded = np.ones_like(z), f.forward(Bounded(z))
    for found, carried, derivative in (
        (a, bounded, False),
        (f.backward(ones, z, a), f.backward(Bounded(ones), Bounded(z), bounded), True),
    ):
        with mpmath.workdps(mpmath_activations.DIGITS):
            exact = mpmath_activations.exact(mpmath_activations.of(f), z, derivative)
            off = [float(abs(mpmath.mpf(float(v)) - e)) for v, e in zip(found, exact, strict=True)]
        assert np.all(off <= getattr(carried, "error", np.zeros(len(z))))


def test_units_off_counts_units_of_the_dtype():
    for dtype in ("float32", "float64"):
        one = np.array([1.0], dtype)
        off = mpmath_activations.units_off(np.nextafter(one, np.array([2.0], dtype)), [mpmath.mpf(1)])
        assert off.tolist() == [2.0]  # one unit in the last place is 2 u


def test_closer_says_who():
    z = np.array([1.0, 2.0])
    said = mpmath_activations.closer(z, np.array([1.0, 2.5]), z, [mpmath.mpf(1), mpmath.mpf(2)])
    assert said.startswith("at 2 ")
    assert said.endswith("the second 0.00")
