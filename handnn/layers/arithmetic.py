"""Arithmetic on symbolic tensors: a + b, a - b and a * b merge, a * 2, a / 2 and a + 1 rescale."""

from typing import Any

import numpy as np

from .keras_tensor import KerasTensor
from .merging import Add, Multiply, Subtract
from .preprocessing import Rescaling

MERGING: dict[str, Any] = {"+": Add, "-": Subtract, "*": Multiply}


def combine(operation: str, a: KerasTensor, b: Any) -> KerasTensor:
    """Return the tensor of `a <operation> b`, made by the layer that computes it.

    Raises:
        TypeError: b is neither a tensor nor a number, or no layer computes the operation.
    """
    if isinstance(b, KerasTensor):
        if operation not in MERGING:
            raise TypeError(
                f"no layer computes a {operation} b of two tensors; write a layer with forward and backward"
            )
        return MERGING[operation]()([a, b])
    if isinstance(b, bool) or not isinstance(b, int | float | np.number):
        raise TypeError(f"a {operation} b needs a tensor of a layer, or a number; received {type(b).__name__}")
    number = float(b)
    scale, offset = {"+": (1.0, number), "-": (1.0, -number), "*": (number, 0.0)}.get(operation, (1 / number, 0.0))
    return Rescaling(scale, offset)(a)


KerasTensor.combine = staticmethod(combine)
