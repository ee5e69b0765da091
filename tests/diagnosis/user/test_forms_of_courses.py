"""Forms of courses: each is right as it stands, and a slip in it is placed."""

import pytest

from tests.diagnosis.user.test_forms_of_many_authors import is_right_and_a_slip_is_placed
from tests.diagnosis.user.test_forms_published_later import judged

SEVERAL_LOSSES = """
import numpy as np
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
def logistic_loss(w, X, y, lam):
    return np.logaddexp(0, -y * (X @ w)).sum() + 0.5 * lam * w[1:] @ w[1:]
def logistic_loss_grad(w, X, y, lam):
    penalty = lam * w
    penalty[0] = 0
    return -X.T @ (y * sigmoid(-y * (X @ w))) + penalty
def ridge_loss(w, X, t, lam):
    return np.sum((t - X @ w) ** 2) + lam * w @ w
def ridge_loss_grad(w, X, t, lam):
    return 2 * ((X.T @ X + lam * np.eye(len(w))) @ w - X.T @ t)
"""
SLOPE_OF_ITS_OWN = """
import numpy as np
class Net:
    def __init__(self, n_inputs=2, n_hidden=6):
        rng = np.random.default_rng(1)
        self.w, self.v = rng.normal(0, 0.5, (n_hidden, n_inputs)), rng.normal(0, 0.5, (1, n_hidden))
        self.alpha = 0.05
    def leaky_relu(self, z):
        return np.where(z > 0, z, self.alpha * z)
    def d_leaky_relu(self, z):
        return np.where(z > 0, 1.0, self.alpha)
    def forward(self, x):
        self.x, self.z = x, self.w @ x
        self.a = self.leaky_relu(self.z)
        self.out = self.v @ self.a
        return self.out
    def cost(self, y):
        return np.sum((self.out - y) ** 2) / y.shape[1]
    def backward(self, y):
        dout = 2 / y.shape[1] * (self.out - y)
        self.dv = dout @ self.a.T
        da = self.v.T @ dout
        self.dw = da * self.d_leaky_relu(self.z) @ self.x.T
if __name__ == "__main__":
    x = np.random.default_rng(0).uniform(-1, 1, (2, 40))
    net, y = Net(), (np.sin(2 * x[0]) - x[1] ** 2)[None, :]
    net.forward(x)
    print(net.cost(y))
    net.backward(y)
"""
TAPE = """
import numpy as np
TAPE = []
class Array:
    def __init__(self, value):
        self.value = np.asarray(value, dtype=float)
        self.grad = np.zeros_like(self.value)
def record(value, back):
    out = Array(value)
    TAPE.append(lambda: back(out.grad))
    return out
def matmul(a, b):
    def back(g):
        a.grad += g @ b.value.swapaxes(-1, -2)
        gb = a.value.swapaxes(-1, -2) @ g
        b.grad += gb.sum(axis=0) if gb.ndim > b.value.ndim else gb
    return record(a.value @ b.value, back)
def square(a):
    def back(g):
        a.grad += 2 * a.value * g
    return record(a.value ** 2, back)
def mean(a, axis=None):
    def back(g):
        if axis is not None:
            g = np.expand_dims(g, axis)
        a.grad += np.ones_like(a.value) * g / np.size(a.value, axis)
    return record(a.value.mean(axis=axis), back)
def run_tape(last):
    last.grad[...] = 1
    while TAPE:
        TAPE.pop()()
def loss_and_grads(params, x):
    W1, W2 = [Array(p) for p in params]
    loss = mean(square(matmul(mean(square(matmul(Array(x), W1)), axis=1), W2)))
    run_tape(loss)
    return float(loss.value), [W1.grad, W2.grad]
if __name__ == "__main__":
    rng = np.random.default_rng(2)
    x, params = rng.standard_normal((6, 4, 3)), [rng.standard_normal((3, 5)), rng.standard_normal((5, 2))]
    for epoch in range(3):
        loss, grads = loss_and_grads(params, x)
        params = [p - 0.1 * g for p, g in zip(params, grads)]
"""
WORDS = """
import numpy as np
def naive_softmax(center, outside_idx, outside_vectors):
    e = np.exp(outside_vectors @ center)
    y_hat = e / np.sum(e)
    loss = -np.log(y_hat[outside_idx])
    y_hat[outside_idx] -= 1
    grad_center = outside_vectors.T @ y_hat
    grad_outside = np.outer(y_hat, center)
    return loss, grad_center, grad_outside
if __name__ == "__main__":
    V, U = 0.3 * np.random.default_rng(9).standard_normal((2, 7, 4))
    for c, o in ((0, 1), (3, 2)):
        loss, gc, gu = naive_softmax(V[c], o, U)
        V[c] -= 0.1 * gc
        U -= 0.1 * gu
"""
OWN_LOSS = """
import numpy as np
class Net:
    def __init__(self):
        rng = np.random.default_rng(0)
        self.weights = [rng.normal(0, 0.5, (4, 6)), rng.normal(0, 0.5, (6, 2))]
    def forward(self, x):
        self.x, self.h = x, np.tanh(x @ self.weights[0])
        output = self.h @ self.weights[1]
        return output
    def loss(self, output, y):
        return float(np.mean(np.sum((output - y) ** 2, axis=1)))
    def backward(self, output, y):
        delta = 2 * (output - y) / len(y)
        dh = delta @ self.weights[1].T * (1 - self.h ** 2)
        return [self.x.T @ dh, self.h.T @ delta]
    def fit(self, x, y, lr=0.02):
        for lo in range(0, len(x), 16):
            xb, yb = x[lo:lo + 16], y[lo:lo + 16]
            for w, g in zip(self.weights, self.backward(self.forward(xb), yb)):
                w -= lr * g
        return self.loss(self.forward(x), y)
if __name__ == "__main__":
    x = np.random.default_rng(1).normal(size=(160, 4))
    print(Net().fit(x, np.stack([np.abs(x[:, 0]), x[:, 1]], axis=1)))
"""
HANDED_WHOLE = """
import numpy as np
class Net:
    def __init__(self):
        rng = np.random.default_rng(0)
        self.V, self.W = rng.normal(size=(5, 4)), rng.normal(size=(3, 5))
    def predict(self, sample):
        self.x, self.h = sample, np.tanh(self.V @ sample)
        output = self.W @ self.h
        return output
    def loss(self, output, label):
        return 0.7 * ((label - output) * (label - output)).sum()
    def calc_gradient(self, label):
        delta = -1.4 * (label - self.W @ self.h)
        self.dW = delta @ self.h.T
        self.dV = (self.W.T @ delta * (1 - self.h ** 2)) @ self.x.T
"""
CASES = [
    pytest.param(HANDED_WHOLE, "Net", "(1 - self.h ** 2)", "(1 - self.h)", id="what forward returns alone"),
    pytest.param(SEVERAL_LOSSES, "logistic_loss", ")) + penalty", ")) - penalty", id="a loss beside others"),
    pytest.param(SLOPE_OF_ITS_OWN, "Net", "d_leaky_relu(self.z)", "d_leaky_relu(da)", id="what its slope is given"),
    pytest.param(TAPE, "loss_and_grads", "np.size(a.value, axis)", "a.value.size", id="mean along an axis"),
    pytest.param(WORDS, "naive_softmax", "outside_vectors.T @ y_hat", "outside_vectors.T @ e", id="a word's index"),
]


