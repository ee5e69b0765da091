"""Forms of a sixth corpus of published code: each is read as it stands, and slips in it are seen."""

from pathlib import Path

import pytest

from handnn.diagnosis.lines.record.instrument import text_or
from tests.diagnosis.user.test_forms_published_later import judged

SHARED = """
import numpy as np
class Uniform:
    def __init__(self, gain=1.0):
        self.gain = gain
    def __call__(self, shape):
        limit = self.gain * np.sqrt(6.0 / sum(shape))
        return np.random.uniform(-limit, limit, size=shape)
class Dense:
    def __init__(self, units, start=Uniform()):
        self.units, self.start = units, start
        self.params, self.grads, self.kept = {}, {}, {}
    def forward(self, inputs):
        if not self.params:
            self.params = {"w": self.start((inputs.shape[1], self.units)), "b": np.zeros(self.units)}
        self.kept = {"inputs": inputs}
        return inputs @ self.params["w"] + self.params["b"]
    def backward(self, grad):
        self.grads["w"] = self.kept["inputs"].T @ grad
        self.grads["b"] = grad.sum(axis=0)
        return grad @ self.params["w"].T
"""
RATE_OF_MODULE = """
import numpy as np
LEARNING_RATE = 0.01
class Dense:
    def __init__(self, n, m):
        self.W, self.b = 0.3 * np.random.randn(n, m), np.zeros(m)
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, grad):
        dx = grad @ self.W.T
        self.W -= LEARNING_RATE * self.x.T @ grad
        self.b -= LEARNING_RATE * grad.sum(axis=0)
        return dx
"""
COLLECTED = """
import numpy as np
step_size = 0.001
class Dense:
    def __init__(self, n, m):
        self.W, self.b = 0.3 * np.random.randn(m, n), np.zeros(m)
        self.all_dW, self.all_db = [], []
    def __call__(self, x):
        self.x = x.flatten()
        return self.W @ self.x + self.b
    def backward(self, grad):
        self.all_dW.append(np.outer(grad, self.x))
        self.all_db.append(grad)
        return grad @ self.W
    def update(self):
        self.W -= step_size * np.mean(self.all_dW, axis=0)
        self.b -= step_size * np.mean(self.all_db, axis=0)
        self.all_dW, self.all_db = [], []
"""
SLOPES = """
import numpy as np
class Squared:
    @staticmethod
    def fn(a, y):
        return 0.5 * np.sum((a - y) ** 2)
    @staticmethod
    def delta(sigma_prime, a, y):
        return (a - y) * sigma_prime
class Entropy:
    @staticmethod
    def fn(a, y):
        return np.sum(-y * np.log(a) - (1 - y) * np.log(1 - a))
    @staticmethod
    def delta(sigma_prime, a, y):
        return a - y
"""
OF_EACH = """
import numpy as np
def squash(z):
    return 1 / (1 + np.exp(-z))
class Net:
    def __init__(self, size, cost):
        self.cost, self.depth = cost, len(size)
        self.b = [np.random.randn(n, 1) for n in size[1:]]
        self.w = [np.random.randn(n, m) / np.sqrt(m) for m, n in zip(size[:-1], size[1:])]
    def forward(self, x):
        self.a = [x]
        for b, w in zip(self.b, self.w):
            self.a.append(squash(w @ self.a[-1] + b))
        return self.a[-1]
    def backprop(self, x, y):
        gb, gw = [np.zeros(b.shape) for b in self.b], [np.zeros(w.shape) for w in self.w]
        delta = self.forward(x) - y
        gb[-1], gw[-1] = delta, delta @ self.a[-2].T
        for k in range(2, self.depth):
            delta = self.w[-k + 1].T @ delta * self.a[-k] * (1 - self.a[-k])
            gb[-k], gw[-k] = delta, delta @ self.a[-k - 1].T
        return gb, gw
    def update_batch(self, batch, lr, lam, n):
        gb, gw = [np.zeros(b.shape) for b in self.b], [np.zeros(w.shape) for w in self.w]
        for x, y in batch:
            db, dw = self.backprop(x, y)
            gb = [one + two for one, two in zip(gb, db)]
            gw = [one + two for one, two in zip(gw, dw)]
        self.w = [(1 - lr * lam / n) * w - lr / len(batch) * g for w, g in zip(self.w, gw)]
        self.b = [b - lr / len(batch) * g for b, g in zip(self.b, gb)]
    def save(self, name):
        with open(name, "w") as file:
            file.write(str(self.depth))
"""
LISTS = OF_EACH.replace("delta = self.forward(x) - y", "a = self.forward(x)\n        delta = a[-1] - y").replace(
    "return self.a[-1]", "return self.a"
)
POOL = """
import numpy as np
class MaxPooling:
    def __init__(self, filter_size, stride):
        self.size, self.stride = filter_size, stride
    def __call__(self, x):
        height, width = ((n - self.size) // self.stride + 1 for n in x.shape[1:])
        out = np.zeros((len(x), height, width))
        self.mask = np.zeros(x.shape)
        for c, i, j in np.ndindex(len(x), *x.shape[1:]):
            if i % self.stride == 0 and j % self.stride == 0:
                window = x[c, i : i + self.size, j : j + self.size]
                a, b = np.unravel_index(window.argmax(), window.shape)
                out[c, i // self.stride, j // self.stride] = window[a, b]
                self.mask[c, i + a, j + b] = 1
        return out
    def backward(self, grad):
        return np.repeat(np.repeat(grad, 2, axis=1), 2, axis=2) * self.mask
"""
DIGITS = """
import numpy as np
def one_hot(y, num_classes=10):
    found = np.zeros((len(y), num_classes))
    found[np.arange(len(y)), y] = 1
    return found
def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
class Digits:
    def __init__(self, input_size, hidden_size, output_size):
        self.w1, self.b1 = np.random.randn(input_size, hidden_size) * 0.3, np.zeros(hidden_size)
        self.w2, self.b2 = np.random.randn(hidden_size, output_size) * 0.3, np.zeros(output_size)
    def forward(self, x):
        self.h = np.tanh(x @ self.w1 + self.b1)
        return softmax(self.h @ self.w2 + self.b2)
    def fit(self, x_train, y_train, epochs=5, batch_size=3, lr=0.1):
        for epoch in range(epochs):
            for i in range(0, len(x_train), batch_size):
                x, y = x_train[i : i + batch_size], y_train[i : i + batch_size]
                d = (self.forward(x) - one_hot(y)) / len(x)
                dh = d @ self.w2.T * (1 - self.h**2)
                self.w2 -= lr * self.h.T @ d
                self.b2 -= lr * d.sum(axis=0)
                self.w1 -= lr * x.T @ dh
                self.b1 -= lr * dh.sum(axis=0)
"""
OF_CLASSES = """
import numpy as np
def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
class CrossEntropyLoss:
    def __init__(self, num_labels=7):
        self.num_labels = num_labels
    def forward(self, pred, target):
        self.labels = np.zeros((len(target), self.num_labels))
        for i in range(len(target)):
            self.labels[i, int(target[i])] = 1
        return -np.sum(self.labels * np.log(softmax(pred))) / len(pred)
    def backward(self, pred):
        return (softmax(pred) - self.labels) / len(pred)
"""
GIVEN_BEFORE = """
import numpy as np
class FullyConnected:
    def __init__(self, in_nodes, out_nodes, activation):
        self.activation = activation
        self.weights, self.biases = np.random.randn(in_nodes, out_nodes), np.zeros((1, out_nodes))
    def forwardpass(self, X):
        self.data = X @ self.weights + self.biases
        if self.activation == "relu":
            return np.maximum(self.data, 0)
        elif self.activation == "tanh":
            return np.tanh(self.data)
        print("unknown")
        exit()
    def backwardpass(self, lr, activation_prev, delta):
        if self.activation == "relu":
            d = delta * (self.data > 0)
        elif self.activation == "tanh":
            d = delta * (1 - np.tanh(self.data) ** 2)
        else:
            exit()
        out = d @ self.weights.T
        self.weights = self.weights - lr * activation_prev.T @ d
        self.biases = self.biases - lr * d.sum(axis=0, keepdims=True)
        return out
"""
NO_BIAS = """
import numpy as np
class Dense:
    def __init__(self, n, m, use_bias=True):
        self.w, self.use_bias = np.random.randn(n, m), use_bias
        if use_bias:
            self.b = np.zeros(m)
    def forward(self, x):
        self.x = x
        return x @ self.w + (self.b if self.use_bias else 0)
    def backward(self, grad):
        self.dw = self.x.T @ grad
        if self.use_bias:
            self.db = grad.sum(axis=0)
            return grad @ self.w.T
        return (grad @ self.w.T) * 1.0
"""
OLDER = """
import numpy as np
class Net:
    def __init__(self, n, h, m):
        self.w1, self.w2 = np.random.randn(n, h), np.random.randn(h, m)
    def train(self, x, y, rate):
        a = np.tanh(x.dot(self.w1))
        error = a.dot(self.w2) - y
        d1 = error.dot(self.w2.T) * (1 - a ** 2)
        self.w2 -= rate * a.T.dot(error)
        self.w1 -= rate * x.T.dot(d1)
        return 0.5 * np.sum(error ** 2)
def main():
    data = open("numbers.bin", "rb").read()
    print "bytes:", len(data)
main()
"""
VALLEYS = """
import numpy as np
def valley(p):
    x, y = p
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2
def valley_grad(p):
    x, y = p
    return np.array([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)])
def f(w):
    return w[0] ** 2 + 10 * w[1] ** 2
def df(w):
    return 2 * w[0], 20 * w[1]
"""
BASE = """
import numpy as np
class Activation:
    def __init__(self):
        self.kept = {}
    def forward(self, x):
        self.kept["x"] = x
        return self.func(x)
    def backward(self, grad):
        return self.derivative(self.kept["x"]) * grad
class Tanh(Activation):
    def func(self, x):
        return np.tanh(x)
    def derivative(self, x):
        return 1 - np.tanh(x) ** 2
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "name", "here", "slips"),
    [
        (SHARED, "Dense", "grad.sum(axis=0)", ("grad.mean(axis=0)", "-grad.sum(axis=0)")),
        (RATE_OF_MODULE, "Dense", "LEARNING_RATE * grad.sum(axis=0)", ("grad.sum(axis=0)", "LEARNING_RATE * grad[0]")),
        (COLLECTED, "Dense", "np.mean(self.all_db, axis=0)", ("np.mean(self.all_db)", "-np.mean(self.all_db, 0)")),
        (SLOPES, "Squared", "(a - y) * sigma_prime", ("a - y", "(y - a) * sigma_prime")),
        (SLOPES, "Entropy", "return a - y", ("return y - a", "return (a - y) * sigma_prime")),
        (OF_EACH, "Net", "one + two for one, two in zip(gw, dw)", ("two for one, two in zip(gw, dw)",)),
        (OF_EACH, "Net", "self.a[-k] * (1 - self.a[-k])", ("self.a[-k]", "self.a[-k] * (1 + self.a[-k])")),
        (LISTS, "Net", "delta = a[-1] - y", ("delta = y - a[-1]", "delta = 2 * a[-1] - y")),
        (POOL, "MaxPooling", "* self.mask", ("* (1 - self.mask)", "* 2 * self.mask")),
        (DIGITS, "Digits", "lr * d.sum(axis=0)", ("lr * d.mean(axis=0)", "lr * d[0]")),
        (DIGITS, "Digits", "(1 - self.h**2)", ("(1 - self.h)", "self.h**2")),
        (OF_CLASSES, "CrossEntropyLoss", "(softmax(pred) - self.labels) / len", ("(pred - self.labels) / len",)),
        (GIVEN_BEFORE, "FullyConnected", "activation_prev.T @ d", ("activation_prev.T @ delta",)),
        (GIVEN_BEFORE, "FullyConnected", "d.sum(axis=0, keepdims=True)", ("d.mean(axis=0, keepdims=True)",)),
        (NO_BIAS, "Dense", "(grad @ self.w.T) * 1.0", ("(grad @ self.w.T) * 2.0", "-(grad @ self.w.T)")),
        (OLDER, "Net", "(1 - a ** 2)", ("(1 - a)", "(1 + a ** 2)")),
        (VALLEYS, "valley", "200 * (y - x**2)", ("100 * (y - x**2)", "-200 * (y - x**2)")),
        (VALLEYS, "f", "20 * w[1]", ("10 * w[1]", "20 * w[0]")),
        (BASE, "Tanh.derivative", "1 - np.tanh(x) ** 2", ("1 - np.tanh(x)", "1 + np.tanh(x) ** 2")),
    ],
)
def test_a_form_is_read_and_its_slips_are_found(
    tmp_path: Path, text: str, name: str, here: str, slips: tuple[str, ...]
) -> None:
    assert judged(tmp_path / "right.py", text)[name][0] == "match"
    line = next(number for number, one in enumerate(text.splitlines(), 1) if here in one)
    for place, slip in enumerate(slips):
        verdict, _, blamed = judged(tmp_path / f"wrong_{place}.py", text.replace(here, slip, 1))[name]
        assert verdict == "wrong"
        assert line in blamed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("made", "read"),
    [
        ("from types import SimpleNamespace\nargs = SimpleNamespace(lr=0.01)\n", "args.lr"),
        ("class Config:\n    lr = 0.01\n", "Config.lr"),
        ("CONFIG = {'lr': 0.01, 'momentum': 0.9}\n", "CONFIG['lr']"),
        ("", "self.lr"),
    ],
)
def test_a_rate_is_read_where_it_is_kept(tmp_path: Path, made: str, read: str) -> None:
    text = RATE_OF_MODULE.replace("LEARNING_RATE = 0.01\n", made).replace("LEARNING_RATE", read)
    text = text if made else text.replace("class Dense:", "class Dense:\n    lr = 0.01")
    assert judged(tmp_path / "right.py", text)["Dense"][0] == "match"
    wrong = text.replace(f"self.b -= {read} * ", "self.b -= ")
    assert judged(tmp_path / "wrong.py", wrong)["Dense"][0] == "wrong"


def test_a_number_is_no_name_of_a_file() -> None:
    with pytest.raises(OSError, match="1 is no name"):
        text_or(1, "w")
