"""Calling a user's function of arrays on copies: what it gives, and what it did besides returning."""

import contextlib
import io
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..core.variable import Array
from .user.call.calling import described


class Called(NamedTuple):
    """What a call gave.

    Attributes:
        values: the result as real numbers in float64; None if it is none. complaint: why, with the user's own line.
        dtype: of the result. notes: what is worth a note: that it prints. changed: arguments that it changed in place.
    """

    values: Array | None
    complaint: str
    dtype: np.dtype[Any] = np.dtype("float64")
    notes: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


def called(function: Callable[..., Any], **arguments: Array) -> Called:
    """Call a function on copies of these arguments, in this order."""
    given = {name: array.copy() for name, array in arguments.items()}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            returned = function(*given.values())
        except Exception as problem:  # whatever a user's code raises is its verdict
            return Called(None, described(problem))
    if returned is None:
        return Called(None, "it returns None: is a `return` missing?")
    try:
        found = np.asarray(returned)
    except ValueError:
        return Called(None, "it returns rows of different lengths")
    if found.dtype.kind not in "fiub":
        return Called(None, f"it returns {found.dtype}, not real numbers")
    said = " ".join(printed.getvalue().split())[:60]
    changed = (n for n, a in arguments.items() if not np.array_equal(a, given[n], equal_nan=a.dtype.kind == "f"))
    return Called(found.astype("float64"), "", found.dtype, (f"it prints: {said}",) * bool(said), tuple(changed))
