"""Forms of many authors: each is right as it stands, and a slip in it is placed."""

import pytest

from tests.diagnosis.user.test_forms_published_later import judged

VALUE_AND_GRADIENT = """
import numpy as np
def nll_gauss(b0, b, x, y, lam):
    return np.sum((b0 + x @ b - y) ** 2) / (2 * len(y)) + 0.5 * lam * np.sum(b ** 2)
def gr_gauss(b0, b, x, y, lam):
    r = b0 + x @ b - y
    g0 = np.sum(r) / len(y)
    g = x.T @ r / len(y) + lam * b
    return g0, g
def nll_binomial(b0, b, x, y, lam):
    eta = b0 + x @ b
    return np.mean(np.log1p(np.exp(eta)) - y * eta) + 0.5 * lam * np.sum(b ** 2)
def gr_binomial(b0, b, x, y, lam):
    mu = 1 / (1 + np.exp(-(b0 + x @ b)))
    g0 = np.mean(mu - y)
    g = x.T @ (mu - y) / len(y) + lam * b
    return g0, g
"""
PADDED = """
import numpy as np
class CrossEntropy:
    def forward(self, logits, target):
        z = logits - logits.max(axis=-1, keepdims=True)
        logp = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
        self.keep, self.target, self.prob = target != 0, target, np.exp(logp)
        picked = np.take_along_axis(logp, target[..., None], axis=-1)[..., 0]
        return -(picked * self.keep).sum() / self.keep.sum()
    def backward(self):
        grad = (self.prob - np.eye(self.prob.shape[-1])[self.target]) * self.keep[..., None]
        return grad / self.keep.sum()
"""
FOCAL = """
import numpy as np
class FocalLoss:
    @staticmethod
    def value(p, y):
        pt = np.where(y == 1, p, 1 - p)
        return -np.mean((1 - pt) ** 2.0 * np.log(pt))
    @staticmethod
    def gradient(p, y):
        pt = np.where(y == 1, p, 1 - p)
        dpt = 2.0 * (1 - pt) * np.log(pt) - (1 - pt) ** 2.0 / pt
        return np.where(y == 1, 1.0, -1.0) * dpt / p.size
class KLDivergence:
    @staticmethod
    def value(p, y):
        logq = p - np.log(np.exp(p).sum(axis=1, keepdims=True))
        return np.sum(y * (np.log(y) - logq)) / len(p)
    @staticmethod
    def gradient(p, y):
        q = np.exp(p) / np.exp(p).sum(axis=1, keepdims=True)
        return (q - y) / len(p)
"""
NORM = """
import numpy as np
def groupnorm_forward(x, gamma, beta, G):
    N, C, H, W = x.shape
    xg = x.reshape(N, G, C // G * H * W)
    istd = 1.0 / np.sqrt(xg.var(axis=2, keepdims=True) + 1e-5)
    xn = ((xg - xg.mean(axis=2, keepdims=True)) * istd).reshape(x.shape)
    return gamma * xn + beta, (xn, istd, gamma, G)
def groupnorm_backward(dout, cache):
    xn, istd, gamma, G = cache
    N, C, H, W = dout.shape
    dbeta, dgamma = dout.sum(axis=(0, 2, 3), keepdims=True), (dout * xn).sum(axis=(0, 2, 3), keepdims=True)
    dg = (dout * gamma).reshape(N, G, -1)
    xg = xn.reshape(N, G, -1)
    mean = dg.mean(axis=2, keepdims=True)
    other = (dg * xg).mean(axis=2, keepdims=True)
    return (istd * (dg - mean - xg * other)).reshape(dout.shape), dgamma, dbeta
rng = np.random.default_rng(0)
out, cache = groupnorm_forward(rng.normal(size=(3, 4, 2, 2)), rng.random((1, 4, 1, 1)), np.zeros((1, 4, 1, 1)), 2)
groupnorm_backward(out, cache)
"""
CELLS = """
import numpy as np
class LSTM:
    def __init__(self, n_in, n_hidden):
        self.Wx, self.Wh = np.random.randn(n_in, 4 * n_hidden), np.random.randn(n_hidden, 4 * n_hidden)
        self.n = n_hidden
    def forward(self, x):
        h, c = np.zeros((len(x), self.n)), np.zeros((len(x), self.n))
        self.steps, out = [], np.empty((*x.shape[:2], self.n))
        for k in range(x.shape[1]):
            zi, zf, zo, zg = np.split(x[:, k] @ self.Wx + h @ self.Wh, 4, axis=1)
            i, f, o, g = 1 / (1 + np.exp(-zi)), 1 / (1 + np.exp(-zf)), 1 / (1 + np.exp(-zo)), np.tanh(zg)
            t = np.tanh(f * c + i * g)
            self.steps.append((x[:, k], h, c, i, f, o, g, t))
            c = f * c + i * g
            h = out[:, k] = o * t
        return out
    def backward(self, grad):
        self.dWx, self.dWh = np.zeros_like(self.Wx), np.zeros_like(self.Wh)
        dx = np.empty((*grad.shape[:2], len(self.Wx)))
        dh_next, dc_next = np.zeros_like(grad[:, 0]), np.zeros_like(grad[:, 0])
        for k in reversed(range(len(self.steps))):
            x, h, c, i, f, o, g, t = self.steps[k]
            dh = grad[:, k] + dh_next
            dc = dc_next + dh * o * (1 - t**2)
            dz = [dc * g * i * (1 - i), dc * c * f * (1 - f), dh * t * o * (1 - o), dc * i * (1 - g**2)]
            dz = np.concatenate(dz, axis=1)
            self.dWx += x.T @ dz
            self.dWh += h.T @ dz
            dx[:, k] = dz @ self.Wx.T
            dh_next = dz @ self.Wh.T
            dc_next = dc * f
        return dx
"""
NADAM = """
import numpy as np
class Nadam:
    def __init__(self, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.beta1, self.beta2, self.eps, self.t, self.m, self.v = lr, beta1, beta2, eps, 0, None, None
    def step(self, params, grads):
        if self.m is None:
            self.m, self.v = [np.zeros_like(p) for p in params], [np.zeros_like(p) for p in params]
        self.t += 1
        for k, (p, g) in enumerate(zip(params, grads)):
            self.m[k] = self.beta1 * self.m[k] + (1 - self.beta1) * g
            self.v[k] = self.beta2 * self.v[k] + (1 - self.beta2) * g * g
            mhat = self.m[k] / (1 - self.beta1**self.t)
            vhat = self.v[k] / (1 - self.beta2**self.t)
            look = self.beta1 * mhat + (1 - self.beta1) * g / (1 - self.beta1**self.t)
            p -= self.lr * look / (np.sqrt(vhat) + self.eps)
"""
GRAPH = """
import numpy as np
class Tensor:
    def __init__(self, data, parents=()):
        self.data, self.grad, self.parents, self.back = np.asarray(data, float), None, parents, None
    def __add__(self, other):
        out = Tensor(self.data + other.data, (self, other))
        out.back = lambda g: (g, g)
        return out
    def __mul__(self, other):
        out = Tensor(self.data * other.data, (self, other))
        out.back = lambda g: (g * other.data, g * self.data)
        return out
    def __matmul__(self, other):
        out = Tensor(self.data @ other.data, (self, other))
        out.back = lambda g: (g @ other.data.T, self.data.T @ g)
        return out
    def mean(self):
        out = Tensor(self.data.mean(), (self,))
        out.back = lambda g: (np.full_like(self.data, g / self.data.size),)
        return out
    def backward(self):
        order = []
        def visit(t):
            if t not in order:
                for p in t.parents:
                    visit(p)
                order.append(t)
        visit(self)
        self.grad = np.ones_like(self.data)
        for t in reversed(order):
            for p, g in zip(t.parents, t.back(t.grad) if t.back else ()):
                p.grad = g if p.grad is None else p.grad + g
rng = np.random.default_rng(2)
X, y = Tensor(rng.normal(size=(20, 2))), Tensor(rng.normal(size=(20, 1)))
params = [Tensor(rng.normal(size=s)) for s in ((2, 4), (4, 1))]
w1, w2 = params
for step in range(50):
    diff = X @ w1 @ w2 + y
    loss = (diff * diff).mean()
    for p in params:
        p.grad = None
    loss.backward()
    for p in params:
        p.data = p.data - 0.1 * p.grad
"""
CASES = [
    pytest.param(VALUE_AND_GRADIENT, "nll_binomial", "np.mean(mu - y)", "np.sum(mu - y)", id="value and gradient"),
    pytest.param(PADDED, "CrossEntropy", "grad / self.keep.sum()", "grad / self.target.size", id="divisor"),
    pytest.param(FOCAL, "FocalLoss", "2.0 * (1 - pt) * np.log(pt) - (1", "-(1", id="share"),
    pytest.param(FOCAL, "KLDivergence", "(q - y) / len(p)", "(q - y) / p.size", id="divergence"),
    pytest.param(NORM, "groupnorm_forward", "(dg * xg)", "(dout.reshape(N, G, -1) * xg)", id="call"),
    pytest.param(CELLS, "LSTM", "dc_next = dc * f", "dc_next = dc", id="gate", marks=pytest.mark.slow),
    pytest.param(NADAM, "Nadam", "* g / (1 - self.beta1**self.t)", "* g", id="no schedule"),
    pytest.param(GRAPH, "training_loop", "g @ other.data.T, self", "g @ other.data.T * 2, self", id="shared objects"),
]


@pytest.mark.quick(1)
@pytest.mark.parametrize(("text", "name", "here", "slip"), CASES)
def test_it_is_right_and_a_slip_is_placed(tmp_path, text, name, here, slip):
    verdict, checked, blamed = judged(tmp_path / "right.py", text)[name]
    assert verdict in ("match", "other convention") and checked, (verdict, checked, blamed)
    wrong = text.replace(here, slip)
    line = next(i for i, (a, b) in enumerate(zip(text.splitlines(), wrong.splitlines(), strict=True), 1) if a != b)
    assert judged(tmp_path / "wrong.py", wrong)[name][::2] == ("wrong", [line])
