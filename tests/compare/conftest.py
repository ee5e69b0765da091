"""Small plans and comparisons; runs made up where only the statistics matter."""

from typing import Any

import numpy as np
import pytest

from handnn.compare import Cell, Comparison, Plan, Run
from handnn.specs import optimizer as optimizer_spec
from handnn.compare.single_run import run_cell


def plan_of(*optimizers: str, **changes: Any) -> Plan:
    """A plan of a second or less: moons, 2-6-2."""
    names = tuple(optimizer_spec.canonical(label) for label in optimizers or ("sgd", "adam"))
    values: dict[str, Any] = {
        "data": "moons",
        "layers": (2, 6, 2),
        "activation": "tanh",
        "output": "softmax",
        "loss": "categorical_crossentropy",
        "dtype": "float32",
        "optimizers": names,
        "rates": {label: optimizer_spec.grid(optimizer_spec.usual_rate(label), 2, 1.0) for label in names},
        "seeds": (0, 1),
        "epochs": 2,
        "batch_size": 128,
        "target": 0.5,
    }
    return Plan(**values | changes)


@pytest.fixture
def plan() -> Any:
    """`plan("sgd", "adam", epochs=3)`: a small plan, with these changes."""
    return plan_of


@pytest.fixture
def compared() -> Any:
    """`compared(plan)`: the comparison, with all cells trained here."""
    return lambda plan: Comparison(plan, {cell: run_cell(plan, cell) for cell in plan.cells()})


@pytest.fixture
def made_up() -> Any:
    """`made_up(plan, {"sgd": [...]})`: a comparison whose losses are these, one a seed, whatever the rate.

    `validation` says those of validation data where they differ; a loss of None is a cell that failed.
    """

    def make(plan: Plan, test: dict[str, list[Any]], validation: dict[str, list[Any]] | None = None) -> Comparison:
        runs = {}
        for cell in plan.cells():
            i = plan.seeds.index(cell.seed)
            runs[cell] = made_up_run(cell, test[cell.optimizer][i], (validation or test)[cell.optimizer][i])
        return Comparison(plan, runs)

    return make


@pytest.fixture
def made_run() -> Any:
    """`made_run(cell, test loss, validation loss)`: a run that took 4 steps to these losses."""
    return made_up_run


def made_up_run(cell: Cell, test: float | None, validation: float | None) -> Run:
    if test is None or validation is None:
        return Run.failure(cell, "ValueError: made up")
    curves = {part: np.array([9.0, loss]) for part, loss in (("train", 0.0), ("val", validation), ("test", test))}
    losses = {f"{part}_loss": curve for part, curve in curves.items()}
    accuracies = {f"{part}_accuracy": 1 - curve / 10 for part, curve in curves.items()}
    seconds = np.array([0.0, 1.0])
    return Run(cell, np.zeros(4), np.array([0, 4]), **losses, **accuracies, seconds=seconds, step_seconds=0.25,
               slot_bytes=8)  # fmt: skip
