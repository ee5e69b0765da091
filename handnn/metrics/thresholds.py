"""Thresholds of a confusion matrix, and which of them a prediction passes."""

from typing import Any

import numpy as np

from ..config import epsilon
from ..core.variable import Array


class Thresholds:
    """Which thresholds a prediction passes.

    From three evenly spaced thresholds on, T of them, Keras takes ceil(y_pred (T - 1)) of them to be passed, which
    may differ from comparing at a tie: a product rounds. With `all_pass_first`, as in AUC, whose first threshold lies
    below 0, every number passes one at least.
    """

    def __init__(self, values: list[float], all_pass_first: bool = False, even: bool | None = None) -> None:
        self.values = np.asarray(values, "float32")
        self.count = len(values)
        self.all_pass_first = all_pass_first
        self.even = is_even(values) if even is None else even
        self._order = np.argsort(self.values, kind="stable")
        self._sorted = self.values[self._order]
        self._back = np.argsort(self._order, kind="stable")

    def passed(self, y_pred: Array) -> Array:
        """Return how many thresholds, counted from the lowest, each prediction passes; NaN passes none."""
        if self.even:
            scaled = np.ceil(np.clip(y_pred, 0, 1) * np.float32(self.count - 1))
            if self.all_pass_first:
                scaled = np.maximum(scaled, 1)
            return np.where(np.isnan(scaled), 0, scaled).astype("int64")
        if self.count == 1:
            return (y_pred > self.values[0]).astype("int64")
        return np.where(np.isnan(y_pred), 0, np.searchsorted(self._sorted, y_pred, side="left"))

    def in_given_order(self, counts: Array) -> Array:
        """Return counts for the sorted thresholds (first axis) in the order in which the thresholds were given."""
        return counts if self.even else counts[self._back]


def is_even(values: Any) -> bool:
    """Return whether thresholds are 0, 1/(T - 1), ..., 1 by Keras' measure: 1e-7 plus 1e-5 of each apart."""
    if len(values) < 3:
        return False
    return np.allclose(values, np.arange(len(values), dtype="float32") / (len(values) - 1), atol=epsilon())


def parse(thresholds: Any, default: float) -> list[float]:
    """Return a threshold or a list of them as a list; ValueError outside [0, 1]."""
    if thresholds is None:
        return [default]
    given = list(thresholds) if isinstance(thresholds, list | tuple | np.ndarray) else [thresholds]
    if not given or any(t is None or not 0 <= t <= 1 for t in given):
        raise ValueError(f"thresholds must lie in [0, 1]; received {thresholds!r}")
    return given


def inner_thresholds(count: int, first: float, last: float) -> list[float]:
    """Return `count` thresholds: evenly spaced in [0, 1], the two ends as given."""
    return [first, *[(i + 1) / (count - 1) for i in range(count - 2)], last]
