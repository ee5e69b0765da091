"""What does not show as a program is first read: a stride of 1, one place, one number, weights in a vector."""

from pathlib import Path
from typing import Any

import pytest

from handnn.diagnosis.check import verdicts
from handnn.diagnosis.user.call.making import HIDDEN, IN, makers

CONVOLUTION = """
import numpy as np
class Convolution:
    def __init__(self, size=3, stride=1):
        self.W, self.size, self.stride = np.random.randn(size, size), size, stride
    def forward(self, x):
        s, k, self.x = self.stride, self.size, x
        h, w = ((n - k) // s + 1 for n in x.shape)
        return np.array([[np.sum(x[i*s:i*s+k, j*s:j*s+k] * self.W) for j in range(w)] for i in range(h)])
    def backward(self, dout):
        s, k, dx = self.stride, self.size, np.zeros_like(self.x)
        self.dW = np.zeros_like(self.W)
        for i, j in np.ndindex(*dout.shape):
            dx[i*s:i*s+k, j*s:j*s+k] += dout[i, j] * self.W
            self.dW += dout[i, j] * self.x[i*s:i*s+k, j*s:j*s+k]
        return dx
"""
SIZED = """
import numpy as np
class Convolution:
    def __init__(self, input_size=5, channels=2, filters=2, size=3):
        self.W = np.random.randn(filters, channels, size, size)
        self.input_size, self.size, self.places = input_size, size, input_size - size + 1
    def forward(self, x):
        self.x = x
        y = np.zeros((len(self.W), self.places, self.places))
        for f, i, j in np.ndindex(*y.shape):
            y[f, i, j] = (x[..., i:i + self.size, j:j + self.size] * self.W[f]).sum()
        return y
    def backward(self, d):
        dx, self.dW = np.zeros((self.W.shape[1], self.input_size, self.input_size)), np.zeros_like(self.W)
        for f, i, j in np.ndindex(*d.shape):
            dx[:, i:i + self.size, j:j + self.size] += d[f, i, j] * self.W[f]
            self.dW[f] += d[f, i, j] * self.x[:, i:i + self.size, j:j + self.size]
        return dx
"""
AUTOENCODER = """
import numpy as np
def sigmoid(x):
    return 1 / (1 + np.exp(-x))
def sparse_cost(theta, visible_size, hidden_size, sparsity_param, beta, data):
    n, m = hidden_size * visible_size, data.shape[1]
    W1 = theta[0:n].reshape(hidden_size, visible_size)
    W2 = theta[n:2*n].reshape(visible_size, hidden_size)
    b = theta[2*n:2*n + hidden_size]
    h = sigmoid(W1 @ data + b[:, None])
    e = W2 @ h + theta[2*n + hidden_size:][:, None] - data
    r, p = h.mean(axis=1), sparsity_param
    cost = np.sum(e**2) / (2 * m) - beta * np.sum(p * np.log(r) + (1 - p) * np.log(1 - r))
    dz = (W2.T @ e + beta * ((1 - p) / (1 - r) - p / r)[:, None]) * h * (1 - h)
    parts = (dz @ data.T).ravel(), (e @ h.T).ravel(), dz.sum(axis=1), e.sum(axis=1)
    grad = np.concatenate(parts) / m
    return cost, grad
"""
CRITERION = """
import numpy as np
class PairCriterion:
    def updateOutput(self, input):
        a, p, n = input
        self.on = np.sum((a - p)**2, axis=1) - np.sum((a - n)**2, axis=1) + 0.2 > 0
        return np.sum((np.sum((a - p)**2, axis=1) - np.sum((a - n)**2, axis=1) + 0.2) * self.on) / len(a)
    def updateGradInput(self, input):
        a, p, n = input
        c = 2 * self.on[:, None] / len(a)
        return [(n - p) * c, (p - a) * c, (a - n) * c]
"""
LINE = """
import numpy as np
class Line:
    def __init__(self):
        self.weights = [np.random.uniform(0, 1, 1) for _ in range(2)]
    def evaluate(self, x):
        return self.weights[0] + self.weights[1] * x
    def derivate(self, x, y):
        e = self.evaluate(x) - y
        return [2 * e, 2 * x * e]
"""
BUILT_BY_A_SCRIPT = """
import numpy as np
class Dense:
    def __init__(self, inputs, units):
        self.W = np.random.randn(inputs, units)
    def forward(self, x):
        self.x = x
        return x @ self.W
    def backward(self, d, rate):
        down = d @ self.W.T
        self.W -= rate * (self.x.T @ d)
        return down
class Network:
    def __init__(self, rate):
        self.rate, self.layers = rate, []
    def add(self, layer):
        self.layers.append(layer)
    def train_on_batch(self, x, y):
        for layer in self.layers:
            x = layer.forward(x)
        e = x - y
        for layer in reversed(self.layers):
            e = layer.backward(e, self.rate)
        return 0.5 * np.sum((x - y)**2)
if __name__ == "__main__":
    hidden = 4
    network = Network(0.1)
    network.add(Dense(3, hidden))
    network.add(Dense(hidden, 2))
    print(network.train_on_batch(np.ones((5, 3)), np.ones((5, 2))))
"""
BUILT_WITHOUT_ITS_DATA = BUILT_BY_A_SCRIPT.replace("    hidden = 4", "    data = np.load('data.npz')\n    hidden = 4")
LOOP = """
import numpy as np
def rmsprop(model, xs, ys, learning_rate=0.1, rho=0.9, iterations=100):
    v = [0 for _ in model.weights]
    for _ in range(iterations):
        g = model.gradient(xs, ys)
        v = [rho * a + (1 - rho) * b**2 for a, b in zip(v, g)]
        model.weights = [w - learning_rate * b / (np.sqrt(a) + 1e-7) for w, a, b in zip(model.weights, v, g)]
"""
POOLING = """
import numpy as np
class MaxPooling:
    def forward(self, image):
        h, w, c = image.shape
        self.image = image
        return image[:h // 2 * 2, :w // 2 * 2].reshape(h // 2, 2, w // 2, 2, c).max(axis=(1, 3))
    def backward(self, d_out):
        pool, d_image = 2, np.zeros_like(self.image)
        for i, j in np.ndindex(*d_out.shape[:2]):
            patch = self.image[i*pool:i*pool + pool, j*pool:j*pool + pool]
            for m, n, c in np.ndindex(*patch.shape):
                if patch[m, n, c] == patch[:, :, c].max():
                    d_image[i*pool + m, j*pool + n, c] = d_out[i, j, c]
        return d_image
"""
PAIRS = """
import numpy as np
def contrast(images, texts, tau=0.5):
    s = images @ texts.T / tau
    p = np.exp(s - s.max(axis=1, keepdims=True))
    return -np.log(np.diag(p / p.sum(axis=1, keepdims=True))).mean()
def contrast_grad(images, texts, tau=0.5):
    s = images @ texts.T / tau
    p = np.exp(s - s.max(axis=1, keepdims=True))
    ds = (p / p.sum(axis=1, keepdims=True) - np.eye(len(s))) / len(s) / tau
    return ds @ texts, ds.T @ images
"""
WAY_BACK = """
import numpy as np
class Gated:
    def __init__(self, n_in, n_out):
        self.W = np.random.normal(size=(n_out, n_in))
        self.dW = np.zeros_like(self.W)
    def __call__(self, X):
        Z = X @ self.W.T
        Y = np.tanh(Z)
        def backprop(dY):
            dZ = dY * (1 - Y**2)
            self.dW += dZ.T @ X
            return dZ @ self.W
        return Y, backprop
"""
ASKS = """
import numpy as np
def rmsprop(grad, x, num_iters=100, step_size=0.1, gamma=0.9, eps=10**-8):
    average = np.ones(len(x))
    for i in range(num_iters):
        g = grad(x, i)
        average = average * gamma + g**2 * (1 - gamma)
        x = x - step_size * g / (np.sqrt(average) + eps)
    return x
"""
ONE_BY_ONE = """
import numpy as np
class Neuron:
    def __init__(self, rate=0.5):
        self.w, self.rate = np.array([0.5, -0.4]), rate
    def output(self, x):
        return 1 / (1 + np.exp(-self.w[0] * x[0] - self.w[1] * x[1]))
    def error(self, p, y):
        return 0.5 * (p - y)**2
    def learn(self, x, y):
        p = self.output(x)
        d0 = (p - y) * p * (1 - p) * x[0]
        d1 = (p - y) * p * (1 - p) * x[1]
        self.w[0] -= self.rate * d0
        self.w[1] -= self.rate * d1
        return self.error(p, y)
"""
RANKING = """
import numpy as np
def ranking_loss(pos, neg, margin=0.5):
    return np.maximum(0, margin - pos + neg).mean()
def ranking_loss_backward(pos, neg, margin=0.5):
    on = (margin - pos + neg > 0) / pos.size
    return -on, on
"""
FORMS = {
    "a stride": (CONVOLUTION, "dx[i*s:i*s+k, j*s:j*s+k]", "dx[i:i+k, j:j+k]", 14),
    "windows of an image with the channels last": (POOLING, "        return d_image", "            return d_image", 15),
    "a loss of pairs, its gradient apart": (PAIRS, "ds.T @ images", "ds @ images", 11),
    "layers that return their way back": (WAY_BACK, "(1 - Y**2)", "(1 - Y)", 11),
    "an optimizer that calls the gradient": (ASKS, "g**2 * (1", "g * (1", 7),
    "weights that are moved one by one": (ONE_BY_ONE, "(p - y) * p * (1 - p)", "(p - y)", 12),
    "a loss of two inputs that are no labels": (RANKING, "-on, on", "-on, -on", 7),
    "an input of a declared size": (SIZED, "dx[:, i:i", "dx[:, j:j", 16),
    "an autoencoder in one vector": (AUTOENCODER, "(1 - p) / (1 - r) - p / r", "(1 - p) / (1 - r)", 14),
    "a criterion of several arrays": (CRITERION, "(p - a) * c", "(a - p) * c", 11),
    "a network built by the script": (BUILT_BY_A_SCRIPT, "self.x.T @ d)", "self.x.T @ d**2)", 11),
    "a network built by a script without its data": (BUILT_WITHOUT_ITS_DATA, "self.x.T @ d)", "self.x.T @ d**2)", 11),
    "an optimizer's whole loop": (LOOP, "(1 - rho) * b**2", "(1 - rho) * b", 7),
    "weights that are numbers": (LINE, "2 * x * e", "x * e", 10),
}


