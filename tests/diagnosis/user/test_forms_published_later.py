"""Forms of a third corpus of published code: each is read as it stands, and a slip in it is seen."""

from pathlib import Path

import pytest

from handnn.diagnosis.check import verdicts

KEYED = """
import numpy as np
class Tensor:
    def __init__(self, value): self.value = value.astype("float32")
class Dense:
    def __init__(self, units): self.units, self.ready = units, False
    def __call__(self, x):
        if not self.ready:
            self.kernel = Tensor(np.random.randn(x.shape[-1], self.units))
            self.bias = Tensor(np.zeros(self.units))
            self.ready = True
        self.x = x
        return x @ self.kernel.value + self.bias.value
    def backward(self, grad):
        return grad @ self.kernel.value.T, {self.kernel: self.x.T @ grad, self.bias: grad.sum(axis=0)}
"""
POOL = """
import numpy as np
class MaxPool:
    def __init__(self, kernel_size, stride): self.k, self.s = kernel_size, stride
    def forward(self, x):
        n, c, h, w = x.shape
        out = np.zeros((n, c, (h - self.k) // self.s + 1, (w - self.k) // self.s + 1), dtype=np.float32)
        self.shape, self.best = x.shape, {}
        for a, b, i, j in np.ndindex(out.shape):
            top, left = i * self.s, j * self.s
            window = x[a, b, top : top + self.k, left : left + self.k]
            place = np.argmax(window)
            out[a, b, i, j] = window.flat[place]
            self.best[a, b, i, j] = top + place // self.k, left + place % self.k
        return out
    def backward(self, grad):
        dx = np.zeros(self.shape, dtype=np.float32)
        for (a, b, i, j), (row, column) in self.best.items():
            dx[a, b, row, column] += grad[a, b, i, j]
        return dx
"""
FLAT = """
import numpy as np
class Shrink:
    def forward(self, x):
        self.x, y = x, np.zeros(x.shape)
        for i in range(x.size):
            y.flat[i] = np.tanh(x.flat[i])
            y.flat[i] *= 2
        return y
    def backward(self, grad):
        dx = np.zeros(grad.shape)
        dx.flat[:] += 2 * (1 - np.tanh(self.x.ravel()) ** 2) * grad.ravel()
        return dx
"""

