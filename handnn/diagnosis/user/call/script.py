"""What a file's own script calls its functions with: data, objects and links between calls as they are meant.

The statements at module level (of a notebook those of its cells), and those under `if __name__ == "__main__"`, run
once, until each function of the file was called or the time is over; whatever they raise ends them.
"""

import ast
import contextlib
import copy
import inspect
import itertools
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import numpy as np

from ...lines.deadline import SlowError, deadline, patience
from ..refused import reading_only
from ..source.copies import cells_of
from ..source.syntax import parsed
from ..source.words import LOOP
from .calling import Globals, frozen, size_of
from .program import Call, Program
from .world import get, last_name, put, walk

SECONDS, WALL = 1.5, 10.0
MOST, LARGE, ROWS = 20_000, 2_000_000, 8
"""Numbers in the arguments of a call: longer data is cut to so many rows, that of large calls is not kept."""
NO_SCRIPT = ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
KEPT = re.compile(".*grad|d[A-Z_]|d[wb]|delta|vel|mom|[mvs]_?$|cache|running")
"""What an object adds up from one call to the next begins as it did in the script."""


@dataclass
class Called:
    """A call: its arguments by name as they were before it, and those without a name or without a parameter.

    `owner` is what it was a method of, as it was before it. `links` tells which arguments are objects that another call
    had or made: ("forward", "item:1") by name.
    """

    arguments: dict[str, Any]
    more: tuple[Any, ...] = ()
    keywords: dict[str, Any] = field(default_factory=dict)
    owner: Any = None
    links: dict[str, tuple[str, str]] = field(default_factory=dict)

    def made(self, function: Any) -> Any:
        """Return a copy of the owner; without one what a function or class returns for copies of these arguments."""
        if self.owner is not None:
            return copy.deepcopy(self.owner)
        given, more, keywords = copy.deepcopy((self.arguments, self.more, self.keywords))
        return function(*given.values(), *more, **keywords) if more else function(**given, **keywords)


class _Enough(BaseException):
    """Every function of the file was called. No Exception, so that the script does not swallow it."""


class Script:
    """The script of a file; it runs when it is first asked for a call.

    Args:
        file: as its author wrote it. module: the same, imported; its data is put back after the script.
    """

    def __init__(self, file: Path, module: ModuleType) -> None:
        self.file, self.module = file, module
        self._calls: dict[str, Called] | None = None

    @property
    def calls(self) -> dict[str, Called]:
        """The first call of each function that the script calls, `Class.method` for a method, in their order."""
        if self._calls is None:
            self._calls = {}
            with contextlib.suppress(Exception):
                self._run(self._calls)
        return self._calls

    def call(self, name: str) -> Called | None:
        """Return the first call of a function; None if the script makes none.

        A loop of the script that became a function takes what the file has.
        """
        loop = vars(self.module).get(name) if name == LOOP else None
        given = list(inspect.signature(loop).parameters) if loop is not None else []
        if loop is not None and set(given) <= {*vars(self.module), *given[-1:]}:
            return Called({n: copy.deepcopy(vars(self.module)[n]) for n in given if n in vars(self.module)})
        return self.calls.get(name)

    def last(self, cls: str) -> Called | None:
        """Return the last of the first calls of methods of a class: its object is as complete as it gets."""
        return next((call for name, call in reversed(self.calls.items()) if name.startswith(f"{cls}.")), None)

    def _run(self, calls: dict[str, Called]) -> None:
        notebook = self.file.suffix == ".ipynb"
        trees = (tree for _, _, tree in cells_of(self.file)) if notebook else (parsed(self.file),)
        body = [node for tree in trees for node in tree.body]
        parts = [node for node in body if not isinstance(node, NO_SCRIPT)]
        inner = [n.body if isinstance(n, ast.If) and "__name__" in ast.unparse(n.test) else [n] for n in parts]
        names, before = vars(self.module), dict(vars(self.module))
        own = [n for n in body if isinstance(n, ast.FunctionDef) and _is_given_more(before.get(n.name), n)]
        code = compile(ast.Module([*own, *itertools.chain(*inner)], []), str(self.file), "exec")
        others = {n: v for n, v in before.items() if n not in {node.name for node in own}}
        wanted = {code for value in others.values() for code in _codes(value, self.module.__name__)}
        data = Globals(self.module, [n for n in names if not n.startswith("__")])
        profile = sys.getprofile()
        ends = contextlib.suppress(Exception, SystemExit, SlowError, _Enough)
        try:
            with frozen(self.module), reading_only(), ends, patience(WALL), deadline(SECONDS):
                try:
                    sys.setprofile(_watcher(wanted, calls))
                    exec(code, names)
                finally:
                    sys.setprofile(profile)
        finally:
            for name in set(names) - set(before):
                del names[name]
            names.update(before)
            data.restore()


