"""`handnn.callbacks.TensorBoard` writes what Keras' own callback writes: same tags, steps and values."""

import io

import numpy as np
import pytest

import handnn
from handnn.tensorboard.read import read_events, series
from handnn.rounding import allowance

OPTIONS = [
    {"histogram_freq": 1, "update_freq": "epoch"},
    {"histogram_freq": 2, "update_freq": "batch", "write_images": True, "write_graph": False},
    {"histogram_freq": 1, "update_freq": 1, "write_images": True},
]
EPOCHS = 3


def _data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(70, 6)).astype("float32"), np.eye(4, dtype="float32")[rng.integers(0, 4, 70)]


def _hand_model():
    layers = handnn.layers
    stack = [handnn.Input((6,)), layers.Dense(7, "tanh", name="h1"), layers.Dense(4, "softmax", name="out")]
    model = handnn.Sequential(stack, name="net")
    model.compile(handnn.optimizers.SGD(0.0625), "categorical_crossentropy", metrics=["accuracy"])
    return model


def _keras_model(keras, weights):
    layers = keras.layers
    stack = [layers.Input((6,)), layers.Dense(7, "tanh", name="h1"), layers.Dense(4, "softmax", name="out")]
    model = keras.Sequential(stack, name="net")
    model.compile(keras.optimizers.SGD(0.0625), "categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
    model.set_weights(weights)
    return model


@pytest.fixture(scope="module")
def keras():
    import tf_reference  # noqa: F401  (quiet)
    import keras

    return keras


@pytest.mark.quick(1)
@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: str(o["update_freq"]))
def test_same_tags_steps_and_values_as_keras(keras, tmp_path, options):
    x, y = _data()
    ours, (hx, hy) = _hand_model(), (x[:20], y[:20])
    theirs = _keras_model(keras, ours.get_weights())
    fit = {"batch_size": 16, "epochs": EPOCHS, "shuffle": False, "verbose": 0, "validation_data": (hx, hy)}
    plain = options is OPTIONS[0]
    board = handnn.callbacks.TensorBoard(tmp_path / "hand", write_details=not plain, **options)
    ours.fit(x, y, **fit, callbacks=[board])
    theirs.fit(x, y, **fit, callbacks=[keras.callbacks.TensorBoard(tmp_path / "keras", **options)])
    steps = theirs.optimizer.iterations.numpy()
    for part in ("train", "validation"):
        found, expected = series(tmp_path / "hand" / part), series(tmp_path / "keras" / part)
        assert set(found) >= set(expected) and (not plain or set(found) == set(expected))
        for tag in expected:
            assert [step for step, _ in found[tag]] == [step for step, _ in expected[tag]], tag
            for (_, a), (_, b) in zip(found[tag], expected[tag], strict=True):
                _compare(tag, a, b, steps)


def _compare(tag, found, expected, steps):
    """Scalars and bucket edges within the rounding that `steps` training steps gather; everything else exactly."""
    if tag == "keras":  # the architecture, as JSON
        return
    if not tag.endswith("/histogram"):
        assert np.shape(found) == np.shape(expected)
    bound = allowance.gamma(16 * int(steps), allowance.unit_roundoff("float32"))
    if isinstance(found, str):
        assert found == expected
    elif np.ndim(found) == 2:
        assert found[:, 2].sum() == expected[:, 2].sum()
        edges = np.abs(expected[:, :2]).max()
        assert np.abs(found[:, :2] - expected[:, :2]).max() <= allowance.of(bound * edges, "float32")
        assert np.abs(found[:, 2] - expected[:, 2]).max() <= 1  # a value at an edge may change its bucket
    else:
        assert abs(found - expected) <= allowance.of(bound * max(1.0, abs(expected)), "float32"), tag


