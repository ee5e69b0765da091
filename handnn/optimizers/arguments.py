"""Checks of optimizer arguments. Each error names the argument, the expected value and the received one."""

from typing import Any

import numpy as np


def number(value: Any, argument: str) -> float:
    """Return value; raise ValueError if it is not a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not np.isfinite(value):
        raise ValueError(f"{argument} must be a finite number; received {value!r}")
    return value  # type: ignore[return-value]


def at_least_zero(value: Any, argument: str) -> float:
    """Return value; raise ValueError if it is not a finite number >= 0."""
    if number(value, argument) < 0:
        raise ValueError(f"{argument} must be a number >= 0; received {value!r}")
    return value


def share(value: Any, argument: str) -> float:
    """Return value as a float; raise ValueError if it is not a number in [0, 1]."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 <= value <= 1:
        raise ValueError(f"{argument} must be a number in [0, 1]; received {value!r}")
    return float(value)


def optional(value: Any, argument: str) -> float | None:
    """Return value; raise ValueError if it is neither None nor a finite number."""
    return None if value is None else number(value, argument)


def count(value: Any, argument: str, least: int) -> int | None:
    """Return value; raise ValueError if it is neither None nor an integer >= least."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{argument} must be an integer >= {least} or None; received {value!r}")
    return int(value)


def one_at_most(**given: Any) -> None:
    """Raise ValueError if more than one of the arguments is given."""
    named = {name: value for name, value in given.items() if value is not None}
    if len(named) > 1:
        raise ValueError(f"only one of {', '.join(given)} may be given; received {named}")


def real(value: Any, argument: str) -> float:
    """Return value as a float; raise ValueError if it is not a finite number."""
    return float(number(value, argument))


def positive(value: Any, argument: str) -> float:
    """Return value; raise ValueError if it is not a finite number > 0."""
    if number(value, argument) <= 0:
        raise ValueError(f"{argument} must be a number > 0; received {value!r}")
    return value
