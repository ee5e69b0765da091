"""Which cells are trained together, where that is measured to be faster; and that told in a sentence.

Cells can be stacked (models/stacked.py) whatever their seeds and learning rates, and options of one rule. How much is
gained depends on the network: on a small one a step is mostly the overhead of calls, which a stack pays once; a large
one gains nothing and needs more memory. So a few steps of each kind are timed first, together and alone.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..models.stacked import Stack, obstacle
from ..optimizers.stacked import kind
from .plan import Cell, Plan, samples
from .single_run import Alone, clock

if TYPE_CHECKING:
    from .results import Comparison

MOST_CELLS = 32
"""Cells in one stack: with more, little is gained, and more is lost where a comparison is interrupted."""
MOST_NUMBERS = 1 << 20
"""Weights of all networks of a stack: more do not stay in a processor's cache."""
ROUNDS, STEPS_ALONE, STEPS_TOGETHER = 3, 6, 2
"""Rounds of steps that are timed; the fastest counts."""


SECOND_ORDER = "second order"
"""The kind of a rule that needs the second derivatives of its own network: each cell is trained alone."""


class Group(NamedTuple):
    """Cells that are trained together, or one; why so, in words; and seconds of a step of one alone, if timed."""

    cells: tuple[Cell, ...]
    why: str = ""
    alone: float = 0.0


def groups(plan: Plan, cells: Sequence[Cell], jobs: int = 1) -> list[Group]:
    """Return the cells in groups, at least one for each job if there are as many cells."""
    if len(cells) < 2:
        return [Group((cell,), "it is alone") for cell in cells]
    model = plan.model(cells[0])
    model.optimizer = None  # `_by_kind` looks at the optimizers
    most = min(MOST_CELLS, MOST_NUMBERS // max(model.count_params(), 1))
    why = obstacle(model) or ("the network is large" if most < 2 else "")
    if why:
        return [Group((cell,), why) for cell in cells]
    found = []
    kinds = _by_kind(plan, cells)
    for own in kinds:
        size = min(most, -(-len(own) // -(-jobs // len(kinds))))
        count = -(-len(own) // size)
        parts = [tuple(own[i::count]) for i in range(count)]  # of nearly equal size
        alone, share = timed(plan, parts[0]) if len(parts[0]) > 1 else (0.0, 1.0)
        gain = alone / share
        told = f"{gain:.1f} times as fast together" if gain else "it is alone"
        found += [Group(part, told, alone) for part in parts] if gain > 1 else [Group((cell,), told) for cell in own]
    return found


def _by_kind(plan: Plan, cells: Sequence[Cell]) -> list[list[Cell]]:
    """Return the cells of each rule, with the options that allow one update for all; the order of cells is kept."""
    found: dict[Any, list[Cell]] = {}
    known: dict[tuple[str, float], Any] = {}
    for cell in cells:
        name = (cell.optimizer, cell.learning_rate)
        if name not in known:
            optimizer = plan.model(cell).optimizer
            known[name] = _kind(optimizer) or cell.optimizer
        found.setdefault(known[name] if known[name] is not SECOND_ORDER else cell, []).append(cell)
    return list(found.values())


def _kind(optimizer: Any) -> Any:
    if optimizer is None or not optimizer.second_order:
        return None if optimizer is None else kind(optimizer)
    return SECOND_ORDER  # it takes the Hessian of its own network


def timed(plan: Plan, cells: Sequence[Cell]) -> tuple[float, float]:
    """Return the seconds of a step of one cell alone, and its share of a step of all together, by a few of both."""
    stack, alone = Stack([plan.model(cell) for cell in cells]), Alone(plan.model(cells[0]))
    x, y, _ = alone.models[0].prepare_batch(*samples(plan).train)
    rows = np.stack([np.arange(min(plan.batch_size, len(x)))] * len(cells))
    batch = x.take(rows, 0), y.take(rows, 0)
    first = batch[0][:1], batch[1][:1]
    times = []
    with np.errstate(all="ignore"):
        for own, given, steps in ((alone, first, 1), (stack, batch, 1)):  # arrays are allocated
            _seconds(own, given, steps)
        for _ in range(ROUNDS):
            times.append((_seconds(alone, first, STEPS_ALONE), _seconds(stack, batch, STEPS_TOGETHER)))
    one, together = np.min(times, axis=0)
    return float(one), float(together) / len(cells)


def _seconds(networks: Any, batch: Any, steps: int) -> float:
    began = clock()
    for _ in range(steps):
        networks.train_step(*batch)
    return (clock() - began) / steps


def told(comparison: "Comparison") -> list[str]:
    """Return a sentence on what was trained together, and what one by one; none if no run says so."""
    found: dict[bool, dict[str, list[str]]] = {True: {}, False: {}}
    for run in comparison.runs.values():
        labels = found[run.together > 1].setdefault(run.why, [])
        if run.cell.optimizer not in labels:
            labels.append(run.cell.optimizer)
    found[False].pop("", None)  # nothing was chosen
    lists = {
        kind: "; ".join(f"{', '.join(labels)} ({why})" for why, labels in own.items()) for kind, own in found.items()
    }
    most = max((run.together for run in comparison.runs.values()), default=1)
    lines = []
    if found[True]:
        lines.append(
            f"Runs of one rule were trained together, up to {most} at a time, which gives the same numbers: "
            f"{lists[True]}. Their seconds are those of a step alone, timed before the first run, so that they can be "
            "compared with the others'."
        )
    if found[False]:
        lines.append(f"Trained one by one: {lists[False]}.")
    return lines
