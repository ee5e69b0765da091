"""Pooling and what changes spatial sizes: against Keras, against differences, ties."""

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.core.trace import LayerTrace
from handnn.layers.pooling import windowed
from handnn.layers.sizes import interpolation
from handnn.proof.cases.layers import ONLY_FLOAT32, OPTIONS, only_float32, samples_for
from handnn.verify import numeric_gradients, verify_model

FIRST = {"data_format": "channels_first"}
POOLS = [cls for _, cls in layers.layers.items() if issubclass(cls, windowed.Pooling)]
NAMES = ("Global", "ZeroPadding", "Cropping", "UpSampling", "Resizing")
OTHERS = [cls for _, cls in layers.layers.items() if cls.__name__.startswith(NAMES)]
WINDOWS = {
    "side by side": {},
    "overlapping": {"pool_size": 3, "strides": 1},
    "padded": {"pool_size": 3, "strides": 2, "padding": "same"},
    "overlapping and padded": {"pool_size": 2, "strides": 1, "padding": "same"},
    "smaller than the step": {"pool_size": 1, "strides": 2},
    "channels first": {"pool_size": 2, **FIRST},
}
SHAPES = {1: (7, 3), 2: (6, 5, 3), 3: (4, 3, 5, 3)}
each_pool = pytest.mark.parametrize("cls", POOLS, ids=lambda cls: cls.__name__)
each_window = pytest.mark.parametrize("window", WINDOWS)


def network(cls, options, shape, dtype):
    stack = [handnn.Input(shape, dtype=dtype), layers.Dense(shape[-1], "tanh", dtype=dtype, name="below")]
    stack += [cls(**options, dtype=dtype, name="pool"), layers.Flatten(dtype=dtype), layers.Dense(2, dtype=dtype)]
    model = handnn.Sequential(stack, name="net")
    model.compile("sgd", "mse")
    model.set_weights([np.random.default_rng(1).normal(size=w.shape) for w in model.weights])
    return model


def options_of(cls, window):
    return {"pool_size": 2} | WINDOWS[window] if cls.__name__.startswith("Average") else WINDOWS[window]


@pytest.mark.quick(12, cover={"dtype": None, "cls": lambda cls: cls.__name__})
@each_window
@each_pool
def test_pooling_is_keras(cls, window, dtype, rng):
    if dtype == "float64" and cls.__name__ in ONLY_FLOAT32:
        pytest.skip("Keras has no kernel for it")
    shape = SHAPES[cls.rank]
    shape = (shape[-1], *shape[:-1]) if window == "channels first" else shape
    model = network(cls, options_of(cls, window), shape, dtype)
    report = verify_model(model, rng.normal(size=(3, *shape)), rng.normal(size=(3, 2)), optimizer=False)
    assert report.ok, report.verdict()
    assert {"pool z", "pool dx"} <= {row.where for row in report} or window == "smaller than the step"


@pytest.mark.quick(6)
@each_window
@each_pool
def test_dx_of_pooling_is_the_derivative(cls, window, rng):
    shape = SHAPES[cls.rank]
    shape = (shape[-1], *shape[:-1]) if window == "channels first" else shape
    model = network(cls, options_of(cls, window), shape, "float64")
    ratios = numeric_gradients.network(model, rng.normal(size=(3, *shape)), rng.normal(size=(3, 2)), elements=8)
    assert max(ratios.values()) <= 1, ratios


@pytest.mark.quick(1, cover={"cls": lambda cls: cls.__name__})
@pytest.mark.parametrize("draw", range(4))
@pytest.mark.parametrize("cls", OTHERS, ids=lambda cls: cls.__name__)
def test_other_layers_are_keras_and_their_own_derivatives(cls, draw, dtype):
    rng = np.random.default_rng(draw)
    (shape,) = samples_for(cls)
    options = OPTIONS[cls.__name__](rng, shape)
    model = network(cls, options, shape, dtype)
    x, y = rng.normal(size=(3, *shape)), rng.normal(size=(3, 2))
    if dtype == "float32" or not only_float32(cls.__name__, options):
        report = verify_model(model, x, y, optimizer=False)
        assert report.ok, report.verdict()
    if dtype == "float64":
        ratios = numeric_gradients.network(model, x, y, elements=8)
        assert max(ratios.values()) <= 1, ratios


