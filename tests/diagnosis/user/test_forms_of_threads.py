"""Forms of public threads: each is right as it stands, and a slip in it is placed."""

import pytest

from tests.diagnosis.user.test_forms_of_many_authors import is_right_and_a_slip_is_placed

WRITTEN_OUT = """
import numpy as np
patterns, wanted = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0.0, 1.0, 1.0, 0.0])
w = np.array([0.8, 0.2, -0.5])
v = np.array([0.7, -0.6])
speed = 0.4
def squash(z):
    return 1.0 / (1.0 + np.exp(-z))
for sweep in range(50):
    total = 0.0
    for row in range(4):
        p, q = patterns[row]
        hidden = squash(p * w[0] + q * w[1] + w[2])
        out = squash(hidden * v[0] + v[1])
        total += 0.5 * (wanted[row] - out) ** 2
        e = out - wanted[row]
        k = e * out * (1 - out)
        m = k * v[0] * hidden * (1 - hidden)
        w[0] -= speed * m * p
        w[1] -= speed * m * q
        w[2] -= speed * m
        v[0] -= speed * k * hidden
        v[1] -= speed * k
    if sweep % 10 == 0:
        print(sweep, total)
"""
RECURSION = """
class Num:
    def __init__(self, value, parents=()):
        self.value, self.parents, self.grad = float(value), parents, 0.0
    def __add__(self, other):
        other = other if isinstance(other, Num) else Num(other)
        return Num(self.value + other.value, ((self, 1.0), (other, 1.0)))
    def __mul__(self, other):
        other = other if isinstance(other, Num) else Num(other)
        return Num(self.value * other.value, ((self, other.value), (other, self.value)))
    def backward(self, flow=1.0):
        self.grad += flow
        for node, slope in self.parents:
            node.backward(flow * slope)
"""
COUNTED = """
import numpy as np
class LayerNorm:
    '''handnn: layer, input_shape=(3, 6)'''
    def __init__(self, dim=6):
        self.weight, self.bias = np.ones(dim), np.zeros(dim)
    def forward(self, x):
        self.rstd = 1.0 / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
        self.x_hat = (x - x.mean(axis=-1, keepdims=True)) * self.rstd
        return self.weight * self.x_hat + self.bias
    def backward(self, dy):
        M = dy.shape[0] * dy.shape[1]
        N = dy.size // M
        self.dweight, self.dbias = np.sum(dy * self.x_hat, axis=(0, 1)), np.sum(dy, axis=(0, 1))
        wdy = self.weight * dy
        c1 = np.sum(self.x_hat * wdy, axis=-1, keepdims=True) / N
        c2 = np.sum(wdy, axis=-1, keepdims=True) / N
        return (wdy - (self.x_hat * c1 + c2)) * self.rstd
"""
HELPED = """
import numpy as np
def tanh(x):
    return np.tanh(x)
def tanh_d(x):
    return 1 - np.tanh(x) ** 2
class Net:
    def __init__(self, sizes=(3, 8, 2)):
        rng = np.random.RandomState(4)
        self.W = [rng.normal(scale=0.3, size=s) for s in zip(sizes[:-1], sizes[1:])]
    def fprop(self, X):
        self.inputs, self.sums = [], []
        for i, W in enumerate(self.W):
            self.inputs.append(X)
            X = np.dot(X, W)
            self.sums.append(X)
            X = tanh(X)
        return X
    def loss(self, X, Y):
        return 0.5 * np.sum((self.fprop(X) - Y) ** 2) / X.shape[0]
    def bprop(self, X, Y):
        grad = self.fprop(X) - Y
        self.dW = [None] * len(self.W)
        for i in range(len(self.W) - 1, -1, -1):
            grad = grad * tanh_d(self.sums[i])
            self.dW[i] = np.dot(self.inputs[i].T, grad) / X.shape[0]
            grad = np.dot(grad, self.W[i].T)
"""
CASES = [
    pytest.param(WRITTEN_OUT, "training_loop", "speed * k * hidden", "speed * k", id="written out"),
    pytest.param(RECURSION, "Num_backward", "(flow * slope)", "(self.grad * slope)", id="way back of an engine"),
    pytest.param(COUNTED, "LayerNorm", "dy.shape[0] * dy.shape[1]", "dy.shape[0]", id="counted"),
    pytest.param(HELPED, "Net", "1 - np.tanh(x) ** 2", "np.tanh(x) ** 2", id="slope of its own"),
]


@pytest.mark.quick(1)
@pytest.mark.parametrize(("text", "name", "here", "slip"), CASES)
def test_it_is_right_and_a_slip_is_placed(tmp_path, text, name, here, slip):
    is_right_and_a_slip_is_placed(tmp_path, text, name, here, slip)
