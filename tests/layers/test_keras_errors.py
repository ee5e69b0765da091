"""Layers that Keras or TensorFlow computes wrongly for some shapes: what it does, and that nobody is called wrong."""

import itertools

import numpy as np
import pytest

import handnn
from handnn import Model, Sequential, layers, optimizers
from handnn.core.reference import computes_with_onednn
from handnn.core.trace import LayerTrace
from handnn.layers.keras_errors import added_elsewhere, centred
from handnn.verify import verify_model

SHAPES = [shape for rank in (1, 2, 3) for shape in itertools.product((1, 2, 3), repeat=rank)]
PAIRS = [(a, b) for a in SHAPES[3:] for b in SHAPES if len(b) <= len(a)]


def can_be_added(a, b):
    return all(n in (1, m) for m, n in zip(a[::-1], b[::-1], strict=False))


def test_keras_takes_an_array_of_one_long_axis_for_a_bias(keras, rng):
    """It is added along the last axis if that has its size, or else along the second, wherever its own axis is."""
    for a, b in (pair for pair in PAIRS if can_be_added(*pair)):
        x, y = rng.normal(size=a).astype("float32"), rng.normal(size=b).astype("float32")
        found = np.asarray(keras.ops.add(x, y))
        assert added_elsewhere(a, b) == (not np.array_equal(found, x + y)), (a, b)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("stride", [1, 2, 3, pytest.param(4, marks=pytest.mark.slow)])
def test_tensorflows_conv3d_reads_other_windows_where_same_needs_no_padding(stride, dtype, tf, rng):
    """In float32 where oneDNN does not convolve, in float64 on every machine."""
    others = set()
    for size, taps in itertools.product(range(1, 8), (1, 2, 3)):
        layer = layers.Conv3D(1, (taps, 1, 1), strides=(stride, 1, 1), padding="same", use_bias=False, dtype=dtype)
        x = rng.normal(size=(1, size, 1, 1, 1)).astype(dtype)
        layer.build(x.shape)
        layer.set_weights([np.ones((taps, 1, 1, 1, 1))])
        ours = layer(x)
        theirs = tf.nn.conv3d(x, layer.kernel.numpy(), (1, stride, 1, 1, 1), "SAME").numpy()
        agree = ours.shape == theirs.shape and bool((np.abs(ours - theirs) <= 8 * np.spacing(np.abs(ours))).all())
        assert centred(x.shape[1:-1], ours.shape[1:-1], layer) == (not agree), (size, taps)
        others.add(not agree)
    assert computes_with_onednn(dtype) or stride < 3 or True in others


def sequential(shape, layer):
    kept = {"dtype": layer.dtype}
    last = layers.Flatten(**kept), layers.Dense(2, **kept)
    return Sequential([layers.Input(shape, **kept), layer, *last], name="net"), (3, *shape)


def merging(cls):
    inputs = [layers.Input((3,)), layers.Input((1,))]
    merged = cls(name="wrong")([layers.Dense(3)(inputs[0]), layers.Dense(1)(inputs[1])])
    return Model(inputs, layers.Dense(2)(merged), name="net"), ((3, 3), (3, 1))


def attending():
    """As many steps as heads, of size 1: the bias of the queries is added along the steps."""
    x = layers.Input((2, 3))
    z = layers.MultiHeadAttention(2, 1, name="wrong")(x, x)
    return Model(x, layers.Dense(2)(layers.Flatten()(z)), name="net"), (3, 2, 3)


OWN_KERNELS = {"padding": "same", "dtype": "float64", "name": "wrong"}
"""In float32 oneDNN's kernels may run, which are right."""

