"""Data for objects that hold their weights: shapes guessed from the sizes of what they hold."""

import itertools
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..call.making import CHANNELS, IN, SAMPLES, SIDE, TIME
from ..call.world import walk
from ..source.syntax import source_of
from .data import Data, distinct
from .roles import setting

HOPELESS, LARGEST = 5, 1_000_000
SIDES = re.compile("(in(put)?|im(age)?|img)_?(size|height|width|h|w)|height|width", re.IGNORECASE)
"""Names of the height and width of images."""
Sizes = dict[str, tuple[str, tuple[int, ...]]]


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


def _side(built: Any) -> int:
    """Return the height and width of images: what an object keeps as its input's, or the usual one."""
    kept = (v for n, v in getattr(built, "__dict__", {}).items() if SIDES.fullmatch(n) and type(v) is int)
    return next((v for v in kept if v > 1), SIDE)


def inputs(built: Any, shape: Any = None, samples: int = 0) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield (kind, shape) of inputs to try.

    A kind is 'rows', 'columns', 'one sample', 'sequence', 'image', 'integers', 'list of ...' (one each time step) or
    'several of rows' (such as pairs of samples).

    Args:
        shape: the shape of one sample, if it is known.
        samples: how many; 0 for the usual number.
    """
    if shape is not None:
        own = (shape,) if isinstance(shape, int) else tuple(shape)
        count = samples or (SAMPLES if len(own) == 1 else 2)
        rows = (count, *own)
        yield from (("rows", rows), ("one sample", own), ("columns", (*own, count)), ("integers", rows))
        if len(own) == 1:
            yield from (("one sample", (*own, 1)), ("one sample", (1, *own)))
        return
    sizes, many, few, side = widths(built), samples or SAMPLES, samples or 2, _side(built)
    yield from (("rows", (many, width)) for width in sizes)
    yield from (("columns", (width, many)) for width in sizes if width > 1)  # a row of many features is one sample
    for channels in dict.fromkeys([CHANNELS, *sizes, 1]):
        yield "image", (few, channels, side, side)
        yield "image", (few, side, side, channels)
    yield from (("sequence", (few, TIME, width)) for width in sizes)
    yield from (("sequence", (few, CHANNELS, 7)), ("sequence", (few, 7, CHANNELS)))
    for channels in dict.fromkeys([CHANNELS, 1, *sizes]):
        yield "one sample", (channels, side, side)
        yield "one sample", (side, side, channels)
    yield "one sample", (side, side)
    yield from (("one sample", (width,)) for width in sizes)
    yield from (("one sample", (width, 1)) for width in sizes)
    yield from (("one sample", (1, width)) for width in sizes)
    yield from (("list of columns", (width, 1)) for width in sizes)
    yield from (("list of rows", (1, width)) for width in sizes)
    yield from (("list of vectors", (width,)) for width in sizes)
    yield from (("several of rows", (many, width)) for width in sizes[:2])
    yield "volume", (4, 4, 4, few)
    yield from (("integers", (few, TIME)), ("integers", (many,)), ("list of integers", (TIME,)))


def more(built: Any, kind: str, first: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Yield shapes of a further input beside the first, such as a state: its own width, as many samples."""
    for width in widths(built)[:8]:
        if kind == "columns":
            yield width, first[-1]
        elif kind == "one sample" or kind.startswith("list"):
            yield (width,) if len(first) == 1 and "integers" not in kind else (width, 1)
        else:
            yield first[0], width
    yield first


def drawn(kind: str, shape: tuple[int, ...], seed: int, limit: int = 3) -> Any:
    """Return random data of a kind."""
    if kind == "integers":
        return np.random.default_rng(seed).integers(0, limit, shape)
    if kind == "list of integers":
        return [int(n) for n in np.random.default_rng(seed).permutation(limit)]
    if kind.startswith(("list", "several")):
        return [np.random.default_rng([seed, place]).normal(size=shape) for place in range(TIME)]
    return distinct(shape, seed)