def judged(text: str, folder: Path) -> dict[str, Any]:
    path = folder / "mine.py"
    path.write_text(text)
    *_, verdict = (one["verdict"] for one in verdicts(str(path)))
    return dict(verdict)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.slow
def test_what_does_not_show_at_first_is_located(form: str, tmp_path: Path) -> None:
    text, right, slip, line = FORMS[form]
    assert right in text
    verdict = judged(text, tmp_path)
    assert verdict["ok"] and not verdict["unchecked"], verdict
    verdict = judged(text.replace(right, slip), tmp_path)
    assert verdict["verdict"] == "wrong" and line in [b["line"] for b in verdict["blamed"]], verdict


def test_it_is_said_which_settings_were_tried(tmp_path: Path) -> None:
    assert "right also with larger inputs; stride=2" in judged(CONVOLUTION, tmp_path)["notes"]
    refuses = CONVOLUTION.replace("        self.W, self", "        assert stride == 1\n        self.W, self")
    assert "could not be tried with stride=2" in judged(refuses, tmp_path)["notes"]


@pytest.mark.parametrize("gates", [1, 3, 4])
def test_weights_of_a_recurrence_have_as_many_gates(gates: int) -> None:
    class Recurrence:
        def __init__(self, Wx: Any, Wh: Any, b: Any) -> None:
            self.shapes = Wx.shape, Wh.shape, b.shape

    tried = [make().shapes for make in makers(Recurrence, None)]
    n = gates * HIDDEN
    assert ((IN, n), (HIDDEN, n), (n,)) in tried[:6]


