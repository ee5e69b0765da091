"""A file checked in a process of its own, so that nothing it does, nor a loop that never ends, reaches this one."""

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

from ..verdict import Verdict


class BadFileError(ValueError):
    """The file cannot be checked; the message says why in one line."""


RUNNER = (sys.executable, "-m", "handnn.diagnosis.call.runner")


class Ready:
    """A process that has imported what it needs and waits for a file, so that a check begins at once."""

    def __init__(self) -> None:
        self._waiting: subprocess.Popen[str] | None = None

    def prepare(self) -> None:
        """Start the process that will be needed next."""
        if self._waiting is None:
            pipe = subprocess.PIPE
            self._waiting = subprocess.Popen([*RUNNER, "--wait"], stdin=pipe, stdout=pipe, stderr=pipe, text=True)

    def process(self, path: str, skipped: list[str]) -> "subprocess.Popen[str]":
        """Return a process at work on a file: the one that waits, if there is one."""
        self.prepare()
        given, self._waiting = self._waiting, None
        assert given is not None and given.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has ended already: its exit status tells
            given.stdin.write(json.dumps([path, *skipped]) + "\n")
            given.stdin.close()
        return given

    def close(self) -> None:
        if self._waiting is not None:
            with self._waiting as process:
                process.kill()


def check_file(path: str, seconds: float = 30.0, ready: Ready | None = None) -> list[Verdict]:
    """Return a verdict for each derivation of a file.

    Args:
        path: a Python file. seconds: how long one derivation may take; one that takes longer is 'broken'.
        ready: where the processes come from; each is started when it is needed if this is not given.
    """
    verdicts: dict[str, Verdict] = {}
    order: list[str] = []
    while True:
        running, ended = "", ""
        for line in _lines(path, list(verdicts), seconds, ready):
            if "found" in line:
                order = line["found"]
            elif "begins" in line:
                running = line["begins"]
            elif "verdict" in line:
                fields = {key: value for key, value in line["verdict"].items() if key not in ("ok", "unknown")}
                verdicts[line["name"]] = Verdict(**fields)
                running = ""
            elif "failed" in line:
                raise BadFileError(line["failed"])
            elif "ended" in line:
                ended = line["ended"]
        if not running:
            break
        verdicts[running] = Verdict(running, "broken", ended)
    if not order:
        raise BadFileError(
            f"{path}: no derivation found; say what a function is with a line 'handnn: ...' in its docstring"
        )
    return [verdicts[name] for name in order]


def _lines(path: str, skipped: list[str], seconds: float, ready: Ready | None) -> Iterator[dict[str, Any]]:
    """Yield what the runner says; it is killed when it is silent for too long."""
    if ready is None:
        started = subprocess.Popen([*RUNNER, path, *skipped], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    else:
        started = ready.process(path, skipped)
    with started as process:
        assert process.stdout is not None and process.stderr is not None
        errors: list[str] = []
        drain = threading.Thread(target=lambda: errors.extend(process.stderr or ()), daemon=True)
        drain.start()
        heard, late = False, threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        while True:
            timer = threading.Timer(seconds, stop)
            timer.start()
            line = process.stdout.readline()
            timer.cancel()
            if not line:
                break
            heard = True
            yield json.loads(line)
        status = process.wait()
        drain.join()
    said = errors[-1].strip() if errors else f"exit status {status}"
    if not heard:
        raise BadFileError(f"{path}: {f'it had not been read after {seconds:g} s' if late.is_set() else said}")
    yield {"ended": f"it had not returned after {seconds:g} s" if late.is_set() else f"it ended its process: {said}"}
