"""What the tests of losses share: a loss held against its Keras twin."""

import pytest

from handnn.proof.keras import losses as against


@pytest.fixture(scope="session")
def twin(keras):
    """`twin(loss)`: the Keras loss of the same config and dtype."""
    return lambda loss: against.twin(keras, loss)


@pytest.fixture
def check(agree, tf, twin):
    """`check(loss, y_true, y_pred, weight)`: value and gradient are those of the Keras twin."""
    return lambda loss, *batch: against.hold(agree, tf, twin(loss), loss, *batch)
