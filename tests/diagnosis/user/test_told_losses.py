"""Losses that are told after the step, penalties that no loss tells of, and steps that move what objects hold."""

from pathlib import Path

import pytest

from handnn.diagnosis.check import verdicts
from handnn.diagnosis.user.source.told import with_told_losses

SOFTMAX = """
import numpy as np
def softmax(x):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
class SoftmaxRegression:
    def __init__(self, n_classes, lr=0.1, epochs=100, reg=1e-2):
        self.n_classes, self.lr, self.epochs, self.reg = n_classes, lr, epochs, reg
    def loss(self, X, Y):
        P = softmax(X @ self.W + self.b)
        return -np.sum(Y * np.log(P)) / len(X) + 0.5 * self.reg * np.sum(self.W ** 2)
    def fit(self, X, y):
        self.W = np.random.randn(X.shape[1], self.n_classes) * 0.01
        self.b = np.zeros(self.n_classes)
        Y = np.eye(self.n_classes)[y]
        self.losses = []
        for i in range(self.epochs):
            P = softmax(X @ self.W + self.b)
            dZ = (P - Y) / len(X)
            dW = X.T @ dZ + self.reg * self.W
            self.W -= self.lr * dW
            self.b -= self.lr * dZ.sum(axis=0)
            self.losses.append(self.loss(X, Y))
        return self
"""
COURSE = """
import numpy as np
def compute_cost(X, y, w, b, lambda_):
    m = X.shape[0]
    f = 1 / (1 + np.exp(-(X @ w + b)))
    return np.sum(-y * np.log(f) - (1 - y) * np.log(1 - f)) / m + lambda_ / (2 * m) * np.sum(w ** 2)
def gradient_descent(X, y, w, b, alpha, num_iters, lambda_):
    m = X.shape[0]
    J_history = []
    for i in range(num_iters):
        f = 1 / (1 + np.exp(-(X @ w + b)))
        err = f - y
        dj_dw = X.T @ err / m + lambda_ / m * w
        dj_db = np.sum(err) / m
        w = w - alpha * dj_dw
        b = b - alpha * dj_db
        J_history.append(compute_cost(X, y, w, b, lambda_))
    return w, b, J_history
"""
STEP = """
import numpy as np
class TwoLayerNet:
    def __init__(self, n_in, n_hidden, n_out, lr=0.1):
        self.params = {"W1": np.random.randn(n_in, n_hidden) * 0.1, "b1": np.zeros(n_hidden),
                       "W2": np.random.randn(n_hidden, n_out) * 0.1, "b2": np.zeros(n_out)}
        self.lr = lr
    def forward(self, X):
        self.a1 = np.maximum(0, X @ self.params["W1"] + self.params["b1"])
        s = self.a1 @ self.params["W2"] + self.params["b2"]
        e = np.exp(s - s.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)
    def compute_loss(self, X, y):
        P = self.forward(X)
        return -np.mean(np.log(P[np.arange(len(y)), y]))
    def train_step(self, X, y):
        d = self.forward(X).copy()
        d[np.arange(len(y)), y] -= 1
        d /= len(y)
        grads = {"W2": self.a1.T @ d, "b2": d.sum(axis=0)}
        dh = d @ self.params["W2"].T
        dh[self.a1 <= 0] = 0
        grads["W1"] = X.T @ dh
        grads["b1"] = dh.sum(axis=0)
        for k in self.params:
            self.params[k] -= self.lr * grads[k]
        return self.compute_loss(X, y)
"""
SILENT = """
import numpy as np
class Net:
    def __init__(self, n, h, k, lr=0.1, reg=0.02):
        self.W1 = np.random.randn(n, h) * 0.1
        self.b1 = np.zeros((1, h))
        self.W2 = np.random.randn(h, k) * 0.1
        self.b2 = np.zeros((1, k))
        self.lr, self.reg = lr, reg
    def forward(self, X):
        self.z1 = X.dot(self.W1) + self.b1
        self.a1 = np.tanh(self.z1)
        e = np.exp(self.a1.dot(self.W2) + self.b2)
        self.probs = e / np.sum(e, axis=1, keepdims=True)
        return self.probs
    def backward(self, X, y):
        delta3 = self.probs.copy()
        delta3[range(len(X)), y] -= 1
        delta3 /= len(X)
        dW2 = self.a1.T.dot(delta3) + self.reg / len(X) * self.W2
        delta2 = delta3.dot(self.W2.T) * (1 - self.a1 ** 2)
        dW1 = np.dot(X.T, delta2) + self.reg / len(X) * self.W1
        self.W1 -= self.lr * dW1
        self.b1 -= self.lr * np.sum(delta2, axis=0)
        self.W2 -= self.lr * dW2
        self.b2 -= self.lr * np.sum(delta3, axis=0, keepdims=True)
"""
NEURONS = """
import numpy as np
class Neuron:
    def __init__(self, n):
        self.w = np.random.uniform(-1, 1, n)
        self.b = 0.0
    def activate(self, x):
        self.x = x
        self.out = 1 / (1 + np.exp(-(self.w @ x + self.b)))
        return self.out
class Net:
    def __init__(self, sizes):
        self.layers = [[Neuron(a) for _ in range(b)] for a, b in zip(sizes, sizes[1:])]
    def forward(self, x):
        for layer in self.layers:
            x = np.array([n.activate(x) for n in layer])
        return x
    def backward(self, target):
        for i in reversed(range(len(self.layers))):
            layer = self.layers[i]
            if i == len(self.layers) - 1:
                errors = [t - n.out for t, n in zip(target, layer)]
            else:
                errors = [sum(m.w[j] * m.delta for m in self.layers[i + 1]) for j in range(len(layer))]
            for n, e in zip(layer, errors):
                n.delta = e * n.out * (1 - n.out)
    def update(self, lr):
        for layer in self.layers:
            for n in layer:
                n.w += lr * n.delta * n.x
                n.b += lr * n.delta
    def train(self, X, Y, epochs=10, lr=0.5):
        for _ in range(epochs):
            for x, y in zip(X, Y):
                self.forward(x)
                self.backward(y)
                self.update(lr)
"""
LOOP = """
import numpy as np
class NN:
    def __init__(self):
        self.W1, self.b1 = np.random.randn(2, 4), np.zeros(4)
        self.W2, self.b2 = np.random.randn(4, 1), np.zeros(1)
    def sigmoid(self, z):
        return 1 / (1 + np.exp(-z))
    def forward(self, X):
        self.h = self.sigmoid(X @ self.W1 + self.b1)
        self.o = self.sigmoid(self.h @ self.W2 + self.b2)
        return self.o
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
y = np.array([[0], [1], [1], [0]])
nn = NN()
lr = 0.5
for i in range(5000):
    out = nn.forward(X)
    loss = np.mean((out - y) ** 2)
    d_o = 2 * (out - y) / y.size * out * (1 - out)
    d_h = d_o @ nn.W2.T * nn.h * (1 - nn.h)
    nn.W2 -= lr * nn.h.T @ d_o
    nn.b2 -= lr * d_o.sum(axis=0)
    nn.W1 -= lr * X.T @ d_h
    nn.b1 -= lr * d_h.sum(axis=0)
    if i % 1000 == 0:
        print(i, loss)
"""
ADALINE = """
import numpy as np
class Adaline:
    def __init__(self, eta=0.01, n_iter=50, random_state=1):
        self.eta, self.n_iter, self.random_state = eta, n_iter, random_state
    def fit(self, X, y):
        rng = np.random.RandomState(self.random_state)
        self.w_ = rng.normal(loc=0.0, scale=0.01, size=1 + X.shape[1])
        self.cost_ = []
        for i in range(self.n_iter):
            errors = y - (np.dot(X, self.w_[1:]) + self.w_[0])
            self.w_[1:] += self.eta * X.T.dot(errors)
            self.w_[0] += self.eta * errors.sum()
            cost = (errors ** 2).sum() / 2.0
            self.cost_.append(cost)
        return self
"""
AGAIN = """
import numpy as np
class MLP:
    def __init__(self, n_hidden=30, l2=0., epochs=100, eta=0.001, seed=None):
        self.random = np.random.RandomState(seed)
        self.n_hidden, self.l2, self.epochs, self.eta = n_hidden, l2, epochs, eta
    def _forward(self, X):
        a_h = 1 / (1 + np.exp(-(X @ self.w_h + self.b_h)))
        return a_h, 1 / (1 + np.exp(-(a_h @ self.w_out + self.b_out)))
    def _compute_cost(self, y, output):
        penalty = self.l2 * (np.sum(self.w_h ** 2) + np.sum(self.w_out ** 2))
        return np.sum(-y * np.log(output) - (1 - y) * np.log(1 - output)) + penalty
    def fit(self, X, y):
        k = np.unique(y).shape[0]
        Y = np.eye(k)[y]
        self.b_h = np.zeros(self.n_hidden)
        self.w_h = self.random.normal(loc=0.0, scale=0.1, size=(X.shape[1], self.n_hidden))
        self.b_out = np.zeros(k)
        self.w_out = self.random.normal(loc=0.0, scale=0.1, size=(self.n_hidden, k))
        self.costs = []
        for i in range(self.epochs):
            a_h, a_out = self._forward(X)
            delta_out = a_out - Y
            delta_h = delta_out @ self.w_out.T * a_h * (1 - a_h)
            self.w_h -= self.eta * (X.T @ delta_h + 2 * self.l2 * self.w_h)
            self.b_h -= self.eta * np.sum(delta_h, axis=0)
            self.w_out -= self.eta * (a_h.T @ delta_out + 2 * self.l2 * self.w_out)
            self.b_out -= self.eta * np.sum(delta_out, axis=0)
            a_h, a_out = self._forward(X)
            cost = self._compute_cost(Y, a_out)
            self.costs.append(cost)
        return self
"""
FORMS = {
    "softmax": (SOFTMAX, "SoftmaxRegression"), "course": (COURSE, "gradient_descent"), "step": (STEP, "TwoLayerNet"),
    "silent": (SILENT, "Net"), "neurons": (NEURONS, "Net"), "loop": (LOOP, "training_loop"),
    "adaline": (ADALINE, "Adaline"), "again": (AGAIN, "MLP"),
}  # fmt: skip


