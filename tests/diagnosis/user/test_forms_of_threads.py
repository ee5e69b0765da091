"""Forms of public threads: each is right as it stands, and a slip in it is placed."""

import pytest

from tests.diagnosis.user.test_forms_of_many_authors import is_right_and_a_slip_is_placed
from tests.diagnosis.user.test_forms_published_later import judged

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
SKIPGRAM = """
import numpy as np
def sigmoid(x):
    return 1 / (1 + np.exp(-x))
def neg_sampling(predicted, target, outputVectors, samples):
    sig = sigmoid(np.dot(outputVectors[target], predicted))
    cost, gradPred, grad = -np.log(sig), -outputVectors[target] * (1 - sig), np.zeros_like(outputVectors)
    for k in samples:
        s = sigmoid(np.dot(outputVectors[k], predicted))
        cost -= np.log(1 - s)
        gradPred += s * outputVectors[k]
        grad[k] += s * predicted
    grad[target] += -predicted * (1 - sig)
    return cost, gradPred, grad
def skipgram(inputVectors, outputVectors, current, context, samples):
    cost, gradIn, gradOut = 0.0, np.zeros(inputVectors.shape), np.zeros(outputVectors.shape)
    for target, drawn in zip(context, samples):
        cost_0, gradIn_0, gradOut_0 = neg_sampling(inputVectors[current], target, outputVectors, drawn)
        cost += cost_0
        gradIn[current] += gradIn_0
        gradOut += gradOut_0
    return cost, gradIn, gradOut
if __name__ == "__main__":
    rng = np.random.RandomState(31)
    W_in, W_out = rng.randn(5, 3), rng.randn(5, 3)
    for step in range(5):
        cost, g_in, g_out = skipgram(W_in, W_out, 2, [0, 1, 4, 3], [[2, 2, 1], [0, 3, 4], [2, 0, 0], [1, 4, 2]])
        W_in -= 0.05 * g_in
        W_out -= 0.05 * g_out
"""
SCORES = """
import numpy as np
def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
def boosted(labels, raw, gamma=2.0):
    pt = softmax(raw)[np.arange(len(labels)), labels]
    return np.sum(-((1 - pt) ** gamma) * np.log(pt))
def boosted_gradient(labels, raw, gamma=2.0):
    y, p = np.eye(raw.shape[1])[labels], softmax(raw)
    pt = p[y == 1]
    common = gamma * np.power(1 - pt, gamma - 1) * pt * np.log(pt) - np.power(1 - pt, gamma)
    return common[:, None] * (y - p)
"""
RESIDUAL = """
import numpy as np
def fair_loss(true, pred):
    c = 1.5
    x = np.abs(true - pred)
    return np.sum(c ** 2 * (x / c - np.log(1 + x / c)))
def fair_loss_gradient(true, pred):
    c = 1.5
    x = true - pred
    den = np.abs(x) + c
    return -c * x / den
"""
DROPPED = """
import numpy as np
class Dropped:
    def __init__(self, rate=0.25):
        self.rate = rate
    def forward(self, x):
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        self.p = e / e.sum(axis=-1, keepdims=True)
        self.mask = np.random.default_rng(7).random(x.shape) >= self.rate
        return self.p * self.mask / (1 - self.rate)
    def backward(self, dout):
        dp = dout * self.mask / (1 - self.rate)
        return self.p * (dp - (dp * self.p).sum(axis=-1, keepdims=True))
"""
THETAS = """
import numpy as np
area, rooms = np.array([2.1, 1.6, 2.4, 1.4, 3.0, 1.9]), np.array([3.0, 3.0, 3.0, 2.0, 4.0, 4.0])
price = np.array([4.0, 3.3, 3.7, 2.3, 5.4, 3.0])
m = len(price)
theta0, theta1, theta2 = 0.2, 0.5, 0.1
step = 0.02
for i in range(50):
    diff = theta0 + theta1 * area + theta2 * rooms - price
    error = np.sum(diff ** 2) / (2 * m)
    theta0 = theta0 - step * np.sum(diff) / m
    theta1 = theta1 - step * np.sum(diff * area) / m
    theta2 = theta2 - step * np.sum(diff * rooms) / m
    if i % 10 == 0:
        print(i, error)
"""
ZIPPED = """
import numpy as np
def f(params, h, inputs, targets):
    Wx, Wh, b, Wy, by = params
    loss, caches, outputs = 0.0, [], []
    for t in range(len(inputs)):
        h_old = h
        x = np.zeros((Wx.shape[1], 1))
        x[inputs[t]] = 1
        h = np.tanh(Wx @ x + Wh @ h_old + b)
        e = np.exp(Wy @ h + by)
        p = e / e.sum()
        loss -= np.log(p[targets[t], 0])
        outputs.append(p)
        caches.append((x, h_old, h))
    return outputs, loss, h, caches
def df_analytical(params, inputs, targets, outputs, caches):
    Wx, Wh, b, Wy, by = params
    dWx, dWh, db, dWy, dby = [np.zeros_like(p) for p in params]
    dh_next = np.zeros_like(b)
    for t in reversed(range(len(inputs))):
        x, h_old, h = caches[t]
        dy = outputs[t].copy()
        dy[targets[t]] -= 1
        dWy += dy @ h.T
        dby += dy
        dz = (Wy.T @ dy + dh_next) * (1 - h ** 2)
        for dW, by_what in ((dWx, x), (dWh, h_old)):
            dW += dz @ by_what.T
        db += dz
        dh_next = Wh.T @ dz
    return [dWx, dWh, db, dWy, dby]
if __name__ == "__main__":
    rng = np.random.RandomState(4)
    params = [rng.randn(5, 4), rng.randn(5, 5), np.zeros((5, 1)), rng.randn(4, 5), np.zeros((4, 1))]
    for epoch in range(3):
        outputs, loss, h, caches = f(params, np.zeros((5, 1)), [0, 2, 3, 1], [2, 3, 1, 1])
        grads = df_analytical(params, [0, 2, 3, 1], [2, 3, 1, 1], outputs, caches)
        for p, g in zip(params, grads):
            p -= 0.1 * g
"""
SATURATED = """
import numpy as np
def loss_and_gradient(w, X, y):
    a = 1 / (1 + np.exp(-(X @ w + 21.0)))
    loss = -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)) / len(y)
    return loss, X.T @ (a - y) / len(y)
"""
DIVERGENCE = """
import numpy as np
class Codes:
    def __init__(self, n_in=8, n_classes=4, beta=0.5):
        rng = np.random.default_rng(3)
        self.beta, self.K = beta, n_classes
        self.Wq, self.Wd = rng.normal(size=(n_in, n_classes)), rng.normal(size=(n_classes, n_in))
    def forward(self, x):
        e = np.exp(x @ self.Wq)
        self.q = e / e.sum(axis=1, keepdims=True)
        self.out = 1 / (1 + np.exp(-(self.q @ self.Wd)))
        return self.out
    def loss(self, x):
        out = self.forward(x)
        rec = -np.sum(x * np.log(out) + (1 - x) * np.log(1 - out))
        return (rec + self.beta * np.sum(self.q * (np.log(self.q) + np.log(self.K)))) / len(x)
    def backward(self, x):
        d_out = (self.out - x) / len(x)
        dq = d_out @ self.Wd.T
        dq += self.beta * (np.log(self.q) + np.log(self.K) + 1) / len(x)
        dlogits = self.q * (dq - (dq * self.q).sum(axis=1, keepdims=True))
        return {"Wd": self.q.T @ d_out, "Wq": x.T @ dlogits}
    def step(self, x, lr=0.2):
        loss = self.loss(x)
        for name, g in self.backward(x).items():
            setattr(self, name, getattr(self, name) - lr * g)
        return loss
if __name__ == "__main__":
    data, model = (np.random.default_rng(1).random((30, 8)) > 0.6).astype(float), Codes()
    for epoch in range(3):
        model.step(data)
"""
GATED = """
import numpy as np
class Cell:
    def __init__(self, Wx, Wr, Wh):
        self.Wx, self.Wr, self.Wh = Wx, Wr, Wh
    def forward(self, x, h_prev):
        r = 1 / (1 + np.exp(-(x @ self.Wr)))
        h = np.tanh(x @ self.Wx + np.dot(r * h_prev, self.Wh))
        self.cache = x, h_prev, r, h
        return h
    def backward(self, dh):
        x, h_prev, r, h = self.cache
        dt = dh * (1 - h ** 2)
        dhr = np.dot(dt, self.Wh.T)
        ds = dhr * h_prev * r * (1 - r)
        self.dWx, self.dWr, self.dWh = np.dot(x.T, dt), np.dot(x.T, ds), np.dot((r * h_prev).T, dt)
        return np.dot(dt, self.Wx.T) + np.dot(ds, self.Wr.T), r * dhr
"""
OUTPUTS = """
import numpy as np
def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))
def sigmoid_prime(a):
    return a * (1.0 - a)
class Net:
    def __init__(self, layers, seed=0):
        rng = np.random.RandomState(seed)
        self.weights = [2 * rng.rand(a + 1, b) - 1 for a, b in zip(layers[:-1], layers[1:])]
    def fit(self, X, y, rate=0.2, epochs=10):
        for k in range(epochs):
            i = np.random.randint(X.shape[0])
            a = [X[i]]
            for W in self.weights:
                a.append(sigmoid(np.dot(np.append(a[-1], 1.0), W)))
            delta = (y[i] - a[-1]) * sigmoid_prime(a[-1])
            for l in range(len(self.weights) - 1, -1, -1):
                back = np.dot(self.weights[l][:-1], delta)
                self.weights[l] += rate * np.outer(np.append(a[l], 1.0), delta)
                delta = back * sigmoid_prime(a[l])
if __name__ == "__main__":
    net = Net([2, 3, 1])
    net.fit(np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0]))
"""
CRITIC = """
import numpy as np
def critic_loss(w, states, returns):
    v = states @ w
    loss = 0.5 * np.mean((v - returns) ** 2)
    return loss, states.T @ (v - returns) / len(states)
if __name__ == "__main__":
    rng, w = np.random.default_rng(8), np.zeros(4)
    for episode in range(3):
        value, gw = critic_loss(w, rng.standard_normal((7, 4)), rng.standard_normal(7))
        w = w - 0.1 * gw
"""
AGAINST = """
import numpy as np
def generator_loss(g, d, z):
    V, c = g
    W, b = d
    x = np.tanh(z @ V + c)
    p = 1 / (1 + np.exp(-(x @ W + b)))
    dlogit = -(1 - p) / len(z)
    dz = dlogit @ W.T * (1 - x ** 2)
    return np.mean(-np.log(p)), [z.T @ dz, dz.sum(axis=0)]
if __name__ == "__main__":
    rng = np.random.default_rng(3)
    g, d = [rng.standard_normal(s) for s in [(2, 3), (3,)]], [rng.standard_normal(s) for s in [(3, 1), (1,)]]
    for step in range(3):
        loss, grads = generator_loss(g, d, rng.standard_normal((6, 2)))
        g = [p - 0.1 * q for p, q in zip(g, grads)]
"""
OF_NODES = """
import numpy as np
class Optimizer:
    def __init__(self, learning_rate=0.01):
        self.learning_rate = learning_rate
    def update(self, values, gradients):
        for node in values:
            self._update(node, values, gradients[node])
class RMSProp(Optimizer):
    '''handnn: optimizer rmsprop, learning_rate=0.01, rho=0.9, epsilon=1e-10'''
    def __init__(self, learning_rate=0.01, beta=0.9):
        Optimizer.__init__(self, learning_rate)
        self.beta, self.s = beta, {}
    def _update(self, node, values, gradient):
        before = self.s.get(node, 0.0)
        self.s[node] = self.beta * before + (1 - self.beta) * np.power(gradient, 2)
        values[node] = values[node] - self.learning_rate * gradient / np.sqrt(self.s[node] + 1e-10)
"""
CASES = [
    pytest.param(OUTPUTS, "Net", "* sigmoid_prime(a[-1])", "* sigmoid_prime(a[-1]) ** 2", id="slope of outputs"),
    pytest.param(CRITIC, "critic_loss", "states.T @ (v - returns)", "states.T @ v", id="critic"),
    pytest.param(AGAINST, "generator_loss", "dlogit @ W.T * (1 - x ** 2)", "dlogit @ W.T * (1 - x)", id="generator"),
    pytest.param(OF_NODES, "RMSProp", "(1 - self.beta) * np", "np", id="method that another calls"),
    pytest.param(SATURATED, "loss_and_gradient", "(a - y)", "(a - 1.001 * y)", id="rounding where all are sure"),
    pytest.param(DIVERGENCE, "Codes", "dq +=", "dq -=", id="codes", marks=pytest.mark.slow),
    pytest.param(GATED, "Cell", "np.dot(r * h_prev, self.Wh)", "np.dot(h_prev, self.Wh)", id="gate of the way forward"),
    pytest.param(
        SKIPGRAM, "skipgram", "gradIn[current] +=", "gradIn +=", id="gradient of a row", marks=pytest.mark.slow
    ),
    pytest.param(SKIPGRAM, "neg_sampling", "grad[k] += s", "grad[k] = s", id="word vectors", marks=pytest.mark.slow),
    pytest.param(SCORES, "boosted", "gamma * np.power(1 - pt, gamma - 1) * pt", "gamma * pt", id="scores and labels"),
    pytest.param(RESIDUAL, "fair_loss", "-c * x", "c * x", id="sign of a residual"),
    pytest.param(
        DROPPED,
        "Dropped",
        "self.mask / (1 - self.rate)\n        return self.p *",
        "self.mask * self.rate\n        return self.p *",
        id="rate",
    ),
    pytest.param(THETAS, "training_loop", "np.sum(diff * rooms)", "np.sum(diff)", id="numbers one by one"),
    pytest.param(ZIPPED, "f", "Wh.T @ dz", "Wh @ dz", id="parameters in a list", marks=pytest.mark.slow),
    pytest.param(WRITTEN_OUT, "training_loop", "speed * k * hidden", "speed * k", id="written out"),
    pytest.param(RECURSION, "Num_backward", "(flow * slope)", "(self.grad * slope)", id="way back of an engine"),
    pytest.param(COUNTED, "LayerNorm", "dy.shape[0] * dy.shape[1]", "dy.shape[0]", id="counted"),
    pytest.param(HELPED, "Net", "1 - np.tanh(x) ** 2", "np.tanh(x) ** 2", id="slope of its own"),
]


def test_outputs_and_caches_are_no_gradients(tmp_path):
    alone = ZIPPED.partition("def df_analytical")[0]
    assert judged(tmp_path / "forward.py", alone)["f"][0] == "incomplete"


@pytest.mark.quick(1)
@pytest.mark.parametrize(("text", "name", "here", "slip"), CASES)
def test_it_is_right_and_a_slip_is_placed(tmp_path, text, name, here, slip):
    is_right_and_a_slip_is_placed(tmp_path, text, name, here, slip)
