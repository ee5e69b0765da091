"""Batches that suit each metric, and the comparison of a stream of them with Keras' metric object."""

import pytest

from handnn.proof.keras import metrics as keras_metrics
from handnn.proof.keras.metric_cases import make_batch, make_weights, stream


@pytest.fixture(scope="session")
def check_stream(assert_agrees):
    """`check_stream(ours, theirs, batches)`: update both with every batch and compare state and result after each."""
    return lambda ours, theirs, batches: keras_metrics.hold_stream(assert_agrees, ours, theirs, batches)


@pytest.fixture(scope="session")
def batch_for():
    return make_batch


@pytest.fixture(scope="session")
def weights_for():
    return make_weights


@pytest.fixture(scope="session")
def stream_for():
    """`stream_for(metric, rng, kind, axes, dtype)`: batches of several sizes."""
    return stream
