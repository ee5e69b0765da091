"""Mutants of plumbing: what is changed, that the change is in force, and that a test notices or nobody does."""

import ast
import gc
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from handnn import constraints
from handnn.proof.mutants import page
from handnn.proof.mutants.judge import Result
from handnn.proof.mutants.plumbing import copies, coverage, families, install, run, slips
from handnn.proof.mutants.plumbing.equivalent import EQUIVALENT
from handnn.proof.mutants.plumbing.operators import mutations
from handnn.proof.mutants.record import Noticed, Record

ROOT = Path(__file__).parents[2]


# ---- the kinds of change --------------------------------------------------------------------------------------------

CASES = [
    ("branch", "if x:\n        y()", {"if x:  ->  if True:", "if x:  ->  if False:"}),
    (
        "branch",
        "x = a and b",
        {"a and b  ->  b", "a and b  ->  a", "a and b  ->  a or b"},
    ),
    ("branch", "x = [i for i in y if i]", {"for i in y if i  ->  for i in y"}),
    ("branch", "if not x:\n        raise ValueError(x and y)", set()),
    ("line left out", "self.reset()", {"self.reset()  ->  nothing"}),
    ("not stored", "self.count = 0", {"self.count = 0  ->  nothing"}),
    ("not stored", "x[...] = 0", {"x[...] = 0  ->  nothing"}),
    ("not stored", "x = 0", set()),
    ("wrong axis", "x = f(y, axis=-1)", {"axis=-1  ->  axis=0"}),
    ("wrong axis", "x = f(y, axis=0)", {"axis=0  ->  axis=1"}),
    ("off by one", "x = y[a:b]", {"a:b  ->  a + 1:b", "a:b  ->  a:b - 1"}),
    ("off by one", "x = range(n)", {"range(n)  ->  range(n - 1)"}),
    ("off by one", "x = range(n, m)", {"range(n, m)  ->  range(n, m - 1)"}),
    ("off by one", "x = enumerate(y)", {"enumerate(y)  ->  enumerate(y, start=1)"}),
    ("missing copy", "x = y.copy()", {"y.copy()  ->  y"}),
    ("missing copy", "x = np.array(y)", {"np.array(y)  ->  np.asarray(y)"}),
    ("missing copy", "x = [*y]", {"[*y]  ->  y"}),
    ("missing copy", "x = dict(y)", {"dict(y)  ->  y"}),
    ("float32", "x = np.zeros(3, dtype=y.dtype)", {"dtype=y.dtype  ->  dtype='float32'"}),
    ("float32", "x = y.astype(z)", {"y.astype(z)  ->  y.astype('float32')"}),
    ("float32", "x = np.float64(y)", {"np.float64  ->  np.float32"}),
    ("weights dropped", "f(x, sample_weight=w)", {"sample_weight=w  ->  sample_weight=None"}),
    ("weights dropped", "f(x, weight)", {"f(x, weight)  ->  f(x, None)"}),
    ("flag", "f(x, training=True)", {"training=True  ->  training=False"}),
    ("exchanged", "f(x, y)", {"f(x, y)  ->  f(y, x)"}),
    ("other part", "f(x_val + x_test)", {"x_val + x_test  ->  x_test + x_test", "x_val + x_test  ->  x_val + x_val"}),
    ("other part", "f(x.val_loss)", {"x.val_loss  ->  x.train_loss", "x.val_loss  ->  x.test_loss"}),
    ("other part", "f(x_val)", set()),  # there is no other
    ("formula", "x = y + z", {"y + z  ->  y", "y + z  ->  z", "y + z  ->  y - z"}),
    ("formula", "x = min(y)", {"min(y)  ->  max(y)"}),
]


@pytest.mark.parametrize(("kind", "line", "expected"), CASES)
def test_each_kind_of_change(kind, line, expected):
    function = ast.parse(f"def f(self, x, y=[*DEFAULT]):\n    {line}").body[0]
    assert {str(change) for change in mutations(function) if change.kind == kind} == expected


