"""All cells of a plan: here one after the other, in processes of this machine, or on a Dask cluster.

Every finished cell is written at once, by this process, so that nothing of it is lost whatever happens next. A cell
that raises, or whose process dies, is recorded as failed, and the others go on.
"""

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from .cell import run_cell
from .plan import Cell, Plan
from .results import Folder, Run

Task = Callable[[Plan, Cell], Run]

DIED = "its process died (out of memory?)"
LOST = "Dask gave it up: its workers died, or the scheduler went away"


def run(
    folder: Folder,
    plan: Plan,
    cells: list[Cell],
    jobs: int = 1,
    dask: str | None = None,
    progress: Callable[[Run], None] = lambda run: None,
    task: Task = run_cell,
) -> None:
    """Train these cells and write each as it is finished.

    Args:
        jobs: processes on this machine. dask: address of a Dask scheduler, whose workers are used instead.
        progress: called with every finished run, after it was written.
    """
    for finished in _runs(partial(guarded, task, plan), cells, jobs, dask):
        folder.write(plan, finished)
        progress(finished)


def _runs(work: Callable[[Cell], Run], cells: list[Cell], jobs: int, dask: str | None) -> Iterator[Run]:
    if dask is not None:
        return on_dask(work, cells, dask)
    if jobs == 1 or len(cells) < 2:
        return map(work, cells)
    return in_processes(work, cells, jobs)


def guarded(task: Task, plan: Plan, cell: Cell) -> Run:
    """Run one cell on one thread; return its error in one line where it raises.

    Many threads add up in another order. With one, a cell gives the same bits here, in a process and on a cluster,
    and cells side by side do not fight for cores.
    """
    from threadpoolctl import threadpool_limits

    try:
        with threadpool_limits(1):
            return task(plan, cell)
    except Exception as error:
        return Run.failure(cell, " ".join(f"{type(error).__name__}: {error}".split()))


# ---- processes --------------------------------------------------------------------------------------------------


def in_processes(work: Callable[[Cell], Run], cells: list[Cell], jobs: int) -> Iterator[Run]:
    """Yield runs as processes finish them.

    Where a process dies it takes all others with it. The cells that were in work are then tried one by one, each in a
    process of its own, to find out which it was.
    """
    left = list(cells)
    while left:
        try:
            for finished in _parallel(work, left, jobs):
                left.remove(finished.cell)
                yield finished
        except _broken():
            for cell in left[:jobs]:
                yield _alone(work, cell)
            left = left[jobs:]


def _alone(work: Callable[[Cell], Run], cell: Cell) -> Run:
    try:
        return next(iter(list(_parallel(work, [cell], 2))))
    except _broken():
        return Run.failure(cell, DIED)


def _parallel(work: Callable[[Cell], Run], cells: list[Cell], jobs: int) -> Iterator[Run]:
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor

    cells = list(cells)
    finished = Parallel(n_jobs=jobs, backend="loky", return_as="generator_unordered", batch_size=1)(
        delayed(work)(cell) for cell in cells
    )
    try:
        yield from finished
    except BaseException:  # Ctrl-C, or the caller gave up: do not wait for cells that nobody wants
        get_reusable_executor().shutdown(wait=False, kill_workers=True)
        raise


def _broken() -> Any:
    from joblib.externals.loky.process_executor import BrokenProcessPool

    return BrokenProcessPool


# ---- Dask -------------------------------------------------------------------------------------------------------


def on_dask(work: Callable[[Cell], Run], cells: list[Cell], address: str) -> Iterator[Run]:
    """Yield runs as the workers of a Dask cluster finish them; cells of a worker that is lost go to another one."""
    from joblib import Parallel, delayed, parallel_config

    left = list(cells)
    with connected(address) as client, parallel_config(backend=_dask_backend()(client=client)):
        parallel = Parallel(n_jobs=-1, return_as="generator_unordered", batch_size=1, pre_dispatch="all")
        for finished in parallel(delayed(work)(cell) for cell in cells):
            if finished is not None:
                left.remove(finished.cell)
                yield finished
    yield from (Run.failure(cell, LOST) for cell in left)


def _dask_backend() -> Any:
    """Return joblib's Dask backend, mended: it waits forever for a task that Dask has given up.

    Dask gives a task up when several workers died over it. Such a task then gives None here.
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
    """Return how many processes this machine runs side by side."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
