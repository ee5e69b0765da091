"""When `ModelCheckpoint` and `BackupAndRestore` save, and what is left; no Keras, every option every day."""

from pathlib import Path

import numpy as np
import pytest

import handnn
from handnn.callbacks import BackupAndRestore, ModelCheckpoint

LOSSES, ACCURACIES = (3.0, 4.0, 2.0, 2.0, 1.0), (0.5, 0.6, 0.6, 0.2, 0.9)
BATCHES = 3


def linear():
    model = handnn.Sequential([handnn.Input((2,)), handnn.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["accuracy"])
    model.train_on_batch(np.ones((2, 2)), np.ones((2, 1)))
    return model


def run(callback):
    """The hooks of a run, with a model that writes `a` for a whole file, `b` for weights."""
    model = linear()
    model.save, model.save_weights = (lambda path, text=text: Path(path).write_text(text) for text in "ab")
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, (loss, accuracy) in enumerate(zip(LOSSES, ACCURACIES, strict=True)):
        logs = {"loss": loss, "accuracy": accuracy, "val_loss": 10 - loss}
        callback.on_epoch_begin(epoch)
        for batch in range(BATCHES):
            callback.on_train_batch_begin(batch)
            callback.on_train_batch_end(batch, logs)
        callback.on_epoch_end(epoch, logs)
    callback.on_train_end()


BEST = {"save_best_only": True}


@pytest.mark.parametrize(
    ("options", "epochs"),
    [
        ({}, [1, 2, 3, 4, 5]),
        (BEST, [1, 2]),  # val_loss: 7, 6, 8, 8, 9
        (BEST | {"mode": "max"}, [1, 3, 5]),
        (BEST | {"monitor": "loss"}, [1, 3, 5]),
        (BEST | {"monitor": "loss", "mode": "min"}, [1, 3, 5]),
        (BEST | {"monitor": "loss", "mode": "max"}, [1, 2]),
        (BEST | {"monitor": "loss", "initial_value_threshold": 2.0}, [5]),
        (BEST | {"monitor": "accuracy"}, [1, 2, 5]),
        (BEST | {"monitor": "accuracy", "mode": "min"}, [1, 4]),
        (BEST | {"monitor": "accuracy", "initial_value_threshold": 0.6}, [5]),
    ],
    ids=str,
)
@pytest.mark.parametrize("only_weights", [False, True])
def test_epochs_that_are_saved(options, epochs, only_weights, tmp_path):
    ending = ".weights.h5" if only_weights else ".keras"
    path = tmp_path / ("{epoch}_{loss}" + ending)
    run(ModelCheckpoint(path, save_weights_only=only_weights, **options))
    assert {file.name for file in tmp_path.iterdir()} == {f"{e}_{LOSSES[e - 1]}{ending}" for e in epochs}
    assert {file.read_text() for file in tmp_path.iterdir()} == {"b" if only_weights else "a"}


@pytest.mark.parametrize("every", [1, 2, 3, 4, 15, 16])
def test_batches_that_are_saved_are_counted_across_epochs(every, tmp_path):
    run(ModelCheckpoint(tmp_path / "{epoch}_{batch}_{loss}.keras", save_freq=every))
    places = [(epoch, batch) for epoch in range(1, 6) for batch in range(1, BATCHES + 1)]
    expected = {f"{e}_{b}_{LOSSES[e - 1]}.keras" for e, b in places[every - 1 :: every]}
    assert {file.name for file in tmp_path.iterdir()} == expected


@pytest.mark.parametrize("double", [False, True])
@pytest.mark.parametrize("delete", [False, True])
@pytest.mark.parametrize("other", [False, True])
def test_a_backup_goes_when_training_is_done(double, delete, other, tmp_path):
    folder = tmp_path / "backup"
    if other:
        folder.mkdir()
        (folder / "mine.txt").write_text("")
    model = linear()
    callback = BackupAndRestore(folder, save_freq=2, double_checkpoint=double, delete_checkpoint=delete)
    model.fit(np.ones((6, 2)), np.ones((6, 1)), batch_size=2, epochs=2, verbose=0, callbacks=[callback])
    kept = {"latest.weights.h5", *(["latest.weights.h5.bkp"] if double else [])} if not delete else set()
    kept |= {"mine.txt"} if other else set()
    assert ({file.name for file in folder.iterdir()} if folder.exists() else set()) == kept
    assert folder.exists() == bool(kept)


def test_the_previous_backup_is_the_one_before(tmp_path):
    seen, callback = [], BackupAndRestore(tmp_path, double_checkpoint=True, delete_checkpoint=False)

    def look():
        files = [tmp_path / "latest.weights.h5", tmp_path / "latest.weights.h5.bkp"]
        seen.append([file.read_bytes() for file in files if file.exists()])

    class Look(handnn.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            look()

    x = np.arange(12.0).reshape(6, 2) / 12
    linear().fit(x, x[:, :1], epochs=3, verbose=0, callbacks=[callback, Look()])
    look()
    _, (one,), (two, before_two), (three, before_three) = seen
    assert len({one, two, three}) == 3 and (before_two, before_three) == (one, two)


def test_a_restored_run_counts_its_batches_on(tmp_path):
    """5 batches an epoch, saved every 2: killed after 7, it goes on after 6, and saves after 8 and 10 batches."""

    class Stop(handnn.callbacks.Callback):
        def __init__(self, after):
            self.after, self.seen = after, []

        def on_train_batch_end(self, batch, logs=None):
            self.seen.append((self.model.optimizer.iterations, callback._batches))
            if len(self.seen) == self.after:
                raise KeyboardInterrupt

    x = np.arange(20.0).reshape(10, 2) / 20
    for after, expected in ((7, [1, 2, 3, 4, 5, 6, 7]), (99, [7, 8, 9, 10])):
        model = handnn.Sequential([handnn.Input((2,)), handnn.layers.Dense(1)])
        model.compile("sgd", "mse")
        callback, stop = BackupAndRestore(tmp_path, save_freq=2), Stop(after)
        try:
            model.fit(x, x[:, :1], batch_size=2, epochs=2, verbose=0, callbacks=[callback, stop])
        except KeyboardInterrupt:
            assert after == 7
        assert stop.seen == [(n, n) for n in expected]
    assert model.history.epoch == [0, 1] and len(model.history.history["loss"]) == 2
