"""Layers that draw random numbers: under Keras' own draw they are Keras', and what they draw has the right law."""

import math

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.core.trace import LayerTrace
from handnn.verify import comparison, mask_law, numeric_gradients, steps, verify_model
from handnn.proof.cases.layers import OPTIONS
from handnn.verify.report import Report
from handnn.rounding.bounded import Bounded

ODD = np.array([[np.nan, np.inf, -np.inf, 1.0, -2.0, 0.0, -0.0, 1e30] * 8])
DRAWING = [cls for _, cls in layers.layers.items() if issubclass(cls, layers.Dropout | layers.AlphaDropout)]
DRAWING += [layers.GaussianDropout, layers.GaussianNoise]
SPATIAL = layers.SpatialDropout1D.__bases__
RATES = (0.1, 0.5, 0.9)

each_drawing = pytest.mark.parametrize("cls", DRAWING, ids=lambda cls: cls.__name__)


def of_rate(cls, rate, module=layers, **options):
    return getattr(module, cls.__name__)(rate, **({"seed": 5} | options))


def more_axes(cls):
    """How many axes besides steps and features a sample must have."""
    return getattr(cls, "rank", 1) - 1


def network(layer, dtype, name="net"):
    """The layer between Dense layers, on samples of two axes, or of as many as it needs."""
    dense = [layers.Dense(units, "tanh", dtype=dtype, bias_initializer="ones") for units in (4, 3)]
    shape = (3, *(1,) * more_axes(type(layer)), 4)
    stack = [handnn.Input((3, 5), dtype=dtype), dense[0], layers.Reshape(shape, dtype=dtype)]
    stack = [*stack[: 3 if more_axes(type(layer)) else 2], layer, dense[1], layers.Flatten(dtype=dtype)]
    model = handnn.Sequential([*stack, layers.Dense(2, dtype=dtype)], name=name)
    model.compile("sgd", "mse")
    return model


def batch(rng, dtype):
    return rng.normal(size=(7, 3, 5)).astype(dtype), rng.normal(size=(7, 2)).astype(dtype)


def passed(layer, x, delta, mask, kind=np.asarray):
    """z and dx of the layer under this mask."""
    t = LayerTrace(layer.name)
    t.x, t.delta, t.training = kind(x), kind(delta), True
    layer.randomize(t, mask)
    layer.forward(t)
    layer.backward(t)
    return t.z, t.dx


# Under Keras' draw


@pytest.mark.quick(1)
@each_drawing
def test_a_network_is_keras_under_the_same_draw(cls, dtype, rng, quick):
    """z and dx spliced and end to end, two training steps, in training and inference."""
    for _ in range(1 if quick else 3):
        model = network(
            cls(**OPTIONS[cls.__name__](rng, (3, *(1,) * more_axes(cls), 4)), dtype=dtype, name="drawn"), dtype
        )
        for training in (True, False):
            report = verify_model(model, *batch(rng, dtype), training=training, optimizer=training)
            assert report.ok, report.verdict()


@pytest.mark.quick(1, cover="dtype")
@each_drawing
def test_a_compiled_twin_hands_out_what_it_draws(cls, dtype, rng, keras):
    from tf_reference import KerasTwin

    model = network(of_rate(cls, 0.4, dtype=dtype, name="drawn"), dtype)
    x, y, _ = model.prepare_batch(*batch(rng, dtype))
    twin = KerasTwin(model.get_config(), model.get_weights(), model.loss, compiled=True)
    masks = []
    for _ in range(2):
        reference = twin.trace(x, y, training=True)
        report = Report("compiled")
        report.add(steps.network(model, reference, y, None))
        assert report.ok, report.verdict()
        masks.append(reference["drawn"].mask)
    assert not np.array_equal(*masks)


@each_drawing
def test_numbers_that_are_none_are_keras(cls, keras, tf, dtype, assert_within_allowance):
    """NaN and infinity, kept and dropped, through z and dx."""
    from tf_reference.layers import mask_of

    x = ODD.astype(dtype)
    if issubclass(cls, SPATIAL):
        x = x.reshape(1, *(1,) * more_axes(cls), 8, 8)
    delta = np.roll(x, 3)
    theirs, ours = (of_rate(cls, 0.5, module, dtype=dtype) for module in (keras.layers, layers))
    source = tf.constant(x)
    mask = mask_of(theirs, [source], True).numpy()
    with tf.GradientTape() as tape:
        tape.watch(source)
        z = theirs(source, training=True)
    expected = z.numpy(), tape.gradient(z, source, tf.constant(delta)).numpy()
    with np.errstate(invalid="ignore"):
        found, bounds = passed(ours, x, delta, mask), passed(ours, x, delta, mask, Bounded)
    for name, *results in zip(("z", "dx"), found, expected, bounds, strict=True):
        assert_within_allowance(comparison.compare(cls.__name__, name, "", *results))


