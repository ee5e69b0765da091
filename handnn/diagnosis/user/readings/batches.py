"""Methods that move the weights: by what another method gives for each of a list of samples, or by what was kept."""

import ast
import inspect
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ..call.calling import frozen
from ..call.program import Call, Program, Ref, Several, argument, constant, method_of
from ..call.subject import ProgramSubject
from ..call.world import World
from ..source.arguments import numbers_read
from ..source.syntax import moves_own, source_of, tree_of
from ..source.words import RATES, bare
from .loss import Applied
from .losses import Scaled
from .roles import RATE, keywords, needed, setting
from .ways import update_of

COUNT = 3
"""So many samples are in a list."""


def over_samples(program: Program, cls: Any) -> Program | None:
    """Return the program of the method of a class that moves its weights by what another gives for each sample.

    Args:
        program: that of the other method, on one sample. Its loss is summed, or averaged, over the samples.
    """
    if len(program.forward) != 1 or program.backward or len(program.arguments) != 2 or program.redraw is None:
        return None
    inner = program.forward[0].function(program.build()).__name__
    own = {n: v for n, v in vars(cls).items() if inspect.isfunction(v) and moves_own(v)}
    for name, method in own.items():
        asked = re.search(r"for (\w+), (\w+) in (\w+):.*self\.(\w+)\(\1, \2\)", source_of(method), re.DOTALL)
        free = [p.name for p in needed(method)[1:]]
        if asked and asked[3] in free and asked[4] == inner and isinstance(program.loss, Applied):
            return _program(program, name, method, asked[3], free, getattr(cls, asked[4]).__qualname__)
    return None


def _program(program: Program, name: str, method: Any, of: str, free: list[str], inner: str) -> Program:
    redraw, loss = program.redraw, program.loss
    assert redraw is not None and isinstance(loss, Applied)

    def drawn(seed: int, samples: int) -> Program:
        pairs = [tuple(redraw(seed + 31 * k, 1).arguments.values()) for k in range(samples or COUNT)]
        return replace(found, arguments={of: pairs}, redraw=drawn)

    def each(world: World) -> list[World]:
        pairs = world["arguments"][of]
        names = list(program.arguments)
        seen = world["watched"][f"each {inner}"]
        return [
            {**world, **one, "arguments": dict(zip(names, pair, strict=True))}
            for one, pair in zip(seen, pairs, strict=True)
        ]

    def outputs(world: World) -> Several:
        return Several(program.output(one) for one in each(world))

    none = {n for n in free if n.startswith("l") and bare(n) not in RATES}  # a penalty: lmbda
    given = [argument(n) if n == of else constant(0.0 if n in none else setting(n, [])) for n in free]
    call = Call(method_of(name), given, keywords(method))
    found = replace(
        program, forward=[call], arguments={}, watch=frozenset({*program.watch, "", f"each {inner}"}), single=True,
        by_steps=True,
        passive=frozenset({of}), output=outputs, returned=(), inputs=frozenset({of}),
    )  # fmt: skip
    options = []
    for words, mean in (("summed over the samples", False), ("averaged over the samples", True)):
        value, slope, target = (
            _over(loss.loss, mean),
            _over(loss.derivative, mean),
            partial(_targets, loss.target, each),
        )
        applied = Applied(value, slope, lambda world: np.stack(outputs(world)), target, found)
        options.append((f"in {name} {words}", applied))
    found = replace(found, loss=options[0][1], variants=(tuple(options),), words=(*program.words, options[0][0]))
    return drawn(0, 0)


def _targets(target: Ref, each: Callable[[World], list[World]], world: World) -> Any:
    return np.stack([target(one) for one in each(world)])


def _over(part: Scaled, mean: bool) -> Scaled:
    """Return a loss, or its derivative, of each of several samples."""

    def values(output: Any, target: Any, samples: int) -> Any:
        found = [part(one, wanted, 1) for one, wanted in zip(output, target, strict=True)]
        return np.stack(found) / (len(found) if mean else 1)

    return values


def uses(found: ProgramSubject, cls: Any) -> tuple[range, dict[str, int]]:
    """Return the lines of the method that gives the gradients of each sample, and by leaf the line that uses them.

    Args:
        found: the subject of that method. Lines are those of its file.
    """
    inner = found.program.forward[0].function(found.program.build()).__name__
    given = tree_of(getattr(cls, inner))
    asks = [tree_of(v) for v in vars(cls).values() if inspect.isfunction(v) and f"self.{inner}(" in source_of(v)]
    made = [n for tree in asks if tree for n in ast.walk(tree) if isinstance(n, ast.Assign | ast.AugAssign)]
    asked = next((n for n in made if f"self.{inner}(" in ast.unparse(n.value)), None)
    if given is None or not isinstance(asked, ast.Assign) or not isinstance(asked.targets[0], ast.Tuple):
        return range(0), {}
    names = [ast.unparse(part) for part in asked.targets[0].elts]
    returned = list(found.program.returned)
    lines: dict[str, int] = {}
    for leaf, source in found.origins.items():
        key = source.place[1][1] if source.place is not None and len(source.place) > 1 else None
        place = returned.index(key) if key in returned else key if isinstance(key, int) else None
        later = (n for n in made if place is not None and n.lineno > asked.lineno)
        line = next((n.lineno for n in later if names[place or 0] in map(ast.unparse, ast.walk(n.value))), None)
        lines |= {leaf: line} if line is not None else {}
    return range(given.lineno, (given.end_lineno or 0) + 1), lines  # type: ignore[attr-defined]


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
    rate = next((v for n, v in numbers_read(getattr(built, update)).items() if n in RATES), program.rate)
    return replace(program, backward=[*program.backward, step], redraw=None, rate=rate)
