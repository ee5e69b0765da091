"""Callbacks that set rates and weights, epoch by epoch; without Keras."""

from types import SimpleNamespace

import numpy as np
import pytest

import handnn
from handnn.callbacks import LearningRateScheduler, ReduceLROnPlateau, Sharpness, SwapEMAWeights


def model_with(*names, rate=1.0):
    """A model with an optimizer, or with several of these names."""
    own = [SimpleNamespace(name=name, learning_rate=rate) for name in names]
    return SimpleNamespace(optimizer=SimpleNamespace(optimizers=own) if len(own) > 1 else own[0])


def rates(callback, losses, model):
    """Return the rate in each epoch."""
    callback.set_model(model)
    callback.on_train_begin()
    found = []
    for epoch, loss in enumerate(losses):
        logs = {"loss": loss}
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, logs)
        found.append(logs["learning_rate"])
    return found


@pytest.mark.parametrize(
    ("options", "losses", "expected"),
    [
        ({"patience": 1}, [1, 1, 1, 1], [1, 1, 0.5, 0.25]),
        ({"patience": 2}, [1, 1, 1, 1, 1], [1, 1, 1, 0.5, 0.5]),
        ({"patience": 1, "cooldown": 2}, [1] * 7, [1, 1, 0.5, 0.5, 0.25, 0.25, 0.125]),
        ({"patience": 1, "cooldown": 1}, [1] * 5, [1, 1, 0.5, 0.25, 0.125]),
        ({"patience": 2, "cooldown": 1}, [1] * 6, [1, 1, 1, 0.5, 0.5, 0.25]),
        ({"patience": 1, "min_lr": 0.25}, [1] * 6, [1, 1, 0.5, 0.25, 0.25, 0.25]),
        ({"patience": 1}, [4, 3, 3, 2, 1], [1, 1, 1, 0.5, 0.5]),
    ],
)
def test_a_rate_is_reduced_where_a_loss_stays(options, losses, expected):
    callback = ReduceLROnPlateau("loss", factor=0.5, mode="min", **options)
    assert rates(callback, losses, model_with("sgd")) == expected


def test_no_rate_is_reduced_to_what_it_is(capsys):
    callback = ReduceLROnPlateau("loss", factor=0.5, mode="min", verbose=1, patience=1, min_lr=0.5)
    assert rates(callback, [1] * 6, model_with("sgd")) == [1, 1, 0.5, 0.5, 0.5, 0.5]
    assert capsys.readouterr().out.count("reducing") == 1


def test_each_of_several_optimizers_is_named(capsys):
    callback = LearningRateScheduler(lambda epoch: 0.5, verbose=1)
    for names, told in ((("a", "b"), ["a ", "b "]), (("a",), [""])):
        callback.set_model(model_with(*names))
        callback.on_epoch_begin(2)
        expected = [f"Epoch 3: LearningRateScheduler setting {own}learning rate to 0.5." for own in told]
        assert capsys.readouterr().out.split("\n")[1::2] == expected


@pytest.mark.parametrize("swap_on_epoch", [True, False])
def test_swapping_averages_in_and_out_does_not_change_training(swap_on_epoch, rng):
    x, y, found = rng.normal(size=(12, 3)), rng.normal(size=(12, 2)), []
    for callbacks in ([], [SwapEMAWeights(swap_on_epoch)]):
        handnn.utils.set_random_seed(1)
        model = handnn.Sequential([handnn.Input((3,)), handnn.layers.Dense(2)])
        model.compile(handnn.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5), "mse")
        model.fit(x, y, batch_size=4, epochs=4, verbose=0, callbacks=callbacks, shuffle=False)
        found.append(model.get_weights())
    assert all(map(np.array_equal, *found))


def test_sharpness_is_measured_without_logs(rng):
    model = handnn.Sequential([handnn.Input((3,)), handnn.layers.Dense(2)])
    model.compile("sgd", "mse")
    x, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    callback = Sharpness(x, y, every=2)
    callback.set_model(model)
    callback.on_train_begin()
    logs = {}
    callback.on_epoch_end(0)
    callback.on_epoch_end(1, logs)
    assert callback.epochs == [0] and callback.values[0] > 0 and np.isnan(logs["sharpness"])
