"""Whatever a file does, it gets an answer, and the parent returns in time."""

import os
import queue
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from handnn.diagnosis.files import expanded
from handnn.diagnosis.user.process import isolation
from handnn.diagnosis.user.process.isolation import START_SECONDS, Process, Ready, isolated

WORKER = "handnn.diagnosis.check:worker"
PAIR = "def f(x): return x**2\ndef f_prime(x): return 2*x\n"
SECONDS = 1.0
FENCE = """
import os, socket, subprocess, tempfile
refused = []
def attempt(name, action):
    try: action()
    except PermissionError: refused.append(name)
attempt('fork', os.fork)
attempt('program', lambda: subprocess.run(['true']))
attempt('network', lambda: socket.create_connection(('127.0.0.1', 9)))
attempt('write', lambda: open(os.path.join(os.path.dirname(os.getcwd()), 'outside'), 'w'))
attempt('remove', lambda: os.remove(os.path.join(os.path.dirname(os.getcwd()), 'outside')))
attempt('here', lambda: open('mine.txt', 'w').close())
attempt('scratch', lambda: tempfile.TemporaryFile().close())
raise ValueError(refused)
"""
FILES: dict[str, tuple[str, str]] = {
    "thread": (
        "import threading, time\ndef w():\n  while True: time.sleep(1)\nthreading.Thread(target=w).start()\n" + PAIR,
        "'verdict': 'match'",
    ),
    "loop": ("def f(x):\n  while True: pass\ndef f_prime(x): return 2*x\n", "not returned after 1 s"),
    "exit": ("import sys\nx = sys.exit(3)\n", "SystemExit: 3"),
    "hard_exit": ("import os\nx = os._exit(7)\n", "exit status 7"),
    "asks": ("name = input('who?')\n", "EOFError"),
    "memory": ("import numpy as np\nbig = np.ones(7 * 10**9)\n", "MemoryError"),
    "prints": (
        "import sys\ndef f(x):\n  while True: sys.__stdout__.write('x' * 10**6)\ndef f_prime(x): return x\n",
        "printed more than 5 MB",
    ),
    "crash": ("import ctypes\nx = ctypes.string_at(0)\n", "SIGSEGV"),
    "fence": (FENCE, "['fork', 'program', 'network', 'write', 'remove']"),
}
LINUX_ONLY = {"memory"}
POSIX_ONLY = {"fence", "crash"}


def ask(name: str, folder: Path, ready: Ready | None = None) -> None:
    """Assert that a file gets its answer in time."""
    if (name in LINUX_ONLY and sys.platform != "linux") or (name in POSIX_ONLY and os.name != "posix"):
        return
    path = folder / f"{name}.py"
    path.write_text(FILES[name][0])
    start = time.monotonic()
    said = str(list(isolated(path, WORKER, seconds=SECONDS, output=5_000_000, ready=ready)))
    assert FILES[name][1] in said, name
    assert time.monotonic() - start < SECONDS + START_SECONDS, name


@pytest.mark.slow
def test_files_that_misbehave_get_an_answer_in_time(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(ask, name, tmp_path) for name in ("loop", "hard_exit", "prints", "fence")]:
            done.result()


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_every_file_gets_an_answer_in_time(name: str, tmp_path: Path) -> None:
    ask(name, tmp_path)


def test_a_child_can_wait_for_its_file(tmp_path: Path) -> None:
    ready = Ready(WORKER)
    ready.prepare()
    try:
        ask("thread", tmp_path, ready)
    finally:
        ready.close()


@pytest.mark.slow
def test_a_file_ends_when_nobody_listens_any_more(tmp_path: Path) -> None:
    """As after the death of the process that limits it, which could not end it."""
    path = tmp_path / "loop.py"
    path.write_text(FILES["loop"][0])
    child = Process(WORKER, 2**33)
    try:
        assert child.process.stdout is not None and b"ready" in child.process.stdout.readline()
        child.give(str(path), {})
        child.process.stdout.close()
        assert child.process.wait(timeout=START_SECONDS) == 1
        assert not os.path.exists(child.scratch)
    finally:
        child.close()


def test_last_words_of_a_process_that_has_ended_are_waited_for() -> None:
    """On a busy machine they are read only after the process is gone."""
    ended = SimpleNamespace(poll=lambda: 0, wait=lambda timeout: 0)
    lines: queue.Queue[bytes | None] = queue.Queue()
    silent = SimpleNamespace(too_much=False, last="")

    def late() -> None:
        for line in (b'{"name": "f"}', b'{"done": true}'):
            lines.put(line)

    threading.Timer(0.15, late).start()
    assert list(isolation._heard(ended, lines, silent, 10.0)) == [{"name": "f"}]


def test_a_pattern_may_be_absolute(tmp_path):
    for name in ("b.py", "a.py", "c.txt"):
        (tmp_path / name).write_text("")
    assert list(expanded([f"{tmp_path}/*.py"])) == [str(tmp_path / "a.py"), str(tmp_path / "b.py")]
