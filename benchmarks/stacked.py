"""Benchmark of comparisons: an epoch of 25 runs (5 seeds x 5 learning rates), trained together and one by one.

Milliseconds of processor time on one thread, evaluation of all three parts of the data included; each side runs in a
process of its own, in turns, and the fastest round counts.

Run: python -m benchmarks.stacked [--old FOLDER]
FOLDER: a checkout of an older version (git worktree add FOLDER a91ac57), which trains the same runs one by one.
"""

import argparse
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from time import process_time
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NETWORKS = {
    "64-16-16-10 adam": ((64, 16, 16, 10), "adam", (0.001, 0.00316, 0.01, 0.0316, 0.1)),
    "64-16-16-10 sgd": ((64, 16, 16, 10), "sgd", (0.0316, 0.1, 0.316, 0.5, 1.0)),
    "64-32-10 sgd": ((64, 32, 10), "sgd", (0.0316, 0.1, 0.316, 0.5, 1.0)),
    "64-16-16-10 muon": ((64, 16, 16, 10), "muon", (0.001, 0.00316, 0.01, 0.0316, 0.1)),
    "64-512-512-10 adam": ((64, 512, 512, 10), "adam", (0.001, 0.00316)),
}
ROUNDS, EPOCHS, GOAL = 3, 3, 5.0
LARGE = 100_000
"""Weights from which a network is timed for one seed only."""


def measure(name: str, side: str) -> str:
    """Return the milliseconds of an epoch of one run, from plans of one and of several epochs."""
    import numpy as np
    from threadpoolctl import threadpool_limits

    from handnn.compare.plan import Plan

    widths, optimizer, rates = NETWORKS[name]
    large = sum(a * b for a, b in pairwise(widths)) > LARGE

    seeds = (0,) if large else (0, 1, 2, 3, 4)

    def plan(epochs: int) -> Any:
        return Plan(
            data="digits", layers=widths, activation="relu", output="softmax", loss="categorical_crossentropy",
            dtype="float32", optimizers=(optimizer,), rates={optimizer: rates}, seeds=seeds,
            epochs=epochs, batch_size=32, target=0.5,
        )  # fmt: skip

    def seconds(epochs: int) -> float:
        own = plan(epochs)
        began = process_time()
        trained(own)
        return process_time() - began

    def trained(own: Any) -> None:
        if side == "together":
            from handnn.compare.single_run import train
            from handnn.compare.together import groups

            for group in groups(own, own.cells()):
                train(own, group.cells)
            return
        try:
            from handnn.compare.single_run import run_cell
        except ImportError:  # an older version
            from handnn.compare.cell import run_cell
        for cell in own.cells():
            run_cell(own, cell)

    with threadpool_limits(1):
        seconds(1)  # data are loaded
        one = seconds(1)
        found = seconds(1 + EPOCHS) - one
    return f"{1000 * found / EPOCHS / len(plan(1).cells()):.4f} {np.__version__}"


def run(name: str, side: str, folder: Path) -> float:
    """Return `measure` of a process that imports handnn from this folder."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, str(Path(__file__).resolve()), "--here", name, side]
    told = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, cwd=folder)
    return float(told.stdout.split()[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--old", type=Path, help="checkout of an older version")
    parser.add_argument("--only", choices=NETWORKS, action="append", help="one of the networks")
    given = parser.parse_args()
    sides = {"together": ROOT, "alone": ROOT} | ({"old": given.old.resolve()} if given.old else {})
    print("handnn compare, an epoch of a run, batch 32, evaluation included, ms of processor time\n")
    print(f"{'':20}{'together':>10}{'one by one':>12}{'ratio':>8}" + (f"{'old':>10}{'ratio':>8}" if given.old else ""))
    for name in given.only or NETWORKS:
        rounds = [{side: run(name, side, folder) for side, folder in sides.items()} for _ in range(ROUNDS)]
        best = {side: min(own[side] for own in rounds) for side in sides}
        line = f"{name:20}{best['together']:10.2f}{best['alone']:12.2f}{best['alone'] / best['together']:8.1f}"
        if given.old:
            line += f"{best['old']:10.2f}{best['old'] / best['together']:8.1f}"
        print(line, flush=True)
    print(f"\ngoal: small networks at least {GOAL:g} times as fast as one by one in a91ac57 (--old)")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--here"]:
        print(measure(*sys.argv[2:4]))
    else:
        main()
