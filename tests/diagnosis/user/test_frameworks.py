"""Networks of layers with a training method: one sample, or one batch, of what their script gives; rates in layers."""

from pathlib import Path
from typing import Any

import pytest

from handnn.diagnosis.check import verdicts

LAYERS = """
import numpy as np
class Dense:
    def __init__(self, n_in, n_out, learning_rate=0.1):
        self.W, self.b = np.random.rand(n_in, n_out) - 0.5, np.zeros((1, n_out))
        self.learning_rate = learning_rate
    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b
    def backward(self, error):
        dx = np.dot(error, self.W.T)
        self.W -= self.learning_rate * np.dot(self.x.T, error)
        self.b -= self.learning_rate * error
        return dx
class Tanh:
    def forward(self, x):
        self.a = np.tanh(x)
        return self.a
    def backward(self, error):
        return error * (1 - self.a ** 2)
"""
SAMPLES = (
    LAYERS
    + """
class Network:
    def __init__(self):
        self.layers = []
    def add(self, layer):
        self.layers.append(layer)
    def fit(self, x_train, y_train, epochs):
        samples = len(x_train)
        for i in range(epochs):
            err = 0
            for j in range(samples):
                output = x_train[j]
                for layer in self.layers:
                    output = layer.forward(output)
                err += np.mean((y_train[j] - output) ** 2)
                error = 2 * (output - y_train[j]) / output.size
                for layer in reversed(self.layers):
                    error = layer.backward(error)
            err /= samples
            print(i, err)
net = Network()
net.add(Dense(2, 3))
net.add(Tanh())
net.add(Dense(3, 2))
net.fit(np.array([[[0, 0]], [[0, 1]], [[1, 1]]]), np.array([[[0, 1]], [[1, 1]], [[1, 0]]]), epochs=100)
"""
)
BATCHES = """
import numpy as np
class Dense:
    def __init__(self, units):
        self.units = units
    def build(self, input_shape):
        self.kernel, self.bias = np.random.normal(0, 0.1, (input_shape[-1], self.units)), np.zeros(self.units)
        return (self.units,)
    def forward(self, inputs):
        self.inputs = inputs
        self.a = np.tanh(inputs @ self.kernel + self.bias)
        return self.a
    def backward(self, grad):
        grad = grad * (1 - self.a ** 2)
        self.grad_kernel, self.grad_bias = self.inputs.T @ grad, grad.sum(axis=0)
        return grad @ self.kernel.T
class Sequential:
    def __init__(self):
        self.layers = []
    def add(self, layer):
        self.layers.append(layer)
    def compile(self, input_shape, lr=0.01):
        self.lr = lr
        for layer in self.layers:
            input_shape = layer.build(input_shape)
    def fit(self, x, y, epochs=1, batch_size=32):
        history = []
        for epoch in range(epochs):
            total = 0
            for start in range(0, len(x), batch_size):
                out, yb = x[start:start + batch_size], y[start:start + batch_size]
                for layer in self.layers:
                    out = layer.forward(out)
                total += np.mean((out - yb) ** 2)
                grad = 2 * (out - yb) / out.size
                for layer in self.layers[::-1]:
                    grad = layer.backward(grad)
                for layer in self.layers:
                    layer.kernel -= self.lr * layer.grad_kernel
                    layer.bias -= self.lr * layer.grad_bias
            history.append(total)
        return history
model = Sequential()
model.add(Dense(5))
model.add(Dense(1))
model.compile(input_shape=(4,))
X = np.random.rand(64, 4)
model.fit(X, X.mean(axis=1, keepdims=True), epochs=5)
"""
CELL = """
import numpy as np
def sigmoid(x): return 1 / (1 + np.exp(-x))
class Cell:
    def __init__(self, n_x, n_h):
        self.n_h = n_h
        self.Wz, self.Wc = np.random.randn(n_h, n_h + n_x), np.random.randn(n_h, n_h + n_x)
        self.bz, self.bc = np.zeros((n_h, 1)), np.zeros((n_h, 1))
    def forward(self, x, h):
        self.v, self.h = np.concatenate((h, x), axis=0), h
        self.z, self.c = sigmoid(self.Wz @ self.v + self.bz), np.tanh(self.Wc @ self.v + self.bc)
        return self.z * h + (1 - self.z) * self.c
    def backward(self, dh):
        dz = dh * (self.h - self.c) * self.z * (1 - self.z)
        dc = dh * (1 - self.z) * (1 - self.c ** 2)
        self.dWz, self.dWc, self.dbz, self.dbc = dz @ self.v.T, dc @ self.v.T, dz, dc
        dv = self.Wz.T @ dz + self.Wc.T @ dc
        return dv[self.n_h:], dv[:self.n_h] + dh * self.z
"""


