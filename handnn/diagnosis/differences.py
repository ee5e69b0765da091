"""Results held against central differences: where the lines of a program cannot be recorded."""

import itertools
from typing import Any

import numpy as np

from . import lines
from .user.protocols import Plain

STEP = {"float64": 1e-6, "float32": 1e-2}
NEAR = {"float64": 2e-5, "float32": 2e-2}
"""How far a result may be from a central difference, as a part of the largest."""


def judged(found: Any) -> lines.Judgement:
    """Return which results are the derivatives of the loss, on two draws; nothing is said of lines."""
    wrong: set[str] = set()
    told: set[str] = set()
    for draw in [found, *itertools.islice(found.draws(), 1)]:
        kept = str(getattr(draw, "dtype", "float64"))
        results = draw.run(Plain())[1]
        for name, result in results.items():
            truth = _numeric(draw, name, STEP[kept])
            given = np.asarray(result, "float64")
            if given.size != truth.size or np.any(
                np.abs(given.reshape(truth.shape) - truth) > NEAR[kept] * np.max(np.abs(truth), initial=0.0) + 1e-8
            ):
                wrong.add(name)
            told |= {name} if np.any(np.abs(truth) > 1e-8) else set()
    unchecked = [(n, "the loss does not depend on it on any draw") for n in found.claimed if n not in told | wrong]
    checked = [n for n in found.claimed if n in told | wrong]
    return lines.Judgement(ok=not wrong and not unchecked, checked=checked, unchecked=unchecked, wrong=sorted(wrong))


def _numeric(draw: Any, name: str, step: float) -> Any:
    """Return the derivative of the loss by a leaf."""
    shape = np.shape(draw.leaves[name])
    found = np.zeros(shape)
    for index in np.ndindex(shape):
        shift = np.zeros(shape)
        shift[index] = step
        up, down = (draw.run(Plain(name, sign * shift), False)[0] for sign in (1, -1))
        found[index] = (up - down) / (2 * step)
    return found
