"""What wrong numbers look like: a constant factor, a transpose, a ratio to a known quantity, a mask, a low rank."""

from typing import Any

import numpy as np

from ...core.variable import Array
from .expected import SAFETY, Judge, Numbers


def describe(first: tuple[str, int], judge: Judge, numbers: Numbers) -> tuple[str, str]:
    """Return the tensor that is wrong first, and its pattern in words.

    Where dW and db of a layer are both wrong it is their delta, unless each has a pattern of its own.
    """
    kind, layer = first
    if kind == "loss":
        return "loss", _loss(judge, numbers)
    mine = {(k, i): tensor for k, i, tensor in numbers.tensors()}
    right = {(k, i): tensor for k, i, tensor in judge.right.tensors()}
    wrong = judge.wrong(numbers)
    both = ("dW", layer) in wrong and ("db", layer) in wrong
    tolerance = SAFETY * judge.relative[kind, layer]
    said = pattern(mine[kind, layer], right[kind, layer], _known(judge, layer), tolerance)
    if both:
        other = pattern(mine["db", layer], right["db", layer], _known(judge, layer), tolerance)
        same = f"dW and db of the layer: {said}" if said == other else f"dW: {said}; db: {other}"
        return "delta", same
    return kind, said


def _loss(judge: Judge, numbers: Numbers) -> str:
    right = float(np.asarray(judge.right.loss))
    assert numbers.loss is not None
    return f"the loss is {numbers.loss:.6g}, it should be {right:.6g}; the ratio is {numbers.loss / right:.6g}"


def _known(judge: Judge, layer: int) -> dict[str, Any]:
    at = judge.right.layers[layer]
    return {"N": at.N, "1/N": 1 / at.N, "K": at.K, "1/K": 1 / at.K, "2": 2.0, "1/2": 0.5, "-1": -1.0}


def pattern(  # noqa: PLR0911 (one return for each pattern)
    mine: Array, right: Array, known: dict[str, float], tolerance: float
) -> str:
    """Return what distinguishes `mine` from `right`, in words."""
    if mine.shape != right.shape:
        if mine.shape == right.T.shape and _close(mine, right.T, tolerance):
            return "it is the transpose of what it should be"
        return f"it has shape {mine.shape}; expected {right.shape}"
    if not mine.any():
        return "it is zero everywhere"
    ratio = float((mine * right).sum() / (right * right).sum())
    if _close(mine, ratio * right, tolerance):
        names = [name for name, value in known.items() if abs(ratio - value) <= tolerance * abs(value) * 4]
        return f"it is {ratio:.6g}{f' = {names[0]}' if names else ''} times what it should be"
    if mine.ndim == 2 and mine.shape[0] == mine.shape[1] and _close(mine, right.T, tolerance):
        return "it is the transpose of what it should be"
    off = np.abs(mine - right) > tolerance * np.abs(right).max(initial=0.0)
    zero = (mine == 0) & (right != 0)
    if zero.any() and (off == zero).all():
        return f"{int(zero.sum())} of {mine.size} elements are 0 and should not be; the others are right"
    if mine.ndim == 2:
        for axis, name in ((0, "columns"), (1, "rows")):
            lines = off.any(axis=axis)
            if 0 < lines.sum() < lines.size:
                return f"{int(lines.sum())} of {lines.size} {name} are wrong, the others are right"
        rank, full = np.linalg.matrix_rank(mine), np.linalg.matrix_rank(right)
        if rank < full:
            return f"it has rank {rank} instead of {full}: too few samples or units took part"
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = mine / right
    signs = np.sign(mine) == np.sign(right)
    share = f"{int(off.sum())} of {mine.size} elements are off"
    if signs.all():
        return f"{share}; all signs are right, the ratios run from {np.nanmin(spread):.3g} to {np.nanmax(spread):.3g}"
    return f"{share}; the ratios run from {np.nanmin(spread):.3g} to {np.nanmax(spread):.3g}"


def _close(one: Array, other: Array, tolerance: float) -> bool:
    size = float(np.abs(other).max(initial=0.0))
    return bool(np.abs(one - other).max(initial=0.0) <= tolerance * size)


def example(judge: Judge, numbers: Numbers) -> list[str]:
    """Return the first wrong tensor's worst element with its numbers written out."""
    wrong = judge.wrong(numbers)
    if not wrong:
        return []
    kind, layer = wrong[0]
    if kind == "loss":
        return [f"loss: {numbers.loss:.6g} here, {float(np.asarray(judge.right.loss)):.6g} expected"]
    mine = {(k, i): tensor for k, i, tensor in numbers.tensors()}[kind, layer]
    right = {(k, i): tensor for k, i, tensor in judge.right.tensors()}[kind, layer]
    if mine.shape != right.shape:
        return [f"{kind}{layer + 1}: shape {mine.shape} here, {right.shape} expected"]
    index = np.unravel_index(int(np.abs(mine - right).argmax()), right.shape)
    at, name = judge.right.layers[layer], f"{kind}{layer + 1}[{', '.join(str(int(i)) for i in index)}]"
    lines = [f"{name} = {mine[index]:.6g} here, {right[index]:.6g} expected:"]
    terms = at.delta[:, index[-1]] * (at.x[:, index[0]] if kind == "dW" else 1.0)
    for n in range(min(len(terms), SHOWN)):
        if kind == "dW":
            factors = f"a_prev {at.x[n, index[0]]:.5g} * delta {at.delta[n, index[-1]]:.5g}"
            lines.append(f"  sample {n + 1}: {factors} = {terms[n]:.5g}")
        else:
            lines.append(f"  sample {n + 1}: delta {at.delta[n, index[-1]]:.5g}")
    if len(terms) > SHOWN:
        lines.append(f"  ... and {len(terms) - SHOWN} more samples, together {terms.sum():.6g}")
    return lines


SHOWN = 3
