"""Callbacks do what Keras' own do: the same hooks in the same order, decisions, rates, weights and files.

Decisions are driven by scripted logs on both sides, so that rounding cannot change them: all is compared exactly.
"""

import numpy as np
import pytest

import handnn
from handnn.callbacks.base import HOOKS

EAGER = {"run_eagerly": True}


def small(module, optimizer="sgd", **options):
    model = module.Sequential([module.Input((2,)), module.layers.Dense(1, name="d")], name="net")
    model.compile(optimizer, "mse", metrics=["mae"], **options, **EAGER)
    return model


def set_constant(model, value):
    model.set_weights([np.full(w.shape, value, "float32") for w in model.get_weights()])


def both(keras, run):
    """run(module) on either side: the results, handnn's first."""
    return [run(module) for module in (handnn, keras)]


# ---- hooks ----------------------------------------------------------------------------------------------------------


def recorder(module, events):
    """A callback that notes every hook with its index and the names in its logs, made of functions."""

    def note(hook):
        def call(*arguments, **named):
            *index, logs = (*arguments, *named.values())
            if hook == "on_predict_batch_end":
                logs = {"outputs": logs["outputs"].shape} | dict.fromkeys(logs)
            events.append((hook, *index, tuple(logs)))

        return call

    return module.callbacks.LambdaCallback(**{hook: note(hook) for hook in HOOKS})


def test_the_same_hooks_in_the_same_order_with_the_same_logs(keras):
    x, y = np.ones((5, 2)), np.ones((5, 1))

    def run(module):
        events, model = [], small(module)
        watch = recorder(module, events)
        options = {"validation_data": (x, y), "validation_freq": 2, "validation_batch_size": 3, "initial_epoch": 1}
        model.fit(x, y, batch_size=2, epochs=4, verbose=0, callbacks=[watch], **options)
        model.evaluate(x, y, batch_size=4, verbose=0, callbacks=[watch])
        model.predict(x, batch_size=4, verbose=0, callbacks=[watch])
        return events

    ours, theirs = both(keras, run)
    assert ours == theirs
    assert {event[0] for event in ours} == set(HOOKS)


def test_logs_are_shared_and_history_and_progress_bar_come_last(keras):
    def run(module):
        seen, model = [], small(module)

        def change(epoch, logs):
            seen.append((sorted(logs), dict(model.history.history)))
            logs["extra"] = 2.0 * epoch

        callbacks = [module.callbacks.LambdaCallback(on_epoch_end=change)]
        history = model.fit(np.ones((2, 2)), np.ones((2, 1)), epochs=2, verbose=0, callbacks=callbacks)
        return [names for names, _ in seen], [sorted(h) for _, h in seen], history.history["extra"]

    ours, theirs = both(keras, run)
    assert ours == theirs


def test_older_names_of_the_hooks_and_a_list_of_callbacks(keras):
    def run(module):
        events = []

        class Older(module.callbacks.Callback):
            def on_batch_end(self, batch, logs=None):
                events.append(("older", batch, sorted(logs), self.params["steps"]))

            def on_train_batch_begin(self, batch, logs=None):
                events.append(("newer", batch))

            def on_batch_begin(self, batch, logs=None):
                events.append("never")

        model = small(module)
        callbacks = module.callbacks.CallbackList([Older()], True, model=model, epochs=1, steps=2, verbose=0)
        model.fit(np.ones((4, 2)), np.ones((4, 1)), batch_size=2, verbose=0, callbacks=callbacks)
        return events

    ours, theirs = both(keras, run)
    assert ours == theirs


# ---- decisions ------------------------------------------------------------------------------------------------------

FALLING = [3.0, 2.0, 2.0, 1.9, 2.5, 1.0, 1.5, 1.6, 1.7, 0.5]
STOPPING = {
    "patience": {"patience": 2},
    "at once": {},
    "delta": {"patience": 2, "min_delta": 0.5},
    "baseline": {"patience": 3, "baseline": 1.95},
    "baseline never met": {"patience": 2, "baseline": 0.1},
    "restore": {"patience": 2, "restore_best_weights": True},
    "restore, not stopped": {"patience": 20, "restore_best_weights": True},
    "restore, warm-up": {"patience": 1, "restore_best_weights": True, "start_from_epoch": 4},
    "max": {"patience": 3, "mode": "max", "restore_best_weights": True},
    "by the metric": {"patience": 2, "monitor": "val_mae", "restore_best_weights": True},
    "verbose": {"patience": 1, "restore_best_weights": True, "verbose": 1},
}


