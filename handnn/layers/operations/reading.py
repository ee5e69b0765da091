"""Operations from Keras' serialised form."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...config import FLOAT_TYPES
from . import elementwise, shapes
from .activations import FORMS, Activated
from .arithmetic import OF_ARRAYS, OF_NUMBERS, OF_TENSORS
from .base import Operation, read

OF_ONE: dict[str, Any] = {
    cls.keras_name: cls
    for cls in (
        elementwise.Negative,
        elementwise.Absolute,
        elementwise.Square,
        elementwise.Sqrt,
        elementwise.Exp,
        elementwise.Log,
        elementwise.Sin,
        elementwise.Cos,
        elementwise.Clip,
        elementwise.Sum,
        elementwise.Mean,
        elementwise.Max,
        elementwise.Min,
        shapes.Reshape,
        shapes.ExpandDims,
        shapes.Squeeze,
        shapes.Transpose,
        shapes.Swapaxes,
        shapes.Flip,
        shapes.ConcatenateTensors,
        shapes.Stack,
    )
}
"""Operations of one tensor, or of one list of tensors, by Keras' names."""

OLD = ("GetItem", "Negative", *OF_NUMBERS)
"""Those of the older format, which does not tell a layer from an operation."""


def is_operation(config: Mapping[str, Any]) -> bool:
    """Return whether a serialised form is that of an operation of Keras, and of no layer."""
    if "module" in config:
        return str(config["module"]).startswith(("keras.src.ops", "keras.src.activations"))
    calls = config.get("inbound_nodes") or [{}]  # of the older format, in which layers are called on one argument
    arguments: Any = calls[0].get("args", ()) if isinstance(calls[0], Mapping) else ()
    return config.get("class_name") in OLD and not isinstance(arguments[0], list)


def operation(config: Mapping[str, Any], is_tensor: Any) -> Operation:
    """Return the operation of Keras' serialised form, whose arguments are in its first call.

    Raises:
        ValueError: handnn does not have it.
    """
    settings, kind = dict(config["config"]), config["class_name"]
    arguments = config["inbound_nodes"][0]["args"]
    listed = bool(arguments) and isinstance(arguments[0], list | tuple)
    flat = list(arguments[0]) if listed else list(arguments)
    tensors = [is_tensor(own) for own in flat]
    given = [own["config"]["dtype"] for own, tensor in zip(flat, tensors, strict=True) if tensor]
    dtype = next((own for own in given if own in FLOAT_TYPES), None)
    name = settings.get("name")
    form = str(config.get("module")), kind
    if kind == "GetItem" and tensors == [True, False]:
        key = arguments[1]
        return shapes.GetItem(
            tuple(map(shapes.key_part, key)) if isinstance(key, list | tuple) else shapes.key_part(key), name, dtype
        )
    if form in FORMS and tensors == [True]:
        settings.pop("name", None)
        return Activated(FORMS[form](**settings), form, name, dtype)
    if kind in OF_ONE and all(tensors) and (listed or len(tensors) == 1):
        return OF_ONE[kind](dtype=dtype, **settings)
    if kind in OF_TENSORS and tensors == [True, True]:
        return OF_TENSORS[kind](name, dtype)
    if kind in OF_NUMBERS and sorted(tensors) == [False, True]:
        number = read(arguments[tensors.index(False)])
        if number is not None and (kind in OF_ARRAYS or not isinstance(number, np.ndarray)):
            return OF_NUMBERS[kind](number, not tensors[0], name, dtype)
    raise ValueError(f"the config holds an operation {kind} of {len(arguments)} arguments, which handnn does not have")
