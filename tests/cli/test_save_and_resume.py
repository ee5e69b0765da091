"""`handnn train --save` and `--resume`."""

import functools
import json

import numpy as np
import pytest

import handnn

MOONS = ("--data", "moons", "--batch-size", "200", "--json")


@pytest.fixture
def train(command):
    return functools.partial(command, "train")


def ending(path):
    model = handnn.load_model(path)
    return [*model.get_weights(), *[v.value for v in model.optimizer.variables]]


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize(("dtype", "optimizer"), [("float64", "adam"), ("float32", "nadam")])
@pytest.mark.slow
def test_a_run_in_two_parts(dtype, optimizer, train):
    """The hand-written side ends with the same bits; the twin starts from its slots and agrees with every step."""
    fresh = (*MOONS, "--layers", "5-4", "--no-keras", "--dtype", dtype, "--optimizer", optimizer)
    assert train(*fresh, "--run", "whole", "--epochs", 3, "--save", "whole.keras")[0] == 0
    assert train(*fresh, "--run", "first", "--epochs", 2, "--save", "half.keras")[0] == 0
    assert handnn.load_model("half.keras").progress.epoch == 2
    status, out, err = train(*MOONS, "--run", "second", "--epochs", 3, "--resume", "half.keras", "--save", "half.keras")
    assert status == 0, err
    result = json.loads(out)
    assert result["ok"] and result["checked_steps"] == result["steps"] > 0 and len(result["epochs"]["handnn"]) == 1
    assert all(np.array_equal(a, b) for a, b in zip(ending("whole.keras"), ending("half.keras"), strict=True))


@pytest.mark.filterwarnings("ignore:Even though:UserWarning")  # the pipeline of Keras' fit is compiled all the same
@pytest.mark.usefixtures("eagerly")
@pytest.mark.slow
def test_a_network_by_keras(keras, train):
    layers = keras.layers
    model = keras.Sequential([layers.Input((2,)), layers.Dense(4), layers.Dropout(0.2), layers.Dense(2, "softmax")])
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "categorical_crossentropy")
    model.fit(np.ones((4, 2)), np.eye(2)[[0, 1, 0, 1]], verbose=0)
    model.save("theirs.keras")
    status, out, err = train(*MOONS, "--resume", "theirs.keras", "--epochs", 1, "--run", "a", "--save", "ours.keras")
    assert status == 0 and json.loads(out)["ok"], err
    steps = json.loads(out)["steps"]
    assert int(keras.models.load_model("ours.keras").optimizer.iterations) == steps + 1


@pytest.mark.slow
def test_bad_input(train, tmp_path):
    assert train(*MOONS, "--no-keras", "--run", "a", "--epochs", 2, "--save", "a.keras")[0] == 0
    before = (tmp_path / "a.keras").read_bytes()
    (tmp_path / "cut.keras").write_bytes(before[:100])
    bare = handnn.Sequential([handnn.Input((2,)), handnn.layers.Dense(1)])
    bare.save("bare.keras")
    bare.compile("sgd", "mse")
    handnn.load_model("a.keras").save("ok.keras")
    other = handnn.Sequential([handnn.Input((3,)), handnn.layers.Dense(1)])
    other.compile("sgd", "mse")
    other.save("other.keras")
    for given, words in (
        (("--save", "a.keras"), "--save a.keras already exists"),
        (("--resume", "ok.keras", "--save", "a.keras", "--epochs", 9), "--save a.keras already exists"),
        (("--save", "a.h5"), "--save must be FILE.keras in an existing folder; received a.h5"),
        (("--save", "nowhere/b.keras"), "--save must be FILE.keras in an existing folder"),
        (("--resume", "absent.keras"), "absent.keras: no such file"),
        (("--resume", "cut.keras"), "truncated"),
        (("--resume", "bare.keras"), "a network without loss or optimizer"),
        (("--resume", "a.keras", "--epochs", 2), "--epochs must be more than the 2 that a.keras has seen; received 2"),
        (("--resume", "a.keras", "--optimizer", "sgd", "--epochs", 9), "--optimizer describes a new network"),
        (("--resume", "other.keras"), r"x must have shape (samples, 3)"),
    ):
        status, out, err = train("--data", "moons", "--no-keras", *given)
        assert status == 2 and out == "", given
        assert words in err and len(err.strip().splitlines()) == 1, err
    status, _, err = train(*MOONS, "--layers", "5", "--resume", "a.keras", "--epochs", 9, "--no-keras")
    assert status == 2 and "--layers describes a new network; --resume a.keras has its own" in err
    assert (tmp_path / "a.keras").read_bytes() == before and not (tmp_path / "b.keras").exists()
