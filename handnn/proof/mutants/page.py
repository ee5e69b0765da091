"""The page docs/mutants.md: the score of each family, survivors with reasons, and changes that only a test detects."""

import re
from collections import Counter
from datetime import date

from ..parity.table import versions
from .judge import Result
from .plumbing.families import FAMILIES as PLUMBING
from .plumbing.families import planned
from .plumbing.worker import PATIENCE
from .targets import FAMILIES, targets

HEAD = """# Is every term needed?

Written by `python -m handnn.proof.mutants --record FILE --output docs/mutants.md`, family after family; `--record FILE`
lets a run go on where it was stopped.

One place of one formula is spoilt at a time: a term or factor dropped, a sign turned, a comparison shifted, a sum for a
mean, a branch taken always, a constant raised by 1, a line left out. The spoilt library is held against Keras as for
[parity.md](parity.md) (spliced, float32 and float64, the derived allowance), for every symbol that calls the function
until one *notices*: a tensor leaves its allowance, or the code raises. What none notices is left to the tests of the
family. A change that makes no difference survives both, and must be one of those below; any other fails the run.

"""
FORMULAS = """## Formulas of {family}

On {date}, with
{versions}:
{minutes:.0f} minutes of one core.

| family | functions | changes | tried | noticed against Keras | by a test alone | share | survivors explained |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
"""
SURVIVORS = "### Survivors\n\n| function | change | why it makes no difference |\n| --- | --- | --- |\n"
PLUMBING_TITLE = "## Plumbing"
PLUMBING_HEAD = """

Written by `python -m handnn.proof.mutants --family NAME --record FILE --output docs/mutants.md`, last with
{versions}.

What lies between the formulas is spoilt too: besides the changes above, a branch never taken or taken always, a call or
a store left out, a wrong axis, an index or a bound off by one, a copy not made, float32 for float64, weights or masks
not carried along, a flag turned, two arguments exchanged, another part of the data (test for validation). Each change
is put into a forked copy of a process that has loaded everything. Then the everyday tests of the family that execute
the statement run until one fails, the fastest first and {patience:.0f} seconds of them at most; tests that fail on the
right code are not asked, and a process that dies or does not end counts as a failure. *Tried* is a sample, drawn by
hash (`--sample`, 300 by default; `--all` tries every change). *Share* is of the changes that make a difference.

| family | functions | changes | tried | noticed | share | survivors explained | on |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |
"""
TESTED = """
### Noticed by a test alone

Points that the comparison above does not have: kinks of options, weights that it leaves at 1, odd shapes.

| function | changes | test that fails |
| --- | ---: | --- |
"""


def page(formulas: list[Result], plumbing: list[Result], before: str = "") -> str:
    """Return the page. What it says of families without results is taken from `before`."""
    sections = _sections(before)
    for family in dict.fromkeys(result.family for result in formulas):
        sections[f"## Formulas of {family}"] = _formulas(family, [r for r in formulas if r.family == family])
    if plumbing:
        sections[PLUMBING_TITLE] = PLUMBING_TITLE + _plumbing(plumbing, sections.get(PLUMBING_TITLE, ""))
    ordered = [*(f"## Formulas of {family}" for family in FAMILIES), PLUMBING_TITLE]
    return HEAD + "\n".join(sections[title].rstrip("\n") + "\n" for title in ordered if title in sections)


def _sections(text: str) -> dict[str, str]:
    """Return the sections of a page by their titles."""
    found = re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0]: part for part in found}


def _formulas(family: str, own: list[Result]) -> str:
    minutes = sum(result.seconds for result in own) / 60
    text = FORMULAS.format(family=family, date=date.today().isoformat(), versions=versions(), minutes=minutes)
    every = [len(target.changes()) for target in targets(family)]
    killed, tested = sum(result.killed for result in own), sum(result.by_test for result in own)
    explained = sum(bool(result.reason) for result in own)
    numbers = (len(every), sum(every), len(own), killed - tested, tested, _share(own))
    text += _row(family, *map(str, numbers), f"{explained} of {len(own) - killed}") + _survivors(own)
    tests = Counter((result.target, result.by.partition("[")[0].partition(" ")[0]) for result in own if result.by_test)
    if tests:
        text += TESTED + "".join(_row(target, str(count), f"`{name}`") for (target, name), count in tests.items())
    return text


def _share(own: list[Result]) -> str:
    """Return the share of noticed changes among those that make a difference."""
    killed, explained = sum(result.killed for result in own), sum(bool(result.reason) for result in own)
    return f"{killed / max(1, len(own) - explained):.1%}"


def _plumbing(results: list[Result], before: str) -> str:
    """Return the rows of the families that were run; those of the others are from the section before."""
    text = PLUMBING_HEAD.format(versions=versions(), patience=PATIENCE)
    rows, survivors, run = _rows(before, "family"), _rows(before, "function"), set[str]()
    for family in dict.fromkeys(result.family for result in results):
        own, every = [result for result in results if result.family == family], list(planned(family))
        titles = {change.title for change in every}
        killed, explained = sum(result.killed for result in own), sum(bool(result.reason) for result in own)
        numbers = (len(titles), len(every), len(own), killed, _share(own))
        today = date.today().isoformat()
        rows[family] = [_row(family, *map(str, numbers), f"{explained} of {len(own) - killed}", today)]
        run |= titles | {result.target for result in own}
    text += "".join(row for family in PLUMBING if family in rows for row in rows[family])
    kept = "".join(row for title, own in survivors.items() if title not in run for row in own)
    return text + (_survivors(results, kept) or (kept and f"\n{SURVIVORS}{kept}"))


def _rows(text: str, heading: str) -> dict[str, list[str]]:
    """Return the rows of the table whose first heading this is, by their first cells."""
    found: dict[str, list[str]] = {}
    table = re.search(rf"^\| {heading} \|.*\n\| ---.*\n((?:\|.*\n?)*)", text, re.MULTILINE)
    for line in table[1].splitlines() if table else ():
        found.setdefault(line.split(" | ")[0].removeprefix("| "), []).append(f"{line}\n")
    return found


def _survivors(results: list[Result], kept: str = "") -> str:
    left = [result for result in results if not result.killed]
    rows = (_row(result.target, f"`{result.change}`", result.reason or "NOT EXPLAINED") for result in left)
    return f"\n{SURVIVORS}{kept}" + "".join(rows) if left else ""


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
