"""Rewritten code behaves as the original; the tape's derivatives are those of the code."""

import inspect
import sys
import traceback

import numpy as np
import pytest
from handnn.diagnosis.lines import load
from handnn.diagnosis.lines.derive.study import Study

from subjects import Pair

SOURCE = '''"""A module."""
import functools
import numpy as np


def twice(f):
    @functools.wraps(f)
    def wrapped(*a, **k):
        return f(*a, **k) * 2
    return wrapped


@twice
def scaled(x, by=3.0):
    """Doc."""
    y = x * by
    y += 1
    z = [v for v in (y, -y)]
    a, *rest = z
    return (a
            + rest[0] * 2)


class Base:
    def value(self, x):
        return x + 1


class Child(Base):
    def value(self, x):
        d = {"k": super().value(x)}
        d["k"] -= 0.5
        f = lambda u: u / 2
        return f(d["k"])


def fails(x):
    y = x
    return y / np.zeros(2) + undefined
'''


@pytest.fixture
def module(tmp_path):
    (tmp_path / "plain.py").write_text(SOURCE)
    return load(tmp_path / "plain.py")


def test_off_it_behaves_as_the_original(module):
    original = {}
    exec(SOURCE, original)
    x = np.arange(3.0)
    assert np.array_equal(module.scaled(x.copy()), original["scaled"](x.copy()))
    assert module.Child().value(3.0) == original["Child"]().value(3.0)
    assert module.scaled.__doc__ == "Doc." and module.__doc__ == "A module."


def test_tracebacks_and_sources_are_the_users(module):
    assert inspect.getsource(module.fails).splitlines()[2] == "    return y / np.zeros(2) + undefined"
    with pytest.raises(NameError) as caught, np.errstate(all="ignore"):
        module.fails(1.0)
    own = [f for f in traceback.extract_tb(caught.value.__traceback__) if f.filename.endswith("plain.py")]
    assert own[-1].line == "return y / np.zeros(2) + undefined"


def test_packages_are_loaded_with_their_own_modules(tmp_path):
    package = tmp_path / "mine" / "inner"
    package.mkdir(parents=True)
    for folder in (tmp_path / "mine", package):
        (folder / "__init__.py").write_text("")
    (tmp_path / "mine" / "helpers.py").write_text("def half(x):\n    return x / 2\n")
    (package / "layer.py").write_text("from ..helpers import half\n\n\ndef f(x):\n    return half(x) + 1\n")
    module = load(package / "layer.py")
    assert module.__name__ == "mine.inner.layer" and module.f(2.0) == 2.0
    assert "__r__" in vars(sys.modules["mine.helpers"]) and "__r__" not in vars(np)


def test_modules_of_one_name_in_two_folders_do_not_meet(tmp_path):
    for i in (1, 2):
        (tmp_path / str(i)).mkdir()
        (tmp_path / str(i) / "helper.py").write_text(f"value = {i}\n")
        (tmp_path / str(i) / "main.py").write_text("import helper\n\n\ndef f():\n    return helper.value\n")
    first, second = (load(tmp_path / str(i) / "main.py") for i in (1, 2))
    assert (first.f(), second.f()) == (1, 2)


OPERATIONS = [
    "np.sum(np.exp(p) / (1 + y * p))",
    "np.sum((p @ y.T) ** 2)",
    "np.dot(p[0], y[1]) * p[2, 0]",
    "np.sum(p ** y)",
    "np.mean(np.var(p, axis=0)) + p.std()",
    "np.sum(np.maximum(p, y) * np.where(p > 0.5, p, 2 * p))",
    "np.linalg.norm(p - y) + np.log(np.cumsum(p)).sum()",
    "np.einsum('ij,kj->ik', p, y).max()",
    "np.sum(np.concatenate([p, y * p], axis=1)[:, ::-1] * np.arange(8))",
    "np.sum(np.tensordot(p, y, axes=([1], [1])) * p[:, 0])",
    "np.sum(np.matrix(p) * np.matrix(y).T)",
    "np.sum(np.pad(p, 1)[:-1, 1:] * np.append(p, 1).mean())",
    "np.sum(np.outer(p[0], y[1]).reshape(2, 8) ** 3)",
    "np.prod(p[0]) + np.trapezoid(p[1])",
    "sum(v * w for v, w in zip(p[0], y[0]))",
    "np.logaddexp(p, y).sum() + np.hypot(p, y).sum()",
    "np.sum(np.sort(p, axis=0)[0] * p.T[:, 0])",
    "float(np.sum(np.split(p, 2, axis=1)[1])) ** 2",
    "np.abs(p - y).sum() + np.clip(p, 0.3, 0.7).sum()",
    "np.sum(np.kron(p, y)) + np.square(p).sum(axis=(0, 1))",
    "np.sum(np.c_[p, y * p, np.ones((len(p), 1))] ** 2) * np.r_[p[0], y[0]].prod()",
    "max(0.0, p[0, 0] - 0.01) * np.tanh(p).sum()",
]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_tape_knows_the_derivative(operation, tmp_path):
    (tmp_path / "f.py").write_text(
        f"import numpy as np\n\n\ndef f(p, y):\n    return {operation}\n\n\ndef g(p, y):\n    return p\n"
    )
    study = Study(Pair(load(tmp_path / "f.py"), "f", "g", seed=4))
    assert not study.numeric and np.any(study.truth["y_pred"])


def test_arrays_filled_in_place_are_followed(tmp_path):
    body = """import numpy as np


def f(p, y):
    out = np.zeros((3, 4))
    view = out[1:]
    for i, row in enumerate(p[:3]):
        out[i] += row * y[i]
        out[i, 0] = row[1] ** 2
    view *= 2
    np.add.at(out, ([0, 0], [1, 1]), p[0, :2])
    np.multiply(out, out, out=out)
    total = out.sum()
    total += p[0, 0]
    return total


def g(p, y):
    return p
"""
    (tmp_path / "f.py").write_text(body)
    assert not Study(Pair(load(tmp_path / "f.py"), "f", "g", seed=4)).numeric
