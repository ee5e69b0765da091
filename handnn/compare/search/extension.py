"""Learning rates beyond the edge of a grid, as long as the best one is there and the plan allows more.

What is added follows from the plan and its finished runs alone, so a resumed comparison adds the same.
"""

import math
from collections.abc import Mapping

from ...specs.optimizer import beyond
from ..plan import Cell, Plan
from ..run import Run
from ..statistics import at_chosen_epoch, spread


def extended(plan: Plan, runs: Mapping[Cell, Run]) -> dict[str, tuple[float, ...]]:
    """Return the learning rates of each optimizer; one whose runs are not all finished is the last that was added."""
    return {label: _extended(plan, runs, label) for label in plan.optimizers}


def _extended(plan: Plan, runs: Mapping[Cell, Run], label: str) -> tuple[float, ...]:
    rates = plan.rates[label]
    if len(rates) < 2:
        return rates
    for _ in range(plan.extend):
        cells = [[Cell(label, rate, seed) for seed in plan.seeds] for rate in rates]
        if not all(cell in runs for own in cells for cell in own):
            break
        medians = [spread(at_chosen_epoch(runs[cell], "val_loss") for cell in own).median for own in cells]
        best = min(range(len(rates)), key=lambda i: medians[i])
        if 0 < best < len(rates) - 1 or not math.isfinite(medians[best]):
            break
        if best == 0:
            rates = (beyond(rates[0], rates[1]), *rates)
        else:
            rates = (*rates, beyond(rates[-1], rates[-2]))
    return rates
