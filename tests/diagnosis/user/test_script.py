"""The data that a file's own script gives: where none that is guessed fits, and as it was before the call."""

import contextlib
import json
import textwrap
import time

import numpy as np
import pytest

from handnn.diagnosis.check import verdicts
from handnn.diagnosis.lines import load
from handnn.diagnosis.user.call import script as script_module
from handnn.diagnosis.user.call.script import Script, redrawn
from handnn.diagnosis.user.readings import Parts, of_script
from handnn.diagnosis.user.readings.ways import of_functions

ENERGY = """
import numpy as np
def init(n, k, rng):
    return dict(A=rng.normal(size=(n, k)), B=rng.normal(size=(k, n)), c=np.zeros(n))
def forward(theta, v, noise):
    s = np.sin(v @ theta["A"]) + noise
    e = s @ theta["B"] + theta["c"]
    return 0.5 * np.sum((e - v) ** 2) / len(v), (v, noise, s, e)
def backward(theta, kept):
    v, noise, s, e = kept
    de = (e - v) / len(v)
    ds = de @ theta["B"].T
    return {"B": s.T @ de, "c": de.sum(0), "A": v.T @ (ds * np.cos(v @ theta["A"]))}
if __name__ == "__main__":
    rng = np.random.default_rng(0)
    theta = init(5, 9, rng)
    data = rng.normal(size=(12, 5))
    while True:
        loss, kept = forward(theta, data, 0.1 * rng.normal(size=(12, 9)))
        for name, g in backward(theta, kept).items():
            theta[name] -= 0.01 * g
"""
SCRIPT = """
import numpy as np
total = np.zeros(3)
class Layer:
    def __init__(self, width, *, scale=1.0):
        self.w = scale * np.ones(width)
    def forward(self, x, *more, **named):
        return x * self.w
def add(x):
    global total
    total += x
    return total
for step in range(5):
    print("step", step)
    add(np.arange(3.0))
    Layer(3, scale=2.0).forward(total, 1, name="a")
    extra = step
raise RuntimeError("the data is not there")
"""


@pytest.fixture
def hurried(monkeypatch):
    """A script that never ends is left after a tenth of the usual time: its functions were all called by then."""
    monkeypatch.setattr(script_module, "SECONDS", 0.15)


@pytest.fixture
def written(tmp_path):
    def write(text: str) -> Script:
        (tmp_path / "functions.py").write_text(text.partition("for step")[0])
        module = load(tmp_path / "functions.py")
        (tmp_path / "functions.py").write_text(text)
        return Script(tmp_path / "functions.py", module)

    return write


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ("(e - v) / len(v)\n    ds", "e - v\n    ds", "wrong"),
        ("", "", "match"),
        ("v.T @ (ds *", "v.T @ (de @ theta['B'].T *", "match"),
    ],
    ids=["the mean forgotten", "right", "written otherwise"],
)
@pytest.mark.slow
@pytest.mark.usefixtures("hurried")
def test_a_network_that_nothing_guessed_fits_is_read_on_what_its_script_gives(tmp_path, old, new, verdict):
    assert old in ENERGY
    (tmp_path / "energy.py").write_text(ENERGY.replace(old, new))
    (found,) = verdicts(str(tmp_path / "energy.py"))
    assert found["verdict"]["verdict"] == verdict
    assert "script" in str(found["verdict"]["found"])
    assert set(found["verdict"]["checked"]) == {"A", "B", "c"}


@pytest.mark.usefixtures("hurried")
def test_the_cells_of_a_notebook_are_a_script(tmp_path):
    functions, script = ENERGY.split('if __name__ == "__main__":')
    parts = [functions, "%matplotlib inline\n" + textwrap.dedent(script)]
    cells = [{"cell_type": "code", "source": part.splitlines(keepends=True)} for part in parts]
    (tmp_path / "energy.ipynb").write_text(json.dumps({"cells": cells}))
    (found,) = verdicts(str(tmp_path / "energy.ipynb"))
    assert found["verdict"]["verdict"] == "match" and "script" in str(found["verdict"]["found"])


OF_TWO_COLUMNS = """
import numpy as np
class LaplaceLoss:
    def __call__(self, pred, target):
        self.off, self.log_b = target - pred[:, 0], pred[:, 1]
        return np.mean(self.log_b + np.abs(self.off) * np.exp(-self.log_b))
    def grad(self):
        scaled = np.exp(-self.log_b)
        d_mean, d_log_b = -np.sign(self.off) * scaled, 1 - np.abs(self.off) * scaled
        return np.stack([d_mean, d_log_b], axis=1) / len(self.off)
if __name__ == "__main__":
    loss, rng = LaplaceLoss(), np.random.default_rng(0)
    loss(rng.normal(size=(6, 2)), rng.normal(size=6)), loss.grad()
"""


