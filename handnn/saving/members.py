"""The parts of a saved model: members of a `.keras` zip, in a file or an open one, or files of a folder."""

import io
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, BinaryIO

from ..core import atomic

METADATA, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
PREPARATION = "preparation.json"
"""How raw samples become inputs; Keras ignores it."""
Path = str | os.PathLike[str]

MOST_CONFIG, MOST_UNKNOWN = 16_000_000, 500_000_000
"""Bytes of a config, and of the weights of a network that handnn does not have."""


class MissingFileError(FileNotFoundError, ValueError):
    """There is no such file: an OSError of the system, and a ValueError, as in Keras."""


def checked_path(filepath: Path, *endings: str) -> str:
    """Return the path as a string; raise ValueError if it has another ending."""
    path = os.fspath(filepath)
    if not path.endswith(endings):
        raise ValueError(f"filepath must end in {' or '.join(endings)}; received {path}")
    return path


def read_bytes(path: str, most: int) -> bytes:
    """Return a file's content; raise ValueError if it is larger."""
    _check_bytes("it", os.path.getsize(path), most)
    with open(path, "rb") as file:
        return file.read()


def _check_bytes(name: str, size: int, most: int) -> None:
    if size > most:
        raise ValueError(f"{name} takes {size:,} bytes, of which the network needs at most {most:,}; nothing was read")


def has(source: Any, name: str) -> bool:
    """Return whether a saved model has a part."""
    if isinstance(source, str) and os.path.isdir(source):
        return os.path.isfile(os.path.join(source, name))
    with _open(source) as file, zipfile.ZipFile(file) as archive:
        return name in archive.namelist()


def member(source: Any, name: str, most: int) -> bytes:
    """Return a part of a saved model; a zip's own check sums say whether it is whole."""
    if isinstance(source, str) and os.path.isdir(source):
        path = os.path.join(source, name)
        if not os.path.isfile(path):
            raise ValueError(f"it has no {name}; expected a network saved by Keras 3")
        return read_bytes(path, most)
    with _open(source) as file:
        if not zipfile.is_zipfile(file):
            raise ValueError("it is not a .keras file, or a truncated one; expected a network saved by Keras 3")
        with zipfile.ZipFile(file) as archive:
            missing = [wanted for wanted in (CONFIG, WEIGHTS) if wanted not in archive.namelist()]
            if missing:
                raise ValueError(f"it has no {missing[0]}; expected a network saved by Keras 3")
            _check_bytes(name, archive.getinfo(name).file_size, most)
            return archive.read(name)


def _open(source: Any) -> Any:
    return open(source, "rb") if isinstance(source, str) else nullcontext(source)


def zipped(parts: dict[str, bytes]) -> bytes:
    """Return a zip of these members."""
    buffer = io.BytesIO()
    with atomic.writing_zip(), zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def is_file(source: Any) -> bool:
    """Return whether it is an open file."""
    return hasattr(source, "read") or hasattr(source, "write")


@contextmanager
def explained(source: str | BinaryIO) -> Iterator[None]:
    """Turn the many errors of zipfile, h5py and json for damaged files into a one-line ValueError."""
    path = source if isinstance(source, str) else "the open file"
    if isinstance(source, str) and not os.path.exists(path):
        raise MissingFileError(f"{path}: no such file")
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError) and error.errno:  # an error of the system, such as 'permission denied'
            raise
        reason = " ".join(str(error).split())[:300]
        known = type(error) in (ValueError, TypeError)
        raise ValueError(f"{path}: {reason if known else f'damaged ({reason or type(error).__name__})'}") from error
