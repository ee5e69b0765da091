"""Data found by trying: a shape for each argument, kept where the function runs and gives finite numbers."""

import ast
import copy
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from ..call.calling import frozen
from ..call.making import CHANNELS, FILTERS, HIDDEN, IN, KERNEL, OUT, SAMPLES
from ..call.world import walk
from ..source.starts import rated_steps
from ..source.syntax import nodes_of, places
from ..source.words import bare, is_bias, is_weight
from .data import Data, distinct
from .roles import parameters, roles_of, setting
from .ways import is_value

WIDE, WORDS = 8, 7
SQUARES = ((WIDE, WIDE), (KERNEL, KERNEL), (IN, IN))
INTEGERS = (SAMPLES, 0)
"""Stands for integers, one a sample."""
SHAPES: tuple[tuple[int, ...], ...] = (
    (SAMPLES, IN), (IN,), (WORDS, IN), (IN, HIDDEN), (HIDDEN, IN), (HIDDEN,), (SAMPLES,), (SAMPLES, HIDDEN), (),
    (2, CHANNELS, WIDE), (FILTERS, CHANNELS, KERNEL), (FILTERS,), (WIDE,), (SAMPLES, 1), *SQUARES,
    (IN, 2, HIDDEN), (2, HIDDEN), INTEGERS,
)  # fmt: skip
"""The lengths differ, so that little fits by chance."""
PLAIN = ((IN,), ())
"""The shapes where arguments are many."""
KERNELS = ((IN, HIDDEN), (HIDDEN, OUT), (HIDDEN, HIDDEN), (HIDDEN, IN), (OUT, HIDDEN), (IN, OUT), (OUT, IN))
BIASES = ((HIDDEN,), (OUT,), (HIDDEN, 1), (OUT, 1), (1, HIDDEN), (1, OUT))
ROWS = ((SAMPLES, IN), (IN, SAMPLES), (IN,), (IN, 1))
TARGETS = ((SAMPLES, OUT), (OUT, SAMPLES), (SAMPLES,), (OUT,), (SAMPLES, 1), (OUT, 1))
PLACES = re.compile("idx|index|^[ijk]$|^pos$|word$|token")
"""Arguments that may be places in an array."""
OF_WORDS = re.compile(
    "(out|in)side|(cent(er|re)|context|word|target|outer|token|pos(itive)?|neg(ative)?)(word|sample)?(s|ids?|idx|index|indices)?"
    "|ids|samples"
)
"""Arguments that are places in a table, where others are."""
MOST, ENOUGH, MOST_UNKNOWN, LIKELY = 10_000, 5, 4, 6
LENGTHS, SHARE, KNOWN = (5, 4, 3, 2, 6), 0.7, re.compile("r|mask|known|rated|observed|indicator")
"""Sizes of what a vector is taken apart into; the share of ratings that are known, and names of the table of these."""
SIZES = (0.4, 1.0, 2.5)
"""Rows differ in size, so that margins are met on both sides."""


def tried(
    function: Any, step: Any, roles: dict[str, str], module: ModuleType | None, widths: Sequence[int] = ()
) -> Iterator[Data]:
    """Yield data on which a function runs, equal shapes first.

    Args:
        step: a function of the same arguments that must run too; None if there is none.
        roles: by argument. module: whose data is put back after each call. widths: of rows, where an object has the
            weights.
    """
    names = list(roles_of(function))
    rows = places(function)
    others = {n for n in names if roles.get(n) in ("settings", "cache", "upstream", "container")}
    free = [n for n in names if n not in others or (rows and OF_WORDS.fullmatch(bare(n)))]
    if not free or any(roles.get(n) == "container" for n in names):
        return
    known = [n for n in free if is_weight(n) or roles.get(n) in ("x", "y")]
    many = len(set(free) - rows) > MOST_UNKNOWN
    dense = step is None and many and any(map(is_weight, known)) and 2 * len(known) >= len(free)
    of_widths = [shape for width in widths[:LIKELY] for shape in ((SAMPLES, width), (width,))] + [(), (SAMPLES,)]
    usual = of_widths if widths else SHAPES
    places_too = rows | {n for n in free if rows and OF_WORDS.fullmatch(bare(n))}
    tables = {n for n in free if places(function, n) & places_too}
    of_tables = [shape for shape in usual if shape not in ((), INTEGERS)]
    shapes = (
        PLAIN if many and not dense
        else _shapes(n, roles[n], dense, n in places_too, of_tables if n in tables else usual)
        for n in free
    )  # fmt: skip
    choices = itertools.islice(itertools.product(*shapes), MOST)
    found: Counter[tuple[bool, int]] = Counter()
    loops = [node for node in nodes_of(function) if isinstance(node, ast.For)]
    apart = any("[" in target for loop in loops for target, _ in rated_steps(loop))  # each row is moved before the next
    for chosen in choices if many else sorted(choices, key=_far_fetched):
        if found[_far_fetched(chosen)] == ENOUGH:
            continue
        data = _data(names, dict(zip(free, chosen, strict=True)), roles, apart)
        given = data.draw(0, 0)
        wanted = [p.name for p in parameters(step) if p.default is p.empty] if step is not None else []
        more = {n: setting(n, []) for n in wanted if n not in given}
        if _runs(function, given, module) and (step is None or _runs(step, given | more, module, True)):
            yield data
            found[_far_fetched(chosen)] += 1
            if dense and found.total() == ENOUGH:
                return


