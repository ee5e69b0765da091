"""Numbers and shapes at which mistakes do not show: an alpha of 1, images whose side is taken for channels."""

import pytest

from handnn.diagnosis.check import verdicts


AT_ONE = """
import numpy as np
def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * (np.exp(x) - 1))
def elu_derivative(x, alpha=1.0):
    return np.where(x > 0, 1.0, alpha * np.exp(x))
class Swish:
    def __init__(self, beta=1.0):
        self.beta = beta
    def forward(self, x):
        self.x, self.s = x, 1 / (1 + np.exp(-self.beta * x))
        return x * self.s
    def backward(self, dout):
        return dout * (self.s + self.beta * self.x * self.s * (1 - self.s))
def smooth_l1(pred, target, beta=1.0):
    d = np.abs(pred - target)
    return np.mean(np.where(d < beta, 0.5 * d**2 / beta, d - 0.5 * beta))
def smooth_l1_grad(pred, target, beta=1.0):
    d = pred - target
    return np.where(np.abs(d) < beta, d / beta, np.sign(d)) / d.size
"""
POOLED = """
import numpy as np
class MaxPool:
    def __init__(self, size=2, stride=2):
        self.size, self.stride = size, stride
    def forward(self, x):
        self.x, s = x, self.stride
        rows, cols = ((n - self.size) // s + 1 for n in x.shape[2:])
        windows = [x[:, :, i*s:i*s + self.size, j*s:j*s + self.size] for i in range(rows) for j in range(cols)]
        return np.stack([w.max(axis=(2, 3)) for w in windows], -1).reshape(*x.shape[:2], rows, cols)
    def backward(self, dout):
        dx = np.zeros_like(self.x)
        for b, c, i, j in np.ndindex(*dout.shape):
            top, left = i * self.stride, j * self.stride
            window = self.x[b, c, top:top + self.size, left:left + self.size]
            a, d = np.unravel_index(np.argmax(window), window.shape)
            dx[b, c, top + a, left + d] += dout[b, c, i, j]
        return dx
"""


@pytest.mark.parametrize(
    ("text", "name", "here", "slip"),
    [
        (AT_ONE, "elu", "alpha * np.exp(x))\nclass", "np.exp(x))\nclass"),
        (AT_ONE, "Swish", "self.beta * self.x * self.s", "self.x * self.s"),
        (AT_ONE, "smooth_l1", "d / beta, np.sign", "d, np.sign"),
        (POOLED, "MaxPool", "left + d", "left - d"),
    ],
)
def test_a_number_of_one_and_a_short_side_hide_nothing(tmp_path, text, name, here, slip):
    found = {}
    for file, source in (("right", text), ("wrong", text.replace(here, slip))):
        (tmp_path / f"{file}.py").write_text(source)
        told = {v["name"]: v["verdict"] for v in verdicts(str(tmp_path / f"{file}.py"))}
        found[file] = told[name]["verdict"], [blame["line"] for blame in told[name]["blamed"]]
    line = next(i for i, one in enumerate(text.replace(here, slip).splitlines(), 1) if one not in text.splitlines())
    assert found["right"][0] in ("match", "unstable")
    assert found["wrong"] == ("wrong", [line])
