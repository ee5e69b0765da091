"""Weights that are numbers: a line through points, neurons that are written out, passes written into the training."""

from pathlib import Path

import pytest

from handnn.diagnosis.check import verdicts
from handnn.diagnosis.user.source.passes import with_one_pass, with_rows

NEURONS = (Path(__file__).parent / "programs/neurons_of_numbers.py").read_text()
LINE = """
import numpy as np
def train_linear(X, Y, lr=0.01, epochs=100):
    m = c = 0
    n = float(len(X))
    for i in range(epochs):
        Y_pred = m * X + c
        D_m = (-2 / n) * sum(X * (Y - Y_pred))
        D_c = (-2 / n) * sum(Y - Y_pred)
        m = m - lr * D_m
        c = c - lr * D_c
    return m, c
"""
BY_ITEM = LINE.replace("range(epochs)", "range(10)").replace("sum(X * (Y - Y_pred))", "X[i] * (Y[i] - Y_pred[i])")
FILES = {"line": (LINE, "train_linear"), "neurons": (NEURONS, "Network")}
SLIPS = [
    ("line", "sum(Y - Y_pred)", "sum(X * (Y - Y_pred))", "Y - Y_pred"),
    ("neurons", "d_h1_d_w2 = x[1]", "d_h1_d_w2 = x[0]", "x[0 + 1] * deriv_sigmoid(sum_h1)"),
    ("neurons", "d_ypred_d_h2 * d_h2_d_w4", "d_ypred_d_h1 * d_h2_d_w4",
     "learn_rate * d_L_d_ypred * d_ypred_d_h2 * d_h2_d_w4"),
]  # fmt: skip


def judged(path: Path, text: str, name: str) -> dict:
    path.write_text(text)
    return next(v["verdict"] for v in verdicts(str(path)) if v["name"] == name)


@pytest.mark.parametrize("file", ["line", pytest.param("neurons", marks=pytest.mark.slow)])
def test_it_is_right_as_it_stands(tmp_path, file):
    """Where the neurons are saturated, a step is all rounding: what it cannot show is allowed."""
    verdict = judged(tmp_path / "numbers.py", *FILES[file])
    assert verdict["verdict"] == "match", (verdict["summary"], verdict["found"], verdict["blamed"])
    assert not verdict["unchecked"]


@pytest.mark.slow
@pytest.mark.parametrize(("file", "old", "new", "fix"), SLIPS)
def test_a_slip_is_located_and_explained(tmp_path, file, old, new, fix):
    text, name = FILES[file]
    assert text.count(old) == 1
    (blame,) = judged(tmp_path / "numbers.py", text.replace(old, new), name)["blamed"]
    assert blame["line"] == text[: text.index(old)].count("\n") + 1 and blame["fix"] == fix


def test_loops_are_written_out_in_their_lines():
    once = with_one_pass(NEURONS)
    assert once is not None and "for epoch in range(1):" in once and once.count("\n") == NEURONS.count("\n")
    assert with_one_pass(BY_ITEM) is None, "a counter that chooses items counts samples"
    rows = with_rows(NEURONS)
    assert rows is not None and "np.array([self.feedforward(row) for row in data])" in rows
    assert with_rows(LINE) is None and with_one_pass(LINE) is None


@pytest.mark.parametrize("times", ["number_of_training_iterations", "times"])
def test_a_training_that_is_told_how_often_is_read_for_one_pass(tmp_path, times):
    """After several steps what has moved is no multiple of a gradient."""
    text = f"""
import numpy as np
class NeuralNetwork:
    def __init__(self):
        self.weights = 2 * np.random.random((3, 1)) - 1
    def think(self, inputs):
        return 1 / (1 + np.exp(-inputs @ self.weights))
    def train(self, inputs, outputs, {times}):
        for i in range({times}):
            output = self.think(inputs)
            error = outputs - output
            self.weights += inputs.T @ (error * output * (1 - output))
"""
    assert judged(tmp_path / "net.py", text, "NeuralNetwork")["verdict"] == "match"