@pytest.mark.slow
def test_each_line_of_a_mistake_in_two_is_blamed(tmp_path: Path) -> None:
    verdict = judged(
        """
import numpy as np
class Adam:
    def __init__(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
        self.lr, self.b1, self.b2, self.eps, self.m, self.v = lr, b1, b2, eps, 0, 0
    def update(self, w, grad):
        self.m = self.b1 * self.m + (1 - self.b1) * grad
        self.v = self.b2 * self.v + (1 - self.b2) * grad * grad
        m_hat = self.m / (1 - self.b1)
        v_hat = self.v / (1 - self.b2)
        return w - self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
""",
        tmp_path,
    )
    assert [(b["line"], b["mistake"]) for b in verdict["blamed"]] == [(n, "beta for beta^t") for n in (9, 10)]


@pytest.mark.slow
def test_a_loss_divided_by_a_length_is_that_of_vectors(tmp_path: Path) -> None:
    """Of rows of several numbers its derivative would lack a factor too."""
    verdict = judged(
        """
import numpy as np
def msle(y, p):
    return np.mean((np.log1p(p) - np.log1p(y))**2)
def msle_grad(y, p):
    return 2 * (np.log1p(p) - np.log1p(y)) / (1 + y) / len(y)
""",
        tmp_path,
    )
    assert [b["fix"] for b in verdict["blamed"]] == ["2 * (np.log1p(p) - np.log1p(y)) / (1 + p) / len(y)"]


