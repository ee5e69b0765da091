"""Functions that make their weights and train them: they are given weights, and their steps are judged."""

import ast

import pytest

from handnn.diagnosis.check import verdicts
from handnn.diagnosis.user.source.starts import moved_by_rules, moved_in, with_given_weights
from tests.diagnosis.user.forms_of_courses import ADAM_OVER_A_LIST

LOGISTIC = """
import numpy as np
def logistic_regression(features, passed, rate=0.1, epochs=1000):
    m, n = features.shape
    w, c = np.zeros(n), 0.0
    for epoch in range(epochs):
        p = 1 / (1 + np.exp(-(features @ w + c)))
        dw = features.T @ (p - passed) / m
        dc = np.sum(p - passed) / m
        w -= rate * dw
        c -= rate * dc
    return w, c
"""
RIDGE = """
import numpy as np
class Ridge:
    def __init__(self, rate=0.05, rounds=300):
        self.rate, self.rounds = rate, rounds
    def fit(self, X, y):
        self.w = np.zeros(X.shape[1])
        self.c = 0.0
        for _ in range(self.rounds):
            r = X @ self.w + self.c - y
            loss = 0.5 * np.mean(r ** 2)
            dw = X.T @ r / len(y)
            dc = r.mean()
            self.w -= self.rate * dw
            self.c -= self.rate * dc
"""


def test_a_function_is_given_the_weights_that_it_makes():
    changed = (with_given_weights(LOGISTIC) or "").splitlines()
    lines = LOGISTIC.splitlines()
    assert changed[2] == "def logistic_regression(features, passed, w, c, rate=0.1, epochs=1000):"
    assert changed[4] == ""
    assert (changed[:2], changed[3], changed[5:]) == (lines[:2], lines[3], lines[5:])


@pytest.mark.parametrize(
    "text",
    ["def f(x, y, w):\n    for i in range(9):\n        w -= 0.1 * x.T @ (x @ w - y)\n    return w\n",
     "def back(d, W):\n    dh = np.zeros(3)\n    for i in d:\n        dh = dh + i * W\n    return dh\n",
     "def mean(xs):\n    total = 0.0\n    for x in xs:\n        total += x / len(xs)\n    return total\n"],
    ids=["weights that are given", "a gradient that is added up", "a sum"],
)  # fmt: skip
def test_what_is_given_or_added_up_is_left_alone(text):
    assert with_given_weights(text) is None


def test_plain_steps_are_told_from_those_of_rules():
    tree = ast.parse(
        "w -= lr * dw\nb = b - lr * db\nu -= lr * vu\nc -= lr * gc / (np.sqrt(s) + eps)\nk -= lr * (dk + lam * k)"
    )
    assert moved_in(tree) >= {"w", "b", "u", "c", "k"}
    plain, rules, _ = moved_by_rules(tree, True)
    assert plain == {"w", "b"} and rules.keys() == {"u", "c"}


def test_the_gradient_is_among_what_a_rule_is_made_of():
    momentum = "dw = x @ d\nk = mu * k - lr * dw\nw += k\nn = 0.9 * n + db\nb -= lr * (n + lam * b)"
    adam = "m = p * m + (1 - p) * dc\nm_hat = m / (1 - p ** t)\nc -= lr * m_hat / np.sqrt(s)"
    adam += "\nh = p * h + (1 - p) * (df + lam * f)\nf -= lr * h / np.sqrt(q)"
    added = "g = a @ d\ng += lam * e\ne -= g"
    plain, rules, _ = moved_by_rules(ast.parse(f"{momentum}\n{adam}\n{added}"), True)
    assert plain == {"e"} and rules.keys() == {"w", "c", "f"}
    assert "dw" in rules["w"] and "dc" in rules["c"] and "d" not in rules["w"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "old", "new"),
    [(LOGISTIC, "w -= rate * dw", "w += rate * dw"), (LOGISTIC, "c -= rate * dc", "c -= rate * dw.sum()"),
     (LOGISTIC, "(p - passed) / m\n        dc", "(p - passed)\n        dc"),
     (LOGISTIC, "(p - passed) / m\n        dc", "(p - passed) * m\n        dc"), (RIDGE, "w -= self", "w += self"),
     (RIDGE, "dc = r.mean()", "dc = r.sum()")],
    ids=["uphill", "by the other gradient", "the mean forgotten", "times the samples", "uphill in a class", "any name"],
)  # fmt: skip
def test_steps_are_judged_also_where_the_gradient_beside_them_is_right(tmp_path, text, old, new):
    assert old in text
    for part, verdict in ((old, "match"), (new, "wrong")):
        (tmp_path / "train.py").write_text(text.replace(old, part))
        (found,) = verdicts(str(tmp_path / "train.py"))
        assert found["verdict"]["verdict"] == verdict
        assert {"w", "c"} <= set(found["verdict"]["checked"])


