"""What the doctor's record keeps of a step, and its trial with 16 samples."""

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.callbacks.health import overfit
from handnn.callbacks.health.record import DENSE_START, Batch, Record, inputs_of


def net(loss="mse", optimizer="sgd"):
    model = handnn.Sequential([handnn.Input((3,), dtype="float64"), layers.Dense(2, name="a", dtype="float64")])
    model.compile(optimizer, loss)
    return model


@pytest.fixture
def batch(rng):
    return rng.normal(size=(20, 3)), rng.normal(size=(20, 2))


def recorded(model, x, y):
    record = Record(model)
    record.first = x, y
    return record


def test_what_is_kept_of_steps(batch):
    """The first batch as it was, every first step, then one in so many; weights only before a measured step."""
    model, (x, y) = net(), batch
    record = Record(model, 600)
    for step in range(DENSE_START + 2):
        record.before_step()
        assert bool(record._before) == (step != DENSE_START)
        found = record.after_step(model.train_step(x, y), y)
        assert bool(found) == (step != DENSE_START)
        x, y = x + 1, y + 1
    assert record.steps == [*range(1, DENSE_START + 1), DENSE_START + 2]
    assert len(record.losses) == len(record.spread) == len(record.steps)
    assert np.array_equal(record.first[0], batch[0]) and np.array_equal(record.first[1], batch[1])
    series = record.values("a", "gradient_norm")
    assert series.tolist() == record.layers["a"]["gradient_norm"] and not record.values("a", "none").size


def test_the_spread_is_that_of_the_outputs(batch):
    model, (x, y) = net(), batch
    record = Record(model)
    trace = model.train_step(x, y)
    record.after_step(trace, y)
    assert record.spread == [np.max(np.std(trace.y_pred, axis=0)) / (np.mean(np.abs(trace.y_pred)) + 1e-12)]
    assert record.losses == [float(trace.loss)]


def test_the_inputs_of_a_layer_that_merges_are_several(rng):
    a, b = (handnn.Input((2,), name=name) for name in "ab")
    model = handnn.Model([a, b], layers.Dense(1)(layers.Add()([a, b])))
    model.compile("sgd", "mse")
    x = list(rng.normal(size=(2, 4, 2)).astype("float32"))
    found = inputs_of(model, model.trace(x, np.zeros((4, 1))))
    assert len(found) == 2 and all(map(np.array_equal, found, x))


def test_targets_keep_their_digits():
    seen = Batch()
    seen.see((np.array([[0.1]]),), np.array([[0.1], [0.7]]))
    assert (seen.x_largest, seen.y_least, seen.y_largest) == (0.1, 0.1, 0.7)


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "none"])
def test_the_trial_is_300_steps_of_16_samples_from_the_first_weights(reduction, batch):
    model = net(handnn.losses.MeanSquaredError(reduction=reduction))
    record = recorded(model, *batch)
    other = net(handnn.losses.MeanSquaredError(reduction=reduction))
    other.set_weights(model.get_weights())
    model.set_weights([w + 1 for w in model.get_weights()])
    seen = [np.mean(other.train_step(batch[0][:16], batch[1][:16]).loss) for _ in range(overfit.STEPS)]
    assert overfit.losses(record) == (seen[0], min(seen[-1], np.mean(seen[-10:])))


def test_a_trial_that_diverges_ends(batch, monkeypatch):
    steps, step = [], handnn.Sequential.train_step
    monkeypatch.setattr(handnn.Sequential, "train_step", lambda self, x, y: steps.append(1) or step(self, x, y))
    record = recorded(net(optimizer=handnn.optimizers.SGD(1e30)), *batch)
    found = overfit.finding(record)
    assert 1 < len(steps) < 40 and not np.isfinite(record.overfit[1])
    assert found.symptom == "16 samples cannot be overfitted"


def test_what_cannot_be_tried(batch):
    nothing = Record(net())
    assert overfit.finding(nothing) is nothing.overfit is None
    assert overfit.losses(recorded(net(), batch[0], (batch[1],))) is None


@pytest.mark.parametrize(
    ("losses", "found"),
    [((2.0, 1.0), False), ((2.0, 1.01), True), ((0.0, 0.0), True), ((1.0, np.nan), True), ((0.5, 0.1), False)],
)
def test_a_trial_fails_if_more_than_half_of_the_loss_is_left(losses, found, monkeypatch):
    monkeypatch.setattr(overfit, "losses", lambda record: losses)
    record = Record(net())
    assert (overfit.finding(record) is not None) == found and record.overfit == losses