IN_ONE_LINE = """
import numpy as np
class Dense:
    def __init__(self, n_in=4, n_out=3):
        self.W, self.b = np.random.default_rng(0).normal(size=(n_in, n_out)), np.zeros(n_out)
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, d):
        self.dW, self.db = 3 * self.x.T @ d, -d.sum(axis=0)
        return d @ self.W.T
"""
CALLED_TWICE = """
import numpy as np
def tanh(x):
    return np.tanh(x)
def tanh_d(x):
    return np.tanh(x) ** 2
class Net:
    def __init__(self):
        rng = np.random.RandomState(4)
        self.V, self.W = rng.normal(size=(3, 5)), rng.normal(size=(5, 2))
    def forward(self, X):
        self.X, self.z = X, X @ self.V
        self.a = tanh(self.z)
        self.o = self.a @ self.W
        return tanh(self.o)
    def loss(self, X, Y):
        return 0.5 * np.sum((self.forward(X) - Y) ** 2)
    def gradient(self, X, Y):
        delta = (self.forward(X) - Y) * tanh_d(self.o)
        dh = delta @ self.W.T * tanh_d(self.z)
        return X.T @ dh, self.a.T @ delta
"""


def test_two_mistakes_in_one_line_are_both_told(tmp_path):
    verdict, _, blamed = judged(tmp_path / "one.py", IN_ONE_LINE)["Dense"]
    line = next(i for i, text in enumerate(IN_ONE_LINE.splitlines(), 1) if "self.dW" in text)
    assert (verdict, blamed) == ("wrong", [line, line])


@pytest.mark.slow
def test_a_label_of_one_sample_hides_nothing(tmp_path):
    """Of 0 there is no slope: the sign inside it would not show."""
    wrong = SEVERAL_LOSSES.replace("sigmoid(-y *", "sigmoid(y *")
    assert judged(tmp_path / "sign.py", wrong)["logistic_loss"][0] == "wrong"


@pytest.mark.slow
def test_a_wrong_slope_that_is_called_twice_is_told_once(tmp_path):
    verdict, _, blamed = judged(tmp_path / "twice.py", CALLED_TWICE)["Net"]
    line = CALLED_TWICE.splitlines().index("    return np.tanh(x) ** 2") + 1
    assert (verdict, blamed) == ("wrong", [line])


@pytest.mark.slow
def test_a_loss_of_its_own_is_what_is_derived(tmp_path):
    assert judged(tmp_path / "right.py", OWN_LOSS)["Net"][0] == "match"
    other = OWN_LOSS.replace("np.sum((output - y) ** 2, axis=1)", "np.sum(np.abs(output - y), axis=1)")
    assert judged(tmp_path / "other.py", other)["Net"][0] == "wrong"  # though it is the derivative of a usual loss


@pytest.mark.quick(1)
@pytest.mark.parametrize(("text", "name", "here", "slip"), CASES)
def test_it_is_right_and_a_slip_is_placed(tmp_path, text, name, here, slip):
    is_right_and_a_slip_is_placed(tmp_path, text, name, here, slip)
