"""Comparison of an optimizer step: one hand-written step from TensorFlow's weights, slots and gradient.

The state before and after is the list of Keras' `optimizer.variables`: step count, learning rate, and every slot. The
training code takes the step twice: on plain arrays for its result, on `Bounded` arrays for its allowance, so that
decay, clipping, accumulation, averages and schedules are checked too.
"""

import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..core.variable import Array, Variable
from ..optimizers import Muon, Optimizer
from ..optimizers.base import Slot
from ..optimizers.schedules import LearningRateSchedule
from ..rounding import allowance
from ..rounding.bounded import Bounded
from .steps import Comparison, compare

if TYPE_CHECKING:
    from tf_reference import KerasTwin

GRADIENT_SIZES = (1e-7, 1.0, 1e-4, 3.0)
"""Largest gradients of successive optimizer steps. Equal ones would hide a misplaced epsilon or beta; large ones before
small ones would hide an epsilon, because the running average of the squares does not become small again."""

MUON_DRAWS = 8


class OptimizerState(NamedTuple):
    """Trainable weights, and the arrays of `optimizer.variables` in Keras' order."""

    weights: list[Array]
    variables: list[Array]


def optimizer_state(twin: "KerasTwin") -> OptimizerState:
    """Return copies of the twin's trainable weights and of its optimizer's state."""
    return OptimizerState([variable.numpy() for variable in twin.model.trainable_variables], twin.optimizer_state())


def step_taken(
    optimizer: Optimizer, before: OptimizerState, gradients: list[Any], weights: list[Variable], kind: Any = np.array
) -> tuple[list[Variable], Optimizer]:
    """Return copies of the weights after one step from this state, and the optimizer that took it.

    Args:
        optimizer: gives the rule and its arguments; its state is neither used nor changed.
        weights: give path, name and constraint. kind: np.array, or Bounded for the running error analysis.
    """
    own = optimizer.unbuilt()
    stepped = [Variable(x, w.name, w.path) for x, w in zip(before.weights, weights, strict=True)]
    for variable, weight in zip(stepped, weights, strict=True):
        variable.constraint = weight.constraint
    own.build(stepped)
    own.set_weights(before.variables)
    if kind is Bounded:
        _bound(own)
        for variable in (*stepped, *(slot.variable for slot in own.all_slots())):
            if variable.value.dtype.kind == "f":
                variable.value = Bounded(variable.value)  # type: ignore[assignment]
        own.collect_slots()
    own.take_step([kind(g) for g in gradients], stepped, [variable.value for variable in stepped])
    return stepped, own


def _bound(optimizer: Any) -> None:
    """Let an optimizer compute with `Bounded` numbers, and without blocks."""
    optimizer.number, optimizer.elementwise = _bounded_number, False
    if isinstance(optimizer._learning_rate, LearningRateSchedule):
        optimizer._learning_rate = bounded_schedule(optimizer._learning_rate)
    if isinstance(optimizer, Muon):
        iterate = optimizer.orthogonalized
        optimizer.orthogonalized = lambda u: _disturbed(iterate, u, optimizer.ns_steps)  # type: ignore[method-assign]
    for inner in optimizer.inner_optimizers:
        _bound(inner)


def bounded_schedule(schedule: LearningRateSchedule) -> Any:
    """Return a copy of a schedule that computes with `Bounded` numbers."""
    own: Any = copy.copy(schedule)
    own.number = lambda value: _bounded_number(value, "float32")
    return own


def _bounded_number(value: Any, dtype: Any) -> Bounded:
    if isinstance(value, Bounded):
        return value.astype(dtype)
    rounded = np.dtype(dtype).type(value)
    return Bounded(rounded, abs(float(rounded) - float(value)))


def optimizer_step(
    optimizer: Optimizer,
    before: OptimizerState,
    gradients: list[Array],
    after: OptimizerState,
    weights: list[Variable],
) -> Iterator[Comparison]:
    """Yield slots and weights, in the order of computation, after one hand-written step from the reference's state.

    Step counts and learning rates are yielded only if they are wrong.
    """
    formula = type(optimizer).__name__
    with np.errstate(all="ignore"):
        plain, own = step_taken(optimizer, before, gradients, weights)
        bounded, limits = step_taken(optimizer, before, gradients, weights, Bounded)
    slots, references = own.all_slots(), list(_slot_values(own, after.variables))
    pairs = list(zip(slots, references, limits.all_slots(), strict=True))
    yield from _counters(own, after.variables)
    for i in (None, *range(len(plain))):
        late = []
        for slot, reference, limit in (pair for pair in pairs if pair[0].weight == i):
            comparison = _slot(own, plain, slot, reference, limit.variable.value, formula)
            if slot.slot == "average":  # of the weight after its step
                late.append(comparison)
            else:
                yield comparison
        if i is not None:
            layer, _, name = plain[i].path.rpartition("/")
            found, bound = plain[i].value, bounded[i].value
            yield compare(layer.rpartition("/")[2], f"{name} stepped", formula, found, after.weights[i], bound)
        yield from late


def _slot(
    own: Optimizer, weights: list[Variable], slot: Slot, reference: Array, bound: Any, formula: str
) -> Comparison:
    layer, name = own.name, slot.slot
    if slot.weight is not None:
        layer, _, weight = weights[slot.weight].path.rpartition("/")
        layer, name = layer.rpartition("/")[2], f"{weight} {slot.slot}"
    found = slot.variable.value
    if found.dtype.kind == "f":
        return compare(layer, name, formula, found, reference, bound)
    return Comparison(layer, name, formula, found, reference, np.zeros(reference.shape))


