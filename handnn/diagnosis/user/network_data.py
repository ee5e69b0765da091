"""Networks that hold their weights themselves, in an object or in global variables: only the data is given."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import binding, parameters
from .inputs import widths as sizes_of
from .making import HIDDEN
from .network_loss import with_loss
from .network_roles import Tries, sample_count, setting
from .parameters import Layout
from .program import Program, argument
from .words import bare


def data_readings(
    program_of: Any, roles: dict[str, str], holder: Any, reference: str | None, forward: str = "", value: str = "",
    widths: list[int] | None = None, image: tuple[int, ...] | None = None,
) -> Iterator[Program]:  # fmt: skip
    """Yield readings in which only the data is given: the weights are in `holder`, whose sizes say what x and y may be.

    Args:
        image: the shape of one sample, if samples are images.
    """
    sizes = sizes_of(holder)[:8]
    pairs = [(widths[0], widths[-1])] if widths else [(i, o) for o in (*sizes[1:], sizes[0], 1) for i in sizes]
    x_name = next((n for n, role in roles.items() if role == "x"), None)
    y_name = next((n for n, role in roles.items() if role == "y"), None)
    tries = Tries()
    for layout in parameters.layouts({"folded": "no"}, False, True):
        if layout.kernel != ("io" if layout.samples in ("rows", "one row") else "oi"):
            continue
        if image is not None and layout.samples != "rows":
            continue
        for pair in dict.fromkeys(pairs):
            yield from tries(
                _data_reading(
                    program_of, roles, list(pair), layout, (x_name, y_name), reference, forward, value, 0, 0, image
                )
            )
    if x_name and y_name:
        yield from tries(_integer_sequences(program_of, roles, holder, (x_name, y_name), reference))
    tries.tell()


def _data_reading(
    program_of: Any, roles: dict[str, str], widths: list[int], layout: Layout, names: tuple[str | None, str | None],
    reference: str | None, forward: str, value: str, seed: int, samples: int, image: tuple[int, ...] | None = None,
) -> Iterator[Program]:  # fmt: skip
    x, y = parameters.network_data(widths, layout, seed, sample_count(widths, samples) if image is None else 2)
    if image is not None:
        x = np.random.default_rng(seed).normal(size=(2, *image))
    arguments: dict[str, Any] = {}
    for n, role in roles.items():
        if role in ("x", "y"):
            arguments[n] = x if role == "x" else y
        elif role in ("setting", "rate", "once"):
            arguments[n] = binding.RATE if role == "rate" else 1 if role == "once" else setting(n, widths)
    target = argument(names[1]) if names[1] else None

    def again(number: int) -> Callable[[int, int], Program]:
        def redraw(new: int, count: int) -> Program:
            made = _data_reading(program_of, roles, widths, layout, names, reference, forward, value, new, count, image)
            return next(itertools.islice(made, number, None))

        return redraw

    for number, program in enumerate(with_loss(program_of(arguments), target, reference, forward, value)):
        program.single, program.redraw = layout.samples.startswith("one"), again(number)
        program.words = (
            layout.words.replace(", W as (inputs, units), no bias", "").replace(", W as (units, inputs), no bias", ""),
            *program.words,
        )
        yield program


def _integer_sequences(
    program_of: Any, roles: dict[str, str], holder: Any, names: tuple[str, str], reference: str | None
) -> Iterator[Program]:
    """Yield a reading for recurrent networks of characters: lists of integers, and a state."""
    if not isinstance(holder, dict):
        return
    hidden = next((np.shape(v)[0] for k, v in holder.items() if bare(k) in ("whh", "wh", "w")), HIDDEN)
    arguments: dict[str, Any] = {names[0]: [0, 2, 1], names[1]: [2, 1, 0]}
    for n, role in roles.items():
        if role == "state":
            arguments[n] = np.random.default_rng(3).normal(size=(hidden, 1)) * 0.5
        elif role in ("setting", "rate", "once"):
            arguments[n] = 1
    program = program_of(arguments)
    yield from with_loss(program, None, reference)
