"""The process in which one file is read and judged.

    python -P -m handnn.diagnosis.user.process.child WORKER MEMORY SCRATCH

It imports the worker, waits for [path, options] as a line of JSON, builds the fence, and writes what the worker yields,
one line of JSON each, then {"done": true}. What the file prints goes to stderr.
"""

import importlib
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..refused import refuse

TELLING = 0.5


def main(arguments: list[str]) -> int:
    """Serve one file."""
    worker, memory, scratch = arguments[0], int(arguments[1]), arguments[2]
    out = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)  # what the file prints is kept away from the lines
    module, _, name = worker.partition(":")
    function: Callable[..., Iterator[dict[str, Any]]] = getattr(importlib.import_module(module), name)
    out.write('{"ready": true}\n')
    line = sys.stdin.readline()
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    if not line:
        return 0
    path, options = json.loads(line)
    _limit_memory(memory)
    os.chdir(Path(path).parent)
    sys.argv = [path]
    fence([str(Path(path).parent), scratch])

    lock = threading.Lock()

    def say(said: dict[str, Any]) -> None:
        with lock:
            out.write(json.dumps(said, default=str) + "\n")

    threading.Thread(target=_tell_time, args=(say, scratch), daemon=True).start()
    try:
        for said in function(path, options, say):
            say(said)
    except BaseException as error:  # also SystemExit: the file gets an answer
        from ..call.calling import described

        say({"failed": described(error, {path})})
    say({"done": True})
    out.flush()
    os._exit(0)  # threads that do not end are not waited for


def _tell_time(say: Callable[[dict[str, Any]], None], scratch: str) -> None:
    """Say from time to time how much of the processor was used: its seconds are what is limited.

    When nobody listens any more, because whoever limits them was killed, end, and leave no scratch folder behind.
    """
    ends = os._exit  # a script that runs has another
    try:
        while True:
            say({"used": time.process_time()})
            time.sleep(TELLING)
    except OSError:
        shutil.rmtree(scratch, ignore_errors=True)
        ends(1)


def _limit_memory(memory: int) -> None:
    """Limit the address space where the system does that."""
    if sys.platform != "linux":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
    resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def fence(folders: list[str]) -> None:
    """Refuse network, other processes and writing outside of these folders, from here on, to Python code."""
    roots = tuple(os.path.realpath(folder) for folder in folders)

    def inside(path: Any) -> bool:
        if isinstance(path, int) or path is None:
            return True
        where = os.path.realpath(os.fsdecode(path))
        return where == os.devnull or any(where == root or where.startswith(root + os.sep) for root in roots)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        refuse(event, arguments, inside)

    sys.addaudithook(hook)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
