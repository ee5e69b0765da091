"""Forms that code has where people published it: run from a project's root, decorated, stepping by an optimizer."""

from pathlib import Path

import pytest

from handnn.diagnosis.user import subjects
from handnn.diagnosis.user.call.subject import agreement

ACT = "import numpy as np\ndef act(x): return np.tanh(x)\n"
PAIR = "{}\ndef f(x): return act(x) ** 2\ndef f_prime(x): return 2 * act(x) * (1 - act(x) ** 2)\n"


def judged(file: Path) -> tuple[bool, ...]:
    """Return for each derivation of a file whether everything that it claims is right."""
    found = list(subjects(file))
    return tuple(agreement(one)[0] == set(one.claimed) != set() for one in found)


@pytest.mark.parametrize(
    ("tools", "mine", "line"),
    [
        ("tools/acts.py", "parts/mine.py", "from tools.acts import act"),
        ("tools.py", "parts/deep/mine.py", "import sys\nfrom tools import act"),
        ("parts/tools.py", "parts/mine.py", "from .tools import act"),
    ],
    ids=["folders", "two levels up", "relative, without __init__"],
)
def test_a_project_is_imported_from_its_root(tmp_path: Path, tools: str, mine: str, line: str) -> None:
    for name, text in ((tools, ACT), (mine, PAIR.format(line))):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert judged(tmp_path / mine) == (True,)


def test_a_package_comes_before_its_own_module_of_the_same_name(tmp_path: Path) -> None:
    inner = tmp_path / "kit" / "parts" / "deep"
    inner.mkdir(parents=True)
    (tmp_path / "kit" / "kit.py").write_text("")
    (inner.parent / "acts.py").write_text(ACT)
    lines = "import not_installed\nfrom kit.parts.acts import act"
    for folder in (inner, tmp_path / "kit"):
        (folder / "mine.py").write_text(PAIR.format(lines))
        assert judged(folder / "mine.py") == (True,)


