"""Trains one cell."""

from .plan import Cell, Plan
from .run import Run
from .training import train


def run_cell(plan: Plan, cell: Cell) -> Run:
    """Train one cell and return its run. A diverging network is trained to the end; its numbers show it."""
    return train(plan, [cell])[0]
