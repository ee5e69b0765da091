"""What is refused to a user's code: network, other processes, and writing where it has no business."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

REFUSED = (
    "socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname", "os.fork",
    "os.forkpty", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.startfile", "subprocess.Popen", "pty.spawn",
    "os.kill", "os.killpg", "signal.pthread_kill",
    "ftplib.connect", "smtplib.connect", "urllib.Request", "webbrowser.open", "winreg.SetValue",
)  # fmt: skip
CHANGES = (
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.truncate", "os.link", "os.symlink", "os.chmod", "os.chown",
    "os.utime", "shutil.rmtree", "shutil.move",
)  # fmt: skip
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def refuse(event: str, arguments: tuple[Any, ...], inside: Callable[[Any], bool]) -> None:
    """Raise PermissionError for an audit event of the network, of processes, or of a change that is not inside."""
    if event == "open":
        path, mode, flags = arguments
        writes = (isinstance(mode, str) and any(letter in mode for letter in "wax+")) or (
            isinstance(flags, int) and flags & WRITING
        )
        if writes and not inside(path):
            raise PermissionError(f"writing outside its folder is refused: {path}")
    elif event in REFUSED:
        raise PermissionError(f"{event} is refused to a file that is checked")
    elif event in CHANGES:
        paths = arguments[: 2 if event in ("os.rename", "os.link", "shutil.move") else 1]
        if not all(inside(path) for path in paths):
            raise PermissionError(f"{event} outside its folder is refused")


_reading_only: list[bool] = []
"""True while nothing may be written; with an entry the hook stands: there is no way to take one away."""


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _reading_only[0]:
        refuse(event, arguments, lambda path: isinstance(path, int) or os.fsdecode(path or "") == os.devnull)


@contextlib.contextmanager
def reading_only() -> Iterator[None]:
    """Refuse to write anything anywhere and to end the process: a script is run for what it calls alone."""
    if not _reading_only:
        _reading_only.append(False)
        sys.addaudithook(_hook)

    def leave(status: int) -> None:
        raise SystemExit(status)

    ends = os._exit
    _reading_only[0], os._exit = True, leave  # type: ignore[assignment]
    try:
        yield
    finally:
        _reading_only[0], os._exit = False, ends
