"""Functions and methods of which no name says that they derive: what the file does with their results does."""

import ast

import pytest

from handnn.diagnosis.check import verdicts
from handnn.diagnosis.user.finding.by_use import uses_of
from handnn.diagnosis.user.readings.scripts import as_function

FUNCTIONS = """
import numpy as np
def f1(P, q, X):
    H = np.tanh(X @ P)
    return H, H @ q
def f2(P, q, X, H, O, R):
    D = (O - R) / X.shape[0]
    return H.T @ D, X.T @ ((D @ q.T) * (1 - H ** 2))
def learn(X, R, P, q, pace=0.5):
    for _ in range(100):
        H, O = f1(P, q, X)
        second, first = f2(P, q, X, H, O, R)
        P -= pace * first
        q -= pace * second
    return P, q
"""
METHODS = """
import numpy as np
class Net:
    def __init__(self, n_in, n_hid, n_out):
        r = np.random.RandomState(5)
        self.W1, self.c1 = r.randn(n_hid, n_in) * 0.4, np.zeros((n_hid, 1))
        self.W2, self.c2 = r.randn(n_out, n_hid) * 0.4, np.zeros((n_out, 1))
    def up(self, x):
        self.x = x
        self.h = np.maximum(0, self.W1.dot(x) + self.c1)
        return self.W2.dot(self.h) + self.c2
    def down(self, r):
        self.g2, self.e2 = r.dot(self.h.T), r.sum(1, keepdims=True)
        r = self.W2.T.dot(r) * (self.h > 0)
        self.g1, self.e1 = r.dot(self.x.T), r.sum(1, keepdims=True)
    def move(self, pace):
        self.W1 -= pace * self.g1
        self.c1 -= pace * self.e1
        self.W2 -= pace * self.g2
        self.c2 -= pace * self.e2
net = Net(3, 6, 2)
X = np.random.RandomState(0).randn(3, 40)
for epoch in range(50):
    out = net.up(X)
    net.down((out - X[:2]) / X.shape[1])
    net.move(0.1)
"""
LOOP = """
import numpy as np
gen = np.random.default_rng(11)
weather, seasons = gen.normal(size=(50, 3)), np.sin(np.arange(50) / 8.0)
sold = np.exp(weather @ np.array([0.5, -0.2, 0.3])) + gen.uniform(size=50)
A, u, d = 0.5 * gen.normal(size=(3, 6)), 0.5 * gen.normal(size=6), 0.0
pace = 0.1
for epoch in range(100):
    h = np.tanh(weather @ A)
    z = h @ u + d + seasons
    told = np.mean(np.exp(z) - sold * z)
    r = (np.exp(z) - sold) / len(sold)
    A -= pace * weather.T @ (np.outer(r, u) * (1 - h ** 2))
    u -= pace * h.T @ r
    d -= pace * r.sum()
    if epoch % 20 == 0:
        print(epoch, told)
"""
FACTORS = """
import numpy
def mf(R, P, Q, K, steps=5000, alpha=0.0002, beta=0.02):
    for step in range(steps):
        for i in range(R.shape[0]):
            for j in range(R.shape[1]):
                if R[i, j] > 0:
                    e = R[i, j] - P[i, :].dot(Q[j, :])
                    for k in range(K):
                        p = P[i, k]
                        P[i, k] += alpha * (2 * e * Q[j, k] - beta * P[i, k])
                        Q[j, k] += alpha * (2 * e * p - beta * Q[j, k])
    return P, Q
if __name__ == "__main__":
    R = numpy.array([[5, 3, 0, 1], [4, 0, 0, 1], [1, 1, 0, 5]], dtype=float)
    P, Q = mf(R, numpy.random.rand(3, 2), numpy.random.rand(4, 2), 2)
"""
HELPERS = """
def scores(w, x): return x @ w
def slope(x, s, y): return x.T @ (s - y)
def move(weights, by, rate): weights[:] = [w - rate * g for w, g in zip(weights, by)]
def clip(g): return [v.clip(-1, 1) for v in g]
def accuracy(s, y): return (s > 0).mean()
def one_round(weights, x, y):
    s = scores(weights[0], x)
    right = accuracy(s, y)
    move(weights, clip([slope(x, s, y)]), 0.1)
    return right
"""


def test_a_step_along_what_a_function_returns_tells_that_it_derives():
    found = uses_of(ast.parse(HELPERS))
    assert [(one.name, one.forward) for one in found.deriving] == [("slope", "scores")]
    assert found.deriving[0].links == {"x": "given:x", "s": "whole"}
    assert found.deriving[0].roles == {"w": "weight", "x": "data", "y": "y"}
    assert not uses_of(ast.parse(HELPERS.replace("w - rate * g", "g"))).deriving


def test_what_is_added_up_derives_nothing():
    text = "def part(x): return x * 2\ndef whole(xs):\n    total = 0\n    for x in xs:\n        total += part(x)\n"
    assert not uses_of(ast.parse(text)).deriving


def test_a_loop_with_other_names_for_its_data_is_given_all_that_it_reads():
    lines = LOOP.splitlines()
    body = ast.parse(LOOP).body
    assert as_function(body[-1], body[:-1], lines)
    assert lines[7] == "def training_loop(seasons, sold, weather, epoch=0):"
    assert lines[8].startswith("    global A, d, u; h = ")
    assert lines[15].strip() == "return told"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "old", "new", "checked"),
    [(FUNCTIONS, "@ q.T) * (1 - H ** 2)", "@ q.T) * (1 + H ** 2)", {"P", "q"}),
     (METHODS, "* (self.h > 0)", "* (self.h >= 0)", {"W1", "c1", "W2", "c2"}),
     (LOOP, "r.sum()", "r.mean()", {"A", "u", "d"}),
     (FACTORS, "2 * e * p", "2 * e * P[i, k]", {"P", "Q"})],
    ids=["functions", "methods", "loop", "factors"],
)  # fmt: skip
def test_functions_methods_and_loops_of_any_name(tmp_path, text, old, new, checked):
    assert old in text
    for part, verdict in ((old, "match"), (new, "wrong")):
        (tmp_path / "net.py").write_text(text.replace(old, part))
        (found,) = verdicts(str(tmp_path / "net.py"))
        assert found["verdict"]["verdict"] == verdict
        assert set(found["verdict"]["checked"]) == checked
