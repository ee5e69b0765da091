"""Surprises of Keras' activations that docs/keras-facts.md tells of: a test fails here when Keras changes one."""

import mpmath
import numpy as np
import pytest

import handnn
from handnn import activations
from handnn.activations import Gelu, LeakyRelu, Relu
from handnn.activations.units import NormalGate
from handnn.core.reference import computes_with_onednn
from handnn.proof import mpmath_activations
from handnn.rounding import allowance
from handnn.rounding.bounded import Bounded


@pytest.mark.slow
def test_sparsemax_of_keras_is_wrong(tensorflow_pass):
    """keras.activations.sparsemax adds cumulative sums up. When this fails, take `keras_wrong` out of Sparsemax."""
    z = np.array([[1.0, 1.0], [0.5, 0.25], [3.0, 0.0]])  # nothing is rounded
    assert activations.sparsemax.forward(z).tolist() == [[0.5, 0.5], [0.625, 0.375], [1, 0]]
    assert tensorflow_pass(activations.sparsemax, z, z)[0].tolist() == [[0, 0], [0.375, 0.125], [1, 0]]
    assert activations.sparsemax.keras_right(z).tolist() == [[False] * 2, [False] * 2, [True] * 2]


def test_squareplus_does_not_overflow(dtype, tensorflow_pass):
    z = np.array([1, -1], dtype) * np.sqrt(np.finfo(dtype).max, dtype=dtype) * 4
    found = activations.squareplus.forward(z)
    assert found[0] == z[0] and found[1] == 1 / z[0] > 0  # b / (4 |z|) with b = 4
    assert np.isinf(tensorflow_pass(activations.squareplus, z, z)[0]).all()


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_compiled_mish_of_onednn_is_0_far_left(dtype, keras, tf):
    """In one `tf.function` oneDNN computes softplus, tanh and product as one; not where the steps are asked for too."""
    z = np.array([-20, -18], dtype)
    ours, theirs = activations.mish.forward(z), keras.activations.mish
    alone = tf.function(theirs, autograph=False)(tf.constant(z)).numpy()
    allowed = allowance.of(activations.mish.forward(Bounded(z)).error, dtype)
    assert (np.abs(ours - theirs(tf.constant(z)).numpy()) <= allowed).all()
    assert (np.abs(ours - alone) <= allowed).any() != computes_with_onednn(dtype)
    assert not computes_with_onednn(dtype) or not alone.any()


def test_selu_takes_the_slope_of_its_own_side(tensorflow_pass):
    z, ones = np.array([-1e-9], "float32"), np.ones(1, "float32")
    entry = activations.selu
    assert entry.backward(ones, z, entry.forward(z)) == np.float32(entry.scale_alpha)
    assert tensorflow_pass(entry, z, ones)[1] == np.float32(entry.scale)


def test_gelu_of_keras_is_that_of_a_float32_constant(tensorflow_pass):
    """In float64 its 1/sqrt(2) is right to 8 digits; handnn's is the same number."""
    z = np.array([-3.0, 0.5, 2.0])
    assert NormalGate.root_half == float(np.float32(np.sqrt(0.5))) != np.sqrt(0.5)
    with mpmath.workdps(mpmath_activations.DIGITS):
        true, rounded = (
            np.array([float(v * mpmath.erfc(-v * root_half) / 2) for v in map(mpmath.mpf, z.tolist())])
            for root_half in (1 / mpmath.sqrt(2), mpmath.mpf(NormalGate.root_half))
        )
    of_keras, u = tensorflow_pass(activations.gelu, z, z)[0], np.finfo("float32").eps / 2
    assert (np.abs(of_keras - rounded) < u * np.abs(of_keras - true)).all()  # the constant is all that is wrong


def test_gelu_approximate_has_no_gradient_far_out(dtype, tensorflow_pass):
    z, entry = np.array([1, -1], dtype) * np.sqrt(np.finfo(dtype).max, dtype=dtype) * 4, Gelu(approximate=True)
    assert np.isnan(tensorflow_pass(entry, z, np.ones_like(z))[1]).all()
    assert entry.backward(np.ones_like(z), z, entry.forward(z)).tolist() == [1, 0]


def test_celu_has_slope_2_at_0(tensorflow_pass):
    z, ones = np.zeros(1), np.ones(1)
    assert tensorflow_pass(activations.celu, z, ones)[1] == 2 == activations.celu.backward(ones, z, z)


