"""What the tests of losses share: a loss held against its Keras twin."""

import pytest

from handnn.proof.keras import losses as keras_losses


@pytest.fixture(scope="session")
def twin(keras):
    """`twin(loss)`: the Keras loss of the same config and dtype."""
    return lambda loss: keras_losses.twin(keras, loss)


@pytest.fixture
def check(assert_agrees, tf, twin):
    """`check(loss, y_true, y_pred, weight)`: value and gradient are those of the Keras twin."""
    return lambda loss, *batch: keras_losses.hold(assert_agrees, tf, twin(loss), loss, *batch)


@pytest.fixture(scope="module", autouse=True)
def shorter(one_optimizer_step):
    """What is compared here is in the passes."""
