"""The statistics of a comparison: what can be concluded from its runs.

Chosen on validation data: the epoch of each run (with the lowest validation loss), the learning rate of each optimizer
(with the lowest median over seeds of that loss), and the best optimizer. Reported on test data. A loss that is not
finite and a failed cell count as infinitely bad.

Optimizers are compared in pairs: within a seed all have the same initial weights and batches, so two optimizers are
compared seed by seed, and the mean difference over n seeds gets the interval of Student's t,

    mean d  +-  t(1 - a/2, n - 1) s(d) / sqrt(n),   a = (1 - level) / comparisons     (Bonferroni)

so that all intervals of a comparison hold simultaneously with probability `level`, if the differences of the seeds are
independent and roughly normal. seeds/power.py says how many seeds would tell apart what these do not.
"""

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from .plan import Cell, Plan
from .run import Run
from .seeds import power

LEVEL = 0.95
MEASURES = ("loss", "accuracy")
PARTS = ("train", "val", "test")


@dataclass(frozen=True)
class Spread:
    """One number over the seeds: its value for each (in the order of `Summary.seeds`), median and quartiles.

    Infinities (diverged, never reached) count as the largest values, so a median may be infinite.
    """

    values: tuple[float, ...]
    median: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Difference:
    """An optimizer minus the leader, paired by seed, in the test loss or accuracy at the chosen epochs.

    Attributes:
        values: by seed. mean: of the values. low, high: the interval, or None.
        verdict: "worse", "better", "undecided", or "" without an interval. reason: why there is no interval.
        seeds_needed: for an undecided one, the seeds that would decide it (inf: more than 10,000); see power.py.
        detectable: the smallest true difference that this number of seeds tells in 8 of 10 such comparisons.
    """

    measure: str
    values: tuple[float, ...]
    mean: float
    low: float | None
    high: float | None
    verdict: str
    reason: str = ""
    seeds_needed: float | None = None
    detectable: float | None = None


@dataclass(frozen=True)
class Untuned:
    """An optimizer at the learning rate and options that it has by default: what it does if nobody tunes it.

    Attributes:
        best, steps, reached, diverged: as of an `Entry`. increase: of the median test loss above the chosen trial's.
    """

    rate: float
    best: dict[str, Spread]
    steps: Spread
    reached: int
    diverged: int
    increase: float


@dataclass(frozen=True)
class Entry:
    """An optimizer at its chosen learning rate.

    Attributes:
        rate: chosen on validation data. edge: "lowest" or "highest" if it is at an end of several rates, else "".
        selection: the validation loss at the chosen epochs, by which the choices were made.
        by_rate: the same for every rate: the sensitivity.
        off_by_one: increase of the median of `selection` at the worse of the two neighbouring rates.
        best: by "val_loss", "test_accuracy", ...: at each run's chosen epoch. final: after the last epoch. No
            accuracies for a regression.
        steps, seconds: to the plan's target, observed at the ends of epochs; inf if it was never reached.
        reached: number of seeds that reached it. diverged: number of seeds whose last loss is not finite.
        step_seconds: time of a training step. slot_bytes: memory of the slots.
        to_leader: by "loss" and "accuracy"; {} for the leader itself.
        options: of the chosen trial, where options were searched. added: rates beyond the edge of the planned grid.
        fastest_steps, fastest_seconds: to the target, of the fastest of all trials of each seed: AlgoPerf's score.
        untuned: at its defaults; None if that did not run.
    """

    optimizer: str
    rate: float
    edge: str
    selection: Spread
    by_rate: dict[float, Spread]
    off_by_one: float
    best: dict[str, Spread]
    final: dict[str, Spread]
    steps: Spread
    seconds: Spread
    reached: int
    diverged: int
    step_seconds: Spread
    slot_bytes: int
    to_leader: dict[str, Difference]
    options: dict[str, float]
    added: int
    fastest_steps: Spread
    fastest_seconds: Spread
    untuned: Untuned | None