@pytest.mark.slow
def test_histograms_and_pictures_of_equal_weights_are_equal_bit_for_bit(keras, tmp_path):
    """With a learning rate of 0 both sides hold the very same weights: every bucket and every pixel is the same."""
    from PIL import Image

    x, y = _data()
    ours = _hand_model()
    theirs = _keras_model(keras, ours.get_weights())
    ours.optimizer.learning_rate = 0.0
    theirs.optimizer.learning_rate = 0.0
    options = {"histogram_freq": 1, "write_images": True}
    fit = {"epochs": 1, "verbose": 0}
    ours.fit(x, y, **fit, callbacks=[handnn.callbacks.TensorBoard(tmp_path / "hand", **options)])
    theirs.fit(x, y, **fit, callbacks=[keras.callbacks.TensorBoard(tmp_path / "keras", **options)])
    found, expected = series(tmp_path / "hand/train"), series(tmp_path / "keras/train")
    histograms = [tag for tag in expected if tag.endswith("/histogram")]
    assert len(histograms) == 4
    for tag in histograms:
        assert np.array_equal(found[tag][0][1], expected[tag][0][1]), tag

    def pixels(folder):
        values = [v for event in read_events(folder) for v in event.summary.value if v.tag.endswith("/image")]
        return {v.tag: np.asarray(Image.open(io.BytesIO(v.tensor.string_val[2])).convert("L")) for v in values}

    a, b = pixels(tmp_path / "hand/train"), pixels(tmp_path / "keras/train")
    assert set(a) == set(b) and len(a) == 4
    for tag in a:
        assert np.array_equal(a[tag], b[tag]), tag


def test_a_folder_with_a_run_is_refused_and_left_alone(tmp_path):
    x, y = _data()
    first = handnn.callbacks.TensorBoard(tmp_path)
    _hand_model().fit(x, y, verbose=0, callbacks=[first])
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(ValueError, match="already holds a run"):
        _hand_model().fit(x, y, verbose=0, callbacks=[handnn.callbacks.TensorBoard(tmp_path)])
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def test_the_same_callback_continues_its_run_in_a_new_file(tmp_path):
    x, y = _data()
    model, callback = _hand_model(), handnn.callbacks.TensorBoard(tmp_path)
    model.fit(x, y, verbose=0, callbacks=[callback])
    model.fit(x, y, epochs=2, initial_epoch=1, verbose=0, callbacks=[callback])
    assert [step for step, _ in series(tmp_path / "train")["epoch_loss"]] == [0, 1]


class Stop(handnn.callbacks.Callback):
    """Ends the process' work after so many batches, as a kill would."""

    def __init__(self, batches):
        self.batches = batches

    def on_train_batch_end(self, batch, logs=None):
        self.batches -= 1
        if self.batches == 0:
            raise KeyboardInterrupt


