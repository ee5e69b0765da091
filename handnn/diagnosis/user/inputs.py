"""Input shapes for layers, guessed from the sizes of the object's arrays, and random data for them."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from .making import CHANNELS, IN, SAMPLES, SIDE, TIME
from .world import walk


def widths(built: Any) -> list[int]:
    """Return the sizes that an object's input may have: those of its arrays and integers, then common ones."""
    found: dict[int, None] = {}
    for _, array in walk(built):
        found.update(dict.fromkeys(n for n in array.shape if n > 1))
    sizes = [v for v in getattr(built, "__dict__", {}).values() if isinstance(v, int) and not isinstance(v, bool)]
    found.update(dict.fromkeys(n for n in sizes if 1 < n < 50))
    joint = [a - b for a in found for b in found if 0 < a - b < 50 and a - b not in found]  # [h, x] side by side
    found.update(dict.fromkeys([IN, 3, 5, 2, *joint, 8, 1]))
    return list(found)[:14]


def inputs(built: Any, shape: Any = None, samples: int = 0) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield (kind, shape) of inputs to try.

    A kind is 'rows', 'columns', 'one sample', 'sequence', 'image', 'integers' or 'list of ...'.

    Args:
        shape: the shape of one sample, if it is known.
        samples: how many; 0 for the usual number.
    """
    if shape is not None:
        own = (shape,) if isinstance(shape, int) else tuple(shape)
        count = samples or (SAMPLES if len(own) == 1 else 2)
        yield from (
            ("rows", (count, *own)),
            ("one sample", own),
            ("columns", (*own, count)),
            ("integers", (count, *own)),
        )
        return
    sizes, many, few = widths(built), samples or SAMPLES, samples or 2
    yield from (("rows", (many, width)) for width in sizes)
    yield from (("columns", (width, many)) for width in sizes)
    for channels in dict.fromkeys([CHANNELS, *sizes, 1]):
        yield "image", (few, channels, SIDE, SIDE)
        yield "image", (few, SIDE, SIDE, channels)
    yield from (("sequence", (few, TIME, width)) for width in sizes)
    for channels in dict.fromkeys([CHANNELS, 1, *sizes]):
        yield "one sample", (channels, SIDE, SIDE)
        yield "one sample", (SIDE, SIDE, channels)
    yield "one sample", (SIDE, SIDE)
    yield from (("one sample", (width,)) for width in sizes)
    yield from (("one sample", (width, 1)) for width in sizes)
    yield from (("one sample", (1, width)) for width in sizes)
    yield from (("list of columns", (width, 1)) for width in sizes)
    yield from (("list of rows", (1, width)) for width in sizes)
    yield from (("integers", (few, TIME)), ("integers", (many,)))


def more(built: Any, kind: str, first: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Yield shapes of a further input beside the first, such as a state: its own width, as many samples."""
    for width in widths(built)[:8]:
        if kind == "columns":
            yield width, first[-1]
        elif kind == "one sample":
            yield (width,) if len(first) == 1 else (width, 1)
        else:
            yield first[0], width
    yield first


def data(kind: str, shape: tuple[int, ...], seed: int, limit: int = 3) -> Any:
    """Return random data; distinct values, away from the kinks at 0."""
    rng = np.random.default_rng(seed + 100)
    if kind == "integers":
        return rng.integers(0, limit, shape)
    if kind.startswith("list"):
        return [rng.normal(size=shape) for _ in range(TIME)]
    x = rng.normal(size=shape)
    return x + 0.02 * np.sign(x)
