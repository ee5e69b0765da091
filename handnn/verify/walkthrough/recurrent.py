"""A recurrent layer step by step: every gate, the state, and on the way back what each receives and hands on.

Every step of time starts from its own x and state, so that an element is a few terms long. Its first index is the step
of time, in the order of the loop.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...core.trace import LayerTrace
from ...layers.recurrent.cell import Cell, gated_back
from ...layers.recurrent.gru import GRUCell
from ...layers.recurrent.rnn import RNN
from ...models.network import Network
from .. import time_steps
from .symbolic_array import Written, named

STATES = "hc"
FORMULAS = {
    "i": "recurrent activation of z input",
    "f": "recurrent activation of z forget",
    "o": "recurrent activation of z output",
    "g": "activation of z candidate",
    "u": "recurrent activation of z update",
    "r": "recurrent activation of z reset",
    "q": "h_prev U + b of the candidate, before the reset gate",
    "p": "reset gate * h_prev",
    "dc": "dL/dc, of this step and of the next",
}
"""What a step computes besides its gates' z and its state, by attribute of `Step`."""

Tensors = dict[str, Written]


def inner(layer: Any, tensor: str) -> tuple[str, ...]:
    """Return the attributes of a step that are shown before this tensor."""
    prefix, _, what = tensor.rpartition(" ")
    if not isinstance(layer, RNN):
        return ()
    if what == "h" and not prefix.startswith("d"):
        return ("i", "f", "o", "g", "u", "r", "q", "p")
    first = next((f"delta {cell.gates[0]}" for cell in layer.cells if isinstance(cell, Cell)), None)
    return ("dc",) if first and tensor.endswith(first) else ()


def shown(array: Any) -> tuple[int, ...]:
    """Return the index of the element that is written out: of the second step, where the state is no longer 0."""
    return tuple(0 if axis == 1 else min(1, size - 1) for axis, size in enumerate(array.shape))


def written(layer: Any, t: LayerTrace) -> Iterator[tuple[str, Tensors]]:
    """Yield for each cell, with the prefix of its names, every tensor of every step, (time, batch, units).

    The layer's weights are `Written`.
    """
    masks = time_steps.masks_of(layer, t)
    for (cell, own, prefix), dropped in zip(time_steps.known(layer, t), masks, strict=True):
        given: dict[str, Any] = {"x": named("x_t", own["x"])}
        given["states"] = [named(f"{name}_prev", part) for name, part in zip(STATES, own["states"], strict=False)]
        steps = time_steps.run(cell, given, dropped, lambda part: part)
        upstream = [named(f"d{name}_t", part) for name, part in zip(STATES, own["d_new"], strict=False)]
        before = [cell.step_back(s, tuple(part[k] for part in upstream)) for k, (s, _) in enumerate(steps)]
        done = [s for s, _ in steps]
        found: Tensors = {f"z {gate}": _over_time([s.of(s.z)[gate] for s in done]) for gate in cell.gates}
        found |= {name: _over_time([getattr(s, name) for s in done]) for name in FORMULAS if hasattr(done[0], name)}
        found |= {name: _over_time([new[k] for _, new in steps]) for k, name in enumerate(STATES[: len(upstream)])}
        found |= {f"delta {gate}": _over_time([s.of(s.delta)[gate] for s in done]) for gate in cell.gates}
        for k, name in enumerate(STATES[: len(upstream)]):
            found[f"d{name} before"] = _over_time([part[k] for part in before])
        if not isinstance(cell, GRUCell):  # delta U.T, with every delta by its name
            parts = [named(f"delta_{gate}", found[f"delta {gate}"].value) for gate in cell.gates]
            U, deltas = cell.recurrent_kernel.value, _joined(parts)
            found["dh before"] = _over_time([gated_back(deltas[k], U, dropped[1]) for k in range(len(deltas))])
        yield prefix, found


def _joined(parts: list[Written]) -> Any:
    """Return one array over all gates."""
    return np.concatenate(parts, axis=2)


def _over_time(parts: list[Written]) -> Any:
    return np.concatenate([part[np.newaxis] for part in parts], axis=0)


@contextmanager
def recorded(model: Network) -> Iterator[None]:
    """Let the cells of a model note what each step is called on and returns, forward and backward."""
    cells = [cell for node in model.nodes if isinstance(node.layer, RNN) for cell in node.layer.cells]
    cells = [cell for cell in cells if isinstance(cell, Cell)]
    for cell in cells:
        _listen(cell)
    try:
        yield
    finally:
        for cell in cells:
            del cell.step, cell.step_back  # the class' own are found again


def _listen(cell: Any) -> None:
    step, step_back = cell.step, cell.step_back

    def forward(s: Any, x: Any, state: Any) -> Any:
        s.state, s.new = state, step(s, x, state)
        return s.new

    def backward(s: Any, upstream: Any) -> Any:
        s.d_new, s.d_state = upstream, step_back(s, upstream)
        return s.d_state

    cell.step, cell.step_back = forward, backward


def record(t: LayerTrace) -> None:
    """Write what the cells noted in the form in which the Keras twin records its own."""
    found = []
    for run in t.cache.get("runs", ()):
        if not run.steps or not hasattr(run.steps[0], "d_new"):
            return
        own: dict[str, Any] = {"x": np.moveaxis(run.x, 1, 0)}
        for name in ("z", "delta"):
            by_step = [s.of(getattr(s, name)) for s in run.steps]
            own[name] = {gate: np.stack([part[gate] for part in by_step]) for gate in run.cell.gates}
        for name, noted in (("states", "state"), ("new", "new"), ("d_new", "d_new"), ("d_states", "d_state")):
            own[name] = [np.stack(parts) for parts in zip(*(getattr(s, noted) for s in run.steps), strict=True)]
        found.append(own)
    t.cache["keras_steps"] = found