@pytest.mark.parametrize(("old", "line"), [("", None), ("1 - np.abs(self.off) * scaled", 9)])
def test_a_loss_is_read_on_what_its_script_gives(tmp_path, old, line):
    (tmp_path / "loss.py").write_text(OF_TWO_COLUMNS.replace(old, "1 - np.abs(self.off)") if old else OF_TWO_COLUMNS)
    (found,) = verdicts(str(tmp_path / "loss.py"))
    assert found["verdict"]["verdict"] == ("match" if line is None else "wrong"), found["verdict"]
    assert [blame["line"] for blame in found["verdict"]["blamed"]] == ([] if line is None else [line])


MASKED = """
import numpy as np
class Masked:
    def __init__(self, sizes):
        self.V, self.W = 0.5 * np.random.randn(*sizes[:2]), 0.5 * np.random.randn(*sizes[1:])
    def forward(self, x, mask=None):
        if mask is not None:
            mask /= 0.5
        self.x, self.mask, self.h = x, mask, np.tanh(x @ self.V)
        self.a = self.h if mask is None else self.h * mask
        return self.a @ self.W
    def backward(self, d):
        dh = d @ self.W.T if self.mask is None else d @ self.W.T * self.mask
        dz = dh * (1 - self.h ** 2)
        self.dW, self.dV = self.a.T @ d, self.x.T @ dz
        return dz @ self.V.T
def train(layer, lr):
    out = layer.forward(np.random.randn(6, 4), 1.0 * np.random.binomial(1, 0.5, (6, 5)))
    layer.backward(out)
if __name__ == "__main__":
    train(Masked((4, 5, 3)), 0.1)
"""


@pytest.mark.parametrize(("new", "ok"), [("* self.mask", True), ("+ self.mask", False)])
def test_what_the_script_gives_for_an_optional_argument_is_given_too(tmp_path, new, ok):
    (tmp_path / "masked.py").write_text(MASKED.replace("self.W.T * self.mask", f"self.W.T {new}"))
    found = {one["name"]: one["verdict"] for one in verdicts(str(tmp_path / "masked.py"))}
    assert (found["Masked"]["verdict"] != "wrong") is ok


def test_an_optional_argument_that_is_changed_in_place_begins_as_it_was(tmp_path):
    (tmp_path / "masked.py").write_text(MASKED)
    script = Script(tmp_path / "masked.py", load(tmp_path / "masked.py"))
    (step,) = of_functions(Parts(script.module.Masked.forward)).forward
    refs = of_script._optional(step, script.call("Masked.forward"))
    refs["mask"]({})[:] = 9.0
    assert set(np.unique(refs["mask"]({}))) <= {0.0, 1.0}


def test_calls_are_kept_as_they_were_and_the_data_is_put_back(written):
    script = written(SCRIPT)
    assert script.call("add").arguments["x"].tolist() == [0, 1, 2]
    made, forward = script.call("Layer.__init__"), script.call("Layer.forward")
    assert made.arguments == {"width": 3, "scale": 2.0}
    assert (forward.more, forward.keywords) == ((1,), {"name": "a"})
    assert forward.arguments["x"].tolist() == [0, 1, 2]
    assert made.made(script.module.Layer).w.tolist() == [2, 2, 2]
    assert script.module.total.tolist() == [0, 0, 0]
    assert not hasattr(script.module, "extra")
    assert script.call("none") is None


def test_a_script_without_end_is_ended(written, monkeypatch):
    monkeypatch.setattr(script_module, "SECONDS", 0.2)
    script = written("def never(): pass\ndef once(n): pass\nfor step in iter(int, 1):\n    once(step)\n")
    began = time.process_time()
    assert script.call("once").arguments == {"n": 0}
    assert time.process_time() - began < 5  # it is ended after 0.2 s of its own


def test_long_data_is_cut_to_rows_of_one_number(written):
    text = (
        "import numpy as np\ndef fit(X, y): pass\nfor step in range(1):\n    fit(np.ones((9000, 4)), np.arange(9000))\n"
    )
    given = written(text).call("fit").arguments
    assert given["X"].shape == (8, 4)
    assert given["y"].tolist() == list(range(8))


def test_other_draws_keep_what_labels_and_settings_mean():
    rng = np.random.default_rng(0)
    given = {
        "x": rng.normal(size=(6, 4)),
        "pixels": rng.uniform(size=9),
        "labels": np.eye(3),
        "ids": [1, 2],
        "b": np.zeros(3),
    }
    same, other = ({n: redrawn(v, seed) for n, v in given.items()} for seed in (0, 1))
    for name, value in given.items():
        np.testing.assert_array_equal(same[name], value)
    assert not np.any(other["x"] == given["x"])
    assert other["pixels"].min() >= 0
    np.testing.assert_array_equal(other["labels"], given["labels"])
    assert other["ids"] == [1, 2]
    assert np.ptp(redrawn(given, 0)["b"]) > 0  # what is kept together are weights


