"""The base class of all optimizers: slots, step count, and the loop over the weights.

A rule is written for one array, `update_step(gradient, x, *slots)`, in place. The options of all optimizers (weight
decay, clipping, accumulation, loss scaling, moving averages) are in options.py.
"""

import copy
import warnings
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from ..config import floatx
from ..core.memory import contiguous, flat_view
from ..core.registry import Registry
from ..core.stacking import each_run
from ..core.variable import Array, Variable, as_array, as_arrays
from .fusion import BLOCK, MAX_CACHED, CachedFusion, FusedArrays
from .options import Options

optimizers: Registry[type["Optimizer"]] = Registry("optimizer")


def register(cls: type) -> type:
    """Class decorator: register under Keras' names, 'rmsprop' and 'RMSprop'."""
    return optimizers.add(cls, cls.__name__.lower(), cls.__name__)


def ema(average: Any, target: Any, share: Any, work: Array) -> None:
    """average <- average + share (target - average), in place; `work` may be the target's array."""
    term = np.subtract(target, average, out=work)
    term *= share
    average += term


class Slot(NamedTuple):
    """An array of optimizer state.

    `slot` is its name in the rule, `weight` the index of its weight (None if it belongs to all weights together),
    `variable` holds it under Keras' name.
    """

    slot: str
    weight: int | None
    variable: Variable


