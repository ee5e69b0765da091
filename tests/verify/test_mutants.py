"""The mutation run: what is changed, that the right code comes back, and that a spoilt formula is noticed."""

import ast
import contextlib
import inspect

import pytest

from handnn.activations import base, tanh
from handnn.verify.mutants import judge, page, suite
from handnn.verify.mutants.equivalent import EQUIVALENT
from handnn.verify.mutants.operators import changes
from handnn.verify.mutants.targets import FAMILIES, Target, targets


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
        ("x = np.sum(y, axis=1, keepdims=True)", set()),
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
    for change in target.changes():
        assert judge.noticed("activations", target, change, tf, keras, tests=False), change
    nothing = target.changes()[0]._replace(tree=ast.parse(inspect.cleandoc(UNCHANGED)).body[0])
    assert judge.noticed("activations", target, nothing, tf, keras, tests=False) == ""


UNCHANGED = """
def backward(self, upstream, z, a, out=None):
    return np.multiply(upstream, 1 - a * a)
"""


def test_the_tests_are_the_second_judge(monkeypatch):
    """What Keras cannot tell, because it is wrong there itself, sparsemax's own tests do."""
    assert suite.available()
    target = of("Sparsemax.backward")
    change = next(c for c in target.changes() if str(c) == "a > 0  ->  a < 0")
    with target.changed(change):
        assert "sparsemax" in suite.failing_test("activations", ("sparsemax",))


def test_reasons_are_of_changes_that_exist():
    titles = {title for title, _ in EQUIVALENT}
    spoilt = [t for family in FAMILIES for t in targets(family) if t.title in titles]
    known = {(t.title, str(change)) for t in spoilt for change in t.changes()}
    assert not set(EQUIVALENT) - known


def test_page_counts_and_explains():
    made = [
        judge.Result("losses", "A.values", 1, "x  ->  y", "A: value"),
        judge.Result("losses", "A.slopes", 2, "x | z  ->  y", ""),
    ]
    text = page.page(made)
    assert "| losses | 2 | 2 | 1 | 50.0% | 0 of 1 |" in text
    assert "x \\| z  ->  y" in text and "NOT EXPLAINED" in text


def test_a_target_says_where_it_is():
    assert isinstance(of("Dense.backward", "layers"), Target)
    assert tanh.name in dict(of("Tanh.forward").symbols)