# ---- ties -----------------------------------------------------------------------------------------------------------


def both(cls, options, x, keras, tf):
    """z and dx of both sides for x, under one cotangent of integers."""
    ours, theirs = cls(**options), getattr(keras.layers, cls.__name__)(**options)
    source = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(source)
        z = theirs(source)
    delta = np.random.default_rng(3).integers(1, 9, z.shape).astype(x.dtype)
    t = LayerTrace("pool")
    t.x, t.delta = x, delta
    ours.build((None, *x.shape[1:]))
    ours.forward(t)
    ours.backward(t)
    return (t.z, t.dx), (z.numpy(), tape.gradient(z, source, tf.constant(delta)).numpy())


@pytest.mark.parametrize("window", ["side by side", "overlapping", "padded"])
@pytest.mark.parametrize("cls", [cls for cls in POOLS if cls.__name__.startswith("Max")], ids=lambda cls: cls.__name__)
def test_of_equal_maxima_those_receive_delta_that_do_in_tensorflow(cls, window, keras, tf, rng):
    """A fact: the first in C order; with three axes each of them, all of delta."""
    x = rng.integers(0, 3, (4, *SHAPES[cls.rank])).astype("float32")
    (z, dx), (their_z, their_dx) = both(cls, WINDOWS[window], x, keras, tf)
    assert np.array_equal(z, their_z) and np.array_equal(dx, their_dx)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_equal_maxima_of_all_places_share_delta(rank, keras, tf, rng):
    x = np.zeros((2, *SHAPES[rank]), "float32")
    x[:, :2] = 1.0
    cls = getattr(layers, f"GlobalMaxPooling{rank}D")
    (z, dx), (their_z, their_dx) = both(cls, {}, x, keras, tf)
    assert np.array_equal(z, their_z)
    assert len(np.unique(dx[0, ..., 0])) == 2
    assert (np.abs(dx - their_dx) <= 2 * np.spacing(np.abs(their_dx))).all()  # delta / n there, 1 / n delta here


@pytest.mark.parametrize("name", ONLY_FLOAT32)
def test_keras_on_a_cpu_does_not_pool_volumes_in_float64(name, keras, tf):
    """A fact; the layer itself computes in float64, and `test_dx_of_pooling_is_the_derivative` proves it."""
    with pytest.raises(tf.errors.OpError):
        getattr(keras.layers, name)(2, dtype="float64")(tf.ones((1, 4, 4, 4, 1), "float64"))


def test_keras_enlarges_pictures_in_float32(keras, tf, rng):
    """A fact: with 'bilinear', whatever the layer's dtype."""
    x = rng.normal(size=(1, 3, 3, 1))
    theirs = keras.layers.UpSampling2D(2, interpolation="bilinear", dtype="float64")(x).numpy()
    ours = layers.UpSampling2D(2, interpolation="bilinear", dtype="float64")(x)
    off = np.abs(theirs - ours).max()
    assert np.finfo("float64").eps * 1e3 < off < np.finfo("float32").eps * 10


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("ratio", [None, "crop_to_aspect_ratio", "pad_to_aspect_ratio"])
@pytest.mark.parametrize("method", interpolation.METHODS)
@pytest.mark.slow
def test_pictures_of_any_size_become_those_of_keras(method, ratio, antialias, keras, rng):
    options = {"interpolation": method, "antialias": antialias, "fill_value": 0.7} | ({ratio: True} if ratio else {})
    for k, (height, width, *new) in enumerate(rng.integers(1, 12, (4, 4)).tolist()):
        shape = (height, width, 3) if k % 2 else (3, height, width)
        own = options | {"data_format": None if k % 2 else "channels_first", "height": new[0], "width": new[1]}
        model = network(layers.Resizing, own, shape, "float32")
        report = verify_model(model, rng.normal(size=(3, *shape)), rng.normal(size=(3, 2)), optimizer=False)
        assert report.ok, (shape, own, report.verdict())


@pytest.mark.parametrize("ratio", ["crop_to_aspect_ratio", "pad_to_aspect_ratio"])
@pytest.mark.parametrize("shape", [(12, 1), (1, 12)])
def test_a_ratio_that_rounds_to_nothing_leaves_one_pixel(shape, ratio, keras, rng):
    x = rng.normal(size=(1, *shape, 1)).astype("float32")
    ours, theirs = (m.layers.Resizing(*shape[::-1], "nearest", **{ratio: True}) for m in (handnn, keras))
    assert np.array_equal(ours(x), theirs(x))


