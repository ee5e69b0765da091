"""Import a user's file, as a part of its package if it is in one."""

import ast
import importlib
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any


def load(path: Path) -> ModuleType:
    """Import a file. In a package (folders with __init__.py) it is imported as a part of it.

    Raises:
        FileNotFoundError: there is no such file. ValueError: it is not a Python file.
    """
    file = Path(path).resolve()
    if not file.is_file():
        raise FileNotFoundError(f"{path}: no such file; expected a Python file with derivations")
    folder, name = package(file)
    for place in (str(folder), *_roots(file)):
        if place not in sys.path:
            sys.path.insert(0, place)
    if "." in name:
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(f"derivations_{re.sub(r'[^0-9A-Za-z]', '_', file.stem)}", file)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path}: not a Python file; expected a name that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def package(file: Path) -> tuple[Path, str]:
    """Return the folder to import from and the dotted name of a file.

    Folders with __init__.py belong to the name. A file with relative imports belongs to its folder without one, too.
    """
    parts, folder = [file.stem], file.parent
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    levels = _relative_levels(file)
    while len(parts) <= levels and folder != folder.parent:
        parts.insert(0, folder.name)
        folder = folder.parent
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    return folder, ".".join(parts)


def parsed(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def _roots(file: Path) -> list[str]:
    """Return the folders above a file that hold what it imports by an absolute name."""
    tree = parsed(file)
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {
        node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module and not node.level
    }
    tops = {name.split(".")[0] for name in names} - set(sys.stdlib_module_names)
    return [
        str(folder)
        for folder in list(file.parents)[1:5]
        if any((folder / top).is_dir() or (folder / f"{top}.py").is_file() for top in tops)
    ]


def forgiving(load: Any, file: Path) -> tuple[ModuleType, list[str]]:
    """Import a file; modules that are not installed are replaced by empty ones.

    Returns:
        The module, and the names of what is missing.

    Raises:
        Whatever else importing the file raises.
    """
    missing: list[str] = []
    while True:
        try:
            return load(file), missing
        except Exception as error:
            if not isinstance(error, ModuleNotFoundError):
                if missing:  # what is missing may be why
                    error.args = (f"{error} ({', '.join(missing)} is not installed)",)
                raise
            name = error.name or ""
            if not name or name in missing or len(missing) == 20 or (file.parent / name.split(".")[0]).exists():
                raise
            missing.append(name)
            sys.modules[name] = _Missing(name)


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


def _relative_levels(file: Path) -> int:
    tree = parsed(file)
    return max((node.level for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)), default=0)
