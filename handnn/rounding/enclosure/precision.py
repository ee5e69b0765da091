"""Number formats, and how an operation may round: to nearest or not, denormals, accumulators, order of sums.

A `Precision` says everything about the arithmetic that an implementation may use. `rounded` is the one place where an
enclosure grows by the rounding of an operation: it holds the exact result and the rounded one.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

WIDE = np.dtype(np.longdouble)
DOUBLE = np.dtype("float64")


class Format(NamedTuple):
    """A binary floating-point format: `bits` of precision (the hidden one too), smallest normal 2**`lowest`."""

    name: str
    bits: int
    lowest: int
    largest: float
    infinite: bool = True
    """Whether it has infinities; otherwise an overflow may be NaN or the largest number."""
    keeps_denormals: bool = False
    """Whether every library computes with denormals; otherwise they may be flushed to 0."""


def _ieee(name: str, bits: int, lowest: int, kept: bool = False) -> Format:
    return Format(name, bits, lowest, math.ldexp(2 - math.ldexp(1, 1 - bits), 1 - lowest), True, kept)


FORMATS = {
    format.name: format
    for format in (
        _ieee("float64", 53, -1022),
        _ieee("float32", 24, -126),
        _ieee("tf32", 11, -126),
        _ieee("bfloat16", 8, -126),
        _ieee("float16", 11, -14, True),
        _ieee("float8_e5m2", 3, -14, True),
        _ieee("float8_e4m3", 4, -6, True),
        _ieee("float8_e3m4", 5, -2, True),
        Format("float8_e4m3fn", 4, -6, 448.0, False, True),
        Format("float8_e4m3fnuz", 4, -7, 240.0, False, True),
        Format("float8_e5m2fnuz", 3, -15, 57344.0, False, True),
    )
}
"""IEEE 754 and ml_dtypes; tf32 is what tensor cores make of float32 inputs. A test compares them with ml_dtypes."""
NO_ROUNDING = {bits: Format("exact", bits, -16000, math.inf) for bits in (24, 64)}
"""To compute without rounding: in float64, and in longdouble."""
EXCESS = 2.0**-23
"""What is computed between two roundings to a narrow format may be rounded to float32."""
ORDERS = ("any", "tree", "sequential")


@dataclass(frozen=True)
class Precision:
    """The arithmetic of an implementation.

    Args:
        format: of inputs, results and elementwise operations.
        accumulator: format in which sums and products of matrices are accumulated; None for the same.
        order: of the additions: 'any', 'tree' (pairwise), 'sequential' or 'blocked' (`block` terms at a time).
        fused: whether a product is surely added without being rounded. If not, both ways are allowed.
        flushed: True if denormals are surely flushed to 0, False if surely kept; None allows both.
        directed: allow any rounding to a neighbour (upwards, downwards, to zero, random), not only to the nearest.
    """

    format: Format
    accumulator: Format | None = None
    order: str = "any"
    block: int = 0
    fused: bool = False
    flushed: bool | None = None
    directed: bool = False

    @property
    def name(self) -> str:
        return self.format.name

    @property
    def exact(self) -> bool:
        return self.format.name == "exact"

    @cached_property
    def work(self) -> np.dtype[Any]:
        """The dtype in which enclosures are computed: more digits than the format, if the machine has them."""
        return DOUBLE if self.format.bits <= 24 else WIDE

    @cached_property
    def w(self) -> float:
        """Unit roundoff of `work`, with a margin for the rounding of the bounds themselves."""
        return float(np.finfo(self.work).eps)

    @cached_property
    def u(self) -> float:
        """Largest relative error of one operation: half a unit in the last place, a whole one if `directed`."""
        return 0.0 if self.exact else math.ldexp(2.0 if self.directed else 1.0, -self.format.bits)

    @cached_property
    def smallest(self) -> float:
        """Largest absolute error of a result below the smallest normal number."""
        if self.exact:
            return 0.0
        kept = self.flushed is False or (self.flushed is None and self.format.keeps_denormals)
        return math.ldexp(1.0, self.format.lowest - (self.format.bits - 1 if kept else 0))

    @property
    def flushes(self) -> bool:
        return not self.exact and self.smallest == math.ldexp(1.0, self.format.lowest)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy dtype of the format; float32 for tf32, and for what only ml_dtypes has if that is not installed."""
        return numpy_dtype(self.format.name)

    def accumulating(self) -> "Precision":
        """Return the arithmetic of the accumulator."""
        return self if self.accumulator is None else replace(self, format=self.accumulator, accumulator=None)

    def without_rounding(self) -> "Precision":
        """Return exact arithmetic, as nearly as the dtype of work has it."""
        return Precision(NO_ROUNDING[24 if self.work == DOUBLE else 64])

    def in_format(self, format: Format) -> "Precision":
        """Return the same arithmetic in another format."""
        return self if format is self.format else replace(self, format=format)

    def growth(self, additions: int) -> float:
        """Return g: a sum with so many additions is off by at most g times the sum of the magnitudes.

        To the nearest, (n - 1) u for any order and every n: Jeannerod and Rump, SIAM J. Matrix Anal. Appl. 34 (2013).
        A tree of height h gives (1 + u)^h - 1, Higham (2002), section 4.2.
        """
        if additions <= 0 or self.exact:
            return 0.0
        terms, height = additions + 1, additions
        if self.order == "tree":
            height = math.ceil(math.log2(terms))
        elif self.order == "blocked":
            height = min(self.block, terms) - 1 + math.ceil(terms / self.block) - 1
        power = height * math.log1p(self.u)
        grown = math.expm1(power) if power < 700 else math.inf
        return grown if self.directed else min(grown, additions * self.u)

    def product_growth(self, terms: int) -> float:
        """Return g for a sum of so many products: n u in any order, Jeannerod and Rump (2013)."""
        if terms <= 0 or self.exact:
            return 0.0
        grown = self.growth(terms - 1)
        both = grown + self.u + grown * self.u
        return both if self.directed else min(both, terms * self.u)

    def to_grid(self, x: Any, towards: int) -> Any:
        """Round to the format: to the nearest, downwards (-1) or upwards (+1) if `directed`; beyond it, infinite."""
        form = self.format
        quick = {"float32": np.float32, "float64": np.float64}.get(form.name)
        with np.errstate(all="ignore"):
            if quick is not None and not self.directed:
                return x.astype(quick).astype(self.work)
            if not self.directed:  # libraries may round twice, by way of float32
                x = x + towards * _finite_size(x) * self.work.type(2.0**-23)
            _, exponent = np.frexp(x)
            step = np.ldexp(self.work.type(1), np.maximum(exponent - 1, form.lowest) - (form.bits - 1))
            move = {-1: np.floor, 1: np.ceil}[towards] if self.directed else np.rint
            found = np.where(np.isfinite(x), move(x / step) * step, x)
            return np.where(np.abs(found) > form.largest, np.copysign(np.inf, found), found)

    def rounded(self, low: Any, high: Any) -> tuple[Any, Any]:
        """Return an interval with the exact results in [low, high], and each of them rounded.

        Rounded to the format, or to a wider one that an implementation may use in between.
        """
        if self.format.bits < 24:
            low, high = widened(low, high, self.work.type(EXCESS))
        return self.snapped(low, high)

    def snapped(self, low: Any, high: Any) -> tuple[Any, Any]:
        """Return an interval with the numbers in [low, high], and each of them rounded to the format."""
        if self.exact:
            return low, high
        low, high = np.minimum(low, self.to_grid(low, -1)), np.maximum(high, self.to_grid(high, 1))
        if self.flushes:
            low, high = self.with_zero(low, high)
        if not self.format.infinite:
            lost = np.isinf(low) | np.isinf(high)
            low, high = np.where(lost, -np.inf, low), np.where(lost, np.inf, high)
        return low, high

    def with_zero(self, low: Any, high: Any) -> tuple[Any, Any]:
        """Return the interval with 0 if it has denormals: they may be flushed."""
        least = self.work.type(math.ldexp(1.0, self.format.lowest))
        return np.where((low > 0) & (low < least), 0, low), np.where((high < 0) & (high > -least), 0, high)


