"""A disk that fails at a chosen moment: every write, new file, folder or renaming below a folder counts.

`Disk(folder, moment, number)` lets so many of them pass, then each raises OSError. It stands in for what Python's own
modules call; TensorFlow's writers are tried on a real file system, `small_tmpfs`.
"""

import builtins
import errno
import io
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FULL, READ_ONLY = errno.ENOSPC, errno.EROFS
WORDS = {FULL: "no space left on device", READ_ONLY: "read-only file system"}
CALLS = {"mkdir": (0,), "replace": (0, 1), "rename": (0, 1), "link": (0, 1)}
"""Functions of os that change a folder, and which of their arguments are paths."""


class File(io.RawIOBase):
    """A file whose writes count."""

    def __init__(self, file: Any, disk: "Disk") -> None:
        self.file, self.disk = file, disk
        self.name = file.name

    def write(self, data: Any) -> int:
        self.disk.count(None)  # as the system does, without the file's name
        return self.file.write(data)

    def flush(self) -> None:
        self.file.flush()

    def fileno(self) -> int:
        return self.file.fileno()

    def close(self) -> None:
        self.file.close()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *given: Any) -> None:
        self.close()


class Disk:
    """Counts what is written below a folder, and fails from the given moment on."""

    def __init__(self, folder: Path, moment: int, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.moment, self.number, self.seen = os.path.realpath(folder), moment, number, 0
        plain_open, self.failed = builtins.open, False
        self.files: list[Any] = []

        def opened(path: Any, mode: str = "r", *given: Any, **options: Any) -> Any:
            if not self.holds(path) or not set(mode) & set("wxa+"):
                return plain_open(path, mode, *given, **options)
            self.count(path)
            file = plain_open(path, mode, *given, **options)
            self.files.append(file)
            return File(file, self) if "b" in mode else file

        monkeypatch.setattr(builtins, "open", opened)
        for name, places in CALLS.items():
            monkeypatch.setattr(os, name, self.counting(getattr(os, name), places))

    def close(self) -> None:
        """Close what a failure has left open; the end of a process does so too."""
        for file in self.files:
            file.close()

    def holds(self, path: Any) -> bool:
        return isinstance(path, str | os.PathLike) and os.path.realpath(path).startswith(self.folder + os.sep)

    def count(self, path: Any, other: Any = None) -> None:
        self.seen += 1
        if self.seen > self.moment:
            self.failed = True
            raise OSError(self.number, os.strerror(self.number), path, None, other)

    def counting(self, function: Any, places: tuple[int, ...]) -> Any:
        def counted(*given: Any, **options: Any) -> Any:
            paths = [given[place] for place in places]
            if any(map(self.holds, paths)):
                self.count(*paths)
            return function(*given, **options)

        return counted


@contextmanager
def small_tmpfs(folder: Path, size: str) -> Iterator[Path]:
    """Mount a small file system in memory; skip the test where that is not permitted."""
    folder.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no file system can be mounted here; the fake one is tried everywhere")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
