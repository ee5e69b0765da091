"""Gradient clipping: clipnorm, clipvalue and global_clipnorm as in `keras.optimizers`.

A user's gradients are never changed: results are written into `outs`, one array for each gradient (possibly the
gradient's own, if it is already a copy).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.stacking import column, total
from ..core.variable import Array


def each(gradients: list[Any], outs: list[Array], function: Callable[[Any, Array], Any]) -> list[Any]:
    """Return function(gradient, out) for every gradient that is not None."""
    return [None if g is None else function(g, out) for g, out in zip(gradients, outs, strict=True)]


def clip(
    gradients: list[Any],
    outs: list[Array],
    norm: float | None,
    value: float | None,
    global_norm: float | None,
    runs: int | None = None,
) -> list[Any]:
    """Clip the gradients by the given limit. As in Keras, a limit <= 0 disables clipping.

    The gradients of a stack, (runs, ...), have a norm for each run.
    """
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        if norm is not None and norm > 0:
            return each(gradients, outs, lambda g, out: by_norm(g, norm, out, runs))
        if global_norm is not None and global_norm > 0:
            return by_global_norm(gradients, global_norm, outs, runs)
        if value is not None and value > 0:
            return each(gradients, outs, lambda g, out: by_value(g, value, out))
    return gradients


def by_norm(gradient: Any, limit: float, out: Array, runs: int | None = None) -> Any:
    """Return g limit / max(||g||, limit), with the Euclidean norm of this gradient."""
    norm = np.sqrt(total(np.square(gradient), runs))
    scaled = np.multiply(gradient, limit, out=out)
    scaled /= spread(np.maximum(norm, limit), gradient.ndim)
    return scaled


def by_value(gradient: Any, limit: float, out: Array) -> Any:
    """Return min(max(g, -limit), limit), element by element."""
    return np.maximum(np.minimum(gradient, limit, out=out), -limit, out=out)


def by_global_norm(gradients: list[Any], limit: float, outs: list[Array], runs: int | None = None) -> list[Any]:
    """Return g limit / max(n, limit), with n the Euclidean norm of all gradients together.

    With an infinite or undefined n every gradient becomes NaN, as in Keras.
    """
    norm = np.sqrt(sum(total(np.square(g), runs) for g in gradients if g is not None))
    if runs is None:
        scale = limit / np.maximum(norm, limit) if np.isfinite(norm) else np.nan
    else:
        scale = np.where(np.isfinite(norm), limit / np.maximum(norm, limit), norm.dtype.type(np.nan))
    return each(gradients, outs, lambda g, out: np.multiply(g, spread(scale, g.ndim), out=out))


def spread(per_run: Any, ndim: int) -> Any:
    """Return the numbers of the runs in a shape that is broadcast against a gradient; a number of one run as it is."""
    return column(per_run, ndim) if isinstance(per_run, np.ndarray) and per_run.ndim else per_run
