"""Forms of many authors: each is right as it stands, and a slip in it is placed."""

import pytest

from tests.diagnosis.user.test_forms_published_later import judged

VALUE_AND_GRADIENT = """
import numpy as np
def nll_gauss(b0, b, x, y, alpha):
    return np.sum((b0 + x @ b - y) ** 2) / (2 * len(y)) + 0.5 * alpha * np.sum(b ** 2)
def gr_gauss(b0, b, x, y, alpha):
    r = b0 + x @ b - y
    g0 = np.sum(r) / len(y)
    g = x.T @ r / len(y) + alpha * b
    return g0, g
def nll_binomial(b0, b, x, y, alpha):
    eta = b0 + x @ b
    return np.mean(np.log1p(np.exp(eta)) - y * eta) + 0.5 * alpha * np.sum(b ** 2)
def gr_binomial(b0, b, x, y, alpha):
    mu = 1 / (1 + np.exp(-(b0 + x @ b)))
    g0 = np.mean(mu - y)
    g = x.T @ (mu - y) / len(y) + alpha * b
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
MIXTURE = """
import numpy as np
class MDN:
    def __init__(self, hidden, K):
        self.K, self.W1, self.b1 = K, np.random.randn(1, hidden), np.random.randn(hidden)
        self.W2, self.b2 = np.random.randn(hidden, 3 * K), np.zeros(3 * K)
    def forward(self, x):
        self.x, self.h, K = x, np.tanh(x @ self.W1 + self.b1), self.K
        out = self.h @ self.W2 + self.b2
        a = out[:, :K] - out[:, :K].max(axis=1, keepdims=True)
        self.pi = np.exp(a) / np.exp(a).sum(axis=1, keepdims=True)
        self.mu, self.sigma = out[:, K:2 * K], np.exp(out[:, 2 * K:])
        return self.pi, self.mu, self.sigma
    def nll(self, x, t):
        pi, mu, sigma = self.forward(x)
        dens = pi * np.exp(-0.5 * ((t - mu) / sigma) ** 2) / (np.sqrt(2 * np.pi) * sigma)
        self.gamma = dens / dens.sum(axis=1, keepdims=True)
        return -np.mean(np.log(dens.sum(axis=1)))
    def backward(self, t):
        d_a = self.pi - self.gamma
        d_mu = self.gamma * (self.mu - t) / self.sigma ** 2
        d_s = self.gamma * (1 - ((t - self.mu) / self.sigma) ** 2)
        d_out = np.concatenate([d_a, d_mu, d_s], axis=1) / len(t)
        d_h = (d_out @ self.W2.T) * (1 - self.h ** 2)
        return {"W1": self.x.T @ d_h, "b1": d_h.sum(0), "W2": self.h.T @ d_out, "b2": d_out.sum(0)}
"""
NAMED = """
import numpy as np
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
def d_sigmoid(z):
    s = sigmoid(z)
    return s * (1 - s)
def d_tanh(z):
    return 1 - np.tanh(z) ** 2
FORWARD = {'tanh': np.tanh, 'sigmoid': sigmoid}
SLOPES = {'tanh': d_tanh, 'sigmoid': d_sigmoid}
class Net:
    def __init__(self, sizes=(3, 5, 4, 2)):
        self.W = [np.random.randn(a, b) for a, b in zip(sizes, sizes[1:])]
        self.acts = ['tanh', 'sigmoid', 'tanh']
    def loss(self, x, y):
        self.a, self.z = [x], []
        for k, W in enumerate(self.W):
            self.z.append(self.a[-1] @ W)
            f = FORWARD[self.acts[k]]
            self.a.append(f(self.z[-1]))
        return 0.5 * np.sum((self.a[-1] - y) ** 2)
    def backward(self, x, y):
        self.loss(x, y)
        grads = [None] * len(self.W)
        d = self.a[-1] - y
        for k in range(len(self.W) - 1, -1, -1):
            act = self.acts[k]
            d = d * SLOPES[act](self.z[k])
            grads[k] = self.a[k].T @ d
            d = d @ self.W[k].T
        return grads
"""
MODELS = """
import numpy as np
class Model:
    def __init__(self, lr=0.1, C=0.01):
        self.lr, self.C = lr, C
    def fit(self, X, y):
        A = np.insert(X, 0, 1.0, axis=1)
        self.w = np.zeros(A.shape[1])
        for _ in range(20):
            self.w = self.w - self.lr * self.grad(self.w, A, y)
        return self
