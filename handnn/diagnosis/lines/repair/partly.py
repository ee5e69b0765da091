"""Values that are right but for one end of an axis: the bias in a column of ones, penalized as the weights are."""

from collections.abc import Iterator
from types import FrameType
from typing import Any

import numpy as np

from ..record.recorder import PLAIN, RECORDER, Action
from ..subject import Array
from .expression import Expression
from .one import by_one_edit
from .scope import Scope
from .variants import Variant, evaluate
from .versions import WHOLE, Versions

TOLERANCE = 1e-6


def ends_that_differ(value: Array, target: Array) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yield the index, and its text, of the first or last place along an axis if all that differs is there."""
    if value.shape != target.shape:
        return
    wrong = np.abs(value - target) > TOLERANCE * np.max(np.abs(target), initial=1e-300)
    for axis in range(value.ndim):
        places = np.flatnonzero(wrong.any(axis=tuple(i for i in range(value.ndim) if i != axis)))
        last = value.shape[axis] - 1
        if len(places) == 1 and last > 0 and places[0] in (0, last):
            end = 0 if places[0] == 0 else -1
            index = tuple(end if i == axis else slice(None) for i in range(value.ndim))
            yield index, f"[{', '.join(str(end) if i == axis else ':' for i in range(value.ndim))}]"


class Tried(Action):
    """Collect the small edits of an expression that give what belongs at an index, at the first visit."""

    def __init__(self, text: str, index: tuple[Any, ...], target: Array) -> None:
        self.text, self.index, self.target, self.found = text, index, target, list[Variant]()

    def replace(self, value: Any, frame: FrameType) -> Any:
        """Try the edits; return the value as it is."""
        if not self.found:
            expression = Expression(self.text)
            expression = expression if expression.repeatable else Expression(WHOLE)
            with RECORDER.using(PLAIN):
                scope = Scope.of(frame, {WHOLE: value})
                others = by_one_edit(expression, scope, Versions())
                self.found = [v for v in (Variant("0", "", 1.0), *others) if self._fits(evaluate(v, scope))]
        return value

    def _fits(self, made: Any) -> bool:
        if made is None or np.shape(made) not in ((), self.target.shape):
            return False
        there, wanted = np.broadcast_to(made, self.target.shape)[self.index], self.target[self.index]
        return bool(np.all(np.abs(there - wanted) <= TOLERANCE * np.max(np.abs(self.target), initial=1e-300)))


class At(Action):
    """Put an edit's value in place of an expression's at an index alone."""

    def __init__(self, variant: Variant, index: tuple[Any, ...]) -> None:
        self.variant, self.index = variant, index

    def replace(self, value: Any, frame: FrameType) -> Any:
        """Return the value with another end."""
        with RECORDER.using(PLAIN):
            made = np.array(value)
            other = Scope.plain(frame, {WHOLE: value}).evaluate(self.variant.code)
            made[self.index] = np.broadcast_to(other, made.shape)[self.index]
        return made
