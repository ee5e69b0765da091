"""All cells: here, in processes, and what happens to the others when one fails."""

import os
import sys

import numpy as np
import pytest

from handnn.compare import plan as planning
from handnn.compare import runner
from handnn.compare.single_run import run_cell
from handnn.compare.results import Folder
from handnn.compare.together import Group

UNLUCKY = ("adam", 1)


@pytest.fixture
def folder(tmp_path, plan):
    found = Folder(tmp_path / "run")
    found.open(plan())
    return found


def unlucky(cell):
    return (cell.optimizer, cell.seed) == UNLUCKY and cell.learning_rate == 0.01


def raises(plan, cell):
    if unlucky(cell):
        raise RuntimeError("no\nway")
    return run_cell(plan, cell)


def dies(plan, cell):
    if unlucky(cell):
        os._exit(1)
    return run_cell(plan, cell)


def tells_what_is_imported(plan, cell):
    run = run_cell(plan, cell)
    run.failed = "" if {"tensorflow", "keras"}.isdisjoint(sys.modules) else "imported"
    run.slot_bytes = os.getpid()
    run.step_seconds = planning.dataset.cache_info().misses
    return run


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.quick(1)
def test_every_cell_is_trained_and_written_as_it_is_finished(plan, folder, jobs):
    p, seen = plan(), []
    runner.run(folder, p, p.cells(), jobs, progress=lambda run: seen.append(folder.file(run.cell).exists()))
    assert seen == [True] * len(p.cells())
    found = folder.read()
    assert not found.missing
    for cell in p.cells():  # a process gives the very bits that this one gives
        assert np.array_equal(found.runs[cell].loss, run_cell(p, cell).loss)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_cell_that_raises_is_recorded_in_one_line_and_the_others_go_on(plan, folder, jobs):
    p = plan()
    runner.run(folder, p, p.cells(), jobs, task=raises)
    found = folder.read()
    assert not found.missing
    assert [(unlucky(run.cell), run.failed) for run in found.failed] == [(True, "RuntimeError: no way")]


@pytest.mark.slow
def test_a_process_that_dies_takes_no_other_cell_with_it(plan, tmp_path):
    p, folder = plan("adam"), Folder(tmp_path / "run")
    folder.open(p)
    runner.run(folder, p, p.cells(), 2, task=dies)
    found = folder.read()
    assert not found.missing
    assert [(unlucky(run.cell), run.failed) for run in found.failed] == [(True, runner.DIED)]


def test_workers_are_other_processes_that_load_neither_tensorflow_nor_data(plan, folder):
    p = plan()
    runner.run(folder, p, p.cells(), 2, task=tells_what_is_imported)
    runs = folder.read().runs.values()
    assert not any(run.failed for run in runs)
    assert os.getpid() not in {run.slot_bytes for run in runs}
    assert not any(run.step_seconds for run in runs)  # each got the samples, and loaded nothing


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_keeps_what_is_finished(plan, tmp_path, jobs):
    p, seen, folder = plan(seeds=(0, 1, 2, 3)), [], Folder(tmp_path / "run")
    folder.open(p)

    def progress(run):
        seen.append(run.cell)
        if len(seen) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runner.run(folder, p, p.cells(), jobs, progress=progress)
    assert set(seen) == set(folder.read().runs)


def test_blas_has_one_thread_in_a_cell(plan, monkeypatch):
    from threadpoolctl import threadpool_info

    def threads(plan, cell):
        run = run_cell(plan, cell)
        run.slot_bytes = max(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")
        return run

    p = plan()
    assert runner.guarded(threads, p, runner.Group((p.cells()[0],)))[0].slot_bytes == 1
    monkeypatch.setattr(runner, "groups", lambda plan, cells, jobs: threads(plan, cells[0]).slot_bytes)
    assert runner.grouped(p, p.cells(), 1) == 1  # and where a group is timed


def test_seconds_of_a_group_are_those_of_a_run_alone(made_run):
    run = made_run(planning.Cell("sgd", 0.1, 0), 1.0, 1.0)
    found = runner._as_alone(run, Group((run.cell,), "so", 0.5))
    assert (found.seconds.tolist(), found.step_seconds, found.why) == ([0.0, 2.0], 0.5, "so")
    assert runner._as_alone(run, Group((run.cell,), "so")).seconds is run.seconds


def test_the_groups_that_are_given_stay_a_list_of_all(made_run, monkeypatch):
    runs = [made_run(planning.Cell("sgd", 0.1, seed), 1.0, 1.0) for seed in (0, 1)]
    groups = [Group((run.cell,)) for run in runs]
    monkeypatch.setattr(runner, "_parallel", lambda work, left, jobs: ([run] for run in runs[::-1]))
    assert list(runner.in_processes(None, groups, 1)) == runs[::-1] and len(groups) == 2


def test_pickled_objects_in_a_cell_are_never_loaded(folder, plan):
    cell = plan().cells()[0]
    folder.file(cell).parent.mkdir(parents=True, exist_ok=True)
    np.savez(folder.file(cell), about=np.array({"a": 1}, dtype=object))
    with pytest.raises(ValueError, match=r"is damaged .Object arrays cannot be loaded when allow_pickle=False"):
        folder.run(plan(), cell)
