"""What the tests of activations share: points, and an activation held against TensorFlow on them."""

from typing import Any

import pytest

from handnn.proof.keras import activations as against


@pytest.fixture(scope="session")
def tensorflow_pass(tf, keras):
    """`tensorflow_pass(entry, z, upstream)`: Keras' a and delta."""
    return lambda *given: against.tensorflow_pass(tf, keras, *given)


class Points:
    """What the tests of this folder share."""

    around = staticmethod(against.around)
    special = staticmethod(against.special)
    rows = staticmethod(against.rows)
    flushed = staticmethod(against.flushed)
    cotangent = staticmethod(against.cotangent)
    width = against.WIDTH
    kinds = against.KINDS

    @staticmethod
    def output(entry, z):
        """The shape of a."""
        return entry.compute_output_shape(z.shape)


@pytest.fixture(scope="session")
def points():
    return Points


@pytest.fixture(scope="session")
def check_against_tensorflow(agree, tensorflow_pass) -> Any:
    """`check(entry, z, upstream)`: a, delta from TensorFlow's own a, and delta from one's own a."""
    return lambda entry, z, upstream: against.hold(agree, tensorflow_pass(entry, z, upstream), entry, z, upstream)
