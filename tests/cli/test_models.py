"""`--model`: networks for pictures by name, and from a Python file, in train, verify and compare."""

import json

import numpy as np
import pytest

from handnn import data
from handnn.models import named

FILE = """
import handnn
from handnn import layers

def build():
    model = handnn.Sequential([handnn.Input((8, 8)), layers.LSTM(3), layers.Dense(10, "softmax")], name="mine")
    model.compile("sgd", "categorical_crossentropy")
    return model
"""


@pytest.fixture
def file(tmp_path):
    def write(text=FILE):
        path = tmp_path / "mine.py"
        path.write_text(text)
        return str(path)

    return write


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("picture", [(8, 8), (28, 28)])
@pytest.mark.parametrize("name", named.NAMED)
def test_networks_read_rows(name, picture, dtype, rng):
    model = named.build(name, picture[0] * picture[1], picture, 10, "softmax", dtype, "data")
    found = model(rng.normal(size=(2, picture[0] * picture[1])))
    assert found.shape == (2, 10) and found.dtype == dtype


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) for name in named.NAMED])
def test_training_is_verified(name, command):
    status, out, err = command(
        "train", "--model", name, "--epochs", 1, "--check-every", 9, "--batch-size", 64, "--json"
    )
    found = json.loads(out)
    assert status == 0, err
    assert found["ok"] and found["tensors_checked"] > 20 and found["network"].startswith(name)
    assert found["epochs"]["handnn"][-1]["val_accuracy"] == pytest.approx(found["epochs"]["keras"][-1]["val_accuracy"])


@pytest.mark.parametrize("name", ["transformer", *(pytest.param(n, marks=pytest.mark.slow) for n in ("lenet", "lstm"))])
@pytest.mark.slow
def test_one_batch_is_verified(name, command):
    status, out, _ = command("verify", "--model", name, "--batch-size", 3)
    assert status == 0 and "verified" in out and name in out


@pytest.mark.slow
def test_a_file_is_trained(command, file):
    given = ("train", "--model", file(), "--no-keras", "--epochs", 1, "--batch-size", 256, "--json")
    status, out, err = command(*given)
    assert status == 0, err
    assert "LSTM" in json.loads(out)["network"] and "sgd" in json.loads(out)["network"]


@pytest.mark.slow
def test_a_file_and_a_name_are_compared(command, file):
    for model in (file(), "lenet"):
        given = ("--optimizers", "sgd", "--rates", 1, "--seeds", 2, "--epochs", 1, "--jobs", 1, "--batch-size", 256)
        status, out, err = command("compare", "--model", model, *given, "--json")
        assert status == 0, err
        assert json.loads(out)["plan"]["model_name"] == model if "plan" in json.loads(out) else out


def test_the_rows_of_a_picture_are_the_steps():
    model = named.lstm((8, 8), 10, "softmax", "float64")
    found = data.load("digits", dtype="float64").x_train[:2]
    assert model.get_layer("lstm").input_shape == (None, 8, 8)
    trace = model.new_trace(False, wants_dx=False)
    model.forward_pass(found, trace)
    assert np.array_equal(trace["rows"].a, found.reshape(2, 8, 8))


BAD = {
    "name": (("--model", "lenett"), "--model must be lenet, lstm, transformer or FILE.py; received 'lenett'"),
    "no picture": (("--model", "lenet", "--data", "moons"), "reads pictures of 8 x 8 or more; moons has 2 numbers"),
    "widths too": (("--model", "lenet", "--layers", "8"), "--layers has no effect on --model lenet"),
    "no file": (("--model", "none.py"), "--model none.py: there is no such file"),
}
FILES = {
    "fails": ("1 / 0", "fails: ZeroDivisionError: division by zero"),
    "nothing": ("x = 1", "must define a handnn network"),
    "no shape": ("import handnn\nmodel = handnn.Sequential([handnn.layers.Dense(2)])", "has no input shape yet"),
    "inputs": (
        "import handnn\nmodel = handnn.Sequential([handnn.Input((3,)), handnn.layers.Dense(10)])",
        r"takes inputs of shape \(None, 3\), and a sample has 64 numbers",
    ),
    "outputs": (
        "import handnn\nmodel = handnn.Sequential([handnn.Input((64,)), handnn.layers.Dense(3)])",
        r"gives \(None, 3\), and the data ask for 10 outputs",
    ),
}


@pytest.mark.parametrize("case", [*BAD, *FILES])
def test_bad_input_gets_one_line(case, command, file):
    if case in FILES:
        text, words = FILES[case]
        given = ("--model", file(text))
    else:
        given, words = BAD[case]
    status, out, err = command("train", *given, "--no-keras")
    assert status == 2 and not out
    assert len(err.strip().splitlines()) == 1
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(err)
