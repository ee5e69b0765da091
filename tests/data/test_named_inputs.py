"""Several inputs by name in one .npz file: side by side in a row of x, apart again for the network."""

import json

import numpy as np
import pytest

from handnn import data
from handnn.data.new_samples import read_new
from handnn.data.preparation import Preparation, apart, side_by_side

NETWORK = """
from handnn import Input, Model, layers
left, right, word = Input((3,), name="left"), Input((2, 2), name="right"), Input((2,), name="word")
parts = [layers.Dense(4, name="l")(left), layers.Flatten(name="r")(right)]
parts.append(layers.Flatten(name="w")(layers.Embedding(7, 2, name="embedding")(word)))
h = layers.Concatenate(name="both")(parts)
model = Model([right, left, word], layers.Dense(2, "softmax", name="output")(h), name="named")
"""


@pytest.fixture
def arrays(rng):
    """Numbers, bytes and whole numbers, each of a shape of its own."""
    return {
        "left": rng.normal(5, 3, (60, 3)),
        "right": rng.integers(0, 256, (60, 2, 2)).astype(np.uint8),
        "word": rng.integers(0, 7, (60, 2)),
        "y": np.arange(60) % 2,
    }


def test_each_input_is_scaled_by_itself(arrays, npz_file):
    found = data.load(npz_file(**arrays), dtype="float64")
    assert found.arrays == (("left", (3,)), ("right", (2, 2)), ("word", (2,)))
    assert "3 arrays (left 3, right 2 x 2, word 2)" in found.describe() and found.x_train.shape == (48, 9)
    parts = apart(found.x_train, found.arrays)
    assert np.abs(parts["left"].mean(axis=0)).max() < 1e-12 and parts["left"].std(axis=0) == pytest.approx(np.ones(3))
    whole = {tuple(row) for row in arrays["word"].tolist()}
    assert {tuple(row) for row in parts["word"].astype(int).tolist()} <= whole
    pixels = {tuple(row) for row in (arrays["right"].reshape(60, 4) / 255).tolist()}
    assert {tuple(row) for row in parts["right"].reshape(-1, 4).tolist()} <= pixels
    assert np.array_equal(side_by_side(parts, found.arrays), found.x_train)
    assert Preparation.from_dict(found.preparation.to_dict()) == found.preparation


def test_a_trained_network_finds_them_again(arrays, npz_file):
    path = npz_file(**arrays)
    found = data.load(path)
    inputs = {"right": (2, 2), "left": (3,), "word": (2,)}  # in the network's order
    new = read_new(str(path), found.preparation, inputs, "float32", "validation")
    wanted = apart(found.x_validation, found.arrays)
    assert all(np.array_equal(x, wanted[name]) for x, name in zip(new.x, inputs, strict=True))
    assert np.array_equal(new.y, found.y_validation)
    short = npz_file(**{**arrays, "left": arrays["left"][:, :2]})
    with pytest.raises(ValueError, match=r"'left': shape \(60, 2\); expected \(samples, 3\), as in training"):
        read_new(str(short), found.preparation, inputs, "float32")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"word": np.zeros(5)}, "5 samples"),
        ({"left": np.full((60, 3), np.nan)}, "'left'"),
        ({"left": np.array(["a"] * 60)}, "'left': shape (60,) of <U1; expected an array of numbers"),
        ({"y": np.array(1)}, "'y': not an array of samples"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(changed, words, arrays, npz_file):
    with pytest.raises(ValueError) as told:  # noqa: PT011
        data.load(npz_file(**(arrays | changed)))
    assert words in str(told.value) and "\n" not in str(told.value)


def test_train_and_predict(command, arrays, npz_file, tmp_path):
    npz_file(**arrays).rename(tmp_path / "two.npz")
    (tmp_path / "two.py").write_text(NETWORK)
    given = ("train", "--data", "two.npz", "--no-keras", "--epochs", "2", "--json")
    status, out, err = command(*given, "--model", "two.py", "--save", "two.keras", "--run", "a", "--doctor")
    assert status == 0, err
    trained = json.loads(out)["epochs"]["handnn"][-1]
    found = json.loads(command("predict", "two.keras", "--data", "two.npz", "--part", "validation", "--json")[1])
    assert found["score"]["accuracy"] == pytest.approx(trained["val_accuracy"])
    assert "holds several inputs (left, right, word); expected --model FILE.py" in command(*given)[2]
    (tmp_path / "other.py").write_text(NETWORK.replace('"left"', '"links"'))
    told = command(*given, "--model", "other.py")[2]
    assert "takes inputs right (2, 2), links (3,), word (2,), and the data have inputs left (3,)" in told
