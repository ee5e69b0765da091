"""The text of docs/reliability.md."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from ..parity.table import versions
from ..random.networks import MOST_WEIGHTS
from ..random.record import Tally, lines
from .held import MISTAKES, PROMISES, Held

HEAD = """# Does it hold when strangers try it?

Written by `python -m handnn.proof.reliability` on {date} from the records of runs named below, with
{versions}.
"""
RANDOM = """
## Correct networks are not called wrong

`python -m handnn.proof.random --count 2000 --record FILE`: random correct networks, one in twenty of more than a
million weights, half of them extreme: up to 20 layers, inputs and weights from 1e-6 to 1e4, learning rates from 1e-8 to
1e6, every option of every layer, loss and optimizer. A tensor is *open* where rounding alone may change it altogether.
A network that is judged again after a mend counts once, as it was judged last; one that takes more memory than the
machine has is in no record.

"""
MUTANTS = """
## Changed formulas are noticed

From [mutants.md](mutants.md), where every change that nothing notices stands with its reason, or as not explained.

"""
FAULTS = """
## Faults are survived

`pytest tests/faults tests/saving/test_hostile_files.py --all --junit-xml FILE`. Expected each time: one line on
standard error, exit status 2, nothing lost or half written; after a kill, the bits of a run that was never killed.

| fault | tried | survived | not tried here |
| --- | ---: | ---: | ---: |
"""
MEMORY = """
## Memory comes back

`python -m handnn.proof.memory --record FILE`. The first fifth warms up. TensorFlow keeps a kernel for each operation,
shape and dtype, 2 MB for each small network; handnn gives it back after every tenth network. Where oneDNN runs,
TensorFlow also keeps what oneDNN has built, for as long as the thread lives; no setting was found that gives it back
([keras-facts.md](keras-facts.md)).

"""
PROMISED = "\n## What was promised, and is held by tests\n\n"
NOTICED = "\n## Mistakes in the source that no test noticed, and one does now\n\n"
KINDS = {
    "test_disks.py::test_a_real_disk_that_fills_up": "a real disk that fills up",
    "test_disks.py::test_a_real_disk_that_becomes_read_only": "a real disk that becomes read-only",
    "test_disks.py::test_a_log_folder_that_is_deleted_in_mid_run": "a log folder that is deleted in mid-run",
    "test_disks.py::test_a_new_file_is_written_once_and_whole": "two processes that write one new file",
    "test_disks.py": "a disk that is full or read-only from one write on",
    "test_kills.py": "SIGKILL at a random moment",
    "test_pipes.py": "a reader of the output that goes away",
    "test_two_runs.py": "two runs in one folder",
    "test_hostile_files.py": "a hostile .keras, .h5 or .npz file",
}
"""Kinds of faults by the test that plants them, the first that fits. A test may plant several (property `faults`)."""


class Case(NamedTuple):
    """A test case of a run: 'file::function' below tests/, its outcome (a known fault: failed), how many faults.

    `name` has the parameters too.
    """

    test: str
    outcome: str
    faults: int
    name: str


def cases(junit: str | Path) -> list[Case]:
    """Return the cases of pytest's JUnit file."""
    found = []
    for case in ElementTree.parse(junit).iter("testcase"):
        module = case.get("classname", "").removeprefix("tests.").replace(".", "/")
        bad = {child.tag for child in case} & {"failure", "error", "skipped"}
        known_fault = any(child.get("type") == "pytest.xfail" for child in case)
        outcome = "skipped" if bad == {"skipped"} and not known_fault else "failed" if bad else "passed"
        planted = [int(p.get("value", "1")) for p in case.iter("property") if p.get("name") == "faults"]
        name = case.get("name", "").partition("[")[0]
        whole = f"{module}.py::{case.get('name', '')}"
        found.append(Case(f"{module}.py::{name}", outcome, planted[0] if planted else 1, whole))
    return found