PADDED = """
import numpy as np
def conv_forward(x, w, b, conv_param):
    s, pad = conv_param["stride"], conv_param["pad"]
    xp, k = np.pad(x, ((0,), (0,), (pad,), (pad,)), "constant"), w.shape[2]
    h, v = 1 + (xp.shape[2] - k) // s, 1 + (xp.shape[3] - k) // s
    out = np.zeros((x.shape[0], w.shape[0], h, v))
    for i in range(h):
        for j in range(v):
            out[:, :, i, j] = np.tensordot(xp[:, :, i*s:i*s+k, j*s:j*s+k], w, axes=([1, 2, 3], [1, 2, 3])) + b
    return out, (x, w, b, conv_param)
def conv_backward(dout, cache):
    x, w, b, conv_param = cache
    s, pad = conv_param["stride"], conv_param["pad"]
    xp, k, dw = np.pad(x, ((0,), (0,), (pad,), (pad,)), "constant"), w.shape[2], np.zeros_like(w)
    dxp = np.zeros_like(xp)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            dw += np.tensordot(dout[:, :, i, j], xp[:, :, i*s:i*s+k, j*s:j*s+k], axes=([0], [0]))
            dxp[:, :, i*s:i*s+k, j*s:j*s+k] += np.tensordot(dout[:, :, i, j], w, axes=([1], [0]))
    return dxp[:, :, pad:-pad, pad:-pad], dw, dout.sum(axis=(0, 2, 3))
"""
SLIPS_OF_PADDING = [("pad:-pad, pad:-pad]", "pad:-pad, :-2*pad]"), ("i*s:i*s+k, j*s:j*s+k] +=", "i:i+k, j:j+k] +=")]


