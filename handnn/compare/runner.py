"""Runs the cells of a plan: here, in processes of this machine, or on a Dask cluster; in groups where that is faster.

This process writes the cells of every finished group immediately, so that they are not lost; a group that is cut starts
again. A cell that raises, or whose process dies, is recorded as failed, and the others continue: those of its group one
by one.
"""

import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from .plan import Cell, Plan, Samples, keep, samples
from .results import Folder
from .run import Run
from .single_run import run_cell, train
from .together import Group, groups

Task = Callable[[Plan, Cell], Run]
Work = Callable[[Group], list[Run]]
Runs = Generator[Run, None, None]

DIED = "its process died (out of memory?)"
LOST = "Dask gave it up: its workers died, or the scheduler disappeared"


def run(
    folder: Folder,
    plan: Plan,
    cells: list[Cell],
    jobs: int = 1,
    dask: str | None = None,
    progress: Callable[[Run], None] = lambda run: None,
    task: Task = run_cell,
) -> None:
    """Train these cells and write each when it is finished.

    Args:
        jobs: number of processes on this machine. dask: address of a Dask scheduler, whose workers are used instead.
        progress: called with every finished run, after it is written.
    """
    work = partial(guarded, task, plan)
    several = jobs if dask is None else workers(dask)
    found = grouped(plan, cells, several) if task is run_cell else [Group((cell,)) for cell in cells]
    if dask is not None:
        runs = on_dask(work, found, dask)
    elif jobs == 1 or len(found) < 2:
        runs = (run for group in found for run in work(group))
    else:
        runs = in_processes(partial(work, samples=samples(plan)), found, jobs)
    with closing(runs):
        for finished in runs:
            folder.write(plan, finished)
            progress(finished)


def grouped(plan: Plan, cells: list[Cell], jobs: int) -> list[Group]:
    """Return the cells in groups; one by one if their networks cannot even be made, which their runs then tell."""
    from threadpoolctl import threadpool_limits

    try:
        with threadpool_limits(1):
            return groups(plan, cells, jobs)
    except Exception as error:
        return [Group((cell,), f"{type(error).__name__} when timed") for cell in cells]


def guarded(task: Task, plan: Plan, group: Group, samples: Samples | None = None) -> list[Run]:
    """Run a group on one thread, or its cells one by one if it raises.

    A cell that raises alone is a failed run with the error in one line.

    Args:
        samples: of the plan, so that a process need not load them; joblib shares large arrays in memory.

    Several threads would add in another order. With one, a cell is bit-identical here, in a process and on a cluster of
    such machines, and parallel cells do not compete for cores.
    """
    from threadpoolctl import threadpool_limits

    if samples is not None:
        keep(plan, samples)
    with threadpool_limits(1):
        if len(group.cells) > 1:
            try:
                return [_as_alone(run, group) for run in train(plan, group.cells)]
            except Exception as error:
                group = group._replace(why=f"{type(error).__name__} together")
        return [replace(_one(task, plan, cell), why=group.why) for cell in group.cells]


def _as_alone(run: Run, group: Group) -> Run:
    """Return a run of a group with the seconds of one alone: a share depends on how many share, and on the rule."""
    if not group.alone:
        return replace(run, why=group.why)
    return replace(run, why=group.why, step_seconds=group.alone, seconds=run.evaluated_at * group.alone)


def _one(task: Task, plan: Plan, cell: Cell) -> Run:
    try:
        return task(plan, cell)
    except Exception as error:
        return Run.failure(cell, " ".join(f"{type(error).__name__}: {error}".split()))


# ---- processes --------------------------------------------------------------------------------------------------


def in_processes(work: Work, found: list[Group], jobs: int) -> Runs:
    """Yield runs as processes finish them.

    If a process dies, all others end too. The unfinished groups are then run one by one, each in a separate process,
    and the cells of one that dies again too, to find the one that failed.
    """
    left = list(found)
    while left:
        try:
            with closing(_parallel(work, left, jobs)) as results:
                for finished in results:
                    left.remove(_group_of(finished, left))
                    yield from finished
        except _broken():
            for group in left[:jobs]:
                yield from _alone(work, group)
            left = left[jobs:]


