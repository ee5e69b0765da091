"""The step that an object takes by itself after its way back."""

import re
from dataclasses import replace
from typing import Any

from ..call.calling import frozen
from ..call.program import Call, Program, constant, method_of
from ..source.words import RATES, bare
from .roles import RATE, keywords, needed

UPDATES = re.compile("(apply|update|step|optimize|gradientdescent)(weights?|params|parameters|gradients?|grads)?")


def update_of(built: Any) -> str | None:
    """Return the method of an object that moves its weights, and needs nothing but a rate."""
    own = [n for n in dir(type(built)) if UPDATES.fullmatch(bare(n).strip("_")) and callable(getattr(built, n))]
    return next((n for n in own if all(bare(p.name) in RATES for p in needed(getattr(built, n)))), None)


def with_update(program: Program) -> Program | None:
    """Return the program of an object with its own step after the way back; None if there is no step of its own."""
    with frozen(program.module):
        built = program.build().get("self")
    update = update_of(built)
    if (
        update is None
        or not program.backward
        or update in (getattr(c.function({"self": built}), "__name__", "") for c in program.backward)
    ):
        return None
    step = Call(
        method_of(update),
        [constant(RATE) for _ in needed(getattr(built, update))],
        keywords(getattr(built, update)),
        "updated",
    )

    return replace(program, backward=[*program.backward, step], redraw=None)
