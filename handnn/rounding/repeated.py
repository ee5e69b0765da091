"""Sums of repeated values: equal terms round alike, so that their errors do not average out.

The square-root law of `allowance.gamma` takes the n roundings of a sum for independent. But a partial sum is a multiple
of its own last place, so what is lost on adding c depends on c alone as long as the sum stays within one power of two:
terms of one value lose the same each time. With m_v terms of each value v, whose errors may all have one sign, the law
holds for the values in place of the terms (Azuma-Hoeffding, as in Higham & Mary, 2019, section 2):

    error <= lambda u sqrt(sum_v m_v^2) sum |c|   with probability 1 - 2 exp(-lambda^2 / 2),

sqrt(n) if all terms differ and n if none does, where the worst case n u is smaller. A term that is 0 loses nothing. Up
to lambda^2 terms the worst case counts anyway; from there on the last place of a sum of like terms is lambda^2 times
that of a term, so terms that differ by less than a quarter of it (4 bits) count as equal.
"""

import math
from typing import Any

import numpy as np

from . import allowance

INTEGERS = {4: np.int32, 8: np.int64}
ALIKE = int(math.log2(allowance.LAMBDA**2 / 4))
"""The last bits of a term that are not compared."""
LARGE = 1 << 22
"""Elements of an array from which on what is computed of it is computed part by part."""


def parts(shape: tuple[int, ...], axis: Any) -> list[Any]:
    """Return the parts of a large array along the first axis that is summed; one part of an array that is not large."""
    first = 0 if axis is None else min(a % len(shape) for a in np.atleast_1d(axis)) if np.size(axis) else None
    count = math.prod(shape)
    if first is None or count <= LARGE:
        return [...]
    step = max(1, LARGE * shape[first] // count)
    return [(*(slice(None),) * first, slice(at, at + step)) for at in range(0, shape[first], step)]


def gamma(terms: Any, axis: Any, roundings: int) -> Any:
    """Return the relative error bound of each sum of `terms` over `axis`, which keeps size 1; or one number for all.

    Args:
        roundings: of each term, n - 1 in a plain sum of n terms.
    """
    u = allowance.unit_roundoff(terms.dtype)
    every = allowance.gamma(roundings, u)
    if roundings <= allowance.LAMBDA**2 or not terms.size:
        return every
    worst = roundings * u / (1 - roundings * u) if roundings * u < 1 else math.inf
    law = np.expm1(allowance.LAMBDA * np.sqrt(_squares(terms, axis)) * u + roundings * u * u / (1 - u))
    return np.maximum(every, np.minimum(worst, law))


def _squares(terms: Any, axis: Any) -> Any:
    """Return the sum of m_v^2 of each sum, m_v the number of terms of one value."""
    axes = tuple(range(terms.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    rows = np.moveaxis(terms, axes, range(-len(axes), 0))
    kept = rows.shape[: terms.ndim - len(axes)]
    if terms.size > LARGE and math.prod(rows.shape[len(kept) :]) > LARGE // 64:  # few long sums, one at a time
        found = np.array([_of_row(rows[at]) for at in np.ndindex(kept)])
    else:
        found = _of_rows(np.ascontiguousarray(rows).reshape(math.prod(kept), -1))
    return np.expand_dims(found.reshape(kept), tuple(sorted(a % terms.ndim for a in axes)))


def _of_rows(rows: Any) -> Any:
    """Return the sum of m_v^2 of each row."""
    bits = np.sort(rows.view(INTEGERS[rows.itemsize]) >> ALIKE, axis=1)
    first = np.ones(bits.shape, bool)
    first[:, 1:] = bits[:, 1:] != bits[:, :-1]
    starts = np.flatnonzero(first)
    count = np.diff(starts, append=bits.size).astype("float64")
    count[bits.reshape(-1)[starts] == 0] = 0
    return np.bincount(starts // bits.shape[1], count**2, len(bits))


def _of_row(terms: Any) -> float:
    """Return the sum of m_v^2 of one long sum, whose sorted values are counted part by part."""
    bits = np.ascontiguousarray(terms).reshape(-1).view(INTEGERS[terms.itemsize]) >> ALIKE
    bits.sort()
    found, at = 0.0, 0
    while at < bits.size:
        end = int(np.searchsorted(bits, bits[min(at + LARGE, bits.size) - 1], "right"))
        values, count = np.unique(bits[at:end], return_counts=True)
        found += float(np.sum(count[values != 0].astype("float64") ** 2))
        at = end
    return found
