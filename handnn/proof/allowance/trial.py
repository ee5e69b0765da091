"""One trial: a case in one arithmetic, judged by mpmath's 60 digits.

Every element is an evaluation. Violated: the exact result, or what NumPy or an emulated implementation computed, is not
in the enclosure. NumPy's and the emulated results are asked in the formats and orders in which they compute.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import mpmath
import numpy as np

from ...rounding.enclosure import Enclosure, NoRuleError, computing_in, enclosed
from ...rounding.enclosure.precision import FORMATS, Precision, numpy_dtype
from . import cases
from .cases import DIGITS, Case
from .emulated import Arithmetic, Emulated, Machine

Array = np.ndarray[Any, Any]


class Trial(NamedTuple):
    """What one draw showed."""

    elements: int
    compared: int
    """Results of implementations that were held against the enclosure."""
    violations: int
    unknown: int
    """Elements without a finite bound: overflow, or a division by what may be 0."""
    ratios: Array
    """bound / |computed - exact|, where both differ."""
    spread: Array
    """bound for any rounding / largest |stochastic result - exact|, element by element."""
    first: str = ""


def to_mpmath(x: Array) -> Array:
    """Return numbers as arrays of mpmath's, exactly."""
    with np.errstate(all="ignore"):
        share, exponent = np.frexp(np.asarray(x))
        head = share.astype("float64")
        tail = np.where(np.isfinite(head), (share - head).astype("float64"), 0.0)
        make = np.frompyfunc(lambda a, b, e: mpmath.ldexp(mpmath.mpf(a) + mpmath.mpf(b), int(e)), 3, 1)
        return np.asarray(make(head, tail, exponent), object)


def to_work(exact: Array, p: Precision) -> Array:
    """Return mpmath's numbers in the dtype in which enclosures are computed."""

    def rounded(x: Any) -> Any:
        if not isinstance(x, mpmath.mpf):
            return p.work.type(np.nan)
        head = float(x)
        return p.work.type(head) + p.work.type(float(x - head) if np.isfinite(head) else 0.0)

    with np.errstate(all="ignore"):
        return np.asarray(np.frompyfunc(rounded, 1, 1)(exact), p.work)


def inside(exact: Array, low: Array, high: Array) -> Array:
    """Return where exact numbers lie in [low, high]; complex ones and NaN do not."""
    test = np.frompyfunc(lambda x, a, b: bool(a <= x <= b) if isinstance(x, mpmath.mpf) else False, 3, 1)
    return np.asarray(test(exact, to_mpmath(low), to_mpmath(high)), bool)


def enclosure(case: Case, inputs: list[Array], p: Precision) -> Enclosure:
    with computing_in(p), np.errstate(all="ignore"):
        found = case.formula(cases.numpy, *(enclosed(x, p) for x in inputs))
        return found if isinstance(found, Enclosure) else enclosed(np.asarray(found, "float64"), p)


def computed(case: Case, own: Arithmetic, inputs: list[Array], rng: np.random.Generator, runs: int) -> Iterator[Array]:
    """Yield what NumPy computes, and emulated implementations with random orders of summation."""
    with np.errstate(all="ignore"):
        if own == Arithmetic(own.dtype) and own.dtype in case.native:
            yield np.asarray(case.formula(cases.numpy, *(x.astype(numpy_dtype(own.dtype)) for x in inputs)))
        for _ in range(runs if case.emulated else 0):
            flushes = bool(rng.integers(2)) and not FORMATS[own.dtype].keeps_denormals
            yield _emulated(case, inputs, Machine(own, rng, flushes=flushes))


def _emulated(case: Case, inputs: list[Array], machine: Machine) -> Array:
    found = case.formula(cases.numpy, *(machine.array(x) for x in inputs))
    return np.asarray(found.value if isinstance(found, Emulated) else found)