MOMENTUM = """
import numpy as np
X = np.random.randn(50, 3)
t = (X.sum(axis=1, keepdims=True) > 0) * 1.0
U, w = np.random.randn(3, 5), np.random.randn(5, 1)
k1, k2 = np.zeros_like(U), np.zeros_like(w)
for i in range(200):
    h = np.tanh(X @ U)
    p = 1 / (1 + np.exp(-(h @ w)))
    loss = -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))
    d = (p - t) / len(X)
    g2 = h.T @ d
    g1 = X.T @ (d @ w.T * (1 - h * h))
    k1 = RULE1
    k2 = RULE2
    U -= 0.1 * k1
    w -= 0.1 * k2
    if i % 50 == 0:
        print(loss)
"""


@pytest.mark.parametrize("right", [True, pytest.param(False, marks=pytest.mark.slow)])
@pytest.mark.parametrize("rule", ["0.9 * {k} + 0.1 * {g}", pytest.param("0.9 * {k} + {g}", marks=pytest.mark.slow)])
def test_a_gradient_is_judged_before_it_enters_a_velocity(tmp_path, rule, right):
    text = MOMENTUM.replace("RULE1", rule.format(k="k1", g="g1")).replace("RULE2", rule.format(k="k2", g="g2"))
    (tmp_path / "script.py").write_text(text if right else text.replace("1 - h * h", "1 - h"))
    (found,) = verdicts(str(tmp_path / "script.py"))
    assert found["verdict"]["verdict"] == ("match" if right else "wrong"), found["verdict"]
    assert [blame["line"] for blame in found["verdict"]["blamed"]] == ([] if right else [13])


@pytest.mark.slow
def test_a_penalty_called_alpha_is_no_rate(tmp_path):
    text = RIDGE.replace(
        "self.rate, self.rounds = rate, rounds", "self.rate, self.rounds, self.alpha = rate, rounds, 0.3"
    )
    text = text.replace("np.mean(r ** 2)", "np.mean(r ** 2) + 0.5 * self.alpha * np.sum(self.w[1:] ** 2)")
    (tmp_path / "ridge.py").write_text(text.replace("/ len(y)", "/ len(y) + self.alpha * self.w"))
    (found,) = (one["verdict"] for one in verdicts(str(tmp_path / "ridge.py")))
    assert [blame["line"] for blame in found["blamed"]] == [12] and "moved already" not in str(found["blamed"]), found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "verdict", "lines"),
    [
        ("", "", "match", []),
        ("grads[i] ** 2", "ms[i] ** 2", "wrong", [29]),
        ("(1 - beta2) * grads[i] ** 2", "grads[i] ** 2 * t", "incomplete", []),
        ("1 - A1 ** 2", "1 - A1", "wrong", [23]),
    ],
    ids=["right", "a slip in the rule", "a rule that nobody knows", "a slip in the gradient"],
)
def test_a_rule_in_a_loop_is_never_called_right_for_its_gradient(tmp_path, old, new, verdict, lines):
    text = "# Adam" + ADAM_OVER_A_LIST
    (tmp_path / "script.py").write_text(text.replace(old, new) if old else text)
    (found,) = (one["verdict"] for one in verdicts(str(tmp_path / "script.py")))
    assert found["verdict"] == verdict and [blame["line"] for blame in found["blamed"]] == lines, found
    unchecked = {part["what"]: part["why"] for part in found["unchecked"]}
    assert verdict != "incomplete" or "rule" in unchecked["the step of params[0]"]
