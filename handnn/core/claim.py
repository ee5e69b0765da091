"""One process at a time in a folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

LOCK = ".lock"
"""The file whose lock a process holds while it writes to the folder. The system frees it when the process ends."""


@contextmanager
def claimed(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Hold an existing folder for this process; where the system has no such locks, do nothing.

    Raises:
        ValueError: another process holds it.
    """
    try:
        import fcntl
    except ModuleNotFoundError:  # not POSIX
        yield
        return
    path = os.path.join(folder, LOCK)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            current = os.path.exists(path) and os.path.samestat(os.fstat(descriptor), os.stat(path))
        except BlockingIOError:
            current = False
        except OSError:  # a file system without locks
            current = True
        if not current:  # held, or just given up by a process that removed it
            raise ValueError(f"another process is writing to {os.fspath(folder)}")
        try:
            yield
        finally:
            with suppress(OSError):
                os.remove(path)
    finally:
        os.close(descriptor)
