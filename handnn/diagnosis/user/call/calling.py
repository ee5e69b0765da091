"""Call a user's code: with randomness that repeats, warnings off, what it prints captured, its frames watched."""

import contextlib
import copy
import functools
import io
import itertools
import random
import sys
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import numpy as np

SEED = 20
OWN_GENERATOR = np.random.MT19937(SEED)
LIMIT = 1_000_000
HERE = str(Path(__file__).parents[2])

ORDER = "_handnn_order"
numbers = itertools.count()


def in_order(classes: list[Any]) -> None:
    """Let sets of objects of these classes be visited in an order that repeats, not in that of their addresses."""
    for cls in classes:
        if cls.__hash__ is object.__hash__ and cls.__eq__ is object.__eq__ and cls.__dictoffset__:
            cls.__hash__ = _number


def _number(node: Any) -> int:
    if ORDER not in vars(node):
        vars(node)[ORDER] = next(numbers)
    return int(vars(node)[ORDER])


class Printed(io.StringIO):
    """Keeps the start of what is printed."""

    def write(self, text: str) -> int:
        """Keep a text unless too much was printed already."""
        return super().write(text) if self.tell() < LIMIT else len(text)


@functools.cache
def _seeded() -> list[tuple[Any, Any]]:
    """Return the makers of generators, each with one that takes a fixed seed where none is given, and the shuffles.

    Samples stay in their order: a training step is held against its labels and outputs as they are given.
    """
    make, kind = np.random.default_rng, np.random.RandomState

    class Unshuffled:
        def permutation(self, x: Any, axis: int = 0) -> Any:
            return np.arange(x) if isinstance(x, int | np.integer) else np.array(x)

        def shuffle(self, x: Any, axis: int = 0) -> None:
            """Leave it in its order."""

    class RandomState(Unshuffled, kind):  # type: ignore[misc, valid-type]
        def __init__(self, seed: Any = None) -> None:
            super().__init__(SEED if seed is None else seed)

    class Generator(Unshuffled, np.random.Generator):
        """A generator whose shuffles do nothing."""

    plain = Unshuffled()
    return [
        (make, lambda seed=None: Generator(make(SEED if seed is None else seed).bit_generator)), (kind, RandomState),
        (np.random.permutation, plain.permutation), (np.random.shuffle, plain.shuffle), (random.shuffle, plain.shuffle),
    ]  # fmt: skip


@contextlib.contextmanager
def frozen(module: ModuleType | None = None, draw: int = 0) -> Iterator[Printed]:
    """Make a run repeatable and quiet: fixed generators, no warnings, output captured. All is restored after.

    Args:
        draw: of which numbers the global generators are to begin: one draw may hide a mistake, such as a mask of ones.
    """
    global numbers
    numbers = itertools.count()
    global_generator, python_state = np.random.get_bit_generator(), random.getstate()  # type: ignore[attr-defined]
    changed: list[tuple[Any, str, Any]] = []
    for original, seeded in _seeded():
        for holder in (np.random, random, module):
            for name in [n for n, value in vars(holder).items() if value is original] if holder is not None else ():
                setattr(holder, name, seeded)
                changed.append((holder, name, original))
    np.random.set_bit_generator(OWN_GENERATOR)  # type: ignore[attr-defined]  # cheaper than its state
    np.random.seed(SEED + draw)  # noqa: NPY002 (a user's code may use the global generator)
    random.seed(SEED + draw)
    printed = Printed()
    try:
        with contextlib.redirect_stdout(printed), np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield printed
    finally:
        for holder, name, original in changed:
            setattr(holder, name, original)
        np.random.set_bit_generator(global_generator)  # type: ignore[attr-defined]
        random.setstate(python_state)


