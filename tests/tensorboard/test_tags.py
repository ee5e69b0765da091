"""The tags are those of `keras.callbacks.TensorBoard`, read from a file that it wrote."""

import numpy as np
import pytest

from handnn.tensorboard import tags
from handnn.tensorboard.read import series


@pytest.fixture(scope="module")
def keras_runs(tmp_path_factory):
    """What Keras' callback logs while it trains `digits`, {"train": {tag: ...}, "validation": {tag: ...}}."""
    import keras

    layers = [
        keras.layers.Input((4,)),
        keras.layers.Dense(3, name="hidden_1"),
        keras.layers.Dense(2, name="output"),
    ]
    model = keras.Sequential(layers, name="digits")
    model.compile(optimizer="sgd", loss="mse", metrics=["mae"])
    folder = tmp_path_factory.mktemp("keras")
    callback = keras.callbacks.TensorBoard(folder, histogram_freq=1, write_images=True, update_freq=1)
    x, y = np.ones((4, 4), np.float32), np.ones((4, 2), np.float32)
    model.fit(x, y, batch_size=2, validation_data=(x, y), callbacks=[callback], verbose=0)
    return {name: series(folder / name) for name in ("train", "validation")}


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning")
@pytest.mark.slow
def test_tags_are_those_of_keras(keras_runs):
    train, validation = keras_runs["train"], keras_runs["validation"]
    paths = [f"digits/{layer}/{tensor}" for layer in ("hidden_1", "output") for tensor in ("kernel", "bias")]
    expected = {tags.epoch(name) for name in ("loss", "mae", "learning_rate")}
    expected |= {tags.batch(name) for name in ("loss", "mae")} | {tags.KERAS_MODEL}
    expected |= {tag(path) for path in paths for tag in (tags.histogram, tags.image)}
    assert set(train) == expected
    evaluated = {tag(name) for name in ("loss", "mae") for tag in (tags.epoch, tags.evaluation)}
    assert set(validation) == evaluated


def test_tags_of_our_own():
    assert tags.gradient_histogram("digits/hidden_1/kernel") == "digits/hidden_1/kernel/gradient/histogram"
    assert tags.tensor_histogram("digits", "hidden_1", "delta") == "digits/hidden_1/delta/histogram"
    assert tags.trend("digits/hidden_1/kernel", "norm") == "digits/hidden_1/kernel/norm"
    assert tags.parity_tensor("hidden_1", "dW") == "parity/hidden_1/dW"
    assert tags.drift("digits/hidden_1/kernel") == "drift/digits/hidden_1/kernel"
    assert tags.histogram("digits/a:0") == "digits/a_0/histogram"


def test_unknown_statistic():
    with pytest.raises(ValueError, match="statistic: got 'median', expected one of mean, std, norm, min, max"):
        tags.trend("digits/hidden_1/kernel", "median")


def test_what_a_tag_means_follows_from_its_last_words():
    own = tags.description
    for kind, words in tags.KINDS.items():
        assert own(f"digits/hidden/{kind}/histogram") == own(f"{kind}/histogram") == words
    for kind, words in tags.IMAGES.items():
        assert own(f"digits/hidden/{kind}/image") == words
    assert own("digits/hidden/kernel/histogram") == "All elements of the weight, after the epoch."
    assert own("digits/hidden/bias/image") == "The weight as a picture."
    assert "gate 'i' at every step" in own("digits/hidden/delta_i/histogram")
    for measure, words in tags.HEALTH.items():
        assert own(tags.health(measure, "hidden")) == words
    for name in tags.STATISTICS:
        assert own(tags.trend("digits/hidden/kernel", name)).startswith(f"{name} over all elements")
    assert not own("unknown") and not own("a/b") and not own("health_none/hidden")