def _is_given_more(function: Any, node: ast.FunctionDef) -> bool:
    """Return whether the function that is read has other arguments than its author wrote: weights that it makes."""
    written = len(node.args.posonlyargs) + len(node.args.args)
    return inspect.isfunction(function) and function.__code__.co_argcount > written


def _watcher(wanted: set[Any], calls: dict[str, Called]) -> Any:
    """Return a profiler that writes the first calls of the wanted code into `calls`, and ends when it has all."""
    left, end = set(wanted), time.process_time() + SECONDS
    made: dict[str, dict[str, Any]] = {}

    def seen(frame: FrameType, event: str, value: Any) -> None:
        if time.process_time() > end:  # where a system has no timer
            raise _Enough
        code = frame.f_code
        if event not in ("call", "return") or code not in wanted:
            return
        count = code.co_argcount + code.co_kwonlyargcount
        given = {n: frame.f_locals[n] for n in code.co_varnames[:count] if n in frame.f_locals}
        owner = given.pop("self", None)
        name = code.co_name if owner is None else f"{type(owner).__name__}.{code.co_name}"
        if event == "return":
            items = {f"item:{place}": part for place, part in enumerate(value)} if type(value) is tuple else {}
            made[name] = {"whole": value, **items, **made.get(name, {})}
            if not left:
                raise _Enough
            return
        if name not in calls and size_of(given) < LARGE:
            variadic = bool(code.co_flags & inspect.CO_VARARGS)
            more = frame.f_locals[code.co_varnames[count]] if variadic else ()
            keyed = code.co_varnames[count + variadic] if code.co_flags & inspect.CO_VARKEYWORDS else ""
            with contextlib.suppress(Exception):
                small = code.co_name != "__init__" and size_of(getattr(owner, "__dict__", 0)) < LARGE
                held = owner if small else None
                kept = copy.deepcopy((_cut(given), more, frame.f_locals.get(keyed, {}), held))
                calls[name] = Called(*kept, links=_links(given, made))
        made[name] = {f"given:{n}": v for n, v in given.items()}
        left.discard(code)

    return seen


