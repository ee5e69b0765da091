"""Atomic writes: at any time, a file is either the complete new one or the previous one."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

PARTIAL = ".part"
"""Suffix of unfinished files. Only a killed process leaves one behind."""


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Yield a binary file that replaces `path` on success: written beside it, flushed to disk, renamed.

    Links are followed. On an error, the unfinished file is removed and the error raised.
    """
    folder, name = os.path.split(os.path.realpath(path))
    partial = os.path.join(folder, f".{name}.{secrets.token_hex(4)}{PARTIAL}")
    try:
        with open(partial, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, os.path.join(folder, name))
    except BaseException as error:
        with suppress(OSError):
            os.remove(partial)
        _name(error, path, partial)
        raise
    flush_folder(folder)


def _name(error: BaseException, path: str | os.PathLike[str], partial: str) -> None:
    """Let an error of the system name the file itself: the reader has never heard of the unfinished one."""
    if isinstance(error, OSError) and error.errno is not None and error.filename in (None, partial):
        error.filename, error.filename2 = os.fspath(path), None


@contextmanager
def writing_zip() -> Iterator[None]:
    """Let Ctrl-C stay Ctrl-C: a zip file that is left while a member is open raises a ValueError in its place."""
    try:
        yield
    except ValueError as error:
        if isinstance(error.__context__, KeyboardInterrupt):
            raise error.__context__ from None
        raise


def write(path: str | os.PathLike[str], content: bytes) -> None:
    """Replace a file's content atomically; see `opened`."""
    with opened(path) as file:
        file.write(content)


def write_new(path: str | os.PathLike[str], content: bytes) -> bool:
    """Write a file unless it exists, whole or not at all; return whether it did not."""
    folder, name = os.path.split(os.path.realpath(path))
    partial = os.path.join(folder, f".{name}.{secrets.token_hex(4)}{PARTIAL}")
    try:
        write(partial, content)
        try:
            os.link(partial, path)
        except FileExistsError:
            return False
        except OSError:  # a file system without links
            if os.path.exists(path):
                return False
            os.replace(partial, path)
    except OSError as error:
        _name(error, path, partial)
        raise
    finally:
        with suppress(OSError):
            os.remove(partial)
    return True


def flush_folder(folder: str) -> None:
    """Flush a folder's entries to disk, if the system supports it."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            with suppress(OSError):  # some network file systems cannot
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remove_partial(folder: str) -> None:
    """Remove unfinished files of killed processes, in a folder that only one process writes to."""
    with suppress(FileNotFoundError):
        for name in os.listdir(folder):
            if name.startswith(".") and name.endswith(PARTIAL):
                with suppress(OSError):
                    os.remove(os.path.join(folder, name))
