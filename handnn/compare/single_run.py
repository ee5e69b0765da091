"""Trains one cell: the seed decides initial weights and batches; losses are measured after every epoch."""

from collections.abc import Iterator
from time import perf_counter

import numpy as np

from ..core.variable import Array
from ..models.network import Network
from .plan import Cell, Plan, Samples, samples
from .run import Run

EVALUATED = 1024
"""Samples that are evaluated in one batch."""


def run_cell(plan: Plan, cell: Cell) -> Run:
    """Train one cell and return its run. A diverging network is trained to the end; its numbers show it."""
    parts, model = samples(plan), plan.model(cell)
    optimizer = model.optimizer
    assert optimizer is not None
    x, y, _ = model.prepare_batch(*parts.train)
    steps = -(-len(x) // plan.batch_size)
    losses, times = np.empty(plan.epochs * steps), np.empty(plan.epochs * steps)
    with np.errstate(all="ignore"):
        measured = [_measured(model, parts)]
        step = 0
        for epoch, order in enumerate(plan.orders(cell)):
            for bx, by in _batches(x, y, order, plan.batch_size):
                began = perf_counter()
                trace = model.train_step(bx, by)
                times[step] = perf_counter() - began
                losses[step] = trace.loss
                step += 1
            if epoch == plan.epochs - 1:
                optimizer.finalize_variable_values(model.trainable_weights)  # use the averages, as at the end of fit
            measured.append(_measured(model, parts))
    curves = np.array(measured)  # (epochs + 1, parts, loss and perhaps accuracy)
    train, val, test = (_accuracy(curves[:, i]) for i in range(3))
    return Run(
        cell=cell,
        loss=losses,
        evaluated_at=np.arange(plan.epochs + 1) * steps,
        train_loss=curves[:, 0, 0],
        val_loss=curves[:, 1, 0],
        test_loss=curves[:, 2, 0],
        train_accuracy=train,
        val_accuracy=val,
        test_accuracy=test,
        seconds=np.array([0.0, *times.reshape(plan.epochs, steps).sum(axis=1).cumsum()]),
        step_seconds=float(np.median(times)),
        slot_bytes=sum(slot.variable.value.nbytes for slot in optimizer.all_slots()),
    )


def _accuracy(curve: Array) -> Array | None:
    """Return a part's accuracy, if there is one."""
    return curve[:, 1] if curve.shape[1] > 1 else None


def _batches(x: Array, y: Array, order: Array, size: int) -> Iterator[tuple[Array, Array]]:
    """Yield the batches of an epoch; the last one may be smaller."""
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        yield x[rows], y[rows]


def _measured(model: Network, parts: Samples) -> list[list[float]]:
    """Return loss and, for labels, accuracy of each part."""
    found = []
    for part in (parts.train, parts.validation, parts.test):
        numbers = model.evaluate(part.x, part.y, batch_size=EVALUATED, return_dict=True)
        found.append(list(numbers.values()))
    return found
