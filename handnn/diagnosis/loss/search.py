"""Which known mistakes reproduce a user's loss or its gradient."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ...core.variable import Array
from ..activation.search import DISTINCT, Hit
from ..activation.search import pattern as _pattern
from ..bank import loss_mistakes, mistakes
from ..bank.contexts import LossContext
from ..reference import Known
from . import data as loss_data
from .data import Draw
from .forms import Factor


def _candidates(steps: tuple[str, ...], without: tuple[str, ...]) -> Iterator[Hit]:
    for registry in (mistakes, loss_mistakes):
        for name, mistake in registry.items():
            if mistake.step in steps and name not in without:
                yield Hit(mistake)


def values(attempt: Any, factor: Factor, shaped: Callable[..., Known | None], dtype: str, without: Any) -> list[Hit]:
    """Return the mistakes that give the user's values; what is one number is compared with their mean."""
    found = []
    for hit in _candidates(("values", "loss"), without):
        fitting = []
        for at, mine in zip(attempt.draws, attempt.results, strict=True):
            known = shaped(attempt.reading.loss, at, mine)
            if known is None:
                return []
            wrong = _values(hit, attempt.reading.loss, at, dtype, mine.size == 1)
            share = float(np.max(known.allowed)) / max(float(np.max(np.abs(known.value))), 1e-300)
            elements = mine.shape == at.p.shape and mine.size > 1
            own = mine.sum(axis=-1) if elements else mine.reshape(np.shape(known.value))
            fitting.append(_fits(own, wrong, known.value, factor.of(at.samples, at.outputs), share))
        if all(fitting):
            found.append(hit)
    return found


def _values(hit: Hit, loss: Any, at: Draw, dtype: str, one: bool) -> Array | None:
    spot, right = (
        LossContext(loss, _wide(at.y), at.p.astype("float64"), at.samples),
        loss_data.values(loss, at, dtype).value,
    )
    with np.errstate(all="ignore"):
        try:
            if not hit.mistake.applies(spot):
                return None
            if hit.mistake.step == "loss":
                return np.asarray(hit.mistake.wrong(spot, right.mean() if one else right))
            each = np.asarray(hit.mistake.wrong(spot, right))
        except (ValueError, IndexError, TypeError, AttributeError):
            return None
    return np.asarray(each.sum() / each.size) if one else each


def slopes(attempt: Any, factor: Factor, dtype: str, without: Any) -> list[Hit]:
    """Return the mistakes that give the user's gradient."""
    found, loss = [], attempt.reading.loss
    for hit in _candidates(("slopes",), without):
        fitting = []
        for at, mine in zip(attempt.draws, attempt.results, strict=True):
            known = loss_data.slopes(loss, at, dtype)
            share = float(np.max(known.allowed)) / max(float(np.max(np.abs(known.value))), 1e-300)
            right = known.value / at.samples
            spot = LossContext(loss, _wide(at.y), at.p.astype("float64"), at.samples)
            with np.errstate(all="ignore"):
                try:
                    wrong = np.asarray(hit.mistake.wrong(spot, right)) if hit.mistake.applies(spot) else None
                except (ValueError, IndexError, TypeError, AttributeError):
                    wrong = None
            numeric = 1e-7 if hit.mistake.name == "derivative by y_true" else 0.0  # it is a difference itself
            fitting.append(_fits(mine, wrong, right, factor.of(at.samples, at.outputs), max(share, numeric)))
        if all(fitting):
            found.append(hit)
    return found


def _fits(mine: Array, wrong: Array | None, right: Array, by: float, share: float) -> bool:
    """Return whether `mine` is the wrong result times a factor, and the wrong result is not the right one."""
    if wrong is None or wrong.shape != mine.shape or not np.isfinite(wrong).all():
        return False
    size = float(np.abs(wrong).max(initial=0.0))
    if float(np.abs(wrong - right).max(initial=0.0)) <= DISTINCT * share**0.5 * size:
        return False
    return bool((np.abs(mine - by * wrong) <= share * size * abs(by)).all())


def pattern(mine: Array, known: Known | None, at: Draw | None = None) -> str:
    """Return what distinguishes numbers that no known mistake reproduces; factors of N and K by name."""
    if known is None:
        return ""
    own, right = np.atleast_1d(mine), Known(np.atleast_1d(known.value), np.atleast_1d(known.allowed))
    said = _pattern(own, right, right.off(own), np.zeros(own.shape))
    if at is not None and said.startswith("it is ") and " times" in said:
        factor = float(said.split()[2])
        n, k = at.samples, at.outputs
        names = {"N": n, "K": k, "N K": n * k, "N/K": n / k}
        names |= {"1/N": 1 / n, "1/K": 1 / k, "1/(N K)": 1 / (n * k), "K/N": k / n}
        name = next((name for name, value in names.items() if abs(value - factor) < 1e-5 * value), "")
        return said.replace(" times", f" = {name} times", 1) if name else said
    return said


def _wide(y: Array) -> Array:
    return y if y.dtype.kind == "i" else y.astype("float64")
