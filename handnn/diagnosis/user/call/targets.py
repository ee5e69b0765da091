"""The same loss with other targets: one hot labels hide what a loss does far from its targets, and with classes."""

from dataclasses import replace
from typing import Any

import numpy as np

from ..protocols import Plain
from .program import Program
from .subject import ProgramSubject, agreement

OTHER_LABELS = {"targets: one hot": "targets: integers", "targets: integers": "targets: one hot"}
NUMBERS = "targets: numbers"
OUTPUTS = 3
FAR = (0.4, 1.7, 6.2)
"""How far predictions are from targets: on both sides of the bends of the usual losses, and not on one."""


def with_numbers(found: Any) -> Any:
    """Return a loss of differences with numbers for targets, far from its predictions; all else as it is.

    It is one of differences if it does not change where the same is added to both, to each element something else: one
    number added to all changes no softmax either.
    """
    if not isinstance(found, ProgramSubject) or found.kind != "loss" or NUMBERS in found.program.words:
        return found

    def turned(program: Program, seed: int, shift: float = 0.0) -> Program:
        rng, shape = np.random.default_rng([seed, 7]), np.shape(program.arguments["y_pred"])
        p = 1.3 * rng.normal(size=shape) + shift * np.random.default_rng([seed, 8]).normal(size=shape)
        y = p + rng.choice((-1, 1), shape) * rng.choice(FAR, shape)
        words = tuple(NUMBERS if word.startswith("targets: ") else word for word in program.words)
        return replace(program, arguments={**program.arguments, "y_true": y, "y_pred": p}, words=words)

    try:
        here, there = (found.on(turned(found.program, found.seed, shift), found.seed) for shift in (0.0, 1.0))
        losses = [other.run(Plain(), backward=False)[0] for other in (here, there)]
        if not np.isclose(losses[0], losses[1], rtol=1e-9) or np.shape(here.run(Plain())[1]["y_pred"]) != np.shape(
            here.values["y_pred"]
        ):
            return found
    except Exception:  # it takes labels only
        return found
    redraw = found.program.redraw
    here.program.redraw = None if redraw is None else lambda seed, count: turned(redraw(seed, count), seed)
    return here


def with_other_labels(found: ProgramSubject) -> ProgramSubject | None:
    """Return a loss with classes for one hot labels, or the other way round, if it takes both and is wrong there.

    It takes both if the loss is the same.
    """
    form = next((word for word in found.program.words if word in OTHER_LABELS), None)
    if form is None:
        return None

    def turned(program: Program) -> Program:
        y, p = program.arguments["y_true"], program.arguments["y_pred"]
        labels = np.argmax(y, axis=-1) if y.ndim > 1 else np.eye(p.shape[-1])[y]
        words = tuple(OTHER_LABELS.get(word, word) for word in program.words)
        return replace(program, arguments={**program.arguments, "y_true": labels}, words=words)

    redraw = found.program.redraw
    try:
        program = turned(found.program)
        program.redraw = None if redraw is None else lambda seed, count: turned(redraw(seed, count))
        other = found.on(program, found.seed)
        same = np.isclose(found.run(Plain(), backward=False)[0], other.run(Plain(), backward=False)[0], rtol=1e-9)
        return other if same and not agreement(other)[0] >= set(found.claimed) else None
    except Exception:  # it takes one form only
        return None


def of_one_output(found: ProgramSubject) -> bool:
    """Return whether a loss that is right has one output for each sample, and takes several, of which it is wrong."""
    if found.kind != "loss" or np.shape(found.values["y_pred"])[1:] != (1,):
        return False

    def wider(program: Program, seed: int) -> Program:
        rng, shape = np.random.default_rng([seed, 9]), (*np.shape(program.arguments["y_pred"])[:1], OUTPUTS)
        given = {n: rng.uniform(0.1, 0.9, shape) for n in ("y_true", "y_pred")}
        return replace(program, arguments={**program.arguments, **given})

    try:
        other = found.on(wider(found.program, found.seed), found.seed)
        right, near = agreement(other)
        return not set(found.claimed) <= right | near
    except Exception:  # it takes one output only
        return False
