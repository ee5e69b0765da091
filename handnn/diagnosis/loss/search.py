"""Which known mistakes reproduce a user's loss or its gradient."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...core.variable import Array
from ..activation.search import DISTINCT
from ..bank import Mistake, loss_mistakes, mistakes
from ..bank.contexts import LossContext
from ..patterns import of_values, sizes
from ..reference import Expected
from ..variants import Factor
from . import data as loss_data
from .data import Draw, wide


def values(
    attempt: Any, factor: Factor, shaped: Callable[..., Expected | None], dtype: str, without: Any
) -> list[Mistake]:
    """Return the mistakes that give the user's values; what is one number is compared with their mean."""

    def fits(mistake: Mistake, at: Draw, mine: Array) -> bool:
        known = shaped(attempt.reading.loss, at, mine)
        if known is None:
            return False
        one, right = mine.size == 1, loss_data.values(attempt.reading.loss, at, dtype).value
        wrong = mistake.made(
            _context(attempt.reading.loss, at), right.mean() if mistake.step == "loss" and one else right
        )
        if wrong is not None and one and mistake.step == "values":
            wrong = np.asarray(wrong.sum() / wrong.size)
        elements = mine.shape == at.p.shape and mine.size > 1
        own = mine.sum(axis=-1) if elements else mine.reshape(np.shape(known.value))
        return _fits(own, wrong, known.value, factor.of(at.samples, at.outputs), _share(known))

    return _found(attempt, ("values", "loss"), without, fits)


def slopes(attempt: Any, factor: Factor, dtype: str, without: Any) -> list[Mistake]:
    """Return the mistakes that give the user's gradient."""

    def fits(mistake: Mistake, at: Draw, mine: Array) -> bool:
        known = loss_data.slopes(attempt.reading.loss, at, dtype)
        right = known.value / at.samples
        numeric = 1e-7 if mistake.name == "derivative by y_true" else 0.0  # it is a difference itself
        wrong = mistake.made(_context(attempt.reading.loss, at), right)
        return _fits(mine, wrong, right, factor.of(at.samples, at.outputs), max(_share(known), numeric))

    return _found(attempt, ("slopes",), without, fits)


def _found(attempt: Any, steps: tuple[str, ...], without: Any, fits: Callable[[Mistake, Draw, Array], bool]) -> Any:
    """Return the mistakes that fit on every draw."""
    bank = [m for registry in (mistakes, loss_mistakes) for name, m in registry.items() if name not in without]
    draws = list(zip(attempt.draws, attempt.results, strict=True))
    return [m for m in bank if m.step in steps and all(fits(m, at, mine) for at, mine in draws)]


def _context(loss: Any, at: Draw) -> LossContext:
    return LossContext(loss, wide(at.y), at.p.astype("float64"), at.samples)


def _share(known: Expected) -> float:
    return float(np.max(known.allowed)) / max(float(np.max(np.abs(known.value))), 1e-300)


def _fits(mine: Array, wrong: Array | None, right: Array, by: float, share: float) -> bool:
    """Return whether `mine` is the wrong result times a factor, and the wrong result is not the right one."""
    if wrong is None or wrong.shape != mine.shape or not np.isfinite(wrong).all():
        return False
    size = float(np.abs(wrong).max(initial=0.0))
    if float(np.abs(wrong - right).max(initial=0.0)) <= DISTINCT * share**0.5 * size:
        return False
    return bool((np.abs(mine - by * wrong) <= share * size * abs(by)).all())


def pattern(mine: Array, known: Expected | None, at: Draw) -> str:
    """Return what distinguishes numbers that no known mistake reproduces; factors of N and K by name."""
    if known is None:
        return ""
    own, right = np.atleast_1d(mine), Expected(np.atleast_1d(known.value), np.atleast_1d(known.allowed))
    return of_values(own, right, right.off(own), np.zeros(own.shape), sizes(at.samples, at.outputs))
