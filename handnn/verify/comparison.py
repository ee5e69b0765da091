"""One tensor of both sides, and the allowance between them."""

from typing import Any, NamedTuple

import numpy as np

from ..core.variable import Array
from ..rounding import allowance
from ..rounding.bounded import Bounded


class Comparison(NamedTuple):
    """One tensor, computed by both sides from the same inputs; `allowed` has its shape.

    A block of a large tensor has one axis; `start` is its place in the flat tensor, whose shape is `whole`.
    """

    layer: str
    tensor: str
    formula: str
    found: Array
    reference: Array
    allowed: Array
    start: int = 0
    whole: tuple[int, ...] | None = None


def exactly(shape: tuple[int, ...]) -> Array:
    """Return the allowance 0 of every element, without memory for each."""
    return np.broadcast_to(np.zeros(()), shape)


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
