"""Mends: that a line is blamed where the slip is, and that what belongs there is said."""

from pathlib import Path
from typing import Any

import pytest

from handnn.diagnosis.check import verdicts

COLUMN = """
import numpy as np
class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.layers = [np.random.randn(n_hidden, n_in + 1), np.random.randn(n_out, n_hidden + 1)]
        self.seen = 0
    def feed_forward(self, vector):
        found = []
        for layer in self.layers:
            vector = np.tanh(layer @ np.append(vector, 1))
            found.append(vector)
        return found
    def cost(self, vector, target):
        return 0.5 * np.sum((self.feed_forward(vector)[-1] - target) ** 2)
    def backpropagate(self, vector, target):
        c = 1.0 / (self.seen + 10)
        self.seen += 1
        h, o = self.feed_forward(vector)
        d_o = (o - target) * (1 - o ** 2)
        d_h = np.dot(self.layers[-1][:, :-1].T, d_o) * (1 - h ** 2)
        self.layers[-1] -= c * np.outer(d_o, np.append(h, 1))
        self.layers[0] -= c * np.outer(d_h, np.append(vector, 1))
if __name__ == "__main__":
    net = Net(4, 3, 2)
    for k in range(20):
        net.backpropagate(np.random.randn(4), np.eye(2)[k % 2])
"""


def told(path: Path, text: str, name: str) -> dict[str, Any]:
    (path / "program.py").write_text(text)
    return {one["name"]: one["verdict"] for one in verdicts(str(path / "program.py"))}[name]


def test_a_rate_that_is_computed_of_what_an_object_counts_is_its_rate(tmp_path: Path) -> None:
    assert told(tmp_path, COLUMN, "Net")["verdict"] == "match"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("np.dot(self.layers[-1][:, :-1].T, d_o)", "np.dot(self.layers[-1][:, 1:].T, d_o)"),
        pytest.param("(o - target) * (1 - o ** 2)", "2 * (o - target) * (1 - o ** 2)", marks=pytest.mark.slow),
        pytest.param("outer(d_h, np.append(vector, 1))", "outer(d_h, np.append(1, vector))", marks=pytest.mark.slow),
    ],
)  # fmt: skip
def test_a_slip_beside_a_computed_rate_is_mended(tmp_path: Path, right: str, wrong: str) -> None:
    text = COLUMN.replace(right, wrong)
    (blame,) = told(tmp_path, text, "Net")["blamed"]
    assert wrong in text.splitlines()[blame["line"] - 1]
    assert right in blame["fix"] or "1*" in blame["fix"].replace(" ", ""), blame


SOFTMAX = """
import numpy as np
class Softmax:
    def __call__(self, x):
        e = np.exp(x - np.max(x, axis=-1, keepdims=True))
        return e / np.sum(e, axis=-1, keepdims=True)
    def gradient(self, x):
        p = self.__call__(x)
        return p * (1 - p)
class Tanh:
    def __call__(self, x): return np.tanh(x)
    def gradient(self, x): return 1 - self.__call__(x) ** 2
class Loss:
    def loss(self, y, p): return np.sum((p - y) ** 2) / 2
    def gradient(self, y, p): return p - y
class Dense:
    def __init__(self, n_in, n_out, activation):
        self.W, self.b = np.random.uniform(-0.5, 0.5, (n_in, n_out)), np.zeros((1, n_out))
        self.activation = activation
    def forward(self, x):
        self.x = x
        self.z = x.dot(self.W) + self.b
        return self.activation(self.z)
    def backward(self, d):
        d = d * self.activation.gradient(self.z)
        self.dW, self.db = self.x.T.dot(d), np.sum(d, axis=0, keepdims=True)
        return d.dot(self.W.T)
class Perceptron:
    def __init__(self):
        self.layers, self.loss = [Dense(4, 5, Tanh()), Dense(5, 3, Softmax())], Loss()
    def train_on_batch(self, X, y):
        p = X
        for layer in self.layers:
            p = layer.forward(p)
        loss, d = self.loss.loss(y, p), self.loss.gradient(y, p)
        for layer in reversed(self.layers):
            d = layer.backward(d)
        return loss
"""