@pytest.mark.parametrize(
    "deed",
    ["open('FILE', 'w').write('x')", "np.save('FILE', np.zeros(3))", "os.mkdir('FILE')", "os.system('touch FILE')",
     "subprocess.run(['touch', 'FILE'])", "os._exit(0)", "time.sleep(60)", "int(input())"],
)  # fmt: skip
def test_a_script_writes_nothing_waits_for_nothing_and_ends_nothing(tmp_path, written, monkeypatch, deed):
    monkeypatch.setattr(script_module, "WALL", 0.2)
    file = tmp_path / "kept"
    deed = deed.replace("FILE", str(file))
    head = "import os, subprocess, time\nimport numpy as np\ndef first(n): pass\ndef second(n): pass\n"
    script = written(f"{head}for step in range(1):\n    first(1)\n    {deed}\n    second(2)\n")
    assert script.call("first").arguments == {"n": 1}
    assert script.call("second") is None
    assert not file.exists()
    file.write_text("what comes after may write again")


def test_a_script_without_end_is_ended_where_there_is_no_timer(written, monkeypatch):
    monkeypatch.setattr(script_module, "SECONDS", 0.2)
    for timer in ("deadline", "patience"):
        monkeypatch.setattr(script_module, timer, lambda seconds: contextlib.nullcontext())
    script = written("def never(): pass\ndef once(n): pass\nfor step in iter(int, 1):\n    once(step)\n")
    began = time.process_time()
    assert script.call("once").arguments == {"n": 0}
    assert time.process_time() - began < 5  # it is ended after 0.2 s of its own


EPISODE = """
import numpy as np
rng = np.random.default_rng(0)
model = {"W1": rng.normal(size=(5, 4)), "W2": rng.normal(size=5)}
def policy_forward(view):
    h = np.maximum(0, model["W1"] @ view)
    return 1 / (1 + np.exp(-(model["W2"] @ h))), h
def policy_backward(views, hs, pushes):
    dh = np.outer(pushes, model["W2"]) * (hs > 0)
    return {"W2": hs.T @ pushes, "W1": dh.T @ views}
if __name__ == "__main__":
    views = rng.normal(size=(7, 4))
    played = [policy_forward(view) for view in views]
    pushes = np.array([1 - p for p, _ in played])
    policy_backward(views, np.vstack([h for _, h in played]), pushes)
"""


def test_several_samples_on_the_way_back_for_one_forward_are_not_called_wrong(tmp_path):
    (tmp_path / "episode.py").write_text(EPISODE)
    (found,) = verdicts(str(tmp_path / "episode.py"))
    assert found["verdict"]["verdict"] == "incomplete", found
    assert "stacked" in str(found["verdict"]["unchecked"])


OBJECT_IN_A_LOOP = """
import numpy as np
class Hidden:
    def __init__(self, n, m, rng):
        self.p = {"W": rng.normal(0, 0.5, (n, m))}
    def forward(self, x):
        self.x, self.h = x, np.tanh(x @ self.p["W"])
        return self.h
    def backward(self, dh):
        return {"W": self.x.T @ (dh * (1 - self.h ** 2))}
rng = np.random.default_rng(1)
xs = rng.normal(size=(9, 2))
y = xs.prod(axis=1, keepdims=True)
hidden = Hidden(2, 5, rng)
V = rng.normal(size=(5, 1))
for epoch in range(20):
    h = hidden.forward(xs)
    out = h @ V
    dout = (out - y) / len(y)
    grads = hidden.backward(dout @ V.T)
    V -= 0.1 * h.T @ dout
    hidden.p["W"] -= 0.1 * grads["W"]
    if epoch % 5 == 0:
        print(f"epoch {epoch} loss {0.5 * np.mean((out - y) ** 2):.3f}")
"""


@pytest.mark.parametrize(
    ("old", "new", "verdict"), [("", "", "match"), ("dout = (out - y)", "dout = (y - out)", "wrong")]
)
def test_a_loop_moves_an_object_and_prints_its_loss_without_a_name(tmp_path, old, new, verdict):
    """The object is as it was before every run; the loss is what is printed."""
    (tmp_path / "loop.py").write_text(OBJECT_IN_A_LOOP.replace(old, new))
    said = {found["name"]: found["verdict"] for found in verdicts(str(tmp_path / "loop.py"))}
    assert said["training_loop"]["verdict"] == verdict
    assert "the loss is returned" in said["training_loop"]["found"]


def test_a_state_that_is_0_is_drawn(tmp_path):
    """Where the first state is 0 any mistake in what it is multiplied with hides."""
    zero = np.zeros((3, 2))
    assert np.any(redrawn(zero, 0, "state")) and np.any(redrawn(zero, 0, "weight"))
    assert not np.any(redrawn(zero, 0)), "data stays as it is"
