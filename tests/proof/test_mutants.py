"""The mutation run: what is changed, that the right code comes back, and that a spoilt formula is noticed."""

import ast
import contextlib
import inspect
from pathlib import Path

import pytest
from click.testing import CliRunner

from handnn.activations import base, tanh
from handnn.proof.mutants import judge, page, suite
from handnn.proof.mutants.__main__ import main
from handnn.proof.mutants.equivalent import EQUIVALENT
from handnn.proof.mutants.operators import changes
from handnn.proof.mutants.plumbing import families as plumbing
from handnn.proof.mutants.targets import FAMILIES, Target, targets


def found(source):
    function = ast.parse(source).body[0]
    return {str(change) for change in changes(function)}


def test_every_place_of_a_formula_is_spoilt():
    assert found("def f(a, b):\n    return a - b * 2") == {
        "a - b * 2  ->  a",
        "a - b * 2  ->  -(b * 2)",
        "a - b * 2  ->  a + b * 2",
        "b * 2  ->  b",
        "b * 2  ->  2",
        "b * 2  ->  b / 2",
        "b * 2  ->  b * 3",
    }


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x += y", {"x += y  ->  nothing", "x += y  ->  x -= y"}),
        ("x = -y", {"-y  ->  y"}),
        ("x = y > z", {"y > z  ->  y >= z", "y > z  ->  y < z"}),
        ("x = y.T", {"y.T  ->  y"}),
        ("x = y.sum(axis=1)", {"y.sum(axis=1)  ->  y"}),
        (
            "x = np.sum(y, axis=1, keepdims=True)",
            {
                "np.sum(y, axis=1, keepdims=True)  ->  y",
                "np.sum(y, axis=1, keepdims=True)  ->  np.mean(y, axis=1, keepdims=True)",
            },
        ),
        ("x = y if c else z", {"y if c else z  ->  y", "y if c else z  ->  z"}),
        ("if y > z:\n        raise ValueError", set()),
        ("x = np.square(y)", {"np.square(y)  ->  np.positive(y)"}),
        (
            "x = np.add(y, z, out=x)",
            {
                f"np.add(y, z, out=x)  ->  {after}"
                for after in ("np.positive(y, out=x)", "np.positive(z, out=x)", "np.subtract(y, z, out=x)")
            },
        ),
        ("x = np.where(c, y, z)", {"np.where(c, y, z)  ->  y", "np.where(c, y, z)  ->  z"}),
        ("raise ValueError(f'{x + 1}')", set()),
        ("x = y[i + 1]", set()),
    ],
)
def test_each_kind_of_change(line, expected):
    assert found(f"def f(x, y, z, c, i):\n    {line}") == expected


def of(title, family="activations"):
    return next(target for target in targets(family) if target.title == title)


def test_the_right_function_comes_back():
    target = of("Tanh.backward")
    right = vars(target.owner)["backward"]
    with contextlib.suppress(KeyError), target.changed(target.changes()[0]):
        assert vars(target.owner)["backward"] is not right
        raise KeyError
    assert vars(target.owner)["backward"] is right


def test_a_function_that_others_import_is_changed_there_too():
    from handnn.activations import piecewise

    assert piecewise.choose is base.choose
    target = of("base.choose")
    with target.changed(target.changes()[0]):
        assert piecewise.choose is base.choose
        spoilt = base.choose
    assert piecewise.choose is base.choose
    assert base.choose is not spoilt


def test_every_change_of_a_formula_is_noticed(keras, tf):
    target = of("Tanh.backward")
    asked = judge.Judge("activations", target, tf, keras, tests=False)
    for change in target.changes():
        assert asked.noticed(change), change
    assert asked.noticed(unchanged(target)) == ""


UNCHANGED = """
def backward(self, upstream, z, a, out=None):
    return np.multiply(upstream, 1 - a * a)
"""


def unchanged(target):
    """Return a change of Tanh.backward that nobody can notice."""
    return target.changes()[0]._replace(tree=ast.parse(inspect.cleandoc(UNCHANGED)).body[0], after="1 - a * a")


def command(tmp_path, *options):
    page = tmp_path / "page.md"
    done = CliRunner().invoke(main, ["--only", "Tanh.backward", "--no-tests", "--output", str(page), *options])
    return done.exit_code, page.read_text()


