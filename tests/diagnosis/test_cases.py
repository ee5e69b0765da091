"""`handnn check` on what people really did: no wrong derivation is called right, no right one wrong, none is lost."""

import json
from pathlib import Path

import pytest

from handnn.diagnosis.score.cases import Score, add_file, changes, read_kept, verdicts, write_kept
from handnn.diagnosis.verdict import Verdict

CASES = Path(__file__).parent / "cases"
OPENED = ("reports", "public", "fresh", *(f"fresh_{number}" for number in range(2, 13)))
FILES = [
    f"{name}/{file}"
    for name in (*OPENED, "kept_back")
    for file in json.loads((CASES / name / "truth.json").read_text())
]
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
    score = Score()
    add_file(score, name, json.loads((CASES / folder / "truth.json").read_text())[name], verdicts(CASES / file))
    assert not score.false_match and not score.false_alarm, str(score)
    said = changes(read_kept(CASES / folder)[name], score.counts())
    assert not said, f"{file}: {said}; if it is meant: python -m handnn.diagnosis.score.cases FOLDER {name[:3]} --write"


def test_what_is_kept_tells_better_from_worse(tmp_path):
    for truth in CASES.glob("*/truth.json"):
        if truth.parent.name in (*OPENED, "kept_back"):
            assert list(read_kept(truth.parent)) == list(json.loads(truth.read_text())), truth.parent.name
    (tmp_path / "truth.json").write_text('{"a.py": {}, "b.py": {}}')
    write_kept(tmp_path, {"b.py": {"located": 2}})
    write_kept(tmp_path, {"a.py": {"missing": 1}})
    assert list(read_kept(tmp_path).items()) == [("a.py", {"missing": 1}), ("b.py", {"located": 2})]
    assert changes({"located": 2}, {"located": 2}) == ""
    assert changes({"located": 2, "missing": 1}, {"located": 1}) == "WORSE: located 2 -> 1, better: missing 1 -> 0"
    assert changes({}, {"explained": 1, "missing": 1}) == "better: explained 0 -> 1, WORSE: missing 0 -> 1"


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
