"""One optimizer for a stack of runs, whose weights and gradients are (runs, ...).

A rule that acts element by element is applied once to the weights of all runs: it is the runs' own class, and a number
in which they differ, such as the learning rate, is a column of numbers (`PerRun`). Any other rule is applied by each
run's own optimizer to its part of the arrays.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from ..core.stacking import PerRun, is_handnns
from ..core.variable import Array, Variable
from .base import Optimizer, Slot
from .options import COMMON
from .schedules import LearningRateSchedule


class SchedulePerRun(LearningRateSchedule):
    """The learning rates of runs that have schedules."""

    def __init__(self, schedules: Sequence[LearningRateSchedule]) -> None:
        self.schedules = schedules

    def __call__(self, step: int) -> Any:
        return PerRun(schedule(step) for schedule in self.schedules)


def kind(optimizer: Optimizer) -> Any:
    """Return what optimizers must have in common to be one; None for a rule that does not act element by element.

    Numbers may differ, if all or none of them are 0: a rule with a momentum has other slots than without.
    """
    scheduled = isinstance(optimizer.schedule, LearningRateSchedule)
    known = is_handnns(optimizer) and not optimizer.inner_optimizers
    if not known or not optimizer.elementwise or scheduled != (optimizer.schedule is not None):
        return None
    names = [name for name in (*COMMON, *optimizer.hyperparameters) if name not in ("name", "learning_rate")]
    options = tuple((name, _alike(optimizer, name)) for name in names)
    return type(optimizer), scheduled, options, optimizer.excluded_names, tuple(map(id, optimizer.excluded))


def _alike(optimizer: Optimizer, name: str) -> Any:
    value = getattr(optimizer, name)
    may_differ = isinstance(value, float) and name not in optimizer.alike
    return ("number", value != 0) if may_differ else repr(value)


def stacked(optimizers: Sequence[Optimizer], weights: Sequence[list[Variable]]) -> Any:
    """Return the optimizer of a stack.

    Args:
        optimizers: of the runs, without state.
        weights: the trained weights of each run, which are parts of the stack's.
    """
    first = optimizers[0]
    found = kind(first)
    if found is None or any(kind(own) != found for own in optimizers[1:]):
        return EachRun(optimizers, weights)
    one = first.unbuilt()
    one.runs = len(optimizers)
    for name in (*COMMON, *first.hyperparameters):
        values = [getattr(own, name) for own in optimizers]
        if name not in ("name", "learning_rate") and len(set(map(repr, values))) > 1:
            setattr(one, name, PerRun(values))
    if first.schedule is not None:
        one.learning_rate = SchedulePerRun([own.schedule for own in optimizers if own.schedule is not None])
    else:
        one.set_rates([float(own.learning_rate) for own in optimizers])
    return one


class EachRun:
    """The runs' own optimizers, each on its part of the stack's arrays."""

    second_order = False

    def __init__(self, optimizers: Sequence[Optimizer], weights: Sequence[list[Variable]]) -> None:
        self.optimizers, self.weights = list(optimizers), list(weights)
        self._parts: dict[int, tuple[list[Array], list[list[Array]]]] = {}

    def apply_scaled(self, grads_and_vars: Iterable[tuple[Any, Any]]) -> None:
        """Take one step of every run."""
        gradients = [gradient for gradient, _ in grads_and_vars]
        for own, weights, parts in zip(self.optimizers, self.weights, self._of_runs(gradients), strict=True):
            own.apply_scaled(zip(parts, weights, strict=True))

    def _of_runs(self, gradients: list[Array]) -> list[list[Array]]:
        """Return the gradients of each run: views, made once for the arrays of each batch size."""
        known, parts = self._parts.get(id(gradients[0]), ([], []))
        if len(known) != len(gradients) or any(a is not b for a, b in zip(known, gradients, strict=True)):
            parts = [[gradient[run] for gradient in gradients] for run in range(len(self.optimizers))]
            self._parts[id(gradients[0])] = gradients, parts
        return parts

    def finalize_variable_values(self, var_list: Iterable[Any]) -> None:
        """Copy the averages, if any, to the weights."""
        for own, weights in zip(self.optimizers, self.weights, strict=True):
            own.finalize_variable_values(weights)

    def all_slots(self) -> list[Slot]:
        """Return every slot of every run."""
        return [slot for own in self.optimizers for slot in own.all_slots()]