def of_object(
    built: Any, inputs_by_role: dict[str, str], shape: Any = None, labelled: bool = False, places: bool = False
) -> Iterator[tuple[str, Iterator[Data]]]:
    """Yield (kind of input, data for it).

    Args:
        inputs_by_role: the role of each argument of the forward step. shape: of one sample, if it is known.
        places: whether the first input holds places in arrays: integers come first then.
    """
    names = sorted(inputs_by_role, key=lambda n: inputs_by_role[n] == "settings")
    if not names:
        yield "nothing", iter([Data(lambda seed, samples: {}, "the data is held by the object")])
        return
    sizes = widths(built)
    if labelled and shape is None and _of_one_number(built):
        yield "one sample", _more(built, "one sample", (1,), names, inputs_by_role, labelled, sizes)
    kinds = inputs(built, shape)
    for kind, size in sorted(kinds, key=lambda one: one[0] != "list of integers") if places else kinds:
        if (np.prod(size) == 1 and shape is None) or np.prod(size) > LARGEST:  # one number proves nothing
            continue
        yield kind, _more(built, kind, size, names, inputs_by_role, labelled, sizes)


def _of_one_number(built: Any) -> bool:
    """Return whether an object's weights are numbers, and its source has no samples in mind: x is a number too."""
    cls: Any = type(built)
    arrays = [array for _, array in walk(built, scalars=True)]
    counts = re.search(r"sum|mean|average|len\(|shape|axis|dot|@", source_of(cls))
    return bool(arrays) and all(np.size(array) == 1 for array in arrays) and counts is None


def _more(
    built: Any, kind: str, size: tuple[int, ...], names: list[str], roles: dict[str, str], labelled: bool,
    sizes: list[int],
) -> Iterator[Data]:  # fmt: skip
    given_too = ("x", "state", "upstream", "output", "cache")
    rest = [n for n in names[1:] if roles[n] in given_too or not (labelled or roles[n] == "settings")]
    fixed = {n: setting(n, sizes) for n in names[1:] if n not in rest}
    states = len(rest) > 1 and all(roles[n] == "state" for n in rest)  # h and c are of one shape
    alike = ([shape] * len(rest) for shape in more(built, kind, size))
    ways: Iterator[Any] = alike if states else itertools.product(*(more(built, kind, size) for _ in rest))
    if len(rest) > 1 and all(roles[n] == "x" for n in rest):  # queries, keys and values
        ways = itertools.chain([(size,) * len(rest)], ways)
    for others in itertools.islice(ways, 60):
        given: Sizes = {names[0]: (kind, size)}
        given |= {n: ("state" if kind.startswith("list") else kind, s) for n, s in zip(rest, others, strict=True)}
        yield _data(given, fixed)


def _data(given: Sizes, fixed: dict[str, Any]) -> Data:
    kind, size = next(iter(given.values()))

    def draw(seed: int, samples: int) -> dict[str, Any]:
        arrays = {
            n: drawn(own, _resized(s, kind, samples, size), seed + 100 + 17 * place)
            for place, (n, (own, s)) in enumerate(given.items())
        }
        return arrays | fixed

    column = kind == "columns" or (kind == "one sample" and len(size) == 2 and size[1] == 1)
    shapes = " and ".join(str(s) for _, s in given.values())
    said = {"rows": "samples in rows", "columns": "samples in columns"}.get(kind, kind)
    return Data(draw, f"{said}, of shape {shapes}", kind.startswith(("one", "list")), 0 if column else -1)


def _resized(size: tuple[int, ...], kind: str, samples: int, first: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape with another number of samples."""
    if not samples or kind.startswith(("one", "list")) or len(size) < 2:
        return size
    if kind == "columns":
        return (*size[:-1], samples) if size[-1] == first[-1] else size
    return (samples, *size[1:]) if size[0] == first[0] else size
