"""What is handed on: arrays of two names, states from step to step, values that a loss has left."""

import pytest

from handnn.diagnosis.check import verdicts

SHORTCUT = """
import numpy as np

def forward(X, P):
    A = np.tanh(P["V"] @ X)
    Z = P["U"] @ A + P["c"]
    return P["w"] @ (A + np.maximum(0, Z)), (X, A, Z)

def loss(Y_hat, Y):
    return np.sum((Y_hat - Y) ** 2) / 2

def backward(Y_hat, Y, P, cache):
    X, A, Z = cache
    dY = Y_hat - Y
    dA = P["w"].T @ dY
    g = {"w": dY @ (A + np.maximum(0, Z)).T}
    kept = dA.copy()
    dA *= Z > 0
    g["U"], g["c"] = dA @ A.T, dA.sum(axis=1, keepdims=True)
    dA = P["U"].T @ dA + kept
    g["V"] = dA * (1 - A ** 2) @ X.T
    return g

if __name__ == "__main__":
    rng = np.random.default_rng(0)
    P = {"V": rng.normal(size=(4, 3)), "U": rng.normal(size=(4, 4)), "c": np.zeros((4, 1))}
    P["w"] = rng.normal(size=(2, 4))
    X, Y = rng.normal(size=(3, 7)), rng.normal(size=(2, 7))
    Y_hat, cache = forward(X, P)
    backward(Y_hat, Y, P, cache)
"""
STATES = """
import numpy as np

def rnn_forward(x, h0, U, V):
    states, tape, h = [], [], h0
    for x_t in x:
        gate = 1 / (1 + np.exp(-(h @ V)))
        new = np.tanh(x_t @ U + gate * h)
        tape.append((x_t, h, gate, new, U, V))
        h = (new + h) / 2
        states.append(h)
    return np.stack(states), tape

def rnn_backward(d_states, tape):
    dU, dV, dx = np.zeros_like(tape[0][4]), np.zeros_like(tape[0][5]), []
    dh = np.zeros_like(d_states[0])
    for d_t, (x_t, h, gate, new, U, V) in zip(d_states[::-1], reversed(tape)):
        dh = dh + d_t
        dz = dh / 2 * (1 - new ** 2)
        dg = dz * h * gate * (1 - gate)
        dU += x_t.T @ dz
        dV += h.T @ dg
        dx.append(dz @ U.T)
        dh = dh / 2 + dz * gate + dg @ V.T
    return np.stack(dx[::-1]), dh, dU, dV

if __name__ == "__main__":
    rng = np.random.default_rng(1)
    U, V = rng.normal(size=(3, 4)), rng.normal(size=(4, 4))
    states, tape = rnn_forward(rng.normal(size=(5, 2, 3)), np.zeros((2, 4)), U, V)
    rnn_backward(states, tape)
"""
COUNTED = """
import numpy as np

class Pairs:
    def __init__(self, words, width):
        rng = np.random.default_rng(3)
        self.lr, self.at, self.on = 0.1, rng.normal(size=(words, width)), rng.normal(size=(width, words))

    def predict(self, here):
        hidden = here @ self.at
        score = hidden @ self.on
        odds = np.exp(score - score.max())
        return odds / odds.sum(), hidden, score

    def cost(self, here, near):
        _, _, score = self.predict(here)
        return len(near) * np.log(np.sum(np.exp(score))) - sum(score @ n for n in near)

    def learn(self, here, near):
        p, hidden, _ = self.predict(here)
        miss = len(near) * p - np.sum(near, axis=0)
        d_on, d_at = np.outer(hidden, miss), np.outer(here, self.on @ miss)
        self.on = self.on - self.lr * d_on
        self.at = self.at - self.lr * d_at

if __name__ == "__main__":
    one, pairs = np.eye(6), Pairs(6, 3)
    print(pairs.cost(one[1], [one[2], one[4], one[2]]))
    pairs.learn(one[1], [one[2], one[4], one[2]])
"""
COLUMNS = """
import numpy as np

def forward(X, W, b, Y):
    Z = W @ X + b
    return np.sum((Z - Y) ** 2) / (2 * X.shape[1]), (X, Z, Y)

def backward(cache):
    X, Z, Y = cache
    m = X.shape[1]
    dZ = Z - Y
    dW = dZ @ X.T / m
    db = np.sum(dZ, axis=1, keepdims=True) / m
    return dW, db
"""