def test_the_ratio_of_large_pictures_is_rounded_in_float32():
    """As in Keras: 4999 * 4049 / 4506 is 4491.99978, and becomes 4492."""
    assert (
        layers.Resizing(4049, 4506).at_ratio((1, 4999))[0] == layers.Resizing(4506, 4049).at_ratio((4999, 1))[1] == 4492
    )


def test_what_averages_where_pictures_shrink_changes_nothing_where_they_grow():
    for method in ("bilinear", "lanczos3", "lanczos5"):
        plain, averaging = (interpolation.weights(3, 5, method, antialias) for antialias in (False, True))
        assert np.array_equal(plain, averaging)
        plain, averaging = (interpolation.weights(5, 3, method, antialias) for antialias in (False, True))
        assert not np.array_equal(plain, averaging)


def test_one_picture_and_pictures_of_several_sizes(keras, rng):
    """A call takes one picture; a network whose input has no fixed size takes pictures of any."""
    ours, theirs = (module.layers.Resizing(3, 5) for module in (handnn, keras))
    picture = rng.normal(size=(7, 4, 2)).astype("float32")
    assert np.asarray(ours(picture)).shape == tuple(theirs(picture).shape) == (3, 5, 2)
    model = handnn.Sequential([handnn.Input((None, None, 2)), layers.Resizing(3, 5), layers.Flatten()])
    assert model.output_shape == (None, 30)
    assert np.array_equal(model.predict(picture[np.newaxis]).reshape(3, 5, 2), ours(picture))


@pytest.mark.parametrize("options", [{"interpolation": "lanczos3"}, {"antialias": True}])
def test_keras_does_not_differentiate_some_resized_pictures_in_float64(options, keras, tf):
    """A fact; the layer itself does, and `test_other_layers_are_keras_and_their_own_derivatives` proves it."""
    x = tf.ones((1, 4, 4, 1), "float64")
    with tf.GradientTape() as tape:
        tape.watch(x)
        z = keras.layers.Resizing(2, 2, **options, dtype="float64")(x)
    with pytest.raises(tf.errors.InvalidArgumentError):
        tape.gradient(z, x)


# ---- bad input ------------------------------------------------------------------------------------------------------

x4 = np.ones((1, 4, 4, 2), "float32")
BAD = {
    "pool_size": (lambda: layers.MaxPooling2D(0), "pool_size must be an integer >= 1 or 2 of them"),
    "padding": (lambda: layers.MaxPooling2D(2, padding="causal"), "padding must be one of 'valid', 'same'"),
    "too small": (lambda: layers.AveragePooling2D(5, name="p")(x4), "a window of p must fit into its input"),
    "rank": (lambda: layers.GlobalMaxPooling1D(name="p")(x4), "p needs inputs of 3 axes"),
    "data_format": (lambda: layers.GlobalMaxPooling1D("NHWC"), "data_format must be 'channels_last'"),
    "zeros": (lambda: layers.ZeroPadding2D((1, 2, 3)), "padding must be an integer >= 0, or 2 of them or of pairs"),
    "crop": (lambda: layers.Cropping2D(-1), "cropping must be an integer >= 0, or 2 of them or of pairs"),
    "all": (lambda: layers.Cropping2D(2, name="c")(x4), "cropping of c must leave something of 4 elements"),
    "size": (lambda: layers.UpSampling1D(0), "size must be an integer >= 1"),
    "gaussian": (lambda: layers.UpSampling2D(2, interpolation="gaussian"), "interpolation must be one of 'nearest'"),
    "height": (lambda: layers.Resizing(0, 2), "height must be an integer >= 1; received 0"),
    "both": (lambda: layers.Resizing(2, 2, "nearest", True, True), "only one of crop_to_aspect_ratio and pad_to"),
    "fill_mode": (lambda: layers.Resizing(2, 2, fill_mode="reflect"), "fill_mode must be one of 'constant'"),
    "fill_value": (lambda: layers.Resizing(2, 2, fill_value=np.inf), "fill_value must be a finite number"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_line(case):
    call, words = BAD[case]
    with pytest.raises(ValueError, match=words) as raised:
        call()
    assert "\n" not in str(raised.value)
