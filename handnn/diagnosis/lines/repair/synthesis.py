"""Expressions of the form that derivatives have: upstream times slope, products with a transpose, sums.

What belongs in a line is the derivative by one forward value: by the chain rule, a derivative that is known already,
times a slope, or in a matrix product with the other operand. They are looked up by value: the quotient of what
belongs there and a product must be a slope.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from ..subject import Array
from .scope import Scope
from .variants import Variant

Named = dict[str, Array]
MOST_NAMES = 24
SLOPES = (
    "{a}", "(1 - {a})", "(1 - {a}**2)", "{a} * (1 - {a})", "({a} > 0)", "np.exp({a})", "(1 - np.tanh({a})**2)",
    "np.cos({a})", "np.sign({a})", "{a}**2", "(1 / {a})",
)  # fmt: skip
SUMS = (("axis=0", 0), ("axis=1", 1), ("axis=-1", -1), ("", None))


def derived(scope: Scope, target: Array | None, parts: Sequence[str] = ()) -> list[Variant]:
    """Return the expressions whose value is the target but for a factor, the shortest first.

    Args:
        parts: the texts of more values that they may be made of, as operands.
    """
    if target is None or not np.any(target):
        return []
    arrays = {
        name: np.asarray(value)
        for name, value in (*scope.numbers.items(), *((text, scope.value(text)) for text in parts))
        if isinstance(value, np.ndarray) and value.dtype.kind in "fiub" and 0 < value.ndim <= 3
    }
    names = sorted(arrays.keys() - set(parts), key=lambda n: (n.count("["), len(n), n))[:MOST_NAMES]
    numbers = {name: arrays[name] for name in (*names, *parts) if name in arrays}
    with np.errstate(all="ignore"):
        found = dict(_texts(numbers, target, scope))
    return [Variant(t, "", 2.0 + c) for t, c in sorted(found.items(), key=lambda item: (item[1], len(item[0])))]


def _mark(array: Array) -> bytes | None:
    """Return what is the same for arrays that differ by a factor."""
    flat = np.ravel(array).astype(float)
    if not flat.size or not np.all(np.isfinite(flat)):
        return None
    largest = flat[np.argmax(np.abs(flat))]
    return None if not largest else (np.round(flat / largest, 6) + 0.0).tobytes()


def _texts(numbers: Named, target: Array, scope: Scope) -> Iterator[tuple[str, float]]:
    slopes = {text: value for name in numbers for text, value in _slopes(name, scope)}
    yield from _times_slopes(numbers, slopes, target)
    yield from _through_softmax(numbers, target)
    yield from _summed(numbers, slopes, target)


def _times_slopes(numbers: Named, slopes: Named, target: Array) -> Iterator[tuple[str, float]]:
    """Yield products that are the target, or whose quotient with it is a slope."""
    by_mark: dict[bytes | None, str] = {}
    for text, value in slopes.items():
        if value.ndim <= target.ndim and all(
            n in (1, m) for n, m in zip(value.shape[::-1], target.shape[::-1], strict=False)
        ):
            by_mark.setdefault(_mark(np.broadcast_to(value, target.shape)), text)
    wanted = _mark(target)
    for text, product in products_of(numbers):
        if product.size == target.size and _mark(product) == wanted:
            yield text, 0.01 * len(text)
        if product.shape == target.shape:
            slope = by_mark.get(_mark(np.where(product == 0, 0, target / product)))
            if slope is not None:
                inner = f"({text})" if "@" in text else text
                yield f"{inner} * {slope}", 0.2 + 0.01 * len(text + slope)


def _through_softmax(numbers: Named, target: Array) -> Iterator[tuple[str, float]]:
    """Yield the derivatives through a softmax, and through its logarithm."""
    wanted = _mark(target)
    for d, upstream in numbers.items():
        for a, value in numbers.items():
            for axis in (-1, 0) if upstream.shape == value.shape == target.shape else ():
                made = value * (upstream - np.sum(upstream * value, axis=axis, keepdims=True))
                if _mark(made) == wanted:
                    yield f"{a} * ({d} - np.sum({d} * {a}, axis={axis}, keepdims=True))", 0.3
                of_log = upstream - np.exp(value) * np.sum(upstream, axis=axis, keepdims=True)
                if _mark(of_log) == wanted:
                    yield f"{d} - np.exp({a}) * np.sum({d}, axis={axis}, keepdims=True)", 0.3


def _summed(numbers: Named, slopes: Named, target: Array) -> Iterator[tuple[str, float]]:
    wanted = _mark(target)
    for name, value in numbers.items():
        for text, slope in [("", np.ones(())), *slopes.items()]:
            if slope.ndim and slope.shape != value.shape:
                continue
            made = value * slope
            for word, axis in SUMS:
                if axis == 1 and made.ndim < 2:
                    continue
                total = made.sum(axis=axis)
                if np.size(total) == target.size and _mark(total) == wanted:
                    inner = f"({name} * {text})" if text else name
                    keep = ", keepdims=True" if target.ndim == made.ndim and word else ""
                    yield f"{inner}.sum({word}{keep})", 0.1 + 0.01 * len(text)


def _slopes(name: str, scope: Scope) -> Iterator[tuple[str, Array]]:
    for form in SLOPES:
        text = form.format(a=name)
        value = scope.value(text)
        if value is not None:
            yield text, np.asarray(value)


def products_of(numbers: Named, shape: tuple[int, ...] = ()) -> Iterator[tuple[str, Array]]:
    """Yield single arrays, and the matrix products that fit each other, and a shape if one is given."""
    yield from numbers.items()
    matrices = {name: value for name, value in numbers.items() if value.ndim == 2}
    turned = {**matrices, **{f"{name}.T": value.T for name, value in matrices.items()}}
    for left, x in turned.items():
        for right, y in turned.items() if not shape or x.shape[0] == shape[0] else ():
            if x.shape[1] == y.shape[0] and (not shape or (x.shape[0], y.shape[1]) == shape):
                yield f"{left} @ {right}", x @ y
