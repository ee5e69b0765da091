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
from ..rounding.reading import as_read
from .comparison import Comparison, compare, exactly
from .report import Row, merged, row

if TYPE_CHECKING:
    from tf_reference import KerasTwin

GRADIENT_SIZES = (1e-7, 1.0, 1e-4, 3.0)
"""Largest gradients of successive optimizer steps. Equal ones would hide a misplaced epsilon or beta; large ones before
small ones would hide an epsilon, because the running average of the squares does not become small again."""

MUON_DRAWS, OF_MANY, MANY = 8, 3, 1 << 17
"""Repetitions of Muon's iteration, fewer from so many elements on: the largest of them hardly differs between draws."""


class OptimizerState(NamedTuple):
    """Trainable weights, and the arrays of `optimizer.variables` in Keras' order."""

    weights: list[Array]
    variables: list[Array]


def optimizer_state(twin: "KerasTwin") -> OptimizerState:
    """Return the twin's trainable weights and its optimizer's state."""
    return OptimizerState(twin.trained_weights(), twin.optimizer_state())


def step_taken(
    optimizer: Optimizer,
    before: OptimizerState,
    gradients: list[Any],
    weights: list[Variable],
    kind: Any = np.array,
    alike: Optimizer | None = None,
) -> tuple[list[Variable], Optimizer]:
    """Return copies of the weights after one step from this state, and the optimizer that took it.

    Args:
        optimizer: gives the rule and its arguments; its state is neither used nor changed.
        weights: give path, name and constraint. kind: np.array, or Bounded for the running error analysis.
        alike: what an earlier call returned for weights of the same shapes, which is used again.
    """
    stepped = [Variable(x, name=w.name, path=w.path) for x, w in zip(before.weights, weights, strict=True)]
    for variable, weight in zip(stepped, weights, strict=True):
        variable.constraint = weight.constraint
    if alike is not None and [v.shape for v in alike.variables] == [v.shape for v in before.variables]:
        own = alike
        for slot, value in zip(own.all_slots(), before.variables[-len(own.all_slots()) :], strict=False):
            slot.variable.value = np.empty_like(value)
    else:
        own = optimizer.unbuilt()
        own.build(stepped)
    own.set_weights(before.variables)
    if kind is Bounded:
        _bound(own)
        for variable in (*stepped, *(slot.variable for slot in own.all_slots())):
            if variable.value.dtype.kind == "f":
                variable.value = as_read(variable.value)  # type: ignore[assignment]
        own.collect_slots()
    own.take_step(
        [as_read(g) if kind is Bounded else kind(g) for g in gradients],
        stepped,
        [variable.value for variable in stepped],
    )
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
    with np.errstate(all="ignore"):
        try:
            plain, own = step_taken(optimizer, before, gradients, weights, _read_only)
        except ValueError:  # the rule writes into its gradient
            plain, own = step_taken(optimizer, before, gradients, weights)
    yield from _counters(own, after.variables)
    sides = _Sides(plain, own.all_slots(), after.weights, list(_slot_values(own, after.variables)), own.name)
    if not _in_blocks(optimizer, weights):
        with np.errstate(all="ignore"):
            bounded, limits = step_taken(optimizer, before, gradients, weights, Bounded)
        for i in (None, *range(len(plain))):
            yield from sides.compare(i, None, bounded, limits, type(optimizer).__name__)
        return
    slots = list(_slot_values(own, before.variables))
    counters = before.variables[: len(before.variables) - len(slots)]
    for i, weight in enumerate(weights):
        alike = None
        for start in range(0, weight.size, BLOCK):
            part = slice(start, start + BLOCK)
            pairs = zip(own.all_slots(), slots, strict=True)
            kept = [x if s.weight is None else x.reshape(-1)[part] for s, x in pairs if s.weight in (None, i)]
            state = OptimizerState([before.weights[i].reshape(-1)[part]], [*counters, *kept])
            with np.errstate(all="ignore"):
                given = [gradients[i].reshape(-1)[part]]
                bounded, alike = step_taken(optimizer, state, given, [weight], Bounded, alike)
            if i == start == 0:
                yield from sides.compare(None, None, bounded, alike, type(optimizer).__name__)
            yield from sides.compare(i, part, bounded, alike, type(optimizer).__name__)


def _read_only(gradient: Array) -> Array:
    """Return a view that cannot be written into: as safe as a copy, without its memory."""
    view = np.asarray(gradient).view()
    view.flags.writeable = False
    return view


BLOCK = 1 << 17
"""Elements whose bounds are computed at once, so that their float64 arrays stay in the cache."""


def _in_blocks(optimizer: Optimizer, weights: list[Variable]) -> bool:
    """Return whether to bound a step block by block: a weight is large, and no element depends on another."""
    of_norms = optimizer.clipnorm is not None or optimizer.global_clipnorm is not None
    coupled = of_norms or not optimizer.elementwise or bool(optimizer.inner_optimizers)
    coupled = coupled or any(weight.constraint is not None for weight in weights)
    return not coupled and any(weight.size > BLOCK for weight in weights)


