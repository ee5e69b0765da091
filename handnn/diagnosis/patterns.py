"""What wrong numbers look like where no known mistake reproduces them: a factor, a transpose, a mask, a low rank."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..core.variable import Array

USUAL = 7.0
"""The largest ordinary |z|."""


def worst(name: str, mine: Array, right: Array, allowed: Any = 0.0) -> str:
    """Return the element that is furthest off with its numbers, or both shapes if these differ."""
    if mine.shape != right.shape:
        return f"{name}: shape {mine.shape} here, {right.shape} expected"
    index = np.unravel_index(int(np.argmax(np.abs(mine - right) - allowed)), right.shape)
    return f"{name}[{', '.join(str(int(i)) for i in index)}] = {mine[index]:.6g} here, {right[index]:.6g} expected"


def sizes(n: float, k: float) -> dict[str, float]:
    """Return the factors that N samples and K outputs explain, by name."""
    found = {"N": n, "K": k, "N K": n * k, "N/K": n / k, "K/N": k / n}
    return found | {"1/N": 1 / n, "1/K": 1 / k, "1/(N K)": 1 / (n * k)}


def of_tensor(mine: Array, right: Array, known: Mapping[str, float], tolerance: float) -> str:
    """Return what distinguishes a gradient from the right one; `known` are factors by name."""
    turned = mine.shape == right.T.shape and _close(mine, right.T, tolerance)
    if mine.shape != right.shape:
        shapes = f"it has shape {mine.shape}; expected {right.shape}"
        return "it is the transpose of what it should be" if turned else shapes
    if not mine.any():
        return "it is zero everywhere"
    ratio = float((mine * right).sum() / (right * right).sum())
    if _close(mine, ratio * right, tolerance):
        return _factor(ratio, known, tolerance * 4)
    if mine.ndim == 2 and turned:
        return "it is the transpose of what it should be"
    off = np.abs(mine - right) > tolerance * np.abs(right).max(initial=0.0)
    zero = (mine == 0) & (right != 0)
    if zero.any() and (off == zero).all():
        return f"{int(zero.sum())} of {mine.size} elements are 0 and should not be; the others are right"
    return (_lines(mine, right, off) if mine.ndim == 2 else "") or ratios(mine, right, off)


def _lines(mine: Array, right: Array, off: Array) -> str:
    for axis, name in ((0, "columns"), (1, "rows")):
        wrong = off.any(axis=axis)
        if 0 < wrong.sum() < wrong.size:
            return f"{int(wrong.sum())} of {wrong.size} {name} are wrong, the others are right"
    rank, full = np.linalg.matrix_rank(mine), np.linalg.matrix_rank(right)
    return f"it has rank {rank} instead of {full}: too few samples or units took part" if rank < full else ""


def ratios(mine: Array, right: Array, off: Array, are: str = "are off") -> str:
    """Return how many elements are off, and between which ratios to the right ones they lie."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (mine / right)[(right != 0) & np.isfinite(mine)]
    if not ratio.size:
        return f"{int(off.sum())} of {off.size} elements {are}"
    signs = "all signs are right, " if (np.sign(mine) == np.sign(right)).all() else ""
    run = f"the ratios run from {np.nanmin(ratio):.3g} to {np.nanmax(ratio):.3g}"
    return f"{int(off.sum())} of {off.size} elements {are}; {signs}{run}"


def _factor(ratio: float, known: Mapping[str, float], tolerance: float) -> str:
    names = [name for name, value in known.items() if abs(ratio - value) <= max(tolerance, 1e-6) * abs(value)]
    return f"it is {ratio:.6g}{f' = {names[0]}' if names else ''} times what it should be"


def of_values(mine: Array, right: Any, off: Array, z: Array, known: Mapping[str, float] | None = None) -> str:
    """Return what distinguishes values of a function from the right ones at the arguments z.

    `right` holds the values and their allowances; `known` are factors by name.
    """
    if not mine.any():
        return "it is zero everywhere"
    with np.errstate(all="ignore"):
        return _law(mine, right, off, known or {}) or _range(mine, right.value, off, z)


def _law(mine: Array, right: Any, off: Array, known: Mapping[str, float]) -> str:
    ratio, shift = mine[off] / right.value[off], (mine - right.value)[off]
    factor = float(np.median(ratio))
    if np.isfinite(ratio).all() and (np.abs(mine - factor * right.value)[off] <= right.allowed[off] * 4).all():
        return f"{_factor(factor, known, 1e-5)}, wherever it is wrong"
    share = float(np.max(np.abs(shift) / np.maximum(np.abs(right.value[off]), 1e-300)))
    if 0 < share <= 1e-4:
        return f"it agrees to {int(np.floor(-np.log10(share)))} digits everywhere: a constant has been rounded"
    if np.isfinite(shift).all() and float(np.ptp(shift)) <= 4 * float(right.allowed[off].max()):
        return f"it is what it should be plus {float(np.median(shift)):.6g}, wherever it is wrong"
    return ""


def _range(mine: Array, right: Array, off: Array, z: Array) -> str:
    usual = np.abs(z) <= USUAL
    if off.ndim == z.ndim == 1 and off[usual].any() and not off[usual].all():
        low, high = z[off & usual].min(), z[off & usual].max()
        if off[(z >= low) & (z <= high)].all():
            return f"it is wrong for z from {low:.3g} to {high:.3g} and right elsewhere"
    return ratios(mine, right, off)


def _close(one: Array, other: Array, tolerance: float) -> bool:
    size = float(np.abs(other).max(initial=0.0))
    return bool(np.abs(one - other).max(initial=0.0) <= tolerance * size)
