"""The exercises of `check --new`: not derived yet, solved, and three typical slips in each, which are located."""

import pytest

from handnn.cli import exercises
from handnn.diagnosis.check import verdicts
from tests.diagnosis.exercises import SLIPS, SOLUTIONS, filled, line_of

KINDS = sorted(SOLUTIONS)
CASES = [(kind, target, slip) for kind in KINDS for target, slip in SLIPS[kind]]


@pytest.fixture
def judged(tmp_path):
    def judge(text):
        path = tmp_path / "mine.py"
        path.write_text(text)
        (found,) = [line["verdict"] for line in verdicts(str(path))]
        return found

    return judge


def test_every_name_starts_one():
    assert {exercises.kind_of(name) for name in ("mine.py", "my_bn", "conv2d.py", "LSTM.py", "attention")} == set(KINDS)
    for kind in KINDS:
        text = exercises.text(kind, "mine.py")
        compile(text, kind, "exec")
        assert "handnn check mine.py" in text and text.count("# TODO") == len(SOLUTIONS[kind])


@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=[pytest.mark.slow] * (k in ("convolution", "lstm"))) for k in KINDS]
)
@pytest.mark.slow
def test_what_is_not_derived_yet_is_not_given_away(kind, judged):
    found = judged(exercises.text(kind, "mine.py"))
    assert found["verdict"] == "wrong" and "zero everywhere: not derived yet?" in found["summary"]
    assert not found["blamed"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_half_of_it_gives_the_rest_not_away(kind, judged):
    half = dict(list(SOLUTIONS[kind].items())[:1])
    zeros = exercises.text(kind, "mine.py")
    for target, answer in half.items():
        lines = zeros.splitlines()
        at = line_of(zeros, target) - 1
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        lines[at] = f"{indent}{target}{'= ' if target.endswith('+') else ' = '}{answer}"
        zeros = "\n".join(lines) + "\n"
    found = judged(zeros)
    given = [blame["fix"] for blame in found["blamed"] if blame["fix"]]
    assert found["verdict"] == "wrong" and not set(given) & set(SOLUTIONS[kind].values())


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_solution_is_right(kind, judged):
    found = judged(filled(exercises.text(kind, "mine.py"), SOLUTIONS[kind]))
    assert found["verdict"] == "match" and not found["unchecked"], found


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "target", "slip"), CASES)
def test_a_slip_is_located(kind, target, slip, judged):
    text = exercises.text(kind, "mine.py")
    found = judged(filled(text, SOLUTIONS[kind] | {target: slip}))
    assert found["verdict"] == "wrong"
    assert [blame["line"] for blame in found["blamed"]] == [line_of(text, target)], found["blamed"]
