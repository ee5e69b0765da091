"""Run a worker on somebody's file in a process of its own, with limits, so that every file gets an answer in time.

What holds where:
    time, output: everywhere. The whole process group is killed on Linux and macOS, the process tree on Windows.
    memory: Linux only (RLIMIT_AS).
    network, other processes, writing outside the file's folder: refused everywhere by an audit hook. This is a fence
    and not a wall: it stops what Python code does by accident or in passing, not compiled code or an attack.
"""

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

COMMAND = (sys.executable, "-P", "-m", "handnn.diagnosis.user.process.child")
MEGABYTE = 1_000_000
START_SECONDS = 60.0
BUSY, IDLE = 6.0, 0.05
LAST_WORDS = 5.0
"""Seconds in which what a process said before it ended must have been read, on a busy machine too."""
"""How much longer than its seconds a file may take where others use the processor; below this part of it, it waits."""


class Process:
    """A child that has imported the worker and waits for its file."""

    def __init__(self, worker: str, memory: int) -> None:
        self.scratch = tempfile.mkdtemp(prefix="handnn-check-")
        paths = [path for path in sys.path if path] + [os.getcwd()]
        environment = {
            **os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), self.scratch),
            "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)), "MPLBACKEND": "Agg",
            "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONIOENCODING": "utf-8",
        }  # fmt: skip
        group: dict[str, Any] = {"start_new_session": True} if os.name == "posix" else {"creationflags": 0x200}
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [*COMMAND, worker, str(memory), self.scratch],
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            env=environment,
            **group,
        )

    def give(self, path: str, options: dict[str, Any]) -> None:
        """Hand over the file."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has ended already: its exit status tells
            self.process.stdin.write(json.dumps([path, options]).encode() + b"\n")
            self.process.stdin.close()

    def close(self) -> None:
        """End the process and everything that it started, and remove its scratch folder."""
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        else:
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(self.process.pid)], capture_output=True, check=False)
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError, ValueError):
                    stream.close()
        shutil.rmtree(self.scratch, ignore_errors=True)


class Ready:
    """Keeps a child waiting, so that the next check begins at once."""

    def __init__(self, worker: str, memory: int = 8_000 * MEGABYTE) -> None:
        self.worker, self.memory = worker, memory
        self._waiting: Process | None = None

    def prepare(self) -> None:
        """Start the child that will be needed next."""
        if self._waiting is None:
            self._waiting = Process(self.worker, self.memory)

    def take(self) -> Process:
        """Return the waiting child."""
        self.prepare()
        given, self._waiting = self._waiting, None
        assert given is not None
        return given

    def close(self) -> None:
        """End the waiting child."""
        if self._waiting is not None:
            self._waiting.close()


def isolated(
    path: str | Path,
    worker: str,
    seconds: float = 30.0,
    memory: int = 8_000 * MEGABYTE,
    output: int = 50 * MEGABYTE,
    options: dict[str, Any] | None = None,
    ready: Ready | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield what a worker says of a file: one dict for each line of JSON.

    If the child does not end by itself the last one is {"ended": why}.

    Args:
        worker: "module:function"; the function takes (path, options) and yields dicts.
        seconds: the longest silence, in seconds of the processor, as long as the file makes use of it: on a busy
            machine up to BUSY times as long on the clock. They count from when the child has imported the worker.
        memory: bytes of address space (see `limits`). output: bytes that the file may print.
        ready: where a waiting child comes from.
    """
    child = ready.take() if ready is not None else Process(worker, memory)
    lines: queue.Queue[bytes | None] = queue.Queue()
    printed = _Printed(output)
    assert child.process.stdout is not None and child.process.stderr is not None
    threading.Thread(target=_lines, args=(child.process.stdout, lines), daemon=True).start()
    threading.Thread(target=printed.read, args=(child.process.stderr,), daemon=True).start()
    try:
        child.give(str(Path(path).resolve()), options or {})
        yield from _heard(child.process, lines, printed, seconds)
    finally:
        child.close()


def _heard(
    process: "subprocess.Popen[bytes]", lines: "queue.Queue[bytes | None]", printed: "_Printed", seconds: float
) -> Iterator[dict[str, Any]]:
    """Yield the lines until the child is done, silent for too long, gone, or has printed too much."""
    silence, ended = _Silence(START_SECONDS), 0.0
    while True:
        try:
            line = lines.get(timeout=0.05)
        except queue.Empty:
            line = b""
        if line:
            said = json.loads(line)
            if said == {"done": True}:
                return
            if "used" in said and len(said) == 1:
                silence.heard(said["used"])
                continue
            silence = _Silence(seconds, silence.used)
            if said != {"ready": True}:
                yield said
        elif printed.too_much:
            yield {"ended": f"it printed more than {printed.limit / MEGABYTE:g} MB"}
            return
        elif process.poll() is not None and line is not None and not ended:
            ended = time.monotonic()  # what it said last may still be on its way
        elif line is None or (ended and time.monotonic() - ended > LAST_WORDS):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=1)
            yield {"ended": f"it ended its process: {_status(process.poll(), printed)}"}
            return
        elif silence.over(time.monotonic()):
            yield {"ended": f"it had not returned after {seconds:g} s"}
            return


class _Silence:
    """How long nothing has been said: seconds of the processor, of the clock if the processor is left alone."""

    def __init__(self, seconds: float, used: float = 0.0) -> None:
        self.seconds, self.begin, self.before, self.used = seconds, time.monotonic(), used, used

    def heard(self, used: float) -> None:
        """Take note of how much was used; the first time, what was used before the file was read."""
        self.used, self.before = used, self.before or used

    def over(self, now: float) -> bool:
        """Return whether it has lasted too long."""
        waited, used = now - self.begin, self.used - self.before
        idle = used < IDLE * waited
        return used > self.seconds or waited > self.seconds * (1 if idle else BUSY)


def _status(status: int | None, printed: "_Printed") -> str:
    """Say how a process ended."""
    if status is not None and status < 0:
        with contextlib.suppress(ValueError):
            return f"signal {signal.Signals(-status).name}"
    return f"exit status {status}" + (f" ({printed.last})" if printed.last else "")


def _lines(stream: IO[bytes], lines: "queue.Queue[bytes | None]") -> None:
    with contextlib.suppress(OSError, ValueError):
        for line in stream:
            lines.put(line)
    lines.put(None)


class _Printed:
    """Counts what a child prints and keeps its last line."""

    def __init__(self, limit: int) -> None:
        self.limit, self.count, self.last = limit, 0, ""

    @property
    def too_much(self) -> bool:
        return self.count > self.limit

    def read(self, stream: IO[bytes]) -> None:
        """Read to the end, or until it is too much."""
        with contextlib.suppress(OSError, ValueError):
            while not self.too_much and (block := os.read(stream.fileno(), 1 << 16)):
                self.count += len(block)
                text = block.decode(errors="replace").strip().splitlines()
                self.last = text[-1][:200] if text else self.last