@pytest.mark.slow
def test_a_part_that_is_wrong_by_itself_is_to_blame_in_what_uses_it(tmp_path: Path) -> None:
    (blame,) = told(tmp_path, SOFTMAX, "Perceptron")["blamed"]
    assert (blame["code"], blame["mistake"]) == ("p * (1 - p)", "softmax Jacobian's diagonal only")


PICTURE = """
import numpy as np
def valid(a, k):
    h, w = a.shape[0] - k.shape[0] + 1, a.shape[1] - k.shape[1] + 1
    out = np.zeros((h, w))
    for i in range(h):
        for j in range(w):
            out[i, j] = np.sum(a[i:i + k.shape[0], j:j + k.shape[1]] * k)
    return out
def full(a, k):
    return valid(np.pad(a, ((k.shape[0] - 1,) * 2, (k.shape[1] - 1,) * 2)), k)
def turned(a, k):
    return full(a, np.rot90(k, 2))
class Convolution:
    def __init__(self, shape, size, depth):
        self.shape, self.depth = shape, depth
        self.kernels = np.random.randn(depth, shape[0], size, size)
        self.biases = np.random.randn(depth, shape[1] - size + 1, shape[2] - size + 1)
    def forward(self, input):
        self.input = input
        self.output = np.copy(self.biases)
        for i in range(self.depth):
            for j in range(self.shape[0]):
                self.output[i] += valid(self.input[j], self.kernels[i, j])
        return self.output
    def backward(self, gradient, rate):
        d_kernels, d_input = np.zeros(self.kernels.shape), np.zeros(self.shape)
        for i in range(self.depth):
            for j in range(self.shape[0]):
                d_kernels[i, j] = valid(self.input[j], gradient[i])
                d_input[j] += turned(gradient[i], self.kernels[i, j])
        self.kernels -= rate * d_kernels
        self.biases -= rate * gradient
        return d_input
if __name__ == "__main__":
    layer = Convolution((1, 6, 6), 3, 2)
    layer.backward(layer.forward(np.random.randn(1, 6, 6)), 0.1)
"""


@pytest.mark.slow
def test_a_mend_is_not_asked_of_a_size_that_does_not_fit(tmp_path: Path) -> None:
    assert told(tmp_path, PICTURE, "Convolution")["verdict"] == "match"
    wrong = PICTURE.replace("+= turned(", "+= full(")
    (blame,) = told(tmp_path, wrong, "Convolution")["blamed"]
    assert blame["fix"] == "turned(gradient[i], self.kernels[i, j])"


PENALTIES = """
import numpy as np
class L2Penalty:
    def __init__(self, alpha=0.1):
        self.alpha = alpha
    def __call__(self, w):
        return self.alpha * 0.5 * w.T.dot(w)
    def grad(self, w):
        return self.alpha * w
"""


def test_a_penalty_of_one_vector_is_not_tried_on_a_matrix(tmp_path: Path) -> None:
    assert told(tmp_path, PENALTIES, "L2Penalty")["verdict"] == "match"
    for wrong in ("self.alpha * 0.5 * w", "self.alpha * w * w"):
        found = told(tmp_path, PENALTIES.replace("return self.alpha * w", f"return {wrong}"), "L2Penalty")
        assert (found["verdict"], [b["line"] for b in found["blamed"]]) == ("wrong", [9])


HINGE = """
import numpy as np
def svm_loss(W, X, y, reg):
    dW, loss, n = np.zeros(W.shape), 0.0, X.shape[0]
    for i in range(n):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            if j == y[i]:
                continue
            margin = scores[j] - scores[y[i]] + 1
            if margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    return loss / n + reg * np.sum(W * W), dW / n + 2 * reg * W
if __name__ == "__main__":
    W, X, y = np.random.randn(5, 3) * 0.01, np.random.randn(12, 5), np.random.randint(3, size=12)
    loss, grad = svm_loss(W, X, y, 1e-3)
"""


@pytest.mark.slow
def test_a_statement_that_belongs_in_the_loop_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, HINGE, "svm_loss")["verdict"] == "match"
    line = "dW[:, y[i]] -= X[i]\n"
    found = told(tmp_path, HINGE.replace(" " * 16 + line, " " * 8 + line), "svm_loss")
    assert [b["line"] for b in found["blamed"]] == [13, 14]
    assert found["blamed"][1]["mistake"] == "it belongs in the loop, after line 13"