def test_what_a_test_executes_is_recorded_anew_if_a_file_that_it_uses_has_changed(tmp_path):
    test, source, other = ROOT / "tests/layers/test_attention.py", tmp_path / "source.py", tmp_path / "other.py"
    assert coverage.used_by(test) >= {test, ROOT / "tests/conftest.py", ROOT / "tests/layers/attention/pass_forward.py"}
    assert ROOT / "tests/selection.py" in coverage.used_by(test)  # by tests/conftest.py
    assert ROOT / "tests/layers/test_masks.py" not in coverage.used_by(test)
    for path in (source, other):
        path.write_text("x = 1")
    known = coverage.Coverage([source, other], None)
    told = [["name", 0.1, [[0, 1]]]]
    before = {"files": known._digests(str(test), told), "tests": told}
    other.write_text("x = 2")
    assert known._is_current(str(test), before)
    source.write_text("x = 2")
    assert not known._is_current(str(test), before)
    failing = {"files": known._digests(str(test), [["name", 0.1, None]]), "tests": [["name", 0.1, None]]}
    other.write_text("x = 3")
    assert not known._is_current(str(test), failing)


def test_every_family_has_sources_tests_and_changes():
    covered = [path for family in families.FAMILIES for path in families.sources(family)]
    assert len(covered) == len(set(covered)) and all(path.is_file() for path in covered)
    for family in families.FAMILIES:
        assert all((ROOT / test).is_file() for test in families.tests(family))
    for change in families.planned("constraints"):
        assert change.family == "constraints" and change.mutation.before != change.mutation.after


def test_a_sample_is_drawn_by_hash_and_the_smaller_is_part_of_the_larger():
    every = list(families.planned("constraints"))
    assert len({change.key for change in every}) == len(every)
    ten, twenty = families.sample(every, 10), families.sample(every, 20)
    assert len(ten) == 10 and len(twenty) == 20 and {c.key for c in ten} < {c.key for c in twenty}
    assert families.sample(every[1:], 10) == [c for c in ten if c != every[0]] or every[0] in ten
    assert families.sample(every, None) == every


# ---- copies and changes in force ------------------------------------------------------------------------------------


def test_a_copy_tells_and_leaves_this_process_alone():
    kept, heard = [], []

    def work(tell):
        kept.append(1)
        tell("one")
        tell("two")

    assert copies.in_a_copy(work, 5, heard.append) == (["one", "two"], "") and heard == ["one", "two"] and not kept


