"""Layers inside `tf.data.Dataset.map`: the numbers of a call on arrays, with the shape and dtype that it has."""

from typing import ClassVar

import numpy as np
import pytest

from handnn import layers
from handnn.layers import in_tf_data

X = np.arange(12, dtype="float32").reshape(3, 4)
CALLS = {
    "alone": lambda layer, x: layer(x),
    "by name": lambda layer, x: layer(inputs=x),
    "in training": lambda layer, x: layer(x, training=True),
}


@pytest.fixture(scope="module")
def data():
    import tensorflow as tf

    return tf.data.Dataset


@pytest.mark.quick(3)
@pytest.mark.parametrize("call", CALLS)
def test_a_layer_maps_batches(call, data):
    layer = layers.GaussianNoise(1.0, seed=1) if call == "in training" else layers.Dense(2)
    expected = np.asarray(CALLS[call](layer, X))
    if call == "in training":
        layer = layers.GaussianNoise(1.0, seed=1)
    mapped = data.from_tensors(X).map(lambda x: CALLS[call](layer, x))
    assert mapped.element_spec.shape.as_list() == list(expected.shape)
    assert np.array_equal(next(iter(mapped)).numpy(), expected)


@pytest.mark.parametrize("kind", [list, tuple])
def test_a_layer_of_several_inputs_maps_their_structure(kind, data):
    mapped = data.from_tensors((X, 2 * X)).map(lambda a, b: layers.Subtract()(kind((a, b))))
    assert mapped.element_spec.shape.as_list() == [3, 4]
    assert np.array_equal(next(iter(mapped)).numpy(), -X)


def test_batches_of_unknown_rank_are_mapped(data):
    import tensorflow as tf

    source = data.from_generator(lambda: [X], output_types=tf.float32)
    mapped = source.map(layers.Activation("relu"))
    assert mapped.element_spec.shape.rank is None
    assert np.array_equal(next(iter(mapped)).numpy(), X)


def test_every_form_of_a_call_reaches_the_function_as_it_was_given():
    """Of a class made here, so that a change of the decorator itself shows."""
    import tensorflow as tf

    class Scaled:
        calls: ClassVar[list] = []

        def dtype_of(self, dtype):
            return dtype

        def compute_output_shape(self, shape):
            return shape if isinstance(shape, tuple) else shape[-1]

        @in_tf_data.in_tf_data
        def __call__(self, inputs, by=1.0, training=False):
            self.calls.append((type(inputs), by, training))
            parts = list(inputs.values()) if isinstance(inputs, dict) else inputs
            return by * (sum(parts) if isinstance(parts, list | tuple) else parts)

    own = Scaled()
    assert np.array_equal(own(X, 3.0), 3 * X) and own.calls.pop() == (np.ndarray, 3.0, False)
    for form, expected, call in (
        (lambda x: own(x, 3.0), 3 * X, (np.ndarray, 3.0, False)),
        (lambda x: own(inputs=x, training=True), X, (np.ndarray, 1.0, True)),
        (lambda x: own([x, x], by=2.0), 4 * X, (list, 2.0, False)),
        (lambda x: own({"a": x, "b": x}), 2 * X, (dict, 1.0, False)),
        (lambda x: own([x]), X, (list, 1.0, False)),
    ):
        traced = tf.function(form, autograph=False)
        for known in (tf.TensorSpec([3, 4]), tf.TensorSpec(None)):
            made = traced.get_concrete_function(known)
            assert repr(made.output_shapes) == repr(known.shape)  # unknown shapes are equal to none
        assert np.array_equal(traced(X).numpy(), expected) and own.calls.pop() == call
