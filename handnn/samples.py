"""Samples of a model: one array, or a tuple of arrays where it has several inputs."""

from typing import Any

from .core.variable import Array


def parts(x: Any) -> tuple[Array, ...]:
    """Return the arrays of x, one for each input."""
    return x if isinstance(x, tuple) else (x,)


def count(x: Any) -> int:
    """Return how many samples x holds."""
    return len(x[0]) if isinstance(x, tuple) else len(x)


def cut(x: Any, rows: Any) -> Any:
    """Return these samples of x."""
    return tuple(part[rows] for part in x) if isinstance(x, tuple) else x[rows]
