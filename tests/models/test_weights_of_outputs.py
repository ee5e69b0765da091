"""Weights of samples for each of several outputs, and several losses of one output, against sums written out."""

import numpy as np
import pytest

import handnn
from handnn import config, layers
from handnn.models.batches import Batches
from handnn.rounding.bounded import Bounded


def two_outputs():
    x = handnn.Input((3,))
    one, other = layers.Dense(2, name="one")(x), layers.Dense(1, name="other")(x)
    model = handnn.Model(x, [one, other])
    model.compile("sgd", ["mse", "mse"])
    return model


@pytest.mark.parametrize("form", ["list", "dict"])
def test_each_output_has_its_own_sample_weights(form, rng, assert_agrees):
    model, n = two_outputs(), 4
    x, targets = rng.normal(size=(n, 3)), [rng.normal(size=(n, 2)), rng.normal(size=(n, 1))]
    weights = [rng.uniform(0, 2, n), np.array([0.0, 0.0, 3.0, 1.0])]
    y, given = (targets, weights) if form == "list" else (dict(zip(model.output_names, own, strict=True))
                                                          for own in (targets, weights))  # fmt: skip
    loss, gradients = model.loss_and_gradients(x, y, given)
    errors = [Bounded(t.astype("float32")) - p for t, p in zip(targets, model.predict(x, verbose=0), strict=True)]
    wanted = sum(np.sum(np.mean(e * e, axis=1) * w.astype("float32")) / n for e, w in zip(errors, weights, strict=True))
    assert_agrees("loss", loss, wanted.value, wanted)
    bias = np.sum(errors[1] * (weights[1].astype("float32") / n * -2)[:, None], axis=0)
    assert_agrees("db", gradients[-1], bias.value, bias)


def test_two_losses_of_one_output_add_their_derivatives(rng):
    """Both are fused with softmax, and twice a number is exact."""
    x, y = rng.normal(size=(5, 3)), np.eye(4)[rng.integers(0, 4, 5)]
    found = []
    for loss in ("categorical_crossentropy", ["categorical_crossentropy", "categorical_crossentropy"]):
        read, start = handnn.Input((3,)), handnn.initializers.GlorotUniform(seed=1)
        p = layers.Dense(4, "softmax", kernel_initializer=start)(read)
        model = handnn.Model(read, [p, layers.Dense(1, trainable=False)(p)])
        model.compile("sgd", [loss, None])
        found.append(model.loss_and_gradients(x, [y, None])[1])
    assert all(np.array_equal(2 * one, both) for one, both in zip(*found, strict=True))


def test_the_limit_of_steps_counts_where_none_are_asked_for(monkeypatch):
    monkeypatch.setattr(config, "max_steps_per_epoch", lambda: 2)
    for asked, taken in ((None, 2), (5, 2), (3, 2)):
        with pytest.warns(UserWarning, match="Limiting steps_per_epoch to 2"):
            assert Batches(asked).steps_per_epoch == taken
    assert Batches(1).steps_per_epoch == 1


def test_an_output_in_the_middle_gets_its_own_derivative_too(rng):
    x, y = rng.normal(size=(5, 3)), [rng.normal(size=(5, 4)), rng.normal(size=(5, 1))]
    found = []
    for losses, weights in ((["mse", None], None), (["mse", "mse"], [1.0, 0.0])):
        read, start = handnn.Input((3,)), handnn.initializers.GlorotUniform(seed=1)
        middle = layers.Dense(4, "tanh", kernel_initializer=start)(read)
        model = handnn.Model(read, [middle, layers.Dense(1)(middle)])
        model.compile("sgd", losses, loss_weights=weights)
        found.append(model.loss_and_gradients(x, y if losses[1] else [y[0], None])[1][:2])
    assert all(one.any() and np.array_equal(one, both) for one, both in zip(*found, strict=True))


def test_the_mask_of_the_last_step_does_not_reach_the_input(rng):
    x, y = np.round(rng.normal(size=(3, 5, 2))), rng.normal(size=(3, 5, 1))
    first = layers.SimpleRNN(2, "relu", return_sequences=True)  # of some steps all its outputs are 0
    stack = [handnn.Input((5, 2)), first, layers.Masking(), layers.SimpleRNN(1, return_sequences=True)]
    model = handnn.Sequential(stack)
    model.compile(handnn.optimizers.SGD(0.0), "mse")
    assert model.train_on_batch(x, y) == model.train_on_batch(x, y)
