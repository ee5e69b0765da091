"""The bank's tables: mistakes that people make, each a replacement of one step of a computation.

A row is (step, name, the line as it is, the line as it should be, what happened, wrong, applies, equivalent);
`wrong(at, right)` gives the wrong result from what the step may read, the context `at`. The order of the rows counts:
a mistake that others cannot be told from is named by the first of them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.registry import Registry

ONE_SAMPLE = "one sample"


def always(at: Any) -> bool:
    """Whether a mistake can be made here: everywhere."""
    return True


@dataclass(frozen=True, eq=False)
class Mistake:
    """A known mistake.

    Attributes:
        step: the step that it replaces, see `network.replay`. name: short, in words.
        wrong_line, right_line: the line of mathematics as it was and as it should be.
        because: one line that says what happened. wrong: the replacement. applies: whether it can be made here.
        equivalent: where the mistake makes no difference, in words; empty if it always does.
    """

    step: str
    name: str
    wrong_line: str
    right_line: str
    because: str
    wrong: Callable[[Any, Any], Any]
    applies: Callable[[Any], bool] = always
    equivalent: str = ""

    def made(self, at: Any, right: Any) -> Any:
        """Return the wrong result as an array; None where the mistake cannot be made, or shapes do not fit."""
        with np.errstate(all="ignore"):
            try:
                return np.asarray(self.wrong(at, right)) if self.applies(at) else None
            except (ValueError, IndexError, TypeError, AttributeError):
                return None


def table(kind: str, rows: Iterable[tuple[Any, ...]]) -> Registry[Mistake]:
    """Return the registry of a table's mistakes, in the order of its rows."""
    registry: Registry[Mistake] = Registry(kind)
    for row in rows:
        mistake = Mistake(*row)
        registry.add(mistake, mistake.name)
    return registry
