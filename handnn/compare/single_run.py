"""Trains cells, one alone or several together: the seed decides initial weights and batches.

Losses are measured after every epoch. Together the cells are stacked (models/stacked.py), and get bit by bit what they
get alone.
"""

import functools
import platform
from collections.abc import Iterator, Sequence
from time import get_clock_info, perf_counter, thread_time
from typing import Any

import numpy as np

from ..core.variable import Array
from ..models.network import Network
from ..models.stacked import Stack
from .plan import Cell, Plan, Samples, samples
from .run import Run

clock = thread_time if get_clock_info("thread_time").resolution < 1e-5 else perf_counter
"""Processor time, which other processes do not lengthen; wall time on systems that count it too roughly."""

EVALUATED = 1024
"""Samples that are evaluated in one batch."""


class Alone:
    """One network in the form of a stack."""

    def __init__(self, model: Network) -> None:
        assert model.optimizer is not None
        self.models, self.optimizer = [model], model.optimizer

    def train_step(self, x: Array, y: Array) -> Array:
        """Take a step on x and y (1, batch, ...); return the loss before it, (1,)."""
        return np.array([self.models[0].train_step(x[0], y[0]).loss])

    def evaluate(self, x: Array, y: Array, batch_size: int) -> list[dict[str, float]]:
        return [self.models[0].evaluate(x, y, batch_size=batch_size, return_dict=True)]

    def use_averages(self) -> None:
        self.optimizer.finalize_variable_values(self.models[0].trainable_weights)


def networks(plan: Plan, cells: Sequence[Cell]) -> Any:
    """Return the networks of the cells: a stack, or the only one."""
    models = [plan.model(cell) for cell in cells]
    return Stack(models) if len(models) > 1 else Alone(models[0])


def train(plan: Plan, cells: Sequence[Cell]) -> list[Run]:
    """Train cells side by side and return their runs, in the same order.

    A diverging network is trained to the end; its numbers show it. Together, each cell has its share of the time.
    """
    parts, stack = samples(plan), networks(plan, cells)
    x, y, _ = stack.models[0].prepare_batch(*parts.train)
    steps = -(-len(x) // plan.batch_size)
    losses, times = np.empty((len(cells), plan.epochs * steps)), np.empty(plan.epochs * steps)
    with np.errstate(all="ignore"):
        measured = [_measured(stack, parts)]
        step = 0
        for epoch, orders in enumerate(zip(*map(plan.orders, cells), strict=True)):
            for rows in _batches(np.stack(orders), plan.batch_size):
                bx, by = x.take(rows, 0), y.take(rows, 0)
                began = clock()
                losses[:, step] = stack.train_step(bx, by)
                times[step] = (clock() - began) / len(cells)
                step += 1
            if epoch == plan.epochs - 1:
                stack.use_averages()  # as at the end of fit
            measured.append(_measured(stack, parts))
    seconds = np.array([0.0, *times.reshape(plan.epochs, steps).sum(axis=1).cumsum()])
    slot_bytes = sum(slot.variable.value.nbytes for slot in stack.optimizer.all_slots()) // len(cells)
    curves = np.array(measured)  # (epochs + 1, parts, cells, loss and perhaps accuracy)
    return [
        _run(cell, losses[i], curves[:, :, i], steps, seconds, float(np.median(times)), slot_bytes, len(cells))
        for i, cell in enumerate(cells)
    ]


def _run(
    cell: Cell, losses: Array, curves: Array, steps: int, seconds: Array, step_seconds: float, slot_bytes: int, n: int
) -> Run:
    accuracies = [curves[:, part, 1] if curves.shape[2] > 1 else None for part in range(3)]
    return Run(
        cell=cell,
        loss=losses,
        evaluated_at=np.arange(len(curves)) * steps,
        train_loss=curves[:, 0, 0],
        val_loss=curves[:, 1, 0],
        test_loss=curves[:, 2, 0],
        train_accuracy=accuracies[0],
        val_accuracy=accuracies[1],
        test_accuracy=accuracies[2],
        seconds=seconds,
        step_seconds=step_seconds,
        slot_bytes=slot_bytes,
        together=n,
        made=surroundings(),
    )


@functools.cache
def surroundings() -> str:
    """Return the versions that decide the last bits: of Python, NumPy and its BLAS, with its kernel."""
    from threadpoolctl import threadpool_info

    found = [f"Python {platform.python_version()}", f"NumPy {np.__version__}"]
    blas = sorted((own for own in threadpool_info() if own["user_api"] == "blas"), key=lambda own: _not_numpys(own))
    found += [f"{own['internal_api']} {own['version']} {own.get('architecture', '')}".strip() for own in blas[:1]]
    return ", ".join([*found, f"{platform.system()} {platform.machine()}"])


def _not_numpys(library: dict[str, Any]) -> bool:
    return "numpy" not in library["filepath"]


def _batches(orders: Array, size: int) -> Iterator[Array]:
    """Yield the rows of each batch of an epoch, (cells, batch); the last one may be smaller."""
    for start in range(0, orders.shape[1], size):
        yield orders[:, start : start + size]


def _measured(stack: Any, parts: Samples) -> list[list[list[float]]]:
    """Return loss and, for labels, accuracy of each part, for each cell."""
    evaluated = (stack.evaluate(part.x, part.y, EVALUATED) for part in (parts.train, parts.validation, parts.test))
    return [[list(numbers.values()) for numbers in of_cells] for of_cells in evaluated]


def run_cell(plan: Plan, cell: Cell) -> Run:
    """Train one cell alone and return its run."""
    return train(plan, [cell])[0]