@pytest.mark.slow
@pytest.mark.parametrize("slip", [None, *SLIPS_OF_PADDING])
def test_what_takes_no_padding_of_0_away_is_not_held_to_that(tmp_path: Path, slip: tuple[str, str] | None) -> None:
    path = tmp_path / "padded.py"
    path.write_text(PADDED if slip is None else PADDED.replace(*slip))
    (found,) = (one["verdict"] for one in verdicts(str(path)))
    assert found["verdict"] == ("match" if slip is None else "wrong")


NORMS = """
import numpy as np
class BatchNorm:
    def __init__(self, dim):
        self.gamma, self.beta, self.training = np.ones(dim), np.zeros(dim), True
        self.mean, self.var = np.zeros(dim), np.ones(dim)
    def forward(self, x):
        mean, var = self.mean, self.var
        if self.training:
            mean, var = x.mean(axis=0), x.var(axis=0)
            self.mean, self.var = 0.9 * self.mean + 0.1 * mean, 0.9 * self.var + 0.1 * var
        self.std = np.sqrt(var + 1e-5)
        self.x_hat = (x - mean) / self.std
        return self.gamma * self.x_hat + self.beta
    def backward(self, dout):
        self.dgamma, self.dbeta, d = np.sum(dout * self.x_hat, axis=0), dout.sum(axis=0), dout * self.gamma
        if not self.training:
            return d / self.std
        return (d - d.mean(axis=0) - self.x_hat * (d * self.x_hat).mean(axis=0)) / self.std
def dropout_forward(x, dropout_param):
    p, mode = dropout_param["p"], dropout_param["mode"]
    mask = (np.random.rand(*x.shape) < p) / p
    return (x * mask if mode == "train" else x), (dropout_param, mask)
def dropout_backward(dout, cache):
    dropout_param, mask = cache
    mode = dropout_param["mode"]
    if mode == "train":
        dx = dout * mask
    elif mode == "test":
        dx = dout * 1.0
    return dx
def groupnorm_forward(x, gamma, beta, G, gn_param):
    N, C, H, W = x.shape
    g = x.reshape(N, G, C // G, H, W)
    std = np.sqrt(g.var(axis=(2, 3, 4), keepdims=True) + gn_param.get("eps", 1e-5))
    xn = (g - g.mean(axis=(2, 3, 4), keepdims=True)) / std
    return gamma * xn.reshape(x.shape) + beta, (x, xn, std, gamma, G)
def groupnorm_backward(dout, cache):
    x, xn, std, gamma, G = cache
    N, C, H, W = x.shape
    m, d = C // G * H * W, (dout * gamma).reshape(xn.shape)
    sums = d.sum(axis=(2, 3, 4), keepdims=True) + xn * (d * xn).sum(axis=(2, 3, 4), keepdims=True)
    dgamma = (dout * xn.reshape(x.shape)).sum(axis=(0, 2, 3), keepdims=True)
    return ((d - sums / m) / std).reshape(x.shape), dgamma, dout.sum(axis=(0, 2, 3), keepdims=True)
"""
SLIPS_OF_NORMS = [
    ("BatchNorm", "return d / self.std", "return d * self.std"),
    ("dropout_forward", "dx = dout * 1.0", "dx = dout * 2.0"),
    ("groupnorm_forward", "m, d = C // G * H * W", "m, d = C * H * W"),
]


@pytest.mark.slow
@pytest.mark.parametrize("slip", [None, *SLIPS_OF_NORMS])
def test_branches_for_inference_are_tried_where_the_way_back_has_them(tmp_path: Path, slip: Any) -> None:
    path = tmp_path / "norms.py"
    path.write_text(NORMS if slip is None else NORMS.replace(*slip[1:]))
    found = {one["name"]: one["verdict"] for one in verdicts(str(path))}
    assert {n: v["verdict"] for n, v in found.items()} == {
        name: "wrong" if slip is not None and name == slip[0] else "match" for name, *_ in SLIPS_OF_NORMS
    }
