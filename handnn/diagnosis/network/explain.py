"""The verdict on wrong numbers, in words: by the names of known mistakes, or by the pattern they have."""

import numpy as np

from ..verdict import Verdict
from . import patterns
from .expected import Judge, Numbers
from .replay import Plant
from .search import Found


def tensor_name(step: str) -> str:
    return {"values": "loss", "slopes": "dL/da"}.get(step, step)


def named(subject: str, found: Found, judge: Judge, numbers: Numbers, words: list[str], notes: list[str]) -> Verdict:
    """Return the verdict for numbers that known mistakes reproduce."""
    plants = sorted(found.plants, key=lambda plant: -_depth(plant, judge))
    mistakes = [plant.mistake for plant in plants]
    first = plants[0]
    layer = _depth(first, judge)
    summary = "; ".join(f"{_at(plant)}{plant.mistake.because}" for plant in plants)
    return Verdict(
        subject,
        "wrong",
        summary,
        where=f"layer {layer + 1} {tensor_name(first.mistake.step)}",
        mistakes=[mistake.name for mistake in mistakes],
        alternatives=[[str(plant) for plant in plants] for plants in found.alternatives],
        wrong_line="; ".join(mistake.wrong_line for mistake in mistakes),
        right_line="; ".join(mistake.right_line for mistake in mistakes),
        convention=words,
        example=patterns.example(judge, numbers),
        notes=notes + [f"no difference with {m.equivalent}" for m in mistakes if m.equivalent],
    )


def _at(plant: Plant) -> str:
    return "" if plant.layer is None else f"layer {plant.layer + 1}: "


def _depth(plant: Plant, judge: Judge) -> int:
    """Return the layer in which backpropagation meets a mistake first."""
    layers = [at.layer for at in judge.right.layers if plant.mistake.applies(at)]
    if plant.layer is not None:
        return plant.layer
    return max(layers) if layers else judge.right.layers[-1].layer


def unnamed(
    subject: str, first: tuple[str, int], judge: Judge, numbers: Numbers, words: list[str], notes: list[str]
) -> Verdict:
    """Return the verdict for numbers that no known mistake reproduces: where, and what pattern they have."""
    kind, layer = first
    where, pattern = patterns.describe(first, judge, numbers)
    place = "the loss" if kind == "loss" else f"layer {layer + 1} {where}"
    said = f"{place} is wrong, in a way that no known mistake reproduces"
    zero = [k for k, i, array in numbers.tensors() if i == layer and kind != "loss" and not np.any(array)]
    if zero:
        where = zero[0]
        said = (
            f"layer {layer + 1}: {' and '.join(zero)} {'are' if zero[1:] else 'is'} zero everywhere: not derived yet?"
        )
    return Verdict(
        subject,
        "wrong",
        said,
        where=place if kind == "loss" else f"layer {layer + 1} {where}",
        pattern=pattern,
        convention=words,
        example=patterns.example(judge, numbers),
        notes=notes,
    )
