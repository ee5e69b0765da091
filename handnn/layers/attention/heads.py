"""The axes of MultiHeadAttention: heads and queries or keys moved to where one matrix product takes them all."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...core.variable import Array
from .base import as_bool, causal

Axes = tuple[int, ...]


def order(rank: int, attended: Axes) -> list[int]:
    """Return the axes of (batch, ..., heads, size) in the order batch, free ones, heads, attended ones, size."""
    free = [axis for axis in range(1, rank - 2) if axis not in attended]
    return [0, *free, rank - 2, *attended, rank - 1]


def as_rows(projected: Any, attended: Axes) -> Any:
    """Return (batch, free ..., heads, rows, size): the attended axes are one."""
    moved = np.transpose(projected, order(projected.ndim, attended))
    *outer, size = moved.shape
    kept = len(outer) - len(attended)
    return moved.reshape(*outer[:kept], math.prod(outer[kept:]), size)


def from_rows(rows: Any, shape: Sequence[int], attended: Axes) -> Any:
    """Return rows in the order of an array (batch, ..., heads, any size) of this shape."""
    axes = order(len(shape), attended)
    moved = rows.reshape(*(shape[axis] for axis in axes[:-1]), rows.shape[-1])
    return np.transpose(moved, np.argsort(axes))


def seen_keys(
    given: dict[str, Any], queries: Sequence[int], keys: Sequence[int], outer: int, window: int | None
) -> Array | None:
    """Return which keys a query sees, (batch, free ..., heads, T, S) with sizes 1 where it is the same; None for all.

    Args:
        given: the arguments of the call, with its masks.
        queries, keys: sizes of the attended axes.
        outer: number of axes before them in the scores.
        window: a query sees keys at a distance less than this.

    Raises:
        ValueError: a mask does not fit.
    """
    masks = {name: as_bool(given[name]) for name in ("value_mask", "key_mask") if given.get(name) is not None}
    parts = [mask[:, np.newaxis, :] for mask in masks.values()]
    if given.get("handed_on") is not None:  # the query's mask
        parts.append(as_bool(given["handed_on"])[:, :, np.newaxis])
    if given.get("use_causal_mask"):
        parts.append(causal(queries[0], keys[0]))
    if window is not None:
        apart = np.abs(np.arange(queries[0])[:, np.newaxis] - np.arange(keys[0]))
        parts.append(apart[np.newaxis] < window)
    if given.get("attention_mask") is not None:
        parts.append(as_bool(given["attention_mask"]))
    if not parts:
        return None
    last = (*queries, *keys)
    try:
        found = parts[0]
        for part in parts[1:]:
            found = found & part
        lead = found.shape[: max(0, found.ndim - len(last))]
        found = np.broadcast_to(found, (*lead, *last))
        return found.reshape(*lead, *(1,) * (outer - len(lead)), math.prod(queries), math.prod(keys))
    except ValueError:
        shapes = ", ".join(str(part.shape) for part in parts)
        raise ValueError(
            f"the masks must fit scores of shape (batch, {', '.join(map(str, last))}); received {shapes}"
        ) from None