def test_a_change_that_nobody_notices_fails_the_command(monkeypatch, tmp_path):
    target = of("Tanh.backward")
    both = [target.changes()[0], unchanged(target)]
    monkeypatch.setattr(Target, "changes", lambda self: both)
    code, text = command(tmp_path, "--family", "activations")
    assert code == 1
    assert text.count("NOT EXPLAINED") == 1
    assert f"| Tanh.backward | `{both[1]}` | NOT EXPLAINED |" in text
    del both[1]
    code, text = command(tmp_path, "--family", "activations")
    assert code == 0
    assert "NOT EXPLAINED" not in text


def test_a_stopped_run_goes_on_where_it_was(monkeypatch, tmp_path):
    """What the record has is not tried again; what nobody noticed goes to the tests, if they are asked this time."""
    record, tried = str(tmp_path / "record.jsonl"), []
    family, target = "activations", of("Tanh.backward")
    names = [str(change) for change in target.changes()]

    def noticed(self, change, before=None):
        tried.append(str(change))
        if len(tried) == 3:
            raise KeyboardInterrupt
        return "" if str(change) == names[0] else "tanh: delta"

    monkeypatch.setattr(judge.Judge, "noticed", noticed)
    number = targets(family).index(target)
    with pytest.raises(KeyboardInterrupt):
        judge.run(family, number, False, record)
    found = judge.run(family, number, False, record)
    assert tried == [*names[:3], *names[2:]]
    assert [result.change for result in found if not result.killed] == [names[0]]
    tried.clear()
    judge.run(family, number, True, record)
    assert tried == names[:1]


def test_what_keras_did_not_notice_goes_to_the_tests(monkeypatch, tf, keras):
    """The test that noticed one change is the first to be asked about the next; one that fails anyway is not asked."""
    target, asked, answers = of("Tanh.backward"), [], ["broken", "sound", "sound"]

    def failing_test(family, symbol, first, without):
        asked.append((symbol, [*first], [*without]))
        return answers.pop(0)

    monkeypatch.setattr(suite, "failing_test", failing_test)
    monkeypatch.setattr(suite, "fails", lambda test: test if test == "broken" else "")
    by = judge.Judge("activations", target, tf, keras)
    assert [by.noticed(unchanged(target), judge.Noticed("", 1.0)) for _ in range(2)] == ["sound", "sound"]
    assert asked == [("tanh", [], []), ("tanh", [], ["broken"]), ("tanh", ["sound"], ["broken"])]


@pytest.mark.slow
def test_the_tests_are_the_second_judge(monkeypatch):
    """What Keras cannot tell, because it is wrong there itself, sparsemax's own tests do."""
    assert suite.available()
    target = of("Sparsemax.backward")
    change = next(c for c in target.changes() if str(c) == "a > 0  ->  a < 0")
    with target.changed(change):
        found = suite.failing_test("activations", "sparsemax")
        assert "sparsemax" in found
        assert suite.failing_test("activations", "tanh", [found]) == found


@pytest.mark.slow
def test_reasons_are_of_changes_that_exist():
    titles = {title for title, _ in EQUIVALENT}
    spoilt = [t for family in FAMILIES for t in targets(family) if t.title in titles]
    known = {(t.title, str(change)) for t in spoilt for change in t.changes()}
    assert not set(EQUIVALENT) - known


def test_page_counts_and_explains():
    made = [
        judge.Result("losses", "A.values", 1, "x  ->  y", "A: value"),
        judge.Result("losses", "A.slopes", 2, "x | z  ->  y", "", 60.0),
        judge.Result("losses", "A.slopes", 2, "x | z  ->  x", "tests/test_a.py::test_a[z]", 120.0),
        judge.Result("losses", "A.slopes", 3, "z  ->  y", "tests/test_a.py::test_a[y]"),
    ]
    text = page.page(made, [])
    assert "It takes 3 minutes" in text
    assert "| losses | 2 | 4 | 1 | 2 | 75.0% | 0 of 1 |" in text
    assert "x \\| z  ->  y" in text and text.count("NOT EXPLAINED") == 1
    assert "| A.slopes | 2 | `tests/test_a.py::test_a` |" in text


def test_a_target_says_where_it_is():
    assert isinstance(of("Dense.backward", "layers"), Target)
    assert tanh.name in dict(of("Tanh.forward").symbols)


def test_the_page_is_of_every_family_and_explains_every_survivor():
    text = (Path(__file__).parents[2] / "docs" / "mutants.md").read_text(encoding="utf-8")
    assert all(f"| {family} | " in text for family in (*FAMILIES, *plumbing.FAMILIES))
    assert "NOT EXPLAINED" not in text