def _finite_size(x: Any) -> Any:
    return np.where(np.isfinite(x), np.abs(x), 0)


def widened(low: Any, high: Any, step: Any) -> tuple[Any, Any]:
    """Return the interval with its finite ends moved outwards by a share of themselves."""
    return low - step * _finite_size(low), high + step * _finite_size(high)


def numpy_dtype(name: str) -> np.dtype[Any]:
    """Return the dtype of a format; float32 for tf32 and for ml_dtypes' formats without ml_dtypes."""
    if name in ("float16", "float32", "float64"):
        return np.dtype(name)
    try:
        import ml_dtypes

        return np.dtype(getattr(ml_dtypes, name, np.float32))
    except ImportError:
        return np.dtype("float32")


def format_of(dtype: Any, argument: str = "dtype") -> Format:
    """Return the format of a name or dtype; raise ValueError if it is not known."""
    name = dtype if isinstance(dtype, str) else getattr(dtype, "name", None) or getattr(dtype, "__name__", repr(dtype))
    name = str(name).removeprefix("torch.").removeprefix("jnp.")
    name = {"half": "float16", "single": "float32", "double": "float64", "float8": "float8_e4m3fn"}.get(name, name)
    if name not in FORMATS:
        from difflib import get_close_matches

        near = get_close_matches(name, FORMATS, n=1, cutoff=0.8)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"{argument} must be one of {', '.join(FORMATS)}; received {name!r}{hint}")
    return FORMATS[name]


