"""One tensor, computed by both sides from the same inputs, and how much rounding may change it."""

from typing import Any, NamedTuple

import numpy as np

from ..core.variable import Array
from ..rounding import allowance
from ..rounding.bounded import Bounded

FORMULAS = {
    "z": "x @ W + b",
    "a": "f(z)",
    "upstream": "dL/da, all paths",
    "delta": "upstream * f'(z)",
    "dW": "x.T @ delta",
    "db": "delta.sum(axis=0)",
    "dx": "delta @ W.T",
    "values": "loss of each sample",
    "loss": "reduced loss",
}


class Comparison(NamedTuple):
    """One tensor, computed by both sides from the same inputs; `allowed` has its shape."""

    layer: str
    tensor: str
    formula: str
    found: Array
    reference: Array
    allowed: Array


def compare(layer: str, tensor: str, formula: str, found: Any, reference: Any, bounded: Any) -> Comparison:
    """Return the comparison of a result with the reference; the result's error bound gives the allowance."""
    found = np.asarray(found)
    if reference is None:  # TensorFlow finds no path from this tensor to the loss: the derivative is 0
        reference = np.zeros(found.shape, found.dtype)
    reference = np.asarray(reference)
    fits = isinstance(bounded, Bounded) and bounded.shape == reference.shape  # otherwise the row reports the shapes
    allowed = np.zeros(reference.shape)  # integers are exact
    if reference.dtype.kind == "f":
        allowed = allowance.of(bounded.error if fits else allowed, reference.dtype)
    return Comparison(layer, tensor, formula, found, reference, allowed)
