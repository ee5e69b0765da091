"""The page docs/reliability.md: it says what the records hold, and the tests it names exist."""

import ast
import json
import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from handnn.proof.random.record import Record, Tally, generator
from handnn.proof.reliability.__main__ import main
from handnn.proof.reliability.held import MISTAKES, PROMISES
from handnn.proof.reliability import page as pages
from handnn.proof.reliability.page import KINDS, cases, page

TESTS = Path(__file__).resolve().parents[1]
JUNIT = """<?xml version="1.0"?><testsuites><testsuite>
<testcase classname="tests.faults.test_kills" name="test_kills_at_random_moments[save]">
<properties><property name="faults" value="50"/></properties></testcase>
<testcase classname="tests.faults.test_kills" name="test_kills_at_random_moments[fit]"><failure/></testcase>
<testcase classname="tests.faults.test_disks" name="test_a_real_disk_that_fills_up[4k]"><skipped/></testcase>
<testcase classname="tests.test_plumbing" name="test_every_constraint_is_applied"/>
<testcase classname="tests.diagnosis.test_small" name="test_x"><skipped type="pytest.xfail"/></testcase>
</testsuite></testsuites>"""


def line(number, **changes):
    kinds = {"a, tanh": [10, 1, 0, 0.5], "dW, Dense": [5, 0, 1, 0.7]}
    own = {"seed": 1, "number": number, "generator": generator(), "weights": 100, "alarm": "", "crash": False}
    return own | {"unjudged": 0, "kinds": kinds} | changes


@pytest.fixture(autouse=True)
def no_versions(monkeypatch):
    """To say them, TensorFlow is imported."""
    monkeypatch.setattr(pages, "versions", lambda: "some versions")


@pytest.fixture
def record(tmp_path):
    record = Record(str(tmp_path / "random.jsonl"))
    record.add(line(0))
    record.add(line(1, alarm="dW is off"))
    record.add(line(2, alarm="ValueError: x", crash=True, kinds={}))
    record.add(line(3, weights=2_000_000))
    record.add(line(4, generator="another"))
    with open(record.path, "a", encoding="utf-8") as file:
        file.write('{"seed": 1, "num')  # a killed process
    return record


def test_every_test_that_holds_a_promise_exists():
    known = {}
    for number, held in [*PROMISES.items(), *MISTAKES.items()]:
        assert held.what and held.tests, number
        for test in held.tests:
            file, _, name = test.partition("::")
            if file not in known:
                tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
                known[file] = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
            assert Path(file).name.startswith("test_") and name.startswith("test_"), test
            assert name in known[file], test
    assert list(PROMISES) == list(range(1, 17)) and list(MISTAKES) == list(range(1, 18))


@pytest.mark.slow
def test_every_test_that_holds_a_promise_is_collected(pytester_names):
    names = CliRunner().invoke(main, ["--names"]).output.split()
    assert len(names) > 60 and set(names) <= pytester_names(names)


@pytest.fixture
def pytester_names():
    import subprocess
    import sys

    def collected(names):
        command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n", "0", *names]
        done = subprocess.run(command, cwd=TESTS.parent, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:]
        return {text.partition("[")[0] for text in done.stdout.splitlines()}

    return collected


def test_a_run_goes_on_where_it_was_stopped(record):
    assert set(record.known(1, generator())) == {
        0,
        3,
    }  # what was called wrong is tried again, what was drawn otherwise is not known
    assert record.known(2, generator()) == {}


def test_a_tally_is_the_sum_of_its_lines(record):
    tally = Tally()
    for own in record.known(1, generator()).values():
        tally.see(own, 10**6)
    total = tally.total()
    assert (tally.networks, tally.large, total.tensors, total.undecided, total.vague) == (2, 1, 30, 2, 2)
    assert total.worst == 0.7
    assert "2 networks (1 of them large), 30 tensors, 0 false alarms, 0 crashes" in str(tally)
    assert "2 tensors (6.667 %) UNDECIDED" in str(tally)


def test_the_page_says_what_the_records_hold(record, tmp_path):
    (tmp_path / "j.xml").write_text(JUNIT)
    memory = [{"kind": "steps", "count": 2000, "first": 1, "last": 640.2, "grown": 3.2, "most": 50.0}]
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(found) + "\n" for found in memory))
    text = page(
        record.path, str(tmp_path / "m.jsonl"), [str(tmp_path / "j.xml")], str(TESTS.parent / "docs/mutants.md")
    )
    assert "| 5 | 1 | 60 | 1 | 1 | 4 | 6.667 % | 0 |" in text
    assert "| SIGKILL at a random moment | 51 | 50 | 0 |" in text
    assert "| a real disk that fills up | 0 | 0 | 1 |" in text
    assert "| 2,000 training steps, each checked | +3 MB | 50 MB | 640 MB |" in text
    assert "| losses |" in text
    (held,) = [
        part for part in text.splitlines() if "`tests/test_plumbing.py::test_every_constraint_is_applied`" in part
    ]
    assert held.endswith("| 1 of 1 pass |")
    assert all(kind in text for kind in KINDS.values())


def test_what_was_not_run_is_said():
    text = page(None, None, [], None)
    assert text.count("No record was given.") == 2 and "not run" in text and "pass |" not in text


def test_sections_whose_record_is_not_given_stay(record, tmp_path):
    (tmp_path / "j.xml").write_text(JUNIT)
    mutants, output = tmp_path / "mutants.md", tmp_path / "page.md"
    mutants.write_text("| family | x |\n| --- | --- |\n| losses | 1 |\n")
    before = page(record.path, None, [str(tmp_path / "j.xml")], str(mutants))
    output.write_text(before)
    mutants.write_text(mutants.read_text().replace("1", "2"))
    done = CliRunner().invoke(main, ["--mutants", str(mutants), "--output", str(output)])
    assert done.exit_code == 0 and output.read_text() == before.replace("| losses | 1 |", "| losses | 2 |") != before


def test_sections_say_when_they_were_measured_and_keep_it(record, tmp_path, monkeypatch):
    (tmp_path / "m.jsonl").write_text("")
    mutants = tmp_path / "mutants.md"
    row = "| family | x |\n| --- | --- |\n| {} | 1 |\n"
    mutants.write_text(f"## A\n\nOn 2026-11-03, with\n\n{row.format('losses')}\n## B\n\n{row.format('saving')}")
    text = ""
    for day, given in ((1, record.path), (2, None)):
        monkeypatch.setattr(pages, "date", SimpleNamespace(today=lambda day=day: date(2026, 11, day)))
        text = page(given, str(tmp_path / "m.jsonl"), [], str(mutants), text)
    measured = {part.split()[0]: re.findall(r"Measured on (\S+)\.\n", part) for part in text.split("\n## ")[1:]}
    assert measured == {
        "Correct": ["2026-11-01"],
        "Changed": [],
        "Faults": [],
        "Memory": ["2026-11-02"],
        "What": [],
        "Mistakes": [],
    }
    assert "| losses | 1 | 2026-11-03 |" in text and "| saving | 1 |\n" in text


def test_cases_are_read_from_the_run(tmp_path):
    (tmp_path / "j.xml").write_text(JUNIT)
    found = [(case.outcome, case.faults) for case in cases(tmp_path / "j.xml")]
    assert found == [("passed", 50), ("failed", 1), ("skipped", 1), ("passed", 1), ("failed", 1)]
