"""The position of a `fit`, by itself: orders, averages, and what JSON makes of it."""

import json

import numpy as np

import handnn
from handnn import layers, optimizers
from handnn.saving.progress import Progress
from handnn.saving.training_state import TrainingState


def begun(samples=9):
    progress = Progress(np.random.default_rng(3))
    progress.start(samples, 3)
    return progress


def net(optimizer):
    model = handnn.Sequential([handnn.Input((2,)), layers.Dense(2, name="a")], name="net")
    model.compile(optimizer, "mse")
    for _ in range(3):
        model.train_on_batch(np.ones((2, 2)), np.zeros((2, 2)))
    return model


def test_an_epoch_that_stopped_has_its_order_again():
    progress = begun()
    order = progress.order(shuffle=True)
    progress.batch = 1
    assert np.array_equal(progress.order(shuffle=True), order)
    progress.next_epoch()
    assert not np.array_equal(progress.order(shuffle=True), order)
    assert progress.order(shuffle=False).tolist() == list(range(9))


def test_a_state_is_json_and_comes_back():
    """Values of several classes, single numbers of NumPy, and what is there no more."""
    progress = begun()
    progress.history, progress.epochs = {"f1": [np.array([0.5, 1.0], "float32")], "loss": [np.float32(0.1), 2.0]}, [0]
    state = progress.state([])
    progress.epochs.append(1)
    assert state["epochs"] == [0] and state["trained"] is None
    back = Progress.from_state(json.loads(json.dumps(state)))
    assert back.history["f1"][0].tolist() == [0.5, 1.0] and back.history["f1"][0].dtype == "float32"
    assert back.history["loss"] == progress.history["loss"] and type(back.history["loss"][0]) is np.float32
    assert (back.epoch, back.batch, back.run, back.epochs) == (0, 0, progress.run, [0])
    assert np.array_equal(back.order(shuffle=True), progress.order(shuffle=True))


def test_metrics_that_do_not_wait_are_left_alone():
    metric = handnn.metrics.Mean()
    metric.update_state(2.0)
    begun().put_back([metric])
    assert metric.result() == 2


def test_averages_take_the_place_of_weights_and_give_it_back():
    for ema in (False, True):
        model, progress = net(optimizers.SGD(0.1, use_ema=ema, ema_momentum=0.5)), begun()
        weights, before = model.trainable_weights, [w.numpy() for w in model.trainable_weights]
        progress.put_averages(model.optimizer, weights)
        assert (progress.trained is not None) == ema != np.array_equal(weights[0].value, before[0])
        progress.put_back_trained(model.optimizer, weights)
        assert progress.trained is None and np.array_equal(weights[0].value, before[0])


def test_weights_of_another_number_are_not_given_back():
    model, progress = net(optimizers.SGD(0.1, use_ema=True)), begun()
    progress.put_averages(model.optimizer, model.trainable_weights)
    averages = model.get_weights()
    progress.put_back_trained(model.optimizer, model.trainable_weights[:1])
    assert progress.trained is None and all(map(np.array_equal, model.get_weights(), averages))


def test_weights_that_the_model_has_not_are_not_spared():
    model = net(optimizers.SGD(0.5, weight_decay=0.5))
    kernel, _ = model.weights
    state = TrainingState({"optimizer": {"excluded": [["none", kernel.path]], "excluded_names": [[]]}}, model)
    fresh = model.optimizer.unbuilt()
    state.spare(fresh, model)
    assert [own is kernel for own in fresh.excluded] == [True]
