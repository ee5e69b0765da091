"""One cell: a network trained from its seed's start on its seed's batches, measured after every epoch."""

from collections.abc import Iterator
from time import perf_counter

import numpy as np

from ..sequential import Sequential
from ..variable import Array
from .plan import Cell, Part, Plan, samples
from .results import Run

EVALUATED = 1024
"""Samples that are evaluated at once."""


def run_cell(plan: Plan, cell: Cell) -> Run:
    """Train one cell and return what it gave. A network that diverges goes on: its numbers say so."""
    parts, model = samples(plan), plan.model(cell)
    x, y, _ = model._batch(*parts.train)
    steps = -(-len(x) // plan.batch_size)
    losses, times = np.empty(plan.epochs * steps), np.empty(plan.epochs * steps)
    with np.errstate(all="ignore"):
        measured = [_measured(model, parts[:3])]
        step = 0
        for epoch, order in enumerate(plan.orders(cell)):
            for bx, by in _batches(x, y, order, plan.batch_size):
                began = perf_counter()
                trace = model.train_step(bx, by)
                times[step] = perf_counter() - began
                losses[step] = trace.loss
                step += 1
            if epoch == plan.epochs - 1:
                model.optimizer.finalize_variable_values(model.trainable_weights)  # averages, as at the end of fit
            measured.append(_measured(model, parts[:3]))
    curves = np.array(measured)  # (epochs + 1, parts, loss and perhaps accuracy)
    accuracies = list(curves[..., 1].T) if parts.accuracy else [None] * len(curves[0])
    return Run(
        cell,
        losses,
        np.arange(plan.epochs + 1) * steps,
        *curves[..., 0].T,
        *accuracies,
        seconds=np.array([0.0, *times.reshape(plan.epochs, steps).sum(axis=1).cumsum()]),
        step_seconds=float(np.median(times)),
        slot_bytes=sum(slot.variable.value.nbytes for slot in model.optimizer.all_slots()),
    )


def _batches(x: Array, y: Array, order: Array, size: int) -> Iterator[tuple[Array, Array]]:
    """Yield the batches of an epoch; the last one may be smaller."""
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        yield x[rows], y[rows]


def _measured(model: Sequential, parts: tuple[Part, ...]) -> list[list[float]]:
    """Return loss and, for labels, accuracy of each part."""
    found = [model.evaluate(part.x, part.y, batch_size=EVALUATED, return_dict=True) for part in parts]
    return [list(numbers.values()) for numbers in found]
