"""Forms of a fifth corpus of published code: each is read as it stands, and a slip in it is seen."""

from pathlib import Path

import pytest

from handnn.diagnosis.user.source.arguments import is_handed_on
from tests.diagnosis.user.test_forms_published_later import POOL, judged

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
FITTED = """
import numpy as np
def relu(z, slope=False):
    return np.where(z > 0, 1.0, 0.0) if slope else np.maximum(z, 0)
def one_hot(y, count):
    hot = np.zeros((len(y), count))
    hot[range(len(y)), y] = 1
    return hot
class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.w1, self.b1 = np.random.randn(n_in, n_hidden), np.zeros(n_hidden)
        self.w2, self.b2 = np.random.randn(n_hidden, n_out), np.zeros(n_out)
    def fit(self, X, y, lr=0.1, epochs=100, batch_size=32):
        for epoch in range(epochs):
            order = np.random.permutation(len(X))
            X, y = X[order], y[order]
            for i in range(0, len(X), batch_size):
                rows, classes = X[i : i + batch_size], y[i : i + batch_size]
                hot = one_hot(classes, self.w2.shape[1])
                z = rows @ self.w1 + self.b1
                h1 = relu(z)
                scores = h1 @ self.w2 + self.b2
                h2 = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)
                dz2 = (h2 - hot) / len(rows)
                dz1 = dz2 @ self.w2.T * relu(z, slope=True)
                self.w2 -= lr * h1.T @ dz2
                self.b2 -= lr * dz2.sum(axis=0)
                self.w1 -= lr * rows.T @ dz1
                self.b1 -= lr * dz1.sum(axis=0)
"""
OTHER_DATA = """
import numpy as np
class Net:
    def __init__(self, n_features, n_hidden):
        self.w1, self.w2 = np.random.rand(n_hidden, n_features + 1), np.random.rand(1, n_hidden)
    @staticmethod
    def feedforward(x, w1, w2):
        h = np.tanh(x @ w1.T)
        return h, h @ w2.T
    def fit(self, inputs, targets, learning_rate=0.1):
        x = np.c_[np.ones(len(inputs)), inputs]
        h, out = self.feedforward(x, self.w1, self.w2)
        error = out - targets
        d1, d2 = (error * self.w2 * (1 - h**2)).T @ x, error.T @ h
        self.w1 -= learning_rate * d1
        self.w2 -= learning_rate * d2
        return 0.5 * np.sum(error**2)
    def predict(self, X_test):
        x = np.c_[np.ones(len(X_test.T)), np.atleast_2d(X_test).T]
        return self.feedforward(x, self.w1, self.w2)[1]
"""
METHODS = """
import numpy as np
class Activations:
    def __init__(self, names):
        self.names = names
    def sigmoid(self, x):
        x = np.clip(x, -500, 500)
        return 1 / (1 + np.exp(-x))
    def sigmoid_derivative(self, x):
        return self.sigmoid(x) * (1 - self.sigmoid(x))
"""
ANOTHER_WAY = """
import numpy as np
def center_forward(x, gamma):
    mean = x.mean(axis=0)
    return gamma * (x - mean), (x, gamma, mean)
def center_backward(dout, cache):
    x, gamma, mean = cache
    d = gamma * dout
    dmean = -d.sum(axis=0)
    return d + dmean / len(x), np.sum(dout * (x - mean), axis=0)
def center_backward_alt(dout, cache):
    x, gamma, mean = cache
    return gamma * (dout - dout.mean(axis=0)), np.sum(dout * (x - mean), axis=0)
"""
SUMMED_LATER = """
import numpy as np
class Recurrent:
    def __init__(self, n_in, n_hidden, n_out):
        self.W, self.R = np.random.randn(n_in, n_hidden), np.random.randn(n_hidden, n_hidden)
        self.V, self.bias = np.random.randn(n_hidden, n_out), np.zeros(n_out)
        self.grads = None
    def forward(self, x):
        _, count, _ = x.shape
        self.x, self.a = x, [np.zeros((count, len(self.R)))]
        for one in x:
            self.a.append(np.tanh(one @ self.W + self.a[-1] @ self.R))
        return self.a[-1] @ self.V + self.bias
    def backward(self, d_loss):
        dW, dR = np.zeros((len(self.x), *self.W.shape)), np.zeros((len(self.x), *self.R.shape))
        delta = d_loss @ self.V.T
        for i in reversed(range(len(self.x))):
            delta = delta * (1 - self.a[i + 1] ** 2)
            dW[i], dR[i] = self.x[i].T @ delta, self.a[i].T @ delta
            delta = delta @ self.R.T
        self.grads = {"dW": dW, "dR": dR, "dV": self.a[-1].T @ d_loss, "dbias": d_loss.sum(axis=0)}
        return self.grads
    def update(self, lr):
        self.W -= lr * self.grads["dW"].sum(axis=0)
        self.R -= lr * self.grads["dR"].sum(axis=0)
        self.V -= lr * self.grads["dV"]
        self.bias -= lr * self.grads["dbias"]
"""
BETWEEN = """
import numpy as np
class Net:
    def __init__(self, n_in, n_hidden, n_out, dropout=1, normalization=None):
        self.dropout, self.normalization = dropout, normalization
        self.W1, self.b1 = np.random.randn(n_in, n_hidden), np.zeros(n_hidden)
        self.W2, self.b2 = np.random.randn(n_hidden, n_out), np.zeros(n_out)
    def loss(self, X, y):
        z = X @ self.W1 + self.b1
        if self.normalization == "center":
            z = z - z.mean(axis=1, keepdims=True)
        h = np.tanh(z)
        if self.dropout != 1:
            mask = (np.random.rand(*h.shape) < self.dropout) / self.dropout
            h = h * mask
        d = h @ self.W2 + self.b2 - y
        dh, dW2 = d @ self.W2.T, h.T @ d
        if self.dropout != 1:
            dh = dh * mask
            h = np.tanh(z)
        dz = dh * (1 - h**2)
        if self.normalization == "center":
            dz = dz - dz.mean(axis=1, keepdims=True)
        return 0.5 * np.sum(d**2), {"W1": X.T @ dz, "b1": dz.sum(0), "W2": dW2, "b2": d.sum(0)}
"""
BESIDE = """
import numpy as np
class Tanh:
    def forward(self, inputs):
        return np.tanh(inputs)
    def backward(self, inputs, delta):
        return (1 - np.tanh(inputs) ** 2) * delta
    def prime(self, inputs):
        return 1 - np.tanh(inputs) * np.tanh(inputs)
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
        (FITTED, "Net", "match", {"w1", "b1", "w2", "b2"}, "* relu(z, slope=True)", "* relu(z)"),
        (OTHER_DATA, "Net", "match", {"w1", "w2"}, "(1 - h**2)", "(1 - h)"),
        (METHODS, "Activations.sigmoid", "match", {"forward", "z"}, "(1 - self.", "(1 + self."),
        (
            ANOTHER_WAY,
            "center_backward_alt",
            "match",
            {"x", "gamma"},
            "(dout - dout.mean(axis=0))",
            "(dout + dout.mean(axis=0))",
        ),
        (SUMMED_LATER, "Recurrent", "match", {"W", "R", "V", "bias"}, "(1 - self.a", "(1 + self.a"),
        (BETWEEN, "Net", "match", {"W1", "b1", "W2", "b2"}, "dz = dz - dz.mean(", "dz = dz + dz.mean("),
        (BESIDE, "Tanh.prime", "match", {"z"}, "np.tanh(inputs) * np.tanh(inputs)", "np.tanh(inputs)"),
    ],
    ids=[
        "a gradient called y",
        "an activation's",
        "a total of weighted losses",
        "its slope",
        "methods handed on to stubs",
        "a pair is given",
        "gradients are clipped by functions",
        "an output is what labels are taken from",
        "predict wants data of another form",
        "methods of a class that is nothing else",
        "another way back",
        "gradients of each step, summed where it steps",
        "what a network has between its layers",
        "a derivative beside the way back",
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


def test_a_network_is_tried_with_its_dropout(tmp_path: Path) -> None:
    wrong = BETWEEN.replace("dh = dh * mask", "dh = 2 * dh * mask")
    assert judged(tmp_path / "wrong.py", wrong)["Net"][0] == "wrong"


def test_a_way_back_that_raises_with_another_stride_is_not_called_right(tmp_path: Path) -> None:
    wrong = POOL.replace("return dx", "return dx + 0 * np.ones(np.array(dx.shape) // self.s)")
    assert judged(tmp_path / "wrong.py", wrong)["MaxPool"][0] != "match"


def test_a_class_that_others_are_made_of_has_no_derivation(tmp_path: Path) -> None:
    base = "class Layer:\n    def forward(self, x):\n        raise NotImplementedError\n"
    assert judged(tmp_path / "base.py", f"{base}    def backward(self, x):\n        raise NotImplementedError\n") == {}
