"""`handnn check` on what people really did: no wrong derivation is called right, no right one wrong."""

import json
from pathlib import Path

import pytest

from handnn.diagnosis.score.cases import Score, verdicts
from handnn.diagnosis.verdict import Verdict

CASES = Path(__file__).parent / "cases"
OPENED = ("reports", "public", "fresh", *(f"fresh_{number}" for number in range(2, 13)))
FILES = [f"{name}/{file}" for name in OPENED for file in json.loads((CASES / name / "truth.json").read_text())]
DAILY = (
    "reports/05_dot_for_elementwise.py",
    "reports/42_logistic_scalar_db_RIGHT.py",
    "fresh_3/425_nesterov_as_keras_writes_it_RIGHT.py",
    "fresh_4/466_data_in_the_constructor_RIGHT.py",
)


@pytest.mark.parametrize("file", [pytest.param(f, marks=[] if f in DAILY else pytest.mark.slow) for f in FILES])
@pytest.mark.quick(2)
def test_verdicts_are_true(file):
    folder, _, name = file.partition("/")
    expected = json.loads((CASES / folder / "truth.json").read_text())[name]
    found, score = verdicts(CASES / file), Score()
    for derivation, what in expected.items():
        score.add(derivation, what, found.get(derivation))
    assert not score.false_match and not score.false_alarm, str(score)


def test_a_score_counts_what_it_should():
    score = Score()
    wrong = Verdict("f", "wrong", "", blamed=[{"line": 3, "end_line": 4, "fix": "a", "mistake": None}])
    score.add("located", [[4]], wrong)
    score.add("elsewhere", [[9]], wrong)
    score.add("matched", [[3]], Verdict("f", "match", ""))
    score.add("alarm", "right", wrong)
    score.add("open", "right", Verdict("f", "incomplete", ""))
    score.add("nothing", [[1]], None)
    assert (score.mistakes, score.located, score.explained, score.stray, score.right) == (4, 1, 1, 1, 2)
    assert score.false_match == ["matched"] and score.false_alarm == ["alarm"]
    assert score.undecided == ["open"] and score.missing == ["nothing"]


@pytest.mark.slow
def test_an_edit_that_leaves_nothing_to_derive_is_no_slip():
    """A forward part whose slope is 0 would make gradients of zeros right: `+` for `-` in tanh written out."""
    file = next((CASES / "public").glob("149_*.py"))
    lines = [blame["line"] for verdict in verdicts(file).values() for blame in verdict.blamed]
    assert lines == [12, 47]
