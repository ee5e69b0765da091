"""ModelCheckpoint and BackupAndRestore against Keras' own, by the files that are there after every hook."""

import os

import numpy as np
import pytest

import handnn
from handnn.metrics import metrics as registry
from handnn.callbacks.monitor import is_better_when_smaller

LOGS = [{"loss": 3.0, "accuracy": 0.5}, {"loss": 4.0, "accuracy": 0.6}, {"loss": 2.0, "accuracy": 0.6}]
LOGS += [{"loss": 2.0, "accuracy": 0.2}, {"loss": 1.0, "accuracy": 0.9}]
for _logs in LOGS:
    _logs["val_loss"] = 10 - _logs["loss"]


def both(keras):
    """The same small compiled network on either side."""
    found = []
    for module in (handnn, keras):
        model = module.Sequential([module.Input((2,)), module.layers.Dense(1)])
        model.compile("sgd", "mse", metrics=["accuracy"], run_eagerly=True)
        model.train_on_batch(np.ones((2, 2)), np.ones((2, 1)))
        found.append((module, model))
    return found


def files(folder):
    """What is there, with the times of writing as numbers in their order."""
    return sorted(os.listdir(folder)) if folder.exists() else []


@pytest.mark.quick(3)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"save_weights_only": True},
        {"save_best_only": True},
        {"save_best_only": True, "monitor": "loss", "save_weights_only": True},
        {"save_best_only": True, "monitor": "accuracy"},
        {"save_best_only": True, "monitor": "accuracy", "mode": "min"},
        {"save_best_only": True, "monitor": "loss", "mode": "max"},
        {"save_best_only": True, "monitor": "loss", "initial_value_threshold": 1.5},
        {"save_freq": 2},
        {"save_freq": 5, "save_weights_only": True},
        {"save_freq": 4},
    ],
    ids=str,
)
def test_checkpoints_are_keras(options, keras, tmp_path):
    found = []
    for module, model in both(keras):
        folder = tmp_path / module.__name__
        name = "{epoch:02d}-{loss:.1f}" + ("-{batch}" if "save_freq" in options else "")
        name += ".weights.h5" if options.get("save_weights_only") else ".keras"
        callback = module.callbacks.ModelCheckpoint(str(folder / "new" / name), **options)
        callback.set_model(model)
        callback.on_train_begin()
        seen = []
        for epoch, logs in enumerate(LOGS):
            callback.on_epoch_begin(epoch, {})
            for batch in range(3):
                callback.on_train_batch_end(batch, logs)
                seen.append(files(folder / "new"))
            callback.on_epoch_end(epoch, logs)
            seen.append(files(folder / "new"))
        callback.on_train_end({})
        found.append(seen)
    assert found[0] == found[1] and found[0][-1]


@pytest.mark.quick(15)
@pytest.mark.parametrize(("name", "cls"), registry.items(), ids=list(registry))
def test_directions_are_keras(name, cls, keras):
    theirs = getattr(keras.metrics, cls.__name__)
    for arguments in ((), (0.5,), (3,), (2, [0]), (lambda a, b: a,)):
        try:
            ours, direction = cls(*arguments), getattr(theirs(*arguments), "_direction", None)
        except (TypeError, ValueError):
            continue
        break
    assert is_better_when_smaller(ours) == {"down": True, "up": False, None: None}[direction]


