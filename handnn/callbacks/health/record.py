"""`Record`: what is known of a training run, step by step and epoch by epoch."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .measure import kernels, measured, silent_units

DENSE_START = 10
"""Every one of the first steps is measured: what goes wrong there is over soon."""
WANTED = 200
"""About so many steps are measured after them."""
BATCHES = 10
"""A unit is dead if it is silent in so many measured batches in a row."""


@dataclass
class Batch:
    """What the first batches were like: sizes of features and targets, and how often each label came."""

    x_rms: float = 0.0
    x_largest: float = 0.0
    y_least: float = np.inf
    y_largest: float = -np.inf
    kind: str = ""
    counts: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def see(self, x: tuple[Any, ...], y: Any) -> None:
        """Add a batch: x has an array for each input."""
        for array in x:
            if array.dtype.kind == "f" and array.size:
                features = np.asarray(array, dtype=np.float64).reshape(len(array), -1)
                with np.errstate(over="ignore"):
                    self.x_rms = max(self.x_rms, float(np.sqrt(np.mean(features**2, axis=0)).max()))
                self.x_largest = max(self.x_largest, float(np.abs(features).max()))
        if isinstance(y, tuple) or not np.size(y):
            return
        rows = np.asarray(y, dtype=np.float64).reshape(len(y), -1)
        self.y_least, self.y_largest = min(self.y_least, float(rows.min())), max(self.y_largest, float(rows.max()))
        kind = kind_of(rows)
        self.kind = kind if self.kind in ("", kind) or kind == "numbers" else self.kind
        if self.kind == "one-hot":
            counts = rows.sum(axis=0)
        elif self.kind in ("binary", "labels"):
            counts = np.bincount(rows[:, 0].astype(int), minlength=2)
        else:
            return
        size = max(len(counts), len(self.counts))
        self.counts = np.pad(self.counts, (0, size - len(self.counts))) + np.pad(counts, (0, size - len(counts)))


def kind_of(rows: np.ndarray) -> str:
    """Return what targets are: one-hot, binary, labels or numbers."""
    if rows.shape[1] > 1:
        hot = np.isin(rows, (0, 1)).all() and (rows.sum(axis=1) == 1).all()
        return "one-hot" if hot else "numbers"
    if np.isin(rows, (0, 1)).all():
        return "binary"
    whole = (rows == np.round(rows)).all() and rows.min() >= 0 and rows.max() < 1000
    return "labels" if whole else "numbers"


class Record:
    """The measurements of a run.

    Args:
        model: compiled; its weights now are the initial ones.
        steps: number of steps that are expected, to choose how often to measure; 0 if unknown.

    Attributes:
        steps: numbers of the measured steps, from 1. layers: {layer: {measure: [number, ...]}}.
        losses: the loss of every measured step. epochs: one dict an epoch.
        spread: standard deviation over the samples of the outputs, relative to their size, at each measured step.
        diverged: the loss or a weight became infinite or NaN.
    """

    def __init__(self, model: Any, steps: int = 0) -> None:
        self.model, self.every = model, max(1, steps // WANTED)
        self.initial = [weight.value.copy() for weight in model.weights]
        self.start = {name: weight.value.copy() for name, weight in kernels(model).items()}
        self.batch = Batch()
        self.first: tuple[Any, Any] | None = None
        self.taken = 0
        self.steps: list[int] = []
        self.losses: list[float] = []
        self.spread: list[float] = []
        self.layers: dict[str, dict[str, list[float]]] = {}
        self.epochs: list[dict[str, float]] = []
        self.diverged = False
        self.overfit: tuple[float, float] | None = None
        self._silent: dict[str, deque[np.ndarray]] = {}
        self._before: dict[str, np.ndarray] = {}

    @property
    def due(self) -> bool:
        """Whether the next step is measured."""
        return self.taken < DENSE_START or (self.taken + 1) % self.every == 0

    def before_step(self) -> None:
        """Remember the weights, if the next step is measured."""
        self._before = {n: w.value.copy() for n, w in kernels(self.model).items()} if self.due else {}

    def after_step(self, trace: Any, y: Any) -> dict[str, dict[str, float]]:
        """Measure the step that was taken, if it is due; return {layer: {measure: number}}."""
        due = self.due
        self.taken += 1
        x = inputs_of(self.model, trace)
        if self.first is None and len(x) == len(self.model.input_layers):
            self.first = (_copy(x if len(x) > 1 else x[0]), _copy(y))
        loss = float(np.mean(trace.loss))
        self.diverged |= not np.isfinite(loss)
        if not due:
            return {}
        self.batch.see(x, y)
        found = measured(self.model, trace, self._before)
        for layer, silent in silent_units(self.model, trace).items():
            seen = self._silent.setdefault(layer, deque(maxlen=BATCHES))
            seen.append(silent)
            found.setdefault(layer, {})["dead"] = float(np.mean(np.all(seen, axis=0))) if len(seen) == BATCHES else 0.0
        self.steps.append(self.taken)
        self.losses.append(loss)
        outputs = trace.y_pred[0] if isinstance(trace.y_pred, tuple) else trace.y_pred
        with np.errstate(all="ignore"):
            self.spread.append(float(np.max(np.std(outputs, axis=0)) / (np.mean(np.abs(outputs)) + 1e-12)))
        for layer, numbers in found.items():
            series = self.layers.setdefault(layer, {})
            for name, number in numbers.items():
                series.setdefault(name, []).append(number)
        return found

    def after_epoch(self, logs: dict[str, float]) -> None:
        """Add the results of an epoch."""
        self.epochs.append(dict(logs))
        self.diverged |= not all(np.isfinite(weight.value).all() for weight in self.model.weights)

    def values(self, layer: str, measure: str) -> np.ndarray:
        """Return a layer's numbers, one a measured step."""
        return np.array(self.layers.get(layer, {}).get(measure, []), dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Return steps and layers as JSON has them."""
        return {"steps": self.steps, "losses": self.losses, "layers": self.layers, "epochs": self.epochs}


def inputs_of(model: Any, trace: Any) -> tuple[Any, ...]:
    """Return the array of each of the model's inputs that a layer reads."""
    found: dict[int, Any] = {}
    for node, t in zip(model.nodes, trace, strict=True):
        read = t.x if isinstance(t.x, tuple) else (t.x,)
        found |= {~parent: x for parent, x in zip(node.parents, read, strict=True) if parent < 0}
    return tuple(found[i] for i in sorted(found))


def _copy(value: Any) -> Any:
    return tuple(part.copy() for part in value) if isinstance(value, tuple) else value.copy()
