"""The hand-written side where TensorFlow and Keras are not installed: what works, and the one line of what does not."""

import json
from importlib.util import find_spec

import pytest

from handnn.core import reference


@pytest.fixture
def without_keras(monkeypatch, command):
    """`without_keras("train", ...)`: run a command as if neither package were there."""

    def missing(name, *given):
        return None if name in ("tensorflow", "keras") else find_spec(name, *given)

    monkeypatch.setattr(reference, "find_spec", missing)
    return command


@pytest.mark.parametrize("arguments", [("train", "--data", "moons"), ("verify",)])
def test_what_compares_says_what_to_type_and_writes_nothing(arguments, without_keras, tmp_path):
    status, out, err = without_keras(*arguments)
    assert (status, out) == (2, "")
    assert reference.INSTALL in err and err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_the_hand_written_side_trains_alone(without_keras, tmp_path):
    status, out, _ = without_keras(
        "train", "--no-keras", "--data", "moons", "--epochs", 1, "--logdir", tmp_path / "logs"
    )
    assert status == 0 and "validation loss" in out


def test_trace_shows_the_hand_written_numbers(without_keras):
    assert without_keras("trace", "2-3-2", "--no-keras")[0] == 0  # nothing is claimed
    status, out, _ = without_keras("trace", "2-3-2")
    assert status == 3
    assert "not compared with TensorFlow" in out and reference.INSTALL in " ".join(out.split())


@pytest.mark.slow
def test_compare_tells_that_parity_was_not_checked(without_keras, tmp_path):
    few = ("--data", "moons", "--seeds", 1, "--rates", 1, "--epochs", 1, "--logdir", tmp_path, "--json")
    status, out, _ = without_keras("compare", "--optimizers", "sgd,adam", *few)
    found = json.loads(out)
    assert status == 3
    assert {entry["keras"] for entry in found["parity"].values()} == {None}
    assert any("not checked" in line for line in found["warnings"])
