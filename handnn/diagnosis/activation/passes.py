"""A user's activation as two functions of arrays, a = f(z) and upstream * f'(z), however it was written."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...core.variable import Array
from ..called import Called, called
from ..user.call.program import Program

ONE = "one number"
SAID = {
    "rows": "",
    ONE: "it takes one number at a time, not an array",
    "one row": "it takes one row at a time",
    "one column": "it takes one row at a time",
    "columns": "",
}
GIVEN = "the derivative is given "


class Passes:
    """What was read of an activation, run on any z. `layout` is one of `SAID`, which puts it in words."""

    def __init__(self, program: Program) -> None:
        self.program = program
        flat = np.ndim(program.arguments["z"]) == 1
        self.layout = ("one row" if flat else "one column") if self.program.single else ONE if flat else "rows"

    @property
    def in_a(self) -> bool:
        """Whether the derivative is written in terms of the output a."""
        given = next((words for words in self.program.words if words.startswith(GIVEN)), "").removeprefix(GIVEN)
        return "f(z)" in given.split(", ") and "z" not in given.split(", ")

    def forward(self, z: Array) -> Any:
        """Return a, whatever numbers z holds: (points,) or rows."""
        return self._laid_out(lambda z: self._run(z), z)

    def backward(self, upstream: Array, z: Array) -> Any:
        """Return upstream * f'(z)."""
        return self._laid_out(lambda z, u: self._run(z, u), z, upstream)

    def called(self, part: str, *arguments: Array) -> Called:
        """Return what a part gives."""
        names = ("z",) if part == "forward" else ("upstream", "z")
        return called(getattr(self, part), **dict(zip(names, arguments, strict=True)))

    def _run(self, z: Array, upstream: Any = None) -> Any:
        world = self.program.ran({"z": z}, upstream)
        return world["output"] if upstream is None else world["backward"]

    def _laid_out(self, run_on: Callable[..., Any], z: Array, *more: Array) -> Any:
        """Return the result for all of z: of all at once, or one by one, NaN where single numbers overflow."""
        if self.layout == "columns":
            return np.asarray(run_on(z.T, *(array.T for array in more))).T
        if self.layout == "rows" or (z.ndim == 1 and self.layout != ONE):
            columns = z.ndim == 1 and self.layout != "one row"
            found = run_on(z[:, np.newaxis] if columns else z, *more)
            return np.reshape(found, z.shape) if columns and np.size(found) == z.size else found
        if self.layout == ONE:
            return _one_by_one(run_on, z, *more)
        rows = [row[:, np.newaxis] if self.layout == "one column" else row for row in z]
        found = [run_on(*given) for given in zip(rows, *more, strict=True)]
        return np.stack([np.reshape(a, -1) for a in found])


def _one_by_one(run_on: Callable[..., Any], *arguments: Array) -> Any:
    """Return the result for each element; NaN where arithmetic of single numbers raises, as math.exp(1000) does."""
    found, complaints = [], []
    for index in np.ndindex(arguments[0].shape):
        try:
            found.append(run_on(*(argument[index].reshape(1) for argument in arguments))[0])
        except (OverflowError, ZeroDivisionError, ValueError) as error:
            found.append(np.nan)
            complaints.append(error)
    if len(complaints) == len(found) and complaints:
        raise complaints[0]
    return np.reshape(np.array(found), arguments[0].shape)
