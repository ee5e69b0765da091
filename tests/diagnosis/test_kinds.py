"""Kinds of code and of mistakes: each program is right as it stands, and wrong after one replacement.

The line that was replaced must be blamed and explained, and no other.
"""

from typing import NamedTuple

import pytest

from handnn.diagnosis.check import verdicts

EVERYDAY = ("slope of a slope", "mask", "loop at module level", "weights returned", "no labels", "share of a moment")


class Kind(NamedTuple):
    """A program; `right` in it is replaced by `wrong`. `line` is the text of the line to blame, if it is another."""

    label: str
    name: str
    source: str
    right: str
    wrong: str
    line: str = ""


KINDS = [
    Kind("slope of a slope", "f", """
def f(x):
    return 0.5 * x * (1 + np.tanh(0.8 * (x + 0.045 * x**3)))

def f_backward(dout, x):
    t = np.tanh(0.8 * (x + 0.045 * x**3))
    sech2 = 1 - t**2
    inner = 0.8 * (1 + 3 * 0.045 * x**2)
    return dout * (0.5 * (1 + t) + 0.5 * x * sech2 * inner)
""", "3 * 0.045 * x**2", "0.045 * x**2", "inner = 0.8"),
    Kind("mask", "Pool", """
class Pool:
    \"\"\"handnn: layer, input_shape=(2, 4)\"\"\"
    def forward(self, x):
        self.x = x
        return np.stack([x[:, :, :2].max(axis=(1, 2)), x[:, :, 2:].max(axis=(1, 2))], axis=1)
    def backward(self, dout):
        dx = np.zeros_like(self.x)
        for n in range(len(dout)):
            for j in range(2):
                window = self.x[n, :, 2 * j : 2 * j + 2]
                mask = window == np.max(window)
                dx[n, :, 2 * j : 2 * j + 2] += mask * dout[n, j]
        return dx
""", "np.max(window)", "np.max(self.x[n])"),
    Kind("loop at module level", "training_loop", """
X = np.array([[0.0, 1.0, 1.0], [1.0, 0.5, 1.0], [0.2, 0.1, 1.0]])
y = np.array([[1.0], [0.0], [1.0]])
W1, W2, lr = np.full((3, 4), 0.3), np.full((4, 1), -0.2), 0.5
for epoch in range(100):
    h = np.tanh(X.dot(W1))
    o = h.dot(W2)
    loss = 0.5 * np.sum((o - y) ** 2)
    d2 = o - y
    d1 = d2.dot(W2.T) * (1 - h**2)
    W2 -= lr * h.T.dot(d2)
    W1 -= lr * X.T.dot(d1)
print(loss)
""", "(1 - h**2)", "(1 - h)"),
    Kind("weights returned", "step", """
def step(W1, W2, X, y, lr):
    \"\"\"handnn: network 3-4-2 tanh linear mse\"\"\"
    h = np.tanh(X @ W1)
    o = h @ W2
    d2 = (o - y) / len(X)
    d1 = d2 @ W2.T * (1 - h**2)
    W1 = W1 - lr * X.T @ d1
    W2 = W2 - lr * h.T @ d2
    return W1, W2
""", "(1 - h**2)", "(1 - h)"),
    Kind("no labels", "Tied", """
class Tied:
    def __init__(self):
        self.W = np.random.default_rng(0).normal(size=(5, 3))
    def loss_and_gradients(self, x):
        h = np.tanh(x @ self.W)
        e = h @ self.W.T - x
        loss = 0.5 * np.sum(e**2)
        grads = {"W": e.T @ h}
        dh = e @ self.W * (1 - h**2)
        grads["W"] += x.T @ dh
        return loss, grads
""", 'grads["W"] +=', 'grads["W"] ='),
    Kind("share of a moment", "Adam", """
class Adam:
    \"\"\"handnn: optimizer adam, learning_rate=0.01, epsilon=1e-8\"\"\"
    def __init__(self, params, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params, self.lr, self.beta1, self.beta2, self.eps, self.t = params, lr, beta1, beta2, eps, 0
        self.m = [np.zeros_like(p.data) for p in params]
        self.v = [np.zeros_like(p.data) for p in params]
    def step(self):
        self.t += 1
        for i, p in enumerate(self.params):
            self.m[i] = self.beta1 * self.m[i] + (1 - self.beta1) * p.grad
            self.v[i] = self.beta2 * self.v[i] + (1 - self.beta2) * p.grad**2
            m_hat = self.m[i] / (1 - self.beta1**self.t)
            v_hat = self.v[i] / (1 - self.beta2**self.t)
            p.data = p.data - self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
""", "(1 - self.beta1) * p.grad", "p.grad", "self.m[i] = self.beta1"),
    Kind("carried to the step before", "Cell", """
class Cell:
    \"\"\"handnn: layer, input_shape=(3, 2)\"\"\"
    def __init__(self):
        r = np.random.default_rng(1)
        self.W, self.U, self.V = r.normal(size=(2, 3)), r.normal(size=(3, 3)), r.normal(size=(3, 3))
    def forward(self, x):
        h, self.kept, out = np.zeros((len(x), 3)), [], []
        for t in range(x.shape[1]):
            z = 1 / (1 + np.exp(-h @ self.V))
            c = np.tanh(x[:, t] @ self.W + h @ self.U)
            self.kept.append((x[:, t], h, z, c))
            h = (1 - z) * h + z * c
            out.append(h)
        return np.stack(out, axis=1)
    def backward(self, dout):
        self.dW, self.dU, self.dV = np.zeros_like(self.W), np.zeros_like(self.U), np.zeros_like(self.V)
        dx, carry = np.zeros((*dout.shape[:2], 2)), 0.0 * dout[:, 0]
        for t in reversed(range(dout.shape[1])):
            x, h, z, c = self.kept[t]
            d = dout[:, t] + carry
            dc = d * z * (1 - c**2)
            dz = d * (c - h) * z * (1 - z)
            self.dW += x.T @ dc
            self.dU += h.T @ dc
            self.dV += h.T @ dz
            dx[:, t] = dc @ self.W.T
            carry = d * (1 - z) + dc @ self.U.T + dz @ self.V.T
        return dx
""", "d * (1 - z) +", "d +"),
    Kind("corner of a window", "Pool", """
class Pool:
    \"\"\"handnn: layer, input_shape=(7,)\"\"\"
    stride, size = 2, 3
    def forward(self, x):
        self.x = x
        return np.stack([x[:, i * self.stride : i * self.stride + self.size].sum(axis=1) for i in range(3)], axis=1)
    def backward(self, dout):
        dx = np.zeros_like(self.x)
        for n in range(len(dout)):
            for i in range(3):
                start = i * self.stride
                dx[n, start : start + self.size] += dout[n, i]
        return dx
""", "start = i * self.stride", "start = i"),
    Kind("end of a loop", "double", """
class double:
    \"\"\"handnn: layer, input_shape=(3,)\"\"\"
    def forward(self, x):
        self.x = x
        return 2 * x
    def backward(self, dout):
        dx = np.zeros_like(self.x)
        for n in range(len(dout)):
            dx[n] = 2 * dout[n]
        return dx
""", "        return dx", "            return dx"),
    Kind("a whole array", "SoftmaxLoss", """
class SoftmaxLoss:
    def forward(self, logits, y_true):
        e = np.exp(logits)
        self.output = e / e.sum(axis=1, keepdims=True)
        return -np.mean(np.log(self.output[range(len(logits)), y_true]))
    def backward(self, dvalues, y_true):
        samples = len(dvalues)
        self.dinputs = dvalues.copy()
        self.dinputs[range(samples), y_true] -= 1
        self.dinputs = self.dinputs / samples
""", "\n        self.dinputs = self.dinputs / samples", "", "-= 1"),
    Kind("axes parted in another order", "Heads", """
class Heads:
    \"\"\"handnn: layer, input_shape=(3, 4)\"\"\"
    def forward(self, x):
        self.shape = B, T, D = x.shape
        self.h = x.reshape(B, T, 2, 2).transpose(0, 2, 1, 3)
        return (self.h**2).transpose(0, 2, 1, 3).reshape(B, T, D)
    def backward(self, dout):
        B, T, D = self.shape
        d = dout.reshape(B, T, 2, 2).transpose(0, 2, 1, 3)
        dh = 2 * self.h * d
        return dh.transpose(0, 2, 1, 3).reshape(B, T, D)
""", "d = dout.reshape(B, T, 2, 2).transpose(0, 2, 1, 3)", "d = dout.reshape(B, 2, T, 2)"),
    Kind("a sum that starts anew", "Sum", """
class Sum:
    \"\"\"handnn: layer, input_shape=(4, 2)\"\"\"
    def __init__(self):
        self.b = np.zeros(2)
    def forward(self, x):
        self.x = x
        return np.stack([np.tanh(x[:, t] + self.b) for t in range(4)], axis=1)
    def backward(self, dout):
        db, dx = np.zeros(2), np.zeros_like(dout)
        for t in range(4):
            d = dout[:, t] * (1 - np.tanh(self.x[:, t] + self.b) ** 2)
            db += d.sum(axis=0)
            dx[:, t] = d
        self.db = db
        return dx
""", "db += d.sum", "db = d.sum"),
    Kind("a state handed out", "RMSprop", """
class RMSprop:
    def __init__(self, learning_rate=0.01, rho=0.9, epsilon=1e-8):
        self.lr, self.rho, self.epsilon = learning_rate, rho, epsilon
    def create_state(self, index, weight):
        return {"v": np.zeros_like(weight)}
    def update(self, index, weight, grad, state):
        state["v"] = self.rho * state["v"] + (1 - self.rho) * grad * grad
        weight -= self.lr * grad / np.sqrt(state["v"] + self.epsilon)
""", "grad * grad", "grad", 'state["v"] = self.rho'),
    Kind("the largest average not kept", "AMSGrad", """
class AMSGrad:
    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.beta1, self.beta2, self.eps, self.t = lr, beta1, beta2, eps, 0
        self.m, self.v, self.top = {}, {}, {}
    def update(self, params, grads):
        self.t += 1
        rate = self.lr * np.sqrt(1 - self.beta2**self.t) / (1 - self.beta1**self.t)
        for key, grad in grads.items():
            self.m[key] = self.beta1 * self.m.get(key, 0) + (1 - self.beta1) * grad
            self.v[key] = self.beta2 * self.v.get(key, 0) + (1 - self.beta2) * grad * grad
            self.top[key] = np.maximum(self.top.get(key, 0), self.v[key])
            params[key] -= rate * self.m[key] / (np.sqrt(self.top[key]) + self.eps)
""", "np.maximum(self.top.get(key, 0), self.v[key])", "np.maximum(0, self.v[key])"),
    Kind("by the arguments of a cost", "get_gradients", """
from collections import namedtuple
Gradients = namedtuple("Gradients", ["a", "p", "q"])
def cost(rating, mean, a, p, q):
    return (rating - mean - a - np.dot(q, p)) ** 2 + 0.05 * (a**2 + np.sum(p**2) + np.sum(q**2))
def get_gradients(rating, mean, a, p, q):
    error = rating - mean - a - np.dot(q, p)
    return Gradients(
        a=-2 * error + 0.1 * a,
        p=-2 * error * q + 0.1 * p,
        q=-2 * error * p + 0.1 * q,
    )
""", "p=-2 * error * q + 0.1 * p", "p=-2 * error * q + 0.05 * p"),
    Kind("queries, keys and values of an object", "Attention", """
class Attention:
    def __call__(self, query, key, value):
        self.query, self.key, self.value = query, key, value
        e = np.exp(query @ key.swapaxes(1, 2))
        self.probs = e / e.sum(axis=-1, keepdims=True)
        return self.probs @ value
    def backward(self, grad_output):
        grad_value = self.probs.swapaxes(1, 2) @ grad_output
        grad_probs = self.probs * (grad_output @ self.value.swapaxes(1, 2))
        grad_scores = grad_probs - self.probs * grad_probs.sum(axis=-1, keepdims=True)
        return grad_scores @ self.key, grad_scores.swapaxes(1, 2) @ self.query, grad_value
""", "grad_probs.sum(axis=-1, keepdims=True)", "grad_probs.sum(axis=1, keepdims=True)"),
    Kind("given the derivative of the cost", "forward", """
def forward(batch, layers):
    hidden = [batch]
    for W, b in layers:
        batch = np.tanh(batch @ W + b)
        hidden.append(batch)
    return batch, hidden
def mse(actual, predicted):
    return 0.5 * np.sum((actual - predicted) ** 2)
def mse_grad(actual, predicted):
    return predicted - actual
def backward(layers, hidden, grad, lr):
    for i in range(len(layers) - 1, -1, -1):
        dz = grad * (1 - hidden[i + 1] ** 2)
        grad = dz @ layers[i][0].T
        layers[i][0] -= lr * hidden[i].T @ dz
        layers[i][1] -= lr * dz.sum(axis=0)
    return layers
""", "(1 - hidden[i + 1] ** 2)", "(1 - hidden[i + 1])"),
    Kind("the sixth piece of a ReLU", "ReLU6", """
class ReLU6:
    def forward(self, x):
        self.x = x
        return np.minimum(np.maximum(x, 0), 6)
    def backward(self, dout):
        return dout * ((self.x > 0) & (self.x < 6))
""", "(self.x < 6)", "(self.x < 60)"),
    Kind("a branch far out", "softplus", """
def softplus(x):
    return np.where(x > 20, x, np.log1p(np.exp(np.where(x > 20, 20, x))))
def softplus_derivative(x):
    return np.where(x > 20, 1.0, 1 / (1 + np.exp(-x)))
""", "np.where(x > 20, 1.0,", "np.where(x > 20, 0.0,"),
    Kind("the far part of a loss", "huber_loss", """
def huber_loss(y_true, y_pred, delta=6.0):
    e = y_pred - y_true
    return np.mean(np.where(np.abs(e) <= delta, 0.5 * e**2, delta * (np.abs(e) - 0.5 * delta)))
def huber_loss_grad(y_true, y_pred, delta=6.0):
    e = y_pred - y_true
    return np.where(np.abs(e) <= delta, e, delta * np.sign(e)) / y_true.size
""", "delta * np.sign(e)", "-delta * np.sign(e)"),
]  # fmt: skip


