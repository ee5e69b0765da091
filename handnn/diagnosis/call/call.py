"""Calling a user's function: on copies, its printing kept apart, and what it did besides returning noticed."""

import contextlib
import io
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ...core.variable import Array
from ..user.call.calling import described, frozen
from ..user.call.program import Program
from ..user.call.world import World, plain


class Call(NamedTuple):
    """What a call did. `error` is the exception's last line, with the user's own line; None if it returned."""

    returned: Any
    error: str | None
    printed: str
    changed: list[str]

    @property
    def notes(self) -> list[str]:
        """What is worth a note: that it prints."""
        return [f"it prints: {' '.join(self.printed.split())[:60]}"] if self.printed else []


def call(function: Callable[..., Any], *arguments: Any, names: tuple[str, ...] = ("parameters", "x", "y")) -> Call:
    """Call the function on these arguments (made for this call) and report what happened to them."""
    before = [_snapshot(argument) for argument in arguments]
    printed, returned, error = io.StringIO(), None, None
    with contextlib.redirect_stdout(printed), np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            returned = function(*arguments)
        except Exception as problem:  # whatever a user's code raises is its verdict
            error = described(problem)
    after = [_snapshot(argument) for argument in arguments]
    names = (*names, *(f"argument {i + 1}" for i in range(len(names), len(arguments))))
    changed = [name for name, a, b in zip(names, before, after, strict=False) if not _same(a, b)]
    return Call(returned, error, printed.getvalue(), changed)


def _snapshot(value: Any) -> list[Array]:
    if isinstance(value, np.ndarray):
        return [value.copy()]
    if isinstance(value, list | tuple):
        return [array for part in value for array in _snapshot(part)]
    return [np.asarray(value)] if isinstance(value, int | float) else []


def _same(one: list[Array], other: list[Array]) -> bool:
    return len(one) == len(other) and all(
        a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        for a, b in zip(one, other, strict=True)
    )


def numbers(made: Call) -> tuple[Array | None, str]:
    """Return the result of a call as real numbers in float64, or why it is none."""
    if made.error is not None:
        return None, made.error
    if made.returned is None:
        return None, "it returns None: is a `return` missing?"
    try:
        found = np.asarray(made.returned)
    except ValueError:
        return None, "it returns rows of different lengths"
    if found.dtype.kind not in "fiub":
        return None, f"it returns {found.dtype}, not real numbers"
    return found.astype("float64"), ""


def run(program: Program, arguments: Mapping[str, Any], upstream: Any = None) -> World:
    """Return the world after a program that was read ran on other arguments; with an upstream also its way back."""
    with frozen(program.module):
        world = program.build()
        world["arguments"] |= arguments
        program.go_forward(world)
        world["output"] = plain(program.output(world))
        if upstream is not None:
            world["upstream"] = [np.reshape(upstream, np.shape(world["output"]))]
            program.go_backward(world)
        return world
