"""Whatever a file does, it gets an answer, and the parent returns in time."""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from handnn.diagnosis.user.isolation import Ready, isolated, limits

WORKER = "handnn.diagnosis.user.reading:told"
PAIR = "def f(x): return x**2\ndef f_prime(x): return 2*x\n"
SECONDS = 2.0
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
    "thread": ("import threading, time\ndef w():\n  while True: time.sleep(1)\nthreading.Thread(target=w).start()\n" + PAIR, "'claimed'"),
    "loop": ("def f(x):\n  while True: pass\ndef f_prime(x): return 2*x\n", "not returned after 2 s"),
    "exit": ("import sys\nx = sys.exit(3)\n", "SystemExit: 3"),
    "hard_exit": ("import os\nx = os._exit(7)\n", "exit status 7"),
    "asks": ("name = input('who?')\n", "EOFError"),
    "memory": ("import numpy as np\nbig = np.ones(7 * 10**9)\n", "MemoryError"),
    "prints": ("import sys\ndef f(x):\n  while True: sys.__stdout__.write('x' * 10**6)\ndef f_prime(x): return x\n", "printed more than 5 MB"),
    "crash": ("import ctypes\nx = ctypes.string_at(0)\n", "SIGSEGV"),
    "fence": (FENCE, "['fork', 'program', 'network', 'write', 'remove']"),
}
LINUX_ONLY = {"memory"}
POSIX_ONLY = {"fence", "crash"}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, float]]:
    """What is said of each file, and how long it took."""
    folder = tmp_path_factory.mktemp("hostile")

    def ask(name: str) -> tuple[str, float]:
        path = folder / f"{name}.py"
        path.write_text(FILES[name][0])
        start = time.monotonic()
        said = list(isolated(path, WORKER, seconds=SECONDS, output=5_000_000))
        return str(said), time.monotonic() - start

    with ThreadPoolExecutor(3) as pool:
        return dict(zip(FILES, pool.map(ask, FILES), strict=True))


@pytest.mark.parametrize("name", FILES)
def test_every_file_gets_an_answer_in_time(name: str, answers: dict[str, tuple[str, float]]) -> None:
    if (name in LINUX_ONLY and sys.platform != "linux") or (name in POSIX_ONLY and os.name != "posix"):
        pytest.skip("not enforced on this system")
    said, seconds = answers[name]
    assert FILES[name][1] in said
    assert seconds < SECONDS + 10


def test_a_child_can_wait_for_its_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(PAIR)
    ready = Ready(WORKER)
    ready.prepare()
    try:
        said: list[dict[str, Any]] = list(isolated(path, WORKER, ready=ready))
    finally:
        ready.close()
    assert said[0]["claimed"] == ["z"]


def test_what_holds_is_said() -> None:
    assert set(limits()) == {"time", "output", "memory", "network", "files", "processes"}
    assert "not a wall" in limits()["network"]
