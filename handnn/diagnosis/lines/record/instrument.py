"""Loading a user's files so that their values can be recorded, together with the modules beside them."""

import ast
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from .recorder import RECORDER
from .rewrite import rewrite
from .sites import SOURCES

RECORDER.slice = slice  # type: ignore[attr-defined]
TEXT = "a quick brown fox jumps over the lazy dog. " * 4


def text_or(file: Any, mode: str = "r", *given: Any, **named: Any) -> Any:
    """Open a file as `open` does; a text that is not there is another: a model of its letters needs some.

    Raises:
        OSError: it is a number: one that was guessed for a name would close a file of this process.
    """
    if isinstance(file, int):
        raise OSError(f"{file} is no name of a file")
    try:
        return open(file, mode, *given, **named)
    except FileNotFoundError:
        if set(mode) - set("rt"):
            raise
        return io.StringIO(TEXT)


class RewritingLoader(importlib.machinery.SourceFileLoader):
    """Load a module from rewritten source; nothing is cached beside the user's file."""

    def get_code(self, fullname: str) -> CodeType:
        """Compile the rewritten source."""
        path = Path(self.get_filename(fullname))
        source = importlib.util.decode_source(self.get_data(str(path)))
        SOURCES[path] = source
        return compile(rewrite(source, path), str(path), "exec", dont_inherit=True)

    def exec_module(self, module: ModuleType) -> None:
        """Run the module with the recorder, and texts that may be missing, in reach."""
        module.__dict__.update(__r__=RECORDER, open=text_or)
        super().exec_module(module)


class FolderFinder(importlib.abc.MetaPathFinder):
    """Find the modules of the user's own folders; everything else is left to Python."""

    def __init__(self) -> None:
        self.folders: tuple[Path, ...] = ()
        self.loaded: dict[str, Path] = {}

    def enter(self, *folders: Path) -> None:
        """Serve these folders from now on; forget modules of the same names that came from others."""
        if folders != self.folders:
            for name in self.loaded:
                sys.modules.pop(name, None)
            self.loaded.clear()
        self.folders = folders

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        """Return the spec of a module or package inside the folders, None for all others."""
        if path is None and fullname in sys.stdlib_module_names:
            return None
        *_, last = fullname.split(".")
        places = [*map(Path, path)] if path is not None else sorted(self.folders, key=lambda f: not holds(f / last))
        for place in places:
            own = any(place.resolve().is_relative_to(folder) for folder in self.folders)
            if not own or "site-packages" in place.parts:
                continue
            for file, package in ((place / last / "__init__.py", True), (place / f"{last}.py", False)):
                if file.is_file():
                    self.loaded[fullname] = file
                    return _spec(fullname, file, package)
            alone = path is not None or importlib.machinery.PathFinder.find_spec(fullname) is None
            if alone and (place / last).is_dir():
                spec = importlib.machinery.ModuleSpec(fullname, None, is_package=True)  # without an __init__.py
                spec.submodule_search_locations = [str(place / last)]
                self.loaded[fullname] = place / last
                return spec
        return None


def holds(folder: Path) -> bool:
    """Return whether a folder has Python files, in it or below: it may be imported from."""
    return next(folder.glob("**/*.py"), None) is not None


def _spec(name: str, file: Path, package: bool) -> Any:
    places = [str(file.parent)] if package else None
    return importlib.util.spec_from_file_location(
        name, file, loader=RewritingLoader(name, str(file)), submodule_search_locations=places
    )


FINDER = FolderFinder()


def package(file: Path, roots: Sequence[Path] = ()) -> tuple[Path, str]:
    """Return the folder to import from and the dotted name of a file.

    Folders with __init__.py belong to the name, up to a root; those that relative imports lead to do without one, too.
    """
    parts, folder = [file.stem], file.parent
    levels = _relative_levels(file)
    while folder not in roots and folder != folder.parent:
        if len(parts) > levels and not (folder / "__init__.py").is_file():
            break
        parts.insert(0, folder.name)
        folder = folder.parent
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    return folder, ".".join(parts)


def _relative_levels(file: Path) -> int:
    """Return how many folders up the relative imports of a file lead."""
    try:
        nodes = list(ast.walk(ast.parse(file.read_bytes())))
    except (SyntaxError, ValueError):
        return 0
    return max((node.level for node in nodes if isinstance(node, ast.ImportFrom)), default=0)


def load(path: str | Path, roots: Sequence[Path] = ()) -> ModuleType:
    """Return the module of a file, rewritten, as part of its package if it lies in one.

    The file is run again at every call. Raises whatever the file raises, and SyntaxError.

    Args:
        path: of the file. roots: folders above it that its imports start from, too.
    """
    file = Path(path).resolve()
    top, name = package(file, roots)
    parts = name.split(".")
    if FINDER not in sys.meta_path:
        sys.meta_path.insert(0, FINDER)
    FINDER.enter(top, *roots)
    importlib.invalidate_caches()
    for loaded in list(FINDER.loaded):
        sys.modules.pop(loaded, None)
    FINDER.loaded.clear()
    if len(parts) > 1:
        importlib.import_module(".".join(parts[:-1]))
    elif name in sys.modules or name in sys.stdlib_module_names:
        name = f"_own_{name}"
    FINDER.loaded[name] = file
    spec = _spec(name, file, file.name == "__init__.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module
