"""Forms of a fourth corpus of published code: each is read as it stands, and a slip in it is seen."""

from pathlib import Path
from typing import Any

import pytest

from handnn.diagnosis.check import verdicts

TOLD = """
import numpy as np
class Dense:
    def __init__(self, units): self.units, self.input_shape, self.W = units, None, None
    def initialize(self): self.W = np.random.randn(*self.input_shape, self.units)
    def forward(self, x):
        self.x = x
        return x @ self.W
    def backward(self, grad):
        self.dW = self.x.T @ grad
        return grad @ self.W.T
"""
OWN_WEIGHTS = TOLD.replace(
    "def initialize(self): ", "def initialize(self, rule): self.W = rule.draw((4, 3))\n    def other(self): "
)
OWN_WEIGHTS = OWN_WEIGHTS.replace("None, None", "None, np.random.randn(4, units)")
DRAWN = """
import numpy as np
class Drop:
    def forward(self, x):
        self.kept = np.random.binomial(1, 0.7)
        return x * self.kept
    def backward(self, grad): return grad * self.kept
"""
APART = """
import numpy as np
def forward(X, W, b, act=np.tanh):
    a = act(X @ W + b)
    saved["at"] = (X, a)
    return a
def compute_loss(y, p):
    return -np.sum(y * np.log(p)), 0
def backwards(delta, W, b):
    X, a = saved["at"]
    d = delta * (1 - a**2)
    return d @ W.T, X.T @ d, np.sum(d, axis=0, keepdims=True)
saved = {}
W, b = np.random.randn(4, 3), np.zeros((1, 3))
X, y = np.random.randn(6, 4), np.eye(3)[[0, 1, 2, 0, 1, 2]]
for epoch in range(9):
    p = forward(X, W, b)
    loss, accuracy = compute_loss(y, p)
    _, dW, db = backwards(p - y, W, b)
    W -= 0.1 * dW
    b -= 0.1 * db
"""
STEP = """
import numpy as np
class Net:
    def __init__(self, sizes=(4, 3)): self.W, self.lr = np.random.randn(*sizes), 0.1
    def forward(self, X): return X @ self.W
    def backward(self, X, y):
        dW = X.T @ (self.forward(X) - y) / len(X)
        for i in range(1):
            self.W -= self.lr * dW
        return dW
"""
SEVERAL = """
import numpy as np
class SquaredError:
    def forward(self, y, p): return np.sum(y - p, axis=1) ** 2
    def backward(self, y, p): return -2 * (y - p)
"""
FLAG = """
import numpy as np
class Last:
    def __init__(self, every=True): self.every = every
    def forward(self, x):
        self.x = x
        y = np.tanh(x)
        if not self.every:
            y = y[:, -1:]
        return y
    def backward(self, grad):
        if self.every:
            dx = grad * (1 - np.tanh(self.x) ** 2)
        else:
            dx = np.zeros_like(self.x)
            dx[:, -1:] = grad * (1 - np.tanh(self.x[:, -1:]) ** 2)
        return dx
"""
IN_A_DICT = """
import numpy as np
def conv_forward(x, w, b, conv_param):
    s, pad = conv_param["stride"], conv_param["pad"]
    z = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(z, w.shape[2:], (2, 3))[:, :, ::s, ::s]
    return np.einsum("nchwij,fcij->nfhw", windows, w) + b.reshape(1, -1, 1, 1), (x, w, b, conv_param)
def conv_backward(dout, cache):
    x, w, b, conv_param = cache
    s, pad = conv_param["stride"], conv_param["pad"]
    z = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dz, dw = np.zeros(z.shape), np.zeros(w.shape)
    for i, j in np.ndindex(dout.shape[2:]):
        part = np.s_[:, :, i * s : i * s + w.shape[2], j * s : j * s + w.shape[3]]
        dz[part] += np.tensordot(dout[:, :, i, j], w, 1)
        dw += np.tensordot(dout[:, :, i, j].T, z[part], 1)
    assert pad > 0
    return dz[:, :, pad:-pad, pad:-pad], dw, dout.sum(axis=(0, 2, 3))
"""
EACH_STEP = """
import numpy as np
class Sums:
    def __init__(self, n_in, n_out): self.W, self.V = np.random.randn(n_in, n_out), np.random.randn(n_out, n_out)
    def forward(self, x):
        self.x, self.h = x, [np.zeros((x.shape[1], len(self.V)))]
        for t in range(len(x)):
            self.h.append(np.tanh(x[t] @ self.W + self.h[-1] @ self.V))
        return self.h[-1]
    def backward(self, grad):
        dW, dV = np.zeros((len(self.x), *self.W.shape)), np.zeros((len(self.x), *self.V.shape))
        for t in reversed(range(len(self.x))):
            grad = grad * (1 - self.h[t + 1] ** 2)
            dW[t], dV[t] = self.x[t].T @ grad, self.h[t].T @ grad
            grad = grad @ self.V.T
        self.dW, self.dV = dW, dV
    def update(self, lr):
        self.W -= lr * self.dW.sum(axis=0)
        self.V -= lr * self.dV.sum(axis=0)
"""
PASSED_ON = """
import numpy as np
class Softmax:
    def forward(self, x):
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)
    def backward(self, grad): return grad
"""
LETTERS = """
import numpy as np
data = open("input.txt", "r").read()
letters = sorted(set(data))
size = len(letters)
place = {letter: i for i, letter in enumerate(letters)}
W, b = np.random.randn(size, size) * 0.1, np.zeros((size, 1))
def loss_and_gradients(inputs, targets):
    loss, dW, db = 0, np.zeros_like(W), np.zeros_like(b)
    for i, j in zip(inputs, targets):
        x = np.zeros((size, 1))
        x[i] = 1
        z = W @ x + b
        p = np.exp(z) / np.sum(np.exp(z))
        loss += -np.log(p[j, 0])
        d = np.copy(p)
        d[j] -= 1
        dW += d @ x.T
        db += d
    return loss, dW, db
"""

