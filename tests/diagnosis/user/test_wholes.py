"""What is made of parts of its file: a script that trains with an engine; losses with numbers, gathered gradients."""

import pytest

from tests.diagnosis.user.test_forms_published_later import judged

ENGINE = """
import numpy as np
class Tensor:
    def __init__(self, data, parents=()):
        self.data = np.asarray(data, dtype=float)
        self.grad = np.zeros_like(self.data)
        self._prev, self._backward = parents, lambda: None
    def __add__(self, other):
        out = Tensor(self.data + other.data, (self, other))
        def _backward():
            for each in (self, other):
                grad = out.grad
                while grad.ndim > each.data.ndim:
                    grad = grad.sum(axis=0)
                each.grad += grad
        out._backward = _backward
        return out
    def __mul__(self, other):
        out = Tensor(self.data * other.data, (self, other))
        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
        out._backward = _backward
        return out
    def __matmul__(self, other):
        out = Tensor(self.data @ other.data, (self, other))
        def _backward():
            self.grad += out.grad @ other.data.T
            other.grad += self.data.T @ out.grad
        out._backward = _backward
        return out
    def mean(self):
        out = Tensor(self.data.mean(), (self,))
        def _backward():
            self.grad += np.ones_like(self.data) * out.grad / self.data.size
        out._backward = _backward
        return out
    def backward(self):
        order, seen = [], set()
        def visit(v):
            if v not in seen:
                seen.add(v)
                for parent in v._prev:
                    visit(parent)
                order.append(v)
        visit(self)
        self.grad = np.ones_like(self.data)
        for v in reversed(order):
            v._backward()
X, y = Tensor(np.random.randn(16, 3)), Tensor(np.random.randn(16, 1))
W, b = Tensor(np.random.randn(3, 1)), Tensor(np.zeros(1))
for step in range(40):
    diff = X @ W + b + y
    loss = (diff * diff).mean()
    for p in (W, b):
        p.grad = np.zeros_like(p.data)
    loss.backward()
    for p in (W, b):
        p.data -= 0.01 * p.grad
    print(step, loss.data)
"""
HUBER = """
import numpy as np
def huber(y_true, y_pred, delta=1.5):
    e = y_pred - y_true
    return np.mean(np.where(np.abs(e) <= delta, 0.5 * e**2, delta * (np.abs(e) - 0.5 * delta)))
def huber_prime(y_true, y_pred, delta=1.5):
    e = y_pred - y_true
    return np.where(np.abs(e) <= delta, e, delta * np.sign(e)) / y_true.size
"""
GATHERED = """
import numpy as np
class RNN:
    def __init__(self, n_in, n_hidden):
        self.W, self.U = np.random.randn(n_hidden, n_in), np.random.randn(n_hidden, n_hidden)
        self.V = np.random.randn(1, n_hidden)
    def forward(self, xs):
        self.xs, self.hs = xs, [np.zeros((self.U.shape[0], 1))]
        for x in xs:
            self.hs.append(np.tanh(self.W @ x.reshape(-1, 1) + self.U @ self.hs[-1]))
        self.y = self.V @ self.hs[-1]
        return self.y
    def loss(self, target):
        return 0.5 * np.sum((self.y - target) ** 2)
    def backward(self, target):
        self.dW, self.dU = np.zeros_like(self.W), np.zeros_like(self.U)
        dy = self.y - target
        self.dV = dy @ self.hs[-1].T
        dh = self.V.T @ dy
        for t in reversed(range(len(self.xs))):
            dz = dh * (1 - self.hs[t + 1] ** 2)
            self.dW += dz @ self.xs[t].reshape(1, -1)
            self.dU += dz @ self.hs[t].T
            dh = self.U.T @ dz
net = RNN(2, 3)
net.forward(np.random.randn(5, 2))
net.loss(0.5)
net.backward(0.5)
"""


@pytest.mark.quick(1)
@pytest.mark.parametrize(
    ("text", "name", "here", "slip"),
    [
        pytest.param(ENGINE, "training_loop", "out.grad / self.data.size", "out.grad", id="engine"),
        pytest.param(HUBER, "huber", "delta * np.sign(e)", "np.sign(e)", id="default"),
        pytest.param(GATHERED, "RNN", "self.hs[t + 1] ** 2", "self.hs[t] ** 2", id="gathered"),
    ],
)
def test_it_is_right_and_a_slip_is_found(tmp_path, text, name, here, slip):
    verdict, checked, blamed = judged(tmp_path / "right.py", text)[name]
    assert verdict == "match" and checked, (verdict, checked, blamed)
    wrong = text.replace(here, slip)
    line = next(i for i, (a, b) in enumerate(zip(text.splitlines(), wrong.splitlines(), strict=True), 1) if a != b)
    assert judged(tmp_path / "wrong.py", wrong)[name][::2] == ("wrong", [line])


STEPS = """
import numpy as np
class Dense:
    def __init__(self, n_in, n_out):
        self.W, self.b = np.random.randn(n_in, n_out), np.zeros(n_out)
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T
    def update(self, lr):
        self.W -= lr * self.dW
        self.b -= lr * self.db
"""


@pytest.mark.parametrize(("slip", "told"), [("self.b -=", "match"), ("self.b +=", "incomplete")])
def test_a_layers_own_step_goes_down_all_its_gradients(tmp_path, slip, told):
    assert judged(tmp_path / "steps.py", STEPS.replace("self.b -=", slip))["Dense"][0] == told