def trial(case: Case, own: Arithmetic, rng: np.random.Generator, stochastic: int = 0) -> Trial | None:
    """Try a case in a format once; `stochastic` runs with random rounding as well. None if the case is refused."""
    name = own.dtype
    form = numpy_dtype(name)
    largest = FORMATS[name].largest / 2
    inputs = [np.clip(x, -largest, largest).astype(form).astype("float64") for x in case.draw(rng, name)]
    if name == "tf32":
        inputs = [Machine(own, rng).nearest(x).astype("float64") for x in inputs]
    p = own.precision()
    try:
        found = enclosure(case, inputs, p)
    except NoRuleError:
        return None
    with mpmath.workdps(DIGITS):
        exact = np.asarray(case.formula(cases.exact, *map(to_mpmath, inputs)), object)
        exact = np.asarray(np.frompyfunc(lambda x: mpmath.mpmathify(x), 1, 1)(exact), object)
        unknown = np.broadcast_to(found.open, found.shape)
        bad = ~inside(exact, found.low, found.high) & ~unknown
        first = _described(bad, exact, found, inputs, "exact")
        violations, compared, ratios = int(bad.sum()), 0, []
        for result in computed(case, own, inputs, rng, 2):
            wide = result.astype(p.work)
            bad = ~((wide >= found.low) & (wide <= found.high)) & ~unknown
            first = first or _described(bad, wide, found, inputs, "computed")
            violations, compared = violations + int(bad.sum()), compared + wide.size
            ratios.append(_ratios(found, wide, exact, unknown))
        spread = np.zeros(0)
        if stochastic and case.emulated:
            spread, wrong = _spread(case, own, inputs, exact, rng, stochastic)
            violations, compared = violations + wrong, compared + stochastic * found.size
            first = first or ("a stochastic result" if wrong else "")
    joined = np.concatenate([*ratios, np.zeros(0)])
    return Trial(found.size, compared, violations, int(unknown.sum()), joined, spread, first)


def _ratios(found: Enclosure, wide: Array, exact: Array, unknown: Array) -> Array:
    known = ~unknown & np.isfinite(wide) & np.isfinite(found.error)
    distance = np.frompyfunc(lambda a, b: float(abs(a - b)), 2, 1)
    off = np.zeros(wide.shape)
    if known.any():
        off[known] = distance(to_mpmath(wide[known]), exact[known]).astype("float64")
    differ = known & (off > 0)
    return np.asarray(found.error[differ] / off[differ])


def _spread(
    case: Case, own: Arithmetic, inputs: list[Array], exact: Array, rng: np.random.Generator, runs: int
) -> tuple[Array, int]:
    """Return bound / largest deviation of results with random rounding, and how many of them leave the enclosure."""
    p = own.precision("any")
    found, wrong, centre = enclosure(case, inputs, p), 0, to_work(exact, p)
    largest = np.zeros(found.shape)
    unknown = np.broadcast_to(found.open, found.shape)
    with np.errstate(all="ignore"):
        for _ in range(runs):
            flushes = bool(rng.integers(2)) and not FORMATS[own.dtype].keeps_denormals
            wide = _emulated(case, inputs, Machine(own, rng, stochastic=True, flushes=flushes)).astype(p.work)
            wrong += int((~((wide >= found.low) & (wide <= found.high)) & ~unknown).sum())
            largest = np.fmax(largest, np.abs(wide - centre).astype("float64"))
    known = (largest > 0) & ~unknown & np.isfinite(found.error) & np.isfinite(largest)
    return np.asarray(found.error[known] / largest[known]), wrong


def _described(bad: Array, result: Array, found: Enclosure, inputs: list[Array], kind: str) -> str:
    if not bad.any():
        return ""
    i = tuple(int(k) for k in np.argwhere(bad)[0])
    given = [x[i].item() if x.shape == bad.shape else f"array {x.shape}" for x in inputs]
    return f"{kind} {result[i]} outside [{found.low[i]!r}, {found.high[i]!r}] for {given}"
