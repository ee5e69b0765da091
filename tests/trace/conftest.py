"""The command in this process, and the network that most of these tests walk through."""

import sys

import numpy as np
import pytest

import handnn
from handnn import cli, layers, losses


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run a command in this process; return exit status, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments):
        monkeypatch.setattr(sys, "argv", ["handnn", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out, printed.err

    return run_command


@pytest.fixture(scope="session")
def tiny():
    """`tiny(hidden, output, loss, ...)`: a 2-3-2 network with round weights, and a batch."""

    def make(
        hidden="tanh", output="softmax", loss="categorical_crossentropy", optimizer="sgd", dtype="float64", rows=2
    ):
        rng = np.random.default_rng(3)
        stack = [
            layers.Dense(3, hidden, name="hidden", dtype=dtype),
            layers.Dense(2, output, name="output", dtype=dtype),
        ]
        model = handnn.Sequential([handnn.Input((2,), dtype=dtype, name="input"), *stack], name="tiny")
        model.compile(optimizer, losses.get(loss, dtype=dtype))
        model.set_weights([rng.integers(1, 10, w.shape) / 10 for w in model.weights])
        y = np.arange(rows) % 2 if model.loss.targets == "labels" else np.eye(2)[np.arange(rows) % 2]
        return model, rng.integers(1, 10, (rows, 2)) / 10, y

    return make
