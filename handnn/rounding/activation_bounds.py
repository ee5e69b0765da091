"""The rounding error of an activation in either library: error bounds of its a and its delta.

handnn's formula and Keras' may lose different digits. Running each on `Bounded` arrays gives its bound; the larger one
counts, or the function's measured error if a library has a special kernel for it.
"""

from typing import Any

import numpy as np

from ..activations import Activation
from ..core.trace import Trace
from ..layers.keras_errors import keras_wrong
from .bounded import Bounded

Array = np.ndarray[Any, Any]


def activation_bound(entry: Activation, z: Any) -> Bounded:
    """Return f(z) with a bound on the error of either library; z is an array or `Bounded`."""
    return (z if isinstance(z, Bounded) else Bounded(z)).activated(entry)


def residual_bound(entry: Activation, upstream: Any, z: Any, a: Any) -> Bounded:
    """Return upstream * f'(z) with a bound on the error of either library; arrays or `Bounded`."""
    given: list[Any] = [x if isinstance(x, Bounded) else Bounded(x) for x in (upstream, z, a)]
    return given[1].sent_back(entry, given[0], given[2])


def only_where_keras_is_right(entry: Activation, z: Array, *arrays: Array) -> list[Array]:
    """Return the arrays with NaN where Keras does not compute f (`keras_wrong`); comparisons treat NaN as equal."""
    right = entry.keras_right(z)
    if right is None or right.all():
        return list(arrays)
    return [np.where(right, array, np.asarray(np.nan, array.dtype)) for array in arrays]


def remarks(layers: Any, reference: Trace) -> list[str]:
    """Return a sentence for each layer that Keras, or whose activation Keras, computes wrongly in this trace."""
    found = []
    for layer, t in zip(layers, reference, strict=True):
        reasons: dict[str, list[str]] = {}
        for tensor, why in keras_wrong(layer, t).items():
            reasons.setdefault(why, []).append(tensor)
        for why, tensors in reasons.items():
            told = f"Keras' {type(layer).__name__} is wrong in {' and '.join(tensors)}, not compared"
            found.append(f"{t.name}: {told}: {why}.")
        right = layer.output_activation.keras_right(t.z)
        if right is not None and not right.all():
            f = layer.output_activation
            where = f"{(~right).sum()} of {right.size} elements"
            found.append(f"{layer.name}: Keras' {f.name} is wrong in {where}, which are not compared: {f.keras_wrong}.")
    return found
