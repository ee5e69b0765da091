"""The statistics of a comparison as plain sentences, built only from the numbers."""

import math
from typing import NamedTuple

import numpy as np

from .results import Comparison
from .statistics import Difference, Entry, Summary
from .together import told

FEW_EPOCHS = 3
"""Times to the target that are as short as this are told to be coarse."""


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
    if leader.options:
        best += f" ({settings(leader.options)})"
    reached = f"test loss {number(leader.best['test_loss'].median)}"
    if "test_accuracy" in leader.best:
        reached += f", accuracy {leader.best['test_accuracy'].median:.1%}"
    if not others:
        return [f"{best}: {reached}. It is alone: there is nothing to compare it with."]
    tied = len(summary.seeds) < 2 or len(summary.equals) > 1
    first = f"{'Lowest validation loss' if tied else 'Best'}: {best} ({reached})."
    if len(summary.seeds) < 2:
        return [first, "With 1 seed, differences cannot be told from chance: there are no intervals and no ranking."]
    return [first, *_verdicts(summary, leader, others)]


def _verdicts(summary: Summary, leader: Entry, others: list[Entry]) -> list[str]:
    found = {entry.optimizer: entry.to_leader["loss"] for entry in others}
    equal = [label for label, d in found.items() if d.verdict == "undecided"]
    lines = []
    if equal:
        names, seeds = joined([leader.optimizer, *equal]), len(summary.seeds)
        lines.append(f"With {seeds} seeds, {names} cannot be told apart by their test loss.")
        lines.append(_more_seeds({label: found[label] for label in equal}, leader.optimizer, seeds))
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


def _more_seeds(found: dict[str, Difference], leader: str, seeds: int) -> str:
    """Return how many more seeds would tell optimizers from the leader."""
    needed = {label: d.seeds_needed for label, d in found.items() if d.seeds_needed is not None}
    told = [
        f"{label} about {needed[label] - seeds:,.0f}" if math.isfinite(needed[label]) else f"{label} more than 10,000"
        for label in sorted(needed, key=lambda label: needed[label])
    ]
    return f"More seeds that would tell them from {leader}, if further ones are like these: {joined(told)}."


def settings(options: dict[str, float]) -> str:
    """Return 'beta_1=0.93, epsilon=1e-06'."""
    return ", ".join(f"{name}={value:.6g}" for name, value in options.items())


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
    errors: dict[tuple[str, str], list[str]] = {}
    for run in comparison.failed:
        errors.setdefault((run.cell.optimizer, run.failed or ""), []).append(run.cell.key)
    for (label, error), keys in errors.items():
        which = f"{keys[0]} failed, and counts" if len(keys) == 1 else f"{len(keys)} runs of {label} failed, and count"
        lines.append(f"{which} as infinitely bad: {error}")
    for edge, beyond in (("lowest", "Lower"), ("highest", "Higher")):
        there = [f"{e.optimizer} ({e.rate:g})" for e in summary.entries if e.edge == edge and _trains(e, summary)]
        if there:
            plural = ("s", "are") if len(there) > 1 else ("", "is")
            lines.append(
                f"The best learning rate{plural[0]} of {joined(there)} {plural[1]} the {edge} of those tried. {beyond} "
                "ones may be better: give --extend, --rates or --rate-step a larger number."
            )
    if plan.search == "sobol":
        lines += _near_an_end(summary, comparison)
    if summary.entries and len(summary.entries[0].by_rate) == 1:
        lines.append("Each optimizer had one learning rate: this compares rates as much as optimizers.")
    lines += coarse(summary, comparison)
    for entry in summary.entries:
        if entry.diverged:
            lines.append(
                f"{entry.optimizer} diverged in {entry.diverged} of {count(len(summary.seeds), 'seed')} at its best "
                f"learning rate, {entry.rate:g}.{_at_every_rate(entry, comparison)}"
            )
    return lines


def _at_every_rate(entry: Entry, comparison: Comparison) -> str:
    """Return that a rule diverged in some seeds whatever was tried; '' if it did not, or if one rate was tried."""
    runs = [run for cell, run in comparison.runs.items() if cell.optimizer == entry.optimizer]
    kept = {run.cell.seed for run in runs if not run.diverged}
    gone = [run for run in runs if run.cell.seed not in kept]
    if len(entry.by_rate) < 2 or not gone:
        return ""
    steps = max(int(np.argmax(~np.isfinite(run.loss))) for run in gone)
    within = f" within {count(steps, 'step')}" if steps else ""
    seeds = sorted({run.cell.seed for run in gone})
    return f" In {joined([f'seed {seed}' for seed in seeds])} it did so{within} at every rate tried."


