"""Forked copies of this process: what they tell, with limits of time and memory."""

import contextlib
import ctypes
import math
import os
import resource
import select
import signal
import time
import traceback
from collections.abc import Callable
from typing import NamedTuple

MEMORY = 4 << 30
"""Bytes that a copy may take beyond the memory of the process that it is copied from."""
WALL = 10
"""A copy may last this multiple of its CPU seconds by the clock."""

PR_SET_PDEATHSIG = 1
"""Linux: the signal that a process gets when its parent ends."""
END, ERROR = "end", "error "

Tell = Callable[[str], None]


class Told(NamedTuple):
    """The lines that a copy told, and how it ended: '' by itself, else by a limit or a signal."""

    lines: list[str]
    end: str


def in_a_copy(work: Callable[[Tell], None], seconds: float | None, each: Tell | None = None) -> Told:
    """Run `work(tell)` in a forked copy of this process that may use `seconds` of CPU; return what it told.

    `each` is called with each line as soon as it is told.

    Raises:
        RuntimeError: `work` raised an exception.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _work(work, writing, seconds)
    os.close(writing)
    lines: list[str] = []
    try:
        late = not _read(reading, None if seconds is None else WALL * seconds, lines, each)
    finally:
        os.close(reading)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)  # with what it may have started
        _, status = os.waitpid(child, 0)
    if lines and lines[-1].startswith(ERROR):
        raise RuntimeError(lines[-1].removeprefix(ERROR).replace("\\n", "\n"))
    if lines and lines[-1] == END:
        return Told(lines[:-1], "")
    out_of_time = late or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU)
    return Told(lines, "no end" if out_of_time else "process died")


def allow(seconds: float) -> None:
    """Let this copy end if it uses more than these CPU seconds from now on, within the limit that it has."""
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = math.ceil(time.process_time() + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _work(work: Callable[[Tell], None], writing: int, seconds: float | None) -> None:
    """Work in the copy, and end it."""

    def tell(line: str) -> None:
        os.write(writing, f"{line}\n".encode())

    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.setsid()
        silent = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silent, stream)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if seconds is not None:
            limit = int(seconds) + 1
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
            with open("/proc/self/statm", encoding="ascii") as file:
                pages = int(file.read().split()[0])
            most = pages * resource.getpagesize() + MEMORY
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
        work(tell)
        tell(END)
    except BaseException:
        tell(ERROR + traceback.format_exc().replace("\n", "\\n"))
    finally:
        os._exit(0)


def _read(reading: int, seconds: float | None, lines: list[str], each: Tell | None) -> bool:
    """Read lines until `END` or the end of the process; return False if the time was over before."""
    rest, until = b"", None if seconds is None else time.monotonic() + seconds
    while not lines or lines[-1] != END:
        left = None if until is None else max(0.0, until - time.monotonic())
        if not select.select([reading], [], [], left)[0]:
            return False
        more = os.read(reading, 1 << 20)
        if not more:
            return True
        *whole, rest = (rest + more).split(b"\n")
        for line in whole:
            lines.append(line.decode())
            if each is not None and lines[-1] != END and not lines[-1].startswith(ERROR):
                each(lines[-1])
    return True