def _slot_values(optimizer: Optimizer, values: list[Array]) -> Iterator[Array]:
    """Yield the slots' part of the state."""
    slots = {id(slot.variable) for slot in optimizer.all_slots()}
    for variable, value in zip(optimizer.variables, values, strict=True):
        if id(variable) in slots:
            yield value


def _counters(optimizer: Optimizer, values: list[Array]) -> Iterator[Comparison]:
    """Yield step counts and learning rates that differ from the reference's."""
    slots = {id(slot.variable) for slot in optimizer.all_slots()}
    for variable, value in zip(optimizer.variables, values, strict=True):
        if id(variable) not in slots and not np.array_equal(variable.value, value):
            owner, _, name = variable.path.rpartition("/")
            yield Comparison(owner, name, "as it was set", variable.value, value, np.zeros(value.shape))


def spliced_step(
    optimizer: Optimizer | None, twin: "KerasTwin", gradients: list[Array], weights: list[Variable]
) -> list[Comparison]:
    """Let the twin take a step with these gradients, and compare it with the hand-written step from the same state."""
    assert optimizer is not None
    before = optimizer_state(twin)
    twin.apply(gradients)
    return list(optimizer_step(optimizer, before, gradients, optimizer_state(twin), weights))


def starts(optimizer: Optimizer, fresh: OptimizerState, weights: list[Variable]) -> Iterator[Comparison]:
    """Yield the slots whose initial values differ from the reference's."""
    own, starts = (
        optimizer.unbuilt(),
        [Variable(x, w.name, w.path) for x, w in zip(fresh.weights, weights, strict=True)],
    )
    own.build(starts)
    yield from _counters(own, fresh.variables)
    for slot, reference in zip(own.all_slots(), _slot_values(own, fresh.variables), strict=True):
        if not np.array_equal(slot.variable.value, reference):
            comparison = _slot(own, starts, slot, reference, None, "as it starts")
            yield comparison._replace(allowed=np.zeros(reference.shape))


def spliced_steps(
    optimizer: Optimizer, twin: "KerasTwin", gradients: list[Array], weights: list[Variable]
) -> list[Comparison]:
    """Return the worst comparison of each weight and slot over several steps with gradients of very different sizes."""
    from .report import row

    worst: dict[tuple[str, str], tuple[float, Comparison]] = {}
    rng = np.random.default_rng(0)
    steps = optimizer.gradient_accumulation_steps or 1
    wrong = list(starts(optimizer, optimizer_state(twin), weights))
    if wrong:
        return wrong
    for size in GRADIENT_SIZES:
        for _ in range(steps):
            scaled = [_scaled(g, size, rng) for g in gradients]
            for comparison in spliced_step(optimizer, twin, scaled, weights):
                key, ratio = (comparison.layer, comparison.tensor), row(comparison).ratio
                if key not in worst or ratio > worst[key][0]:
                    worst[key] = (ratio, comparison)
    return [comparison for _, comparison in worst.values()]


def _scaled(gradient: Array, size: float, rng: np.random.Generator) -> Array:
    """Return the gradient with its largest element of this size, and random signs."""
    largest = float(np.max(np.abs(gradient), initial=0.0)) or 1.0
    return np.asarray(gradient / largest * size * rng.choice([-1.0, 1.0], gradient.shape), gradient.dtype)


# ---- Muon ---------------------------------------------------------------------------------------------------------


def _disturbed(iterate: Any, u: Bounded, steps: int) -> Bounded:
    """Return the Newton-Schulz iteration with its measured rounding error.

    A bound propagated through fifteen matrix products sums absolute values that cancel, and is useless. So the
    iteration is repeated in float64 with random errors of the largest possible rounding in its input and in each of its
    products; the largest change of any element is the error of every element.
    """
    rng, unit = np.random.default_rng(0), allowance.unit_roundoff(u.dtype)
    value, exact = iterate(u.value), iterate(u.value.astype("float64"))
    terms = sum(u.shape)
    largest = 0.0
    for _ in range(MUON_DRAWS):
        moved = _Disturbed(u.value + rng.uniform(-1, 1, u.shape) * u.error, rng, unit, terms)
        largest = max(largest, float(np.max(np.abs(iterate(moved).value - exact), initial=0.0)))
    return Bounded(value, largest + allowance.smallest_normal(u.dtype))


class _Disturbed(np.lib.mixins.NDArrayOperatorsMixin):
    """A float64 array whose operations have random errors of the size of a coarser dtype's rounding."""

    __array_priority__ = 100

    def __init__(self, value: Any, rng: np.random.Generator, unit: float, terms: int) -> None:
        self.value, self.rng, self.unit, self.terms = np.asarray(value, "float64"), rng, unit, terms

    shape = property(lambda self: self.value.shape)

    @property
    def T(self) -> "_Disturbed":
        return self._like(self.value.T)

    def _like(self, value: Any) -> "_Disturbed":
        return _Disturbed(value, self.rng, self.unit, self.terms)

    def _off(self, value: Any, size: Any) -> "_Disturbed":
        return self._like(value + self.rng.uniform(-1, 1, np.shape(value)) * size)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        given = [i.value if isinstance(i, _Disturbed) else i for i in inputs]
        result = getattr(ufunc, method)(*given, **options)
        growth = self.unit if method == "__call__" else allowance.gamma(self.value.size, self.unit)
        return self._off(result, growth * np.abs(result))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        given = [a.value if isinstance(a, _Disturbed) else a for a in args]
        size = function(*map(np.abs, given), **kwargs)  # of a product or a sum of absolute values
        return self._off(function(*given, **kwargs), allowance.gamma(self.terms, self.unit) * size)