class Optimizer(Options):
    """Base class of the optimizers: the slots of each weight, and the loop over the weights.

    A subclass writes `update_step` and names its slots. Arguments: see `Options`.
    """

    slots: ClassVar[tuple[str, ...]] = ()
    """Keras' names of the state arrays of each weight, in the order of `update_step`'s arguments."""
    buffers: ClassVar[int] = 1
    """Number of work arrays of the weight's shape; at least one, for weight decay."""
    examples: ClassVar[tuple[dict[str, Any], ...]] = ()
    """Sets of arguments for tests and random networks; together they make every term of the rule matter."""
    alike: ClassVar[tuple[str, ...]] = ()
    """Hyperparameters in which the runs of a stack must not differ to be updated in one call; see stacked.py."""
    second_order: ClassVar[bool] = False
    """Whether the rule has `observe`, which takes the network's second derivatives before a step."""
    elementwise: ClassVar[bool] = True
    """Whether each element's step depends on that element alone, so that a large weight can be updated in blocks."""

    def _reset(self) -> None:
        super()._reset()
        self.built = False
        self._iterations = 0
        self._trained: list[Any] = []
        self._own_slots: list[Slot] = []
        self.slot_arrays: list[tuple[Array, ...]] = []
        self._decays: list[float | None] = []
        self._work: list[tuple[Array, ...]] = []
        self._scalars: dict[Any, Any] = {}
        self._known: dict[int, CachedFusion] = {}
        self._constraints: list[tuple[int, Any]] = []

    @property
    def inner_optimizers(self) -> list["Optimizer"]:
        """The optimizers that this one wraps."""
        return []

    def unbuilt(self) -> Self:
        """Return a copy with the same arguments and no state."""
        own = copy.copy(self)
        own._reset()
        return own

    # ---- slots --------------------------------------------------------------------------------------------------

    def build(self, variables: Iterable[Any]) -> None:
        """Create the slots for these weights (Variables or arrays), unless already built."""
        if self.built:
            return
        self._trained = list(variables)
        arrays = [as_array(variable) for variable in self._trained]
        paths = [getattr(variable, "path", f"variable_{i}") for i, variable in enumerate(self._trained)]
        starts = [self.new_slots(variable, x) for variable, x in zip(self._trained, arrays, strict=True)]
        groups = list(self.slot_groups())
        options = {"average": self.use_ema, "gradient_accumulator": self.gradient_accumulation_steps}
        for slot in (name for name, wanted in reversed(options.items()) if wanted):
            groups.insert(0, (slot,))
            for start, x in zip(starts, arrays, strict=True):
                start[slot] = np.zeros_like(x)
        for group in groups:
            for i, (path, start) in enumerate(zip(paths, starts, strict=True)):
                self._own_slots += [Slot(s, i, self.slot_variable(s, start[s], path)) for s in group if s in start]
        if self.elementwise:
            for slot in self.slots:
                self._lay_out([own.variable for own in self._own_slots if own.slot == slot])
        constraints = [getattr(variable, "constraint", None) for variable in self._trained]
        self._constraints = [(i, constraint) for i, constraint in enumerate(constraints) if constraint is not None]
        self._decays = [self.decay_of(*weight) for weight in zip(self._trained, paths, strict=True)]
        self._work = [self._buffers_for(x) for x in arrays]
        self._scratch = [np.empty_like(x) for x in arrays if self._needs_scratch()]
        self.built = True
        self.collect_slots()

    def new_slots(self, variable: Any, x: Array) -> dict[str, Array]:
        """Return the initial slots of one weight, in new arrays."""
        # np.zeros takes no memory before it is written into; np.zeros_like fills it
        return {name: np.zeros(x.shape, x.dtype) for group in self.slot_groups() for name in group}

    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        """Return the slots in use, grouped in Keras' order: group by group, and within a group weight by weight."""
        return (self.slots,)

    def slot_variable(self, slot: str, start: Array, path: str) -> Variable:
        """Return a slot as a Variable with Keras' name; `start` is its array, not copied."""
        name = f"{path.replace('/', '_')}_{slot}"
        variable = Variable((), dtype=start.dtype, name=name, path=f"{self.name}/{name}", trainable=False)
        variable.value = start
        return variable

    def _lay_out(self, variables: list[Variable]) -> None:
        """Allocate the slots of one name contiguously, in the order of the weights."""
        if len({variable.dtype for variable in variables}) == 1:
            places = contiguous([variable.shape for variable in variables], variables[0].dtype, self.runs)
            for variable, place in zip(variables, places, strict=True):
                place[...] = variable.value
                variable.value = place

    def _buffers_for(self, x: Array) -> tuple[Array, ...]:
        shape = (BLOCK,) if self._takes_blocks(x) else x.shape
        return tuple(np.empty(shape, x.dtype) for _ in range(self.buffers))

    def collect_slots(self) -> None:
        """Collect the slots' arrays for the rule and the options."""
        own: list[dict[str, Array]] = [{} for _ in self._trained]
        for slot, weight, variable in self._own_slots:
            if weight is not None:
                own[weight][slot] = variable.value
        self._averages = [kept["average"] for kept in own if "average" in kept]
        self._accumulators = [kept["gradient_accumulator"] for kept in own if "gradient_accumulator" in kept]
        self.slot_arrays = [tuple(kept[slot] for slot in self.slots if slot in kept) for kept in own]
        self._known.clear()

    @property
    def variables(self) -> list[Variable]:
        """Step count, learning rate (if it is a number) and slots, in Keras' order and under its names."""
        own = [Variable(np.int64(self._iterations), name="iteration", path=f"{self.name}/iteration", trainable=False)]
        if isinstance(self._learning_rate, float):
            rate = np.asarray(self._learning_rate, floatx())
            own.append(Variable(rate, name="learning_rate", path=f"{self.name}/learning_rate", trainable=False))
        return own + [slot.variable for slot in self._own_slots]

    def all_slots(self) -> list[Slot]:
        """Return every slot, in the order of `variables`."""
        return self._own_slots

    def set_weights(self, weights: Iterable[Any]) -> None:
        """Assign step count, learning rate and slots, given in the order of `variables`.

        Raises:
            ValueError: the optimizer is not built, or the number or shapes of the arrays do not fit.
        """
        given, known = as_arrays(weights), [variable.shape for variable in self.variables]
        if not self.built:
            raise ValueError(f"{self.name} has no slots yet: call build(variables) first")
        if [w.shape for w in given] != known:
            raise ValueError(f"weights must be arrays of shapes {known}; received {[w.shape for w in given]}")
        self._iterations = int(given.pop(0))
        self._scalars.clear()
        if isinstance(self._learning_rate, float):
            self._learning_rate = float(given.pop(0))
        for slot, array in zip(self._own_slots, given, strict=True):
            slot.variable.value[...] = array

    # ---- one step -----------------------------------------------------------------------------------------------

    def apply(self, grads: Iterable[Any], trainable_variables: Iterable[Any] | None = None) -> list[Array]:
        """Take one step: change the weights (Variables or ndarrays) in place and return their arrays.

        Args:
            grads: dL/dweight for each weight, in its shape.
            trainable_variables: the weights, in the same order in every step; by default those of `build`.

        Raises:
            ValueError: numbers or shapes of gradients and weights do not fit, or there is nothing to update.
            TypeError: a weight is not float32 or float64.
        """
        if trainable_variables is None and not self.built:
            raise ValueError("trainable_variables must be given to an optimizer that is not built yet")
        gradients = list(grads)
        weights = self._trained if trainable_variables is None else list(trainable_variables)
        if len(gradients) != len(weights):
            raise ValueError(
                f"grads must hold one gradient for each of {len(weights)} weights; received {len(gradients)}"
            )
        return self._apply(gradients, weights)

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Any]]) -> list[Array]:
        """Take one step from (gradient, weight) pairs; a weight whose gradient is None does not change.

        All pairs are checked before the first weight changes. Without pairs nothing happens, as in Keras. Raises as
        `apply`.
        """
        pairs = tuple(grads_and_vars)
        return self._apply([gradient for gradient, _ in pairs], [variable for _, variable in pairs])

    def apply_scaled(self, grads_and_vars: Iterable[tuple[Any, Any]]) -> list[Array]:
        """Take one step from the gradients of a loss that is not scaled yet."""
        scale = self.scale_loss(1.0)
        if scale != 1:
            grads_and_vars = [(gradient * scale, own) for gradient, own in grads_and_vars]
        return self.apply_gradients(grads_and_vars)

    def _apply(self, gradients: list[Any], variables: list[Any]) -> list[Array]:
        xs = [v.value if type(v) is Variable else as_array(v) for v in variables]
        known = self._known.get(id(gradients[0])) if gradients else None
        if known is not None and known.are(gradients, xs):
            gradients, xs = known.gradients, known.xs
        else:
            self._check(gradients, variables, xs)
        if gradients:
            self.take_step(gradients, variables, xs)
        return xs

    def _check(self, gradients: list[Any], variables: list[Any], xs: list[Array]) -> None:
        """Cast the gradients to the weights' dtypes; raise if one does not fit. Build the slots if necessary."""
        for i, (gradient, x) in enumerate(zip(gradients, xs, strict=True)):
            if not (isinstance(gradient, np.ndarray) and gradient.shape == x.shape and gradient.dtype is x.dtype):
                gradients[i] = _fitting(gradient, x)
        if not gradients:
            return
        if all(gradient is None for gradient in gradients):
            raise ValueError("gradients must hold at least one array; received only None")
        missing = [getattr(v, "path", f"weight {i}") for i, v in enumerate(variables) if gradients[i] is None]
        if missing:
            warnings.warn(f"no gradient for {', '.join(missing)}: left unchanged", stacklevel=4)
        if not self.built:
            self.build(variables)
        if len(xs) != len(self._trained):
            raise ValueError(f"{self.name} was built for {len(self._trained)} weights; received {len(xs)}")

    def take_step(self, gradients: list[Any], variables: list[Any], xs: list[Array]) -> None:
        """Take one step with checked gradients; xs are the arrays of the variables."""
        self.rate = self._rate_now()
        ready = self._prepare(gradients) if self._scratch else gradients
        if ready is not None:
            self.begin_step()
            for g, x, slots, work, decay in self._parts(ready, xs):
                if g is None:
                    continue
                if self._takes_blocks(x):
                    self._in_blocks(g, x, slots, work, decay)
                    continue
                if decay is not None:
                    self._decay(x, decay, work[0])
                self.update_step(g, x, *slots, work=work)
        if self.use_ema:
            self._average(xs)
        for i, constraint in self._constraints:
            np.copyto(xs[i], each_run(constraint, xs[i], self.runs))
        self._iterations += 1

    def _parts(self, gradients: list[Any], xs: list[Array]) -> Iterable[tuple[Any, ...]]:
        """Return the arguments of the rule: one tuple per weight, or one for all weights if they are contiguous."""
        known = self._known.get(id(gradients[0]))
        if known is not None and known.gradients is gradients and known.xs is xs:
            return (known.part,)
        part = self._as_one(gradients, xs)
        if part is None:
            return zip(gradients, xs, self.slot_arrays, self._work, self._decays, strict=True)
        if len(self._known) >= MAX_CACHED:
            self._known.pop(next(iter(self._known)))
        self._known[id(gradients[0])] = CachedFusion(gradients, xs, part)
        return (part,)

    def _as_one(self, gradients: list[Any], xs: list[Array]) -> FusedArrays | None:
        if not self.elementwise or len(xs) < 2 or len(set(self._decays)) > 1:
            return None
        if len({len(slots) for slots in self.slot_arrays}) > 1:
            return None
        found = [flat_view(arrays, self.runs) for arrays in (gradients, xs, *zip(*self.slot_arrays, strict=True))]
        if any(array is None or array.dtype != xs[0].dtype for array in found):
            return None
        g, x, *slots = found
        assert g is not None and x is not None
        return FusedArrays(g, x, tuple(slots), self._buffers_for(x), self._decays[0])  # type: ignore[arg-type]

    def begin_step(self) -> None:
        """Update the state that belongs to all weights together."""

    def _decay(self, x: Array, weight_decay: float, work: Array) -> None:
        """x <- x - lr wd x."""
        term = np.multiply(x, self.rounded(weight_decay, x.dtype), out=work)
        term *= self.rate
        x -= term

    def _takes_blocks(self, x: Array) -> bool:
        """Return whether a weight is large, and not of a stack, whose blocks would not be contiguous."""
        return x.size > BLOCK and self.elementwise and self.runs is None

    def _in_blocks(self, gradient: Array, x: Array, slots: Any, work: tuple[Array, ...], decay: float | None) -> None:
        """Update a large weight in blocks that stay in the processor's cache throughout the rule."""
        if not x.flags.c_contiguous:
            blocks, work = [(gradient, x, *slots)], tuple(np.empty_like(x) for _ in work)
        else:
            arrays = [array.reshape(-1) for array in (gradient, x, *slots)]
            blocks = [tuple(array[i : i + BLOCK] for array in arrays) for i in range(0, x.size, BLOCK)]
        for g, own, *kept in blocks:
            buffers = tuple(array[: len(own)] for array in work)
            if decay is not None:
                self._decay(own, decay, buffers[0])
            self.update_step(g, own, *kept, work=buffers)

    def per_step(self, formula: Callable[[Any], Any], dtype: Any) -> Any:
        """Return formula(dtype), the rule's scalars, computed once per step."""
        key = (formula.__name__, dtype)
        kept = self._scalars.get(key)
        if kept is None or kept[0] != self._iterations:
            kept = self._scalars[key] = (self._iterations, formula(dtype))
        return kept[1]

    def update_step(self, gradient: Array, x: Array, *slots: Array, work: tuple[Array, ...]) -> None:
        """Update x and the slots in place; `work` are scratch arrays."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}, iterations={self.iterations}>"


def _fitting(gradient: Any, x: Array) -> Any:
    """Return the gradient in the weight's dtype; raise if it does not fit the weight."""
    if gradient is None:
        return None
    gradient = as_array(gradient)
    if x.dtype.kind != "f":
        raise TypeError(f"a weight must be float32 or float64 to be updated; received dtype {x.dtype}")
    if gradient.shape != x.shape:
        raise ValueError(f"a gradient must have its weight's shape {x.shape}; received {gradient.shape}")
    return gradient if gradient.dtype == x.dtype else gradient.astype(x.dtype)
