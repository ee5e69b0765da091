"""Loading a user's files so that their values can be recorded, together with the modules beside them."""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from .recorder import RECORDER
from .rewrite import rewrite
from .sites import SOURCES

RECORDER.slice = slice  # type: ignore[attr-defined]


class RewritingLoader(importlib.machinery.SourceFileLoader):
    """Load a module from rewritten source; nothing is cached beside the user's file."""

    def get_code(self, fullname: str) -> CodeType:
        """Compile the rewritten source."""
        path = Path(self.get_filename(fullname))
        source = importlib.util.decode_source(self.get_data(str(path)))
        SOURCES[path] = source
        return compile(rewrite(source, path), str(path), "exec", dont_inherit=True)

    def exec_module(self, module: ModuleType) -> None:
        """Run the module with the recorder in reach."""
        module.__dict__["__r__"] = RECORDER
        super().exec_module(module)


class FolderFinder(importlib.abc.MetaPathFinder):
    """Find the modules of the user's own folder; everything else is left to Python."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.loaded: dict[str, Path] = {}

    def enter(self, folder: Path) -> None:
        """Serve this folder from now on; forget modules of the same names that came from another."""
        if folder != self.folder:
            for name in self.loaded:
                sys.modules.pop(name, None)
            self.loaded.clear()
        self.folder = folder

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        """Return the spec of a module or package inside the folder, None for all others."""
        if self.folder is None or (path is None and fullname in sys.stdlib_module_names):
            return None
        *_, last = fullname.split(".")
        for place in [self.folder] if path is None else map(Path, path):
            if not place.resolve().is_relative_to(self.folder) or "site-packages" in place.parts:
                continue
            for file, package in ((place / last / "__init__.py", True), (place / f"{last}.py", False)):
                if file.is_file():
                    self.loaded[fullname] = file
                    return _spec(fullname, file, package)
        return None


def _spec(name: str, file: Path, package: bool) -> Any:
    places = [str(file.parent)] if package else None
    return importlib.util.spec_from_file_location(
        name, file, loader=RewritingLoader(name, str(file)), submodule_search_locations=places
    )


FINDER = FolderFinder()


def load(path: str | Path) -> ModuleType:
    """Return the module of a file, rewritten, as part of its package if it lies in one.

    The file is run again at every call. Raises whatever the file raises, and SyntaxError.
    """
    file = Path(path).resolve()
    top = file.parent
    while (top / "__init__.py").is_file():
        top = top.parent
    parts = list(file.relative_to(top).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    name = ".".join(parts)
    if FINDER not in sys.meta_path:
        sys.meta_path.insert(0, FINDER)
    FINDER.enter(top)
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