@pytest.fixture
def said(tmp_path):
    def verdict(form: str, old: str = "", new: str = "") -> dict:
        text, name = FORMS[form]
        assert old in text
        (tmp_path / "form.py").write_text(text.replace(old, new, 1))
        found = {v["name"]: v["verdict"] for v in verdicts(str(tmp_path / "form.py"))}
        assert name in found, f"{name} was not found, only {list(found)}"
        return found[name]

    return verdict


@pytest.mark.parametrize("form", FORMS)
def test_the_form_is_right_as_it_stands(said, form):
    verdict = said(form)
    assert verdict["verdict"] == "match", (verdict["summary"], verdict["found"], verdict["blamed"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "old", "new", "fix"),
    [
        ("softmax", "X.T @ dZ + self.reg", "X.T @ dZ + 2 * self.reg", "X.T @ dZ + 1 * self.reg * self.W"),
        ("course", "lambda_ / m * w", "lambda_ * w", "X.T @ err / m + lambda_ * w / m"),
        ("step", "dh[self.a1 <= 0] = 0", "pass", "d @ self.params['W2'].T * (self.a1 > 0)"),
        ("silent", "1 - self.a1 ** 2", "1 - self.z1 ** 2", "delta3.dot(self.W2.T) * (1 - self.a1 ** 2)"),
        ("neurons", "e * n.out * (1 - n.out)", "e * (1 - n.out)", ""),
        ("adaline", "errors.sum()", "errors.mean()", "self.eta * errors.sum()"),
        (
            "again",
            "a_h.T @ delta_out + 2",
            "a_h.T @ delta_out + 1",
            "self.eta * (a_h.T @ delta_out + 2 * self.l2 * self.w_out)",
        ),
        ("loop", "nn.h * (1 - nn.h)", "nn.o * (1 - nn.o)", "d_o @ nn.W2.T * nn.h * (1 - nn.h)"),
    ],
)
def test_a_slip_in_it_is_located(said, form, old, new, fix):
    verdict = said(form, old, new)
    assert verdict["verdict"] == "wrong"
    text = FORMS[form][0].replace(old, new, 1)
    line = next(
        i for i, (a, b) in enumerate(zip(FORMS[form][0].split("\n"), text.split("\n"), strict=True), 1) if a != b
    )
    blamed = verdict["blamed"]
    assert any(line - 1 <= blame["line"] <= line for blame in blamed) and len(blamed) <= 2 - bool(fix)
    assert not fix or blamed[0]["fix"] == fix