def checked(kind, source, folder):
    path = folder / "mine.py"
    path.write_text("import numpy as np\n" + source)
    found = {said["name"]: said["verdict"] for said in verdicts(str(path), 20.0)}
    return found[kind.name]


def kinds():
    return [pytest.param(k, id=k.label, marks=[] if k.label in EVERYDAY else pytest.mark.slow) for k in KINDS]


@pytest.mark.parametrize("kind", kinds())
@pytest.mark.slow
def test_the_line_is_blamed_and_explained(kind, tmp_path):
    wrong = kind.source.replace(kind.right, kind.wrong)
    said = checked(kind, wrong, tmp_path)
    text = (kind.line or kind.wrong).strip()
    (line,) = (i for i, own in enumerate(f"import numpy as np\n{wrong}".splitlines(), 1) if text in own)
    assert said["verdict"] == "wrong" and [b["line"] for b in said["blamed"]] == [line], said["blamed"]
    assert all(b["fix"] or b["mistake"] for b in said["blamed"]), said["blamed"]


@pytest.mark.quick(2)
@pytest.mark.parametrize("kind", kinds())
def test_the_right_one_is_right(kind, tmp_path):
    said = checked(kind, kind.source, tmp_path)
    assert said["verdict"] in ("match", "other convention"), said