def _links(given: dict[str, Any], made: dict[str, dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """Return which arguments are the very objects that other calls had or made."""
    found: dict[str, tuple[str, str]] = {}
    for name, value in given.items():
        if isinstance(value, np.ndarray | list | dict | tuple):
            places = [(function, role) for function, parts in made.items() for role, v in parts.items() if v is value]
            same = [place for place in places if place[1] == f"given:{name}"]  # one array may be given twice
            found.update((name, place) for place in (same or places)[:1])
    return found


def _codes(value: Any, module: str) -> list[Any]:
    """Return the code of a function, or of the methods of a class, of the module."""
    if getattr(value, "__module__", None) != module:
        return []
    own = vars(value).values() if isinstance(value, type) else [value]
    return [f.__code__ for f in own if hasattr(f, "__code__")]


def _cut(given: dict[str, Any]) -> dict[str, Any]:
    """Return arguments with fewer rows, where arrays are too large: the axis that they share is that of samples."""
    shapes = [v.shape for v in given.values() if isinstance(v, np.ndarray) and v.ndim]
    if size_of(given) < MOST or not shapes:
        return given
    for axis in (0, -1):
        length = shapes[0][axis]
        if length > ROWS and sum(shape[axis] == length for shape in shapes) > min(1, len(shapes) - 1):
            return {n: np.take(v, range(ROWS), axis) if isinstance(v, np.ndarray) and v.ndim and v.shape[axis] == length
                    else v for n, v in given.items()}  # fmt: skip
    return given


def redrawn(value: Any, seed: int, role: str = "", place: int = 0) -> Any:
    """Return data like this: other numbers of its size where they are real, its own labels and settings.

    With seed 0 it is as it was, but a weight or state that is 0 everywhere: that hides mistakes.

    Args:
        role: "weight", also of what is kept together; "state"; "input" for numbers away from the bends at 0 with every
            seed.
        place: another one, other numbers.
    """
    rng = np.random.default_rng([seed, place])
    if isinstance(value, dict):
        role = role or "weight"
        return {n: redrawn(v, seed, role, 31 * place + inner) for inner, (n, v) in enumerate(value.items(), 1)}
    if isinstance(value, list | tuple) and type(value) in (list, tuple):
        return type(value)(redrawn(v, seed, role, 31 * place + inner) for inner, v in enumerate(value, 1))
    if hasattr(value, "__dict__") and not isinstance(value, np.ndarray):
        found = copy.deepcopy(value)
        for inner, (path, array) in enumerate(list(walk(found, (("[", "value"),))), 1):
            if not KEPT.match(last_name(path)) and array is get({"value": found}, path):
                put({"value": found}, path, redrawn(array, seed, role or "weight", 31 * place + inner))
        return found
    if not isinstance(value, np.ndarray) or value.dtype.kind != "f" or not value.size:
        return copy.deepcopy(value)
    noise = rng.normal(size=value.shape)
    constant = value.size > 1 and np.ptp(value) == 0
    if role == "input":
        new = noise + 0.02 * np.sign(noise)
    elif constant and role in ("weight", "state"):
        new = value + 0.3 * noise
    elif not seed or constant or np.all(np.isin(value, (-1, 0, 1))):
        new = value.copy()
    elif value.min() >= 0:  # probabilities, pixels
        new = rng.uniform(value.min(), value.max(), value.shape)
    else:
        new = value.mean() + value.std() * noise
    return new.astype(value.dtype)


def alike(given: dict[str, Any]) -> list[str]:
    """Return the names of arrays that are equal to an earlier one: one mistaken for the other would not show."""
    arrays = [(n, v) for n, v in given.items() if isinstance(v, np.ndarray) and v.size > 1]
    return [n for i, (n, v) in enumerate(arrays) if any(np.array_equal(v, other) for _, other in arrays[:i])]


def on_several(program: Program, script: Script) -> bool:
    """Return whether the script gives the backward function several samples of what the forward one is given once."""
    if program.make is not None or not (program.forward and program.backward):
        return False
    with frozen(program.module):
        world = program.build()
        first = _more_axes(program.forward[0], world, script)
        program.go_forward(world)
        last = _more_axes(program.backward[-1], world, script)
    return bool(first and last) and max(last) > max(first)


def _more_axes(call: Call, world: Any, script: Script) -> set[int]:
    """Return how many axes more arrays have in the script than a call is given."""
    called = script.call(getattr(call.function(world), "__name__", ""))
    known = list(called.arguments.values()) if called is not None else []
    found = set()
    for ref, value in zip(call.arguments, known, strict=False):
        with contextlib.suppress(KeyError):  # a gradient from above is given later
            own = ref(world)
            if isinstance(value, np.ndarray) and isinstance(own, np.ndarray):
                found.add(np.ndim(value) - np.ndim(own))
    return found


def of_samples(value: Any, count: int, samples: int) -> Any:
    """Return an array of so many samples in rows for one of `count`, anything else as it is."""
    if not samples or not isinstance(value, np.ndarray) or value.shape[:1] != (count,):
        return value
    return np.resize(value, (samples, *value.shape[1:]))
