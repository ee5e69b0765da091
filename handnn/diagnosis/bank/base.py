"""One entry of the bank: a mistake that people make, as a replacement of one step of backpropagation."""

from collections.abc import Callable
from typing import Any

from ...registry import Registry
from ..replay import At

mistakes: Registry["Mistake"] = Registry("mistake")


class Mistake:
    """A known mistake.

    Attributes:
        name: short, in words.
        step: the step that it replaces, see `replay`.
        because: one line that says what happened.
        wrong_line, right_line: the line of mathematics as it was and as it should be.
        equivalent: where the mistake makes no difference, in words; empty if it always does.
    """

    def __init__(
        self,
        name: str,
        step: str,
        wrong: Callable[[At, Any], Any],
        wrong_line: str,
        right_line: str,
        because: str,
        applies: Callable[[At], bool] = lambda at: True,
        equivalent: str = "",
    ) -> None:
        self.name, self.step, self.wrong, self.because = name, step, wrong, because
        self.wrong_line, self.right_line, self.equivalent = wrong_line, right_line, equivalent
        self.applies = applies

    def __repr__(self) -> str:
        return f"<Mistake {self.name}>"


def mistake(name: str, step: str, wrong_line: str, right_line: str, because: str, **options: Any) -> Any:
    """Register the decorated function (at, right) -> wrong as a mistake."""

    def add(wrong: Callable[[At, Any], Any]) -> Mistake:
        return mistakes.add(Mistake(name, step, wrong, wrong_line, right_line, because, **options), name)

    return add
