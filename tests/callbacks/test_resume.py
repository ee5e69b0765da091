"""A run that was stopped and goes on ends with the bits of one that was not: weights, slots, history."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

import handnn
from handnn import callbacks
from handnn import optimizers as of
from handnn.tensorboard.read import series
from handnn.tensorboard.writer import EventWriter

EPOCHS, BATCH, SAMPLES = 4, 6, 20
STEPS = 4  # an epoch
OPTIMIZERS = {
    "momentum": "of.SGD(0.1, momentum=0.9)",
    "adam on a schedule": "of.Adam(of.schedules.CosineDecay(0.05, 9))",
    "averaged": "of.RMSprop(0.01, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=3)",
    "accumulated": "of.Lion(0.01, gradient_accumulation_steps=3)",
    "averaged and accumulated": "of.Nadam(0.01, use_ema=True, gradient_accumulation_steps=2, clipnorm=0.5)",
    "loss scale of Nadam": "of.LossScaleOptimizer(of.Nadam(0.01), 64.0, 3)",
    "several": "of.MultiOptimizer(of.OptimizerMap(of.AdamW(0.01), {'.*bias': of.SGD(0.1, momentum=0.5)}))",
    "schedule free": "of.ScheduleFreeAdamW(0.01, warmup_steps=5)",
}
SCRIPT = '''
import json, os, signal, sys
import numpy as np
import handnn
from handnn import callbacks, optimizers as of

class Killer(callbacks.Callback):
    """Kills the process after so many steps, after the callbacks before it."""
    def __init__(self, steps):
        self.steps = steps
    def on_train_batch_end(self, batch, logs=None):
        self.steps -= 1
        if self.steps == 0:
            os.kill(os.getpid(), signal.SIGKILL)

def run(optimizer, folder, kill_after, save_freq):
    handnn.utils.set_random_seed(5)
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(20, 6)).astype("float32"), np.eye(3)[rng.integers(0, 3, 20)]
    layers = handnn.layers
    model = handnn.Sequential([
        handnn.Input((6,)), layers.Dense(5, "tanh"), layers.BatchNormalization(), layers.Dropout(0.3),
        layers.GaussianNoise(0.1), layers.Dense(3, "softmax")])
    model.compile(eval(optimizer), "categorical_crossentropy", metrics=["accuracy", handnn.metrics.AUC(name="area")])
    backup = [callbacks.BackupAndRestore(folder, save_freq=save_freq)] if folder else []
    history = model.fit(x, y, batch_size=6, epochs=4, verbose=0, validation_split=0.1,
                        callbacks=[*backup, Killer(kill_after)])
    arrays = [*model.get_weights(), *[v.value for v in model.optimizer.variables]]
    return arrays, history.history, history.epoch

if __name__ == "__main__":
    run(*json.loads(sys.argv[1]))
'''
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(tmp_path):
    """`run(optimizer, folder, kill_after, save_freq)`: how the script ends; to be killed it gets a process."""
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    here = {"__name__": "script"}
    exec(SCRIPT, here)

    def start(optimizer, folder=None, kill_after=-1, save_freq="epoch"):
        given = optimizer, folder and str(folder), kill_after, save_freq
        if kill_after < 0:
            return here["run"](*given)
        command = [sys.executable, str(tmp_path / "script.py"), json.dumps(given)]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr
        return None

    return start


def same(one, other):
    pairs = [(np.asarray(a), np.asarray(b)) for a, b in zip(one, other, strict=True)]
    return all(a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes() for a, b in pairs)


def as_if_never_stopped(run, optimizer, folder, kills, save_freq):
    arrays, history, epochs = run(optimizer)
    for kill_after in kills:
        run(optimizer, folder, kill_after, save_freq)
        assert [path.name for path in folder.iterdir()] == ["latest.weights.h5"]
    again, history_again, epochs_again = run(optimizer, folder, -1, save_freq)
    assert same(arrays, again) and history == history_again
    assert epochs == epochs_again == list(range(EPOCHS)) and not folder.exists()


QUICK = ("averaged and accumulated", "loss scale of Nadam", "several", "schedule free")
EACH = [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in OPTIMIZERS]


@pytest.mark.parametrize("name", EACH)
@pytest.mark.slow
def test_killed_runs_end_as_if_they_had_not_been(name, run, tmp_path):
    as_if_never_stopped(run, OPTIMIZERS[name], tmp_path / "backup", (7,), 2)


@pytest.mark.slow
@pytest.mark.parametrize(("save_freq", "kills"), [("epoch", (5,)), (1, (1, 6, 2)), (2, (3, 3)), (1, (12,)), (5, (11,))])
def test_wherever_they_are_killed(save_freq, kills, run, tmp_path):
    """Before the first epoch's end, several times, right behind an epoch's last step and behind the very last."""
    as_if_never_stopped(run, OPTIMIZERS["adam on a schedule"], tmp_path / "backup", kills, save_freq)


# ---- within one process -------------------------------------------------------------------------------------------


def network(optimizer="of.SGD(0.1, momentum=0.9)", seed=3):
    handnn.utils.set_random_seed(seed)
    layers = handnn.layers
    stack = [handnn.Input((6,)), layers.Dense(5, "tanh"), layers.Dropout(0.3), layers.Dense(3, "softmax")]
    model = handnn.Sequential(stack)
    model.compile(eval(optimizer, {"of": of}), "categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture
def data(rng):
    return rng.normal(size=(SAMPLES, 6)).astype("float32"), np.eye(3)[rng.integers(0, 3, SAMPLES)]


def fit(model, data, epochs=EPOCHS, **options):
    return model.fit(*data, batch_size=BATCH, epochs=epochs, verbose=0, **options)


def ending(model):
    return [*model.get_weights(), *[v.value for v in model.optimizer.variables]]


@pytest.mark.quick(1)
@pytest.mark.parametrize("ending_in", [".keras", ".weights.h5"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_checkpoint_goes_on(name, ending_in, data, tmp_path):
    """At the end of an epoch and within one; `load_model`, or the same script with `load_weights`."""
    only_weights = ending_in == ".weights.h5"
    kept = {"save_weights_only": only_weights, "save_freq": 3}
    path = str(tmp_path / "{epoch}-{batch}") + ending_in
    whole = network(OPTIMIZERS[name])
    history = fit(whole, data, callbacks=[callbacks.ModelCheckpoint(path, **kept)]).history
    for epoch, batch in ((2, 2), (3, 1), (3, 4)):
        file = path.format(epoch=epoch, batch=batch)
        if only_weights:
            model = network(OPTIMIZERS[name], seed=8)
            model.load_weights(file)
        else:
            model = handnn.load_model(file)
        assert (model.progress.epoch, model.progress.batch) == (epoch - 1, batch)
        rest = fit(model, data, initial_epoch=epoch - 1)
        assert same(ending(model), ending(whole))
        assert rest.history == {key: values[epoch - 1 :] for key, values in history.items()}


def test_a_second_fit_goes_on_too(data):
    whole = network()
    history = fit(whole, data).history
    parts = network()
    first = fit(parts, data, epochs=2).history
    second = fit(parts, data, initial_epoch=2).history
    assert same(ending(whole), ending(parts))
    assert history == {name: first[name] + second[name] for name in history}


def test_a_fit_from_the_start_draws_shuffles_of_its_own(data, tmp_path):
    model = network()
    fit(model, data, epochs=2)
    model.save(tmp_path / "a.keras")
    again = handnn.load_model(tmp_path / "a.keras")
    state = again.progress.generator.bit_generator.state
    fit(again, data, epochs=1)
    assert again.progress.epoch == 1 and again.progress.generator.bit_generator.state != state


def test_an_exception_within_an_epoch_starts_it_anew(data):
    model = network()

    def stop(batch, logs):
        if model.progress.epoch == 1 and batch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(model, data, callbacks=[callbacks.LambdaCallback(on_train_batch_end=stop)])
    steps = model.optimizer.iterations
    assert fit(model, data, epochs=2, initial_epoch=1).epoch == [1]
    assert model.optimizer.iterations == steps + STEPS


def test_a_place_within_an_epoch_needs_the_same_batches(data, tmp_path):
    path = str(tmp_path / "{epoch}-{batch}.keras")
    fit(network(), data, callbacks=[callbacks.ModelCheckpoint(path, save_freq=3)])
    model = handnn.load_model(path.format(epoch=2, batch=2))
    with pytest.raises(
        ValueError, match=r"mid-epoch with samples=20, batch_size=6; resume.*received samples=20, batch_size=5"
    ):
        model.fit(*data, batch_size=5, epochs=3, initial_epoch=1, verbose=0)
    model = handnn.load_model(path.format(epoch=2, batch=2))
    model.compile("sgd", "categorical_crossentropy")
    with pytest.raises(ValueError, match="with 2 metrics; resume with the same metrics, received 1"):
        fit(model, data, initial_epoch=1)


FORGOTTEN = {
    "dropout": lambda text, file: text.pop("random"),
    "shuffles": lambda text, file: text["progress"].update(generator=np.random.default_rng(0).bit_generator.state),
    "batch": lambda text, file: text["progress"].update(batch=2),
    "slots": lambda text, file: file["optimizer/vars/2"].write_direct(np.zeros((5,), "float32")),
    "iterations": lambda text, file: file["optimizer/vars/0"].write_direct(np.array(1)),
    "nothing": lambda text, file: None,
}


@pytest.mark.quick(3)
@pytest.mark.parametrize("what", FORGOTTEN)
def test_what_is_forgotten_shows(what, data, tmp_path):
    """The comparison of the tests above sees each part of a file."""
    path = str(tmp_path / "{epoch}-{batch}.weights.h5")
    optimizer = "of.SGD(of.schedules.InverseTimeDecay(0.1, 3, 0.5), momentum=0.9)"
    whole, model = network(optimizer), network(optimizer, seed=8)
    fit(whole, data, callbacks=[callbacks.ModelCheckpoint(path, save_weights_only=True, save_freq=3)])
    with h5py.File(path.format(epoch=3, batch=1), "r+") as file:
        text = json.loads(file["handnn"].asstr()[()])
        FORGOTTEN[what](text, file)
        del file["handnn"]
        file["handnn"] = json.dumps(text)
    handnn.utils.set_random_seed(9)
    model.load_weights(path.format(epoch=3, batch=1))
    fit(model, data, initial_epoch=2)
    assert same(ending(model), ending(whole)) == (what == "nothing")


def averaging(optimizer):
    handnn.utils.set_random_seed(5)
    stack = [handnn.Input((6,)), handnn.layers.Dense(5, "tanh"), handnn.layers.Dense(3, "softmax")]
    model = handnn.Sequential(stack)
    model.compile(optimizer, "categorical_crossentropy")
    return model


@pytest.mark.parametrize("saved", [False, True])
@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: of.SGD(0.1, use_ema=True, ema_momentum=0.8),
        lambda: of.LossScaleOptimizer(of.Adam(0.01, use_ema=True, ema_momentum=0.8), 64.0, 3),
        lambda: of.MultiOptimizer(of.OptimizerMap(of.Adam(0.01, use_ema=True), {".*bias": of.SGD(0.1)})),
    ],
)
def test_averages_at_the_end_of_fit_are_not_what_a_resumed_run_starts_from(optimizer, saved, tmp_path, rng):
    x, y = rng.normal(size=(20, 6)), np.eye(3)[rng.integers(0, 3, 20)]
    whole = averaging(optimizer())
    whole.fit(x, y, batch_size=6, epochs=4, verbose=0)
    halves = averaging(optimizer())
    halves.fit(x, y, batch_size=6, epochs=2, verbose=0)
    between = halves.get_weights()
    averages = [w.numpy() for w in halves.trainable_weights]
    halves.optimizer.finalize_variable_values(averages)
    assert same(between, averages)  # in between they are the averages, as in Keras
    if saved:
        halves.save(tmp_path / "half.keras")
        halves = handnn.load_model(tmp_path / "half.keras")
        assert same(halves.get_weights(), between)
    halves.fit(x, y, batch_size=6, epochs=4, initial_epoch=2, verbose=0)
    assert same(whole.get_weights(), halves.get_weights())
    assert same(*([v.value for v in m.optimizer.variables] for m in (whole, halves)))


def test_weights_that_were_set_after_fit_are_not_put_back(rng):
    x, y = rng.normal(size=(20, 6)), np.eye(3)[rng.integers(0, 3, 20)]
    model = averaging(of.SGD(0.0, use_ema=True, ema_momentum=0.8, weight_decay=0.0))
    model.optimizer.learning_rate = 0.1
    model.fit(x, y, epochs=2, verbose=0)
    given = [rng.normal(size=w.shape).astype("float32") for w in model.get_weights()]
    model.set_weights(given)
    model.optimizer.learning_rate = 0.0
    seen = []
    watch = callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(model.get_weights()))
    model.fit(x, y, epochs=3, initial_epoch=2, verbose=0, callbacks=[watch])
    assert same(seen[-1], given)


# ---- a process that was killed before its logs are complete ------------------------------------------------------


def logged_fit(folder, board):
    handnn.utils.set_random_seed(4)
    model = handnn.Sequential([handnn.Input((3,)), handnn.layers.Dense(2)], name="net")
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(12, 3))
    backup = handnn.callbacks.BackupAndRestore(folder / "backup", delete_checkpoint=False)
    model.fit(x, x[:, :2], batch_size=4, epochs=3, verbose=0, validation_data=(x, x[:, 1:]), callbacks=[backup, board])
    return {part: series(folder / "logs" / part) for part in ("train", "validation")}


class Killed(BaseException):
    pass


@pytest.mark.parametrize("epoch", [0, 1])
def test_killed_between_the_backup_and_the_log_of_an_epoch(epoch, tmp_path):
    """The epoch is logged when the same script runs again: it heard that the folder holds another run."""

    class Board(handnn.callbacks.TensorBoard):
        def on_epoch_end(self, number, logs=None):
            if number == epoch:
                raise Killed
            super().on_epoch_end(number, logs)

    whole = logged_fit(tmp_path / "whole", handnn.callbacks.TensorBoard(tmp_path / "whole/logs"))
    board = Board(tmp_path / "killed/logs")
    with pytest.raises(Killed):
        logged_fit(tmp_path / "killed", board)
    for writer in board._writers.values():
        writer.close()
    again = logged_fit(tmp_path / "killed", handnn.callbacks.TensorBoard(tmp_path / "killed/logs"))
    for part, tag in (("train", "epoch_loss"), ("validation", "epoch_loss")):
        assert sorted(again[part][tag]) == whole[part][tag]
    rates = [step for step, _ in again["train"]["epoch_learning_rate"]]
    assert sorted(rates) == [number for number in range(3) if number != epoch]  # no backup holds it


def test_killed_before_anything_is_logged(tmp_path, monkeypatch):
    """The file holds the architecture; of a process that is alive it is another run all the same."""
    from handnn.callbacks import tensorboard

    with EventWriter(tmp_path / "logs" / "train"):
        pass
    with pytest.raises(ValueError, match="already holds a run"):
        logged_fit(tmp_path, handnn.callbacks.TensorBoard(tmp_path / "logs"))
    monkeypatch.setattr(tensorboard, "_is_alive", lambda pid: int(pid) != os.getpid())
    assert len(logged_fit(tmp_path, handnn.callbacks.TensorBoard(tmp_path / "logs"))["train"]["epoch_loss"]) == 3
    (tmp_path / "backup/latest.weights.h5").unlink()
    with pytest.raises(ValueError, match="already holds a run"):  # with values in it
        logged_fit(tmp_path, handnn.callbacks.TensorBoard(tmp_path / "logs"))
