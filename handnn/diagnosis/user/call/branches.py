"""A program as it runs where it does not train, if its way back asks for that: `if not self.training: ...`."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from ..source.arguments import words
from ..source.syntax import source_of
from ..source.words import TRAINING, bare
from .calling import frozen
from .program import Program, constant
from .subject import ProgramSubject


def branches(found: ProgramSubject) -> Iterator[tuple[str, ProgramSubject]]:
    """Yield in words how a program runs otherwise, and the subject of that, where it runs.

    An object has run once as it trains before: what it keeps for later is no longer as it was made.
    """
    program = found.program
    if not program.backward:
        return
    with frozen(program.module):
        world = program.build()
        program.go_forward(world)  # an engine goes back by a method of what it returns
        back: Any = program.backward[-1].function(world)
    for said, change in (*_flags(program, back), *_words(program, back)):
        changed = _changed(change)
        other = found.on(changed(program), found.seed)
        other.notes = list(found.notes)
        yield said, other


def _changed(change: Callable[[Program], Program]) -> Callable[[Program], Program]:
    def changed(program: Program) -> Program:
        other, redraw = change(program), program.redraw
        other.redraw = None if redraw is None else lambda seed, count: changed(redraw(seed, count))
        return other

    return changed


def _flags(program: Program, back: Any) -> Iterator[tuple[str, Callable[[Program], Program]]]:
    """Yield the attributes that say that an object trains, and of which its way back makes something else."""
    make, text = program.make, source_of(back)
    if make is None:
        return
    with frozen(program.module):
        world = program.build()
        program.go_forward(world)
    held = {n for n, v in vars(world["self"]).items() if isinstance(v, bool) and bare(n) in TRAINING}
    given = {n for call in program.forward for n in call.keywords if bare(n) in TRAINING}
    for name in sorted(n for n in held if re.search(rf"\bif .*\bself\.{n}\b", text)):

        def change(program: Program, name: str = name) -> Program:
            def build() -> Any:
                world = program.build()
                program.forward[0](world)
                value = getattr(world["self"], name)
                setattr(world["self"], name, not value)
                return world["self"]

            forward = [
                replace(call, keywords={**call.keywords, **{n: constant(False) for n in given if n in call.keywords}})
                for call in program.forward
            ]
            return replace(program, make=build, forward=forward)

        yield f"self.{name}={not getattr(world['self'], name)}", change


def _words(program: Program, back: Any) -> Iterator[tuple[str, Callable[[Program], Program]]]:
    """Yield the other words of a dict of settings that a way back holds what is in it against: mode == 'test'."""
    for name, settings in program.arguments.items():
        for key, value in settings.items() if isinstance(settings, dict) else ():
            known = words(back, key) if isinstance(key, str) and isinstance(value, str) else []
            for word in known if value in known else ():
                if word != value:
                    yield f"{name}[{key!r}]={word!r}", partial(_with, {name: settings | {key: word}})


def _with(arguments: dict[str, Any], program: Program) -> Program:
    return replace(program, arguments=program.arguments | arguments)