def _fit(folder, backup, stop=(), seed=3):
    """Train for 3 epochs of 5 batches; TensorBoard stands before what puts the place back."""
    x, y = _data()
    handnn.utils.set_random_seed(seed)
    board = handnn.callbacks.TensorBoard(folder, update_freq=1, histogram_freq=1)
    kept = handnn.callbacks.BackupAndRestore(backup, save_freq=2)
    try:
        _hand_model().fit(x, y, epochs=3, batch_size=len(x) // 5, verbose=0, callbacks=[board, kept, *stop])
    finally:
        for writer in board._writers.values():
            writer.close()  # as the end of the process does


def test_every_page_of_train_is_there_too(tmp_path):
    """Text, HParams, Custom Scalars, the graph, health, and histograms of what lies between the weights."""
    x, y = _data()
    board = handnn.callbacks.TensorBoard(tmp_path, histogram_freq=1)
    model = _hand_model()
    model.fit(x, y, epochs=2, batch_size=35, verbose=0, validation_data=(x, y), callbacks=[board])
    found = series(tmp_path)
    assert "Dense" in found["run/3_network"][0][1] and "learning_rate" in found["run/4_configuration"][0][1]
    ((step, told),) = found["run/0_result"]
    assert step == 1 and f"val_loss {model.history.history['val_loss'][-1]:.4g}" in told and "doctor" in str(found)
    plugins = {v.metadata.plugin_data.plugin_name for e in read_events(tmp_path) for v in e.summary.value}
    assert {"hparams", "custom_scalars", "text", "scalars"} <= plugins
    assert sum(bool(event.graph_def) for event in read_events(tmp_path)) == 1
    results = {tag.removeprefix("result/"): values[-1][1] for tag, values in found.items() if tag.startswith("result/")}
    assert results == {name: np.float32(values[-1]) for name, values in model.history.history.items()}
    health = series(tmp_path / "health")
    assert [step for step, _ in health["health_gradient_norm/h1"]] == [1, 2, 3, 4]
    train = series(tmp_path / "train")
    for tensor in ("z", "a", "delta", "kernel/gradient", "bias/gradient"):
        assert [step for step, _ in train[f"net/out/{tensor}/histogram"]] == [0, 1]
    assert [value for _, value in train["net/out/bias/norm"]][-1] == np.float32(np.linalg.norm(model.get_weights()[-1]))
    told = {v.tag for e in read_events(tmp_path / "train") for v in e.summary.value if v.metadata.summary_description}
    assert told == set(train) - {"keras"}


def test_details_can_be_left_out(tmp_path):
    x, y = _data()
    _hand_model().fit(x, y, verbose=0, callbacks=[handnn.callbacks.TensorBoard(tmp_path, write_details=False)])
    assert [path.name for path in tmp_path.iterdir()] == ["train"]


@pytest.mark.parametrize("stopped", [3, 5, 8, 14])
@pytest.mark.quick(1)
def test_a_run_that_was_stopped_goes_on_in_its_folder(tmp_path, stopped):
    """In the first epoch, at its end, later: the curves are those of a run that was never stopped."""
    with pytest.raises(KeyboardInterrupt):
        _fit(tmp_path / "a", tmp_path / "backup", [Stop(stopped)])
    _fit(tmp_path / "a", tmp_path / "backup", seed=4)
    _fit(tmp_path / "b", tmp_path / "other")
    found, expected = series(tmp_path / "a/train"), series(tmp_path / "b/train")
    assert set(found) == set(expected)
    for tag in ("epoch_loss", "epoch_learning_rate", "batch_loss"):
        assert sorted(found[tag]) == expected[tag], tag  # files of one second are read by their names
    assert [step for step, _ in expected["batch_loss"]] == list(range(1, 16))
    for tag in (tag for tag in expected if tag.endswith("/histogram")):
        assert sorted(step for step, _ in found[tag]) == [0, 1, 2], tag


def test_a_run_that_goes_on_is_not_mixed_with_another(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        _fit(tmp_path / "a", tmp_path / "backup", [Stop(8)])
    _fit(tmp_path / "b", tmp_path / "other", seed=5)
    before = {path: path.read_bytes() for path in (tmp_path / "b").rglob("*") if path.is_file()}
    with pytest.raises(ValueError, match="already holds a run"):
        _fit(tmp_path / "b", tmp_path / "backup")
    assert before == {path: path.read_bytes() for path in (tmp_path / "b").rglob("*") if path.is_file()}


def test_an_integer_update_freq_thins_batches_and_keeps_epochs(tmp_path):
    """Keras drops epoch scalars and histograms unless update_freq divides the number of batches (5 here)."""
    x, y = _data()
    _hand_model().fit(
        x, y, batch_size=16, epochs=2, verbose=0,
        callbacks=[handnn.callbacks.TensorBoard(tmp_path, update_freq=3, histogram_freq=1)],
    )  # fmt: skip
    found = series(tmp_path / "train")
    assert [step for step, _ in found["batch_loss"]] == [3, 6, 9]
    assert [step for step, _ in found["epoch_loss"]] == [0, 1]
    assert [step for step, _ in found["net/h1/kernel/histogram"]] == [0, 1]


@pytest.mark.parametrize(
    "arguments", [{"update_freq": 0}, {"update_freq": "often"}, {"profile_batch": 2}, {"embeddings_freq": 1}]
)
def test_bad_arguments(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments)).split("_")[0]):
        handnn.callbacks.TensorBoard("logs", **arguments)
