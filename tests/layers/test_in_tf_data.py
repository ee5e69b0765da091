"""Layers inside `tf.data.Dataset.map`: the numbers of a call on arrays, with the shape and dtype that it has."""

import numpy as np
import pytest

from handnn import layers

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
