"""The judge on right programs, on slips planted in them, and on what it must not call right."""

import time

import numpy as np
import pytest
from handnn.diagnosis.lines import judge, load
from handnn.diagnosis.lines.derive import allowance
from handnn.diagnosis.lines.derive.study import Study
from handnn.diagnosis.lines.repair.edits import edits_of
from handnn.diagnosis.lines.repair.expression import Expression
from handnn.diagnosis.lines.repair.scope import Scope

from slips import SLIPS
from subjects import PROGRAMS, MAKERS, Network, Pair, subject_of

EXPENSIVE = ("dense_samples", "LoopConv", "ColumnConv", "LSTM", "GRU", "MaxPool", "pairwise")
EVERYDAY_RIGHT = [name for name in MAKERS if name not in EXPENSIVE]
EVERYDAY = [s for s in SLIPS[::5] if s.name not in EXPENSIVE]
"""What is tried every day; `score.py` counts all of them."""


@pytest.mark.parametrize("name", EVERYDAY_RIGHT)
def test_right_programs_are_right(name):
    subject = subject_of(name)
    said = judge(subject)
    assert said.ok and said.complete and set(said.checked) == set(subject.claimed), said
    assert not Study(subject).numeric, "a derivative could not be found on the tape"


def test_what_rounding_alone_may_change_is_not_called_right(monkeypatch):
    subject = subject_of(EVERYDAY_RIGHT[0])
    monkeypatch.setattr(allowance, "rounding", lambda measure, base, truth, *rest: {n: 2 * abs(truth[n]) for n in base})
    said = judge(subject)
    assert not said.ok and not said.wrong
    assert {why for _, why in said.unchecked} == {"what rounding may change in it is as large as it is"}


@pytest.mark.quick(1)
@pytest.mark.parametrize("slip", EVERYDAY, ids=[s.label for s in EVERYDAY])
def test_slips_are_located(slip, tmp_path):
    subject, lines = slip.planted(tmp_path)
    said = judge(subject, 30)
    assert not said.ok and any(b.line in lines for b in said.blamed), said
    assert sum(b.line not in lines for b in said.blamed) <= 1, said


@pytest.mark.slow
def test_several_mistakes_are_each_located(tmp_path):
    source = (PROGRAMS / "dense_columns.py").read_text()
    wrong = source.replace("dZ2 = A2 - Y", "dZ2 = A2 + Y").replace("1 - np.power(A1, 2)", "1 - A1")
    (tmp_path / "two.py").write_text(wrong)
    said = judge(MAKERS["dense_columns"](load(tmp_path / "two.py")))
    assert [b.code for b in said.blamed] == ["A2 + Y", "np.multiply(np.dot(W2.T, dZ2), 1 - A1)"]
    assert [b.fix for b in said.blamed] == ["A2 - Y", "np.multiply(np.dot(W2.T, dZ2), 1 - A1**2)"]


def test_every_line_has_a_note():
    said = judge(subject_of("dense_columns"))
    notes = {n.code: n.what for n in said.lines}
    assert notes["A2 - Y"] == "is N dL/d(Z2)  (Z2 = np.dot(W2, A1) + b2)"
    assert notes["np.tanh(Z1)"] == "forward"


def written(folder, body, derivative):
    path = folder / "written.py"
    path.write_text(f"import numpy as np\n{body}\n\n\n{derivative}\n")
    return load(path)


def test_rounded_constants_and_tiny_numbers_are_no_mistake(tmp_path):
    body = "def f(z):\n    return 0.5 * z * (1 + np.tanh(0.7978845608 * z))"
    slope = "def g(z):\n    t = np.tanh(0.797885 * z)\n    return 0.5 + 0.398942 * z * (1 - t**2) + 0.5 * t"
    assert judge(Pair(written(tmp_path, body, slope), "f", "g", "activation")).ok
    body = "def f(p, y):\n    return -np.sum(y * np.log(p + 1e-9))"
    assert judge(Pair(written(tmp_path, body, "def g(p, y):\n    return -y / p"), "f", "g")).ok
    assert not judge(Pair(written(tmp_path, body, "def g(p, y):\n    return -y / p * 1.0001"), "f", "g")).ok


def test_what_joins_arrays_is_no_number():
    """`np.r_ * x` never ends."""
    a, expression = np.ones(2), Expression("np.r_[a, 2 * a]")
    texts = [expression.with_edits(edit) for edit in edits_of(expression, Scope({"a": a, "np": np}, {}, {"a": a}))]
    assert "np.r_[(-a), 2 * a]" in texts
    assert not [text for text in texts if "np.r_" in text.replace("np.r_[", "") and text != "np.r_"]