def test_what_is_not_logged(tmp_path):
    model = handnn.Sequential([handnn.Input((2,)), handnn.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mean_absolute_error", handnn.metrics.TruePositives(name="total")])
    fit = {"x": np.ones((2, 2)), "y": np.ones((2, 1)), "verbose": 0}
    checkpoint = handnn.callbacks.ModelCheckpoint
    with pytest.warns(UserWarning, match="monitor 'val_loss' is not a logged number"):
        model.fit(**fit, callbacks=[checkpoint(tmp_path / "a.keras", save_best_only=True)])
    assert (tmp_path / "a.keras").exists()
    with pytest.raises(KeyError, match="has 'val_loss', which is not logged; available: epoch, loss"):
        model.fit(**fit, callbacks=[checkpoint(tmp_path / "{val_loss}.keras")])
    with pytest.raises(ValueError, match="cannot tell whether more or less of monitor 'total' is better; give mode"):
        model.fit(**fit, epochs=2, callbacks=[checkpoint(tmp_path / "a.keras", "total", save_best_only=True)])
    for call, words in (
        (lambda: checkpoint("a.h5"), "must end in .keras"),
        (lambda: checkpoint("a.keras", save_weights_only=True), "must end in .weights.h5"),
        (lambda: checkpoint("a.keras", save_freq=0), "save_freq must be 'epoch' or an integer >= 1; received 0"),
        (lambda: handnn.callbacks.BackupAndRestore(""), "backup_dir must name a folder"),
        (lambda: handnn.callbacks.BackupAndRestore("a", save_freq="batch"), "save_freq must be 'epoch'"),
    ):
        with pytest.raises(ValueError, match=words):
            call()
    with pytest.warns(
        UserWarning, match="mode 'up' is unknown, which counts as 'auto'; it must be 'auto', 'min' or 'max'"
    ):
        assert checkpoint("a.keras", mode="up").mode == "auto"  # as in Keras


def test_verbose(tmp_path, capsys):
    model = handnn.Sequential([handnn.Input((2,)), handnn.layers.Dense(1)])
    model.compile("sgd", "mse")
    path = str(tmp_path / "a.keras")
    callback = handnn.callbacks.ModelCheckpoint(
        path, "loss", 1, save_best_only=True, mode="min", initial_value_threshold=-1.0
    )
    model.fit(np.ones((2, 2)), np.ones((2, 1)), verbose=0, callbacks=[callback])
    callback.best = None
    callback.on_epoch_end(1, {"loss": 0.5})
    assert capsys.readouterr().out.splitlines()[1] == f"Epoch 2: saved {path}"


# ---- backups --------------------------------------------------------------------------------------------------------


def trained(folder, stop_after, **options):
    """Train until an error after so many epochs; return model and callback."""
    handnn.utils.set_random_seed(1)
    model = handnn.Sequential([handnn.Input((2,)), handnn.layers.Dense(1)], name="net")
    model.compile("adam", "mse")
    backup = handnn.callbacks.BackupAndRestore(folder, **options)

    def stop(epoch, logs):
        if epoch + 1 == stop_after:
            raise RuntimeError

    stopper = handnn.callbacks.LambdaCallback(on_epoch_end=stop)
    rng = np.random.default_rng(0)
    data = rng.normal(size=(8, 2)), rng.normal(size=(8, 1))
    try:
        model.fit(*data, epochs=4, batch_size=4, verbose=0, callbacks=[backup, stopper])
    except RuntimeError:
        return model, False
    return model, True


def test_a_damaged_backup(tmp_path):
    folder = tmp_path / "backup"
    whole, _ = trained(tmp_path / "other", 0)
    trained(folder, 3, double_checkpoint=True)
    latest = folder / "latest.weights.h5"
    assert sorted(os.listdir(folder)) == ["latest.weights.h5", "latest.weights.h5.bkp"]
    content = latest.read_bytes()
    latest.write_bytes(content[:1000])
    with pytest.warns(UserWarning, match="using the previous backup"):
        again, done = trained(folder, 0, double_checkpoint=True)
    assert done and not folder.exists()
    assert all(np.array_equal(a, b) for a, b in zip(whole.get_weights(), again.get_weights(), strict=True))
    trained(folder, 3)
    latest.write_bytes(content[:1000])
    with pytest.raises(ValueError, match=r"latest\.weights\.h5: damaged"):
        trained(folder, 0)


def test_what_else_is_in_the_folder_stays(tmp_path):
    trained(tmp_path, 2)
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / ".latest.weights.h5.0123.part").write_bytes(b"")
    assert trained(tmp_path, 0)[1]
    assert os.listdir(tmp_path) == ["mine.txt"]
    trained(tmp_path / "kept", 0, delete_checkpoint=False)
    assert os.listdir(tmp_path / "kept") == ["latest.weights.h5"]
    model, done = trained(tmp_path / "kept", 0, delete_checkpoint=False)  # nothing is left to do
    assert done and model.history.epoch == [0, 1, 2, 3] and model.optimizer.iterations == 8


def test_a_backup_of_another_network_or_by_keras(keras, tmp_path):
    trained(tmp_path / "a", 2)
    other = handnn.Sequential([handnn.Input((2,)), handnn.layers.Dense(2)], name="net")
    other.compile("adam", "mse")
    kept = other.get_weights()
    data = np.ones((4, 2)), np.ones((4, 2))
    with pytest.raises(ValueError, match=r"layers/dense \(dense.*\) holds kernel of shape \(2, 1\); expected \(2, 2\)"):
        other.fit(*data, verbose=0, callbacks=[handnn.callbacks.BackupAndRestore(tmp_path / "a")])
    theirs = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    theirs.compile("adam", "mse", run_eagerly=True)
    theirs.fit(*data, verbose=0)
    (tmp_path / "b").mkdir()
    theirs.save_weights(tmp_path / "b" / "latest.weights.h5")
    with pytest.raises(ValueError, match="holds no training progress"):
        other.fit(*data, verbose=0, callbacks=[handnn.callbacks.BackupAndRestore(tmp_path / "b")])
    assert all(np.array_equal(a, b) for a, b in zip(other.get_weights(), kept, strict=True))


@pytest.mark.parametrize("module", ["keras", "handnn"])
@pytest.mark.slow
def test_keras_goes_on_at_the_start_of_the_epoch(module, keras, tmp_path):
    """Keras takes two steps a second time, and forgets the first epoch; handnn takes each once."""
    keras_or_ours = {"keras": keras, "handnn": handnn}[module]
    data = np.ones((8, 2), "float32"), np.ones((8, 1), "float32")
    taken = []

    def step(batch, logs):
        taken.append(batch)
        if len(taken) == 6:
            raise KeyboardInterrupt

    for attempt in range(2):
        model = keras_or_ours.Sequential([keras_or_ours.Input((2,)), keras_or_ours.layers.Dense(1)])
        model.compile("sgd", "mse", run_eagerly=True)
        backup = keras_or_ours.callbacks.BackupAndRestore(str(tmp_path / "backup"), save_freq=1)
        callbacks = [backup, keras_or_ours.callbacks.LambdaCallback(on_train_batch_end=step)]
        try:
            history = model.fit(*data, batch_size=2, epochs=2, verbose=0, callbacks=callbacks)
        except KeyboardInterrupt:
            assert attempt == 0
            files = sorted(os.listdir(tmp_path / "backup"))
    again = {"keras": [0, 1, 2, 3], "handnn": [2, 3]}[module]
    assert taken == [0, 1, 2, 3, 0, 1, *again]
    assert history.epoch == {"keras": [1], "handnn": [0, 1]}[module]
    assert int(model.optimizer.iterations) == {"keras": 10, "handnn": 8}[module]
    assert files == ["latest.weights.h5", "training_metadata.json"][: 1 + (module == "keras")]