def precision(
    dtype: Any = "float32",
    accumulate: str | None = None,
    fma: bool | None = None,
    denormals: bool | None = None,
    rounding: str = "nearest",
) -> Precision:
    """Return a `Precision` from what users write.

    Args:
        dtype: name or NumPy dtype of a format.
        accumulate: a format, an order of summation ('any', 'tree', 'sequential', 'blocked:64'), or both in one string,
            such as 'float32 tree'. By default sums may be accumulated in dtype or anything wider, in any order.
        fma: True if products are surely fused into the additions; otherwise both are allowed.
        denormals: True if they are surely kept, False if surely flushed; None allows what libraries do.
        rounding: 'nearest', or 'any' for truncation, rounding up or down, or at random.

    Raises:
        ValueError: a name is not known, or the accumulator is narrower than dtype.
    """
    format, accumulator, order, block = format_of(dtype), None, "any", 0
    for word in accumulate.replace(",", " ").split() if isinstance(accumulate, str) else ():
        kind, _, size = word.partition(":")
        if kind == "blocked" and size.isdigit() and int(size) > 0:
            order, block = "blocked", int(size)
        elif word in ORDERS:
            order = word
        elif word in FORMATS:
            accumulator = FORMATS[word]
        else:
            known = f"{', '.join(ORDERS)}, blocked:SIZE, or a format such as float32"
            raise ValueError(f"accumulate must be made of {known}; received {accumulate!r}")
    if accumulate is not None and not isinstance(accumulate, str):
        raise ValueError(f"accumulate must be a string such as 'float32 tree'; received {accumulate!r}")
    for argument, value in (("fma", fma), ("denormals", denormals)):
        if value is not None and not isinstance(value, bool | np.bool_):
            raise ValueError(f"{argument} must be True, False or None; received {value!r}")
    if rounding not in ("nearest", "any"):
        raise ValueError(f"rounding must be 'nearest' or 'any'; received {rounding!r}")
    if accumulator is not None and (accumulator.bits < format.bits or accumulator.lowest > format.lowest):
        raise ValueError(f"accumulate must hold every {format.name}; {accumulator.name} does not")
    flushed = None if denormals is None else not denormals
    accumulator = None if accumulator is format else accumulator
    return Precision(format, accumulator, order, block, bool(fma), flushed, rounding == "any")