@pytest.mark.slow
def test_what_is_tried_need_not_end(tmp_path):
    body = """from time import process_time
def f(z):
    return double(z) * z / 2
def double(z):
    return 2 * z
def late(z):
    end = process_time() + 15
    while process_time() < end:
        pass
    return z"""
    began = time.process_time()
    said = judge(Pair(written(tmp_path, body, "def g(z):\n    return 3 * double(z)"), "f", "g", "activation"), 1)
    assert [b.line for b in said.blamed] == [15]
    assert time.process_time() - began < 14, "an edit that calls late() was waited for"


@pytest.mark.parametrize("into", ["out=d", "d"])
def test_a_limit_on_gradients_is_no_mistake(tmp_path, into):
    body = "def f(z):\n    return np.tanh(z)"
    slope = f"def g(z):\n    d = {{}} - np.tanh(z) ** 2\n    np.clip(d, -0.1, 0.1, {into})\n    return d"
    assert judge(Pair(written(tmp_path, body, slope.format(1)), "f", "g", "activation")).ok
    assert not judge(Pair(written(tmp_path, body, slope.format(2)), "f", "g", "activation")).ok


def test_a_side_that_no_draw_took_is_not_called_right(tmp_path):
    body = "def f(z):\n    return np.where(z > {0}, {0}, z)"
    slope = "def g(z):\n    return np.ones_like(z)"
    said = judge(Pair(written(tmp_path, body.format(30), slope), "f", "g", "activation"))
    assert not said.ok and not said.wrong and [what for what, _ in said.unmet] == ["line 3"]
    guarded = body.replace("np.where(z > {0}, {0}, z)", "np.clip(z, -{0}, {0})").format(500)
    assert judge(Pair(written(tmp_path, guarded, slope), "f", "g", "activation")).ok


def test_a_tiny_number_behind_a_softmax_excuses_nothing_but_itself(tmp_path):
    body = "def f(p, y):\n    q = np.exp(p) / np.sum(np.exp(p))\n    s = np.sum(y)\n"
    body += "    return -np.sum(y * np.log(q + 1e-7)) / s + 0.5 * np.sum(p**2)"
    slope = "def g(p, y):\n    q = np.exp(p) / np.sum(np.exp(p))\n    return {} * (q - y / np.sum(y)) + p"
    assert judge(Pair(written(tmp_path, body, slope.format(1)), "f", "g")).ok
    said = judge(Pair(written(tmp_path, body, slope.format(2)), "f", "g"))
    assert not said.ok, said
    assert [b.fix for b in said.blamed] == ["1 * (q - y / np.sum(y)) + p"], said


@pytest.mark.parametrize("loop", ["range(1, n - 1)", "range(2, n)", "ks[:-1]"])
def test_what_a_loop_leaves_out_is_located(loop, tmp_path):
    body = "def f(z):\n    n, s = 4, 0\n    for k in range(1, n):\n        s = s + np.sin(k * z)\n    return s"
    slope = "def g(z):\n    n, d = 4, 0\n    ks = list(range(1, n))\n"
    slope += f"    for k in {loop}:\n        d = d + k * np.cos(k * z)\n    return d"
    assert judge(Pair(written(tmp_path, body, slope.replace(loop, "ks")), "f", "g", "activation")).ok
    said = judge(Pair(written(tmp_path, body, slope), "f", "g", "activation"))
    assert [(b.code, b.fix) for b in said.blamed] == [(loop, "ks" if "ks" in loop else "range(1, n)")], said


def test_what_a_loop_repeats_is_located(tmp_path):
    body = "def f(z):\n    s = z**2\n    for k in range(1, 4):\n        s = s + np.sin(k * z)\n    return s"
    slope = "def g(z):\n    d = np.zeros_like(z)\n    for k in range(1, 4):\n        d = d + 2 * z\n"
    slope += "        d = d + k * np.cos(k * z)\n    return d"
    said = judge(Pair(written(tmp_path, body, slope), "f", "g", "activation"))
    assert [b.code for b in said.blamed] == ["d + 2 * z"] and "in each round" in said.blamed[0].did, said