def _verdict(folder: Path, text: str, name: str) -> dict[str, Any]:
    path = folder / "net.py"
    path.write_text(text)
    return next(found["verdict"] for found in verdicts(f"{path}:{name}"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "name", "slips"),
    [
        (SAMPLES, "Network", [("self.x.T, error)", "self.x.T, 2 * error)"), ("1 - self.a ** 2", "1 - self.a")]),
        (BATCHES, "Sequential", [("inputs.T @ grad", "inputs.T @ grad / 9"), ("2 * (out - yb)", "2 * out")]),
        (CELL, "Cell", [("(self.h - self.c) *", "(self.c - self.h) *"), ("self.Wc.T @ dc", "self.Wc.T @ dz")]),
    ],
)  # fmt: skip
def test_a_training_method_takes_one_step(tmp_path: Path, text: str, name: str, slips: list[tuple[str, str]]) -> None:
    assert _verdict(tmp_path, text, name)["ok"]
    for right, wrong in slips:
        found = _verdict(tmp_path, text.replace(right, wrong), name)
        assert found["verdict"] == "wrong"
        assert [wrong in text.replace(right, wrong).splitlines()[b["line"] - 1] for b in found["blamed"]] == [True]


@pytest.mark.slow
def test_a_layer_that_sums_nowhere_is_one_for_one_sample(tmp_path: Path) -> None:
    """One that sums some of its gradients over the samples has forgotten to sum the others."""
    found = _verdict(tmp_path, CELL, "Cell")
    assert found["verdict"] == "other convention"
    assert found["convention"] == [
        "it is right for one sample at a time; over several, the gradients of bc, bz are not summed"
    ]
    summed = CELL.replace("dc @ self.v.T, dz, dc", "dc @ self.v.T, dz.sum(axis=1, keepdims=True), dc")
    assert _verdict(tmp_path, summed, "Cell")["verdict"] == "wrong"


TRAINED = """
import numpy as np
class Dense:
    def __init__(self, n_in, n_out):
        self.params, self.grads = {"W": np.random.randn(n_in, n_out) * 0.1, "b": np.zeros((1, n_out))}, {}
    def forward(self, x):
        self.x = x
        return x @ self.params["W"] + self.params["b"]
    def backward(self, d):
        self.grads["W"], self.grads["b"] = self.x.T @ d, d.sum(axis=0, keepdims=True)
        return d @ self.params["W"].T
class Tanh:
    params = {}
    def forward(self, x):
        self.a = np.tanh(x)
        return self.a
    def backward(self, d):
        return d * (1 - self.a ** 2)
class Relu:
    params = {}
    def forward(self, x):
        self.x = x
        return np.maximum(x, 0)
    def backward(self, d):
        return d * (self.x > 0)
class MSE:
    def loss(self, y, p): return 0.5 * np.sum((p - y) ** 2) / len(y)
    def grad(self, y, p): return (p - y) / len(y)
class Block:
    def __init__(self, dim):
        self.fc1, self.fc2, self.act1, self.act2, self.params = Dense(dim, dim), Dense(dim, dim), Relu(), Relu(), {}
    def forward(self, x):
        out = self.fc2.forward(self.act1.forward(self.fc1.forward(x)))
        return self.act2.forward(out + x)
    def backward(self, d):
        d = self.act2.backward(d)
        return d + self.fc1.backward(self.act1.backward(self.fc2.backward(d)))
class Network:
    def __init__(self, loss, lr):
        self.layers, self.loss, self.lr = [], loss, lr
    def add(self, layer):
        self.layers.append(layer)
    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x
    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
    def fit(self, X, y, epochs=10, batch_size=16):
        losses = []
        for epoch in range(epochs):
            for i in range(0, len(X), batch_size):
                xb, yb = X[i:i + batch_size], y[i:i + batch_size]
                pred = self.forward(xb)
                losses.append(self.loss.loss(yb, pred))
                self.backward(self.loss.grad(yb, pred))
                for layer in self.layers:
                    for k in layer.params:
                        layer.params[k] -= self.lr * layer.grads[k]
        return losses
if __name__ == "__main__":
    X = np.random.randn(40, 3)
    net = Network(MSE(), 0.01)
    net.add(Dense(3, 4))
    net.add(Tanh())
    net.add(Dense(4, 2))
    net.fit(X, np.sin(X[:, :2]))
"""


