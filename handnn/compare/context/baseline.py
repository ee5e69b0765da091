"""What the test data say without a network: baselines, and the scale that turns a squared error into R2."""

import dataclasses
import functools

import numpy as np

from ...data.scores import baselines
from .. import plan as planning
from ..plan import Plan
from ..statistics import Spread, spread


def baseline_line(plan: Plan) -> str:
    """Return the scores on test data of what is learned without a network; '' where the data cannot be read."""
    return _baseline_line(plan.data, plan.split_seed, plan.dtype)


@functools.lru_cache(maxsize=8)
def _baseline_line(name: str, split_seed: int, dtype: str) -> str:
    try:
        found = planning.dataset(name, split_seed, dtype)
    except (OSError, ValueError):
        return ""
    on_test = dataclasses.replace(found, x_validation=found.x_test, y_validation=found.y_test)
    told = [f"{name} {_scores(scores)}" for name, scores in baselines(on_test).items()]
    return f"{'; '.join(told)} (test data, without a network)"


def _scores(scores: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.1%}" if name == "accuracy" else f"{name} {value:.3g}"
                     for name, value in scores.items())  # fmt: skip


def r2_scale(plan: Plan) -> float | None:
    """Return the mean squared error of predicting the mean of the test targets; None where the loss gives no R2.

    R2 = 1 - sum (y - a)^2 / sum (y - mean y)^2, over all outputs together, is 1 - loss / scale if the loss is the mean
    squared error alone: not with the penalties that a model of one's own may have.
    """
    if plan.loss != "mean_squared_error" or plan.model_name:
        return None
    y = planning.samples(plan).test.y.astype(np.float64)
    scale = float(np.mean((y - y.mean(axis=0)) ** 2))
    return scale or None


def r2(losses: Spread, scale: float) -> Spread:
    """Return R2 of every seed, from its mean squared error."""
    found = [1 - loss / scale for loss in losses.values]
    ordered = spread(-value for value in found)  # infinitely bad is the smallest R2
    return Spread(tuple(found), -ordered.median, -ordered.upper, -ordered.lower)
