"""Functions written for one number, one row or columns, made to work on an array of rows."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...core.variable import Array

WORDS = {
    "rows": "",
    "one number": "it takes one number at a time, not an array",
    "one row": "it takes one row at a time",
    "columns": "samples in columns",
}


def laid_out(function: Callable[..., Any], layout: str) -> Callable[..., Any]:
    """Return the function for arrays of rows."""
    if layout == "one number":
        return lambda *arguments: _one_by_one(function, arguments)
    if layout == "one row":
        return lambda *arguments: np.stack([np.asarray(function(*row)) for row in zip(*arguments, strict=True)])
    if layout == "columns":
        return lambda *arguments: np.asarray(function(*[np.asarray(a).T for a in arguments])).T
    return function


def _one_by_one(function: Callable[..., Any], arguments: tuple[Array, ...]) -> Array:
    """Return the function of each element; NaN where arithmetic of single numbers raises, as math.exp(1000) does."""
    found = np.full(arguments[0].shape, np.nan, arguments[0].dtype)
    complaints = []
    for index in np.ndindex(found.shape):
        try:
            found[index] = function(*[argument[index] for argument in arguments])
        except (OverflowError, ZeroDivisionError, ValueError) as error:
            complaints.append(error)
    if len(complaints) == found.size and complaints:
        raise complaints[0]
    return found