@pytest.mark.slow
def test_the_training_method_of_a_network_is_judged_beside_its_passes(tmp_path: Path) -> None:
    """What is right by itself is not to blame: the place is where it is given the wrong things, or where it is used."""
    assert _verdict(tmp_path, TRAINED, "Network")["verdict"] == "match"
    for right, wrong, name in [
        ("self.loss.grad(yb, pred)", "self.loss.grad(pred, yb)", "Network"),
        ("self.act1.backward(", "self.act2.backward(", "Block"),
    ]:
        path, text = tmp_path / "wrong.py", TRAINED.replace(right, wrong)
        path.write_text(text)
        found = {one["name"]: one["verdict"] for one in verdicts(str(path))}
        assert found[name]["verdict"] == "wrong"
        assert [wrong in text.splitlines()[b["line"] - 1] for b in found[name]["blamed"]] == [True], found[name]


STEPPING = """
import numpy as np
class Net:
    def __init__(self, a, b, c):
        self.w1, self.b1 = np.random.randn(a, b) * 0.1, np.zeros((1, b))
        self.w2, self.b2 = np.random.randn(b, c) * 0.1, np.zeros((1, c))
    def forward(self, x):
        self.x, self.h = x, np.tanh(x @ self.w1 + self.b1)
        return self.h @ self.w2 + self.b2
    def backward(self, d):
        self.dw2, self.db2 = self.h.T @ d, d.sum(axis=0, keepdims=True)
        d = (d @ self.w2.T) * (1 - self.h ** 2)
        self.dw1, self.db1 = self.x.T @ d, d.sum(axis=0, keepdims=True)
        return d @ self.w1.T
    def step(self, lr=0.1):
        self.w1 -= lr * self.dw1
        self.b1 -= lr * self.db1
        self.w2 -= lr * self.dw2
        self.b2 -= lr * self.db2
"""


def test_steps_that_do_not_go_with_their_gradients_are_told(tmp_path: Path) -> None:
    """An object's own step is taken after its way back; one-letter sizes are whole numbers."""
    assert _verdict(tmp_path, STEPPING, "Net")["verdict"] == "match"
    for wrong in ("2 * self.dw2", "self.db1.sum() * np.ones((1, 5))"):
        text = STEPPING.replace("-= lr * " + ("self.dw2" if "dw2" in wrong else "self.db1"), f"-= lr * {wrong}")
        found = _verdict(tmp_path, text, "Net")
        assert found["verdict"] == "incomplete"
        assert all(item["what"].startswith("the step of") for item in found["unchecked"])