def coarse(summary: Summary, comparison: Comparison) -> list[str]:
    """Return a warning of times to the target that are a few epochs long, and so differ by whole ones."""
    steps = next((float(run.evaluated_at[1]) for run in comparison.runs.values() if run.evaluated_at.size), 0.0)
    early = [entry for entry in summary.entries if entry.fastest_steps.median <= FEW_EPOCHS * steps]
    if len(early) < 2 or not math.isfinite(steps):
        return []
    return [
        f"{len(early)} of {count(len(summary.entries), 'optimizer')} reach the target within {FEW_EPOCHS} epochs in "
        f"their fastest trials. It is seen at the ends of epochs, {steps:.0f} steps apart, so such times are equal or "
        "differ by whole epochs; a lower --target tells more."
    ]


def _near_an_end(summary: Summary, comparison: Comparison) -> list[str]:
    """Return a warning of learning rates in the outer tenth of their range."""
    near = []
    for entry in summary.entries:
        rates = comparison.plan.rates[entry.optimizer]
        low, high = math.log(min(rates)), math.log(max(rates))
        if _trains(entry, summary) and high > low and not 0.1 <= (math.log(entry.rate) - low) / (high - low) <= 0.9:
            near.append(f"{entry.optimizer} ({entry.rate:g})")
    return (
        [f"Near an end of the range of learning rates: {joined(near)}. Beyond it may be better ones."] if near else []
    )


def _trains(entry: Entry, summary: Summary) -> bool:
    """Return whether an optimizer trained in most seeds at its best rate; if not, any rate may be that one."""
    return 2 * entry.diverged <= len(summary.seeds) and math.isfinite(entry.selection.median)


def _meant(comparison: Comparison, label: str) -> str:
    """Return whose steps an optimizer should take."""
    return "those it names" if label in comparison.plan.rules else "Keras'"


def method(summary: Summary, comparison: Comparison) -> list[str]:
    """Return sentences on the method and its assumptions."""
    plan = comparison.plan
    lines = [
        *_budget(summary, comparison),
        "Learning rate, epoch and best optimizer were chosen by the validation loss (its lowest epoch in each run, the "
        "median over seeds); test loss and accuracy are those of that epoch on samples that no choice saw.",
        f"Steps and seconds to the target: until the validation loss is at most {number(plan.target)} at the end of an "
        "epoch.",
        *told(comparison),
    ]
    if any(entry.untuned for entry in summary.entries):
        lines.append(
            "At its defaults: the learning rate and options that a class has if nobody chooses any; that run is not "
            "one of the trials, unless its rate is."
        )
    lines.append(
        "Fastest trial: in each seed the trial that reached the target first, and of these the median over seeds, as "
        "AlgoPerf scores optimizers that are tuned (Dahl et al. 2023, arXiv 2306.07179)."
    )
    if len(summary.seeds) > 1 and summary.comparisons:
        each = 1 - (1 - summary.level) / summary.comparisons
        lines.append(
            f"Intervals: differences to the best, paired by seed, Student's t over {len(summary.seeds)} seeds; "
            f"{summary.level:.0%} for all {summary.comparisons} together (Bonferroni: {each:.2%} each). They assume "
            "independent, roughly normal differences."
        )
        if len(summary.equals) > 1:
            lines.append(
                "More seeds: the smallest number at which a paired t test at that level tells a difference in 8 of 10 "
                "comparisons, if its true mean and deviation are those seen here and differences are normal and "
                "independent. Both are estimates from these seeds, so take it as a rough size."
            )
        lines.append(
            "Seeds vary start weights and batches. The split of the data is the same in all, so nothing is said of "
            "other samples."
        )
    return lines


def _budget(summary: Summary, comparison: Comparison) -> list[str]:
    """Return what each optimizer could try."""
    plan = comparison.plan
    trials = count(len(plan.rates[plan.optimizers[0]]), "trial" if plan.search == "sobol" else "learning rate")
    if plan.search == "sobol":
        how = "from Sobol's sequence over learning rate and options, on logarithmic scales"
    else:
        how = "on a logarithmic grid"
    lines = [
        f"Each optimizer had the same {trials} to try {how}, and within a seed the same start weights and batches."
    ]
    if plan.extend:
        added = [f"{entry.optimizer} {entry.added}" for entry in summary.entries if entry.added]
        got = f"added here: {', '.join(added)}" if added else "none was needed here"
        lines.append(
            f"Where the best rate was at an edge of its grid, the grid was continued, by at most "
            f"{count(plan.extend, 'rate')} for each optimizer; {got}."
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
