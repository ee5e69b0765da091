"""Benchmark of comparisons: an epoch of 25 runs (5 seeds x 5 learning rates), trained together and one by one.

Milliseconds of processor time on one thread, evaluation of all three parts of the data included; each side runs in a
process of its own, in turns, and the fastest round counts.

Run: python -m benchmarks.stacked [--old FOLDER] [--jax PYTHON]
FOLDER: a checkout of an older version (git worktree add FOLDER a91ac57), which trains the same runs one by one.
PYTHON: of an environment with JAX, which trains them by vmap (benchmarks/vmap.py), for rules that are written there.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
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
IN_JAX = ("adam", "sgd")
LARGE = 100_000
"""Weights from which a network is timed for one seed only."""


def plan_of(name: str, epochs: int) -> Any:
    """Return the comparison: 5 seeds, one of a large network."""
    from handnn.compare.plan import Plan

    widths, optimizer, rates = NETWORKS[name]
    large = sum(a * b for a, b in pairwise(widths)) > LARGE
    return Plan(
        data="digits", layers=widths, activation="relu", output="softmax", loss="categorical_crossentropy",
        dtype="float32", optimizers=(optimizer,), rates={optimizer: rates}, seeds=(0,) if large else (0, 1, 2, 3, 4),
        epochs=epochs, batch_size=32, target=0.5,
    )  # fmt: skip


def measure(name: str, side: str) -> str:
    """Return the milliseconds of an epoch of one run, from plans of one and of several epochs."""
    import numpy as np
    from threadpoolctl import threadpool_limits

    def seconds(epochs: int) -> float:
        own = plan_of(name, epochs)
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
    return f"{1000 * found / EPOCHS / len(plan_of(name, 1).cells()):.4f} {np.__version__}"


def run(name: str, side: str, folder: Path) -> float:
    """Return `measure` of a process that imports handnn from this folder."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, str(Path(__file__).resolve()), "--here", name, side]
    told = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, cwd=folder)
    return float(told.stdout.split()[0])


def in_jax(name: str, python: str) -> tuple[float, float]:
    """Return the milliseconds that JAX takes for the same, one call a step and one scan an epoch."""
    import numpy as np

    from handnn.compare.plan import samples

    plan = plan_of(name, 1)
    (optimizer,), parts = plan.optimizers, samples(plan)
    told = {"widths": plan.layers, "optimizer": optimizer, "rates": plan.rates[optimizer]}
    told |= {"seeds": len(plan.seeds), "batch": plan.batch_size}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.npz"
        named = {"train": parts.train, "validation": parts.validation, "test": parts.test}
        np.savez(path, **{f"{kind}_{name}": getattr(part, kind) for name, part in named.items() for kind in "xy"})
        command = [python, str(ROOT / "benchmarks" / "vmap.py"), str(path), json.dumps(told)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    a_step, a_scan = json.loads(done.stdout.splitlines()[-1])
    return a_step, a_scan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--old", type=Path, help="checkout of an older version")
    parser.add_argument("--jax", metavar="PYTHON", help="a Python with JAX, which trains the same runs by vmap")
    parser.add_argument("--only", choices=NETWORKS, action="append", help="one of the networks")
    given = parser.parse_args()
    sides = {"together": ROOT, "alone": ROOT} | ({"old": given.old.resolve()} if given.old else {})
    print("handnn compare, an epoch of a run, batch 32, evaluation included, ms of processor time\n")
    head = f"{'':18}{'together':>9}{'alone':>8}{'ratio':>6}" + (f"{'old':>8}{'ratio':>6}" if given.old else "")
    print(head + (f"{'vmap':>8}{'ratio':>6}{'scan':>7}" if given.jax else ""))
    for name in given.only or NETWORKS:
        rounds, in_turns = [], []
        for _ in range(ROUNDS):
            rounds.append({side: run(name, side, folder) for side, folder in sides.items()})
            if given.jax and NETWORKS[name][1] in IN_JAX:
                in_turns.append(in_jax(name, given.jax))
        best = {side: min(own[side] for own in rounds) for side in sides}
        line = f"{name:18}{best['together']:9.2f}{best['alone']:8.2f}{best['alone'] / best['together']:6.1f}"
        if given.old:
            line += f"{best['old']:8.2f}{best['old'] / best['together']:6.1f}"
        if in_turns:
            a_step, a_scan = map(min, zip(*in_turns, strict=True))
            line += f"{a_step:8.2f}{a_step / best['together']:6.1f}{a_scan:7.2f}"
        print(line, flush=True)
    print(f"\ngoals: small networks at least {GOAL:g} times as fast as one by one in a91ac57 (--old),")
    print("and not slower than JAX' vmap with one call a step (--jax)")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--here"]:
        print(measure(*sys.argv[2:4]))
    else:
        main()