def test_an_alias_is_edited_where_it_is_defined(tmp_path):
    body = "def f(z):\n    a = [z, np.sin(z), np.cos(z)]\n    return a[1] * a[2] * z"
    slope = "def g(z):\n    a = [z, np.sin(z), np.cos(z)]\n    s = a[2]\n"
    slope += "    return a[2] * a[2] * z - a[1] * a[1] * z + s * a[2]"
    said = judge(Pair(written(tmp_path, body, slope), "f", "g", "activation"))
    assert [(b.code, b.fix) for b in said.blamed] == [("a[2]", "a[1]")], said


def test_what_no_draw_can_show_is_unchecked(tmp_path):
    module = written(tmp_path, "def f(z):\n    return np.maximum(z, 0) * 0", "def g(z):\n    return z * 0")
    said = judge(Pair(module, "f", "g", "activation"))
    assert not said.ok and not said.wrong and said.unchecked[0][0] == "z"


def test_a_derivative_that_is_not_returned_is_unchecked():
    class Partly(Network):
        def run(self, probe, backward=True):
            loss, gradients = super().run(probe, backward)
            return loss, {n: g for n, g in gradients.items() if n != "b1"}

    said = judge(Partly(subject_of("dense_columns").module, (3, 4, 1), columns=True, named=True, binary=True))
    assert not said.ok and [what for what, _ in said.unchecked] == ["b1"]


def test_forward_parts_that_leave_the_tape_are_disturbed(tmp_path):
    body = "import json\n\n\ndef f(p, y):\n    return sum(v**2 for v in json.loads(json.dumps(p.ravel().tolist())))"
    right = judge(Pair(written(tmp_path, body, "def g(p, y):\n    return 2 * p"), "f", "g"))
    wrong = judge(Pair(written(tmp_path, body, "def g(p, y):\n    return 3 * p"), "f", "g"))
    assert right.ok and not wrong.ok and wrong.blamed[0].fix == "2 * p"


def test_kinks_are_no_false_alarm(tmp_path):
    module = written(
        tmp_path,
        "def f(z):\n    return np.abs(z) + np.clip(z, -1, 1)",
        "def g(z):\n    return np.sign(z) + (np.abs(z) < 1)",
    )
    assert all(judge(Pair(module, "f", "g", "activation", seed=seed)).ok for seed in range(5))


def test_float32_gets_its_own_allowance(tmp_path):
    body = "def f(z):\n    return np.tanh(z.astype(np.float32))"
    module = written(tmp_path, body, "def g(z):\n    return 1 - np.tanh(z.astype(np.float32)) ** 2")
    assert judge(Pair(module, "f", "g", "activation")).ok
    module = written(tmp_path, body, "def g(z):\n    return 1 - np.tanh(z.astype(np.float32)) ** 2 * np.float32(1.01)")
    assert not judge(Pair(module, "f", "g", "activation")).ok


def test_what_another_run_changes_is_no_rounding():
    """A program that visits a set in the order of addresses gives other numbers each time: that excuses no mistake."""
    drawn = iter(np.linspace(0.5, 2.0, 9))
    allowed = allowance.rounding(
        lambda plan, moves: ({"w": np.array([next(drawn)])}, {"w": np.ones(1)}),
        {"w": np.array([0.3])}, {"w": np.ones(1)}, {"w": np.ones(1)}, np.finfo(float).eps,
    )  # fmt: skip
    assert np.all(allowed["w"] < 1e-6)


def test_a_wrong_result_is_rounded_as_the_others_are():
    """Nothing shows of its own: it has the share of the one that is nearly right."""
    moved = iter([0.0, 0.0, *[1e-5] * 6, 0.0])
    ones = {"w": np.ones(1), "b": np.ones(1)}
    allowed = allowance.rounding(
        lambda plan, moves: ({"w": np.array([0.5]), "b": np.array([3e-4 + next(moved)])}, ones),
        {"w": np.array([0.5]), "b": np.array([3e-4])}, ones, ones, np.finfo(float).eps,
    )  # fmt: skip
    assert allowed["w"] == allowed["b"] > 3e-4


def test_what_rounding_changes_is_allowed():
    moved = iter([1e-4, 2e-4, *[1e-4] * 6, 0.0])  # the last time nothing is moved
    allowed = allowance.rounding(
        lambda plan, moves: ({"w": np.array([3e-4 + next(moved)])}, {"w": np.ones(1)}),
        {"w": np.array([3e-4])}, {"w": np.ones(1)}, {"w": np.ones(1)}, np.finfo(float).eps,
    )  # fmt: skip
    assert np.all(allowed["w"] > 2e-4)