USES = """
import numpy as np
class WeightNormDense:
    def __init__(self, n_in, n_out):
        self.v, self.g = np.random.randn(n_in, n_out), np.ones(n_out)
    def forward(self, x):
        self.x, self.norm = x, np.sqrt(np.sum(self.v ** 2, axis=0))
        return x @ (self.g * self.v / self.norm)
    def backward(self, d):
        dw = self.x.T @ d
        self.dg = np.sum(dw * self.v, axis=0) / self.norm
        self.dv = self.g / self.norm * dw
        return d @ (self.g * self.v / self.norm).T
class Gated:
    def __init__(self, n):
        self.U, self.V = np.random.randn(n, n), np.random.randn(n, n)
    def forward(self, x):
        self.x, self.a, self.b = x, np.tanh(x @ self.U), x @ self.V
        return self.a * self.b
    def backward(self, d):
        d_a = d * self.b * (1 - self.a ** 2)
        d_b = d * self.a
        self.dU, self.dV = self.x.T @ d_a, self.x.T @ d_b
        return d_b @ self.V.T
"""


@pytest.mark.slow
def test_the_uses_through_which_a_derivative_is_missing_are_told(tmp_path: Path) -> None:
    (blame,) = told(tmp_path, USES, "WeightNormDense")["blamed"]
    assert blame["line"] == 12 and blame["mistake"] == "what goes through `self.v ** 2` (line 7) is missing"
    (blame,) = told(tmp_path, USES, "Gated")["blamed"]
    assert blame["line"] == 24 and blame["fix"] == "d_b @ self.V.T + d_a @ self.U.T"


ATTENTION = """
import numpy as np
class Attention:
    def __init__(self, n):
        self.Q, self.K, self.V = (np.random.randn(n, n) for _ in range(3))
    def forward(self, x):
        self.x, self.q, self.k, self.v = x, x @ self.Q, x @ self.K, x @ self.V
        return self.q * self.k * self.v
    def backward(self, d):
        dq, dk, dv = d * self.k * self.v, d * self.q * self.v, d * self.q * self.k
        self.dQ, self.dK, self.dV = self.x.T @ dq, self.x.T @ dk, self.x.T @ dv
        dx = dq @ self.Q.T
        dx = dk @ self.K.T
        dx = dv @ self.V.T
        return dx
"""


@pytest.mark.slow
def test_several_forgotten_uses_are_told_together(tmp_path: Path) -> None:
    assert told(tmp_path, ATTENTION.replace("dx = dk", "dx += dk").replace("dx = dv", "dx += dv"), "Attention")["ok"]
    (blame,) = told(tmp_path, ATTENTION, "Attention")["blamed"]
    assert blame["mistake"] == "what goes through `x @ self.Q` (line 7) and `x @ self.K` (line 7) is missing"


BIAS = """
import numpy as np
class Ridge:
    def __init__(self, n, alpha=0.1, lr=0.1):
        self.theta, self.alpha, self.lr = np.random.randn(n + 1), alpha, lr
    def loss(self, X, y):
        Xb = np.hstack([np.ones((len(X), 1)), X])
        return 0.5 * np.mean((Xb @ self.theta - y) ** 2) + 0.5 * self.alpha * np.sum(self.theta[1:] ** 2)
    def gradient(self, X, y):
        Xb = np.hstack([np.ones((len(X), 1)), X])
        return Xb.T @ (Xb @ self.theta - y) / len(y) + self.alpha * self.theta
"""


@pytest.mark.slow
def test_what_is_right_but_for_one_end_is_told(tmp_path: Path) -> None:
    (blame,) = told(tmp_path, BIAS, "Ridge")["blamed"]
    assert blame["mistake"] == "it is right but for `[0]`, where `Xb.T @ (Xb @ self.theta - y) / len(y)` belongs"


UPSTREAM = """
import numpy as np
def tanh_forward(z):
    return np.tanh(z)
def tanh_backward(dout):
    return 1 - np.square(np.tanh(dout))
"""


