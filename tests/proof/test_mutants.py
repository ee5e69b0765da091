"""The mutation run: what is changed, that the right code comes back, and that a spoilt formula is noticed."""

import ast
import contextlib
import inspect
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import tf_reference
from handnn import Sequential, layers
from handnn.activations import base, tanh
from handnn.proof.mutants import judge, page, tests as second
from handnn.proof.mutants.__main__ import main
from handnn.proof.mutants.equivalent import EQUIVALENT
from handnn.proof.mutants.operators import changes
from handnn.proof.mutants.plumbing import families as plumbing, install
from handnn.proof.mutants.remembered import Remembering, remembered
from handnn.proof.mutants.targets import FAMILIES, Target, targets
from handnn.verify import verify_model


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


def test_a_function_that_others_hold_is_changed_there_too():
    from handnn.activations import piecewise
    from handnn.layers.sizes import interpolation

    assert piecewise.choose is base.choose
    code = base.choose.__code__
    target = of("base.choose")
    with target.changed(target.changes()[0]):
        assert piecewise.choose.__code__ is not code
    assert piecewise.choose.__code__ is base.choose.__code__ is code
    target, of_table = of("interpolation._triangle", "sizes"), interpolation.KERNELS["bilinear"].function
    change = next(c for c in target.changes() if str(c) == "1 - np.abs(x)  ->  1")
    with target.changed(change):
        assert of_table(np.array(0.5)) == 1
    assert of_table(np.array(0.5)) == 0.5


def test_every_change_of_a_formula_is_noticed(keras, tf):
    target = of("Tanh.backward")
    asked = judge.Judge("activations", target, tf, keras)
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


def test_keras_side_of_a_comparison_is_computed_once(keras, rng, monkeypatch):
    model = Sequential([layers.Input((3,)), layers.Dense(2, "tanh")], name="net")
    model.compile("sgd", "mse")
    x, y, traces = rng.normal(size=(4, 3)), rng.normal(size=(4, 2)), {}
    with remembered(traces):
        assert verify_model(model, x, y, optimizer=False).ok and len(traces) == 1
        monkeypatch.setattr(Remembering, "twin", None)  # from here on there is none to be asked
        assert verify_model(model, x, y, optimizer=False).ok and len(traces) == 1
        monkeypatch.setattr(layers.Dense, "backward", lambda layer, t: None)
        assert not verify_model(model, x, y, optimizer=False).ok
    with remembered(traces):
        verify_model(model, x, y + 1, optimizer=False)
    assert len(traces) == 2
    assert tf_reference.KerasTwin is not Remembering and not issubclass(tf_reference.KerasTwin, Remembering)


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
    """What the record has is not tried again."""
    record, tried = str(tmp_path / "record.jsonl"), []
    family, target = "activations", of("Tanh.backward")
    names = [str(change) for change in target.changes()]

    def noticed(self, change):
        tried.append(str(change))
        if len(tried) == 3:
            raise KeyboardInterrupt
        return "" if str(change) == names[0] else "tanh: delta"

    monkeypatch.setattr(judge.Judge, "noticed", noticed)
    number = targets(family).index(target)
    with pytest.raises(KeyboardInterrupt):
        judge.run(family, number, record)
    assert len(judge.run(family, number, record, recorded=True)) == 2
    found = judge.run(family, number, record)
    assert tried == [*names[:3], *names[2:]]
    assert [(place, result.change) for place, result in found if not result.killed] == [(0, names[0])]