NAMED = """
import numpy as np
class Sums:
    def __init__(self, cell):
        self.w_out_grad, self.w_rec_grad = np.zeros_like(cell.w_out), np.zeros_like(cell.w_rec)
        self.w_in_grad, self.b_grad = np.zeros_like(cell.w_in), np.zeros_like(cell.b)
class Recurrent:
    def __init__(self, input_size, hidden_size, output_size):
        self.w_in = np.random.randn(input_size, hidden_size)
        self.w_rec = np.random.randn(hidden_size, hidden_size)
        self.w_out = np.random.randn(hidden_size, output_size)
        self.b = np.zeros(hidden_size)
    def forward(self, inputs):
        hiddens = [np.zeros((inputs.shape[1], len(self.b)))]
        for x in inputs:
            hiddens.append(np.tanh(x @ self.w_in + hiddens[-1] @ self.w_rec + self.b))
        return np.array(hiddens[1:]) @ self.w_out, np.array(hiddens)
    def backward(self, hiddens, inputs, out_grads):
        return self.through_time(hiddens, inputs, out_grads)
    def through_time(self, hiddens, inputs, out_grads):
        st, later, dx = Sums(self), np.zeros_like(hiddens[0]), np.zeros_like(inputs)
        for t in reversed(range(len(inputs))):
            h = hiddens[t + 1]
            st.w_out_grad += h.T @ out_grads[t]
            dz = (out_grads[t] @ self.w_out.T + later) * (1 - h**2)
            st.w_in_grad += inputs[t].T @ dz
            st.w_rec_grad += hiddens[t].T @ dz
            st.b_grad += dz.sum(0)
            dx[t] = dz @ self.w_in.T
            later = dz @ self.w_rec.T
        st.w_out_grad = np.clip(st.w_out_grad, -1, 1)
        return st.w_out_grad, st.w_rec_grad, st.w_in_grad, st.b_grad, dx
"""
TUPLES = """
import numpy as np
class Corr:
    def __init__(self, input_dim, kernel_dim, padding):
        if padding not in ["same", "valid"]:
            raise ValueError(padding)
        n, self.height, self.width = input_dim
        self.k, _ = kernel_dim
        self.kernel, self.b = np.random.randn(*kernel_dim), np.zeros(1)
        self.pad = self.k // 2 if padding == "same" else 0
    def forward(self, x):
        self.x, k = np.pad(x, ((0, 0), (self.pad,) * 2, (self.pad,) * 2)), self.k
        y = np.zeros((len(x), self.height + 2 * self.pad - k + 1, self.width + 2 * self.pad - k + 1))
        for n, i, j in np.ndindex(y.shape):
            y[n, i, j] = np.sum(self.x[n, i : i + k, j : j + k] * self.kernel) + self.b
        return y
    def backward(self, grad):
        dx, k, self.db = np.zeros_like(self.x), self.k, grad.sum()
        self.dkernel = np.zeros_like(self.kernel)
        for n, i, j in np.ndindex(grad.shape):
            self.dkernel += grad[n, i, j] * self.x[n, i : i + k, j : j + k]
            dx[n, i : i + k, j : j + k] += grad[n, i, j] * self.kernel
        return dx[:, self.pad : self.pad + self.height, self.pad : self.pad + self.width]
"""
PARTS = """
import numpy as np
class Drop:
    def __init__(self, rate=0.3): self.rate = rate
    def forward(self, x):
        if self.rate > 0:
            self.mask = np.random.rand(*x.shape) > self.rate
            x = x * self.mask / (1 - self.rate)
        return x
    def backward(self, grad):
        if self.rate > 0:
            grad = grad * self.mask / (1 - self.rate)
        return grad
"""
STEPS = """
import numpy as np
class Momentum:
    def __init__(self, pairs, penalised_parameters, learning_rate, momentum_coeff, l2):
        self.pairs, self.penalised = pairs, {id(p) for p in penalised_parameters}
        self.rate, self.momentum_coeff, self.l2, self.state = learning_rate, momentum_coeff, l2, {}
    def update(self):
        for p, g in self.pairs:
            if id(p) in self.penalised:
                g = g + 2 * self.l2 * p
            self.state[id(p)] = self.momentum_coeff * self.state.get(id(p), 0.0) + g
            p -= self.rate * self.state[id(p)]
"""
OLDER = """
import numpy as np
import cPickle
class QuadraticCost(object):
    @staticmethod
    def fn(a, y): return 0.5 * np.linalg.norm(a - y) ** 2
    @staticmethod
    def delta(z, a, y): return (a - y) * slope(z)
class Affine(object):
    def __init__(self, shape, output_num=2):
        self.weights, self.bias = np.random.standard_normal((shape[-1], output_num)), np.zeros(output_num)
    def forward(self, x):
        self.x = x
        try:
            return np.dot(x, self.weights) + self.bias
        except ValueError, error:
            raise TypeError, "no %s" % error
    def gradient(self, eta):
        self.w_gradient = sum(np.outer(self.x[i], eta[i]) for i in xrange(len(eta)))
        self.b_gradient = eta.sum(0)
        return np.dot(eta, self.weights.T)
    def backward(self, alpha=0.001, weight_decay=0.01):
        self.weights -= alpha * (self.w_gradient + weight_decay * self.weights)
        self.bias -= alpha * self.b_gradient
def slope(z): return s(z) * (1 - s(z))
def s(z): return 1 / (1 + np.exp(-z))
if __name__ == "__main__":
    affine = Affine((3, 4))
    for name, value in vars(affine).iteritems(): print name, \\
            value.shape
    print >>open("log.txt"), "done",
"""
SAMPLES = """
import numpy as np
class Net:
    def __init__(self, sizes):
        self.kernels = [np.random.randn(m, n) for n, m in zip(sizes, sizes[1:])]
        self.offsets = [np.random.randn(m) for m in sizes[1:]]
    def forward(self, x):
        h = np.tanh(x @ self.kernels[0].T + self.offsets[0])
        return [x, h, h @ self.kernels[1].T + self.offsets[1]]
    def backprop(self, x, y):
        x, h, out = self.forward(x)
        delta = out - y
        loss, below = 0.5 * (delta**2).sum(axis=1), (delta @ self.kernels[1]) * (1 - h**2)
        grad_kernels = [below[:, :, None] * x[:, None, :], delta[:, :, None] * h[:, None, :]]
        grad_offsets = [below, delta]
        return loss, grad_kernels, grad_offsets
"""
SHUFFLED = """
import numpy as np
class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1, self.b1 = np.random.randn(n_in, n_hidden), np.zeros((1, n_hidden))
        self.W2, self.b2 = np.random.randn(n_hidden, n_out), np.zeros((1, n_out))
    def forward(self, X):
        self.h = np.tanh(X @ self.W1 + self.b1)
        return self.h @ self.W2 + self.b2
    def train(self, X, y, epochs=50, batch_size=32, lr=0.1):
        rng = np.random.default_rng()
        for epoch in range(epochs):
            order = np.random.permutation(len(X))
            order = order[rng.permutation(len(X))]
            for i in range(0, len(X), batch_size):
                x, t = X[order][i : i + batch_size], y[order][i : i + batch_size]
                delta = 2 * (self.forward(x) - t) / t.size
                below = delta @ self.W2.T * (1 - self.h**2)
                self.W2 -= lr * self.h.T @ delta
                self.b2 -= lr * delta.sum(0, keepdims=True)
                self.W1 -= lr * x.T @ below
                self.b1 -= lr * below.sum(0, keepdims=True)
"""
CHAIN = """
class Chain:
    def __init__(self, *layers): self.layers = list(layers)
    def forward(self, x):
        for layer in self.layers: x = layer.forward(x)
        return x
    def backward(self, grad):
        for layer in self.layers: grad = layer.backward(grad)
        return grad
"""

