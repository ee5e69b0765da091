"""Which tags the TensorBoard callback writes at which steps, for every option; no Keras."""

import os
import socket

import numpy as np
import pytest

import handnn
from handnn.callbacks import tensorboard
from handnn.callbacks.tensorboard import weight_pixels
from handnn.tensorboard import tags
from handnn.tensorboard.read import series

STEPS, EPOCHS = 5, 3


def logged(folder, validation=True, **options):
    """Train 3 epochs of 5 steps; return {tag: steps} of both parts, the series of training, and the history."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(10, 2)).astype("float32"), rng.normal(size=(10, 2)).astype("float32")
    model = handnn.Sequential([handnn.Input((2,)), handnn.layers.Dense(2, name="only")], name="net")
    model.compile(handnn.optimizers.SGD(0.125), "mse", metrics=["mae"])
    callback = handnn.callbacks.TensorBoard(folder, **options)
    data = (x[:3], y[:3]) if validation else None
    fit = {"batch_size": 2, "epochs": EPOCHS, "verbose": 0, "validation_data": data, "callbacks": [callback]}
    history = model.fit(x, y, **fit).history
    train = series(folder / "train")
    parts = {"train": train, "validation": series(folder / "validation") if validation else {}}
    steps = {p: {tag: [step for step, _ in of] for tag, of in found.items()} for p, found in parts.items()}
    return steps["train"], steps["validation"], train, history


EPOCH_TAGS = [tags.epoch(name) for name in ("loss", "mae", "learning_rate")]


@pytest.mark.parametrize(("update", "every"), [("epoch", None), ("batch", 1), (1, 1), (4, 4), (15, 15), (16, 16)])
def test_scalars_of_batches_and_epochs(update, every, tmp_path):
    train, validation, values, history = logged(tmp_path, update_freq=update, write_graph=False)
    expected = {tag: [0, 1, 2] for tag in EPOCH_TAGS}
    batches = list(range(every or 99, STEPS * EPOCHS + 1, every or 99))
    expected |= {tags.batch(name): batches for name in ("loss", "mae") if batches}
    assert train == expected
    assert validation == {tags.epoch(name): [0, 1, 2] for name in ("loss", "mae")} | {
        tags.evaluation(name): [5, 10, 15] for name in ("loss", "mae")
    }
    assert [value for _, value in values[tags.epoch("loss")]] == [np.float32(loss) for loss in history["loss"]]
    assert [value for _, value in values[tags.epoch("learning_rate")]] == [0.125] * 3
    if every in (1, 15):
        assert values[tags.batch("loss")][-1][1] == np.float32(history["loss"][-1])


@pytest.mark.parametrize(("every", "epochs"), [(0, []), (1, [0, 1, 2]), (2, [0, 2]), (3, [0])])
@pytest.mark.parametrize("images", [False, True])
def test_histograms_and_pictures_of_weights(every, epochs, images, tmp_path):
    train, validation, _, _ = logged(
        tmp_path,
        validation=False,
        histogram_freq=every,
        write_images=images,
        write_graph=False,
        write_details=False,
    )
    weights = ("net/only/kernel", "net/only/bias") if epochs else ()
    expected = {tags.histogram(weight): epochs for weight in weights}
    expected |= {tags.image(weight): epochs for weight in weights if images}
    assert {tag: steps for tag, steps in train.items() if tag not in EPOCH_TAGS} == expected
    assert not validation


def test_the_graph_is_logged_once_if_it_is_wanted(tmp_path):
    assert logged(tmp_path / "a", write_graph=True)[0]["keras"] == [0]
    assert "keras" not in logged(tmp_path / "b", write_graph=False)[0]


def test_the_speed_is_logged_if_it_is_wanted(tmp_path, monkeypatch):
    """A clock that goes on by 1/4 second whenever it is read: before and after a batch, and an epoch."""
    ticks = iter(np.arange(0, 1000, 0.25))
    monkeypatch.setattr("handnn.callbacks.tensorboard.time.perf_counter", lambda: float(next(ticks)))
    _, _, values, _ = logged(tmp_path / "a", update_freq=1, write_steps_per_second=True)
    assert [value for _, value in values[tags.batch("steps_per_second")]] == [4.0] * STEPS * EPOCHS
    assert [value for _, value in values[tags.epoch("steps_per_second")]] == [np.float32(5 / (11 * 0.25))] * EPOCHS
    found, _, _, _ = logged(tmp_path / "b", update_freq=1)
    assert not any("steps_per_second" in tag for tag in found)


def test_charts_are_of_values_that_are_not_of_validation(tmp_path, monkeypatch):
    named, charts = [], tensorboard.pages.charts_of
    monkeypatch.setattr(tensorboard.pages, "charts_of", lambda names: charts(named.extend(names) or named))
    logged(tmp_path)
    assert named == ["loss", "mae"]


def test_a_fit_that_goes_on_in_a_new_folder_logs_its_own_epochs(tmp_path, monkeypatch):
    """How often health is measured follows from all steps of the run."""
    monkeypatch.setattr("handnn.callbacks.health.record.WANTED", 2)
    x, y = np.ones((4, 2)), np.ones((4, 1))
    model = handnn.Sequential([handnn.Input((2,)), handnn.layers.Dense(1)])
    model.compile("sgd", "mse")
    backup, callback = handnn.callbacks.BackupAndRestore(tmp_path), handnn.callbacks.TensorBoard(tmp_path / "log")

    class Killed(handnn.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, batch_size=1, epochs=3, verbose=0, callbacks=[backup, Killed()])
    model.fit(x, y, batch_size=1, epochs=3, verbose=0, callbacks=[backup, callback])
    assert [step for step, _ in series(tmp_path / "log/train")[tags.epoch("loss")]] == [2]
    assert callback._record.every == 3 * 4 // 2


def test_a_batch_without_logs_logs_nothing(tmp_path):
    callback = handnn.callbacks.TensorBoard(tmp_path, update_freq=1)
    callback.on_train_batch_begin(0)
    callback.on_train_batch_end(0)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("case", "left"), [("gone", True), ("another machine", False), ("alive", False)])
def test_whose_event_files_were_left_by_a_killed_process(case, left, tmp_path):
    host = "another.host" if case == "another machine" else socket.gethostname()
    pid = os.getpid() if case == "alive" else 999999999
    (tmp_path / f"events.out.tfevents.1.{host}.{pid}.0").touch()
    assert tensorboard.left_by_a_killed_process(str(tmp_path)) == left
    assert not tensorboard.left_by_a_killed_process(str(tmp_path / "none"))


def test_a_callback_logs_a_second_fit_behind_the_first(tmp_path, monkeypatch):
    x, y = np.ones((4, 2)), np.ones((4, 1))
    model = handnn.Sequential([handnn.Input((2,)), handnn.layers.Dense(1)])
    model.compile("sgd", "mse")
    callback, pages = handnn.callbacks.TensorBoard(tmp_path, update_freq=1), []
    for name in ("begin", "columns"):
        own = getattr(tensorboard.pages, name)
        monkeypatch.setattr(
            tensorboard.pages, name, lambda *given, own=own, name=name: (pages.append(name), own(*given))
        )
    for begin, end in ((0, 2), (2, 3)):
        model.fit(x, y, batch_size=2, epochs=end, initial_epoch=begin, verbose=0, callbacks=[callback])
    assert pages == ["begin", "columns"]
    found = series(tmp_path / "train")
    assert [step for step, _ in found[tags.epoch("loss")]] == [0, 1, 2]
    assert [step for step, _ in found[tags.batch("loss")]] == [1, 2, 3, 4, 5, 6]


def test_pixels_of_weights():
    """Vectors are columns; matrices lie on their longer side; 0 to 1 is black to white, the rest is cut off."""
    vector = np.array([-1.0, 0.0, 0.5, 1.0, 2.0])
    assert weight_pixels(vector).tolist() == [[0], [0], [127], [255], [255]] == weight_pixels(vector[None]).tolist()
    tall = np.arange(6.0).reshape(3, 2) / 8
    assert np.array_equal(weight_pixels(tall), weight_pixels(tall.T)) and weight_pixels(tall).shape == (2, 3)
    assert weight_pixels(tall).tolist() == [[0, 63, 127], [31, 95, 159]] and weight_pixels(tall).dtype == "uint8"
    assert weight_pixels(np.ones((2, 3, 4))) is None and weight_pixels(np.ones((2, 1, 4))).shape == (2, 4)