def unrolled(function: Any, roles: dict[str, str], module: ModuleType | None) -> Iterator[Data]:
    """Yield data for a function that is given its weights in one vector, and the sizes to take it apart by.

    The other arrays have two of these sizes: ratings, and a table of 0 and 1 which of them are known.
    """
    names = list(roles_of(function))
    packed = [n for n in names if roles.get(n) == "container"]
    parts = _taken_apart(function, packed[0]) if len(packed) == 1 else []
    nodes = [part for shape in parts for size in shape for part in ast.walk(size)]
    inner = {part.id for part in nodes if isinstance(part, ast.Name)}
    sizes = dict(zip([n for n in names if n in inner], LENGTHS, strict=False))
    if len(sizes) < max(2, len(inner)) or any(isinstance(part, ast.Attribute | ast.Call) for part in nodes):
        return
    total = sum(int(np.prod([eval(ast.unparse(size), {}, sizes) for size in shape])) for shape in parts)
    tables = [n for n in names if n not in sizes and (roles[n] in ("x", "y", "output") or n.isupper())]
    for shape in itertools.permutations(sizes.values(), 2):

        def draw(seed: int, samples: int, shape: tuple[int, ...] = shape) -> dict[str, Any]:
            rng = np.random.default_rng(seed + 80)
            given = {n: sizes[n] if n in sizes else setting(n, []) for n in names}
            given[packed[0]] = rng.normal(size=total)
            known = (rng.random(shape) < SHARE).astype("float64")
            for name in tables:
                given[name] = known if KNOWN.fullmatch(bare(name)) else known * rng.normal(size=shape)
            return given

        if tables and _runs(function, draw(0, 0), module):
            yield Data(draw, f"{', '.join(tables)} of shape {shape}", single=True)
            return


def _taken_apart(function: Any, vector: str) -> list[list[ast.expr]]:
    """Return the shapes that parts of a vector are brought into: params[: n * k].reshape(n, k)."""
    found = []
    for node in nodes_of(function):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "reshape"):
            continue
        of_module = isinstance(node.func.value, ast.Name) and node.func.value.id in ("np", "numpy")
        part, *shape = node.args if of_module else (node.func.value, *node.args)
        shape = list(shape[0].elts) if shape and isinstance(shape[0], ast.Tuple | ast.List) else shape
        if isinstance(part, ast.Subscript) and ast.unparse(part.value) == vector:
            found.append(shape)
    return found


def _shapes(name: str, role: str, dense: bool, place: bool, usual: Any) -> tuple[tuple[int, ...] | None, ...]:
    """Return the shapes to try for an argument; beside weights those of rows and labels are few."""
    if place:
        return None, INTEGERS
    if dense and is_weight(name):
        return BIASES if is_bias(name) else KERNELS
    if dense and role in ("x", "y"):
        return ROWS if role == "x" else TARGETS
    return tuple(usual) if PLACES.search(bare(name)) is None else (*usual, None)


def _far_fetched(chosen: tuple[tuple[int, ...] | None, ...]) -> tuple[bool, int]:
    """Return how far-fetched shapes are: images and squares, in which much fits by chance, come last."""
    return any(s is not None and (len(s) > 2 or s in SQUARES) for s in chosen), len(set(chosen))


def _data(names: list[str], shapes: dict[str, tuple[int, ...] | None], roles: dict[str, str], apart: bool) -> Data:
    """Return data in these shapes; None is a place in an array.

    Args:
        apart: whether places are all different.
    """

    def draw(seed: int, samples: int) -> dict[str, Any]:
        rng, given = np.random.default_rng(seed + 70), {}
        for place, name in enumerate(names):
            shape = shapes.get(name, ())
            if name not in shapes:
                given[name] = setting(name, [IN, HIDDEN])
            elif shape is None:
                given[name] = (1, 2, 0)[sum(shapes.get(n, ()) is None for n in names[:place]) % 3]
            elif shape == INTEGERS:
                given[name] = rng.permutation(KERNEL) + KERNEL if apart else rng.integers(0, KERNEL, SAMPLES)
            elif roles.get(name) == "y":
                given[name] = rng.integers(0, 2, shape).astype("float64")
            else:
                array = distinct(shape, seed + 70 + 13 * place)
                sizes = np.resize(SIZES, shape[:1]).reshape(-1, *[1] * (len(shape) - 1)) if len(shape) > 1 else 1.0
                given[name] = np.asarray(array * sizes) if shape or roles.get(name) == "weight" else abs(float(array))
        return given

    said = ", ".join(f"{n} {_words(shape)}" for n, shape in shapes.items())
    return Data(draw, f"shapes {said}", single=True, guessed=True)


def _words(shape: tuple[int, ...] | None) -> str:
    return "an index" if shape is None else "indices" if shape == INTEGERS else str(shape)


def _runs(function: Any, given: dict[str, Any], module: ModuleType | None, silent: bool = False) -> bool:
    """Return whether a function takes these arguments and gives finite numbers."""
    try:
        with frozen(module), np.errstate(all="ignore"):
            returned = copy.deepcopy(function)(**copy.deepcopy(given))  # a method's object is left as it is
        arrays = [np.asarray(value) for _, value in walk(returned, (("[", "forward"),), scalars=True)]
        first = returned[0] if isinstance(returned, tuple) and returned else returned
        whole = silent or not is_value(function) or np.size(first) == 1  # a loss is one number, gradients may follow
        return (
            (bool(arrays) or silent)
            and whole
            and all(a.dtype.kind in "fiub" and np.all(np.isfinite(a)) for a in arrays)
        )
    except Exception:  # a user's code may raise anything
        return False
