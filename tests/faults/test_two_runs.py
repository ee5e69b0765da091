"""Two processes that begin in one folder: one runs, the other hears why it does not, and nothing is mixed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from handnn import cli
from handnn.core.claim import LOCK, claimed
from handnn.tensorboard.read import series

ROOT = Path(__file__).resolve().parents[2]
TRAIN = (
    "train",
    "--no-keras",
    "--data",
    "moons",
    "--layers",
    "3",
    "--epochs",
    "2",
    "--batch-size",
    "400",
    "--run",
    "r",
)
COMPARE = ("compare", "--data", "moons", "--layers", "3", "--optimizers", "sgd", "--rates", "1", "--seeds", "1",
           "--epochs", "1", "--batch-size", "500", "--run", "r", "--jobs", "1")  # fmt: skip
SURFACES = ("compare", "--surfaces", "--optimizers", "sgd", "--run", "r")


def test_a_folder_is_held_until_it_is_given_up(tmp_path):
    with claimed(tmp_path):
        with pytest.raises(ValueError, match="another process is writing to"), claimed(tmp_path):
            pass
        assert (tmp_path / LOCK).exists()
    assert not (tmp_path / LOCK).exists()
    with claimed(tmp_path):
        pass


def test_a_process_that_was_killed_holds_nothing(tmp_path):
    code = f"import os; from handnn.core.claim import claimed\nwith claimed({str(tmp_path)!r}): os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False)
    assert (tmp_path / LOCK).exists()
    with claimed(tmp_path):
        pass


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (TRAIN, "--run logs/r already holds a run"),
        (COMPARE, "another process is writing to logs/r"),
        (SURFACES, "another process is writing to logs/r"),
    ],
)
def test_the_second_hears_why(arguments, words, command, tmp_path):
    (tmp_path / "logs/r").mkdir(parents=True)
    with claimed(tmp_path / "logs/r"):
        status, out, err = command(*arguments)
        assert (status, out) == (cli.FAILED, "")
        assert len(err.splitlines()) == 1 and words in err
    assert not list((tmp_path / "logs/r").rglob("*tfevents*"))


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [TRAIN, COMPARE, SURFACES], ids=["train", "compare", "surfaces"])
def test_two_at_once(arguments, tmp_path):
    """Both may also succeed, where one ends before the other begins: a comparison is then only shown again."""
    start = [sys.executable, "-m", "handnn", *arguments]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": tmp_path}
    both = [subprocess.Popen(start, env=os.environ | {"PYTHONPATH": str(ROOT)}, **options) for _ in range(2)]
    ends = [(process.communicate(), process.returncode) for process in both]
    statuses = sorted(status for _, status in ends)
    assert statuses in ([0, 2], [0, 0] if arguments is not TRAIN else [0, 2]), ends
    for (_, err), status in ends:
        if status:
            assert len(err.splitlines()) == 1 and ("already holds a run" in err or "another process" in err)
    if arguments is TRAIN:
        (folder,) = [path.parent for path in (tmp_path / "logs/r/handnn/train").iterdir()]
        steps = [step for step, _ in series(folder)["batch_loss"]]
        assert steps == list(range(1, len(steps) + 1))
