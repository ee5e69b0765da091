"""A cell's way through time: the loop forward, and the loop back."""

import inspect
from typing import Any

import numpy as np

from ..base import alongside
from .cell import Cell, Step, gated_back, gated_gradient, over_time, stacked


class Run:
    """One pass of a cell over x (batch, time, inputs), in the order of the loop.

        forward    z_t = x_t W + h_{t-1} U + b      state_t = cell(z_t, state_{t-1})
        backward   the cell turns dL/dstate_t into delta_t = dL/dz_t and dL/dstate_{t-1}, last step first;
                   dW = sum of x_t.T delta_t, dU = sum of h_{t-1}.T delta_t, db = sum of delta_t, dx_t = delta_t W.T

    The sums over time are one product over the rows of all steps.

    Attributes:
        steps: what each step computed.
        counts: for each step, which samples count, (batch, 1); None if all do. The state of the others stays.
    """

    def __init__(self, cell: Cell, counts: list[Any], of_x: list[Any] | None, of_h: list[Any] | None) -> None:
        self.cell, self.counts, self.of_x, self.of_h = cell, counts, of_x, of_h
        self.steps: list[Any] = []
        self.x: Any = None

    def forward(self, x: Any, state: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        """Return the cell's output at every step, (batch, time, units), and the last state."""
        samples, times, inputs = x.shape
        self.x, rows = x, x.reshape(-1, inputs)
        projected = self.cell.project(rows, over_time(self.of_x, times)).reshape(samples, times, -1)
        for k, counts in enumerate(self.counts):
            s = Step(self.cell.gates, self.of_h)
            s.h_prev = state[0]
            new = self.cell.step(s, projected[:, k], state)
            s.h = new[0]
            self.steps.append(s)
            state = new if counts is None else chosen(counts, new, state)
        return stacked([s.h for s in self.steps]), state

    def backward(self, d_outputs: list[Any], d_state: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
        """Return dx, dL/d first state and the gradients, from dL/d output of every step and dL/d last state."""
        cell, steps = self.cell, self.steps
        for k in reversed(range(len(steps))):
            counts, above = self.counts[k], d_outputs[k]
            of_new = d_state if counts is None else tuple(np.where(counts, d, d.dtype.type(0)) for d in d_state)
            if above is not None:
                of_new = (of_new[0] + above, *of_new[1:])
            before = cell.step_back(steps[k], of_new)
            d_state = before if counts is None else chosen(counts, before, d_state)
        rows, x = stacked([s.delta for s in steps]), self.x.reshape(-1, self.x.shape[-1])
        rows = rows.reshape(-1, rows.shape[-1])  # (batch time, gates units)
        of_x = over_time(self.of_x, len(steps))
        gradients = {
            cell.kernel.name: gated_gradient(x, rows, of_x),
            cell.recurrent_kernel.name: cell.recurrent_gradient(steps, rows),
        }
        if cell.bias is not None:
            gradients[cell.bias.name] = cell.bias_gradient(steps, rows)
        return gated_back(rows, cell.kernel.value, of_x).reshape(self.x.shape), d_state, gradients


class Forward:
    """The pass of a cell of one's own, which has only `call(inputs, states)`: forward alone."""

    def __init__(self, cell: Any, counts: list[Any], training: bool) -> None:
        self.cell, self.counts, self.steps = cell, counts, []  # type: ignore[var-annotated]
        takes = "training" in inspect.signature(cell.call).parameters
        self.options = {"training": training} if takes else {}

    def forward(self, x: Any, state: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        """Return the cell's output at every step, (batch, time, units), and the last state."""
        found = []
        for k, counts in enumerate(self.counts):
            output, new = self.cell.call(x[:, k], list(state), **self.options)
            new = tuple(np.asarray(part) for part in (new if isinstance(new, list | tuple) else [new]))
            if counts is not None:
                new = tuple(np.where(counts, part, old) for part, old in zip(new, state, strict=True))
            state = new
            found.append(np.asarray(output))
        return stacked(found), state


def chosen(counts: Any, new: tuple[Any, ...], old: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(np.where(counts, part, before) for part, before in zip(new, old, strict=True))


def held(outputs: Any, counts: list[Any], kept: list[Any] | None) -> list[Any]:
    """Return the output of every step: a masked one has that of the step before, or 0 where `kept` is False."""
    zeros = alongside(outputs, np.zeros(outputs[:, 0].shape, outputs.dtype))
    found, output = [], zeros
    for k, own in enumerate(counts):
        output = outputs[:, k] if own is None else np.where(own, outputs[:, k], output)
        found.append(output if kept is None or own is None else np.where(kept[k], output, zeros))
    return found


def held_back(d_found: list[Any], counts: list[Any], kept: list[Any] | None) -> list[Any]:
    """Return dL/d outputs from dL/d what `held` returned; None entries are 0."""
    if all(own is None for own in counts):
        return d_found
    found: list[Any] = [None] * len(counts)
    zeros = next(part for part in d_found if part is not None) * 0
    carried = zeros
    for k in reversed(range(len(counts))):
        above = d_found[k]
        if above is not None:
            carried = carried + (above if kept is None else np.where(kept[k], above, zeros))
        found[k] = np.where(counts[k], carried, zeros)
        carried = np.where(counts[k], zeros, carried)
    return found
