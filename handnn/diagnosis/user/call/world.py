"""Everything a user's program can reach in one run, as one tree of named places.

A world is a dict with the roots `self` (the object), `arguments`, `module` (globals), `forward`, `value` and `backward`
(what was returned), `locals`, and `visits` (by name, the values in a loop). A place is a path into it, for example
self.layers[0].W: attributes ".", keys and indices "[", and positions in a mapping whose keys are objects "{".
"""

import types
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..protocols import Array
from ..source.words import is_weight

World = dict[str, Any]
Step = tuple[str, Any]
Path = tuple[Step, ...]
DEPTH = 7
KEYS = (str, int, float, tuple, frozenset, bytes)
SKIPPED = (
    type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.CodeType, str, bytes, range, np.dtype,
    np.random.Generator, np.random.RandomState,
)  # fmt: skip


def walk(value: Any, path: Path = (), scalars: bool = False) -> Iterator[tuple[Path, Any]]:
    """Yield every array of real numbers that can be reached; if `scalars` every float, and whole numbers of weights."""
    yield from _walk(value, path, scalars, set(), 0)


def _walk(value: Any, path: Path, scalars: bool, seen: set[int], depth: int) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, np.ndarray) and value.dtype != object:
        if value.dtype.kind == "f" and value.size:
            yield path, value
        return
    whole = type(value) is int and path and is_weight(str(path[-1][1]))
    if isinstance(value, float | np.floating) or whole:
        if scalars:
            yield path, value
        return
    if depth > DEPTH or id(value) in seen or isinstance(value, (*SKIPPED, int, complex)) or value is None:
        return
    seen.add(id(value))
    for step, part in children(value):
        yield from _walk(part, (*path, step), scalars, seen, depth + 1)


def children(value: Any) -> list[tuple[Step, Any]]:
    """Return the parts of a container or object, each with the step that leads to it."""
    if isinstance(value, Mapping):
        plain_keys = all(isinstance(key, KEYS) for key in value)
        return [(("[", key) if plain_keys else ("{", i), part) for i, (key, part) in enumerate(value.items())]
    if isinstance(value, np.ndarray):
        return [(("[", index), part) for index, part in enumerate(value.flat)] if value.ndim == 1 else []
    if isinstance(value, list | tuple):
        return [(("[", index), part) for index, part in enumerate(value)]
    if isinstance(value, set | frozenset) or (callable(value) and not hasattr(value, "__dict__")):
        return []
    if type(value).__module__.split(".")[0] in ("numpy", "builtins", "collections", "threading", "_io", "logging"):
        return []
    held = dict(getattr(value, "__dict__", {}))
    for cls in type(value).__mro__:
        slots = vars(cls).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(value, name):
                held[name] = getattr(value, name)
    return [((".", name), part) for name, part in held.items()]


def get(world: World, path: Path) -> Any:
    """Return what is at a place.

    Raises:
        KeyError, AttributeError, IndexError, TypeError: there is no such place.
    """
    value: Any = world
    for kind, key in path:
        value = getattr(value, key) if kind == "." else value[_key(value, kind, key)]
    return value


def _key(holder: Any, kind: str, key: Any) -> Any:
    """Return the key of a step: for "{" that at this position, such as an object that is another in every run."""
    return list(holder)[key] if kind == "{" else key


def key_of(world: World, path: Path) -> Any:
    """Return the object by which a mapping has what is at a place; None if it is no such place."""
    return _key(get(world, path[:-1]), *path[-1]) if path[-1][0] == "{" else None


def put(world: World, path: Path, value: Any, in_place: bool = False) -> None:
    """Put a value at a place; into the memory of the array that is there if `in_place` or if it is in a tuple."""
    holder = get(world, path[:-1])
    kind, key = path[-1]
    if in_place or isinstance(holder, tuple):
        holder_array = get(world, path)
        holder_array[...] = np.asarray(value).reshape(holder_array.shape)
    elif kind == ".":
        setattr(holder, key, value)
    else:
        holder[_key(holder, kind, key)] = value


def text(path: Path) -> str:
    """Return a place as a user would write it: self.W, parameters['W1'], returned[0]."""
    root = path[0][1]
    if root in ("arguments", "module", "locals", "visits"):
        if len(path) == 1:
            return str(root)
        start, rest = str(path[1][1]), path[2:]
    else:
        start, rest = "returned" if root in ("forward", "backward", "value") else str(root), path[1:]
    return start + "".join(f".{key}" if kind == "." else f"[{key!r}]" for kind, key in rest)


def last_name(path: Path) -> str:
    """Return the last name of a path; indices are skipped."""
    return next((str(key) for kind, key in reversed(path) if isinstance(key, str)), "")


def index_of(path: Path) -> int | None:
    """Return the last index of a path if it ends in one."""
    return path[-1][1] if isinstance(path[-1][1], int) else None


def same_memory(one: Array, other: Array) -> bool:
    """Return whether two arrays are one and the same, or views that cover the same memory."""
    return one is other or (
        one.__array_interface__["data"][0] == other.__array_interface__["data"][0]
        and one.strides == other.strides and one.shape == other.shape
    )  # fmt: skip


def plain(value: Any) -> Any:
    """Return the array inside a user's tensor, or the value itself."""
    if isinstance(value, np.ndarray | np.generic | float | int | list | tuple | Mapping) or value is None:
        return value
    for name in ("data", "value", "array", "values", "val"):
        inner = getattr(value, name, None)
        if isinstance(inner, np.ndarray | float):
            return inner
    return value