WEIGHTS = {"self.kernels[0]", "self.kernels[1]", "self.offsets[0]", "self.offsets[1]"}


def judged(file: Path, text: str) -> dict[str, tuple[str, set[str], list[int]]]:
    """Return the verdict on each derivation of a text, what was compared, and the lines to blame."""
    file.write_text(text)
    found = [v["verdict"] for v in verdicts(str(file))]
    found = [v for v in found if v["kind"] != "helper"]
    return {v["name"]: (v["verdict"], set(v["checked"]), [b["line"] for b in v["blamed"]]) for v in found}


@pytest.mark.quick(1)
@pytest.mark.parametrize(
    ("text", "name", "compared", "here", "slip"),
    [
        (KEYED, "Dense", {"kernel", "bias", "x"}, "grad.sum(axis=0)", "grad.mean(axis=0)"),
        (POOL, "MaxPool", {"x"}, "+= grad[a, b, i, j]", "= grad[a, b, i, j]"),
        (FLAT, "Shrink", {"x"}, "2 * (1 - np", "(1 - np"),
        (NAMED, "Recurrent", {"w_in", "w_rec", "w_out", "b", "x"}, "+ later) *", ") *"),
        pytest.param(
            TUPLES, "Corr", {"kernel", "b", "x"}, "dx[:, self.pad : self.pad", "dx[:, 0 : 0", marks=pytest.mark.slow
        ),
        (PARTS, "Drop", {"x"}, "grad = grad * self.mask / (1 - self.rate)", "grad = grad * self.mask"),
        (OLDER, "Affine", {"weights", "bias", "x"}, "eta.sum(0)", "eta.mean(0)"),
        (OLDER, "QuadraticCost", {"y_pred"}, "(a - y) * slope(z)", "(a - y) * s(z)"),
        (SAMPLES, "Net", WEIGHTS, "(1 - h**2)", "(1 - h)"),
        (SHUFFLED, "Net", {"W1", "b1", "W2", "b2"}, "(1 - self.h**2)", "(1 - self.h)"),
        (STEPS, "Momentum", {"parameters after every step"}, ".get(id(p), 0.0) + g", ".get(id(p), 0.0) - g"),
    ],
    ids=[
        "gradients by their weights",
        "a flat index, float32",
        "a flat index is written to",
        "names in what another method returns, limits",
        "tuples, words and arrays of one number",
        "a setting is no margin",
        "Python 2, its backward a step",
        "a cost by z",
        "a derivative of each sample",
        "samples are shuffled",
        "pairs and penalties for the constructor",
    ],
)
def test_a_form_is_read_and_its_slip_is_found(
    tmp_path: Path, text: str, name: str, compared: set[str], here: str, slip: str
) -> None:
    verdict, checked, _ = judged(tmp_path / "right.py", text)[name]
    assert (verdict, checked) == ("match", compared)
    line = next(number for number, one in enumerate(text.splitlines(), 1) if here in one)
    verdict, _, blamed = judged(tmp_path / "wrong.py", text.replace(here, slip, 1))[name]
    assert verdict == "wrong"
    assert line in blamed


def test_a_class_that_was_made_without_layers_is_not_called_right(tmp_path: Path) -> None:
    assert judged(tmp_path / "chain.py", CHAIN) == {}
