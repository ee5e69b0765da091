"""Import a user's file, whatever is not installed and wherever it is run from."""

import builtins
import collections
import collections.abc
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ...lines.record.instrument import holds

LEVELS = 4
REMOVED = {
    "mat": np.asmatrix, "float": float, "int": int, "object": object, "str": str, "complex": complex,
    "float_": np.float64, "Inf": np.inf, "infty": np.inf, "NaN": np.nan, "NAN": np.nan, "product": np.prod,
    "cumproduct": np.cumprod, "alltrue": np.all, "sometrue": np.any, "row_stack": np.vstack, "round_": np.round,
}  # fmt: skip
"""What NumPy had when much of what people published was written; Python had `xrange`, and `collections` its classes."""
LIKE_NUMPY = ("cupy", "jax.numpy", "autograd.numpy", "minpy.numpy")
LACKS = re.compile("cannot import name '(\\w+)' from '([\\w.]+)'")


def forgiving(load: Any, file: Path, home: Path | None = None) -> tuple[ModuleType, list[str]]:
    """Import a file; modules that are not installed are replaced by NumPy if they are like it, or by empty ones.

    What is missing is looked for in the folders above the file first: a project is often run from its root.

    Args:
        home: the folder of the file, if this is a copy.

    Returns:
        The module, and the names of what is missing.

    Raises:
        Whatever else importing the file raises.
    """
    missing: list[str] = []
    roots: list[Path] = []
    problem: Exception | None = None
    _bring_back()
    home = (home or file.parent).resolve()
    while True:
        try:
            return load(file, roots) if roots else load(file), missing
        except Exception as error:
            if not isinstance(error, ModuleNotFoundError):
                lacks = LACKS.match(str(error))
                if lacks and _installed(lacks[2]) and f"{lacks[2]}.{lacks[1]}" not in missing:
                    missing.append(f"{lacks[2]}.{lacks[1]}")
                    setattr(sys.modules[lacks[2]], lacks[1], _Missing(lacks[1]))
                    continue
                if problem is None and (home / "__init__.py").is_file() and file.parent.resolve() == home:
                    problem = error
                    roots.append(home)  # another file of its package may be the one that fails
                    continue
                if problem is not None:
                    raise problem from None
                if missing:  # what is missing may be why
                    error.args = (f"{error} ({', '.join(missing)} is not installed)",)
                raise
            name = error.name or ""
            first = name.split(".")[0]
            folders = [home, *home.parents]
            above = [folder for folder in folders[:LEVELS] if _has(folder, name)]
            above.sort(key=lambda folder: folder / first not in folders)  # the package that the file is in
            if name and above and above[0] not in roots:
                roots.append(above[0])
                continue
            if not name or name in missing or len(missing) == 20 or (file.parent / first).exists():
                raise
            missing.append(name)
            _stand_in(name)


def _bring_back() -> None:
    """Give NumPy, Python and its collections the names that they had."""
    for name in set(REMOVED) - set(vars(np)):
        setattr(np, name, REMOVED[name])
    vars(builtins).setdefault("xrange", range)
    for name in collections.abc.__all__:
        vars(collections).setdefault(name, getattr(collections.abc, name))


def _stand_in(name: str) -> None:
    """Put NumPy in the place of a missing module that is like it, and an empty one in that of others."""
    alike = name in LIKE_NUMPY
    sys.modules[name] = np if alike else _Missing(name)
    if alike:
        vars(np).update(asnumpy=np.asarray, get_array_module=lambda *given: np)
        parent, dot, last = name.rpartition(".")
        vars(sys.modules[parent if dot else name]).update({last: np})


def _installed(name: str) -> bool:
    """Return whether a module is none of the user's own."""
    return "site-packages" in (getattr(sys.modules.get(name), "__file__", None) or "")


def _has(folder: Path, name: str) -> bool:
    """Return whether a folder has a module or package of this dotted name, as far as its second part."""
    place = folder.joinpath(*name.split(".")[:2])
    return place.with_suffix(".py").is_file() or holds(place)


class _Missing(ModuleType):
    """Stands for a module that is not installed: whatever is taken from it can be called and gives itself."""

    __path__: list[str] = []  # noqa: RUF012

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Missing(f"{self.__name__}.{name}")

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return arguments[0] if len(arguments) == 1 and callable(arguments[0]) else self

    def __getitem__(self, key: Any) -> Any:
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        """Forget it."""

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[Any, ...]:
        """Stand for a base class without anything in it."""
        return ()

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0