@each_drawing
def test_nothing_is_drawn_in_inference_or_at_a_rate_of_0(cls, keras, tf, rng):
    x = rng.normal(size=(4, *(2,) * more_axes(cls), 3, 2)).astype("float32")
    given = tf.constant(x)
    for rate, training in ((0.5, False), (0.0, True), (0, True)):
        layer = of_rate(cls, rate)
        assert layer.is_identity(training) and layer(x, training=training) is x
        assert of_rate(cls, rate, keras.layers)(given, training=training) is given


@pytest.mark.parametrize("name", ["GaussianNoise", "ActivityRegularization"])
def test_logits_are_seen_through_what_hands_on_its_input(name, rng):
    """Keras fuses a cross-entropy with a softmax below such a layer, in inference or always."""
    layer = getattr(layers, name)(0.5)
    model = handnn.Sequential([handnn.Input((4,)), layers.Dense(3, "softmax"), layer])
    model.compile("sgd", "categorical_crossentropy")
    assert (model.output_loss(training=False).from_logits, model.output_loss(training=False).node) == (True, 0)
    assert model.output_loss(training=True).from_logits is (name == "ActivityRegularization")
    for training in (True, False):
        y = np.eye(3)[rng.integers(0, 3, 6)]
        report = verify_model(model, rng.normal(size=(6, 4)), y, training=training)
        assert report.ok, report.verdict()


# Without TensorFlow


@each_drawing
def test_dx_is_the_derivative_of_z(cls, rng):
    x, cotangent = rng.normal(size=(2, 3, *(1,) * more_axes(cls), 4, 2))
    for rate in RATES:
        layer = of_rate(cls, rate, dtype="float64")
        mask = layer.draw(x.shape)
        numeric = numeric_gradients.check(
            lambda point, layer=layer, mask=mask: passed(layer, point, cotangent, mask)[0],
            lambda point, layer=layer, mask=mask: passed(layer, point, cotangent, mask)[1],
            x,
            cotangent,
        )
        assert numeric.ratio <= 1


@pytest.mark.parametrize("rate", RATES)
def test_alpha_dropout_keeps_mean_and_variance(rate, assert_agrees):
    """Of an input with mean 0 and variance 1, kept with probability q = 1 - rate and s elsewhere."""
    layer = layers.AlphaDropout(rate)
    layer.rate = Bounded(np.float64(rate))
    a, b = layer.affine()
    s, q = -1.0507009873554805 * 1.6732632423543772, 1 - layer.rate
    mean = q * b + layer.rate * (a * s + b)
    square = q * (a * a + b * b) + layer.rate * (a * s + b) * (a * s + b)
    assert_agrees("mean", mean.value, np.float64(0), mean)
    assert_agrees("variance", (square - mean * mean).value, np.float64(1), square - mean * mean)


# What is drawn