@pytest.mark.parametrize(
    ("text", "old", "new", "fix"),
    [
        pytest.param(SHORTCUT, "kept = dA.copy()", "kept = dA", "dA = dA * (Z > 0)", id="one array of two names"),
        pytest.param(
            STATES, "dz * gate + dg @ V.T", "dz * gate", None, id="a path of the state", marks=pytest.mark.slow
        ),
        pytest.param(
            COLUMNS, "dZ, axis=1, keepdims=True", "dZ", "axis=1, keepdims=True", id="a column", marks=pytest.mark.slow
        ),
        pytest.param(COUNTED, "len(near) * p - ", "p - ", "p * len(near) - np.sum", id="not what the loss runs too"),
    ],
)
def test_the_line_that_breaks_what_is_handed_on(tmp_path, text, old, new, fix):
    told = {}
    for kind, code in (("right", text), ("wrong", text.replace(old, new))):
        (tmp_path / f"{kind}.py").write_text(code)
        (found,) = verdicts(str(tmp_path / f"{kind}.py"))
        told[kind] = found["verdict"]
    assert told["right"]["verdict"] == "match", told["right"]
    assert told["wrong"]["verdict"] == "wrong"
    (blamed,) = told["wrong"]["blamed"]
    line = next(i for i, own in enumerate(text.splitlines(), 1) if old in own)
    assert blamed["line"] in ((line, line + 1) if "copy" in old else (line,)), blamed
    assert fix is None or fix in blamed["fix"]


ENGINE = """
import numpy as np

class Num:
    def __init__(self, value, parents=()):
        self.value, self.parents = np.asarray(value, float), parents
        self.grad = np.zeros_like(self.value)

    def backprop(self, upstream=None):
        upstream = np.ones_like(self.value) if upstream is None else upstream
        self.grad = self.grad + upstream
        for parent, rule in self.parents:
            parent.backprop(rule(upstream))

    def __add__(self, other):
        return Num(self.value + other.value, ((self, lambda g: g), (other, lambda g: g)))

    def __mul__(self, other):
        a, b = self.value, other.value
        return Num(a * b, ((self, lambda g: g * b), (other, lambda g: g * a)))

    def __matmul__(self, other):
        a, b = self.value, other.value
        return Num(a @ b, ((self, lambda g: g @ b.T), (other, lambda g: a.T @ g)))

    def sum(self):
        return Num(self.value.sum(), ((self, lambda g: np.full(self.value.shape, g)),))

def squared_loss(x, w, v, y):
    h = x @ w
    e = (h * h + h) @ v + y
    return (e * e).sum()

if __name__ == "__main__":
    rng = np.random.default_rng(5)
    shapes = (4, 3), (3, 3), (3, 1), (4, 1)
    x, w, v, y = (Num(rng.normal(size=shape)) for shape in shapes)
    squared_loss(x, w, v, y).backprop()
"""


@pytest.mark.slow
@pytest.mark.parametrize("right", [False, True])
def test_what_is_handed_to_a_function_is_looked_at_too(tmp_path, right):
    (tmp_path / "engine.py").write_text(ENGINE if right else ENGINE.replace("rule(upstream)", "rule(self.grad)"))
    told = {found["name"]: found["verdict"] for found in verdicts(str(tmp_path / "engine.py"))}
    whole = told["squared_loss"]
    assert whole["verdict"] == ("match" if right else "wrong")
    assert [(blame["line"], blame["fix"]) for blame in whole["blamed"]] == ([] if right else [(13, "upstream")])


BLOCK = """
import numpy as np

class Scale:
    def __init__(self, n):
        self.g = np.linspace(0.5, 1.5, n)

    def forward(self, x):
        self.x = x
        return self.g * np.tanh(x)

    def backward(self, d):
        self.dg = (d * np.tanh(self.x)).sum(axis=0)
        return d * self.g * (1 - np.tanh(self.x) ** 2)

class Mix:
    def __init__(self, n):
        self.W = np.random.default_rng(1).normal(size=(n, n))

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, d):
        self.dW = self.x.T @ d
        return d @ self.W.T

class Block:
    def __init__(self, n):
        self.first, self.second, self.inner = Scale(n), Scale(n), Mix(n)

    def forward(self, x):
        z = self.first.forward(x)
        return self.second.forward(z + self.inner.forward(z))

    def backward(self, d):
        d_sum = self.second.backward(d)
        d_z = self.inner.backward(d_sum) + d_sum
        return self.first.backward(d_z)
"""


def test_a_layer_that_is_right_by_itself_is_not_blamed_in_a_block(tmp_path):
    (tmp_path / "block.py").write_text(
        BLOCK.replace("self.inner.backward(d_sum) + d_sum", "self.inner.backward(d_sum)")
    )
    told = {found["name"]: found["verdict"] for found in verdicts(str(tmp_path / "block.py"))}
    assert (told["Scale"]["verdict"], told["Mix"]["verdict"]) == ("match", "match")
    (blamed,) = told["Block"]["blamed"]
    assert blamed["line"] == 38 and "+ d_sum" in blamed["fix"]