def page(random: str | None, memory: str | None, tests: list[str], mutants: str | None, before: str = "") -> str:
    """Return the page; a section whose record is not given is taken from the page before, or says so."""
    parts = [HEAD.format(date=date.today().isoformat(), versions=versions())]
    parts += [RANDOM, "".join(_random(random)), MUTANTS, _mutants(mutants)]
    newest = {case.name: case for file in tests for case in cases(file)}  # one that ran again counts once
    known = list(newest.values())
    parts += [FAULTS, "".join(_faults(known)), MEMORY, "".join(_memory(memory))]
    parts += [PROMISED, "".join(_held(PROMISES, known)), NOTICED, "".join(_held(MISTAKES, known))]
    given = {RANDOM: random, MUTANTS: mutants, FAULTS: tests, MEMORY: memory, PROMISED: tests, NOTICED: tests}
    missing = {title.split("\n")[1] for title, record in given.items() if not record}
    sections, old = _sections("".join(parts)), _sections(before)
    measured = {title.split("\n")[1] for title in given if title != MUTANTS} - missing
    sections |= {title: _dated(text) for title, text in sections.items() if title in measured}
    return "".join((sections | {title: text for title, text in old.items() if title in missing}).values())


def _dated(section: str) -> str:
    """Return a section with the date below its title, which it keeps when a later page takes it from this one."""
    return section.replace("\n\n", f"\n\nMeasured on {date.today().isoformat()}.\n\n", 1)


def _sections(text: str) -> dict[str, str]:
    """Return {first line: text} of the head and of the parts that a title begins."""
    return {part.partition("\n")[0]: part for part in re.split(r"^(?=## )", text, flags=re.MULTILINE)}


def _random(record: str | None) -> Iterator[str]:
    if record is None:
        yield "No record was given.\n"
        return
    newest = {(line["seed"], line["number"]): line for line in lines(record)}  # one tried again counts once
    tally = Tally()
    for line in newest.values():
        tally.see(line, MOST_WEIGHTS)
    total = tally.total()
    share = 100 * total.undecided / max(1, total.tensors)
    yield "| networks | of them large | tensors | false alarms | crashes | open | share open | fail in Keras itself |\n"
    yield "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
    yield f"| {tally.networks:,} | {tally.large} | {total.tensors:,} | {tally.alarms} | {tally.crashes} "
    yield f"| {total.undecided} | {share:.3f} % | {tally.unjudged} |\n\n"
    yield f"Worst error / allowance of a tensor that was decided: {total.worst:.3f}.\n"


def _mutants(path: str | None) -> str:
    if path is None:
        return "No page was given.\n"
    text = Path(path).read_text(encoding="utf-8")
    shared: dict[str, list[str]] = {}  # families with the same columns make one table
    for section in _sections(text).values():
        table = re.search(r"^\| family .*?(?=\n\n|\Z)", section, re.DOTALL | re.MULTILINE)
        if table is None:
            continue
        head, line, *rows = table[0].strip("\n").split("\n")
        if on := re.search(r"^On (\S+), with$", section, re.MULTILINE):
            head, line, rows = f"{head} on |", f"{line} --- |", [f"{row} {on[1]} |" for row in rows]
        shared.setdefault(f"{head}\n{line}", []).extend(rows)
    tables = ["\n".join([head, *rows]) + "\n" for head, rows in shared.items()]
    return "\n".join(tables) if tables else "The page has no table of families.\n"


def _faults(known: list[Case]) -> Iterator[str]:
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS.values()}
    for case in known:
        fitting = [kind for place, kind in KINDS.items() if case.test.rpartition("/")[2].startswith(place)]
        if fitting:
            counts[fitting[0]][case.outcome] += case.faults
    for kind, found in counts.items():
        tried = found["passed"] + found["failed"]
        yield f"| {kind} | {tried} | {found['passed']} | {found['skipped']} |\n"


def _memory(record: str | None) -> Iterator[str]:
    if record is None:
        yield "No record was given.\n"
        return
    yield "| what | grown since the first fifth | allowed | at the end |\n| --- | ---: | ---: | ---: |\n"
    newest = {found["kind"]: found for found in map(json.loads, Path(record).read_text("utf-8").splitlines())}
    what = {"models": "different models verified", "steps": "training steps, each checked"}
    for kind, found in newest.items():
        numbers = f"{found['grown']:+.0f} MB | {found['most']:.0f} MB | {found['last']:.0f} MB"
        yield f"| {found['count']:,} {what[kind]} | {numbers} |\n"


def _held(table: dict[int, Held], known: list[Case]) -> Iterator[str]:
    yield "| no. | what | tests | cases of this run |\n| ---: | --- | --- | ---: |\n"
    for number, (what, tests) in table.items():
        own = [case for case in known if case.test in tests and case.outcome != "skipped"]
        passed = sum(case.outcome == "passed" for case in own)
        said = f"{passed} of {len(own)} pass" if own else "not run"
        yield f"| {number} | {what} | {', '.join(f'`tests/{test}`' for test in tests)} | {said} |\n"
