"""Is a result what its formula may give in a precision? The verdict, element by element, and what it says.

`explain` compares; `str(explanation)` says where a result leaves its allowance, by how many times, how many digits are
certain there, whether the formula or the problem loses them, and what the difference looks like.
"""

from typing import Any

import numpy as np

from . import formula_run
from .allowances import value_and_bound
from .enclosure import FORMATS, Enclosure, Precision, precision
from .enclosure.record import Record
from .formulas import as_formula
from .verdicts import Difference, Explanation, Part

Array = np.ndarray[Any, Any]
LEAST_SHARE, LEAST_COUNT = 0.02, 4
"""A narrower format is named only if several differences are as large as its rounding."""
NARROWER = ("tf32", "bfloat16", "float16")


def explain(
    actual: Any,
    f: Any,
    *inputs: Any,
    dtype: Any = "float32",
    accumulate: str | None = None,
    fma: bool | None = None,
    denormals: bool | None = None,
    rounding: str = "nearest",
    output: Any = None,
) -> Explanation:
    """Return whether `actual` is what formula f may give on these inputs in this precision.

    Args:
        actual: an array, or the tuple, list or dict of arrays that f returns.
        f, inputs, dtype, accumulate, fma, denormals, rounding: as in `handnn.allowance`.
        output: the format in which results are stored, if it is narrower than dtype.

    Raises:
        ValueError: an option is not known, an input holds NaN, or there is nothing to compare.
        TypeError: f uses an operation that has no rounding rule.
    """
    p = precision(dtype, accumulate, fma, denormals, rounding)
    stored = p if output is None else p.in_format(precision(output).format)
    own, given, losses = as_formula(f), formula_run.inputs_of(inputs), Record()
    results = formula_run.run(own, given, p, losses)
    pairs = _paired(results, actual)
    found = [_stored(result, stored) for _, result, _ in pairs]
    parts = [_compared(name, result, array, stored) for (name, _, array), result in zip(pairs, found, strict=True)]
    bad = [part for part in parts if not part.ok]
    if bad or losses.losses:
        measured = (formula_run.conditions, formula_run.instabilities)
        known = zip(*(measure(own, given, p, results) for measure in measured), strict=True)
        parts = [_with_condition(part, *both) for part, both in zip(parts, known, strict=True)]
    narrower = None
    if sum(part.off for part in bad) >= LEAST_COUNT and not any(part.pattern or part.problem for part in bad):
        narrower = _narrower(own, given, pairs, p)
    return Explanation(_name(f), _described(p, stored), tuple(parts), losses.worst(), narrower)


def _name(f: Any) -> str:
    known = f.__name__ if isinstance(f, np.ufunc) else getattr(f, "__qualname__", None)
    name = str(known or getattr(f, "name", None) or type(f).__name__)
    return "the formula" if "<lambda>" in name else name.rpartition("<locals>.")[2]


def _described(p: Precision, stored: Precision) -> str:
    words = [p.name]
    if p.accumulator is not None:
        words.append(f"accumulated in {p.accumulator.name}")
    if p.order != "any":
        words.append(f"{p.order}{f':{p.block}' if p.block else ''} sums")
    if p.directed:
        words.append("rounded either way")
    if stored.format is not p.format:
        words.append(f"stored in {stored.name}")
    return ", ".join(words)


def _paired(results: Any, actual: Any) -> list[tuple[str, Any, Any]]:
    """Return (place, result, actual array) for each result.

    Raises:
        ValueError: actual does not have as many arrays as f returns, or f returns nothing.
    """
    expected = formula_run.leaves(results)
    if isinstance(results, dict) and isinstance(actual, dict):
        missing = sorted(map(str, results.keys() ^ actual.keys()))
        if missing:
            raise ValueError(f"actual must have the names that f returns; only one of them has {', '.join(missing)}")
        actual = {key: actual[key] for key in results}
    single = len(expected) == 1 and not isinstance(results, dict | list | tuple)
    given = [("", actual)] if single else formula_run.leaves(formula_run.mapped(formula_run.to_numpy, actual))
    given = [(name, formula_run.to_numpy(array)) for name, array in given]
    if not expected or len(expected) != len(given):
        raise ValueError(f"actual must be what f returns, {len(expected)} arrays; received {len(given)}")
    pairs = [
        (name, result, np.asarray(array))
        for (name, result), (_, array) in zip(expected, given, strict=True)
        if result is not None
    ]
    for name, _, array in pairs:
        if array.dtype.kind not in "biuf" and array.dtype.name not in FORMATS:
            raise ValueError(f"actual{name} must hold real numbers; received dtype {array.dtype}")
        if not array.size:
            raise ValueError(f"actual{name} is empty: there is nothing to compare")
    return pairs


def _stored(result: Any, p: Precision) -> Any:
    if isinstance(result, Enclosure) and not result.is_bool and result.precision.format is not p.format:
        return result.astype(p.name)
    return result


def _problem(name: str, problem: str, shape: tuple[int, ...]) -> Part:
    nan = float("nan")
    return Part(name, shape, 0, 0, (), nan, nan, nan, np.inf, nan, nan, nan, "", problem)


def _compared(name: str, result: Any, array: Array, p: Precision) -> Part:
    if np.shape(result) != array.shape:
        return _problem(name, f"actual has shape {array.shape}, the formula gives {np.shape(result)}", array.shape)
    width = FORMATS.get(array.dtype.name)
    real = isinstance(result, Enclosure) and not result.is_bool and p.name != "tf32"
    if real and width is not None and width.bits < p.format.bits:
        hint = f"output='{width.name}' if that is meant"
        return _problem(name, f"actual is {width.name}, the formula computes in {p.name}; {hint}", array.shape)
    if not isinstance(result, Enclosure):
        plain = np.asarray(result)
        result = Enclosure.of(plain.astype(p.work), plain, plain, p)
    work = result.precision.work
    if result.is_bool:
        result = Enclosure.of(result.mid.astype(work), result.low, result.high, p)
    return _judged(name, result, array.astype(work))


