"""One tensor of both sides, and the allowance between them."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..core.variable import Array, Variable
from ..optimizers.base import Slot
from ..rounding import allowance
from ..rounding.bounded import Bounded
from ..rounding.elementwise import zeros


class Comparison(NamedTuple):
    """One tensor, computed by both sides from the same inputs; `allowed` has its shape.

    A part of a large tensor has one axis; `part` (a slice or indices) is its place in the flat tensor, whose shape is
    `whole`.
    """

    layer: str
    tensor: str
    formula: str
    found: Array
    reference: Array
    allowed: Array
    part: Any = None
    whole: tuple[int, ...] = ()

    def place(self, of_part: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the shape of the whole tensor, and the index in it of an element of the flat part."""
        if self.part is None:
            shape, flat = self.found.shape, of_part
        elif isinstance(self.part, slice):
            shape, flat = self.whole, (self.part.start or 0) + of_part * (self.part.step or 1)
        else:
            shape, flat = self.whole, int(self.part[of_part])
        return shape, tuple(int(i) for i in np.unravel_index(flat, shape))


def exactly(shape: tuple[int, ...]) -> Array:
    """Return the allowance 0 of every element, without memory for each."""
    return zeros(shape)


def compare(layer: str, tensor: str, formula: str, found: Any, reference: Any, bounded: Any) -> Comparison:
    """Return the comparison of a result with the reference; the result's error bound gives the allowance."""
    found = np.asarray(found)
    if reference is None:  # TensorFlow finds no path from this tensor to the loss: the derivative is 0
        reference = np.zeros(found.shape, found.dtype)
    reference = np.asarray(reference)
    fits = isinstance(bounded, Bounded) and bounded.shape == reference.shape  # otherwise the row reports the shapes
    allowed = exactly(reference.shape)  # integers are exact
    if reference.dtype.kind == "f":
        allowed = allowance.of(bounded.error if fits else allowed, reference.dtype)
    return Comparison(layer, tensor, formula, found, reference, allowed)


class Sides:
    """What an optimizer step has made of the weights and slots, here and in the reference."""

    def __init__(
        self,
        weights: list[Variable],
        slots: list[Slot],
        reference_weights: list[Array],
        reference_slots: list[Array],
        name: str,
    ) -> None:
        self.weights, self.slots, self.name = weights, slots, name
        self.reference_weights, self.reference_slots = reference_weights, reference_slots
        self._certain: dict[tuple[int | None, str], bool] = {}

    def _pairs(self, i: int | None) -> list[tuple[Slot, Array]]:
        """Return the slots of weight i, each with the reference's."""
        return [pair for pair in zip(self.slots, self.reference_slots, strict=True) if pair[0].weight == i]

    def compare(self, i: int | None, bounds: list[Any], formula: str, part: Any = None) -> Iterator[Comparison]:
        """Yield the slots of weight i and the weight itself; of a part, whose bounds are of this part alone."""
        late, (of_weight, *of_slots) = [], bounds
        for (slot, reference), bound in zip(self._pairs(i), of_slots, strict=True):
            comparison = slot_compared(self.name, self.weights, slot, reference, bound, formula, part)
            if slot.slot == "average":  # of the weight after its step
                late.append(comparison)
            else:
                yield self._seen(i, comparison)
        if i is not None:
            layer, _, name = self.weights[i].path.rpartition("/")
            sides = self.weights[i].value, self.reference_weights[i], of_weight
            yield self._seen(i, _compare_part(layer.rpartition("/")[2], f"{name} stepped", formula, *sides, part))
        yield from (self._seen(i, comparison) for comparison in late)

    def _seen(self, i: int | None, c: Comparison) -> Comparison:
        if c.part is not None and c.reference.dtype.kind == "f":
            known = self._certain.get((i, c.tensor), False)
            self._certain[i, c.tensor] = known or bool((c.allowed < np.abs(c.reference)).any())
        return c

    def certain(self, i: int) -> bool:
        """Return whether a digit of each tensor of weight i is certain, in the parts compared so far."""
        return all(certain for (of, _), certain in self._certain.items() if of == i)

    def differ(self, i: int, block: slice) -> Array:
        """Return in which elements of a block the sides differ, in weight i or in one of its slots."""
        pairs = [(slot.variable.value, reference) for slot, reference in self._pairs(i)]
        pairs.append((self.weights[i].value, self.reference_weights[i]))
        found = np.zeros(len(range(self.weights[i].size)[block]), bool)
        for own, reference in pairs:
            if own.shape == reference.shape == self.weights[i].shape:
                found |= own.reshape(-1)[block] != reference.reshape(-1)[block]
        return found


def _compare_part(
    layer: str, tensor: str, formula: str, found: Array, reference: Array, bound: Any, part: Any
) -> Comparison:
    """Return the comparison of a tensor, or of this part of it."""
    if part is None or found.shape != reference.shape:
        return compare(layer, tensor, formula, found, reference, bound)
    own = compare(layer, tensor, formula, found.reshape(-1)[part], reference.reshape(-1)[part], bound)
    return own._replace(part=part, whole=found.shape)


def slot_compared(
    owner: str, weights: list[Variable], slot: Slot, reference: Array, bound: Any, formula: str, part: Any = None
) -> Comparison:
    """Return the comparison of a slot, or of this part of it, under its weight's layer."""
    layer, name = owner, slot.slot
    if slot.weight is not None:
        layer, _, weight = weights[slot.weight].path.rpartition("/")
        layer, name = layer.rpartition("/")[2], f"{weight} {slot.slot}"
    found = slot.variable.value
    if found.dtype.kind == "f":
        return _compare_part(layer, name, formula, found, reference, bound, part)
    return Comparison(layer, name, formula, found, reference, exactly(reference.shape))