CASES = {
    "bias of depthwise channels": lambda: sequential(
        (1, 2, 3), layers.DepthwiseConv2D(2, depth_multiplier=2, data_format="channels_first", name="wrong")
    ),
    "bias of separable channels": lambda: sequential(
        (2, 4, 3), layers.SeparableConv2D(2, 2, data_format="channels_first", name="wrong")
    ),
    "bias in front of dots": lambda: sequential(
        (4, 1, 3), layers.EinsumDense("ab...,bc->ac...", 3, bias_axes="c", name="wrong")
    ),
    "bias of heads": attending,
    "Add": lambda: merging(layers.Add),
    "Average": lambda: merging(layers.Average),
    "Conv3D": lambda: sequential((3, 1, 1, 1), layers.Conv3D(2, 1, strides=3, **OWN_KERNELS)),
    "Conv3DTranspose": lambda: sequential((1, 1, 1, 2), layers.Conv3DTranspose(2, (1, 2, 2), strides=3, **OWN_KERNELS)),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.quick(4)
def test_what_keras_computes_wrongly_is_said_and_not_compared(name, keras, rng):
    model, shapes = CASES[name]()
    model.compile("sgd", "mse")
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    x = [rng.normal(size=shape) for shape in (shapes if isinstance(shapes[0], tuple) else [shapes])]
    given = x if len(x) > 1 else x[0], rng.normal(size=(3, 2))
    report = verify_model(model, *given)
    assert report.ok, report.verdict()
    assert [note for note in report.notes if note.startswith("wrong: Keras' ")]
    layer = next(own for own in model.layers if own.name == "wrong")
    layer.keras_wrong = lambda t: {}
    assert verify_model(model, *given, optimizer=False).wrong


@pytest.mark.parametrize("layer", ["Dot", "UnitNormalization"])
def test_products_with_short_rows_that_tensorflow_flushes(layer, keras, rng):
    """delta x is a denormal of float32 here, which is flushed to 0, though delta x / |x|^2 is not small."""
    inputs = [layers.Input((5,)), layers.Input((5,))]
    if layer == "Dot":
        output = layers.Dot(1, normalize=True)(inputs)
    else:
        output = layers.Dot(1)([layers.UnitNormalization()(part) for part in inputs])
    model = Model(inputs, layers.Dense(1, name="output")(output), name="net")
    model.compile("sgd", "mse")
    x = [rng.normal(size=(6, 5)), (2e-7 if layer == "Dot" else 1e-9) * rng.normal(size=(6, 5))]
    report = verify_model(model, x, rng.normal(size=(6, 1)), np.full(6, 1e-30))
    assert not report.wrong, report.verdict()


def test_momentum_of_gradients_that_tensorflow_flushes(rng):
    """A denormal gradient times a large learning rate is not small; TensorFlow takes it for 0."""
    model = Sequential([layers.Input((3,)), layers.Dense(2)], name="net")
    model.compile(optimizers.SGD(1e6, momentum=0.9), "mse")
    model.set_weights([np.zeros(w.shape) for w in model.get_weights()])
    x, y = np.tile([1.0, 1e-38, 1e-40], (4, 1)), rng.normal(size=(4, 2))
    report = verify_model(model, x, y)
    assert report.ok, report.verdict()


@pytest.mark.parametrize("layer", ["MultiHeadAttention", "Bidirectional"])
def test_keras_trains_what_is_inside_a_frozen_layer(layer, keras, rng):
    """If it is frozen by its constructor, before it is built. handnn's is frozen, and its twin is made so."""

    def network(module):
        of = module.layers
        x = module.Input((4, 3), name="x")
        if layer == "MultiHeadAttention":
            z = of.MultiHeadAttention(2, 3, trainable=False, name="frozen")(x, x)
        else:
            z = of.Bidirectional(of.LSTM(2, return_sequences=True), trainable=False, name="frozen")(x)
        return module.Model(x, of.Dense(2, name="out")(of.Flatten()(z)), name="net")

    theirs, ours = network(keras), network(handnn)
    assert len(theirs.trainable_weights) > len(ours.trainable_weights) == 2
    ours.compile("adam", "mse")
    report = verify_model(ours, rng.normal(size=(5, 4, 3)), rng.normal(size=(5, 2)))
    assert report.ok, report.verdict()
    assert {row.layer for row in report if row.check == "optimizer"} == {"out"}


def test_what_is_almost_the_largest_receives_delta_in_three_dimensions(keras, rng):
    """Up to 1e-5 below it, whatever its size; handnn's gradient is the derivative."""
    model = handnn.Sequential([layers.Input((2, 2, 2, 1)), layers.MaxPooling3D(2, name="pool"), layers.Flatten()])
    model.compile("sgd", "mse")
    x = rng.normal(size=(3, 2, 2, 2, 1)) * 1e-6
    report = verify_model(model, x, rng.normal(size=(3, 1)))
    assert report.ok, report.verdict()
    x = keras.ops.convert_to_tensor(x, "float32")
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(x)
        z = keras.layers.MaxPooling3D(2)(x)
    assert np.count_nonzero(tape.gradient(z, x)) > 3


@pytest.mark.parametrize("odd", [-np.inf, np.nan, np.inf])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_max_pooling_of_what_is_not_finite(rank, odd, keras, rng):
    """NaN and -infinity are TensorFlow's lowest number; in three dimensions no infinity is found on the way back."""
    x = rng.normal(size=(3, *[2] * rank, 1)).astype("float32")
    x[0] = odd
    pool = getattr(layers, f"MaxPooling{rank}D")(2, name="pool")
    t = LayerTrace("pool")
    t.x = x
    pool(x)
    pool.forward(t)
    theirs = getattr(keras.layers, f"MaxPooling{rank}D")(2)(x).numpy()
    expected = {"z", "dx"} if odd != np.inf else {"dx"} if rank == 3 else set()
    assert set(pool.keras_wrong(t)) == expected
    assert np.array_equal(theirs[1:], t.z[1:])
    if "z" not in expected:
        assert np.array_equal(theirs, t.z)
    elif rank < 3 or computes_with_onednn("float32"):
        assert theirs[0].item() == np.finfo("float32").min


def test_a_maximum_of_what_has_overflowed(keras):
    model = Sequential([layers.Input((4, 1)), layers.Rescaling(-1e30), layers.MaxPooling1D(2), layers.Flatten()])
    model.compile("sgd", "mse")
    x = np.float32([[1e10, 1e11, 1.0, 2.0], [1.0, 3.0, 1e10, 1.0]])[..., np.newaxis]
    report = verify_model(model, x, np.zeros((2, 2)), optimizer=False)
    assert not report.wrong and any("takes NaN and -infinity" in note for note in report.notes), report.verdict()
