"""When a callback stops `fit`."""

from types import SimpleNamespace

import numpy as np
import pytest

from handnn.callbacks import EarlyStopping, TerminateOnNaN


def stopped_at(callback, values):
    """Return the epoch after which a callback stops, None for never, where `loss` has these values."""
    callback.set_model(SimpleNamespace(stop_training=False, get_weights=list, set_weights=lambda weights: None))
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {"loss": value})
        if callback.model.stop_training:
            return epoch
    return None


@pytest.mark.parametrize(
    ("options", "values", "epoch"),
    [
        ({"patience": 2}, [3.0, 2.0, 2.5, 2.1, 1.0], 3),
        ({"patience": 2}, [3.0, 2.0, 2.5, 1.9, 2.0], None),
        ({"patience": 2, "min_delta": 0.5}, [3.0, 2.6, 2.55, 2.0], 2),
        ({"patience": 2, "baseline": 1.0}, [3.0, 2.0, 2.5], 2),
        ({"patience": 2, "baseline": 1.0}, [3.0, 0.5, 0.7, 0.8], 3),
        ({"patience": 1, "start_from_epoch": 2}, [1.0, 2.0, 3.0, 4.0], 3),
        ({"patience": 1, "mode": "max"}, [1.0, 2.0, 1.5], 2),
        ({"patience": 1, "mode": "max", "min_delta": 0.5}, [1.0, 1.4], 1),
        ({"patience": 0}, [1.0, 1.0], 1),
    ],
)
def test_early_stopping(options, values, epoch):
    assert stopped_at(EarlyStopping("loss", **{"mode": "min"} | options), values) == epoch


def test_one_value_that_is_not_finite_stops_training():
    for loss, stops in ((1.0, False), (np.nan, True), (np.array([1.0, np.inf]), True), (np.ones(2), False)):
        callback = TerminateOnNaN()
        callback.set_model(SimpleNamespace(stop_training=False))
        callback.on_train_batch_end(0, {"loss": loss})
        assert callback.model.stop_training == stops
