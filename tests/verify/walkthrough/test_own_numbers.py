"""`handnn trace FILE`: a user's own numbers beside handnn's and TensorFlow's."""

import json
import re
from pathlib import Path

import numpy as np
import pytest


HAND = ["trace", "--no-keras"]


OWN = """
import numpy as np


def backprop(parameters, x, y):
    '''handnn: network {network}'''
    W1, b1, W2, b2 = parameters
    z1 = W1 @ x + b1
    a1 = np.tanh(z1)
    e = np.exp(W2 @ a1 + b2)
    p = e / e.sum(axis=0)
    loss = -(y * np.log(p)).sum()
    delta2 = p - y
    delta1 = (W2.T @ delta2) * (1 - a1{square})
    return {{"loss": loss, "W1": delta1 @ x.T, "b1": delta1.sum(axis=1, keepdims=True),
            "W2": delta2 @ a1.T, "b2": delta2.{sum}, "delta1": delta1, "a1": a1}}
"""
SMALL = "3-4-2 tanh softmax categorical_crossentropy"


@pytest.fixture
def own(tmp_path):
    def write(**changes):
        said = {"network": SMALL, "square": "**2", "sum": "sum(axis=1, keepdims=True)"} | changes
        path = tmp_path / "mine.py"
        path.write_text(OWN.format(**said))
        return path

    return write


def test_a_users_numbers_stand_beside_both(run, own, assert_printed_alike):
    """Columns, W as (units, inputs), sums for means: shown in handnn's notation."""
    status, out, _ = run("trace", own())
    assert status == 0, out
    assert out.count("    yours ") == len(re.findall("^    yours +handnn +TensorFlow$", out, re.MULTILINE)) >= 7
    assert "yours    samples in columns" in out and "summed over the samples" in " ".join(out.split())
    assert "verified: 18 tensors" in out and "yours: 7 tensors agree" in out
    assert max(map(len, out.splitlines())) <= 80 and "!" not in out
    for line in re.findall(r"yours +handnn +TensorFlow\n(.*)\n", out):
        for side in np.array_split(line.split(), 3)[1:]:
            assert_printed_alike(side, np.array_split(line.split(), 3)[0])


def test_what_differs_is_marked(run, own):
    status, out, _ = run(*HAND, own(square=""))
    assert status == 1
    assert "YOURS  differs in 8 of 8 elements, marked !" in out and out.count("YOURS") == 3
    assert "yours: 3 of 7 tensors differ; the first is hidden_1 delta" in out
    assert f"why: handnn check {own(square='')}" in out.replace("\n", " ")
    assert "WRONG" not in out and max(len(line) for line in out.splitlines() if "handnn check" not in line) <= 80


def test_another_shape_is_shown_apart(run, own):
    status, out, _ = run(*HAND, own(sum="sum()"), "--json")
    assert status == 2 or not json.loads(out)["ok"]
    status, out, _ = run(*HAND, own(sum="copy()"))
    assert status == 1 and "YOURS  has shape 2 x 2, expected 2" in out and "    yours, 2 x 2" in out


def test_a_users_numbers_in_json(run, own):
    _, out, _ = run(*HAND, own(square=""), "--json")
    steps = {f"{s['layer']} {s['tensor']}": s for s in json.loads(out)["steps"]}
    assert steps["output dW"]["yours_ok"] and not steps["hidden_1 dW"]["yours_ok"] and "yours" not in steps["output z"]
    assert np.shape(steps["hidden_1 dW"]["yours"]) == np.shape(steps["hidden_1 dW"]["yours_off"]) == (3, 4)


@pytest.mark.parametrize("name", ["wrong/two_at_once", "published/video_digits", "published/forum_columns"])
def test_the_examples_are_traced(run, name):
    status, out, _ = run(*HAND, Path(__file__).parents[3] / "examples" / f"{name}.py")
    assert status == name.startswith("wrong") and "yours: " in out


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        ("x = 1", [], "no derivation of a network"),
        ("x = 1 / 0", [], "ZeroDivisionError"),
        ("def f(p, x, y):\n    'handnn: network 3-2 softmx mse'", [], "'softmax'"),
        ("def f(p, x, y):\n    'handnn: network 3-2 softmax mse'", [], "it returns None"),
        ("def f(p, x, y):\n    'handnn: network 3-2 softmax mse, sample=rows'", [], "unknown convention 'sample'"),
        ("x = 1", ["--loss", "mse"], "--loss describes a new network"),
    ],
)
def test_a_file_that_cannot_be_traced(run, tmp_path, text, more, said):
    (tmp_path / "mine.py").write_text(text)
    status, out, err = run("trace", "mine.py", *more)
    assert status == 2 and out == "" and said in err and len(err.strip().splitlines()) == 1
