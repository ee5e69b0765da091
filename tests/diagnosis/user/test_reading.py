"""Files as they are: what is said to be in them, scripts, notebooks, packages, and what cannot be read."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handnn import activations, losses
from handnn.diagnosis import check
from handnn.diagnosis.claims import reference_of
from handnn.diagnosis.user import Unread, subjects
from handnn.diagnosis.user.source.directive import KINDS, Directive, parse, read
from handnn.diagnosis.user.protocols import Plain
from handnn.diagnosis.user.call.subject import agreement
from handnn.optimizers import optimizers

HEADER = "import numpy as np\n"
DENSE = """
class Layer:
    def __init__(self, W, b):
        self.W, self.b = W, b
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, d):
        self.dW, self.db = self.x.T @ d, d.sum(0)
        return d @ self.W.T
"""


@pytest.fixture
def found(tmp_path: Path) -> Any:
    """What is found in a text, by name."""

    def of(text: str, name: str = "mine.py", **options: Any) -> dict[str, Any]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEADER + text)
        return {one.name: one for one in subjects(path, **options)}

    return of


# ---- directives ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("optimizer sgd, nesterov=False", Directive("optimizer", "sgd", {"nesterov": False})),
        ("optimizer SGD(nesterov=False)", Directive("optimizer", "SGD", {"nesterov": False})),
        ("loss Huber(delta=0.5), dtype='float32'", Directive("loss", "Huber", {"delta": 0.5, "dtype": "float32"})),
        ("activation gelu, approximate=True", Directive("activation", "gelu", {"approximate": True})),
        ("layer, input_shape=(2, 6, 6)", Directive("layer", "", {"input_shape": (2, 6, 6)})),
        ("layer Dense(5, activation='tanh')", Directive("layer", "Dense(5, activation='tanh')", {})),
        ("layer Embedding(5, 3), input_shape=(4,)", Directive("layer", "Embedding(5, 3)", {"input_shape": (4,)})),
        ("network 2-1 sigmoid mse, samples=columns", Directive("network", "2-1 sigmoid mse", {"samples": "columns"})),
        ("2-1 sigmoid mse", Directive("network", "2-1 sigmoid mse", {})),
        ("optimizer adam, learning_rate=1e-2", Directive("optimizer", "adam", {"learning_rate": 0.01})),
    ],
)
def test_directives_are_python_literals(line: str, expected: Directive) -> None:
    assert read(f"What it does.\n\n    handnn: {line}\n    More.") == expected
    assert read(f"What it does. handnn: {line}") == expected


NAMED = [
    *(("activation", name, entry) for name, entry in activations.activations.items()),
    *(("loss", name, entry) for name, entry in losses.losses.items()),
    *(("optimizer", name, entry) for name, entry in optimizers.items()),
]


@pytest.mark.parametrize(("kind", "name", "entry"), NAMED, ids=[f"{kind}-{name}" for kind, name, _ in NAMED])
def test_a_reference_may_be_named_as_its_class_is(kind: str, name: str, entry: Any) -> None:
    classes = {"activation": activations.activations, "loss": losses.losses, "optimizer": optimizers}[kind]
    cls = entry if isinstance(entry, type) else type(entry)
    for said in (name, cls.__name__):
        found = Unread("f", kind, "", reference=parse(f"{kind} {said}()").reference)
        assert classes[reference_of(found)] is entry


def test_the_lines_of_the_documentation_can_be_read() -> None:
    text = (Path(__file__).parents[3] / "docs/checking.md").read_text("utf-8")
    lines = re.findall(r"^\| `handnn: (.+?)` \|", text, re.MULTILINE)
    assert {parse(line).kind for line in lines} == set(KINDS)


def test_what_a_kind_makes_of_a_reference_without_one() -> None:
    said = parse("LSTM(4), input_shape=(5, 3)", kind_needed=False)
    assert said.of("layer") == Directive("layer", "LSTM(4)", {"input_shape": (5, 3)})
    assert said.of("activation", sure=False).reference == "LSTM(4)"  # of a helper beside the layer
    assert parse("SGD(momentum=0.9)", kind_needed=False).of("optimizer") == Directive(
        "optimizer", "SGD", {"momentum": 0.9}
    )


UNREADABLE = ["nonsense", "layer Dense(5", "optimizer sgd, nesterov", "optimizer sgd, rate=[1", "optimizer SGD(0.1)"]


@pytest.mark.parametrize("line", UNREADABLE)
def test_a_directive_that_cannot_be_read_says_why(line: str) -> None:
    with pytest.raises(ValueError, match=r"must|closed"):
        read(f"handnn: {line}")


def test_widths_and_words() -> None:
    assert parse("network 4-5-3 tanh softmax mse").widths == [4, 5, 3]
    assert parse("network 4-5-3 tanh softmax mse").words == ["tanh", "softmax", "mse"]


def test_one_bad_line_costs_only_its_own_verdict(found: Any) -> None:
    text = 'def f(x):\n    """handnn: layer ("""\n    return x\n' + DENSE
    one = found(text)
    assert isinstance(one["f"], Unread)
    assert "closed" in one["f"].why
    assert set(one["Layer"].claimed) == {"W", "b", "x"}


# ---- as, make, loss, only --------------------------------------------------------------------------------------------


def test_as_takes_the_place_of_a_line(found: Any) -> None:
    layer = found(DENSE, as_="Dense(5)")["Layer"]
    assert (layer.kind, layer.reference) == ("layer", "Dense(5)")
    net = found(
        "def g(p, x, y):\n    W, b = p\n    a = 1 / (1 + np.exp(-(x @ W + b)))\n    d = (a - y) / len(x)\n"
        "    return -np.mean(np.sum(y * np.log(a) + (1 - y) * np.log(1 - a), 1)), [x.T @ d, d.sum(0)]\n",
        as_="4-3 sigmoid binary_crossentropy",
    )["g"]
    assert net.leaves["W"].shape == (4, 3)
    assert agreement(net)[0] == {"W", "b"}


def test_as_beats_a_line(found: Any) -> None:
    said = DENSE.replace("class Layer:", 'class Layer:\n    """handnn: layer Dense(3)"""')
    assert found(said)["Layer"].reference == "Dense(3)"
    assert found(said, as_="Dense(5)")["Layer"].reference == "Dense(5)"
    assert found(said.replace("Dense(3)", "Dense(3"), as_="Dense(5)")["Layer"].reference == "Dense(5)"


@pytest.mark.parametrize("key", ["'W%d' % l", "'W{}'.format(l)", "f'W{l}'", "'W' + str(l)"])
def test_keys_with_a_number_are_those_of_layers(found: Any, key: str) -> None:
    text = (
        "def loss_and_gradients(p, x, y):\n    a, g = [x], {}\n"
        f"    for l in range(1, len(p) + 1):\n        a.append(a[-1] @ p[{key}])\n    d = a[-1] - y\n"
        f"    for l in range(len(p), 0, -1):\n        g[{key}] = a[l - 1].T @ d\n        d = d @ p[{key}].T\n"
        "    return 0.5 * np.sum((a[-1] - y) ** 2), g\n"
    )
    one = found(text, as_="3-4-2 linear linear mse")["loss_and_gradients"]
    assert agreement(one)[0] == {"W1", "W2"}


@pytest.mark.slow
def test_weights_without_any_output_are_not_judged(found: Any) -> None:
    text = "def step(W, X, y, lr):\n    W = W - lr * X.T @ (X @ W - y)\n    return W\n"
    assert isinstance(found(text, as_="3-2 linear mse")["step"], Unread)


def test_make_builds_the_object(found: Any) -> None:
    layer = found(DENSE.replace("W, b)", "W, b, strange)"), make="Layer(W, b, 'anything')")["Layer"]
    assert agreement(layer)[0] == {"W", "b", "x"}
    assert not np.shares_memory(layer.leaves["W"], layer.run(Plain())[1]["W"])


LOSSLESS = """
class Net:
    def __init__(self): self.W = np.full((3, 2), 0.1)
    def forward(self, x): return 1 / (1 + np.exp(-(x @ self.W)))
    def backward(self, x, y, a): self.dW = x.T @ ((a - y) FACTOR)
"""


@pytest.mark.parametrize(("factor", "loss"), [("", "bce"), ("* 2 * a * (1 - a)", "mse"), ("/ len(x)", "bce")])
@pytest.mark.slow
def test_a_loss_that_is_not_returned_is_given_or_found(found: Any, factor: str, loss: str) -> None:
    net = found(LOSSLESS.replace("FACTOR", factor), loss=loss if factor else None)["Net"]
    assert agreement(net)[0] == {"W"}
    assert "no loss is returned" in net.found


@pytest.mark.slow
def test_a_wrong_derivative_does_not_get_a_loss_to_fit(found: Any) -> None:
    assert agreement(found(LOSSLESS.replace("FACTOR", "* 0.3"))["Net"])[0] == set()


def test_one_class_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "two.py").write_text(HEADER + DENSE + DENSE.replace("Layer", "Other"))
    assert [s.name for s in subjects(f"{tmp_path}/two.py:Other")] == ["Other"]
    assert [s.name for s in subjects(tmp_path / "two.py", only="Layer")] == ["Layer"]


# ---- kinds of files --------------------------------------------------------------------------------------------------


def test_a_file_is_imported_as_a_part_of_its_package(tmp_path: Path) -> None:
    package = tmp_path / "own_package"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "inner" / "__init__.py").write_text("")
    (package / "tools.py").write_text(HEADER + "def act(x): return np.tanh(x)\n")
    text = (
        "from ..tools import act\ndef f(x): return act(x) ** 2\ndef f_prime(x): return 2 * act(x) * (1 - act(x) ** 2)\n"
    )
    (package / "inner" / "mine.py").write_text(text)
    (one,) = subjects(package / "inner" / "mine.py")
    assert agreement(one)[0] == {"z"}


def test_a_script_is_read_without_its_training(found: Any) -> None:
    one = found("def f(x): return x**2\ndef df(x): return 2*x\nfor _ in range(10**12):\n    df(3)\nprint(f(2))\n")["f"]
    assert agreement(one)[0] == {"z"}
    assert any("left out" in note for note in one.notes)


def test_modules_that_are_not_installed_are_replaced(found: Any) -> None:
    one = found("import not_installed_at_all.deep as d\n@d.decorated\ndef f(x): return x**2\ndef df(x): return 2*x\n")[
        "f"
    ]
    assert any("not_installed_at_all" in note for note in one.notes)


def test_a_notebook_gives_its_functions_and_the_cell_of_each_line(tmp_path: Path) -> None:
    sources = [
        "# Title",
        "%matplotlib inline\nimport numpy as np",
        "a = np.ones(3)\na.sum()",
        "def f(x):\n    return x**2\n\nf(3)",
        "def f_prime(x):\n    return 2 * x",
    ]
    kinds = ["markdown", *["code"] * 4]
    cells = [
        {"cell_type": kind, "source": source.splitlines(True)} for kind, source in zip(kinds, sources, strict=True)
    ]
    path = tmp_path / "mine.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    (one,) = subjects(path)
    assert agreement(one)[0] == {"z"}
    assert one.cells == [2, 2, 3, 3, 4, 4, 4, 4, 5, 5]
    path.write_text(path.read_text().replace("return 2 * x", "return 3 * x"))
    (wrong,) = (found["verdict"] for found in check.verdicts(str(path)))
    assert [blame["line"] for blame in wrong["blamed"]] == [10] and "line 10 is line 2 of cell 5" in wrong["notes"]


# ---- what cannot be read, and what is remarked -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["g_derivative", "gPrime", "derivative_of_g", "grad_g", "g_backward", "g_gradient", "_g_deriv"]
)
def test_a_promise_without_a_partner_is_never_silent(found: Any, name: str) -> None:
    one = found(f"def {name}(x): return x\n")[name]
    assert isinstance(one, Unread)
    assert "promises a derivative" in one.why


def test_a_derivative_of_a_well_known_function_needs_no_partner(found: Any) -> None:
    assert agreement(found("def sigmoid_derivative(a): return a * (1 - a)\n")["sigmoid_derivative"])[0] == {"z"}


@pytest.mark.slow
def test_a_weight_without_a_gradient_is_unchecked(found: Any) -> None:
    layer = found(DENSE.replace("self.dW, self.db = self.x.T @ d, d.sum(0)", "self.dW = self.x.T @ d"))["Layer"]
    assert [item.what for item in layer.unchecked] == ["b"]
    assert set(layer.claimed) == {"W", "x"}


@pytest.mark.slow
def test_wrong_gradients_are_claimed_and_not_right(found: Any) -> None:
    layer = found(DENSE.replace("self.x.T @ d, d.sum(0)", "7 * self.x.T @ d, d"))["Layer"]
    assert set(layer.claimed) == {"W", "b", "x"}
    assert agreement(layer)[0] == {"x"}


def test_a_class_that_cannot_be_built_says_why(found: Any) -> None:
    one = found(DENSE.replace("self.W, self.b = W, b", "raise RuntimeError('no')"))["Layer"]
    assert "RuntimeError: no" in one.why


def test_remarks(found: Any) -> None:
    text = DENSE.replace("self.x = x", "self.x = x.copy(); x *= 1; x += 1; print('here')").replace(
        "x @ self.W", "self.x @ self.W"
    )
    notes = found(text.replace("return d @", "d *= 2; return d / 2 @"))["Layer"].notes
    assert any("x is changed" in note for note in notes)
    assert any("from above is changed" in note for note in notes)
    assert any("prints" in note for note in notes)


def test_single_precision_is_noticed(found: Any) -> None:
    layer = found(DENSE.replace("return x @ self.W + self.b", "return (x @ self.W + self.b).astype('float32')"))[
        "Layer"
    ]
    assert layer.dtype == "float32"


def test_state_that_grows_and_generators_are_frozen(found: Any) -> None:
    text = DENSE.replace(
        "self.x = x\n", "self.x = x * (RNG.random(x.shape) > .5); SEEN.append(x); x = self.x * len(SEEN)\n"
    )
    text = text.replace("d @ self.W.T", "d @ self.W.T * (self.x != 0) * len(SEEN)")
    layer = found("RNG = np.random.default_rng(0)\nSEEN = []\n" + text)["Layer"]
    one, two = layer.run(Plain()), layer.run(Plain())
    assert one[0] == two[0]
    assert np.array_equal(one[1]["W"], two[1]["W"])


FORECASTER = """
import numpy as np
class Forecaster:
    def __init__(self, hidden=5):
        self.Ws, self.Wd = 0.5 * np.random.randn(hidden, hidden), 0.5 * np.random.randn(hidden, hidden)
    def loss_and_gradients(self, inputs, targets):
        h = np.tanh(inputs @ self.Ws)
        e = h @ self.Wd - targets
        return 0.5 * np.sum(e ** 2), {"Wd": h.T @ e, "Ws": inputs.T @ ((e @ self.Wd.T) * (1 - h ** 2))}
    def step(self, gradients, rate):
        for name in gradients:
            getattr(self, name)[...] -= rate * gradients[name]
"""


def test_a_class_that_derives_is_no_optimizer_and_keys_that_are_names_of_weights_are_theirs(tmp_path):
    (tmp_path / "one.py").write_text(FORECASTER)
    (found,) = subjects(tmp_path / "one.py")
    assert found.kind == "network"
    assert set(agreement(found)[0]) == {"Ws", "Wd"}
