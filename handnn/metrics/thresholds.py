"""Thresholds of a confusion matrix, and how many of them a prediction passes."""

from typing import Any

import numpy as np

from ..config import epsilon
from ..core.variable import Array


class Thresholds:
    """Counts how many thresholds a prediction passes.

    For T >= 3 evenly spaced thresholds, Keras computes this number as ceil(y_pred (T - 1)). The product rounds, so the
    result may differ from a comparison at ties. With `all_pass_first`, as in AUC, whose first threshold is below 0,
    every number passes at least one.
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
        """Return how many of the sorted thresholds each prediction passes; NaN passes none."""
        if self.even:
            scaled = np.ceil(np.clip(y_pred, 0, 1) * np.float32(self.count - 1))
            if self.all_pass_first:
                scaled = np.maximum(scaled, 1)
            return np.where(np.isnan(scaled), 0, scaled).astype("int64")
        if self.count == 1:
            return (y_pred > self.values[0]).astype("int64")
        return np.where(np.isnan(y_pred), 0, np.searchsorted(self._sorted, y_pred, side="left"))

    def in_given_order(self, counts: Array) -> Array:
        """Reorder counts (first axis: sorted thresholds) to the order in which the thresholds were given."""
        return counts if self.even else counts[self._back]


def is_even(values: Any) -> bool:
    """Return whether the thresholds are 0, 1/(T - 1), ..., 1 to Keras' tolerances: 1e-7 absolute, 1e-5 relative."""
    if len(values) < 3:
        return False
    return np.allclose(values, np.arange(len(values), dtype="float32") / (len(values) - 1), atol=epsilon())


def parse(thresholds: Any, default: float) -> list[float]:
    """Return a threshold or a list of thresholds as a list; raise ValueError for values outside [0, 1]."""
    if thresholds is None:
        return [default]
    given = list(thresholds) if isinstance(thresholds, list | tuple | np.ndarray) else [thresholds]
    if not given or any(t is None or not 0 <= t <= 1 for t in given):
        raise ValueError(f"thresholds must be in [0, 1]; received {thresholds!r}")
    return given


def inner_thresholds(count: int, first: float, last: float) -> list[float]:
    """Return `count` thresholds, evenly spaced in [0, 1], with the two ends replaced by `first` and `last`."""
    return [first, *[(i + 1) / (count - 1) for i in range(count - 2)], last]
