"""The evidence for `handnn.allowance`: no enclosure is violated, every rule has a case, and a wrong rule is seen."""

import dataclasses

import numpy as np
import pytest

from handnn.proof.allowance import __main__ as command
from handnn.proof.allowance import cases, mutants, sharpness
from handnn.proof.allowance.catalogue import CASES
from handnn.proof.allowance.emulated import Arithmetic, Machine
from handnn.proof.allowance.trial import enclosure, trial
from handnn.rounding.enclosure import NoRuleError, Precision, arrays, elementwise, precision, reductions, rules
from handnn.rounding.enclosure.precision import numpy_dtype

COMBINATIONS = list(sharpness.combinations())


@pytest.fixture(autouse=True)
def few_elements(monkeypatch):
    monkeypatch.setattr(cases, "ELEMENTS", 24)


@pytest.mark.quick(10)
@pytest.mark.parametrize(("name", "own"), COMBINATIONS, ids=lambda value: getattr(value, "name", value))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_no_enclosure_is_violated(name, own):
    found = trial(CASES[name], own, np.random.default_rng(1), stochastic=0 if own.dtype == "tf32" else 2)
    assert found is None or not found.violations, found.first


class Used(dict):
    """A dictionary that remembers which of its rules were asked for."""

    def __init__(self, own):
        super().__init__(own)
        self.used = set()

    def __getitem__(self, key):
        self.used.add(key)
        return super().__getitem__(key)

    def get(self, key, default=None):
        self.used.add(key)
        return super().get(key, default)


ELSEWHERE = """
isfinite isnan conjugate fmod remainder float_power less_equal greater_equal
atleast_1d atleast_2d atleast_3d fliplr flipud rot90 rollaxis matrix_transpose ravel reshape
broadcast_to diagonal diag diagflat tril triu delete resize copy real split array_split hsplit vsplit dsplit
hstack vstack dstack column_stack zeros_like ones_like empty_like full_like take_along_axis compress
shape ndim size result_type array_equal count_nonzero copyto nan_to_num interp argmax argmin argsort bincount det
cumulative_sum
"""
"""What only moves elements, by one rule for all; what is refused; what tests/rounding checks."""


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_every_rule_has_a_case(monkeypatch):
    ufuncs, functions = Used(rules.UFUNCS), Used(rules.FUNCTIONS)
    monkeypatch.setattr(arrays, "UFUNCS", ufuncs)
    monkeypatch.setattr(arrays, "FUNCTIONS", functions)
    for case in CASES.values():
        rng = np.random.default_rng(0)
        try:
            enclosure(case, [x.astype("float32").astype("float64") for x in case.draw(rng, "float32")], precision())
        except NoRuleError:
            continue
    used = ufuncs.used | {function.__name__ for function in functions.used}
    known = set(ufuncs) | {function.__name__ for function in functions}
    assert known - used - set(ELSEWHERE.split()) == set()
    assert set(ELSEWHERE.split()) <= known


# ---- wrong rules are seen --------------------------------------------------------------------------------------------

WRONG = {
    "no rounding": ("add", "float32", Precision, "rounded", lambda self, low, high: (low, high)),
    "a third of it": ("divide", "float16", Precision, "u", 0.0),
    "sums do not grow": ("sum", "bfloat16", Precision, "growth", lambda self, additions: 0.0),
    "a function is exact": ("tanh", "float32", elementwise, "function_error", lambda low, high, p, units: (low, high)),
    "denormals are kept": ("multiply", "float32", Precision, "flushes", False),
    "sequential as if a tree": ("sum", "float32 sequential", reductions, "added", lambda a, b: a),
}


@pytest.mark.quick(3)
@pytest.mark.parametrize("name", WRONG)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_wrong_rule_is_seen(name, monkeypatch):
    case, own, owner, attribute, value = WRONG[name]
    dtype, _, order = own.partition(" ")
    monkeypatch.setattr(owner, attribute, value, raising=False)
    if name == "a third of it":
        monkeypatch.setattr(Precision, "snapped", lambda self, low, high: (low, high))
    found = [
        trial(CASES[case], Arithmetic(dtype, order=order or "any"), np.random.default_rng(seed)) for seed in range(8)
    ]
    assert sum(one.violations for one in found) > 0
    assert any(" outside [" in one.first for one in found)


def test_the_emulation_rounds_like_the_machine(rng):
    x = rng.normal(size=500) * 10.0 ** rng.integers(-4, 4, 500)
    for name in ("float16", "bfloat16", "float32"):
        own, random = Machine(Arithmetic(name), rng), Machine(Arithmetic(name), rng, stochastic=True)
        native = x.astype(numpy_dtype(name)).astype("float64")
        assert np.array_equal(own.rounded(x), native)
        drawn = np.array([random.rounded(x) for _ in range(40)])
        assert (drawn.min(0) <= x).all() and (drawn.max(0) >= x).all()
        assert all(len(np.unique(column)) <= 2 for column in drawn.T)


# ---- mutants and the page --------------------------------------------------------------------------------------------


@pytest.mark.quick(2)
@pytest.mark.parametrize("name", mutants.FORMULAS)
@pytest.mark.parametrize("dtype", mutants.DTYPES)
def test_mutants_are_caught_and_right_formulas_pass(name, dtype):
    assert mutants.judged(name, dtype, 0.0, draws=2).allowance == 0
    if dtype != "float16":
        assert mutants.judged(name, dtype, 1e-3, draws=2).allowance == 2


def test_torch_accepts_what_the_allowance_rejects():
    """A convolution's kernel that is off by 1e-6, in float32: the default atol of 1e-5 is larger."""
    found = mutants.judged("convolution", "float32", 1e-6, draws=2)
    assert found.allowance == 2 and found.torch == 0


@pytest.fixture
def small(monkeypatch):
    few = {name: CASES[name] for name in ("add", "tanh", "sum")}
    for module in (sharpness, command.page):
        monkeypatch.setattr(module, "CASES", few)
    monkeypatch.setattr(sharpness, "MIXED", sharpness.MIXED[:1])
    monkeypatch.setattr(sharpness, "STOCHASTIC_RUNS", 1)
    monkeypatch.setattr(sharpness, "FORMATS", ("float16", "bfloat16", "float32"))
    monkeypatch.setattr(mutants, "FORMULAS", {"sigmoid": mutants.FORMULAS["sigmoid"]})


def test_the_page_is_written(small, tmp_path, capsys):
    assert command.main(["--count", "10", "--draws", "1", "--output", str(tmp_path / "page.md")]) == 0
    text = (tmp_path / "page.md").read_text()
    assert all(head in text for head in ("## Is it ever violated?", "## How sharp", "stochastic", "## Does it notice"))
    assert max(map(len, text.splitlines())) <= 120 and "| all |" in text
    assert "0 trials violated" in capsys.readouterr().err


@pytest.mark.slow
def test_a_violation_fails_the_command(small, monkeypatch, capsys):
    monkeypatch.setattr(Precision, "growth", lambda self, additions: 0.0)
    assert command.main(["--count", "10", "--draws", "1"]) == 1
    printed = capsys.readouterr()
    assert "Violated: sum, " in printed.out


def test_an_arithmetic_is_what_users_write():
    own = Arithmetic("bfloat16", "float32", "blocked:8").precision()
    assert (own.name, own.accumulator.name, own.order, own.block) == ("bfloat16", "float32", "blocked", 8)
    assert dataclasses.replace(own, directed=True) == Arithmetic("bfloat16", "float32", "blocked:8").precision("any")
