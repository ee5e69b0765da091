"""The command in this process, and the network that most of these tests walk through."""

import numpy as np
import pytest

import handnn
from handnn import layers, losses


@pytest.fixture
def run(command):
    return command


@pytest.fixture(scope="session")
def assert_printed_alike():
    """`assert_printed_alike(ours, theirs)`: numbers with 5 digits, each off by half a unit of the last at most.

    Near 0 it is TensorFlow's float32 numbers, of size 1, that are rounded.
    """

    def check(ours, theirs):
        ours, theirs = (np.array(side, float) for side in (ours, theirs))
        assert (np.abs(ours - theirs) <= 1e-4 * np.abs(theirs) + np.finfo("float32").eps).all()

    return check


@pytest.fixture(scope="session")
def tiny():
    """`tiny(hidden, output, loss, ...)`: a 2-3-2 network with round weights, and a batch."""

    def make(
        hidden="tanh", output="softmax", loss="categorical_crossentropy", optimizer="sgd", dtype="float64", rows=2
    ):
        rng = np.random.default_rng(3)
        stack = [
            layers.Dense(3, hidden, name="hidden", dtype=dtype),
            layers.Dense(2, output, name="output", dtype=dtype),
        ]
        model = handnn.Sequential([handnn.Input((2,), dtype=dtype, name="input"), *stack], name="tiny")
        model.compile(optimizer, losses.get(loss, dtype=dtype))
        model.set_weights([rng.integers(1, 10, w.shape) / 10 for w in model.weights])
        y = np.arange(rows) % 2 if model.loss.targets == "labels" else np.eye(2)[np.arange(rows) % 2]
        return model, rng.integers(1, 10, (rows, 2)) / 10, y

    return make