class Globals:
    """A module's data, and what its objects of its own classes hold, put back before every run."""

    def __init__(self, module: ModuleType | None, names: list[str]) -> None:
        self.module, self.kept = module, dict[str, Any]()
        held = {name: vars(module)[name] for name in names} if module is not None else {}
        own = module.__name__ if module is not None else ""
        self.objects = {n: v for n, v in held.items() if type(v).__module__ == own and hasattr(v, "__dict__")}
        memo = self._memo()
        for name, value in held.items():
            kept = isinstance(value, np.ndarray | list | dict | float | int | np.random.Generator)
            if name not in self.objects and kept and size_of(value) < LIMIT:
                with contextlib.suppress(Exception):
                    self.kept[name] = copy.deepcopy(value, memo)
        try:
            self.held = self._copied({name: vars(value) for name, value in self.objects.items()})
        except Exception:  # an object that cannot be copied is left as it is
            self.held = {}
        self.generators = [(g, copy.deepcopy(_state(g))) for g in _generators(module)] if module is not None else []

    def restore(self) -> dict[str, Any]:
        """Put the kept values back; return the module's names, in which they are found and replaced."""
        if self.module is None:
            return {}
        for generator, state in self.generators:
            if isinstance(generator, np.random.Generator):
                generator.bit_generator.state = copy.deepcopy(state)
            else:
                generator.set_state(state)
        memo = self._memo()
        for name, value in self.kept.items():
            vars(self.module)[name] = copy.deepcopy(value, memo)
        for name, inside in self._copied(self.held).items():
            held = vars(self.objects[name])
            held.clear()
            held.update(inside)
        return vars(self.module)

    def _copied(self, held: dict[str, Any]) -> dict[str, Any]:
        """Return a copy of what the objects hold, in which they refer to each other as they did."""
        return copy.deepcopy(held, self._memo())

    def _memo(self) -> dict[int, Any]:
        """Return what copies share: the objects, which stay the same in lists of them too."""
        return {id(value): value for value in self.objects.values()}


def _generators(module: ModuleType) -> Iterator[Any]:
    """Yield the random generators that a module, and the modules of its own folders, keep."""
    kinds = np.random.Generator | np.random.RandomState
    for name in filter(sys.modules.__contains__, _own(module, len(sys.modules))):
        yield from (value for value in list(vars(sys.modules[name]).values()) if isinstance(value, kinds))


@functools.lru_cache(maxsize=16)
def _own(module: ModuleType, loaded: int) -> list[str]:
    """Return the names of a module and those of its own folders, looked for anew where more modules are loaded."""
    root = str(Path(getattr(module, "__file__", None) or ".").resolve().parent)
    top = module.__name__.split(".")[0]
    found = []
    for name, other in list(sys.modules.items()):
        file = getattr(other, "__dict__", {}).get("__file__")  # of thousands of modules, some of which load when asked
        if isinstance(other, ModuleType) and file and (name.split(".")[0] == top or file.startswith(root)):
            found.append(name)
    return found


def _state(generator: Any) -> Any:
    return generator.bit_generator.state if isinstance(generator, np.random.Generator) else generator.get_state()


def size_of(value: Any) -> int:
    """Return how many numbers a value has, in all its lists and dicts; of very long ones LIMIT."""
    if isinstance(value, np.ndarray):
        return int(value.size)
    if isinstance(value, list | tuple | dict):
        parts = value.values() if isinstance(value, dict) else value
        return sum(size_of(part) for part in list(parts)[:10_000]) if len(value) <= 10_000 else LIMIT
    return 1


@contextlib.contextmanager
def watched(names: set[str], files: set[str]) -> Iterator[dict[str, Any]]:
    """Collect what functions return the first time, by qualified name; `''` holds the locals of the last outer call.

    Under "each NAME", if that is among the names, are what every call of a function returned and its locals, and what
    the other functions returned the first time in it.

    Args:
        names: qualified names. files: whose functions have their locals kept.
    """
    kept: dict[str, Any] = {}

    def seen(frame: FrameType, event: str, value: Any) -> None:
        code = frame.f_code
        if event == "return" and code.co_filename in files and not code.co_name.startswith("<"):
            if code.co_qualname in names:
                kept.setdefault(code.co_qualname, value)
            if f"each {code.co_qualname}" in names:
                inside = {n: kept.pop(n) for n in names & kept.keys() if n and not n.startswith("each ")}
                one = {"forward": value, "locals": dict(frame.f_locals), "watched": inside}
                kept.setdefault(f"each {code.co_qualname}", []).append(one)
            kept[""] = dict(frame.f_locals)

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        yield kept
    finally:
        sys.setprofile(before)


def described(problem: BaseException, files: set[str] | None = None) -> str:
    """Return an exception in one line, with the last line of the user's own code that it came from."""
    frames = traceback.extract_tb(problem.__traceback__)
    own = [f for f in frames if (f.filename in files if files else not f.filename.startswith(HERE) and f.line)]
    where = f" (line {own[-1].lineno}: {own[-1].line})" if own and own[-1].line else ""
    return " ".join(f"{type(problem).__name__}: {problem}{where}".split())