def _judged(name: str, result: Enclosure, array: Array) -> Part:
    value, bound = value_and_bound(result)
    with np.errstate(all="ignore"):
        unknown = np.isneginf(result.low) & np.isposinf(result.high)
        inside = (array >= result.low) & (array <= result.high)
        off = ~inside & ~unknown
        room = np.where(array > result.mid, result.high - result.mid, result.mid - result.low).astype("float64")
        distance = np.abs(array - result.mid).astype("float64")
        share = np.where(distance == 0, 0.0, distance / np.where(room > 0, room, np.finfo(result.precision.work).tiny))
        share = np.where(np.isnan(share), np.where(inside, 0.0, np.inf), share)
        share = np.where(unknown, 0.0, np.where(off, np.maximum(share, 1.0 + 1e-9), np.minimum(share, 1.0)))
        digits = np.clip(-np.log10(np.maximum(bound / np.abs(value), 1e-20)), 0, 20)
        digits = np.where(np.isnan(digits), 0.0, digits)
    rank = np.where(off, 2 + share, np.where(unknown, 1.5, share))
    worst = tuple(int(i) for i in np.unravel_index(int(np.argmax(rank)), array.shape))
    return Part(
        name,
        array.shape,
        int(off.sum()),
        int(unknown.sum()),
        worst,
        float(array[worst]),
        float(value[worst]),
        float(bound[worst]),
        float(share.max()),
        float(digits[worst]),
        float(np.median(digits)),
        float("nan"),
        _pattern(array, value, bound, off) if off.any() else "",
    )


def _pattern(array: Array, value: Array, bound: Array, off: Array) -> str:
    """Say what all differences have in common: a factor, a constant, NaN."""
    if np.isnan(array[off]).any():
        return f"{int(np.isnan(array[off]).sum())} of them are NaN"
    known = off & np.isfinite(value) & np.isfinite(array.astype("float64")) & (np.abs(value) > 2 * bound)
    if known.sum() < 2:
        return ""
    x, y, e = array[known].astype("float64"), value[known], bound[known]
    factor, constant = float(np.median(x / y)), float(np.median(x - y))
    if (np.abs(x - factor * y) <= 2 * (1 + abs(factor)) * e).all():
        return f"all of them are {factor:.9g} times the formula"
    if (np.abs(x - y - constant) <= 4 * e).all():
        return f"all of them are the formula {constant:+.5g}"
    return ""


def _with_condition(part: Part, condition: Array, instability: Array) -> Part:
    if part.problem or not np.size(condition):
        return part
    own = {"condition": float(condition[part.worst]), "instability": float(instability[part.worst])}
    return Part(**(vars(part) | own))


def _narrower(f: Any, inputs: list[Any], pairs: list[Any], p: Precision) -> str | None:
    """Return the widest narrower format in which rounding explains the result."""
    for name in NARROWER:
        if FORMATS[name].bits < p.format.bits:
            less = p.in_format(FORMATS[name])
            try:
                results = formula_run.leaves(formula_run.run(f, inputs, less))
            except (TypeError, ValueError):
                continue
            found = [result for _, result in results if result is not None]
            tf32 = less.in_format(FORMATS["tf32"])
            pieces = zip(pairs, found, strict=True)
            parts = [_compared(place, result, array, tf32) for (place, _, array), result in pieces]
            if all(part.ok for part in parts) and max(part.share for part in parts) > LEAST_SHARE:
                return name
    return None


def explain_difference(a: Any, b: Any, f: Any, *inputs: Any, **options: Any) -> Difference:
    """Return whether rounding explains two results of one formula, and otherwise which of them is off.

    Args:
        a, b: two results for the same inputs, such as of two libraries or two kernels.
        f, inputs, options: as in `handnn.allowance`.

    Raises:
        ValueError, TypeError: as `handnn.allowance`.
    """
    first, second = explain(a, f, *inputs, **options), explain(b, f, *inputs, **options)
    largest = 0.0
    arrays = [[x for _, x in formula_run.leaves(formula_run.mapped(formula_run.to_numpy, given))] for given in (a, b)]
    for x, y in zip(*arrays, strict=True):
        one, other = (np.asarray(z).astype("float64") for z in (x, y))
        if one.shape == other.shape:
            with np.errstate(all="ignore"):
                share = np.abs(one - other) / np.maximum(np.abs(one), np.abs(other))
            largest = max(largest, float(np.max(np.where(one == other, 0.0, share), initial=0.0)))
    return Difference(first, second, largest)


def assert_explained_by_rounding(
    actual: Any,
    f: Any,
    *inputs: Any,
    dtype: Any = "float32",
    accumulate: str | None = None,
    fma: bool | None = None,
    denormals: bool | None = None,
    rounding: str = "nearest",
    output: Any = None,
) -> Explanation:
    """Fail unless `actual` is what formula f may give on these inputs in this precision; return the explanation.

    Arguments as in `explain`.

    Raises:
        AssertionError: rounding does not explain `actual`, or nothing is known there; the message says where, by how
            many times the allowance, how many digits are certain, and what is known about the formula.
        ValueError, TypeError: as `explain`.
    """
    __tracebackhide__ = True
    options = {"accumulate": accumulate, "fma": fma, "denormals": denormals, "rounding": rounding, "output": output}
    found = explain(actual, f, *inputs, dtype=dtype, **options)
    if not found.ok:
        raise AssertionError(f"\n{found}")
    return found
