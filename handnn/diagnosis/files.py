"""Files judged, each in a process of its own: whatever a file does, it gets an answer."""

from collections.abc import Iterator
from glob import glob
from pathlib import Path
from typing import Any

from .user.process.isolation import Ready, isolated
from .verdict import Verdict

WORKER = "handnn.diagnosis.check:worker"
PATTERNS = ("*.py", "*.ipynb")


class BadFileError(ValueError):
    """The file cannot be checked; the message says why in one line."""


def ready() -> Ready:
    """Return what keeps a process waiting, so that the next check begins at once."""
    return Ready(WORKER)


def check_file(path: str, seconds: float = 30.0, ready: Ready | None = None, **options: Any) -> list[Verdict]:
    """Return a verdict for each derivation of a file.

    Args:
        path: a Python file or notebook, also as `package/module.py:Class`.
        seconds: how long one derivation may take; one that takes longer is 'broken'.
        ready: where the processes come from; each is started when it is needed if this is not given.
        options: as_, make, loss: see `user.subjects`.

    Raises:
        FileNotFoundError, BadFileError: it cannot be read, or has no derivation; one line says why.
    """
    file = Path(path.rpartition(":")[0] or path) if ":" in path and not Path(path).exists() else Path(path)
    if not file.is_file():
        raise FileNotFoundError(f"{path}: no such file; expected a Python file or notebook with derivations")
    found: dict[str, Verdict] = {}
    while True:
        running, ended = "", ""
        given = {**options, "skip": list(found), "seconds": 2 * seconds / 3}
        for line in isolated(path, WORKER, seconds, options=given, ready=ready):
            running = line.get("begins", running)
            ended = line.get("ended", ended)
            if "verdict" in line:
                found[line["name"]], running = Verdict.from_dict(line["verdict"]), ""
            elif "failed" in line and not running:
                raise BadFileError(f"{path}: {line['failed']}")
            elif "failed" in line:
                ended = line["failed"]
        if not running:
            break
        found[running] = Verdict(running, "broken", ended, name=running)
    if ended and not found:
        raise BadFileError(f"{path}: {ended}")
    if not found:
        raise BadFileError(
            f"{path}: no derivation found; say what a function is with a line 'handnn: ...' in its docstring, or --as"
        )
    return list(found.values())


def expanded(paths: list[str]) -> Iterator[str]:
    """Yield the files of paths: files as they are, folders and patterns with all Python files and notebooks in them.

    Raises:
        FileNotFoundError: a path leads to nothing.
    """
    for path in paths:
        folder = Path(path)
        if folder.is_dir():
            files = sorted(file for pattern in PATTERNS for file in folder.rglob(pattern) if _counts(file, folder))
        elif any(letter in path for letter in "*?["):
            files = sorted(Path(file) for file in glob(path, recursive=True) if Path(file).is_file())
        else:
            yield path
            continue
        if not files:
            raise FileNotFoundError(f"{path}: no Python file or notebook there")
        yield from map(str, files)


def _counts(file: Path, folder: Path) -> bool:
    """Return whether a file of a folder is looked at: nothing hidden, no environment, no package's own start."""
    parts = file.relative_to(folder).parts
    hidden = any(part.startswith(".") or part in ("__pycache__", "site-packages", "node_modules") for part in parts)
    return not hidden and file.name != "__init__.py"