@pytest.mark.slow
def test_what_keras_did_not_notice_goes_to_the_tests(monkeypatch, tmp_path):
    target, asked = of("Tanh.backward"), []
    monkeypatch.setattr(judge.Judge, "noticed", lambda self, change: "")

    def noticed(family, places, record):
        asked.append((family, list(places), record))
        return {place: judge.Noticed("tests/a.py::test_a" if place[1] else "", 2.0) for place in places}

    monkeypatch.setattr(second, "noticed", noticed)
    record = str(tmp_path / "record.jsonl")
    options = ["--only", "Tanh.backward", "--family", "activations", "--record", record]
    assert CliRunner().invoke(main, options).exit_code == 1
    number, ((family, places, told),) = targets("activations").index(target), asked
    assert (family, told) == ("activations", record)  # the process of the tests writes there, result by result
    assert [p for n, p in places if n == number] == list(range(len(target.changes())))


def test_a_formula_is_changed_in_its_file_for_the_tests():
    """Only the function's code is another, its statements are where they were."""
    target = of("Sparsemax.backward")
    change = next(c for c in target.changes() if str(c) == "a > 0  ->  a < 0")
    patch = second.asked(target, change)
    (path, line), source = next(iter(patch.lines)), Path(patch.patch.path).read_text()
    assert "a > 0" in source.splitlines()[line - 1] and str(patch.patch.path) == path
    right = install.codes(compile(source, path, "exec"))
    spoilt = install.codes(compile(ast.fix_missing_locations(patch.patch.module), path, "exec"))
    assert [name for name, code in right.items() if spoilt[name] != code] == [("Sparsemax.backward", 0)]


@pytest.mark.slow
def test_the_tests_are_the_second_judge(tmp_path):
    """What Keras cannot tell, because it is wrong there itself, sparsemax's own tests do."""
    target = of("Sparsemax.backward")
    names, number = [str(c) for c in target.changes()], targets("activations").index(target)
    place, record = (number, names.index("a > 0  ->  a < 0")), tmp_path / "record.jsonl"
    found = second.noticed("activations", {place: 1.0}, str(record))
    assert found[place].by.startswith("tests/activations/") and found[place].seconds > 1
    assert [result.by for _, result in judge.run("activations", number, str(record), recorded=True)] == [
        found[place].by
    ]


@pytest.mark.slow
def test_reasons_are_of_changes_that_exist():
    titles = {title for title, _ in EQUIVALENT}
    spoilt = [t for family in FAMILIES for t in targets(family) if t.title in titles]
    known = {(t.title, str(change)) for t in spoilt for change in t.changes()}
    assert not set(EQUIVALENT) - known


@pytest.mark.slow
def test_page_counts_and_explains():
    made = [
        judge.Result("losses", "A.values", 1, "x  ->  y", "A: value"),
        judge.Result("losses", "A.slopes", 2, "x | z  ->  y", "", 60.0),
        judge.Result("losses", "A.slopes", 2, "x | z  ->  x", "tests/test_a.py::test_a[z]", 120.0),
        judge.Result("losses", "A.slopes", 3, "z  ->  y", "tests/test_a.py::test_a[y]"),
    ]
    text = page.page(made, [])
    assert "3 minutes of one core" in text
    assert "| 4 | 1 | 2 | 75.0% | 0 of 1 |" in text
    assert "x \\| z  ->  y" in text and text.count("NOT EXPLAINED") == 1
    assert "| A.slopes | 2 | `tests/test_a.py::test_a` |" in text


def test_a_function_that_calls_itself_is_changed_in_place():
    target = of("in_tf_data._filled", "layers")
    right = target.owner._filled.__code__
    for change in target.changes():
        with target.changed(change):
            assert target.owner._filled.__code__ is not right
        assert target.owner._filled.__code__ is right


def test_a_target_says_where_it_is():
    assert isinstance(of("Dense.backward", "layers"), Target)
    assert tanh.name in dict(of("Tanh.forward").symbols)


def test_the_page_is_of_every_family_and_explains_every_survivor():
    text = (Path(__file__).parents[2] / "docs" / "mutants.md").read_text(encoding="utf-8")
    assert all(f"| {family} | " in text for family in (*FAMILIES, *plumbing.FAMILIES))
    assert "NOT EXPLAINED" not in text