def drive(model, callback, values, monitor="val_loss", epochs=None):
    """Give the callback these values epoch by epoch, as `fit` would; return what it did."""
    callback.set_model(model)
    callback.set_params({"epochs": epochs or len(values), "steps": 1, "verbose": 0})
    seen, model.stop_training = [], False
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        set_constant(model, epoch + 1)
        callback.on_epoch_begin(epoch)
        logs = {"loss": 1.0, monitor: value}
        callback.on_epoch_end(epoch, logs)
        seen.append((epoch, model.stop_training, sorted(logs), float(model.optimizer.learning_rate)))
        if model.stop_training:
            break
    callback.on_train_end({})
    return seen, [w.tolist() for w in model.get_weights()]


@pytest.mark.quick(3)
@pytest.mark.parametrize("options", STOPPING.values(), ids=STOPPING)
def test_early_stopping(options, keras, capsys):
    def run(module):
        model = small(module)
        if "monitor" in options:
            model.train_on_batch(np.ones((1, 2)), np.ones((1, 1)))  # the metrics are made
        callback = module.callbacks.EarlyStopping(**options)
        first = drive(model, callback, FALLING, options.get("monitor", "val_loss"))
        again = drive(model, callback, FALLING[::-1], options.get("monitor", "val_loss"))  # a second `fit`
        return first, again, callback.wait, callback.stopped_epoch, callback.best_epoch, capsys.readouterr().out

    ours, theirs = both(keras, run)
    assert ours == theirs


PLATEAUS = {
    "patience": {"patience": 2},
    "cooldown": {"patience": 1, "cooldown": 2, "factor": 0.5},
    "floor": {"patience": 1, "min_lr": 0.004},
    "delta": {"patience": 2, "min_delta": 0.6, "factor": 0.3},
    "max": {"patience": 2, "mode": "max", "verbose": 1},
}


@pytest.mark.quick(2)
@pytest.mark.parametrize("options", PLATEAUS.values(), ids=PLATEAUS)
def test_reduce_on_plateau(options, keras, capsys):
    def run(module):
        callback = module.callbacks.ReduceLROnPlateau(**options)
        return (
            drive(small(module), callback, FALLING),
            callback.wait,
            callback.cooldown_counter,
            capsys.readouterr().out,
        )

    ours, theirs = both(keras, run)
    assert ours == theirs


@pytest.mark.parametrize("schedule", [lambda epoch, rate: rate * 0.5, lambda epoch: 1.0 / (2 + epoch)])
def test_learning_rate_scheduler(schedule, keras, capsys):
    def run(module):
        callback = module.callbacks.LearningRateScheduler(schedule, verbose=1)
        return drive(small(module), callback, FALLING[:3]), capsys.readouterr().out

    ours, theirs = both(keras, run)
    assert ours == theirs


def test_several_optimizers_with_rates_of_their_own(keras):
    def run(module):
        of = module.optimizers
        chosen = {"a": of.SGD(0.5, name="first"), "b": of.SGD(0.25, name="second")}
        names = iter("ab")
        model = small(module, of.MultiOptimizer(lambda variable: chosen[next(names)]))
        model.train_on_batch(np.zeros((1, 2)), np.zeros((1, 1)))
        plateau = module.callbacks.ReduceLROnPlateau(patience=1, factor=0.5, mode="min")
        scheduler = module.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)
        logs = {"val_loss": 1.0}
        for callback in (plateau, scheduler):
            callback.set_model(model)
            callback.on_train_begin()
        for epoch in range(2):
            scheduler.on_epoch_begin(epoch)
            plateau.on_epoch_end(epoch, logs)
        return logs, [float(optimizer.learning_rate) for optimizer in model.optimizer.optimizers]

    ours, theirs = both(keras, run)
    assert ours == theirs


def test_terminate_on_nan(keras, capsys):
    def run(module):
        found = []
        for value in (1.0, np.nan, -np.inf):
            model = small(module)
            model.stop_training = False
            callback = module.callbacks.TerminateOnNaN()
            callback.set_model(model)
            callback.on_train_batch_end(3, {"loss": value})
            found.append((model.stop_training, capsys.readouterr().out))
        with pytest.raises(RuntimeError):
            module.callbacks.TerminateOnNaN(raise_error=True).on_train_batch_end(3, {"loss": np.nan})
        return found

    ours, theirs = both(keras, run)
    assert ours == theirs


