"""Recurrent layers step by step: every step of time runs on the state that Keras' own cell had there.

Rounding of the steps before is not carried along, and a wrong gate is named: `lstm: delta forget ... at [3, 0, 2]` is
step 3 of sample 0, counted in the order of the loop.
"""

import copy
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..core.trace import LayerTrace
from ..layers.recurrent.cell import Cell, Step
from ..rounding import allowance
from ..rounding.reading import as_read
from . import mask_law
from .comparison import Comparison, compare

FORMULAS = {"z": "x_t W + h_(t-1) U + b", "delta": "dL/dz_t"}


def known(layer: Any, t: LayerTrace) -> list[tuple[Any, dict[str, Any], str]]:
    """Return (cell, what Keras' cell recorded, prefix of names) of a recurrent layer's cells; [] of other layers."""
    steps = t.cache.get("keras_steps") or []
    cells = layer.cells if steps else []
    return [
        (cell, own, f"cell {k} " if len(cells) > 1 else "")
        for k, (cell, own) in enumerate(zip(cells, steps, strict=True))
    ]


def forward(layer: Any, t: LayerTrace) -> Iterator[Comparison]:
    """Yield z of every gate and the new state, for all steps of time together: (time, batch, units)."""
    for (cell, own, prefix), masks in zip(known(layer, t), masks_of(layer, t), strict=False):
        plain, bounded = (run(cell, own, masks, kind) for kind in (np.asarray, as_read))
        for gate, reference in own["z"].items():
            found, bound = (_stacked([s.of(s.z)[gate] for s, _ in steps]) for steps in (plain, bounded))
            yield compare(t.name, f"{prefix}z {gate}", FORMULAS["z"], found, reference, bound)
        for k, (name, reference) in enumerate(zip("hc", own["new"], strict=False)):
            found, bound = (_stacked([new[k] for _, new in steps]) for steps in (plain, bounded))
            yield compare(t.name, f"{prefix}{name}", "new state", found, reference, bound)


def backward(layer: Any, t: LayerTrace) -> Iterator[Comparison]:
    """Yield delta of every gate, and dL/d state of the step before, from dL/d new state: (time, batch, units)."""
    for (cell, own, prefix), masks in zip(known(layer, t), masks_of(layer, t), strict=False):
        results = []
        for kind in (np.asarray, as_read):
            steps = run(cell, own, masks, kind)
            upstream = [tuple(kind(part[k].copy()) for part in own["d_new"]) for k in range(len(steps))]
            before = [cell.step_back(s, up) for (s, _), up in zip(steps, upstream, strict=True)]
            results.append(([s for s, _ in steps], before))
        (plain, d_plain), (bounded, d_bounded) = results
        for gate, reference in own["delta"].items():
            found, bound = (_stacked([s.of(s.delta)[gate] for s in steps]) for steps in (plain, bounded))
            yield compare(t.name, f"{prefix}delta {gate}", FORMULAS["delta"], found, reference, bound)
        for k, (name, reference) in enumerate(zip("hc", own["d_states"], strict=False)):
            found, bound = (_stacked([part[k] for part in before]) for before in (d_plain, d_bounded))
            yield compare(t.name, f"{prefix}d{name} before", "handed back", found, reference, bound)


def masks_of(layer: Any, t: LayerTrace) -> list[tuple[Any, Any]]:
    """Return the dropout masks of x and of h of each cell."""
    x = t.x[0] if isinstance(t.x, tuple) else t.x
    found: list[tuple[Any, Any]] = layer.masks_of_cells(t, x.shape[-1]) if t.cache.get("keras_steps") else []
    return found


def run(cell: Cell, own: dict[str, Any], masks: tuple[Any, Any], kind: Any) -> list[tuple[Any, tuple[Any, ...]]]:
    """Return each step, and its new state, computed from Keras' x and state."""
    (of_x, of_h), found = masks, []
    for k, x in enumerate(own["x"]):
        state = tuple(kind(part[k].copy()) for part in own["states"])
        s = Step(cell.gates, of_h)
        s.h_prev = state[0]
        new = cell.step(s, cell.project(kind(x.copy()), of_x), state)
        s.h = new[0]
        found.append((s, new))
    return found


def _stacked(parts: list[Any]) -> Any:
    return np.concatenate([part[np.newaxis] for part in parts], axis=0)


def masks(layer: Any, t: LayerTrace) -> Iterator[Comparison]:
    """Yield the masks that a recurrent layer draws: values of 0 and the one in Keras' mask, each with its share."""
    x = t.x[0] if isinstance(t.x, tuple) else t.x
    start, parts = 0, layer.mask_parts(x.shape[-1])
    samples = math.ceil(mask_law.NUMBERS / min(size for _, size in parts))
    drawn = copy.deepcopy(layer).draw((samples, *x.shape[1:]))
    for rate, size in parts:
        own, theirs = drawn[:, start : start + size], t.mask[:, start : start + size]
        start += size
        if theirs.any():  # a mask of zeros does not show the scale
            expected = (own != 0) * np.max(theirs)
            allowed = allowance.of(allowance.unit_roundoff(own.dtype) * np.abs(expected), own.dtype)
            yield Comparison(t.name, "mask", "0 or 1/(1 - rate)", own, expected.astype(own.dtype), allowed)
        found, law, apart = mask_law.shares(own.reshape(-1), mask_law.dropped(rate))
        yield Comparison(t.name, "mask law", "share of values up to v", found, law, np.full(found.shape, apart))