SLOW = pytest.mark.slow
RIGHT = {
    "told": TOLD, "own weights": OWN_WEIGHTS, "drawn": DRAWN, "step": STEP, "flag": FLAG, "in a dict": IN_A_DICT,
    "each step": EACH_STEP,
    "letters": pytest.param(LETTERS, marks=SLOW),
}  # fmt: skip
SLIPS = {
    "told": (TOLD, "@ grad", "@ -grad"),
    "drawn": (DRAWN, "grad * self.kept", "grad"),
    "each step": pytest.param(EACH_STEP, "self.h[t].T @ grad", "self.h[t].T @ -grad", marks=SLOW),
    "flag": (FLAG, "dx[:, -1:] = grad *", "dx[:, -1:] = 2 * grad *"),
    "in a dict": pytest.param(IN_A_DICT, ".T, z[part]", ".T, s * z[part]", marks=SLOW),
    "letters": pytest.param(LETTERS, "d[j] -= 1", "d[j] += 1", marks=SLOW),
}


def _of(text: str, folder: Path, name: str = "") -> dict[str, Any]:
    """Return the last verdict on a program, or that on a name."""
    file = folder / "learner.py"
    file.write_text(text)
    found = [one["verdict"] for one in verdicts(str(file)) if name in ("", one["name"])]
    return dict(found[-1])


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT)
def test_is_read(text: str, tmp_path: Path) -> None:
    assert _of(text, tmp_path)["verdict"] == "match"


@pytest.mark.slow
def test_a_pair_of_functions_is_a_layer_where_it_is_right_without_the_cost(tmp_path: Path) -> None:
    assert _of(APART, tmp_path, "forward")["verdict"] == "match"
    assert _of(APART.replace("1 - a**2", "1 + a**2"), tmp_path, "forward")["verdict"] != "match"


@pytest.mark.parametrize(("text", "right", "wrong"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_seen(text: str, right: str, wrong: str, tmp_path: Path) -> None:
    assert text.count(right) == 1
    assert _of(text.replace(right, wrong), tmp_path)["verdict"] == "wrong"


@pytest.mark.slow
def test_gradients_of_each_step_are_wrong_where_nothing_sums_them(tmp_path: Path) -> None:
    assert _of(EACH_STEP.replace(".sum(axis=0)", ""), tmp_path)["verdict"] == "wrong"


def test_a_step_that_does_not_follow_its_gradient_is_told(tmp_path: Path) -> None:
    found = _of(STEP.replace("self.lr * dW", "self.lr * self.W.mean()"), tmp_path)
    assert found["verdict"] == "incomplete"
    assert "does not follow the gradient" in str(found["unchecked"])


def test_a_loss_for_one_output_is_no_match(tmp_path: Path) -> None:
    found = _of(SEVERAL, tmp_path)
    assert found["verdict"] == "other convention"
    assert "one output" in found["convention"][0]


def test_a_softmax_that_hands_on_what_it_is_given_is_explained(tmp_path: Path) -> None:
    found = _of(PASSED_ON, tmp_path)
    assert found["verdict"] == "wrong"
    assert "softmax is left out" in found["blamed"][0]["mistake"]
    assert "left out" not in str(_of(PASSED_ON.replace("return grad", "return 2 * grad"), tmp_path)["blamed"])
