"""Convolutions: every kind of window against Keras and against differences, the two formulas of dx."""

import itertools

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.core.reference import computes_with_onednn
from handnn.core.trace import LayerTrace
from handnn.layers.convolution import conv
from handnn.layers.convolution.windows import Windows, padded_axis
from handnn.rounding.bounded import Bounded
from handnn.verify import numeric_gradients, verify_model

FIRST = {"data_format": "channels_first"}
CASES = {
    "Conv1D": [
        ((9, 4), {"filters": 3, "kernel_size": 3}),
        ((9, 4), {"filters": 3, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}),
        ((9, 4), {"filters": 3, "kernel_size": 2, "padding": "causal", "strides": 2}),
        ((9, 4), {"filters": 2, "kernel_size": 1, "use_bias": False}),
    ],
    "Conv2D": [
        ((7, 6, 4), {"filters": 3, "kernel_size": 3, "activation": "tanh"}),
        ((7, 6, 4), {"filters": 3, "kernel_size": (3, 2), "padding": "same"}),
        ((7, 6, 4), {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same"}),
        ((7, 6, 4), {"filters": 3, "kernel_size": 2, "strides": (3, 2)}),
        ((7, 8, 4), {"filters": 3, "kernel_size": 3, "dilation_rate": (2, 1), "padding": "same"}),
        ((7, 6, 4), {"filters": 6, "kernel_size": 3, "groups": 2}),
        ((4, 6, 5), {"filters": 2, "kernel_size": 3, "groups": 2, **FIRST}),
        ((1, 1, 4), {"filters": 2, "kernel_size": 1}),
    ],
    "Conv3D": [
        ((4, 3, 5, 2), {"filters": 3, "kernel_size": 2, "padding": "same", "strides": 2}),
        ((2, 3, 4, 3), {"filters": 2, "kernel_size": (1, 2, 3), **FIRST}),
    ],
    "Conv1DTranspose": [
        ((5, 4), {"filters": 3, "kernel_size": 2, "strides": 3}),
        ((5, 4), {"filters": 3, "kernel_size": 3, "padding": "same"}),
    ],
    "Conv2DTranspose": [
        ((4, 5, 4), {"filters": 3, "kernel_size": 3, "activation": "tanh"}),
        ((4, 5, 4), {"filters": 3, "kernel_size": (3, 2), "strides": 2, "padding": "same"}),
        ((4, 5, 4), {"filters": 3, "kernel_size": 2, "strides": 3, "use_bias": False}),
        ((4, 5, 4), {"filters": 3, "kernel_size": 3, "strides": 2, "output_padding": 1}),
        ((4, 5, 4), {"filters": 3, "kernel_size": 3, "strides": 2, "output_padding": 1, "padding": "same"}),
    ],
    "Conv3DTranspose": [((2, 3, 2, 3), {"filters": 2, "kernel_size": 2, "strides": 2, "padding": "same"})],
    "DepthwiseConv1D": [
        ((6, 4), {"kernel_size": 3, "depth_multiplier": 2}),
        ((4, 6), {"kernel_size": 3, "padding": "same", **FIRST}),
    ],
    "DepthwiseConv2D": [
        ((6, 5, 4), {"kernel_size": 3, "activation": "relu"}),
        ((6, 5, 4), {"kernel_size": (3, 2), "depth_multiplier": 2, "strides": 2, "padding": "same"}),
        ((6, 5, 4), {"kernel_size": 2, "dilation_rate": 2, "strides": 2, "padding": "same"}),
        ((4, 6, 5), {"kernel_size": 3, "use_bias": False, **FIRST}),
    ],
    "SeparableConv1D": [((6, 4), {"filters": 3, "kernel_size": 2, "depth_multiplier": 2, "dilation_rate": 2})],
    "SeparableConv2D": [
        ((6, 5, 4), {"filters": 3, "kernel_size": 3, "activation": "tanh"}),
        ((6, 5, 4), {"filters": 3, "kernel_size": 2, "depth_multiplier": 2, "strides": 2, "padding": "same"}),
        ((4, 6, 5), {"filters": 2, "kernel_size": 2, **FIRST}),
    ],
}
ALL = [(name, shape, options) for name, cases in CASES.items() for shape, options in cases]
each_case = pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case[0]} {case[2]}")
RULES = {"bias_regularizer": "l1", "bias_constraint": "non_neg", "activity_regularizer": "l2"}


def network(case, dtype, **more):
    """The layer between two Dense layers."""
    name, shape, options = case
    stack = [handnn.Input(shape, dtype=dtype), layers.Dense(shape[-1], "tanh", dtype=dtype, name="below")]
    stack += [getattr(layers, name)(**options, **more, dtype=dtype, name="conv")]
    stack += [layers.Flatten(dtype=dtype), layers.Dense(2, dtype=dtype, name="top")]
    model = handnn.Sequential(stack, name="net")
    model.compile("sgd", "mse")
    return model


def batch(model, case, rng, samples=3):
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    return rng.normal(size=(samples, *case[1])), rng.normal(size=(samples, 2))


def test_every_convolution_has_cases():
    convolutions = {cls.__name__ for _, cls in layers.layers.items() if issubclass(cls, layers.Conv2D.__mro__[2])}
    assert convolutions == set(CASES)


@pytest.mark.quick(12, cover={"dtype": None, "case": lambda case: case[0]})
@each_case
def test_formulas_are_keras(case, dtype, rng):
    model = network(case, dtype, **RULES if case[2].get("use_bias", True) else {})
    report = verify_model(model, *batch(model, case, rng), optimizer=False)
    assert report.ok, report.verdict()
    assert {"conv z", "conv dx"} <= {row.where for row in report}


@pytest.mark.quick(3)
@each_case
def test_gradients_are_the_derivatives_of_the_loss(case, rng):
    model = network(case, "float64")
    ratios = numeric_gradients.network(model, *batch(model, case, rng), elements=8)
    assert max(ratios.values()) <= 1, ratios


# ---- without TensorFlow ---------------------------------------------------------------------------------------------


def run(layer, x, delta=None, kind=np.asarray):
    """The trace of one pass; delta is drawn if it is not given."""
    t = LayerTrace(layer.name)
    t.x = kind(x)
    layer.forward(t)
    t.delta = kind(delta)
    layer.backward(t)
    return t


def by_definition(x, W, b, windows):
    """z by its sum over taps and channels, one place at a time."""
    x = windows.pad(x)
    z = np.zeros((len(x), *windows.places, W.shape[-1]))
    for place in np.ndindex(*windows.places):
        for tap in np.ndindex(*windows.taps):
            read = tuple(p * a.stride + j * a.dilation for p, j, a in zip(place, tap, windows.axes, strict=True))
            z[(slice(None), *place)] += x[(slice(None), *read)] @ W[tap]
    return z + b


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_z_is_its_definition(padding, rng, assert_agrees):
    layer = layers.Conv2D(3, (3, 2), strides=(2, 1), padding=padding, dtype="float64")
    x = rng.normal(size=(2, 6, 5, 4))
    layer(x)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    found, bound = (run(layer, x, np.zeros(layer(x).shape), kind) for kind in (np.asarray, Bounded))
    W, b = layer.get_weights()
    assert_agrees("z", found.z, by_definition(x, W, b, layer.windows((6, 5))), bound.z)


WINDOWS = list(itertools.product((1, 2, 3), (1, 2, 3), (1, 2), ("valid", "same", "causal")))


@pytest.mark.quick(12)
@pytest.mark.parametrize(("taps", "stride", "dilation", "padding"), WINDOWS, ids=str)
def test_fold_is_the_transpose_of_patches(taps, stride, dilation, padding, rng, assert_agrees):
    """<patches(x), P> = <x, fold(P)>, and both ways of adding give the same."""
    windows = Windows([padded_axis(size, taps, stride, dilation, padding) for size in (8, 6)])
    x = rng.normal(size=(2, 8, 6, 3))
    parts = rng.normal(size=windows.patches(x).shape)
    left = np.sum(Bounded(windows.patches(x) * parts))
    received = np.moveaxis(parts, (3, 4), (0, 1)).reshape(-1, 2, *windows.places, 3)
    assert_agrees("product", left.value, np.sum(x * windows.fold(received)), left)
    bound = windows.fold_in_one_sum(Bounded(received))
    assert_agrees("fold", windows.fold(received), windows.fold_in_one_sum(received), bound)
    with pytest.raises(ValueError, match="longer"):
        windows.fold([*received, received[0]])


@pytest.mark.quick(12)
@pytest.mark.parametrize(("taps", "stride", "dilation", "padding"), WINDOWS, ids=str)
@pytest.mark.parametrize("groups", [1, 2])
def test_the_fast_dx_is_the_full_correlation_with_the_turned_kernel(
    taps, stride, dilation, padding, groups, rng, assert_agrees
):
    windows = Windows([padded_axis(size, taps, stride, dilation, padding) for size in (8, 6)])
    W, delta = rng.normal(size=(taps, taps, 2, 4)), rng.normal(size=(3, *windows.places, 4))
    turned = conv.turned_correlation(Bounded(delta), W, windows, groups)
    assert_agrees("dx", conv.input_gradient(delta, W, windows, groups), turned.value, turned)


@pytest.mark.parametrize("name", CASES)
def test_channels_first_is_channels_last_moved(name, rng, assert_agrees):
    """Also where TensorFlow has no kernel for it on a CPU."""
    rank = getattr(layers, name).rank
    options = {"kernel_size": 2} | ({} if name.startswith("Depthwise") else {"filters": 3})
    last, first = (
        getattr(layers, name)(**options, data_format=f, dtype="float64")
        for f in ("channels_last", FIRST["data_format"])
    )
    x = rng.normal(size=(2, *(5, 4, 3)[:rank], 3))
    last(x), first(np.moveaxis(x, -1, 1))
    first.set_weights(weights := [rng.normal(size=w.shape) for w in last.weights])
    last.set_weights(weights)
    delta = rng.normal(size=last(x).shape)
    one, other = run(last, x, delta), run(first, np.moveaxis(x, -1, 1), np.moveaxis(delta, -1, 1))
    assert np.array_equal(np.moveaxis(one.z, -1, 1), other.z)
    assert np.array_equal(np.moveaxis(one.dx, -1, 1), other.dx)
    for weight, gradient in one.gradients.items():
        bound = run(last, x, delta, Bounded).gradients[weight]
        assert_agrees(weight, gradient, other.gradients[weight], bound)


def test_a_batch_in_parts_is_the_batch_whole(monkeypatch, rng, assert_agrees):
    x = rng.normal(size=(7, 6, 5, 4)).astype("float32")
    layer = layers.Conv2D(3, 3, padding="same")
    delta = rng.normal(size=layer(x).shape).astype("float32")
    whole, bound = run(layer, x, delta), run(layer, x, delta, Bounded)
    for most in ("PATCHES", "PARTS"):
        monkeypatch.setattr(f"handnn.layers.convolution.windows.{most}", 1)
    parts = run(layer, x, delta)
    for name in ("z", "dx"):
        assert_agrees(name, getattr(parts, name), getattr(whole, name), getattr(bound, name))
    for name in ("kernel", "bias"):
        assert_agrees(name, parts.gradients[name], whole.gradients[name], bound.gradients[name])


def test_buffers_of_the_last_step_are_used_again(rng):
    """A second pass over other numbers writes into the arrays of the first, and gives what a new trace gives."""
    layer = layers.Conv2D(3, 2)
    x, other = rng.normal(size=(2, 3, 5, 4, 2)).astype("float32")
    t = LayerTrace("conv")
    t.x = x
    layer.build((None, 5, 4, 2))
    layer.forward(t)
    t.delta = rng.normal(size=t.z.shape).astype("float32")
    layer.backward(t)
    kept = t.z, t.dx, t.gradients["kernel"]
    t.x = other
    layer.forward(t)
    layer.backward(t)
    again = run(layer, other, t.delta)
    assert all(a is b for a, b in zip(kept, (t.z, t.dx, t.gradients["kernel"]), strict=True))
    assert np.array_equal(t.z, again.z) and np.array_equal(t.dx, again.dx)
    assert np.array_equal(t.gradients["kernel"], again.gradients["kernel"])


def test_other_sizes_than_built_for(keras, rng, assert_agrees):
    ours, theirs = (module.layers.Conv2D(2, 3) for module in (handnn, keras))
    small, large = rng.normal(size=(2, 5, 5, 3)).astype("float32"), rng.normal(size=(2, 8, 6, 3)).astype("float32")
    ours(small), theirs(small)
    theirs.set_weights(ours.get_weights())
    z = run(ours, large, np.zeros((2, 6, 4, 2)), Bounded).z
    assert_agrees("z", ours(large), theirs(large).numpy(), z)


# ---- facts ----------------------------------------------------------------------------------------------------------


LACKING = {
    "Conv1D": FIRST,
    "Conv2D": FIRST,
    "Conv1DTranspose": FIRST,
    "Conv2DTranspose": FIRST,
    "dilated Conv2DTranspose": {"dilation_rate": 2},
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LACKING)
def test_what_tensorflows_own_kernels_lack(name, dtype, keras, tf, rng, assert_agrees):
    """A fact: channels first, and a transposed convolution with dilation. oneDNN's agree with handnn's layer."""
    ours, theirs = (getattr(m.layers, name.split()[-1])(2, 2, dtype=dtype, **LACKING[name]) for m in (handnn, keras))
    x = rng.normal(size=(1, 2, 5) if "1D" in name else (1, 2, 5, 5)).astype(dtype)
    ours(x)
    if not computes_with_onednn(dtype):
        with pytest.raises(tf.errors.OpError):
            theirs(x)
        return
    theirs.build(x.shape)
    theirs.set_weights(ours.get_weights())
    delta = rng.normal(size=ours(x).shape).astype(dtype)
    found, bounds = run(ours, x, delta), run(ours, x, delta, Bounded)
    with tf.GradientTape() as tape:
        given = tf.constant(x)
        tape.watch(given)
        z = theirs(given)
    dx, dW, _ = tape.gradient(z, [given, *theirs.trainable_variables], delta)
    assert_agrees("z", found.z, z.numpy(), bounds.z)
    assert_agrees("dx", found.dx, dx.numpy(), bounds.dx)
    assert_agrees("dW", found.gradients["kernel"], dW.numpy(), bounds.gradients["kernel"])


def test_a_dilated_transposed_convolution_is_the_way_back_of_a_dilated_one(rng, assert_agrees):
    """Which not every kernel computes: z is the dx of Conv2D, dx is its z."""
    forth = layers.Conv2D(3, 2, dilation_rate=2, use_bias=False, dtype="float64")
    back = layers.Conv2DTranspose(2, 2, dilation_rate=2, use_bias=False, dtype="float64")
    x = rng.normal(size=(2, 6, 5, 2))
    delta = rng.normal(size=forth(x).shape)
    back(delta)
    back.set_weights(forth.get_weights())
    one, other = run(forth, x, delta), run(back, delta, x)
    bound, reverse = run(forth, x, delta, Bounded), run(back, delta, x, Bounded)
    assert_agrees("z", other.z, one.dx, bound.dx)
    assert_agrees("dx", one.z, other.dx, reverse.dx)
    assert_agrees("dW", other.gradients["kernel"], one.gradients["kernel"], bound.gradients["kernel"])


def test_one_pixel_is_written_out(rng):
    model = network(("Conv2D", (3, 3, 1), {"filters": 2, "kernel_size": 2}), "float64")
    text = handnn.verify.walkthrough(model, *batch(model, (None, (3, 3, 1)), rng, samples=1))
    lines = [" ".join(line.split()) for line in str(text).splitlines()]
    where = next(i for i, line in enumerate(lines) if line.startswith("z = patches(x) W + b"))
    z = " ".join(lines[where : where + 6])
    assert "x[0,1,1,0] W[0,0,0," in z and "x[0,2,2,0] W[1,1,0," in z, z
    assert "delta[0,0,0,0]*W" in " ".join(lines).replace(" W", "*W")


# ---- bad input ------------------------------------------------------------------------------------------------------

x4 = np.ones((1, 4, 4, 2), "float32")
BAD = {
    "filters": (lambda: layers.Conv2D(0, 3), "filters must be an integer >= 1; received 0"),
    "kernel_size": (lambda: layers.Conv2D(2, (3, 3, 3)), r"kernel_size must be an integer >= 1 or 2 of them"),
    "strides": (lambda: layers.Conv2D(2, 3, strides=0), "strides must be an integer >= 1 or 2 of them"),
    "padding": (lambda: layers.Conv2D(2, 3, padding="causal"), "padding must be one of 'valid', 'same'"),
    "data_format": (lambda: layers.Conv2D(2, 3, data_format="NHWC"), "data_format must be 'channels_last'"),
    "groups": (lambda: layers.Conv2D(3, 3, groups=2), "groups must divide filters"),
    "groups of channels": (lambda: layers.Conv2D(3, 3, groups=3)(x4), "must divide the 2 channels"),
    "both": (lambda: layers.Conv2D(2, 3, strides=2, dilation_rate=2), "exclude each other"),
    "too small": (lambda: layers.Conv2D(2, 5, name="c")(x4), "a window of c must fit into its input"),
    "rank": (lambda: layers.Conv2D(2, 3, name="c")(x4[0]), r"c needs inputs of 4 axes, \(batch, \*sizes, channels\)"),
    "channels": (
        lambda: (layer := layers.Conv2D(2, 3, name="c"))(x4) is layer(x4[..., :1]),
        "c is built for inputs of shape",
    ),
    "depth_multiplier": (lambda: layers.DepthwiseConv2D(2, depth_multiplier=0), "depth_multiplier must be an integer"),
    "output_padding": (
        lambda: layers.Conv2DTranspose(2, 3, strides=2, output_padding=2),
        "output_padding must be less than strides",
    ),
    "lora_rank": (lambda: layers.Conv2D(2, 3, lora_rank=2), "lora_rank is not supported by handnn's Conv2D"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_line(case):
    call, words = BAD[case]
    with pytest.raises(ValueError, match=words) as raised:
        call()
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("odd", [np.inf, np.nan])
def test_what_is_not_finite_reaches_every_tap_in_three_dimensions(odd, tf, rng):
    """As in TensorFlow's own kernels (always in float64), also the taps that do not read it; what is finite stays."""
    read, sent = rng.integers(-3, 4, (2, 3, 3, 3, 2)), rng.integers(-3, 4, (2, 2, 2, 2, 3))

    def keras_dW(x, delta):
        options = {"filter_sizes": [2, 2, 2, 2, 3], "strides": [1] * 5, "padding": "VALID"}
        return tf.raw_ops.Conv3DBackpropFilterV2(input=x, out_backprop=delta, **options).numpy()

    read, sent = read.astype("float64"), sent.astype("float64")
    dW = keras_dW(read, sent)
    assert np.array_equal(conv.all_taps_read(dW, read, sent), dW) and dW.all(axis=(0, 1, 2)).any()
    for spoilt, places in ((read, np.s_[..., 1, :]), (sent, np.s_[..., 1])):
        before, spoilt[0, 0, 0, 0, 1] = spoilt[0, 0, 0, 0, 1], odd
        with np.errstate(invalid="ignore"):
            found, theirs = conv.all_taps_read(dW, read, sent), keras_dW(read, sent)
        assert np.array_equal(np.isfinite(found), np.isfinite(theirs)) and not np.isfinite(found[places]).any()
        assert np.isfinite(found).any()
        spoilt[0, 0, 0, 0, 1] = before


def test_a_strided_kernel_of_one_place_does_not_end_the_process(keras, rng, monkeypatch):
    """A fact: oneDNN's gradient of such a kernel writes beyond its memory; the twin convolves without strides."""
    parts = [layers.Input((7, 7, 8)), layers.Conv2D(8, 1, strides=2), layers.Flatten(), layers.Dense(2)]
    model = handnn.Sequential(parts)
    model.compile(loss="mse")
    strides, convolved = [], keras.ops.conv

    def recorded(*given, **own):
        strides.append(own["strides"])
        return convolved(*given, **own)

    monkeypatch.setattr(keras.ops, "conv", recorded)
    x, y = rng.normal(size=(3, 7, 7, 8)).astype("float32"), rng.normal(size=(3, 2))
    report = verify_model(model, x, y, optimizer=False)
    assert report.ok, report.verdict()
    assert set(strides) == {1}