def _group_of(finished: list[Run], left: list[Group]) -> Group:
    return next(group for group in left if finished[0].cell in group.cells)


def _alone(work: Work, group: Group) -> Iterator[Run]:
    try:
        (finished,) = _parallel(work, [group], 2)
        yield from finished
    except _broken():
        if len(group.cells) < 2:
            yield Run.failure(group.cells[0], DIED)
            return
        for cell in group.cells:
            yield from _alone(work, Group((cell,), "a process died together"))


def _parallel(work: Work, found: list[Group], jobs: int) -> Generator[list[Run], None, None]:
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor

    # Workers of a parent that was killed would wait for it forever.
    ends = {"initializer": end_without, "initargs": (os.getpid(),)}
    parallel = Parallel(n_jobs=jobs, backend="loky", return_as="generator_unordered", batch_size=1, **ends)
    try:
        with _deaf_to_ctrl_c():
            results = parallel(delayed(work)(group) for group in list(found))
        yield from _closed_quietly(results)
    except BaseException:  # Ctrl-C, or a process died: do not wait for cells whose results are lost
        get_reusable_executor().shutdown(wait=False, kill_workers=True)
        raise


def end_without(parent: int) -> None:
    """Let this process end within a second after its parent."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Start processes that ignore Ctrl-C, since a starting worker would print a traceback; this one handles it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _closed_quietly(results: Any) -> Generator[Any, None, None]:
    """Yield joblib's results; if closed early, suppress joblib's warning about unfinished tasks."""
    try:
        for finished in results:  # noqa: UP028  # `yield from` would close them itself
            yield finished
    finally:
        with warnings.catch_warnings(action="ignore"):
            results.close()


def _broken() -> Any:
    from joblib.externals.loky.process_executor import BrokenProcessPool

    return BrokenProcessPool


# ---- Dask -------------------------------------------------------------------------------------------------------


def on_dask(work: Work, found: list[Group], address: str) -> Runs:
    """Yield runs as the workers of a Dask cluster finish them; groups of a lost worker are moved to another one."""
    from joblib import Parallel, delayed, parallel_config

    left = list(found)
    with connected(address) as client, parallel_config(backend=_dask_backend()(client=client)):
        parallel = Parallel(n_jobs=-1, return_as="generator_unordered", batch_size=1, pre_dispatch="all")
        with closing(_closed_quietly(parallel(delayed(work)(group) for group in found))) as results:
            for finished in results:
                if finished is not None:
                    left.remove(_group_of(finished, left))
                    yield from finished
    yield from (Run.failure(cell, LOST) for group in left for cell in group.cells)


def _dask_backend() -> Any:
    """Return joblib's Dask backend with a fix: the original waits forever for a task that Dask has given up.

    Dask gives up a task after several workers died running it. The result of such a task is None here.
    """
    import asyncio

    from joblib._dask import DaskDistributedBackend

    class Backend(DaskDistributedBackend):
        async def _collect(self) -> None:
            while self._continue:
                async for future, result in self.waiting_futures:
                    outcome = result if future.status == "finished" else [None]
                    self._results.pop(future).set_result(outcome)
                    self._callbacks.pop(future)(outcome)
                await asyncio.sleep(0.01)

    return Backend


def workers(address: str) -> int:
    """Return the number of threads of all workers of a Dask cluster, each of which trains one group at a time."""
    with connected(address) as client:
        return max(sum(client.nthreads().values()), 1)


def connected(address: str) -> Any:
    """Return a client of the scheduler.

    Raises:
        ValueError: Dask is not installed, or no scheduler answers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ValueError("--dask needs the package distributed: pip install 'handnn[dask]'") from None
    try:
        return Client(address, timeout=10, set_as_default=False)
    except (OSError, ValueError) as error:
        told = " ".join(str(error).split())
        raise ValueError(f"--dask {address}: no scheduler answers there ({told})") from None


def available_jobs() -> int:
    """Return the number of processes that this machine can run in parallel."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