class Logistic(Model):
    def loss(self, w, A, y):
        return np.mean(np.log1p(np.exp(-y * (A @ w)))) + self.C * (w[1:] @ w[1:])
    def grad(self, w, A, y):
        g = A.T @ (-y / (1 + np.exp(y * (A @ w)))) / len(y)
        g[1:] += 2 * self.C * w[1:]
        return g
X = np.random.default_rng(3).normal(size=(30, 2))
Logistic().fit(X, np.sign(X[:, 0]))
"""
CLOSURES = """
import numpy as np
def affine(x, W, b):
    def backward(dy):
        return dy @ W.T, x.T @ dy, dy.sum(axis=0)
    return x @ W + b, backward
def tanh(x):
    t = np.tanh(x)
    def backward(dy):
        return dy - dy * t * t
    return t, backward
def step(params, x, y, lr):
    (W1, b1), (W2, b2) = params
    h, back1 = affine(x, W1, b1)
    a, back_tanh = tanh(h)
    scores, back2 = affine(a, W2, b2)
    value = 0.5 * np.sum((scores - y) ** 2)
    da, gW2, gb2 = back2(scores - y)
    _, gW1, gb1 = back1(back_tanh(da))
    new = [(W - lr * gW, b - lr * gb) for (W, b), (gW, gb) in zip(params, [(gW1, gb1), (gW2, gb2)])]
    return value, new
rng = np.random.default_rng(5)
params = [(rng.normal(size=(i, o)), np.zeros(o)) for i, o in ((2, 5), (5, 3))]
X, y = rng.normal(size=(9, 2)), rng.normal(size=(9, 3))
for k in range(5):
    value, params = step(params, X, y, 0.01)
"""
ERRORS = """
import numpy as np
def sigmoid(x):
    return 1 / (1 + np.exp(-x))
X, y = np.array([[0.0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]), np.array([[0], [1], [1], [0]])
rng = np.random.default_rng(1)
w0, w1, w2 = rng.normal(size=(3, 5)), rng.normal(size=(5, 4)), rng.normal(size=(4, 1))
for j in range(50):
    a = sigmoid(X @ w0)
    b = sigmoid(a @ w1)
    c = sigmoid(b @ w2)
    error = y - c
    if j % 10 == 0:
        print("Error:", 0.5 * np.sum(error ** 2))
    delta = error * c * (1 - c)
    b_error = delta @ w2.T
    w2 += 0.5 * b.T @ delta
    a_error = (b_error * b * (1 - b)) @ w1.T
    w1 += 0.5 * a.T @ (b_error * b * (1 - b))
    w0 += 0.5 * X.T @ (a_error * a * (1 - a))
"""
EARLY = (
    "    b_error = delta @ w2.T\n    w2 += 0.5 * b.T @ delta\n",
    "    w2 += 0.5 * b.T @ delta\n    b_error = delta @ w2.T\n",
)
CASES = [
    pytest.param(ERRORS, "training_loop", *EARLY, id="errors of layers"),
    pytest.param(NAMED, "Net", "act = self.acts[k]", "act = self.acts[k - 1]", id="names in a list"),
    pytest.param(MODELS, "Logistic", "2 * self.C * w[1:]", "self.C * w[1:]", id="handed weights that it keeps"),
    pytest.param(CLOSURES, "step", "dy - dy * t * t", "dy - dy * t", id="new weights in pairs"),
    pytest.param(MIXTURE, "MDN", "/ self.sigma ** 2", "/ self.sigma", id="kept by its loss"),
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
    is_right_and_a_slip_is_placed(tmp_path, text, name, here, slip)


def is_right_and_a_slip_is_placed(folder, text, name, here, slip):
    """Assert that a program is right, and that a slip in it is blamed at a line where it stands, and nothing else."""
    verdict, checked, blamed = judged(folder / "right.py", text)[name]
    assert verdict in ("match", "other convention") and checked, (verdict, checked, blamed)
    wrong = text.replace(here, slip)
    pairs = enumerate(zip(text.splitlines(), wrong.splitlines(), strict=True), 1)
    changed = [line for line, (one, other) in pairs if one != other]
    verdict, _, blamed = judged(folder / "wrong.py", wrong)[name]
    assert verdict == "wrong"
    assert len(blamed) == 1
    assert blamed[0] in changed