@pytest.mark.slow
def test_copies_that_do_not_end_or_die_or_fail_are_told_apart():
    def endless(tell):
        tell("begun")
        while True:
            pass

    assert copies.in_a_copy(lambda tell: os.kill(os.getpid(), signal.SIGKILL), 5) == ([], "process died")
    assert copies.in_a_copy(endless, 0.01) == (["begun"], "no end")
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        copies.in_a_copy(lambda tell: tell(str(1 // 0)), 5)


@pytest.mark.slow
def test_one_test_without_an_end_takes_its_own_limit_only():
    def one_endless_test(tell):
        copies.allow(0.01)
        tell("begun")
        while True:
            pass

    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    assert copies.in_a_copy(one_endless_test, 60) == (["begun"], "no end")
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 20


def test_a_copy_that_sleeps_is_ended_by_the_clock(monkeypatch):
    monkeypatch.setattr(copies, "WALL", 1)
    assert copies.in_a_copy(lambda tell: time.sleep(60), 0.05) == ([], "no end")


def change_of(title, change):
    return next(c for c in families.planned("constraints") if (c.title, str(c.mutation)) == (title, change))


@pytest.mark.slow
def test_a_change_is_in_force_wherever_the_function_is_held():
    change = change_of(
        "constraints.NonNeg.__call__", "np.maximum(as_floats(w, 'w'), 0)  ->  np.minimum(as_floats(w, 'w'), 0)"
    )
    held = constraints.NonNeg().__call__

    def work(tell):
        gc.freeze()  # as conftest.py does
        assert install.Living().install(run.asked(change).patch) == 1
        tell(str([float(x) for x in held(np.array([-1.0, 2.0]))]))

    assert copies.in_a_copy(work, 30).lines == ["[-1.0, 0.0]"]
    assert held(np.array([-1.0, 2.0])).tolist() == [0.0, 2.0]


SOURCE = """
import functools

class Base:
    def name(self):
        return "base"

class Own(Base):
    def name(self):
        return super().name() + "!"

@functools.cache
def number():
    if True:
        return 1
    return 2
"""


@pytest.mark.slow
def test_changes_of_methods_with_super_and_of_cached_functions(tmp_path):
    path = tmp_path / "module.py"
    path.write_text(SOURCE)
    space = {}
    exec(compile(SOURCE, str(path), "exec"), space)
    own, number = space["Own"](), space["number"]
    assert (own.name(), number()) == ("base!", 1)
    changed = ast.parse(SOURCE.replace('super().name() + "!"', '"!"').replace("return 1", "return 3"))
    assert install.Living().install(install.Patch(path, changed)) == 2
    assert (own.name(), number()) == ("!", 3)


INSIDE = """
def twice(call):
    many = 2

    def called(x):
        y = many * x
        return call(y)

    return called

@twice
def shown(x):
    return x
"""


@pytest.mark.quick(1)
@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [("many * x", "many + x", 5), ("many * x", "x", 3), ("many = 2", "pass", 6), ("return called", "return call", 6)],
    ids=["changed", "a variable less", "a variable that is gone", "not returned"],
)
def test_a_function_made_by_a_decorator_is_changed_where_its_variables_stay(right, wrong, expected, tmp_path):
    path, space = tmp_path / "module.py", {}
    path.write_text(INSIDE)
    exec(compile(INSIDE, str(path), "exec"), space)
    install.Living().install(install.Patch(path, ast.parse(INSIDE.replace(right, wrong))))
    assert space["shown"](3) == expected


@pytest.mark.slow
def test_a_function_inside_that_is_gone_stays_as_it_was(tmp_path):
    path, space, gone = tmp_path / "module.py", {}, ast.parse(INSIDE)
    path.write_text(INSIDE)
    exec(compile(INSIDE, str(path), "exec"), space)
    gone.body[0].body = gone.body[0].body[:1]
    assert install.Living().install(install.Patch(path, gone)) == 1 and space["shown"](3) == 6


def test_a_change_that_the_compiler_doubts_is_compiled(tmp_path):
    path = tmp_path / "module.py"
    path.write_text("def f(x):\n    return x[0]\n")
    assert install._codes_of(path, ast.parse("def f(x):\n    return 1.0[0]\n"))


@pytest.mark.slow
def test_probes_stand_in_front_of_every_statement_that_runs(tmp_path, monkeypatch):
    path = tmp_path / "module.py"
    path.write_text(SOURCE)
    seen, space = [], {coverage.PROBE: lambda number, line: seen.append((number, line))}
    exec(compile(coverage.with_probes(path, 7), str(path), "exec"), space)
    assert space["number"]() == 1
    assert seen == [(7, 14), (7, 15)]


# ---- results --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_what_the_record_has_is_not_tried_again_but_for_unexplained_survivors(monkeypatch, tmp_path):
    record, asked = str(tmp_path / "record"), []
    changes = families.sample(list(families.planned("constraints")), 3)

    def ask(tried, tests, paths, told, seen, kept):
        asked.append([change.title for change in tried])
        for number in range(len(tried)):
            told(number, "" if number == 1 else "tests/a.py::test_a", 0.5)

    monkeypatch.setattr(run, "ask", ask)
    first = run.run("constraints", None, 3, record, str)
    assert [result.killed for result in first] == [True, False, True]
    assert run.run("constraints", None, 3, record, str, recorded=True) == first
    assert asked == [[change.title for change in changes]]
    run.run("constraints", None, 3, record, str)
    assert asked[1:] == [[changes[1].title]]
    Record(record).add(changes[1].key, "", Noticed("", 1.0))
    more = families.sample(list(families.planned("constraints")), 4)
    (new,) = (change.title for change in more if change.key not in {c.key for c in changes})
    run.run("constraints", None, 4, record, str)
    assert asked[2:] == [[new, changes[1].title]]  # what was never tried comes first
    monkeypatch.setitem(EQUIVALENT, (changes[1].title, str(changes[1].mutation)), "made up")
    found = run.run("constraints", None, 3, record, str)
    assert len(asked) == 3 and found[1].reason == "made up"


@pytest.mark.slow
def test_the_page_keeps_the_part_that_was_not_run(monkeypatch):
    monkeypatch.setattr(page, "versions", lambda: "versions")  # importing TensorFlow to ask for them takes long
    formula = Result("losses", "A.values", 1, "x  ->  y", "A: value")
    plumbing = [
        Result("constraints", "constraints.A", 1, "x  ->  y", "tests/a.py::test_a"),
        Result("constraints", "constraints.A", 1, "x  ->  z", ""),
        Result("constraints", "constraints.A", 1, "y  ->  z", "", explained="made up"),
    ]
    text = page.page([formula], plumbing)
    assert "| 1 | 1 | 0 | 100.0% | 0 of 0 |" in text
    assert "| 3 | 1 | 50.0% | 1 of 2 |" in text and text.count("NOT EXPLAINED") == 1 and "made up" in text
    other = page.page([formula._replace(family="activations")], [], text)
    assert other.partition(page.PLUMBING_TITLE)[2] == text.partition(page.PLUMBING_TITLE)[2]
    assert "| losses | " in other and "| activations | " in other
    assert page.page([], plumbing[:1], text).partition(page.PLUMBING_TITLE)[0] == text.partition(page.PLUMBING_TITLE)[0]
    schedule = Result("schedules", "schedules.A", 1, "x  ->  y", "", explained="found")
    both = page.page([], [schedule], text)
    assert "| 3 | 1 | 50.0% | 1 of 2 |" in both and both.count("made up") == both.count("found") == 1
    assert both.index("| schedules | ") < both.index("| constraints | ")
    assert page.page([], [schedule], both) == both and "made up" not in page.page([], plumbing[:1], both)


@pytest.mark.slow
def test_reasons_are_of_changes_that_exist():
    titles = {title for title, _ in EQUIVALENT}
    known = {(c.title, str(c.mutation)) for family in families.FAMILIES for c in families.planned(family, titles)}
    assert not set(EQUIVALENT) - known


@pytest.mark.slow
def test_slips_fit_their_files():
    assert len({slip.what for slip in slips.SLIPS}) == len(slips.SLIPS)
    for slip in slips.SLIPS:
        assert (ROOT / "handnn" / slip.file).read_text(encoding="utf-8").count(slip.right) == 1, slip.what
    assert slips.planted(slips.SLIPS[0]).lines


@pytest.mark.slow
def test_every_slip_is_noticed_by_an_everyday_test():
    command = [sys.executable, "-m", "handnn.proof.mutants", "--slips"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert done.stdout.count("tests/") >= len(slips.SLIPS)
    assert "fails on the right code" not in done.stdout


@pytest.mark.slow
def test_a_right_change_is_noticed_by_nobody_and_a_wrong_one_by_a_test(tmp_path):
    """The whole way: TensorFlow loaded, tests collected, copies forked."""
    code = """
import ast
from handnn.proof.mutants.plumbing import families, run
run.load()
change = next(c for c in families.planned("constraints") if c.title == "constraints.NonNeg.__call__")
wrong = run.asked(change)
right = wrong._replace(patch=wrong.patch._replace(module=ast.parse(
    change.path.read_text().replace('np.maximum(as_floats(w, "w"), 0)', 'np.maximum(0, as_floats(w, "w"))'))))
run.ask([wrong, right], ["tests/test_constraints.py"], [change.path], lambda *found: print(*found), print)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    wrong, right = done.stdout.splitlines()
    assert wrong.startswith("0 tests/test_constraints.py::") and right.startswith("1  ")
