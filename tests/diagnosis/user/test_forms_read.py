"""Forms of code that are read without being said: each right as it stands, and wrong with a planted slip."""

from pathlib import Path

import pytest

from handnn.diagnosis.check import verdicts
from tests.diagnosis.user.forms_of_courses import COURSES

CONTRASTIVE = """
import numpy as np
def nce(q, k, tau=0.5):
    s = q @ k.T / tau
    p = np.exp(s - s.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    loss = -np.log(np.diag(p)).mean()
    ds = (p - np.eye(len(q))) / len(q) / tau
    return loss, ds @ k, ds.T @ q
"""
TRIPLET = """
import numpy as np
def triplet(anchor, positive, negative, margin=1.0):
    gap = np.sum((anchor - positive)**2, 1) - np.sum((anchor - negative)**2, 1) + margin
    loss, on = np.maximum(gap, 0).sum(), 2.0 * (gap > 0)[:, None]
    d_anchor = on * (negative - positive)
    return loss, (d_anchor, on * (positive - anchor), on * (anchor - negative))
"""
CONV_1D = """
import numpy as np
def conv_forward(x, w, b):
    cols = np.lib.stride_tricks.sliding_window_view(x, w.shape[2], axis=2)
    return np.einsum("nclk,fck->nfl", cols, w) + b[None, :, None], (x, w)
def conv_backward(dout, cache):
    x, w = cache
    k = w.shape[2]
    cols = np.lib.stride_tricks.sliding_window_view(x, k, axis=2)
    back = np.lib.stride_tricks.sliding_window_view(np.pad(dout, ((0, 0), (0, 0), (k - 1, k - 1))), k, axis=2)
    dx = np.einsum("nflk,fck->ncl", back, w[:, :, ::-1])
    return dx, np.einsum("nfl,nclk->fck", dout, cols), dout.sum((0, 2))
"""
LISTS = """
from math import tanh
def step(w_h, w_o, x, y):
    "handnn: network 3-4-2 tanh linear mse"
    h = [tanh(sum(w * v for w, v in zip(row, x + [1.0]))) for row in w_h]
    o = [sum(w * v for w, v in zip(row, h + [1.0])) for row in w_o]
    e = [a - b for a, b in zip(o, y)]
    d_h = [sum(2 * e[k] * w_o[k][j] for k in range(len(e))) * (1 - h[j] ** 2) for j in range(len(h))]
    return sum(v * v for v in e), [[d * v for v in x + [1.0]] for d in d_h], [[2 * d * v for v in h + [1.0]] for d in e]
"""
STATE = """
def adam(w, g, state, lr=1e-3, b1=0.9, b2=0.999, eps=1e-7):
    state.t += 1
    state.m += (1 - b1) * (g - state.m)
    state.v += (1 - b2) * (g * g - state.v)
    rate = lr * (1 - b2 ** state.t) ** 0.5 / (1 - b1 ** state.t)
    return w - rate * state.m / (state.v ** 0.5 + eps), state
"""
OWN_NUMBER = """
import numpy as np
def swish(x, beta=1.5):
    return x / (1 + np.exp(-beta * x))
def swish_derivative(x, beta=1.5):
    s = 1 / (1 + np.exp(-beta * x))
    return s + beta * x * s * (1 - s)
"""
ONE_SUM = """
import numpy as np
class Layer:
    def __init__(self, n=4, k=3):
        self.W, self.b = np.ones((n, k)), np.zeros(k)
    def forward(self, x):
        self.x = x
        return np.tanh(x @ self.W * 0.1 + self.b)
    def backward(self, d):
        dz = d * (1 - self.forward(self.x)**2)
        self.dW = 0.1 * self.x.T @ dz
        self.db = dz.sum(axis=0)
        return 0.1 * dz @ self.W.T
"""
KEEPS_ITS_DATA = """
import numpy as np
class Net:
    def __init__(self, X, labels, units=5):
        self.X, self.labels = X, labels
        self.W, self.V = np.random.randn(X.shape[1], units), np.random.randn(units, labels.shape[1])
    def loss_function(self):
        h = np.tanh(self.X @ self.W)
        e = h @ self.V - self.labels
        dh = e @ self.V.T * (1 - h**2)
        return 0.5 * np.sum(e**2), self.X.T @ dh, h.T @ e
"""
SCORE = """
import numpy as np
class PoissonLoss:
    def compute_score(self, labels, output):
        return np.sum(output - labels * np.log(output)) / len(labels)
    def compute_gradient(self, labels, output):
        return (1 - labels / output) / len(labels)
"""
STEP_BESIDE_ITS_LOSS = """
import numpy as np
def triple_loss(entities, relations, h, r, t, factor):
    return factor * np.sum((entities[h] + relations[r] - entities[t])**2)
def train_step(entities, relations, h, r, t, factor, lr=0.1):
    d = 2 * lr * factor * (entities[h] + relations[r] - entities[t])
    entities[h] -= d
    relations[r] -= d
    entities[t] += d
"""
ONE_VECTOR = """
import numpy as np
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
def sigmoid_gradient(z):
    return sigmoid(z) * (1 - sigmoid(z))
def cost(nn_params, num_labels, features, classes):
    W = nn_params[:].reshape(num_labels, features.shape[1])
    e = sigmoid(features @ W.T) - np.eye(num_labels)[classes]
    delta = e * sigmoid_gradient(features @ W.T)
    return 0.5 * np.sum(e**2), (delta.T @ features).ravel()
"""
SCRIPT = """
import numpy as np
houses, prices = np.random.randn(20, 3), np.random.rand(20, 1)
m = len(houses)
W, V = np.random.randn(3, 4), np.random.randn(4, 1)
for epoch in range(100):
    h = np.tanh(houses @ W)
    grad = 2 * (h @ V - prices) / m
    mean_loss = np.mean((h @ V - prices) ** 2)
    dh = grad @ V.T * (1 - h**2)
    V -= 0.1 * h.T @ grad
    W -= 0.1 * houses.T @ dh
    if epoch % 10 == 0:
        print(mean_loss)
"""
SCRIPT_BY_ROWS = """
import numpy as np
lights, walk = np.eye(3), np.ones((3, 1))
alpha = 0.2
W, V = np.random.randn(3, 4), np.random.randn(4, 1)
for iteration in range(60):
    squared_error = 0
    for i in range(len(lights)):
        h = np.tanh(lights[i : i + 1] @ W)
        e = walk[i : i + 1] - h @ V
        squared_error += 0.5 * np.sum(e**2)
        dh = e @ V.T * (1 - h**2)
        V += alpha * h.T @ e
        W += alpha * lights[i : i + 1].T @ dh
"""
NAME_FIRST = """
import numpy as np
class RMSProp:
    def __init__(self, lr=0.01, rho=0.9, eps=1e-7):
        self.lr, self.rho, self.eps, self.s = lr, rho, eps, {}
    def tune(self, name, w, dw):
        self.s[name] = self.rho * self.s.get(name, 0) + (1 - self.rho) * dw**2
        return w - self.lr * dw / np.sqrt(self.s[name] + self.eps)
"""
UPDATES_TO_BE_ADDED = """
class Momentum:
    def __init__(self, lr=0.01, mu=0.9):
        self.lr, self.mu, self.v = lr, mu, {}
    def apply_grads(self, grads):
        self.v = {k: self.mu * self.v.get(k, 0) - self.lr * grads[k] for k in ("W1", "b1")}
        return self.v
"""
IN_BLOCKS = """
import numpy as np
def layernorm_fw(x, gamma, beta, eps=1e-6):
    centred = x - x.mean(axis=1, keepdims=True)
    rstd = 1 / np.sqrt((centred**2).mean(axis=1, keepdims=True) + eps)
    return centred * rstd * gamma + beta, (centred * rstd, rstd, gamma)
def layernorm_bw(dy, cache):
    x_hat, rstd, gamma = cache
    g, dx = dy * gamma, np.zeros_like(dy)
    for r in range(len(dy)):
        s1, s2 = g[r].mean(), (g[r] * x_hat[r]).mean()
        for block in (slice(0, 2), slice(2, dy.shape[1])):
            dst = np.full_like(dy[r, block], s1)
            working = g[r, block] - dst
            dst = x_hat[r, block] * s2
            dx[r, block] = rstd[r] * (working - dst)
    return dx, np.sum(dy * x_hat, axis=0), np.sum(dy, axis=0)
"""
REBUILDS_ITS_DATA = """
import numpy as np
def g(x): return 1 / (1 + np.exp(-x))
x = np.random.rand(4, 3)
w1, w2 = np.random.rand(3, 2), np.random.rand(2, 3)
costs = np.zeros(50)
for i in range(50):
    h = g(np.dot(x, w1))
    xhat = np.dot(h, w2)
    costs[i] = ((x - xhat) ** 2).sum() / 2
    delta = xhat - x
    w2Grad = np.dot(h.T, delta)
    delta = np.dot(delta, w2.T) * (h * (1 - h))
    w1Grad = np.dot(x.T, delta)
    w2 = w2 - 0.1 * w2Grad
    w1 = w1 - 0.1 * w1Grad
print(costs[-1])
"""
BY_KEY = """
import numpy as np
class Network:
    def __init__(self, sizes=(6, 5, 3)):
        self.params = {"W1": np.random.randn(*sizes[1::-1]) * 0.4, "W2": np.random.randn(*sizes[:0:-1]) * 0.4}
    def forward_pass(self, x):
        p = self.params
        p["A0"] = x
        p["A1"] = np.tanh(np.dot(p["W1"], x))
        exps = np.exp(np.dot(p["W2"], p["A1"]))
        return exps / np.sum(exps)
    def cost(self, x, y):
        return -np.sum(y * np.log(self.forward_pass(x)))
    def backward_pass(self, y, output):
        p, error = self.params, output - y
        w1 = np.dot(p["W2"].T, error) * (1 - p["A1"] ** 2)
        return {"W1": np.outer(w1, p["A0"]), "W2": np.outer(error, p["A1"])}
    def train(self, data, labels):
        for x, y in zip(data, labels):
            changes = self.backward_pass(y, self.forward_pass(x))
            for key, value in changes.items():
                self.params[key] -= 0.05 * value
        return np.mean([self.cost(x, y) for x, y in zip(data, labels)])
"""
UNPACKED = """
import numpy as np
def softmax(z):
    exps = np.exp(z - z.max())
    return exps / np.sum(exps), z
def forward(x, params):
    a = np.tanh(params["W1"] @ x)
    out, z = softmax(params["W2"] @ a)
    return out, (x, a, z)
def compute_cost(out, y):
    return -np.sum(y * np.log(out))
def of_softmax(dout, z):
    s, _ = softmax(z)
    return s * (dout - np.sum(s * dout))
def backward(out, y, cache, params):
    x, a, z = cache
    dz = of_softmax(-y / out, z)
    da = params["W2"].T @ dz
    return {"W1": (da * (1 - a**2)) @ x.T, "W2": dz @ a.T}
"""
STATE_BEFORE = """
import numpy as np
class Step:
    def forward(self, x, prev_s, U, W, V):
        self.s = np.tanh(np.dot(W, prev_s) + np.dot(U, x))
        self.out = np.dot(V, self.s)
class Model:
    def __init__(self, words=6, hidden=4):
        self.words, self.hidden = words, hidden
        self.U, self.W = np.random.rand(hidden, words) - 0.5, np.random.rand(hidden, hidden) - 0.5
        self.V = np.random.rand(words, hidden) - 0.5
    def forward_propagation(self, x):
        s, steps = np.zeros(self.hidden), []
        for word in x:
            steps.append(Step())
            steps[-1].forward(np.eye(self.words)[word], s, self.U, self.W, self.V)
            s = steps[-1].s
        return steps
    def probabilities(self, step):
        e = np.exp(step.out)
        return e / e.sum()
    def calculate_loss(self, x, y):
        return sum(-np.log(self.probabilities(step)[y[t]]) for t, step in enumerate(self.forward_propagation(x)))
    def bptt(self, x, y):
        steps = self.forward_propagation(x)
        dU, dW, dV = np.zeros_like(self.U), np.zeros_like(self.W), np.zeros_like(self.V)
        later = np.zeros(self.hidden)
        for t in reversed(range(len(x))):
            dout = self.probabilities(steps[t])
            dout[y[t]] -= 1
            dV += np.outer(dout, steps[t].s)
            dz = (np.dot(self.V.T, dout) + later) * (1 - steps[t].s ** 2)
            dU += np.outer(dz, np.eye(self.words)[x[t]])
            dW += np.outer(dz, steps[t - 1].s if t else np.zeros(self.hidden))
            later = np.dot(self.W.T, dz)
        return dU, dW, dV
"""
FORMS = {
    "a loss of two embeddings": (CONTRASTIVE, "ds.T @ q", "ds @ q", 9),
    "a loss of three": (TRIPLET, "(negative - positive)", "(positive - negative)", 6),
    "convolution in one dimension": (CONV_1D, "w[:, :, ::-1]", "w", 11),
    "lists without NumPy": (LISTS, "(1 - h[j] ** 2)", "(1 - h[j])", 8),
    "an object with the state": (STATE, "g * g - state.v", "g - state.v", 5),
    "an activation with a number of its own": (OWN_NUMBER, "s + beta * x", "s + x", 7),
    "a network that keeps its data": (KEEPS_ITS_DATA, "(1 - h**2)", "(1 - h)", 10),
    "a score": (SCORE, "labels / output)", "labels)", 7),
    "a step beside its loss": (STEP_BESIDE_ITS_LOSS, "entities[t] += d", "entities[t] -= d", 9),
    "one vector": (ONE_VECTOR, "e * sigmoid", "e + sigmoid", 10),
    "a script": (SCRIPT, "(1 - h**2)", "(1 - h)", 10),
    "a script, row by row": (SCRIPT_BY_ROWS, "(1 - h**2)", "(1 - h)", 12),
    "an optimizer that is told a name first": (NAME_FIRST, "dw**2", "dw", 7),
    "updates that are to be added": (UPDATES_TO_BE_ADDED, "self.mu * self", "self", 6),
    "a gradient of the right size": (ONE_SUM, "dz.sum(axis=0)", "dz.sum()", 12),
    "a kernel in blocks": (IN_BLOCKS, "dst = x_hat", "dst += x_hat", 15),
    "a script that rebuilds its data": (REBUILDS_ITS_DATA, "(h * (1 - h))", "(h * (1 - h))[0]", 13),
    "gradients by key, numbers": (BY_KEY, 'np.outer(error, p["A1"])', "np.dot(error, output)", 17),
    "an argument of a call that is unpacked": (UNPACKED, "_ = softmax(z)", "_ = softmax(dout)", 13),
    "a forward pass of the state before": (STATE_BEFORE, "np.dot(V, self.s)", "np.dot(V, prev_s)", 6),
    **COURSES,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.slow
def test_a_form_is_read_and_a_slip_in_it_located(form: str, tmp_path: Path) -> None:
    text, right, slip, line = FORMS[form]
    assert right in text
    for name, source in (("right.py", text), ("wrong.py", text.replace(right, slip))):
        path = tmp_path / name
        path.write_text(source)
        *_, verdict = (one["verdict"] for one in verdicts(str(path)))
        if name == "right.py":
            assert verdict["ok"] and not verdict["unchecked"], verdict
        else:
            assert verdict["verdict"] == "wrong" and [b["line"] for b in verdict["blamed"]] == [line], verdict


def test_a_gradient_by_what_has_no_effect_is_never_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        CONTRASTIVE.replace("ds.T @ q", "ds.T @ q, dW").replace("loss = ", "dW = np.ones_like(W)\n    loss = ")
    )
    path.write_text(path.read_text().replace("def nce", "W = np.ones((3, 2))\ndef nce"))
    (verdict,) = (one["verdict"] for one in verdicts(str(path)))
    assert verdict["verdict"] == "incomplete" and [u["what"] for u in verdict["unchecked"]] == ["W"], verdict