class _Sides(NamedTuple):
    """What a step has made of the weights and slots, here and in the reference."""

    weights: list[Variable]
    slots: list[Slot]
    reference_weights: list[Array]
    reference_slots: list[Array]
    name: str

    def compare(
        self, i: int | None, part: slice | None, bounded: list[Variable], limits: Optimizer, formula: str
    ) -> Iterator[Comparison]:
        """Yield the slots of weight i and the weight itself; of a part, whose bounds are of this part alone."""
        late, own = [], 0 if part is not None else i
        bounds = [slot.variable.value for slot in limits.all_slots() if slot.weight == own]
        pairs = [pair for pair in zip(self.slots, self.reference_slots, strict=True) if pair[0].weight == i]
        for (slot, reference), bound in zip(pairs, bounds, strict=True):
            comparison = _slot(self.name, self.weights, slot, reference, bound, formula, part)
            if slot.slot == "average":  # of the weight after its step
                late.append(comparison)
            else:
                yield comparison
        if i is not None and own is not None:
            layer, _, name = self.weights[i].path.rpartition("/")
            sides = self.weights[i].value, self.reference_weights[i], bounded[own].value
            yield _compare_part(layer.rpartition("/")[2], f"{name} stepped", formula, *sides, part)
        yield from late


def _compare_part(
    layer: str, tensor: str, formula: str, found: Array, reference: Array, bound: Any, part: slice | None
) -> Comparison:
    """Return the comparison of a tensor, or of this part of it."""
    if part is None or found.shape != reference.shape:
        return compare(layer, tensor, formula, found, reference, bound)
    own = compare(layer, tensor, formula, found.reshape(-1)[part], reference.reshape(-1)[part], bound)
    return own._replace(start=part.start, whole=found.shape)


def _slot(
    owner: str,
    weights: list[Variable],
    slot: Slot,
    reference: Array,
    bound: Any,
    formula: str,
    part: slice | None = None,
) -> Comparison:
    layer, name = owner, slot.slot
    if slot.weight is not None:
        layer, _, weight = weights[slot.weight].path.rpartition("/")
        layer, name = layer.rpartition("/")[2], f"{weight} {slot.slot}"
    found = slot.variable.value
    if found.dtype.kind == "f":
        return _compare_part(layer, name, formula, found, reference, bound, part)
    return Comparison(layer, name, formula, found, reference, exactly(reference.shape))


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
            yield Comparison(owner, name, "as it was set", variable.value, value, exactly(value.shape))


def spliced_step(
    optimizer: Optimizer | None,
    twin: "KerasTwin",
    gradients: list[Array],
    weights: list[Variable],
    before: OptimizerState | None = None,
) -> tuple[list[Row], OptimizerState]:
    """Let the twin take a step with these gradients, and compare it with the hand-written step from the same state.

    Return the rows and the twin's new state. `before` is its state, where the caller knows it.
    """
    assert optimizer is not None
    before = before or optimizer_state(twin)
    twin.apply(gradients)
    after = optimizer_state(twin)
    comparisons = optimizer_step(optimizer, before, gradients, after, weights)
    return merged(row(comparison, "optimizer") for comparison in comparisons), after


def starts(optimizer: Optimizer, fresh: OptimizerState, weights: list[Variable]) -> Iterator[Comparison]:
    """Yield the slots whose initial values differ from the reference's."""
    own, starts = (
        optimizer.unbuilt(),
        [Variable(x, name=w.name, path=w.path) for x, w in zip(fresh.weights, weights, strict=True)],
    )
    own.build(starts)
    yield from _counters(own, fresh.variables)
    for slot, reference in zip(own.all_slots(), _slot_values(own, fresh.variables), strict=True):
        if not np.array_equal(slot.variable.value, reference):
            comparison = _slot(own.name, starts, slot, reference, None, "as it starts")
            yield comparison._replace(allowed=exactly(reference.shape))


def spliced_steps(
    optimizer: Optimizer, twin: "KerasTwin", gradients: list[Array], weights: list[Variable]
) -> list[Row]:
    """Return the worst row of each weight and slot over several steps with gradients of very different sizes."""
    worst: dict[tuple[str, str], Row] = {}
    rng = np.random.default_rng(0)
    steps = optimizer.gradient_accumulation_steps or 1
    before = optimizer_state(twin)
    wrong = [row(comparison, "optimizer") for comparison in starts(optimizer, before, weights)]
    if wrong:
        return wrong
    for size in GRADIENT_SIZES:
        for _ in range(steps):
            scaled = [_scaled(g, size, rng) for g in gradients]
            rows, before = spliced_step(optimizer, twin, scaled, weights, before)
            for found in rows:
                key = (found.layer, found.tensor)
                if key not in worst or found.ratio > worst[key].ratio:
                    worst[key] = found
    return list(worst.values())


def _scaled(gradient: Array, size: float, rng: np.random.Generator) -> Array:
    """Return the gradient with its largest element of this size, and random signs."""
    largest = max(float(np.max(gradient, initial=0.0)), -float(np.min(gradient, initial=0.0))) or 1.0
    scaled = np.divide(gradient, np.asarray(largest, gradient.dtype))
    scaled *= np.asarray(size, gradient.dtype)
    scaled *= rng.integers(0, 2, gradient.shape, "int8") * np.int8(2) - np.int8(1)
    return np.asarray(scaled)


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
    for _ in range(MUON_DRAWS if value.size < MANY else OF_MANY):
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
