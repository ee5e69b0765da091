"""A real scheduler with real workers on this machine, one of which is killed in mid-run."""

import importlib.util
import os
import signal
import sys
import time

import numpy as np
import pytest

from handnn.compare import runner
from handnn.compare.single_run import run_cell
from handnn.compare.results import Folder

installed = importlib.util.find_spec("distributed") is not None
pytestmark = pytest.mark.skipif(not installed, reason="the extra handnn[dask] is not installed")


@pytest.fixture(scope="module")
def cluster():
    """Two workers, each a process of its own. A task is given up when two of them died over it."""
    import dask
    from distributed import LocalCluster

    quiet = {"dashboard_address": None, "silence_logs": 60}
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, **quiet) as found,
    ):
        yield found


@pytest.mark.slow
def test_a_scheduler_gives_the_very_runs_of_this_process(plan, tmp_path):
    """Every day with a worker in this process; with `--all` with others, which take long to start."""
    import dask
    from distributed import LocalCluster

    p, folder = plan(seeds=(0,)), Folder(tmp_path / "run")
    folder.open(p)
    quiet = {"dashboard_address": None, "silence_logs": 60}
    with (
        dask.config.set({"distributed.scheduler.work-stealing": False}),
        LocalCluster("127.0.0.1:0", n_workers=1, threads_per_worker=1, processes=False, **quiet) as inside,
    ):
        runner.run(folder, p, p.cells(), dask=inside.scheduler_address)
    found = folder.read()
    assert not found.missing and not found.failed and len(found.runs) == len(p.cells())
    for cell, run in found.runs.items():
        assert np.array_equal(run.loss, run_cell(p, cell).loss)


def slowly(plan, cell):
    """A cell that takes long enough to be killed in."""
    time.sleep(0.2)
    run = run_cell(plan, cell)
    run.slot_bytes = os.getpid()
    run.step_seconds = float("tensorflow" in sys.modules)
    return run


@pytest.mark.slow
def test_a_killed_worker_loses_nothing(plan, tmp_path, cluster):
    p, folder, killed = plan(seeds=(0, 1, 2)), Folder(tmp_path / "run"), []
    folder.open(p)
    pids = {worker.pid for worker in cluster.workers.values()}
    assert len(pids) == 2

    def progress(run):
        if not killed:  # its worker is in the middle of the next cell
            killed.append(run.slot_bytes)
            os.kill(run.slot_bytes, signal.SIGKILL)

    runner.run(folder, p, p.cells(), dask=cluster.scheduler_address, progress=progress, task=slowly)
    found = folder.read()
    assert killed[0] in pids
    assert not found.missing and not found.failed and len(found.runs) == len(p.cells()) == 12
    workers = [run.slot_bytes for run in found.runs.values()]
    assert os.getpid() not in workers and len(set(workers)) >= 2
    assert not any(run.step_seconds for run in found.runs.values())
    for cell, run in found.runs.items():
        assert np.array_equal(run.loss, run_cell(p, cell).loss)


def kills(plan, cell):
    if cell == plan.cells()[0]:
        os._exit(1)
    return run_cell(plan, cell)


@pytest.mark.slow
def test_a_cell_that_kills_its_workers_is_given_up_and_the_others_go_on(plan, tmp_path, cluster):
    p, folder = plan(seeds=(0,)), Folder(tmp_path / "run")
    folder.open(p)
    runner.run(folder, p, p.cells(), dask=cluster.scheduler_address, task=kills)
    found = folder.read()
    assert not found.missing
    assert (p.cells()[0], runner.LOST) in [(run.cell, run.failed) for run in found.failed]
    assert len(found.failed) < len(p.cells())