def test_a_gradient_that_is_put_through_a_function_is_told(tmp_path: Path) -> None:
    (blame,) = told(tmp_path, UPSTREAM, "tanh_forward")["blamed"]
    assert blame["mistake"] == "the gradient from above is put through a function: a derivative multiplies it"


FOCAL = """
import numpy as np
class FocalLoss:
    def forward(self, y_pred, y_true):
        self.y_true = y_true
        self.pt = np.where(y_true == 1, y_pred, 1 - y_pred)
        return np.mean(-((1 - self.pt) ** 2) * np.log(self.pt))
    def backward(self):
        dpt = -((1 - self.pt) ** 2) / self.pt
        return dpt * np.where(self.y_true == 1, 1.0, -1.0) / self.y_true.size
"""
SAME = """
import numpy as np
def sigmoid(z): return 1 / (1 + np.exp(-z))
def loss_and_gradients(X, y, u, w):
    du, dw, loss = np.zeros_like(u), np.zeros_like(w), 0.0
    for i in range(len(X)):
        a = sigmoid(u[0] * X[i, 0] + u[1] * X[i, 1])
        b = sigmoid(u[2] * X[i, 0] + u[3] * X[i, 1])
        p = sigmoid(w[0] * a + w[1] * b)
        loss += 0.5 * (p - y[i]) ** 2
        e = p - y[i]
        du[0] += e * p * (1 - p) * w[0] * a * (1 - a) * X[i, 0]
        du[1] += e * p * (1 - p) * w[0] * a * (1 - a) * X[i, 1]
        du[2] += e * p * (1 - p) * w[1] * b * (1 - b) * X[i, 0]
        du[3] += e * p * (1 - p) * w[1] * b * (1 - b) * X[i, 1]
        dw[0] += e * p * (1 - p) * a
        dw[1] += e * p * (1 - p) * b
    return loss, du, dw
if __name__ == "__main__":
    X, u, w = np.random.rand(6, 2), np.random.randn(4), np.random.randn(2)
    loss, du, dw = loss_and_gradients(X, (X[:, 0] > 0.5) * 1.0, u, w)
"""


@pytest.mark.slow
def test_the_uses_of_what_is_made_of_a_value_count_too(tmp_path: Path) -> None:
    (blame,) = told(tmp_path, FOCAL, "FocalLoss")["blamed"]
    assert blame["mistake"] == "what goes through `1 - self.pt` (line 7) is missing"


@pytest.mark.slow
def test_one_slip_in_several_lines_is_told_at_each(tmp_path: Path) -> None:
    assert told(tmp_path, SAME, "loss_and_gradients")["verdict"] == "match"
    text = SAME.replace("e * p * (1 - p) * a\n", "e * a\n").replace("e * p * (1 - p) * b\n", "e * b\n")
    blamed = told(tmp_path, text, "loss_and_gradients")["blamed"]
    assert [(b["line"], b["mistake"]) for b in blamed] == [
        (16, "the factor `p * (1 - p)` missing"), (17, "the factor `p * (1 - p)` missing"),
    ]  # fmt: skip


HUBER = """
import numpy as np
def huber(y_true, y_pred, delta=1.5):
    e = y_pred - y_true
    return np.mean(np.where(np.abs(e) <= delta, 0.5 * e ** 2, delta * (np.abs(e) - 0.5 * delta)))
def huber_prime(y_true, y_pred, delta=1.5):
    e = y_pred - y_true
    return np.where(np.abs(e) <= delta, e, delta * np.sign(e)) / y_true.size
"""


def test_a_loss_is_held_against_its_reference_with_its_own_numbers(tmp_path: Path) -> None:
    assert told(tmp_path, HUBER, "huber")["verdict"] == "match"
    slope = told(tmp_path, HUBER.replace("delta * np.sign(e)", "np.sign(e)"), "huber")
    assert [(b["line"], "delta" in b["fix"]) for b in slope["blamed"]] == [(8, True)]
    value = told(tmp_path, HUBER.replace("(np.abs(e) - 0.5 * delta)", "(np.abs(e) - delta)"), "huber")
    assert (value["verdict"], [b["line"] for b in value["blamed"]]) == ("wrong", [5])