def test_another_file_of_a_package_may_fail(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text("from .old import f")
    (tmp_path / "old.py").write_text("print 'of Python 2'")
    (tmp_path / "mine.py").write_text(ACT + PAIR.format(""))
    assert judged(tmp_path / "mine.py") == (True,)


def test_a_package_below_another_is_imported_by_its_own_name(tmp_path: Path) -> None:
    inner = tmp_path / "outer" / "kit" / "sub"
    inner.mkdir(parents=True)
    for folder in (inner, inner.parent, inner.parent.parent):
        (folder / "__init__.py").write_text("")
    (inner.parent / "tools.py").write_text(ACT)
    (inner / "mine.py").write_text(PAIR.format("from kit.tools import act"))
    assert judged(inner / "mine.py") == (True,)


STEPS = """
import numpy as np
class Rule:
    def __init__(self): self.v = 0.0
    def METHOD(self, weights, gradients):
        for w, g in zip(weights, gradients):
            w -= 0.01 * np.sign(g)
class Scale:
    def __init__(self, width=4):
        self.w, self.b = np.linspace(1.0, 2.0, width), np.zeros(width)
        self.optimizer = Rule()
    def forward(self, x):
        self.x = x
        return x * self.w + self.b
    def backward(self, dout):
        dx = dout * self.w
        self.optimizer.METHOD([self.w, self.b], [(dout * self.x).sum(0), dout.sum(0)])
        return dx
"""
HANDED = """
import numpy as np
class Shift:
    def __init__(self, width=4):
        self.w = np.linspace(1.0, 2.0, width)
        self.w_opt = None
    def forward(self, x):
        self.x = x
        return x * self.w
    def backward(self, dout):
        dx = dout * self.w
        self.w = self.w_opt.update(self.w, (dout * self.x).sum(0))
        return dx
"""
NAMED = """
import numpy as np
class Named:
    def __init__(self, width=4):
        self.params, self.optimizer = {"w": np.linspace(1.0, 2.0, width)}, None
    def forward(self, x):
        self.x = x
        return x * self.params["w"]
    def backward(self, dout, learning_rate):
        grads = {"dw": (dout * self.x).sum(0)}
        self.optimizer.update(self, grads, learning_rate)
        return dout * (self.params["w"] + grads["dw"])
"""
DECORATED = """
import numpy as np
def told(*, loud=False):
    def around(function):
        def inner(*given, **named):
            inner.count += 1
            return function(*given, **named)
        inner.count = 0
        return inner
    return around
class Cube:
    @told()
    def forward(self, x):
        self.x = x
        return x ** 3
    @told()
    def backward(self, upstream):
        return upstream * 3 * self.x ** 2
"""
ETA = """
import numpy as np
class Bend:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y
    def backwardPropagate(self, eta):
        return np.einsum("...,...,...->...", 1 - self.y, 1 + self.y, eta, optimize=True)
"""
FLAG = """
import numpy as np
def squares(y_true, y_pred, derivative=False):
    if derivative:
        return 2 * (y_pred - y_true) / y_true.size
    return np.mean((y_pred - y_true) ** 2)
"""
ONES = """
import numpy as np
class Affine:
    def __init__(self, transformation_shape):
        self.weights = np.random.randn(*transformation_shape)
        self.d_weights = np.ones(transformation_shape)
    def forward(self, x):
        self.d_weights = x
        return x @ self.weights
    def backward(self, dout):
        dx = dout @ self.weights.T
        self.d_weights = self.d_weights.T @ dout
        return dx
"""
HANDED_IN = """
class Applied:
    def __init__(self, activation, derivative):
        self.f, self.df = activation, derivative
    def forward(self, x):
        self.x = x
        return self.f(x)
    def backward(self, upstream):
        return upstream * self.df(self.x)
"""
TOLD = """
import numpy as np
class Gain:
    def init_params(self, previous_neurons):
        self.gamma = np.ones((1, previous_neurons)) * 0.7
    def forward(self, x):
        self.x = x
        return self.gamma * x
    def backward(self, dout):
        self.dgamma = (dout * self.x).sum(0, keepdims=True)
        return dout * self.gamma
"""
SAME = """
class Negative:
    def forward(self, x): return -x
    def backward(self, x): return -x
"""
KEPT = """
import numpy as np
class Bell:
    def forward(self, x):
        self.y = np.exp(-x ** 2)
        self.x = x
        return self.y
    def derivative(self, x=None):
        return -2 * self.x * (self.forward(x) if x else self.y)
"""
RUNNING = """
import numpy as np
class Centre:
    def __init__(self):
        self._is_training, self.mean = False, 0.3
    def forward(self, x):
        return x - (x.mean(0) if self._is_training else self.mean)
    def backward(self, dout): return dout - dout.mean(0)
"""
OLD = """
import numpy as np
def f(x): return np.asarray(x, np.float) ** 2
def f_prime(x): return [2 for _ in xrange(1)][0] * x * np.mat(1.0)[0, 0]
"""
CUPY = """
import cupy as cp
import jax.numpy as jnp
class Bend:
    def forward(self, x):
        self.y = cp.tanh(x)
        return self.y
    def backward(self, dout): return cp.asnumpy(dout * (1 - jnp.square(self.y)))
"""
SLOPE = """
import numpy as np
class Logistic:
    def feed_forward(self, z):
        self.y = 1 / (1 + np.exp(-z))
        return self.y
    def back_prop(self): return self.y * (1 - self.y)
"""
NOT_GIVEN = """
import numpy as np
class Fourth:
    def forward(self, x):
        self.x = x
        return x ** 4
    def backward(self, grad=None): return grad[...] * 4 * self.x ** 3
"""
SETTINGS = """
import numpy as np
def window_forward(x, window_param):
    s = window_param.get('stride', 1)
    return x[:, ::s] ** 2, (x, window_param)
def window_backward(dout, cache):
    x, window_param = cache
    dx = np.zeros_like(x)
    dx[:, ::window_param['stride']] = 2 * dout * x[:, ::window_param['stride']]
    return dx
"""
GROUPS = """
import numpy as np
def groupscale_forward(x, gamma, beta, G):
    sums = x.reshape(len(x), G, -1).sum(2, keepdims=True) * np.ones((1, 1, x.shape[1] // G))
    return sums.reshape(x.shape) * gamma + beta, (sums, gamma, G, x.shape)
def groupscale_backward(dout, cache):
    sums, gamma, G, shape = cache
    d = (dout * gamma).reshape(shape[0], G, -1).sum(2, keepdims=True) * np.ones((1, 1, shape[1] // G))
    return d.reshape(shape), (dout * sums.reshape(shape)).sum(0), dout.sum(0)
"""
ROWS = """
import numpy as np
def lookup_forward(x, W):
    out = W[x, :]
    return out, (x, W)
def lookup_backward(dout, cache):
    x, W = cache
    dW = np.zeros_like(W)
    np.add.at(dW, x, dout)
    return dW
"""
MASKED = """
import numpy as np
def masked_loss(x, y, mask):
    p = np.exp(x) / np.exp(x).sum(1, keepdims=True)
    N = len(x)
    loss = -np.sum(mask * np.log(p[np.arange(N), y])) / N
    dx = p.copy()
    dx[np.arange(N), y] -= 1
    dx = dx / N * mask[:, np.newaxis]
    return loss, dx
"""
COMPUTED = """
import numpy as np
class Kinetic:
    @staticmethod
    def compute_loss(labels, predictions, epsilon=1e-8):
        predictions = predictions / np.sum(predictions)
        return np.sum(labels * predictions ** 2)
    @staticmethod
    def compute_derivative(labels, predictions):
        s = np.sum(predictions)
        return 2 * labels * predictions / s ** 2 - 2 * np.sum(labels * predictions ** 2) / s ** 3
"""
FORMS = {
    "steps of a rule": (STEPS, "dout.sum(0)]", "dout.mean(0)]"),
    "steps that are returned": (HANDED, "(dout * self.x)", "(dout + self.x)"),
    "steps by name": (NAMED, "(dout * self.x)", "(dout * dout)"),
    "decorated methods": (DECORATED, "3 * self.x", "2 * self.x"),
    "a gradient called eta": (ETA, "1 + self.y", "1 + self.y**2"),
    "a loss with a flag": (FLAG, "2 * (y_pred", "(y_pred"),
    "a gradient that starts as ones": (ONES, "self.weights.T", "self.weights.T * 2"),
    "a derivative handed in": (HANDED_IN, "self.df(self.x)", "self.f(self.x)"),
    "told how many neurons": (TOLD, "(dout * self.x)", "(dout + self.x)"),
    "backward(x) of a gradient": (SAME, "def backward(self, x): return -x", "def backward(self, x): return x"),
    "a derivative of what was kept": (KEPT, "-2 * self.x", "-self.x"),
    "a private flag of training": (RUNNING, "dout - dout.mean(0)", "dout"),
    "settings that the way back reads": (SETTINGS, "2 * dout", "3 * dout"),
    "groups called G": (GROUPS, "(dout * sums.reshape(shape))", "(dout + sums.reshape(shape))"),
    "rows of W": (ROWS, "np.add.at(dW, x, dout)", "dW[x] = dout"),
    "compute_loss and compute_derivative": (COMPUTED, "return 2 * labels", "return 3 * labels"),
    "what NumPy is replaced by": (CUPY, "(1 - jnp", "(1 + jnp"),
    "a slope without a gradient": (SLOPE, "(1 - self.y)", "(1 + self.y)"),
    "a gradient that is None by default": (NOT_GIVEN, "4 * self.x", "3 * self.x"),
    "what NumPy and Python had": (OLD, "[2 ", "[3 "),
}


EXPENSIVE = (
    "a gradient that starts as ones",
    "steps of a rule",
    "steps that are returned",
    "steps by name",
)


@pytest.mark.parametrize("form", [pytest.param(f, marks=pytest.mark.slow) if f in EXPENSIVE else f for f in FORMS])
@pytest.mark.quick(4)
def test_a_published_form_is_read(tmp_path: Path, form: str) -> None:
    text, right, wrong = FORMS[form]
    text = text.replace("METHOD", "actualizar")
    (tmp_path / "one.py").write_text(text)
    (tmp_path / "other.py").write_text(text.replace(right, wrong))
    assert text.count(right) == 1
    assert judged(tmp_path / "one.py") == (True,)
    assert judged(tmp_path / "other.py") == (False,)


def test_a_backward_pass_that_is_not_there_is_not_judged(tmp_path: Path) -> None:
    (tmp_path / "norm.py").write_text(
        "class Norm:\n    def forward(self, x): return x / 2\n    def backward(self, x):\n        pass\n"
    )
    assert judged(tmp_path / "norm.py") == ()


def test_what_is_given_is_no_derivative_that_is_returned(tmp_path: Path) -> None:
    (tmp_path / "scale.py").write_text(
        "def normalize(data, mean=0.5, std=2.0): return (data - mean) / std, mean, std\n"
    )
    assert judged(tmp_path / "scale.py") == ()


def test_static_methods_of_a_loss_are_those_of_a_loss(tmp_path: Path) -> None:
    (tmp_path / "kinetic.py").write_text(COMPUTED)
    assert [one.kind for one in subjects(tmp_path / "kinetic.py")] == ["loss"]


@pytest.mark.slow
def test_a_mask_has_one_number_for_each_sample(tmp_path: Path) -> None:
    (tmp_path / "masked.py").write_text(MASKED)
    (found,) = subjects(tmp_path / "masked.py")
    assert "inputs as rows" in found.found and judged(tmp_path / "masked.py") == (True,)