@each_drawing
@pytest.mark.parametrize("rate", RATES)
def test_both_sides_draw_by_the_law(cls, rate, keras, tf):
    """Each with a false alarm in 1e9."""
    from tf_reference.layers import mask_of

    wide = (1,) * more_axes(cls)
    shape = (mask_law.NUMBERS // 64, *wide, 2, 64)
    ours, theirs = of_rate(cls, rate), of_rate(cls, rate, keras.layers)
    of_keras = mask_of(theirs, [tf.zeros(shape)], True).numpy()
    if issubclass(cls, SPATIAL):
        assert np.array_equal(of_keras[..., 0, :], of_keras[..., 1, :])
        of_keras = of_keras[..., 0, :]
    for numbers in (mask_law.drawn(ours, (8, *wide, 2, 64)), of_keras.reshape(-1)):
        found, expected, apart = mask_law.shares(numbers, mask_law.law(ours))
        assert numbers.size >= mask_law.NUMBERS
        assert np.abs(found - expected).max() <= apart


@pytest.mark.parametrize(
    ("drawn", "law"),
    [
        (("normal", 0, 1.15), mask_law.normal(0, 1)),
        (("normal", 0.1, 1), mask_law.normal(0, 1)),
        (("uniform", -math.sqrt(3), math.sqrt(3)), mask_law.normal(0, 1)),
        (("binomial", 1, 1 - 0.34), mask_law.dropped(0.3)),
        (("binomial", 1, 1 - 0.26), mask_law.dropped(0.3)),
    ],
)
def test_another_law_is_seen(drawn, law, rng):
    method, *arguments = drawn
    found, expected, apart = mask_law.shares(getattr(rng, method)(*arguments, mask_law.NUMBERS), law)
    assert np.abs(found - expected).max() > apart


def test_a_false_alarm_is_as_rare_as_stated(rng):
    """With a false alarm in 10, of 1000 right draws of 50 numbers no more than 100 are called wrong, give or take."""
    apart, alarms, law = mask_law.furthest(50, 0.1), 0, mask_law.normal(0, 1)
    for _ in range(1000):
        found, expected, _ = mask_law.shares(rng.normal(size=50), law)
        alarms += np.abs(found - expected).max() > apart
    # Hoeffding: 1000 trials exceed their expectation of at most 100 by more than this once in 1e9
    assert 0 < alarms <= 100 + math.sqrt(1000 * math.log(1e9) / 2)


@each_drawing
def test_draws_have_dtype_and_shape_and_follow_their_seed(cls, dtype):
    first, again, other = (of_rate(cls, 0.5, seed=seed, dtype=dtype) for seed in (3, 3, 4))
    shape = (6, *(1,) * more_axes(cls), 5, 7)
    one, same, different = (layer.draw(shape) for layer in (first, again, other))
    assert one.shape == shape and one.dtype == dtype
    assert np.array_equal(one, same) and not np.array_equal(one, different)
    assert not np.array_equal(one, first.draw(shape))
    assert of_rate(cls, 0.5, seed=None).draw(shape).std() > 0


@pytest.mark.parametrize("cls", [layers.Dropout, layers.AlphaDropout])
@pytest.mark.parametrize("noise_shape", [(None, 1, None), (1, 5, 1), (7,), (5, 1), None])
def test_shared_draws_are_shared_as_in_keras(cls, noise_shape, keras, tf):
    from tf_reference.layers import mask_of

    shape = (6, 5, 7)
    theirs = of_rate(cls, 0.5, keras.layers, noise_shape=noise_shape)
    masks = of_rate(cls, 0.5, noise_shape=noise_shape).draw(shape), mask_of(theirs, [tf.zeros(shape)], True).numpy()
    constant = [[bool((np.ptp(mask, axis=axis) == 0).all()) for axis in range(3)] for mask in masks]
    assert constant[0] == constant[1]
    assert sum(constant[0]) == (0 if noise_shape is None else 3 - sum(size != 1 for size in noise_shape))


# Bad input


@each_drawing
@pytest.mark.parametrize("rate", [-0.1, 1.5, True, "0.5", None, float("nan")])
def test_bad_rates(cls, rate):
    argument = "stddev" if cls is layers.GaussianNoise else "rate"
    with pytest.raises(ValueError, match=rf"{argument} must be a number in \[0, 1\]; received"):
        cls(rate)


@each_drawing
@pytest.mark.parametrize("seed", [-1, 1.5, "1"])
def test_bad_seeds(cls, seed):
    with pytest.raises(ValueError, match="seed must be None or an integer >= 0; received"):
        cls(0.5, seed=seed)


@pytest.mark.parametrize("cls", [layers.AlphaDropout, layers.GaussianDropout])
def test_a_rate_of_1_trains_in_neither(cls, keras, tf):
    with pytest.raises(ZeroDivisionError):
        of_rate(cls, 1.0, keras.layers)(tf.ones((2, 3)), training=True)
    with pytest.raises(ValueError, match=rf"rate of {cls.__name__} drop must be below 1 in training; received 1"):
        of_rate(cls, 1.0, name="drop")(np.ones((2, 3)), training=True)
    assert np.array_equal(of_rate(cls, 1.0)(np.ones((2, 3))), np.ones((2, 3)))


@pytest.mark.parametrize("cls", [layers.Dropout, layers.AlphaDropout])
@pytest.mark.parametrize("noise_shape", ["abc", 3, (0, 1), (1.5,), (-1, None)])
def test_bad_noise_shapes(cls, noise_shape):
    with pytest.raises(ValueError, match="noise_shape must be None or a shape"):
        cls(0.5, noise_shape=noise_shape)


@pytest.mark.parametrize("noise_shape", [(1, 1, 1), (2, 3), (3, None), (4,)])
def test_noise_shapes_that_do_not_fit(noise_shape):
    with pytest.raises(ValueError, match=r"noise_shape .* of drop does not fit an input of shape \(4, 5\)"):
        layers.Dropout(0.5, noise_shape=noise_shape, name="drop")(np.ones((4, 5)), training=True)


def test_spatial_dropout_needs_three_axes():
    with pytest.raises(ValueError, match=r"drop needs an input of 3 axes, not \(None, 5\)"):
        layers.SpatialDropout1D(0.5, name="drop")(np.ones((4, 5)))


def test_noise_of_more_than_1_is_refused_by_both(keras):
    for module in (layers, keras.layers):
        with pytest.raises(ValueError, match="stddev"):
            module.GaussianNoise(1.5)


def test_the_config_of_spatial_dropout_is_short(keras):
    for module in (layers, keras.layers):
        layer = module.SpatialDropout1D(0.5, name="drop")
        layer.trainable = False
        assert layer.get_config() == {"rate": 0.5, "seed": None, "name": "drop", "dtype": "float32"}
        with pytest.raises(TypeError):
            module.SpatialDropout1D(0.5, activity_regularizer="l2")


# Planted mistakes


def _written(**tensors):
    return lambda self, t: [setattr(t, name, value(self, t)) for name, value in tensors.items()]


S = -1.7580993408473766
PLANTED = {
    "Dropout: not scaled": ("Dropout", "forward", _written(z=lambda s, t: t.x * (t.mask > 0)), "z"),
    "Dropout: dx not masked": ("Dropout", "backward", _written(dx=lambda s, t: t.delta + 0), "dx"),
    "Dropout: own mask not scaled": (
        "Dropout",
        "draw",
        lambda self, shape: np.asarray(self.generator.random(shape) >= self.rate, self.dtype),
        "mask",
    ),
    "Dropout: rate is what is kept": (
        "Dropout",
        "keep",
        lambda self, shape: self.generator.random(shape) < self.rate,
        "mask law",
    ),
    "AlphaDropout: dropped to 0": (
        "AlphaDropout",
        "forward",
        _written(z=lambda s, t: s.affine()[0] * (t.x * t.mask) + s.affine()[1]),
        "z",
    ),
    "AlphaDropout: b forgotten": (
        "AlphaDropout",
        "forward",
        _written(z=lambda s, t: s.affine()[0] * (t.x * t.mask + S * (1 - t.mask))),
        "z",
    ),
    "AlphaDropout: a forgotten in z": (
        "AlphaDropout",
        "forward",
        _written(z=lambda s, t: t.x * t.mask + S * (1 - t.mask) + s.affine()[1]),
        "z",
    ),
    "AlphaDropout: a forgotten in dx": ("AlphaDropout", "backward", _written(dx=lambda s, t: t.delta * t.mask), "dx"),
    "AlphaDropout: dx not masked": (
        "AlphaDropout",
        "backward",
        _written(dx=lambda s, t: t.delta * s.affine()[0]),
        "dx",
    ),
    "AlphaDropout: all kept": (
        "AlphaDropout",
        "draw",
        lambda self, shape: np.ones(shape, self.dtype),
        "mask law",
    ),
    "GaussianDropout: added": ("GaussianDropout", "forward", _written(z=lambda s, t: t.x + t.mask), "z"),
    "GaussianDropout: delta handed on": ("GaussianDropout", "backward", _written(dx=lambda s, t: t.delta + 0), "dx"),
    "GaussianDropout: variance for deviation": (
        "GaussianDropout",
        "draw",
        lambda self, shape: self.generator.normal(1, self.rate / (1 - self.rate), shape).astype(self.dtype),
        "mask law",
    ),
    "GaussianDropout: around 0": (
        "GaussianDropout",
        "draw",
        lambda self, shape: self.generator.normal(0, math.sqrt(self.rate / (1 - self.rate)), shape).astype(self.dtype),
        "mask law",
    ),
    "GaussianNoise: multiplied": ("GaussianNoise", "forward", _written(z=lambda s, t: t.x * t.mask), "z"),
    "GaussianNoise: dx masked": ("GaussianNoise", "backward", _written(dx=lambda s, t: t.delta * t.mask), "dx"),
    "GaussianNoise: variance for deviation": (
        "GaussianNoise",
        "draw",
        lambda self, shape: self.generator.normal(0, self.stddev**2, shape).astype(self.dtype),
        "mask law",
    ),
}


@pytest.mark.quick(2)
@pytest.mark.parametrize("mistake", PLANTED)
def test_a_planted_mistake_is_named(mistake, dtype, monkeypatch, rng):
    name, method, planted, tensor = PLANTED[mistake]
    model = network(of_rate(getattr(layers, name), 0.4, dtype=dtype, name="drawn"), dtype)
    monkeypatch.setattr(getattr(layers, name), method, planted)
    report = verify_model(model, *batch(rng, dtype), optimizer=False)
    assert {(row.layer, row.tensor) for row in report.failures} == {("drawn", tensor)}
