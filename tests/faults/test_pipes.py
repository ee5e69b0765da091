"""A reader of standard output that goes away, such as `head -1`: one line, exit status 2, logs are closed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from handnn import cli
from handnn.tensorboard.read import read_events

ROOT = Path(__file__).resolve().parents[2]
DERIVATION = 'import numpy as np\n\ndef my_tanh(z):\n    """handnn: activation tanh"""\n    return np.tanh(z)\n'
TRAIN = ("train", "--no-keras", "--data", "moons", "--layers", "5", "--epochs", "3", "--run", "r")
COMPARE = ("compare", "--data", "moons", "--layers", "3", "--optimizers", "sgd,adam", "--rates", "1", "--seeds", "1",
           "--epochs", "1", "--batch-size", "500", "--run", "r", "--jobs", "1")  # fmt: skip
VERIFY = ("verify", "--data", "moons", "--layers", "3")
QUICK = {
    "check": ("check", "d.py"),
    "check --json": ("check", "d.py", "--json"),
    "check --new": ("check", "--new", "fresh"),
    "trace": ("trace", "2-3-2", "--no-keras"),
    "trace --json": ("trace", "2-3-2", "--no-keras", "--json"),
    "train": TRAIN,
    "train --json": (*TRAIN, "--json"),
    "help": ("--help",),
    "train --help": ("train", "--help"),
}
WITH_KERAS = {
    "verify": VERIFY,
    "verify --json": (*VERIFY, "--json"),
    "verify --markdown": (*VERIFY, "--markdown"),
    "trace": ("trace", "2-3-2"),
    "train": tuple(part for part in TRAIN if part != "--no-keras"),
    "compare": COMPARE,
    "compare --json": (*COMPARE, "--json"),
    "surfaces": ("compare", "--surfaces", "--optimizers", "sgd", "--run", "r"),
}


def judged(status, err, folder):
    assert status == cli.FAILED
    assert err.strip() == "handnn: standard output was closed"
    for log in (folder / "logs").rglob("events*"):
        assert read_events(log.parent).trailing_bytes == 0


@pytest.mark.quick(1)
@pytest.mark.parametrize("name", QUICK)
def test_a_pipe_that_is_closed(name, command, monkeypatch, tmp_path):
    """Closed from the start, in this process."""
    (tmp_path / "d.py").write_text(DERIVATION, encoding="utf-8")
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        status, _, err = command(*QUICK[name])
        os.dup2(os.open(os.devnull, os.O_WRONLY), pipe.fileno())  # what is still buffered
    judged(status, err, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("name", [*QUICK, *(f"{name} beside Keras" for name in WITH_KERAS)])
def test_a_reader_that_goes_away(name, first, tmp_path):
    """`| head -n 0` and `| head -n 1`. A command that prints less than a pipe holds may end well."""
    (tmp_path / "d.py").write_text(DERIVATION, encoding="utf-8")
    arguments = QUICK.get(name) or WITH_KERAS[name.removesuffix(" beside Keras")]
    process = subprocess.Popen(
        [sys.executable, "-m", "handnn", *arguments], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for _ in range(first):
        assert process.stdout.readline()
    process.stdout.close()
    with process.stderr:
        err = process.stderr.read()
    status = process.wait()
    if first and status == 0:
        assert err == ""
    else:
        judged(status, err, tmp_path)
