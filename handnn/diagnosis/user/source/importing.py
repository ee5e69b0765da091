"""Import a user's file, as a part of its package if it is in one."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any


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
