"""Forms of a fifth corpus of published code: each is read as it stands, and a slip in it is seen."""

from pathlib import Path

import pytest

from handnn.diagnosis.user.source.arguments import is_handed_on
from tests.diagnosis.user.test_forms_published_later import judged

HANDED_ON = """
import numpy as np
class Linear:
    def __init__(self, n, m):
        self.w, self.b = np.random.randn(n, m), np.zeros((1, m))
    def forward(self, x):
        self.x = x
        return x @ self.w + self.b
    def backward(self, y):
        self.dw = np.dot(self.x.T, y) / y.shape[0]
        self.db = np.sum(y, axis=0, keepdims=True) / y.shape[0]
        return y @ self.w.T
class Squash:
    def forward(self, x):
        self.s = 1 / (1 + np.exp(-x))
        return self.s
    def backward(self, y):
        return np.multiply(y, self.s * (1 - self.s))
"""
TOTAL = """
import numpy as np
x_train, y_train = np.random.randn(60, 4), np.random.rand(60, 1)
w1, b1 = np.random.randn(4, 5), np.zeros(5)
w2, b2 = np.random.randn(5, 1), np.zeros(1)
for epoch in range(1, 11):
    total_loss, count = 0, 0
    order = np.random.permutation(len(x_train))
    for i in range(0, len(x_train), 20):
        x, y = x_train[order[i : i + 20]], y_train[order[i : i + 20]]
        size = len(x)
        h = np.tanh(x @ w1 + b1)
        out = h @ w2 + b2
        loss = np.mean((out - y) ** 2)
        d = 2 * (out - y) / size
        dh = d @ w2.T * (1 - h**2)
        w2 -= 0.1 * h.T @ d
        b2 -= 0.1 * d.sum(axis=0)
        w1 -= 0.1 * x.T @ dh
        b1 -= 0.1 * dh.sum(axis=0)
        total_loss += loss * size
        count += size
    print(f"{epoch} {total_loss / count:.3f}")
"""
ABSTRACT = """
import numpy as np
class Operation:
    def derivative(self, inputs):
        pass
    def gradient(self, inputs):
        pass
    def __call__(self, inputs):
        pass
class Tanh(Operation):
    def __call__(self, inputs):
        return np.tanh(inputs)
    def derivative(self, inputs):
        return 1 - np.tanh(inputs) ** 2
    def gradient(self, inputs):
        return super().gradient(inputs)
class MeanSquared(Operation):
    def __call__(self, inputs, axis=None):
        targets, predictions = inputs
        return np.mean((targets - predictions) ** 2, axis=axis)
    def derivative(self, inputs):
        return super().derivative(inputs)
    def gradient(self, inputs):
        targets, predictions = inputs
        return 2 / targets.size * (predictions - targets)
"""
CLIPPED = """
import numpy as np
def clip_norm(grads, most=1e-3):
    norm = np.sqrt(sum(np.sum(g**2) for g in grads.values()))
    return {name: g * min(1, most / norm) for name, g in grads.items()}
def clip_gradients(grads, most=1e-3):
    for g in grads.values():
        g *= most
class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1, self.b1 = np.random.randn(n_in, n_hidden), np.zeros(n_hidden)
        self.W2, self.b2 = np.random.randn(n_hidden, n_out), np.zeros(n_out)
    def loss(self, X, y):
        h = np.tanh(X @ self.W1 + self.b1)
        d = h @ self.W2 + self.b2 - y
        below = d @ self.W2.T * (1 - h**2)
        grads = {"W2": h.T @ d, "b2": d.sum(0), "W1": X.T @ below, "b1": below.sum(0)}
        grads = clip_norm(grads)
        clip_gradients(grads)
        return 0.5 * np.sum(d**2), grads
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "name", "right", "compared", "here", "slip"),
    [
        (HANDED_ON, "Linear", "other convention", {"w", "b", "x"}, "y @ self.w.T", "2 * y @ self.w.T"),
        (HANDED_ON, "Squash", "match", {"x"}, "(1 - self.s)", "(1 + self.s)"),
        (TOTAL, "training_loop", "match", {"w1", "b1", "w2", "b2"}, "/ size", "/ (size + 1)"),
        (TOTAL, "training_loop", "match", {"w1", "b1", "w2", "b2"}, "(1 - h**2)", "(1 - h)"),
        (ABSTRACT, "Tanh", "match", {"forward", "z"}, "1 - np.tanh(inputs) ** 2", "1 - np.tanh(inputs)"),
        (ABSTRACT, "MeanSquared", "match", {"y_pred"}, "2 / targets.size", "1 / targets.size"),
        (CLIPPED, "Net", "match", {"W1", "b1", "W2", "b2"}, "(1 - h**2)", "(1 - h)"),
    ],
    ids=[
        "a gradient called y",
        "an activation's",
        "a total of weighted losses",
        "its slope",
        "methods handed on to stubs",
        "a pair is given",
        "gradients are clipped by functions",
    ],
)
def test_a_form_is_read_and_its_slip_is_found(
    tmp_path: Path, text: str, name: str, right: str, compared: set[str], here: str, slip: str
) -> None:
    verdict, checked, _ = judged(tmp_path / "right.py", text)[name]
    assert (verdict, checked) == (right, compared)
    line = next(number for number, one in enumerate(text.splitlines(), 1) if here in one)
    verdict, _, blamed = judged(tmp_path / "wrong.py", text.replace(here, slip, 1))[name]
    assert verdict == "wrong"
    assert line in blamed


def test_labels_are_not_handed_on() -> None:
    class Net:
        def handed(self, y):  # type: ignore[no-untyped-def]
            return y.sum() * self.w @ y

        def compared(self, y):  # type: ignore[no-untyped-def]
            return self.out - y

        def divided(self, y):  # type: ignore[no-untyped-def]
            return -y / self.out

        def given(self, y):  # type: ignore[no-untyped-def]
            return self.loss(y) * y

    assert [is_handed_on(m, "y") for m in (Net.handed, Net.compared, Net.divided, Net.given)] == [True] + 3 * [False]
