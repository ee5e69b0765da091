"""Comparison of an optimizer step: one hand-written step from TensorFlow's weights, slots and gradient.

The state before and after is the list of Keras' `optimizer.variables`: step count, learning rate, and every slot. The
training code takes the step twice: on plain arrays for its result, on `Bounded` arrays for its allowance, so that
decay, clipping, accumulation, averages and schedules are checked too.
"""

import copy
import itertools
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np

from ..core.variable import Array, Variable
from ..optimizers import Muon, Optimizer
from ..optimizers.schedules import LearningRateSchedule
from ..rounding import disturbed
from ..rounding.bounded import Bounded
from ..rounding.reading import as_read
from .comparison import Comparison, Sides, exactly, slot_compared
from .report import Row, merged, row

GRADIENT_SIZES = (1e-7, 1.0, 1e-4, 3.0)
"""Largest gradients of successive optimizer steps. Equal ones would hide a misplaced epsilon or beta; large ones before
small ones would hide an epsilon, because the running average of the squares does not become small again."""


class OptimizerState(NamedTuple):
    """Trainable weights, and the arrays of `optimizer.variables` in Keras' order."""

    weights: list[Array]
    variables: list[Array]


class KerasSteps(Protocol):
    """Keras' weights, and its optimizer at work on them: a `KerasTwin`, or `AsOneVector`."""

    def trained_weights(self) -> list[Array]: ...
    def optimizer_state(self) -> list[Array]: ...
    def apply(self, gradients: list[Array]) -> None: ...


def optimizer_state(twin: KerasSteps) -> OptimizerState:
    """Return the twin's trainable weights and its optimizer's state."""
    return OptimizerState(twin.trained_weights(), twin.optimizer_state())


Stepped = tuple[list[Variable], Optimizer]
"""Weights after a step, and the optimizer that took it."""


def _built(optimizer: Optimizer, values: list[Array], weights: list[Variable]) -> Stepped:
    """Return weights with these values, of the paths, names and constraints of others, and an optimizer for them."""
    own, variables = optimizer.unbuilt(), []
    for x, weight in zip(values, weights, strict=True):
        variables.append(Variable(x, name=weight.name, path=weight.path))
        variables[-1].constraint = weight.constraint
    own.build(variables)
    return variables, own


def step_taken(
    optimizer: Optimizer,
    before: OptimizerState,
    gradients: list[Any],
    weights: list[Variable],
    kind: Any = np.array,
    alike: Stepped | None = None,
) -> Stepped:
    """Return copies of the weights after one step from this state, and the optimizer that took it.

    Args:
        optimizer: gives the rule and its arguments; its state is neither used nor changed.
        weights: give path, name and constraint. kind: np.array, or Bounded for the running error analysis.
        alike: what an earlier call returned for the same weights and this kind, which is overwritten and used again.
    """
    if alike is not None and [v.shape for v in alike[0]] == [x.shape for x in before.weights]:
        stepped, own = alike
        for variable in (*stepped, *(slot.variable for slot in own.all_slots())):
            if isinstance(variable.value, Bounded):
                variable.value = np.empty(variable.shape, variable.dtype)
        for variable, x in zip(stepped, before.weights, strict=True):
            np.copyto(variable.value, x)
    else:
        stepped, own = _built(optimizer, before.weights, weights)
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
        optimizer.orthogonalized = lambda u: disturbed.measured(iterate, u)  # type: ignore[method-assign]
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
    sides = Sides(plain, own.all_slots(), after.weights, list(_slot_values(own, after.variables)), own.name)
    for i, bounds, part in _bounds(optimizer, before, gradients, weights, own, sides):
        yield from sides.compare(i, bounds, type(optimizer).__name__, part)


def _bounds(
    optimizer: Optimizer,
    before: OptimizerState,
    gradients: list[Array],
    weights: list[Variable],
    built: Optimizer,
    sides: Sides,
) -> Iterator[tuple[int | None, list[Any], Any]]:
    """Yield (index, bounds of the weight and of its slots, the part of it or None) for each weight, None for all.

    Where the rule acts element by element, small weights are bounded together. Of a large one, those elements are
    bounded in which the sides differ (equal ones need no allowance), and a sample that shows how large allowances are.
    """
    if not by_element(optimizer, weights):
        with np.errstate(all="ignore"):
            bounded, limits = step_taken(optimizer, before, gradients, weights, Bounded)
        yield from ((i, _bounds_of(i, bounded, limits), None) for i in (None, *range(len(weights))))
        return
    slots = list(zip(built.all_slots(), _slot_values(built, before.variables), strict=True))
    counters = before.variables[: len(before.variables) - len(slots)]
    own: list[list[Array]] = [[] for _ in weights]
    for slot, x in slots:
        if slot.weight is not None:
            own[slot.weight].append(x)
    for group in _groups(weights, optimizer):
        first, alike = group[0], None
        rows = [(before.weights[i], gradients[i], *own[i]) for i in group]
        columns = [laid_out(column) for column in zip(*rows, strict=True)]
        large = weights[first].size > BLOCK
        for start, part in enumerate(_parts_in_question(sides, first) if large else (slice(None),)):
            x, gradient, *of_weight = (column[part] for column in columns)
            values = iter(of_weight)
            kept = [x if s.weight is None else next(values) for s, x in slots if s.weight in (None, first)]
            state = OptimizerState([x], [*counters, *kept])
            with np.errstate(all="ignore"):
                alike = step_taken(optimizer, state, [gradient], [weights[first]], Bounded, alike)
            if first == start == 0:
                yield None, _bounds_of(None, *alike), None
            found = _bounds_of(0, *alike)
            if large:
                yield first, found, part
            else:
                parts = parts_of([weights[i] for i in group])
                yield from ((i, [part.of(b) for b in found], None) for i, part in zip(group, parts, strict=True))