@pytest.mark.parametrize("validated", [True, False])
@pytest.mark.parametrize("append", [True, False])
def test_csv_logger_writes_the_same_file(append, validated, keras, tmp_path):
    def run(module):
        path = tmp_path / f"{module.__name__}.csv"
        for _ in range(2):
            callback = module.callbacks.CSVLogger(path, separator=";", append=append)
            callback.set_model(small(module))
            callback.on_train_begin()
            for epoch in range(3):
                more = {"val_loss": 0.25, "val_f1": np.array([1.0, 0.5])} if validated or epoch == 1 else {}
                callback.on_epoch_end(epoch, {"loss": 0.1 * epoch, "f1": np.array([0.5, 1.0])} | more)
            callback.on_train_end()
        return path.read_bytes()

    ours, theirs = both(keras, run)
    assert ours == theirs


@pytest.mark.parametrize("swap_on_epoch", [True, False])
def test_swap_ema_weights(swap_on_epoch, keras):
    """Numbers whose averages are exact: weights 1, 2, 3 with momentum 1/2."""

    def run(module):
        model = small(module, module.optimizers.SGD(1.0, use_ema=True, ema_momentum=0.5))
        callback = module.callbacks.SwapEMAWeights(swap_on_epoch=swap_on_epoch)
        callback.set_model(model)
        callback.set_params({"epochs": 2, "steps": 1, "verbose": 0})
        set_constant(model, 1)
        seen = []

        def note():
            seen.append([w.tolist() for w in model.get_weights()])

        for epoch in range(2):
            callback.on_epoch_begin(epoch)
            gradients = [-np.ones(w.shape, "float32") for w in model.trainable_weights]
            model.optimizer.apply_gradients(list(zip(gradients, model.trainable_weights, strict=True)))
            for hook in ("on_test_begin", "on_test_end"):
                getattr(callback, hook)()
                note()
            callback.on_epoch_end(epoch)
            note()
        model.optimizer.finalize_variable_values(model.trainable_weights)
        note()
        callback.on_predict_begin()
        note()
        return seen

    ours, theirs = both(keras, run)
    assert ours == theirs


def test_after_a_prediction_the_weights_are_back(keras):
    """A fact of Keras: its callback leaves the averages in the model."""

    def run(module):
        model = small(module, module.optimizers.SGD(1.0, use_ema=True, ema_momentum=0.5))
        model.train_on_batch(np.ones((1, 2)), np.ones((1, 1)))
        model.train_on_batch(np.ones((1, 2)), np.ones((1, 1)))
        before = model.get_weights()
        model.predict(np.ones((1, 2)), verbose=0, callbacks=[module.callbacks.SwapEMAWeights()])
        return np.array_equal(before[0], model.get_weights()[0])

    assert both(keras, run) == [True, False]


def test_errors():
    callbacks = handnn.callbacks
    with pytest.raises(ValueError, match="factor must be below 1; received 2"):
        callbacks.ReduceLROnPlateau(factor=2)
    with pytest.raises(ValueError, match="needs an optimizer with use_ema=True; received sgd"):
        small(handnn).evaluate(np.ones((1, 2)), np.ones((1, 1)), callbacks=[callbacks.SwapEMAWeights()])
    fit = {"x": np.ones((2, 2)), "y": np.ones((2, 1)), "verbose": 0}
    with pytest.raises(ValueError, match="schedule must return a float; received 'a'"):
        small(handnn).fit(**fit, callbacks=[callbacks.LearningRateScheduler(lambda epoch: "a")])
    with pytest.raises(ValueError, match="more or less of monitor 'total' is better; give mode"):
        small(handnn).fit(**fit, callbacks=[callbacks.EarlyStopping("total")])
    with pytest.warns(UserWarning, match="EarlyStopping: monitor 'val_loss' is not logged; available: loss, mae"):
        small(handnn).fit(**fit, callbacks=[callbacks.EarlyStopping()])


def test_the_learning_rate_has_the_methods_of_keras_variable():
    optimizer = handnn.optimizers.SGD(0.5)
    rate = optimizer.learning_rate
    assert rate == 0.5 and rate.numpy() == 0.5 and float(rate.assign(0.25)) == 0.25
    assert optimizer.learning_rate == rate.value == 0.25 and f"{optimizer.learning_rate:g}" == "0.25"
    with pytest.raises(TypeError, match="is a schedule"):
        handnn.optimizers.SGD(handnn.optimizers.schedules.ExponentialDecay(1, 2, 3)).learning_rate.assign(1)
