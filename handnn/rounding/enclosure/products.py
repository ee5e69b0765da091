"""Rules of sums of products: dot, matmul, einsum, tensordot, convolve and their relatives.

A sum of n products is off by at most (growth(n - 1) + u) times the same sum of magnitudes: each product is rounded
once, or, fused, not at all. Operands m + e, |e| <= r, add |m_a| r_b + r_a (|m_b| + r_b).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .arrays import Enclosure, cast, noted, together
from .reductions import LONGEST, added
from .rules import UFUNCS, NoRuleError, rule


def summed_product(function: Callable[..., Any], a: Any, b: Any, terms: int, name: str = "matmul") -> Enclosure:
    """Return function(a, b), which sums `terms` products a_i b_j for each element and is linear in both."""
    given = (a, b)
    a, b = _accumulating(a, b)
    p = a.precision
    with np.errstate(all="ignore"):
        mid = function(a.mid, b.mid)
        middle, r_a, r_b, size_a, size_b = np.abs(a.mid).astype("float64"), a.error, b.error, a.size_of, b.size_of
        size = function(size_a, size_b)
        off = (p.product_growth(terms) + (terms + 3) * p.w) * size
        if r_b.any():
            off = off + function(middle, r_b)
        if r_a.any():
            off = off + function(r_a, size_b)
        touched = function((size_a > 0).astype("float64"), (size_b > 0).astype("float64"))
        off = (off + np.where(touched > 0, terms * p.smallest * (2 if p.flushes else 1), 0.0)) * (
            1 + (terms + 8) * 2.0**-51
        )
        low, high = mid - off.astype(p.work), mid + off.astype(p.work)
        if not p.exact:
            over = size * (1 + p.growth(terms)) > p.format.largest
            low, high = np.where(over, -np.inf, low), np.where(over, np.inf, high)
        if (a.low >= 0).all() and (b.low >= 0).all():
            low = np.maximum(low, 0)
        odd = ~np.isfinite(size_a), ~np.isfinite(size_b)  # libraries leave out 0 times infinity, or make NaN of it
        if odd[0].any() or odd[1].any():
            hit = function(odd[0] * 1.0, np.ones(b.shape)) + function(np.ones(a.shape), odd[1] * 1.0)
            low, high = np.where(hit > 0, -np.inf, low), np.where(hit > 0, np.inf, high)
    return _finished(Enclosure.of(mid, low, high, p), given, name)


def _accumulating(a: Any, b: Any) -> tuple[Enclosure, Enclosure]:
    """Return operands in the format of the accumulator."""
    known = together(a, b)
    p = known[0].precision.accumulating()
    wide = [cast(x, p.format) for x in known]
    x, y = (Enclosure.of(x.mid, x.low, x.high, p) for x in wide)
    return x, y


def _finished(wide: Enclosure, given: Any, name: str) -> Enclosure:
    p = together(*given)[0].precision
    found = cast(wide, p.format)
    found = Enclosure.of(found.mid, found.low, found.high, p)
    noted(name, found, given)
    return found


def _one_by_one(a: Enclosure, b: Enclosure, given: Any) -> Enclosure:
    """Return a @ b of matrices, adding one product after the other, as they are written."""
    fused, running = a.precision.fused, None
    for k in range(a.shape[-1]):
        x, y = a[..., :, k, None], b[..., k, None, :]
        product = UFUNCS["multiply"](x, y)
        if running is None:
            running = product
        elif fused:
            running = _fused(x, y, running)
        else:
            running = added(running, product)
    assert running is not None
    return _finished(running, given, "matmul")


def _fused(x: Enclosure, y: Enclosure, z: Enclosure) -> Enclosure:
    """Return x y + z, rounded once."""
    p = x.precision
    corners = [s * t for s in (x.low, x.high) for t in (y.low, y.high)]
    low, high = np.minimum.reduce(corners), np.maximum.reduce(corners)
    step = 2 * p.w * (np.maximum(np.abs(low), np.abs(high)) + z.size_of)
    return Enclosure.rounded(x.mid * y.mid + z.mid, low + z.low - step, high + z.high + step, p)


@rule(np.matmul)
def _matmul(a: Any, b: Any, **_: Any) -> Enclosure:
    x, y = _accumulating(a, b)
    p, terms = x.precision, x.shape[-1]
    if p.order == "sequential" and 1 < terms <= LONGEST and x.ndim > 1 and y.ndim > 1 and not p.exact:
        with np.errstate(all="ignore"):
            return _one_by_one(x, y, (a, b))
    return summed_product(np.matmul, a, b, terms)


@rule(np.dot)
def _dot(a: Any, b: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    if (np.ndim(a) <= 2 and np.ndim(b) == 2) or np.ndim(b) == 1:
        return _vectors(a, b)
    return summed_product(np.dot, a, b, np.shape(a)[-1])


def _vectors(a: Any, b: Any) -> Any:
    """Matrix and vector products, as a product of matrices."""
    x = a[None] if np.ndim(a) == 1 else a
    y = b[:, None] if np.ndim(b) == 1 else b
    found = _matmul(x, y)
    found = found[..., 0] if np.ndim(b) == 1 else found
    return found[0] if np.ndim(a) == 1 else found


@rule(np.vdot)
def _vdot(a: Any, b: Any) -> Any:
    return _vectors(np.ravel(a), np.ravel(b))


@rule(np.inner)
def _inner(a: Any, b: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    return summed_product(np.inner, a, b, np.shape(a)[-1])


@rule(np.tensordot)
def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    taken = range(np.ndim(a) - axes, np.ndim(a)) if isinstance(axes, int) else np.atleast_1d(axes[0])
    terms = int(np.prod([np.shape(a)[i] for i in taken], dtype=int))
    return summed_product(lambda x, y: np.tensordot(x, y, axes), a, b, terms)


@rule(np.outer)
def _outer(a: Any, b: Any) -> Any:
    return np.multiply(np.reshape(a, (-1, 1)), np.reshape(b, (1, -1)))


@rule(np.kron)
def _kron(a: Any, b: Any) -> Any:
    return summed_product(np.kron, a, b, 1, "multiply")


@rule(np.convolve)
def _convolve(a: Any, v: Any, mode: Any = "full") -> Any:
    return summed_product(lambda x, y: np.convolve(x, y, mode), a, v, min(len(a), len(v)))


@rule(np.correlate)
def _correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    return summed_product(lambda x, y: np.correlate(x, y, mode), a, v, min(len(a), len(v)))


@rule(np.trace)
def _trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return np.sum(a.each(np.diagonal, offset, axis1, axis2), axis=-1)


def _letters(subscripts: str, shapes: list[tuple[int, ...]]) -> tuple[str, int]:
    """Return the subscripts with their result, and how many products each of its elements sums."""
    given, arrow, kept = subscripts.replace(" ", "").partition("->")
    if not arrow:
        every = given.replace(",", "").replace(".", "")
        kept = ("..." if "..." in given else "") + "".join(sorted(x for x in set(every) if every.count(x) == 1))
    sizes: dict[str, int] = {}
    for part, shape in zip(given.split(","), shapes, strict=True):
        before, dots, after = part.partition("...")
        sizes |= dict(zip(before, shape, strict=False))
        if dots and after:
            sizes |= dict(zip(after, shape[-len(after) :], strict=True))
    terms = int(np.prod([size for letter, size in sizes.items() if letter not in kept], dtype=int))
    return f"{given}->{kept}", terms


@rule(np.einsum)
def _einsum(subscripts: Any, *operands: Any, optimize: Any = False, **options: Any) -> Any:
    if not isinstance(subscripts, str) or options:
        raise NoRuleError("numpy.einsum has a rounding rule for a string of subscripts and arrays only")
    full, terms = _letters(subscripts, [np.shape(x) for x in operands])
    if len(operands) == 2:
        return summed_product(lambda x, y: np.einsum(full, x, y), *operands, terms, name="einsum")
    if len(operands) == 1:
        return _einsum(f"{full.partition('->')[0]},->{full.partition('->')[2]}", *operands, np.float64(1))
    return _many(full, operands, terms)


def _many(full: str, operands: Any, terms: int) -> Enclosure:
    """Three and more factors: in any order of products and sums, each term is rounded at most n + m - 2 times."""
    known = together(*operands)
    p = known[0].precision
    sizes = [x.size_of for x in known]
    mid, size = np.einsum(full, *(x.mid for x in known)), np.einsum(full, *sizes)
    power = (terms + len(known) - 2) * np.log1p(p.u)
    off = ((np.expm1(power) if power < 700 else np.inf) + (terms + len(known) + 4) * p.w) * size
    for i, x in enumerate(known):
        if x.error.any():
            off = off + np.einsum(full, *(x.error if k == i else s for k, s in enumerate(sizes)))
    largest = float(np.prod([max(1.0, s.max(initial=0)) for s in sizes]))
    off = (off + 2 * terms * len(known) * p.smallest * largest) * (1 + (terms + 20) * 2.0**-50)
    over = (size + off > p.format.largest) | (largest * terms > p.format.largest)
    low, high = np.where(over, -np.inf, mid - off), np.where(over, np.inf, mid + off)
    found = Enclosure.of(mid, low, high, p)
    noted("einsum", found, operands)
    return found


@rule(np.bincount)
def _bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    """Sum the weights of each number, in any order."""
    (own,) = together(weights)
    length = max(minlength, int(np.max(x, initial=-1)) + 1)
    chosen = (np.asarray(x)[None] == np.arange(length)[:, None]).astype("float64")
    return summed_product(lambda a, b: a @ b, chosen, own, int(chosen.sum(1).max(initial=1)), "sum")
