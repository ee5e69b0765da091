"""Attention in blocks of samples: what has an element for every query and key exists for a few samples at a time."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from ...core.trace import LayerTrace

BLOCK = 1 << 19
"""Elements of an array from which on it is computed in blocks."""


def in_blocks(work: Callable[..., Any], t: LayerTrace, each: int, *arrays: Any) -> Any:
    """Return `work(t, *arrays)`, computed for so many samples at a time that arrays have about `BLOCK` elements.

    Args:
        work: returns an array (samples, ...), or a tuple of such arrays that may end with a dict of them. What it
            writes into t.cache is only kept if all samples fit into one block.
        each: elements of a sample in the largest array; 0 computes all samples at once.
        arrays: (samples, ...), or with one row for all samples, or None.
    """
    samples = arrays[0].shape[0]
    if samples < 2 or samples * each <= BLOCK:
        return work(t, *arrays)
    step = max(1, BLOCK // each)
    parts = [slice(at, at + step) for at in range(0, samples, step)]
    return _joined([work(_part(t, part), *(_of(array, part) for array in arrays)) for part in parts])


def terms_of_sums(terms: Any, kept: int) -> Any:
    """Return the sum of each sample's terms, (samples, ...) with the last `kept` axes.

    Error bounds are returned as they are: TensorFlow may add the terms of all samples in any order.
    """
    return np.sum(terms, axis=tuple(range(1, terms.ndim - kept))) if isinstance(terms, np.ndarray) else terms


def _part(t: LayerTrace, rows: slice) -> LayerTrace:
    own = copy.copy(t)
    own.cache, own.mask = {}, None if t.mask is None else t.mask[rows]
    return own


def _of(array: Any, rows: slice) -> Any:
    return array if array is None or array.shape[0] == 1 else array[rows]


def _joined(found: list[Any]) -> Any:
    if isinstance(found[0], dict):
        return {name: _joined([own[name] for own in found]) for name in found[0]}
    return (
        tuple(map(_joined, map(list, zip(*found, strict=True))))
        if isinstance(found[0], tuple)
        else np.concatenate(found)
    )
