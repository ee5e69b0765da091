"""The verdict on wrong numbers, in words: by the names of known mistakes, or by the pattern they have."""

import numpy as np

from .. import verdict
from ..patterns import of_tensor, sizes, worst
from ..reference import SAFETY
from ..verdict import Verdict
from .expected import Judge
from .replay import Planted, Result
from .search import Explanation

NAMES = {"values": "loss", "slopes": "dL/da"}
"""Steps by the names of what they compute."""


def named(
    subject: str, found: Explanation, judge: Judge, numbers: Result, words: list[str], notes: list[str]
) -> Verdict:
    """Return the verdict for numbers that known mistakes reproduce."""
    plants = sorted(found.plants, key=lambda plant: -_depth(plant, judge))
    said = [f"{'' if p.layer is None else f'layer {p.layer + 1}: '}{p.mistake.because}" for p in plants]
    return verdict.named(
        subject,
        [plant.mistake for plant in plants],
        "; ".join(said),
        where=place(plants[0], judge),
        alternatives=[[str(plant) for plant in plants] for plants in found.alternatives],
        convention=words,
        example=example(judge, numbers),
        notes=notes,
    )


def place(plant: Planted, judge: Judge) -> str:
    """Return where backpropagation meets a mistake first, in words."""
    step = plant.mistake.step
    return f"layer {_depth(plant, judge) + 1} {NAMES.get(step, step)}"


def _depth(plant: Planted, judge: Judge) -> int:
    """Return the layer in which backpropagation meets a mistake first."""
    layers = [at.layer for at in judge.right.layers if plant.mistake.applies(at)]
    if plant.layer is not None:
        return plant.layer
    return max(layers) if layers else judge.right.layers[-1].layer


def unnamed(
    subject: str, first: tuple[str, int], judge: Judge, numbers: Result, words: list[str], notes: list[str]
) -> Verdict:
    """Return the verdict for numbers that no known mistake reproduces: where, and what pattern they have."""
    kind, layer = first
    where, pattern = describe(first, judge, numbers)
    place = "the loss" if kind == "loss" else f"layer {layer + 1} {where}"
    said = f"{place} is wrong, in a way that no known mistake reproduces"
    zero = [k for k, i, array in numbers.tensors() if i == layer and kind != "loss" and not np.any(array)]
    if zero:
        where, verb = zero[0], "are" if zero[1:] else "is"
        said = f"layer {layer + 1}: {' and '.join(zero)} {verb} zero everywhere: not derived yet?"
    place = place if kind == "loss" else f"layer {layer + 1} {where}"
    shown = example(judge, numbers)
    return Verdict(subject, "wrong", said, place, pattern=pattern, convention=words, example=shown, notes=notes)


def describe(first: tuple[str, int], judge: Judge, numbers: Result) -> tuple[str, str]:
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
    at = judge.right.layers[layer]
    known, tolerance = sizes(at.N, at.K), SAFETY * judge.relative[kind, layer]
    said = of_tensor(mine[kind, layer], right[kind, layer], known, tolerance)
    if both:
        other = of_tensor(mine["db", layer], right["db", layer], known, tolerance)
        same = f"dW and db of the layer: {said}" if said == other else f"dW: {said}; db: {other}"
        return "delta", same
    return kind, said


def _loss(judge: Judge, numbers: Result) -> str:
    right = float(np.asarray(judge.right.loss))
    assert numbers.loss is not None
    return f"the loss is {numbers.loss:.6g}, it should be {right:.6g}; the ratio is {numbers.loss / right:.6g}"


def example(judge: Judge, numbers: Result) -> list[str]:
    """Return the first wrong tensor's worst element with its numbers written out."""
    wrong = judge.wrong(numbers)
    if not wrong:
        return []
    kind, layer = wrong[0]
    if kind == "loss":
        return [f"loss: {numbers.loss:.6g} here, {float(np.asarray(judge.right.loss)):.6g} expected"]
    mine = {(k, i): tensor for k, i, tensor in numbers.tensors()}[kind, layer]
    right = {(k, i): tensor for k, i, tensor in judge.right.tensors()}[kind, layer]
    said = worst(f"{kind}{layer + 1}", mine, right)
    if mine.shape != right.shape:
        return [said]
    index = np.unravel_index(int(np.abs(mine - right).argmax()), right.shape)
    at, lines = judge.right.layers[layer], [f"{said}:"]
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
