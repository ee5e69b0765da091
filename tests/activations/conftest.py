"""What the tests of activations share: points, and an activation held against TensorFlow on them."""

from typing import Any

import pytest

from handnn.proof.keras import activations as keras_activations


@pytest.fixture(scope="session")
def tensorflow_pass(tf, keras):
    """`tensorflow_pass(entry, z, upstream)`: Keras' a and delta."""
    return lambda *given: keras_activations.tensorflow_pass(tf, keras, *given)


class Points:
    """What the tests of this folder share."""

    around = staticmethod(keras_activations.around)
    special = staticmethod(keras_activations.special)
    rows = staticmethod(keras_activations.rows)
    flushed = staticmethod(keras_activations.flushed)
    cotangent = staticmethod(keras_activations.cotangent)
    width = keras_activations.WIDTH
    kinds = keras_activations.KINDS

    @staticmethod
    def output(entry, z):
        """The shape of a."""
        return entry.compute_output_shape(z.shape)


@pytest.fixture(scope="session")
def points():
    return Points


@pytest.fixture(scope="session")
def check_against_tensorflow(assert_agrees, tensorflow_pass) -> Any:
    """`check(entry, z, upstream)`: a, delta from TensorFlow's own a, and delta from one's own a."""
    return lambda entry, z, upstream: keras_activations.hold(
        assert_agrees, tensorflow_pass(entry, z, upstream), entry, z, upstream
    )
