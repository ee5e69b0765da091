"""Where cells run, without processes: what `runner.run` asks for, and what happens when processes die."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from handnn.compare import plan as planning
from handnn.compare import runner
from handnn.compare.results import Folder
from handnn.compare.single_run import run_cell
from handnn.compare.together import Group


@pytest.fixture
def asked(monkeypatch):
    """What was asked of Dask and of processes; the cells run here."""
    found = []

    def here(kind):
        def runs(work, groups, wanted):
            found.append((kind, [cell for group in groups for cell in group.cells], wanted))
            return (run for group in groups for run in work(group))

        return runs

    monkeypatch.setattr(runner, "on_dask", here("dask"))
    monkeypatch.setattr(runner, "in_processes", here("processes"))
    monkeypatch.setattr(runner, "workers", lambda address: 2)
    return found


def test_cells_run_where_they_are_told_to(plan, tmp_path, asked):
    p, folder = plan("sgd", seeds=(0,), epochs=1), Folder(tmp_path / "run")
    folder.open(p)
    cells = p.cells()
    runner.run(folder, p, cells, jobs=3, dask="tcp://somewhere:1")
    runner.run(folder, p, cells, jobs=3)
    runner.run(folder, p, cells, jobs=1)
    runner.run(folder, p, cells[:1], jobs=3)  # one cell is worth no process
    assert asked == [("dask", cells, "tcp://somewhere:1"), ("processes", cells, 3)]


def test_cells_are_grouped_for_all_that_train_at_once(plan, tmp_path, asked, monkeypatch):
    p, folder, counts = plan("sgd", seeds=(0,), epochs=1), Folder(tmp_path / "run"), []
    monkeypatch.setattr(runner, "grouped", lambda plan, cells, jobs: counts.append(jobs) or [])
    folder.open(p)
    runner.run(folder, p, p.cells(), jobs=3, dask="tcp://somewhere:1")
    runner.run(folder, p, p.cells(), jobs=3)
    assert counts == [2, 3]  # the two workers of the cluster, the three processes


@pytest.mark.parametrize("finished", [0, 1, 4])
@pytest.mark.parametrize("jobs", [2, 3])
def test_after_processes_died_each_unfinished_cell_is_tried_once(plan, monkeypatch, finished, jobs):
    """The cells that may have run are tried alone; then the others go on together, until it happens again."""
    cells, alone, together = plan(seeds=(0, 1, 2, 3)).cells(), [], []

    def work(group):
        return [runner.Run.failure(cell, "made up") for cell in group.cells]

    def breaking(work, left, jobs):
        together.append([cell for group in left for cell in group.cells])
        for i, group in enumerate(list(left)):
            if i == finished and len(together) < 3:
                raise runner._broken()("a process died")
            yield work(group)

    def one(work, group):
        alone.extend(group.cells)
        return work(group)

    monkeypatch.setattr(runner, "_parallel", breaking)
    monkeypatch.setattr(runner, "_alone", one)
    done = [run.cell for run in runner.in_processes(work, [Group((cell,)) for cell in cells], jobs)]
    assert done == cells
    assert alone == [*cells[finished : finished + jobs], *cells[2 * finished + jobs : 2 * (finished + jobs)]]
    assert together[1] == cells[finished + jobs :] and len(together) == 3


def test_a_cell_whose_process_dies_again_is_a_failure(plan, monkeypatch):
    first, second = plan().cells()[:2]

    def breaking(work, left, jobs):
        raise runner._broken()("a process died")
        yield

    monkeypatch.setattr(runner, "_parallel", breaking)
    for cells in ((first,), (first, second)):  # of a group each cell is tried alone
        found = list(runner._alone(run_cell, Group(cells)))
        assert [(run.cell, run.failed) for run in found] == [(cell, runner.DIED) for cell in cells]


def test_available_jobs_are_the_cores_that_this_process_may_use(monkeypatch):
    if hasattr(os, "sched_getaffinity"):
        monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0: {1, 2, 5}}[process])
        assert runner.available_jobs() == 3
        monkeypatch.delattr(os, "sched_getaffinity")
    for count, expected in ((6, 6), (None, 1)):
        monkeypatch.setattr(os, "cpu_count", lambda count=count: count)
        assert runner.available_jobs() == expected


@pytest.mark.skipif(os.name != "posix", reason="Windows does not tell that a parent has ended")
def test_a_worker_ends_when_its_parent_is_killed():
    """Nobody else holds the pipe, so that it is read to its end only when both have ended."""
    worker = "import sys, time; from handnn.compare.runner import end_without; end_without(int(sys.argv[1])); "
    start = f"[sys.executable, '-c', {worker + 'time.sleep(99)'!r}, str(os.getpid())]"
    parent = f"import os, subprocess, sys; subprocess.Popen({start}); print(flush=True); sys.stdin.read()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", parent], **pipes) as process:
        process.stdout.readline()
        process.kill()
        process.communicate(timeout=60)


def test_a_worker_waits_for_its_parent_but_nothing_waits_for_the_worker(monkeypatch):
    parents, awake, ended = iter([7, 8]), threading.Event(), threading.Event()
    monkeypatch.setattr(os, "getppid", lambda: next(parents))
    monkeypatch.setattr(os, "_exit", lambda code: ended.set())
    monkeypatch.setattr(time, "sleep", lambda seconds: awake.wait())
    before = set(threading.enumerate())
    runner.end_without(7)
    (watching,) = set(threading.enumerate()) - before
    assert watching.daemon and not ended.is_set()
    awake.set()
    assert ended.wait(60)


def test_samples_that_a_process_gets_are_not_loaded(plan, monkeypatch):
    monkeypatch.setattr(planning, "_kept", {})
    p = plan()
    given = planning.samples(p)._replace(accuracy="made up")
    runner.guarded(run_cell, p, Group(()), given)
    assert planning.samples(p) is given


# ---- processes that joblib starts -----------------------------------------------------------------------------------


def test_processes_start_deaf_to_ctrl_c_and_this_one_hears_it_again(ctrl_c):
    before = signal.getsignal(signal.SIGINT)
    with runner._deaf_to_ctrl_c():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGINT) is before is not signal.SIG_IGN


def test_after_ctrl_c_nobody_waits_for_the_workers(monkeypatch):
    import joblib
    from joblib.externals import loky

    ended = []

    def interrupted(tasks):
        yield 1
        raise KeyboardInterrupt

    monkeypatch.setattr(joblib, "Parallel", lambda **options: interrupted)
    executor = SimpleNamespace(shutdown=lambda **options: ended.append(options))
    monkeypatch.setattr(loky, "get_reusable_executor", lambda: executor)
    found = runner._parallel(None, [], 2)
    assert next(found) == 1 and not ended
    with pytest.raises(KeyboardInterrupt):
        next(found)
    assert ended == [{"wait": False, "kill_workers": True}]


def test_results_that_nobody_wants_any_more_are_closed_without_a_word():
    closed = []

    def unfinished():
        try:
            yield from range(3)
        finally:
            closed.append(True)
            warnings.warn("2 tasks were not finished", UserWarning, stacklevel=1)

    results = unfinished()  # as long as someone holds it, nothing but close() closes it
    found = runner._closed_quietly(results)
    assert next(found) == 0
    found.close()
    assert closed


# ---- Dask, without a cluster ----------------------------------------------------------------------------------------


def test_groups_that_dask_gives_up_are_failures(plan, monkeypatch):
    cells = plan().cells()
    monkeypatch.setattr(runner, "connected", lambda address: nullcontext("a client"))
    monkeypatch.setattr(runner, "_dask_backend", lambda: lambda client: "sequential")
    groups = [Group(tuple(cells[:2])), Group((cells[2],)), Group((cells[3],))]

    def work(group):
        return None if group is groups[0] else [runner.Run.failure(cell, "made up") for cell in group.cells]

    found = [(run.cell, run.failed) for run in runner.on_dask(work, groups, "tcp://somewhere:1")]
    assert found == [(cells[2], "made up"), (cells[3], "made up"), *[(cell, runner.LOST) for cell in cells[:2]]]


class Task:
    """A future of Dask, and what joblib is told of it."""

    def __init__(self, status):
        self.status, self.results, self.told = status, [], []


def test_a_task_that_dask_gives_up_has_the_result_none(monkeypatch):
    monkeypatch.setitem(sys.modules, "joblib._dask", SimpleNamespace(DaskDistributedBackend=object))
    tasks = [Task("finished"), Task("error")]
    backend = runner._dask_backend()()
    backend._continue = True
    backend._results = {task: SimpleNamespace(set_result=task.results.append) for task in tasks}
    backend._callbacks = {task: task.told.append for task in tasks}

    async def waiting():
        yield tasks[0], [1]
        yield tasks[1], (RuntimeError, RuntimeError("killed"), None)
        backend._continue = False

    backend.waiting_futures = waiting()
    asyncio.run(backend._collect())
    assert [task.results for task in tasks] == [task.told for task in tasks] == [[[1]], [[None]]]
    assert not backend._results and not backend._callbacks


def test_a_cluster_does_not_become_the_one_of_this_process(monkeypatch):
    client = SimpleNamespace(Client=lambda address, **options: (address, options["set_as_default"]))
    monkeypatch.setitem(sys.modules, "distributed", client)
    assert runner.connected("tcp://somewhere:1") == ("tcp://somewhere:1", False)
