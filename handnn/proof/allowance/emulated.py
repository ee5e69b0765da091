"""A second implementation of every precision, which shares nothing with the rules: each operation rounded on its own.

An `Emulated` array computes each operation in more digits and rounds it by NumPy's and ml_dtypes' own casts: to the
nearest, or up or down at random (stochastic arithmetic, as in CADNA and Verificarlo). Sums and products of matrices add
one term after the other, in random order, with or without fused products.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from ...rounding.array_methods import ArrayMethods
from ...rounding.enclosure.precision import FORMATS, Precision, numpy_dtype, precision

Array = np.ndarray[Any, Any]


class Arithmetic(NamedTuple):
    """What users write for a precision."""

    dtype: str
    accumulator: str = ""
    order: str = "any"
    fma: bool = False

    @property
    def name(self) -> str:
        parts = [self.dtype, self.accumulator, *([self.order] if self.order != "any" else []), "fma" * self.fma]
        return " ".join(part for part in parts if part)

    def precision(self, rounding: str = "nearest") -> Precision:
        accumulate = f"{self.accumulator} {self.order}".strip()
        return precision(self.dtype, accumulate, True if self.fma else None, rounding=rounding)


class Machine:
    """How an emulated implementation computes."""

    def __init__(
        self, own: Arithmetic, rng: np.random.Generator, stochastic: bool = False, flushes: bool = False
    ) -> None:
        self.own, self.name, self.rng, self.stochastic, self.flushes = own, own.dtype, rng, stochastic, flushes
        self.work = np.longdouble if "float64" in (own.dtype, own.accumulator) else np.float64
        self.fused = own.fma or bool(rng.integers(2))
        self.sums = self
        if own.accumulator:
            self.sums = Machine(Arithmetic(own.accumulator), rng, stochastic, flushes)
            self.sums.work = self.work

    def nearest(self, x: Array) -> Array:
        if self.name == "tf32":
            bits = x.astype("float32").view("uint32").astype("uint64")
            bits = np.where(np.isfinite(x), (bits + 0xFFF + ((bits >> 13) & 1)) & ~np.uint64(0x1FFF), bits)
            return bits.astype("uint32").view("float32").astype(self.work)
        return x.astype(numpy_dtype(self.name)).astype(self.work)

    def rounded(self, x: Any) -> Array:
        """Return x in the format: the nearest number, or one of the two neighbours at random."""
        with np.errstate(all="ignore"):
            x = np.asarray(x, self.work)
            found = self.nearest(x)
            if self.stochastic:
                dtype = numpy_dtype(self.name)
                largest = FORMATS[self.name].largest  # formats without infinities have no neighbour beyond
                ends = np.where(found > x, -largest, largest).astype(dtype)
                other = np.nextafter(found.astype(dtype), ends).astype(self.work)
                swap = (found != x) & (self.rng.random(x.shape) < 0.5) & np.isfinite(other) & np.isfinite(found)
                found = np.where(swap, other, found)
            if self.flushes:
                found = np.where(np.abs(found) < float(_tiny(self.name)), 0 * found, found)
            return found

    def array(self, x: Any) -> "Emulated":
        return Emulated(self.rounded(x), self)

    def summed(self, terms: Any, products: tuple[Any, Any] | None = None) -> Array:
        """Add along the last axis, in random order if any is allowed; `products`: the factors of the terms."""
        n, order = terms.shape[-1], self.own.order
        if not n:
            return np.zeros(terms.shape[:-1], self.work)
        mixed = list(range(n)) if order == "sequential" else self.rng.permutation(n).tolist()
        size = int(order.partition(":")[2] or n)
        blocks = [self._running(terms, mixed[i : i + size], products) for i in range(0, n, size)]
        if order == "tree":
            blocks = [terms[..., k] for k in mixed]
            while len(blocks) > 1:
                pairs = [self.sums.rounded(a + b) for a, b in zip(blocks[::2], blocks[1::2], strict=False)]
                blocks = pairs + blocks[len(pairs) * 2 :]
        total = blocks[0]
        for block in blocks[1:]:
            total = self.sums.rounded(total + block)
        return self.rounded(total)

    def _running(self, terms: Any, order: list[int], products: Any) -> Array:
        total = terms[..., order[0]]
        for k in order[1:]:
            fused = products is not None and self.fused
            term = products[0][..., k] * products[1][..., k] if fused else terms[..., k]
            total = self.sums.rounded(total + term)
        return np.asarray(total)


def _tiny(name: str) -> Any:
    if name in ("tf32", "bfloat16"):
        name = "float32"
    return np.finfo(name).smallest_normal


class Emulated(ArrayMethods, NDArrayOperatorsMixin):
    """Numbers of a format, in more digits, with the machine that computes with them."""

    __array_priority__ = 200

    def __init__(self, value: Any, machine: Machine) -> None:
        self.value, self.machine = np.asarray(value), machine

    shape = property(lambda self: self.value.shape)
    ndim = property(lambda self: self.value.ndim)
    size = property(lambda self: self.value.size)
    T = property(lambda self: Emulated(self.value.T, self.machine))

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, index: Any) -> "Emulated":
        return Emulated(self.value[index], self.machine)

    def reshape(self, *shape: Any) -> "Emulated":
        return Emulated(self.value.reshape(*shape), self.machine)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        m = self.machine
        if method == "reduce" and ufunc is np.add:
            return self.__array_function__(np.sum, (), inputs, options)
        if ufunc is np.matmul and method == "__call__":
            return _matmul(m, *inputs)
        values = [_value(m, x) for x in inputs]
        if not hasattr(np, ufunc.__name__):  # SciPy has no longdouble
            values = [x.astype("float64") for x in values]
        with np.errstate(all="ignore"):
            found = getattr(ufunc, method)(*values, **options)
        return found if found.dtype == bool else m.array(found)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        m = self.machine
        if function in COMPOSED:
            return COMPOSED[function](m, *args, **kwargs)
        plain = [_value(m, x) if isinstance(x, Emulated) else x for x in args]
        plain = [[_value(m, y) for y in x] if isinstance(x, list | tuple) and _holds(x) else x for x in plain]
        found = function(*plain, **kwargs)
        if isinstance(found, list):
            return [Emulated(part, m) for part in found]
        return found if found.dtype == bool or found.dtype.kind in "iu" else Emulated(found, m)


def _holds(x: Any) -> bool:
    return any(isinstance(part, Emulated) for part in x)


def _value(m: Machine, x: Any) -> Any:
    if isinstance(x, Emulated):
        return x.value
    array = np.asarray(x)
    return m.rounded(array) if array.dtype.kind == "f" else array


def _sum(m: Machine, a: Any, axis: Any = None, keepdims: bool = False, **_: Any) -> Emulated:
    axes = tuple(range(a.ndim)) if axis is None else tuple(i % a.ndim for i in np.atleast_1d(axis))
    kept = [i for i in range(a.ndim) if i not in axes]
    flat = a.value.transpose(*kept, *axes).reshape(*(a.shape[i] for i in kept), -1)
    shape = [1 if i in axes else n for i, n in enumerate(a.shape) if keepdims or i not in axes]
    return Emulated(m.summed(flat).reshape(shape), m)


def _count(a: Any, axis: Any) -> int:
    return int(np.prod([a.shape[i] for i in (range(a.ndim) if axis is None else np.atleast_1d(axis))]))


def _mean(m: Machine, a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    total, n = _sum(m, a, axis, keepdims), _count(a, axis)
    return total * m.array(np.float64(1) / n) if m.fused else total / n


def _var(m: Machine, a: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    d = a - _mean(m, a, axis, True)
    return _sum(m, d * d, axis, keepdims) / (_count(a, axis) - ddof)


def _products(m: Machine, x: Any, y: Any) -> Emulated:
    """Sum x y along the last axis."""
    x, y = np.broadcast_arrays(x, y)
    return Emulated(m.summed(m.sums.rounded(x * y), (x, y)), m)


def _matmul(m: Machine, a: Any, b: Any) -> Emulated:
    x, y = _value(m, a), _value(m, b)
    return _products(m, x[..., :, None, :], np.swapaxes(y, -1, -2)[..., None, :, :])


def _dot(m: Machine, a: Any, b: Any) -> Emulated:
    x, y = _value(m, a), _value(m, b)
    return _matmul(m, x, y) if y.ndim > 1 else _products(m, x, y)


def _convolve(m: Machine, a: Any, v: Any, mode: str = "full") -> Emulated:
    x, k = _value(m, a), _value(m, v)
    padded = np.pad(x, len(k) - 1)
    return _products(m, np.lib.stride_tricks.sliding_window_view(padded, len(k)), k[::-1])


def _einsum(m: Machine, subscripts: str, *operands: Any) -> Emulated:
    given, _, kept = subscripts.partition("->")
    names = given.split(",")
    sizes = {c: n for part, x in zip(names, operands, strict=True) for c, n in zip(part, x.shape, strict=True)}
    gone = "".join(c for c in sizes if c not in kept)
    views = []
    for part, x in zip(names, operands, strict=True):
        value = _value(m, x)
        order = [part.index(c) for c in kept + gone if c in part]
        shape = [sizes[c] if c in part else 1 for c in kept + gone]
        views.append(value.transpose(order).reshape(shape))
    full = [sizes[c] for c in kept + gone]
    shape = [*full[: len(kept)], int(np.prod(full[len(kept) :], dtype=int))]
    flat = [np.broadcast_to(view, full).reshape(shape) for view in views]
    if len(flat) == 2:
        return _products(m, *flat)
    product = flat[0]
    for view in flat[1:]:
        product = m.rounded(product * view)
    return Emulated(m.summed(product), m)


def _cumulated(function: str) -> Any:
    def own(m: Machine, a: Any, axis: int = -1, **_: Any) -> Emulated:
        x = np.moveaxis(a.value, axis, -1)
        found = [x[..., 0]]
        rounded = m.sums.rounded if function == "add" else m.rounded
        for k in range(1, x.shape[-1]):
            found.append(rounded(getattr(np, function)(found[-1], x[..., k])))
        return m.array(np.moveaxis(np.stack(found, -1), -1, axis))

    return own


def _prod(m: Machine, a: Any, axis: int = -1, **_: Any) -> Emulated:
    x = np.moveaxis(a.value, axis, -1)
    return _cumulated("multiply")(m, Emulated(x[..., m.rng.permutation(x.shape[-1])], m))[..., -1]


def _norm(m: Machine, a: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    return np.sqrt(_sum(m, a * a, axis, keepdims))


COMPOSED: dict[Any, Any] = {
    np.sum: _sum,
    np.mean: _mean,
    np.var: _var,
    np.std: lambda m, *a, **k: np.sqrt(_var(m, *a, **k)),
    np.dot: _dot,
    np.inner: lambda m, a, b: _products(m, _value(m, a), _value(m, b)),
    np.vdot: lambda m, a, b: _products(m, _value(m, a).ravel(), _value(m, b).ravel()),
    np.outer: lambda m, a, b: a[:, None] * b[None],
    np.tensordot: lambda m, a, b, axes: _matmul(m, a, b),
    np.convolve: _convolve,
    np.einsum: _einsum,
    np.cumsum: _cumulated("add"),
    np.prod: _prod,
    np.linalg.norm: _norm,
    np.clip: lambda m, a, low, high: np.minimum(np.maximum(a, low), high),
    np.average: lambda m, a, weights, axis: _sum(m, a * weights, axis) / _sum(m, weights + 0 * a, axis),
    np.trace: lambda m, a: _sum(m, Emulated(np.diagonal(a.value), m)),
    np.diff: lambda m, a, axis=-1: a[..., 1:] - a[..., :-1],
    np.ptp: lambda m, a, axis=None: np.max(a, axis=axis) - np.min(a, axis=axis),
}
