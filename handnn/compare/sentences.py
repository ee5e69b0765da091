"""The statistics of a comparison as plain sentences, built only from the numbers."""

import math
from typing import NamedTuple

from .results import Comparison
from .statistics import Difference, Entry, Summary
from .together import told


class Sentences(NamedTuple):
    """Conclusions, limitations, and the method."""

    conclusions: list[str]
    warnings: list[str]
    method: list[str]


def tell(comparison: Comparison) -> Sentences:
    """Return the statistics of a comparison as sentences."""
    summary = comparison.summary()
    return Sentences(conclusions(summary), warnings(summary, comparison), method(summary, comparison))


def conclusions(summary: Summary) -> list[str]:
    """Return sentences on what can and cannot be concluded."""
    leader, others = summary.leader, summary.entries[1:]
    if leader is None:
        return ["No seed is finished: nothing can be concluded yet."]
    best = f"{leader.optimizer} at a learning rate of {leader.rate:g}"
    reached = f"test loss {number(leader.best['test_loss'].median)}"
    if "test_accuracy" in leader.best:
        reached += f", accuracy {leader.best['test_accuracy'].median:.1%}"
    if not others:
        return [f"{best}: {reached}. It is alone: there is nothing to compare it with."]
    first = f"Best on validation data: {best} ({reached})."
    if len(summary.seeds) < 2:
        return [first, "With 1 seed, differences cannot be told from chance: there are no intervals and no ranking."]
    return [first, *_verdicts(summary, leader, others)]


def _verdicts(summary: Summary, leader: Entry, others: list[Entry]) -> list[str]:
    found = {entry.optimizer: entry.to_leader["loss"] for entry in others}
    equal = [label for label, d in found.items() if d.verdict == "undecided"]
    lines = []
    if equal:
        names = joined([leader.optimizer, *equal])
        lines.append(f"With {len(summary.seeds)} seeds, {names} cannot be told apart by their test loss.")
    for label, d in found.items():
        if d.verdict == "worse":
            lines.append(f"{label} is worse than {leader.optimizer} by {_range(d)} in test loss.")
    for label, d in found.items():
        if d.verdict == "better":
            lines.append(
                f"{label} is better than {leader.optimizer} by {_range(d)} in test loss, though not on validation data."
            )
    for label, d in found.items():
        if not d.verdict:
            lines.append(f"{label}: no interval, for its distance to {leader.optimizer} is {d.reason}.")
    return lines


def _range(d: Difference) -> str:
    """Return '0.031 to 0.052', the interval without its sign."""
    assert d.low is not None and d.high is not None
    low, high = sorted((abs(d.low), abs(d.high)))
    return f"{number(low)} to {number(high)}"


def warnings(summary: Summary, comparison: Comparison) -> list[str]:
    """Return sentences on the limitations of the comparison."""
    plan, lines = comparison.plan, []
    for label in comparison.excluded:
        meant, why = _meant(comparison, label), comparison.parity[label]["sentence"]
        lines.append(f"{label} is left out: its steps are not {meant}. {why}")
    unchecked: dict[str, list[str]] = {}
    for label, found in comparison.parity.items():
        if found.get("keras", "") is None:
            unchecked.setdefault(found["sentence"], []).append(label)
    lines += [f"The steps of {joined(labels)} were {why}." for why, labels in unchecked.items()]
    if comparison.missing:
        cells, left = len(comparison.missing), len(plan.seeds) - len(summary.seeds)
        verb = "is" if cells == 1 else "are"
        lines.append(f"{count(cells, 'cell')} {verb} not finished; {count(left, 'seed')} left out for it.")
    for run in comparison.failed:
        lines.append(f"{run.cell.key} failed, and counts as infinitely bad: {run.failed}")
    for edge, beyond in (("lowest", "Lower"), ("highest", "Higher")):
        there = [f"{entry.optimizer} ({entry.rate:g})" for entry in summary.entries if entry.edge == edge]
        if there:
            plural = ("s", "are") if len(there) > 1 else ("", "is")
            lines.append(
                f"The best learning rate{plural[0]} of {joined(there)} {plural[1]} the {edge} of those tried. {beyond} "
                "ones may be better: give --rates or --rate-step a larger number."
            )
    if summary.entries and len(summary.entries[0].by_rate) == 1:
        lines.append("Each optimizer had one learning rate: this compares rates as much as optimizers.")
    for entry in summary.entries:
        if entry.diverged:
            lines.append(
                f"{entry.optimizer} diverged in {entry.diverged} of {count(len(summary.seeds), 'seed')} at its best "
                f"learning rate, {entry.rate:g}."
            )
    return lines


def _meant(comparison: Comparison, label: str) -> str:
    """Return whose steps an optimizer should take."""
    return "those it names" if label in comparison.plan.rules else "Keras'"


def method(summary: Summary, comparison: Comparison) -> list[str]:
    """Return sentences on the method and its assumptions."""
    plan = comparison.plan
    rates = len(plan.rates[plan.optimizers[0]])
    lines = [
        f"Each optimizer had the same {count(rates, 'learning rate')} to try on a logarithmic grid, and within a seed "
        "the same start weights and batches.",
        "Learning rate, epoch and best optimizer were chosen by the validation loss (its lowest epoch in each run, the "
        "median over seeds); test loss and accuracy are those of that epoch on samples that no choice saw.",
        f"Steps and seconds to the target: until the validation loss is at most {number(plan.target)} at the end of an "
        "epoch.",
        *told(comparison),
    ]
    if len(summary.seeds) > 1 and summary.comparisons:
        each = 1 - (1 - summary.level) / summary.comparisons
        lines.append(
            f"Intervals: differences to the best, paired by seed, Student's t over {len(summary.seeds)} seeds; "
            f"{summary.level:.0%} for all {summary.comparisons} together (Bonferroni: {each:.2%} each). They assume "
            "independent, roughly normal differences."
        )
        lines.append(
            "Seeds vary start weights and batches. The split of the data is the same in all, so nothing is said of "
            "other samples."
        )
    return lines


def number(value: float) -> str:
    """Return a number with three digits: '0.0312', '4.1e-05'; 'inf' if it is not finite."""
    return f"{value:.3g}" if math.isfinite(value) else "inf"


def count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def joined(names: list[str]) -> str:
    """Return 'a', 'a and b', 'a, b and c'."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
