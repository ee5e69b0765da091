"""Checks of arguments and arrays; every error is one line."""

from __future__ import annotations

import operator
import os
from typing import Any

import numpy as np


def wrong(where: str, came: str, expected: str) -> ValueError:
    """Return a one-line ValueError about data: where, the received and the expected value."""
    return ValueError(" ".join(f"{where}: {came}; expected {expected}".split()))


def must_be(name: str, expected: str, value: Any) -> ValueError:
    """Return a one-line ValueError about an argument."""
    return ValueError(f"{name} must be {expected}; received {value!r}")


def whole_number(name: str, value: Any, least: int, most: int | None = None) -> int:
    """Return `value` as an int in least..most (inclusive); raise ValueError otherwise, also for bool and float."""
    expected = f"a whole number of at least {least}" + (f" and at most {most}" if most is not None else "")
    try:
        number = operator.index(value)
    except TypeError:
        raise must_be(name, expected, value) from None
    if isinstance(value, bool | np.bool_) or number < least or (most is not None and number > most):
        raise must_be(name, expected, value)
    return number


def real_number(name: str, value: Any, least: float, below: float, least_allowed: bool, expected: str) -> float:
    """Return `value` as a float in (least, below), or [least, below) if `least_allowed`; raise ValueError otherwise."""
    if isinstance(value, bool | np.bool_ | str | bytes):
        raise must_be(name, expected, value)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise must_be(name, expected, value) from None
    if not (least < number < below or (least_allowed and number == least)):
        raise must_be(name, expected, value)
    return number


def one_of(name: str, value: Any, choices: tuple[str, ...]) -> str:
    """Return `value`; raise ValueError if it is not one of `choices`."""
    if not isinstance(value, str) or value not in choices:
        raise must_be(name, " or ".join(repr(choice) for choice in choices), value)
    return value


def readable_file(where: str, path: str) -> None:
    """Raise an error if the path is not a readable, non-empty file."""
    if not os.path.exists(path):
        raise FileNotFoundError(f"{where}: no such file")
    if os.path.isdir(path):
        raise wrong(where, "a directory", "a file")
    if not os.path.isfile(path) or not os.access(path, os.R_OK):
        raise wrong(where, "cannot be read", "a file with permission to read it")
    if os.path.getsize(path) == 0:
        raise wrong(where, "an empty file", "samples in it")


def finite(where: str, array: np.ndarray) -> None:
    """Raise ValueError for NaN and infinity, with their number and the first position."""
    if array.dtype.kind != "f" or bool(np.isfinite(array).all()):
        return
    holes = ~np.isfinite(array)
    first = tuple(int(index) for index in np.argwhere(holes)[0])
    kinds = (("NaN", int(np.isnan(array).sum())), ("infinite", int(np.isinf(array).sum())))
    counts = " and ".join(f"{count} {kind}" for kind, count in kinds if count)
    place = f"sample {first[0]}" + (f", position {_index(first[1:])}" if len(first) > 1 else "")
    raise wrong(where, f"{counts} of {array.size} values, the first at {place} (from 0)", "finite numbers")


def _index(index: tuple[int, ...]) -> str:
    return str(index[0]) if len(index) == 1 else str(index)


def same_length(where: str, x_name: str, x: np.ndarray, y_name: str, y: np.ndarray) -> None:
    """Raise ValueError if x and y have different lengths or are empty."""
    if x.shape[0] != y.shape[0]:
        raise wrong(where, f"{x_name} has {x.shape[0]} samples and {y_name} has {y.shape[0]}", "equally many")
    if x.shape[0] == 0:
        raise wrong(where, f"{x_name} has shape {x.shape}: zero samples", "at least one")


def held_by(where: str, array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return `array` in `dtype`; raise ValueError if a value would become infinite."""
    with np.errstate(over="ignore"):
        cast = np.ascontiguousarray(array, dtype=dtype)
    if not np.isfinite(cast).all():
        limit = float(np.finfo(dtype).max)
        raise wrong(where, f"values that {dtype.name} cannot hold", f"numbers up to {limit:.2g}")
    return cast