def _parts_in_question(sides: Sides, i: int) -> Iterator[Any]:
    """Yield the parts of a large weight to be bounded, up to BLOCK elements each: slices, then indices.

    First a sample, spread over the weight; then the others in which the sides differ. If no digit of a tensor in the
    sample is certain, all others, since the report says so only if it holds for every element.
    """
    size = sides.weights[i].size
    stride = -(-size // SAMPLE)
    for start in range(0, size, stride * BLOCK):
        yield slice(start, start + stride * BLOCK, stride)
    if stride == 1:
        return
    certain = sides.certain(i)
    for start in range(0, size, CHUNK):
        wanted = sides.differ(i, slice(start, start + CHUNK)) if certain else None
        wanted = np.ones(min(CHUNK, size - start), bool) if wanted is None else wanted
        wanted[-start % stride :: stride] = False  # they were in the sample
        places = np.flatnonzero(wanted) + start
        yield from (places[at : at + BLOCK] for at in range(0, len(places), BLOCK))


def _read_only(gradient: Array) -> Array:
    """Return a view that cannot be written into: as safe as a copy, without its memory."""
    view = np.asarray(gradient).view()
    view.flags.writeable = False
    return view


BLOCK = 1 << 17
"""Elements whose bounds are computed at once, so that their float64 arrays stay in the cache."""
SAMPLE = BLOCK // 8
"""Elements of a large weight that are bounded even where both sides have the same bits."""
CHUNK = 8 * BLOCK
"""Elements of a large weight that are searched at once for differences."""


def by_element(optimizer: Optimizer, weights: list[Variable]) -> bool:
    """Return whether no element of a step depends on another, so that weights may be laid end to end, or cut."""
    of_norms = optimizer.clipnorm is not None or optimizer.global_clipnorm is not None
    coupled = of_norms or not optimizer.elementwise or bool(optimizer.inner_optimizers)
    return not coupled and all(weight.constraint is None for weight in weights)


class Part(NamedTuple):
    """The place of one array in several laid end to end."""

    place: slice
    shape: tuple[int, ...]

    def of(self, vector: Any) -> Any:
        """Return a view of the array's own elements in its shape."""
        return vector[self.place].reshape(self.shape)


def parts_of(arrays: list[Variable]) -> list[Part]:
    """Return the place of each array, if they are laid end to end."""
    ends = itertools.accumulate(array.size for array in arrays)
    return [Part(slice(end - array.size, end), array.shape) for array, end in zip(arrays, ends, strict=True)]


def laid_out(arrays: Iterable[Array]) -> Array:
    """Return arrays laid end to end; a view of a single one."""
    flat = [np.reshape(array, -1) for array in arrays]
    return np.concatenate(flat) if len(flat) > 1 else flat[0]


def _groups(weights: list[Variable], optimizer: Optimizer) -> Iterator[list[int]]:
    """Yield indices of adjacent weights of one dtype and decay, up to a block's elements: bounded together."""
    kinds = [(weight.dtype, optimizer.decay_of(weight, weight.path)) for weight in weights]
    group: list[int] = []
    for i, weight in enumerate(weights):
        if group and (kinds[i] != kinds[group[0]] or sum(weights[k].size for k in group) + weight.size > BLOCK):
            yield group
            group = []
        group.append(i)
    yield group


def _bounds_of(i: int | None, bounded: list[Variable], optimizer: Optimizer) -> list[Any]:
    """Return the bounds of weight i, and of its slots in their order; None: of the slots of all weights together."""
    slots = [slot.variable.value for slot in optimizer.all_slots() if slot.weight == i]
    return [None if i is None else bounded[i].value, *slots]


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
    twin: KerasSteps,
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
    variables, own = _built(optimizer, fresh.weights, weights)
    yield from _counters(own, fresh.variables)
    for slot, reference in zip(own.all_slots(), _slot_values(own, fresh.variables), strict=True):
        if not np.array_equal(slot.variable.value, reference):
            comparison = slot_compared(own.name, variables, slot, reference, None, "as it starts")
            yield comparison._replace(allowed=exactly(reference.shape))


def spliced_steps(optimizer: Optimizer, twin: KerasSteps, gradients: list[Array], weights: list[Variable]) -> list[Row]:
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
    scaled = np.empty(gradient.shape, gradient.dtype)
    flat, given = scaled.reshape(-1), gradient.reshape(-1)
    signs = np.array([-1, 1], gradient.dtype)
    for at in range(0, flat.size, BLOCK):
        part = flat[at : at + BLOCK]
        np.divide(given[at : at + BLOCK], np.asarray(largest, gradient.dtype), out=part)
        part *= np.asarray(size, gradient.dtype)
        bits = np.frombuffer(rng.bytes(-(-part.size // 8)), np.uint8)
        part *= signs[np.unpackbits(bits, count=part.size)]
    return scaled