RECURRENT = """
import numpy as np
def sigmoid(x): return 1 / (1 + np.exp(-x))
def gru_forward(x, h0, params):
    Wz, Uz, Wh, Uh = params["Wz"], params["Uz"], params["Wh"], params["Uh"]
    h, cache = h0, []
    for t in range(x.shape[0]):
        z, g = sigmoid(x[t] @ Wz + h @ Uz), np.tanh(x[t] @ Wh + h @ Uh)
        cache.append((x[t], h, z, g))
        h = (1 - z) * h + z * g
    return h, cache
def gru_backward(dh, cache, params):
    grads, dx = {k: np.zeros_like(v) for k, v in params.items()}, []
    for x, h, z, g in reversed(cache):
        dg, dz = dh * z * (1 - g ** 2), dh * (g - h) * z * (1 - z)
        grads["Wz"] += x.T @ dz
        grads["Uz"] += h.T @ dz
        grads["Wh"] += x.T @ dg
        grads["Uh"] += h.T @ dg
        dx.append(dz @ params["Wz"].T + dg @ params["Wh"].T)
        dh = dh * (1 - z) + dz @ params["Uz"].T + dg @ params["Uh"].T
    return np.stack(dx[::-1]), dh, grads
class Letters:
    def __init__(self, vocab, hidden):
        self.V, self.H = vocab, hidden
        self.W, self.U = np.random.randn(hidden, vocab) * 0.1, np.random.randn(hidden, hidden) * 0.1
        self.Wy = np.random.randn(vocab, hidden) * 0.1
    def loss(self, inputs, targets, hprev):
        cache, loss, h = [], 0, hprev
        for x_i, t_i in zip(inputs, targets):
            x, h_prev = np.zeros((self.V, 1)), h
            x[x_i] = 1
            h = np.tanh(self.W @ x + self.U @ h)
            p = np.exp(self.Wy @ h) / np.sum(np.exp(self.Wy @ h))
            loss += -np.log(p[t_i, 0])
            cache.append((x, h_prev, h, p))
        dW, dU, dWy, dh_next = np.zeros_like(self.W), np.zeros_like(self.U), np.zeros_like(self.Wy), np.zeros_like(h)
        for k in reversed(range(len(inputs))):
            x, h_prev, h_t, p = cache[k]
            dy = p.copy()
            dy[targets[k]] -= 1
            dWy += dy @ h_t.T
            dz = (self.Wy.T @ dy + dh_next) * (1 - h_t ** 2)
            dW += dz @ x.T
            dU += dz @ h_prev.T
            dh_next = self.U.T @ dz
        return loss, dW, dU, dWy, hprev
"""


@pytest.mark.slow
def test_recurrences_over_the_first_axis_and_over_letters(tmp_path: Path) -> None:
    """A state that is returned under its own name is the next one, not its gradient."""
    for slip in [None, ("(g - h) * z", "(h - g) * z"), ("dU += dz @ h_prev.T", "dU += dz @ h_t.T")]:
        path, text = tmp_path / "mine.py", RECURRENT.replace(*slip) if slip else RECURRENT
        path.write_text(text)
        found = [one["verdict"] for one in verdicts(str(path))]
        wrong = [one for one in found if one["verdict"] == "wrong"]
        assert len(wrong) == (slip is not None) and all(one["ok"] for one in found if one not in wrong)
        assert all(slip and slip[1] in text.splitlines()[b["line"] - 1] for one in wrong for b in one["blamed"])


GLOBAL_LAYERS = (
    LAYERS
    + """
class Softmax:
    def forward(self, x):
        e = np.exp(x - x.max())
        self.p = e / e.sum()
        return self.p
    def backward(self, d):
        return self.p * (d - np.sum(d * self.p))
hidden, act, out, soft = Dense(4, 5), Tanh(), Dense(5, 3), Softmax()
def forward(image, label):
    p = soft.forward(out.forward(act.forward(hidden.forward(image / 255 - 0.5))))
    return p, -np.log(p[0, label]), 1 if np.argmax(p) == label else 0
def train(im, label):
    p, loss, acc = forward(im, label)
    gradient = np.zeros((1, 3))
    gradient[0, label] = -1 / p[0, label]
    gradient = out.backward(soft.backward(gradient))
    hidden.backward(act.backward(gradient))
    return loss, acc
for im, label in zip(np.random.randint(0, 255, (20, 1, 4)), np.random.randint(0, 3, 20)):
    print(train(im, label))
"""
)


@pytest.mark.slow
def test_functions_that_run_layers_of_the_module_are_networks(tmp_path: Path) -> None:
    assert _verdict(tmp_path, GLOBAL_LAYERS, "train")["verdict"] == "match"
    for right, wrong in [
        ("-1 / p[0, label]", "1 / p[0, label]"),
        ("act.backward(gradient)", "act.backward(2 * gradient)"),
    ]:
        text = GLOBAL_LAYERS.replace(right, wrong)
        found = _verdict(tmp_path, text, "train")
        assert found["verdict"] == "wrong"
        assert [wrong in text.splitlines()[b["line"] - 1] for b in found["blamed"]] == [True], found["blamed"]
