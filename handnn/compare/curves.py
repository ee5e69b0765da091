"""Curves over training: median and quartiles over the seeds of an optimizer at its chosen learning rate."""

from typing import NamedTuple

import numpy as np

from ..core.variable import Array
from .results import Comparison
from .run import Run
from .statistics import Entry


class Band(NamedTuple):
    """Quartiles of a curve over the seeds, `at` training steps; values that are not finite count as infinite."""

    at: Array
    median: Array
    lower: Array
    upper: Array


def chosen_runs(comparison: Comparison, entry: Entry) -> list[Run]:
    """Return the runs of an optimizer at its chosen rate, in the order of the finished seeds."""
    seeds = comparison.summary().seeds
    found = {
        cell.seed: run
        for cell, run in comparison.runs.items()
        if (cell.optimizer, cell.learning_rate) == (entry.optimizer, entry.rate) and not run.failed
    }
    return [found[seed] for seed in seeds if seed in found]


def diverged(comparison: Comparison, label: str, rate: float) -> bool:
    """Return whether most runs of an optimizer at this rate diverged or failed."""
    seeds = comparison.summary().seeds
    runs = [run for cell, run in comparison.runs.items()
            if (cell.optimizer, cell.learning_rate) == (label, rate) and cell.seed in seeds]  # fmt: skip
    return 2 * sum(run.diverged or bool(run.failed) for run in runs) > len(runs)


def band(runs: list[Run], curve: str) -> Band | None:
    """Return the band of 'val_loss', 'test_accuracy', ... over the evaluations, or of 'loss' over all steps.

    None if there is no run, or no such curve (accuracies of a regression).
    """
    curves = [getattr(run, curve) for run in runs]
    if not curves or curves[0] is None:
        return None
    at = runs[0].evaluated_at if curve != "loss" else np.arange(1, len(curves[0]) + 1)
    return Band(at, *quartiles(np.array(curves)))


def quartiles(values: Array) -> list[Array]:
    """Return median, lower and upper quartile of each column, as `statistics.spread` does."""
    ordered = np.sort(np.where(np.isnan(values), np.inf, values), axis=0)
    found = []
    for q in (0.5, 0.25, 0.75):
        place = q * (len(ordered) - 1)
        i, share = int(place), place % 1
        between = ordered[i]
        if share:
            between = ordered[i] * (1 - share) + ordered[i + 1] * share
        found.append(between)
    return found