@dataclass(frozen=True)
class Summary:
    """All statistics of a comparison.

    Attributes:
        entries: best first, by `selection`; the first is the leader. Empty if no seed is finished.
        seeds: those with all cells finished; only they count.
        comparisons: number of differences that share the level.
    """

    entries: list[Entry]
    seeds: tuple[int, ...]
    level: float
    comparisons: int

    @property
    def leader(self) -> Entry | None:
        return self.entries[0] if self.entries else None

    @property
    def equals(self) -> list[str]:
        """The leader, and the optimizers that are not told to be worse: the best is one of them."""
        return [e.optimizer for e in self.entries if not e.to_leader or e.to_leader["loss"].verdict != "worse"]

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as dictionaries and lists; infinities are not replaced."""
        return asdict(self)

    def __getitem__(self, optimizer: str) -> Entry:
        return next(entry for entry in self.entries if entry.optimizer == optimizer)


def summarize(
    plan: Plan,
    runs: Mapping[Cell, Run],
    optimizers: Sequence[str],
    missing: Sequence[Cell],
    rates: Mapping[str, Sequence[float]],
    level: float = LEVEL,
) -> Summary:
    """Return the statistics of the runs of a plan.

    Args:
        optimizers: those that take part. missing: unfinished cells; the seeds of planned ones do not count.
        rates: of each optimizer; one that was added to the plan's counts when its runs are finished.
        level: of all intervals together.
    """
    planned = set(plan.cells())
    waiting = {cell.seed for cell in missing if cell in planned}
    seeds = tuple(seed for seed in plan.seeds if seed not in waiting)
    tried = {
        label: [rate for rate in rates[label]
                if rate in plan.rates[label] or all(Cell(label, rate, seed) in runs for seed in seeds)]
        for label in optimizers
    }  # fmt: skip
    found = [_entry(plan, runs, label, seeds, tried[label]) for label in optimizers] if seeds else []
    entries = sorted(found, key=lambda entry: entry.selection.median)
    comparisons = max(len(entries) - 1, 0)
    entries = entries[:1] + [_compared(entry, entries[0], level, comparisons) for entry in entries[1:]]
    return Summary(entries, seeds, level, comparisons)


# ---- one optimizer ---------------------------------------------------------------------------------------------------


def spread(values: Iterable[float]) -> Spread:
    """Return median and quartiles over the seeds; NaN counts as infinitely bad."""
    found = tuple(math.inf if math.isnan(value) else float(value) for value in values)
    return Spread(found, *(quantile(found, q) for q in (0.5, 0.25, 0.75)))


def quantile(values: Sequence[float], q: float) -> float:
    """Return the quantile, linearly interpolated; infinities are the largest values."""
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    i, share = int(place), place % 1
    return ordered[i] if share == 0 else ordered[i] * (1 - share) + ordered[i + 1] * share


def chosen_epoch(run: Run) -> int:
    """Return the epoch with the lowest validation loss; 0 is before training."""
    return int(np.argmin(np.nan_to_num(run.val_loss, nan=math.inf, posinf=math.inf)))


def at_chosen_epoch(run: Run, curve: str) -> float:
    """Return a number at the chosen epoch; infinitely bad if the cell failed."""
    if run.failed:
        return -math.inf if curve.endswith("accuracy") else math.inf
    return float(getattr(run, curve)[chosen_epoch(run)])


def after_training(run: Run, curve: str) -> float:
    """Return a number after the last epoch; infinitely bad if the cell failed."""
    if run.failed:
        return -math.inf if curve.endswith("accuracy") else math.inf
    return float(getattr(run, curve)[-1])


def to_target(run: Run, target: float, curve: str) -> float:
    """Return steps or seconds until an evaluated validation loss reached the target; inf if it never did."""
    reached = np.flatnonzero(run.val_loss <= target)
    return float(getattr(run, curve)[reached[0]]) if reached.size else math.inf


def _entry(
    plan: Plan, all_runs: Mapping[Cell, Run], label: str, seeds: tuple[int, ...], tried: Sequence[float]
) -> Entry:
    own = {(cell.learning_rate, cell.seed): run for cell, run in all_runs.items() if cell.optimizer == label}
    runs = {rate: [own[rate, seed] for seed in seeds if (rate, seed) in own] for rate in tried}
    by_rate = {rate: spread(at_chosen_epoch(run, "val_loss") for run in found) for rate, found in runs.items()}
    rates = sorted(by_rate)
    i = min(range(len(rates)), key=lambda i: by_rate[rates[i]].median)
    chosen, best = runs[rates[i]], by_rate[rates[i]].median
    beside = [by_rate[rate].median - best for rate in (*rates[max(i - 1, 0) : i], *rates[i + 1 : i + 2])]
    edges = {0: "lowest", len(rates) - 1: "highest"} if len(rates) > 1 and plan.search == "grid" else {}
    accurate = any(run.val_accuracy is not None for run in all_runs.values())
    measures = MEASURES if accurate else MEASURES[:1]
    curves = [f"{part}_{measure}" for measure in measures for part in PARTS]
    at_best = {curve: spread(at_chosen_epoch(run, curve) for run in chosen) for curve in curves}
    return Entry(
        optimizer=label,
        rate=rates[i],
        edge=edges.get(i, ""),
        selection=by_rate[rates[i]],
        by_rate=by_rate,
        off_by_one=max((rise for rise in beside if not math.isnan(rise)), default=math.nan),
        best=at_best,
        final={curve: spread(after_training(run, curve) for run in chosen) for curve in curves},
        steps=spread(to_target(run, plan.target, "evaluated_at") for run in chosen),
        seconds=spread(to_target(run, plan.target, "seconds") for run in chosen),
        reached=sum(to_target(run, plan.target, "seconds") < math.inf for run in chosen),
        diverged=sum(run.diverged for run in chosen),
        step_seconds=spread(run.step_seconds for run in chosen),
        slot_bytes=max((run.slot_bytes for run in chosen), default=0),
        to_leader={},
        options=plan.trial(label, rates[i]),
        added=len(rates) - len(plan.rates[label]),
        fastest_steps=_fastest(plan, runs, "evaluated_at"),
        fastest_seconds=_fastest(plan, runs, "seconds"),
        untuned=_untuned(plan, own, label, seeds, at_best),
    )


def _fastest(plan: Plan, runs: Mapping[float, Sequence[Run]], curve: str) -> Spread:
    """Return steps or seconds to the target of the fastest trial of each seed."""
    times = [[to_target(run, plan.target, curve) for run in found] for found in runs.values()]
    return spread(min(found) for found in zip(*times, strict=True))


def _untuned(
    plan: Plan,
    own: Mapping[tuple[float, int], Run],
    label: str,
    seeds: tuple[int, ...],
    chosen: Mapping[str, Spread],
) -> Untuned | None:
    """Return what an optimizer does at its defaults; None if it did not run there."""
    rate = plan.defaults.get(label)
    if rate is None:
        return None
    runs = [own[rate, seed] for seed in seeds]
    best = {curve: spread(at_chosen_epoch(run, curve) for run in runs) for curve in chosen}
    return Untuned(
        rate=rate,
        best=best,
        steps=spread(to_target(run, plan.target, "evaluated_at") for run in runs),
        reached=sum(to_target(run, plan.target, "seconds") < math.inf for run in runs),
        diverged=sum(run.diverged for run in runs),
        increase=best["test_loss"].median - chosen["test_loss"].median,
    )


# ---- two optimizers --------------------------------------------------------------------------------------------------


def _compared(entry: Entry, leader: Entry, level: float, comparisons: int) -> Entry:
    pairs = {m: (entry.best.get(f"test_{m}"), leader.best.get(f"test_{m}")) for m in MEASURES}
    found = {
        measure: with_power(difference(measure, one.values, other.values, level, comparisons), level, comparisons)
        for measure, (one, other) in pairs.items()
        if one is not None and other is not None
    }
    return replace(entry, to_leader=found)


def difference(
    measure: str, one: Sequence[float], other: Sequence[float], level: float, comparisons: int = 1
) -> Difference:
    """Return one minus other, paired by seed, with the interval of the mean difference.

    Args:
        measure: "loss" (less is better) or "accuracy" (more is better).
        level: of all `comparisons` intervals together.
    """
    values = tuple(a - b if a != b else 0.0 for a, b in zip(one, other, strict=True))
    if not all(map(math.isfinite, values)):
        return Difference(measure, values, math.inf, None, None, "", "not finite in every seed")
    mean = float(np.mean(values))
    if len(values) < 2:
        return Difference(measure, values, mean, None, None, "", "one seed")
    a = (1 - level) / comparisons
    half = t_quantile(1 - a / 2, len(values) - 1) * np.std(values, ddof=1) / len(values) ** 0.5
    low, high = float(mean - half), float(mean + half)
    if low <= 0 <= high:
        return Difference(measure, values, mean, low, high, "undecided")
    verdict = "worse" if (low > 0) == (measure == "loss") else "better"
    return Difference(measure, values, mean, low, high, verdict)


def with_power(found: Difference, level: float, comparisons: int) -> Difference:
    """Return a difference with the seeds that would decide it, and with what its seeds can tell."""
    if not found.verdict:
        return found
    a = (1 - level) / comparisons
    needed = power.seeds_needed(found.values, a) if found.verdict == "undecided" else None
    return replace(found, seeds_needed=needed, detectable=power.detectable(found.values, a))


@functools.lru_cache(maxsize=64)
def t_quantile(probability: float, degrees: int) -> float:
    """Return the quantile of Student's t distribution."""
    from scipy.special import stdtrit  # scipy.stats, which calls it, takes a second to import

    return float(stdtrit(degrees, probability))
