"""The page docs/mutants.md: the score of each family, survivors with reasons, and changes that only a test detects."""

from collections import Counter
from datetime import date

from ..parity.table import versions
from .judge import Result
from .plumbing.families import planned
from .plumbing.worker import PATIENCE

HEAD = """# Is every term needed?

Written by `python -m handnn.proof.mutants --jobs 2 --output docs/mutants.md` on {date}, with
{versions}.
It takes {minutes:.0f} minutes of one core; `--record FILE` lets it go on where it was stopped.

One place of one formula is spoilt at a time: a term or factor dropped, a sign turned, a comparison shifted, a sum for a
mean, a branch taken always, a constant raised by 1, a line left out. The spoilt library is held against Keras as for
[parity.md](parity.md) (spliced, float32 and float64, the derived allowance), for every symbol that calls the function
until one *notices*: a tensor leaves its allowance, or the code raises. What none notices is left to the tests of the
symbol, or of the family where several share the function. A change that makes no difference survives both, and must be
one of those below; any other fails the run.

| family | functions | changes | noticed against Keras | by a test alone | share | survivors explained |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
"""
SURVIVORS = "Survivors\n\n| function | change | why it makes no difference |\n| --- | --- | --- |\n"
PLUMBING_TITLE = "## Plumbing"
PLUMBING_HEAD = """

Written by `python -m handnn.proof.mutants --record FILE --output docs/mutants.md` on {date}, with
{versions}.
The changes below took {minutes:.0f} minutes of one core.

What lies between the formulas is spoilt too: besides the changes above, a branch never taken or taken always, a call or
a store left out, a wrong axis, an index or a bound off by one, a copy not made, float32 for float64, weights or masks
not carried along, a flag turned, two arguments exchanged, another part of the data (test for validation). Each change
is put into a forked copy of a process that has loaded everything. Then the everyday tests of the family that execute
the statement run until one fails, the fastest first and {patience:.0f} seconds of them at most; tests that fail on the
right code are not asked, and a process that dies or does not end counts as a failure. *Tried* is a sample, drawn by
hash (`--sample`, 300 by default; `--all` tries every change). *Share* is of the changes that make a difference.

| family | functions | changes | tried | noticed | share | survivors explained |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
"""
TESTED = """
## Noticed by a test alone

Points that the comparison above does not have: kinks of options, weights that it leaves at 1, odd shapes.

| function | changes | test that fails |
| --- | ---: | --- |
"""


def page(formulas: list[Result], plumbing: list[Result], before: str = "") -> str:
    """Return the page. A part without results is that of `before`, the page that is there."""
    first, mark, second = before.partition(PLUMBING_TITLE)
    if formulas:
        first = _formulas(formulas)
    if plumbing:
        mark, second = PLUMBING_TITLE, _plumbing(plumbing)
    return first.rstrip("\n") + "\n" + ("\n" if first else "") + mark + second


def _formulas(results: list[Result]) -> str:
    minutes = sum(result.seconds for result in results) / 60
    text = HEAD.format(date=date.today().isoformat(), versions=versions(), minutes=minutes)
    for family in dict.fromkeys(result.family for result in results):
        text += _score(family, [result for result in results if result.family == family])
    text += _survivors(results, "##")
    tests = Counter((result.target, result.by.partition("[")[0]) for result in results if result.by_test)
    if tests:
        text += TESTED + "".join(_row(target, str(count), f"`{name}`") for (target, name), count in tests.items())
    return text


def _plumbing(results: list[Result]) -> str:
    minutes = sum(result.seconds for result in results) / 60
    text = PLUMBING_HEAD.format(date=date.today().isoformat(), versions=versions(), minutes=minutes, patience=PATIENCE)
    for family in dict.fromkeys(result.family for result in results):
        own, every = [result for result in results if result.family == family], list(planned(family))
        killed, explained = sum(result.killed for result in own), sum(bool(result.reason) for result in own)
        share = f"{killed / max(1, len(own) - explained):.1%}"
        numbers = (len({change.title for change in every}), len(every), len(own), killed, share)
        text += _row(family, *map(str, numbers), f"{explained} of {len(own) - killed}")
    return text + _survivors(results, "###")


def _survivors(results: list[Result], level: str) -> str:
    left = [result for result in results if not result.killed]
    rows = (_row(result.target, f"`{result.change}`", result.reason or "NOT EXPLAINED") for result in left)
    return f"\n{level} {SURVIVORS}" + "".join(rows) if left else ""


def _score(family: str, own: list[Result]) -> str:
    killed, tested = sum(result.killed for result in own), sum(result.by_test for result in own)
    explained, functions = sum(bool(result.reason) for result in own), len({result.target for result in own})
    numbers = (functions, len(own), killed - tested, tested, f"{killed / len(own):.1%}")
    return _row(family, *map(str, numbers), f"{explained} of {len(own) - killed}")


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