@pytest.mark.parametrize(
    ("entry", "at", "slope"),
    [
        (activations.relu, 0, 0),
        (activations.leaky_relu, 0, float(np.float32(0.2))),
        (activations.elu, 0, 1),
        (activations.Elu(0.25), 0, 0.25),
        (activations.selu, 0, 1.0507009873554805),
        (activations.relu6, 6, 0),
        (Relu(max_value=6), 6, 0),
        (Relu(max_value=5), 5, 1),
        (activations.hard_tanh, 1, 1),
        (activations.hard_sigmoid, 3, 0),
        (activations.hard_silu, 3, 1),
        (activations.hard_shrink, 0.5, 0),
        (activations.soft_shrink, 0.5, 0),
        (activations.sparse_sigmoid, 1, 0),
    ],
    ids=str,
)
def test_slopes_at_kinks(entry, at, slope, tensorflow_pass):
    z, ones = np.array([float(at)]), np.ones(1)
    assert tensorflow_pass(entry, z, ones)[1] == slope == entry.backward(ones, z, entry.forward(z))


def test_some_arguments_are_held_in_float32(tensorflow_pass):
    """Of relu: threshold and max_value, and the slope where it is leaky_relu's; the slope beside them is not."""
    narrow, z = float(np.float32(0.1)), np.array([-1.0])
    assert narrow != 0.1
    for entry, expected in ((LeakyRelu(0.1), -narrow), (Relu(0.1), -narrow), (Relu(0.1, max_value=1), -0.1)):
        assert tensorflow_pass(entry, z, z)[0] == entry.forward(z) == expected
    between, far = np.array([0.69999999]), np.array([9.0])
    assert tensorflow_pass(Relu(threshold=0.7), between, far)[0] == Relu(threshold=0.7).forward(between) == between
    assert tensorflow_pass(Relu(max_value=0.1), far, far)[0] == Relu(max_value=0.1).forward(far) == narrow


@pytest.mark.parametrize("axis", [-1, 0, None])
def test_softmax_over_any_axis_keeps_its_logits(axis, keras, tf, rng):
    """So a cross-entropy behind it is that of a softmax over the last axis, whatever axis it was."""
    z, y = tf.constant(rng.normal(size=(4, 4))), np.eye(4)
    a = keras.activations.softmax(z, axis=axis)
    assert a._keras_logits is z
    loss = keras.losses.CategoricalCrossentropy(dtype="float64")
    assert float(loss(y, a)) == float(keras.losses.CategoricalCrossentropy(from_logits=True, dtype="float64")(y, z))
    assert activations.Softmax(axis).has_logits


def test_dense_of_keras_does_not_know_that_glu_halves_its_output(keras):
    layers = keras.layers
    alone = keras.Sequential([layers.Input((3,)), layers.Dense(6, activation="glu")])
    assert alone.output_shape == (None, 6)
    assert alone(np.ones((2, 3))).shape == (2, 3)
    followed = keras.Sequential([layers.Input((3,)), layers.Dense(6, activation="glu"), layers.Dense(2)])
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 6"):
        followed(np.ones((2, 3)))
    ours = handnn.Sequential([handnn.Input((3,)), handnn.layers.Dense(6, activation="glu"), handnn.layers.Dense(2)])
    assert ours(np.ones((2, 3))).shape == (2, 2)
    assert ours.layers[1].get_weights()[0].shape == (3, 2)


@pytest.mark.parametrize("end", [-0.5, 0.0])
def test_relu_that_ends_at_or_below_0(keras, tf, dtype, end):
    """A max_value of at most 0 leaves nothing but 0, with Keras' own gradient at the ends."""
    z = np.array([-2, -0.5, -0.25, -0.0, 0.0, 0.25, 3], dtype)
    ours = Relu(max_value=end)
    with tf.GradientTape() as tape:
        given = tf.Variable(z)
        theirs = keras.activations.relu(given, max_value=end)
    upstream = np.arange(1, 8).astype(dtype)
    delta = tape.gradient(theirs, given, output_gradients=tf.constant(upstream)).numpy()
    a = ours.forward(z)
    assert np.array_equal(a, theirs.numpy())
    assert np.array_equal(ours.backward(upstream, z, a), delta)