def test_a_penalty_is_told_where_no_loss_has_it(said):
    """Its rate depends on the number of samples, so that every draw has its own."""
    assert "without the penalties 0.003333 W1, 0.003333 W2, of which no loss tells" in said("silent")["found"]


@pytest.mark.slow
@pytest.mark.parametrize("sign", ["-", "+ 1 *", "+ np.abs"])
def test_what_is_no_penalty_is_wrong(said, sign):
    """A weight that is taken away, or added as it stands, or its absolute value, belongs to no penalty."""
    new = {"-": "- self.reg / len(X) * self.W1", "+ 1 *": "+ self.W1", "+ np.abs": "+ 0.1 * np.abs(self.W1)"}[sign]
    assert said("silent", "+ self.reg / len(X) * self.W1", new)["verdict"] == "wrong"


def test_lines_keep_their_numbers_and_an_accuracy_is_no_loss():
    told = with_told_losses(COURSE)
    assert told is not None and len(told.split("\n")) == len(COURSE.split("\n"))
    assert "loss_value = compute_cost(X, y, w, b, lambda_); w = w - alpha * dj_dw" in told
    assert with_told_losses(COURSE.replace("return np.sum(", "return np.mean((f > 0.5) == y) + np.sum(")) is None


SLIPS = {
    "the derivative": ("output * (1.0 - output)", "(1.0 - output)"),
    "an item": ("error += (neuron['weights'][j]", "error = (neuron['weights'][j]"),
    "the bias": ("['weights'][-1] -= l_rate * neuron['delta']", "['weights'][-1] -= l_rate * neuron['output']"),
    "the sign": ("neuron['output'] - expected[j]", "expected[j] - neuron['output']"),
}


@pytest.mark.slow
@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("slip", ["", *SLIPS])
def test_neurons_in_dicts_are_a_network(tmp_path, slip, script):
    """Read on what the script gives, or on a network that the file's own function makes of sizes."""
    text = (Path(__file__).parent / "programs/neurons_in_dicts.py").read_text()
    text = text if script else text[: text.index("if __name__")]
    old, new = SLIPS.get(slip, ("", ""))
    assert old in text
    (tmp_path / "neurons.py").write_text(text.replace(old, new, 1))
    said = {v["name"]: v["verdict"] for v in verdicts(str(tmp_path / "neurons.py"))}["forward_propagate"]
    line = text[: text.index(old)].count("\n") + 1
    assert said["verdict"] == ("wrong" if slip else "match")
    assert not slip or line in [blame["line"] for blame in said["blamed"]]
