"""The doctor's score, as a table or as docs/doctor.md."""

import time
from pathlib import Path
from typing import NamedTuple

import click

from ...callbacks.health.finding import THRESHOLDS, Finding
from ...callbacks.health.setup_rules import SYMPTOMS
from .cases import CASES, HEALTHY, Case, kept_aside, kind
from .run import examine

MORE_SEEDS = 2
"""Whole scores with other initial weights, samples and orders, for the page."""
PAGE = Path(__file__).resolve().parents[3] / "docs" / "doctor.md"
INTRODUCTION = """
`handnn train --doctor` and `handnn.callbacks.Doctor` measure every layer while it learns (gradient norms, the size of a
step relative to the weights, dead and saturated units, spread of the outputs, zero gradients) and turn published rules
into sentences: what was seen, the number, its limit and who published it, the usual cure. The likely cause comes first.
No finding means that no rule fired, not that the network is good.

This page is written by `python -m handnn.proof.doctor --write`.
""".strip()
OF_THE_SCORE = """
A fault counts as named if the *first* finding has its kind. Every third case of a kind was kept aside: no rule or limit
was changed for it. The best published tool named 27 of 52 faults, of another set of cases: these were written by the
author of the rules.
""".strip()


class Result(NamedTuple):
    """A case and what the doctor said of it."""

    case: Case
    findings: list[Finding]
    aside: bool

    @property
    def said(self) -> str:
        """The kind that comes first, or 'healthy'."""
        return self.findings[0].kind if self.findings else HEALTHY

    @property
    def named(self) -> bool:
        """Whether the first finding names the planted fault."""
        return self.said in self.case.kinds

    @property
    def right(self) -> bool:
        """Whether a fault is named, or a healthy run has no finding."""
        return self.named if self.case.kinds else not self.findings


class Score(NamedTuple):
    """How many of how many."""

    cases: int
    faulty: int
    detected: int
    named: int
    healthy: int
    alarms: int

    def __str__(self) -> str:
        return (
            f"{self.detected} of {self.faulty} faults detected, {self.named} named by the first finding; "
            f"{self.alarms} false alarms in {self.healthy} healthy runs"
        )


def score(results: list[Result]) -> Score:
    """Return the score of some cases."""
    faulty = [r for r in results if r.case.kinds]
    healthy = [r for r in results if not r.case.kinds]
    detected, named = sum(bool(r.findings) for r in faulty), sum(r.named for r in faulty)
    return Score(len(results), len(faulty), detected, named, len(healthy), sum(bool(r.findings) for r in healthy))


@click.command()
@click.option("--only", metavar="NAME", help="One case, with every finding.")
@click.option("--part", type=click.Choice(["all", "tuned", "aside"]), default="all", show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--write", is_flag=True, help="Write docs/doctor.md.")
def command(only: str | None, part: str, seed: int, write: bool) -> None:
    """Score the doctor on planted faults and healthy runs."""
    aside = kept_aside()
    chosen = [case for case in CASES if only in (None, case.name)]
    if not chosen:
        raise click.UsageError(f"--only must be the name of a case; received {only!r}")
    if part != "all" and only is None:
        chosen = [case for case in chosen if (case.name in aside) == (part == "aside")]
    if write and (part != "all" or only is not None or seed):
        raise click.UsageError("--write needs all cases and the seeds from 0 on")
    runs = []
    for own in range(MORE_SEEDS + 1) if write else [seed]:
        began = time.process_time()
        runs.append([Result(case, examine(case, own), case.name in aside) for case in chosen])
        for result in runs[-1]:
            _print(result, only is not None)
        click.echo(f"seed {own}: {score(runs[-1])}; {time.process_time() - began:.0f} s of CPU")
    if write:
        PAGE.write_text(page(*runs), encoding="utf-8")
        click.echo(f"wrote {PAGE.name}")


def _print(result: Result, every: bool) -> None:
    mark = "ok " if result.right else "BAD"
    click.echo(f"{mark} {result.case.name:36} {kind(result.case):15} -> {', '.join(f.kind for f in result.findings)}")
    if every:
        for finding in result.findings:
            click.echo(f"    {finding}")


def page(results: list[Result], *more: list[Result]) -> str:
    """Return docs/doctor.md: of the cases with seed 0, and the score alone with other seeds."""
    parts = {
        "tuned on": [r for r in results if not r.aside],
        "kept aside": [r for r in results if r.aside],
        "all": results,
        **{f"all, seed {i}": found for i, found in enumerate(more, 1)},
    }
    early = sum(bool(r.findings) and r.findings[0].symptom in SYMPTOMS for r in results)
    lines = [
        "# The doctor of training runs",
        "",
        *INTRODUCTION.splitlines(),
        "",
        "## Score",
        "",
        f"{len(results)} runs of dense networks, each with one planted fault of a published kind, or healthy.",
        *OF_THE_SCORE.splitlines(),
        f"{early} of them can be seen before the first step.",
        "",
        "| cases | faulty | detected | named | healthy | false alarms |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, chosen in parts.items():
        s = score(chosen)
        shares = [f"{n} ({100 * n / s.faulty:.0f} %)" for n in (s.detected, s.named)]
        lines.append(f"| {name}: {s.cases} | {s.faulty} | {' | '.join(shares)} | {s.healthy} | {s.alarms} |")
    lines += ["", "## Kind by kind", "", "| kind | cases | named |", "| --- | --- | --- |"]
    for name in dict.fromkeys(kind(r.case) for r in results if r.case.kinds):
        own = [r for r in results if kind(r.case) == name]
        lines.append(f"| {name} | {len(own)} | {sum(r.named for r in own)} |")
    wrong = [(seed, r) for seed, found in enumerate((results, *more)) for r in found if not r.right]
    lines += ["", "## What it gets wrong", ""]
    lines += [
        f"- {r.case.name} ({' or '.join(r.case.kinds) or HEALTHY}), seed {seed}: says {r.said}"
        + (f", {r.findings[0].sentence}" if r.findings else "")
        for seed, r in wrong
    ] or ["Nothing."]
    lines += ["", "## Limits", "", "| rule | limit | source |", "| --- | --- | --- |"]
    lines += [f"| {name} | {value:g} | {source} |" for name, (value, source) in THRESHOLDS.items()]
    lines += ["", "## Cases", "", "| case | planted | first finding |", "| --- | --- | --- |"]
    for r in results:
        first = f"{r.findings[0].symptom} ({r.said})" if r.findings else HEALTHY
        lines.append(f"| {r.case.name}{' *' if r.aside else ''} | {kind(r.case)} | {first} |")
    return "\n".join([*lines, "", "\\* kept aside", ""])


if __name__ == "__main__":
    command()
