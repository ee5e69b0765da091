"""SIGKILL at random moments: `python -m tests.faults.kills KIND MOMENTS SEED` in an empty folder, which prints 'ok'.

One process imports handnn once and forks a child for each moment, because a child that is killed must not be pytest.
Afterwards, each file must be the whole old or the whole new one, and what resumes must end with the same bits as what
was never killed.
"""

import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import handnn
from handnn import cli
from handnn.compare import parity, results
from handnn.core import atomic
from handnn.tensorboard.read import read_events, series

KILLED = -signal.SIGKILL


def forked(work: Callable[[], Any], seconds: float | None = None) -> tuple[int, float]:
    """Run work in a child, killed after so many seconds; return its exit status and how long it took."""
    began = time.monotonic()
    child = os.fork()
    if not child:
        status = 1
        try:
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115
            status = work() or 0
        except SystemExit as ended:
            status = int(ended.code or 0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    if seconds is not None:
        time.sleep(max(0.0, began + seconds - time.monotonic()))
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), time.monotonic() - began


def command(*arguments: Any) -> Callable[[], None]:
    def work() -> None:
        sys.argv = ["handnn", *map(str, arguments)]
        cli.main()

    return work


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return len(one) == len(other) and all(map(np.array_equal, one, other))


def ending(path: Path) -> list[np.ndarray]:
    model = handnn.load_model(path)
    return [*model.get_weights(), *[variable.value for variable in model.optimizer.variables]]


# ---- training, by the command ---------------------------------------------------------------------------------------

FRESH = ("--no-keras", "--data", "moons", "--batch-size", 200, "--layers", "5-4")


def train(moments: int, rng: random.Random) -> None:
    def run(name: str, target: Path) -> tuple[Any, ...]:
        return ("train", *FRESH, "--epochs", 4, "--run", name, "--save", target)

    whole = Path("whole.keras")
    assert forked(command(*run("warm", Path("warm.keras"))))[0] == 0
    status, seconds = forked(command(*run("whole", whole)))
    assert status == 0
    for i in range(moments):
        target = Path(f"{i}.keras")
        if forked(command(*run(f"run{i}", target)), rng.uniform(0, 1.1 * seconds))[0] == KILLED:
            logs = Path("logs", f"run{i}", "handnn", "train")
            if logs.exists():
                read_events(logs)  # at most the last record is unfinished
                steps = [step for step, _ in series(logs).get("batch_loss", [])]
                assert steps == list(range(1, len(steps) + 1))
        if not target.exists():
            assert forked(command(*run(f"again{i}", target)))[0] == 0
        elif handnn.load_model(target).progress.epoch < 4:
            resumed = ("--resume", target, "--save", target)
            again = ("train", "--no-keras", "--data", "moons", "--batch-size", 200, "--epochs", 4, "--run", f"again{i}")
            assert forked(command(*again, *resumed))[0] == 0
        assert same(ending(target), ending(whole)), i


# ---- training, by `fit` with a backup after every batch ------------------------------------------------------------


def fit(moments: int, rng: random.Random) -> None:
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(40, 3)), draw.normal(size=(40, 2))

    def training(folder: str) -> Callable[[], None]:
        def work() -> None:
            handnn.utils.set_random_seed(4)
            stack = [
                handnn.Input((3,)),
                handnn.layers.Dense(6, "tanh"),
                handnn.layers.Dropout(0.2),
                handnn.layers.Dense(2),
            ]
            model = handnn.Sequential(stack, name="net")
            model.compile("adam", "mse")
            backup = handnn.callbacks.BackupAndRestore(f"{folder}/backup", save_freq=1, delete_checkpoint=False)
            best = handnn.callbacks.ModelCheckpoint(f"{folder}/best.keras", monitor="loss", save_best_only=True)
            board = handnn.callbacks.TensorBoard(f"{folder}/logs")
            history = model.fit(x, y, batch_size=8, epochs=3, verbose=0, callbacks=[backup, best, board])
            model.save(f"{folder}/end.keras")
            np.save(f"{folder}/loss.npy", history.history["loss"])

        return work

    assert forked(training("warm"))[0] == 0
    status, seconds = forked(training("whole"))
    assert status == 0
    for i in range(moments):
        folder = f"fit{i}"
        forked(training(folder), rng.uniform(0, 1.1 * seconds))
        for path in Path(folder).rglob("*.keras"):
            handnn.load_model(path)
        assert forked(training(folder))[0] == 0, i
        assert same(ending(Path(folder, "end.keras")), ending(Path("whole/end.keras"))), i
        assert np.array_equal(np.load(f"{folder}/loss.npy"), np.load("whole/loss.npy")), i
        assert not [path for path in Path(folder, "backup").iterdir() if path.name.endswith(atomic.PARTIAL)]


# ---- saving -----------------------------------------------------------------------------------------------------


def save(moments: int, rng: random.Random) -> None:
    stack = [handnn.Input((30,)), handnn.layers.Dense(200, "tanh"), handnn.layers.Dense(20)]
    model = handnn.Sequential(stack, name="net")
    model.compile("adam", "mse")
    model.train_on_batch(np.ones((2, 30)), np.ones((2, 20)))
    one = [*model.get_weights(), *[variable.value for variable in model.optimizer.variables]]
    target = Path("a.keras")

    def forever() -> None:
        while True:
            model.set_weights([1 - weight for weight in model.get_weights()])
            model.save(target)
            model.save_weights("a.weights.h5")

    model.save(target)
    model.save_weights("a.weights.h5")
    weights = len(model.get_weights())
    other = [*[1 - weight for weight in one[:weights]], *one[weights:]]
    third = [*[1 - weight for weight in other[:weights]], *one[weights:]]  # rounding is not undone
    for _ in range(moments):
        assert forked(forever, rng.uniform(0.02, 0.1))[0] == KILLED
        assert any(same(ending(target), known) for known in (one, other, third))
        model.load_weights("a.weights.h5")
        model.set_weights(one[:weights])


# ---- a comparison ---------------------------------------------------------------------------------------------------


def compare(moments: int, rng: random.Random) -> None:
    parity.check = lambda label, dtype: {"ok": True, "worst": 0.5, "sentence": "fine", "keras": "none"}
    if moments < 10:  # pictures and tables take most of the time
        from handnn.compare import report

        report.write = lambda comparison, directory, jobs: []

    def run(name: str) -> Callable[[], None]:
        small = ("--data", "moons", "--layers", 4, "--epochs", 2, "--batch-size", 200, "--rates", 2, "--seeds", 2)
        return command("compare", *small, "--jobs", 1, "--optimizers", "sgd,adam", "--run", name)

    def losses(name: str) -> dict[str, np.ndarray]:
        found = results.read(Path("logs", name))
        assert not found.missing and not found.failed
        return {cell.key: run.loss for cell, run in found.runs.items()}

    assert forked(run("warm"))[0] == 0
    status, seconds = forked(run("whole"))
    assert status == 0
    for i in range(moments):
        forked(run(f"c{i}"), rng.uniform(0, 1.1 * seconds))
        folder = Path("logs", f"c{i}")
        if (folder / "plan.json").exists():
            results.read(folder)  # what is there is whole
        assert forked(run(f"c{i}"))[0] == 0, i
        one, whole = losses(f"c{i}"), losses("whole")
        assert one.keys() == whole.keys() and all(np.array_equal(one[key], whole[key]) for key in whole), i


if __name__ == "__main__":
    {"train": train, "fit": fit, "save": save, "compare": compare}[sys.argv[1]](
        int(sys.argv[2]), random.Random(int(sys.argv[3]))
    )
    print("ok")
