"""Arithmetic on symbolic tensors: a + b, a - b, a * b, the four operations with a number, -a, and slices a[:, 0].

Each makes an operation: a layer without weights that `model.operations` lists and `model.layers` does not, as in Keras,
whose form in configs it has.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from ..config import FLOAT_TYPES
from ..core.naming import auto_name
from ..core.trace import LayerTrace
from .base import Layer, alongside
from .keras_tensor import KerasTensor, Shape
from .merging import Add, Multiply, Subtract

Key = tuple[Any, ...]
UNKNOWN = 10**9 + 7
"""Stands for an axis of unknown size where a slice's shape is computed."""


class Operation(Layer):
    """Base class. `keras_name` is the class in `keras.src.ops.numpy`; its arguments are stored with the call."""

    builds = False
    is_operation = True
    keras_name: ClassVar[str]

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        Layer.__init__(self, name=name or auto_name(self.keras_name), dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}

    def serialized(self) -> dict[str, Any]:
        """Return Keras' form of the operation without its arguments."""
        return {
            "module": "keras.src.ops.numpy",
            "class_name": self.keras_name,
            "config": self.get_config(),
            "registered_name": self.keras_name,
        }

    def call_arguments(self, sources: list[Any]) -> tuple[Any, ...]:
        """Return the arguments of the call, with these forms of its tensors."""
        return tuple(sources)

    def copied(self) -> "Operation":
        """Return the same operation, not called yet."""
        return type(self)(self.name, self.dtype)


class AddTensors(Operation, Add):
    """z = x_1 + x_2, dx = delta, delta."""

    keras_name, count = "Add", 2


class SubtractTensors(Operation, Subtract):
    """z = x_1 - x_2, dx = delta, -delta."""

    keras_name = "Subtract"


class MultiplyTensors(Operation, Multiply):
    """z = x_1 x_2, dx = delta x_2, delta x_1."""

    keras_name, count = "Multiply", 2


class Negative(Operation):
    """z = -x, dx = -delta."""

    keras_name = "Negative"
    formulas: ClassVar[dict[str, str]] = {"z": "-x", "dx": "-delta"}

    def forward(self, t: LayerTrace) -> None:
        t.z = np.negative(t.x, out=t.z)

    def backward(self, t: LayerTrace) -> None:
        t.dx = np.negative(t.delta, out=t.dx)


class WithNumber(Operation):
    """Base class of an operation of x and a number c; `reverse` for c - x in place of x - c."""

    def __init__(self, number: float, reverse: bool = False, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name, dtype)
        self.number, self.reverse = number, reverse

    def constant(self, x: Any) -> Any:
        return alongside(x, np.asarray(self.number, self.dtype))

    def call_arguments(self, sources: list[Any]) -> tuple[Any, ...]:
        return (self.number, sources[0]) if self.reverse else (sources[0], self.number)

    def copied(self) -> Operation:
        return type(self)(self.number, self.reverse, self.name, self.dtype)


class AddNumber(WithNumber):
    """z = x + c, dx = delta."""

    keras_name = "Add"
    formulas: ClassVar[dict[str, str]] = {"z": "x + c", "dx": "delta"}

    def forward(self, t: LayerTrace) -> None:
        t.z = np.add(t.x, self.constant(t.x), out=t.z)


class SubtractNumber(WithNumber):
    """z = x - c, dx = delta; reversed z = c - x, dx = -delta."""

    keras_name = "Subtract"
    formulas: ClassVar[dict[str, str]] = {"z": "x - c or c - x", "dx": "delta or -delta"}

    def forward(self, t: LayerTrace) -> None:
        c = self.constant(t.x)
        t.z = np.subtract(c, t.x, out=t.z) if self.reverse else np.subtract(t.x, c, out=t.z)

    def backward(self, t: LayerTrace) -> None:
        t.dx = np.negative(t.delta, out=t.dx) if self.reverse else t.delta


class MultiplyByNumber(WithNumber):
    """z = x c, dx = delta c."""

    keras_name = "Multiply"
    formulas: ClassVar[dict[str, str]] = {"z": "x c", "dx": "delta c"}

    def forward(self, t: LayerTrace) -> None:
        t.z = np.multiply(t.x, self.constant(t.x), out=t.z)

    def backward(self, t: LayerTrace) -> None:
        t.dx = np.multiply(t.delta, self.constant(t.delta), out=t.dx)


class DivideByNumber(WithNumber):
    """z = x / c, dx = delta / c."""

    keras_name = "TrueDivide"
    formulas: ClassVar[dict[str, str]] = {"z": "x / c", "dx": "delta / c"}

    def forward(self, t: LayerTrace) -> None:
        t.z = np.divide(t.x, self.constant(t.x), out=t.z)

    def backward(self, t: LayerTrace) -> None:
        t.dx = np.divide(t.delta, self.constant(t.delta), out=t.dx)


class GetItem(Operation):
    """z = x[key], dx = zeros in the shape of x, with delta at the key.

    Args:
        key: integers, slices, None for a new axis, or ...; the batch axis is kept whole.

    Raises:
        TypeError: the key holds something else. ValueError: it cuts the batch, or does not fit the input.
    """

    keras_name = "GetItem"
    takes_integers, gives_integers = True, True
    formulas: ClassVar[dict[str, str]] = {"z": "x[key]", "dx": "zeros, delta at the key"}

    def __init__(self, key: Any, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name, dtype)
        self.key: Key = key if isinstance(key, tuple) else (key,)
        for part in self.key:
            if isinstance(part, bool) or not (part is None or part is ... or isinstance(part, int | slice)):
                raise TypeError(
                    f"a symbolic tensor is indexed by integers, slices, None and ...; received {type(part).__name__}"
                )
        if not self.key or not (self.key[0] is ... or self.key[0] == slice(None)):
            raise ValueError(f"the batch axis of a symbolic tensor must be kept, x[:, ...]; received {self.key}")

    def forward(self, t: LayerTrace) -> None:
        t.z = t.x[self.key]

    def backward(self, t: LayerTrace) -> None:
        t.dx = alongside(t.delta, np.zeros(t.x.shape, t.delta.dtype))
        t.dx[self.key] = t.delta

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        sizes = tuple(UNKNOWN if size is None else size for size in input_shape)
        try:
            found = np.broadcast_to(np.int8(0), sizes)[self.key].shape
        except IndexError as error:
            raise ValueError(f"x[...] of a tensor of shape {tuple(input_shape)}: {error}") from None
        return tuple(None if size > UNKNOWN // 2 else size for size in found)

    def call_arguments(self, sources: list[Any]) -> tuple[Any, ...]:
        return sources[0], tuple(_written(part) for part in self.key)

    def copied(self) -> Operation:
        return type(self)(self.key, self.name, self.dtype)


def _written(part: Any) -> Any:
    if part is ...:
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(part, slice):
        return {"class_name": "__slice__", "config": {"start": part.start, "stop": part.stop, "step": part.step}}
    return part


def _read(part: Any) -> Any:
    if isinstance(part, Mapping) and part.get("class_name") == "__ellipsis__":
        return ...
    if isinstance(part, Mapping) and part.get("class_name") == "__slice__":
        return slice(*(part["config"].get(name) for name in ("start", "stop", "step")))
    return part


OF_TENSORS: dict[str, Any] = {"Add": AddTensors, "Subtract": SubtractTensors, "Multiply": MultiplyTensors}
OF_NUMBERS: dict[str, Any] = {
    "Add": AddNumber,
    "Subtract": SubtractNumber,
    "Multiply": MultiplyByNumber,
    "TrueDivide": DivideByNumber,
    "Divide": DivideByNumber,
}


def is_operation(config: Mapping[str, Any]) -> bool:
    """Return whether a serialised form is that of an operation of Keras, and of no layer."""
    if "module" in config:
        return str(config["module"]).startswith("keras.src.ops")
    calls = config.get("inbound_nodes") or [{}]  # of the older format, in which layers are called on one argument
    arguments: Any = calls[0].get("args", ()) if isinstance(calls[0], Mapping) else ()
    return config.get("class_name") in ("GetItem", "Negative", *OF_NUMBERS) and not isinstance(arguments[0], list)


def operation(config: Mapping[str, Any], is_tensor: Any) -> Operation:
    """Return the operation of Keras' serialised form, whose arguments are in its first call.

    Raises:
        ValueError: handnn does not have it.
    """
    name, kind = config["config"].get("name"), config["class_name"]
    arguments = config["inbound_nodes"][0]["args"]
    tensors = [is_tensor(own) for own in arguments]
    given = [own["config"]["dtype"] for own, tensor in zip(arguments, tensors, strict=True) if tensor]
    dtype = next((own for own in given if own in FLOAT_TYPES), None)
    if kind == "GetItem" and tensors == [True, False]:
        key = arguments[1]
        return GetItem(tuple(map(_read, key)) if isinstance(key, list | tuple) else _read(key), name, dtype)
    if kind == "Negative" and tensors == [True]:
        return Negative(name, dtype)
    if kind in OF_TENSORS and tensors == [True, True]:
        return OF_TENSORS[kind](name, dtype)
    if kind in OF_NUMBERS and sorted(tensors) == [False, True] and (tensors[0] or kind not in ("TrueDivide", "Divide")):
        number = arguments[tensors.index(False)]
        if isinstance(number, int | float):
            return OF_NUMBERS[kind](number, not tensors[0], name, dtype)
    raise ValueError(f"the config holds an operation {kind} of {len(arguments)} arguments, which handnn does not have")


SYMBOLS = {"+": "Add", "-": "Subtract", "*": "Multiply", "/": "TrueDivide"}


def combine(symbol: str, a: KerasTensor, b: Any, reverse: bool = False) -> KerasTensor:
    """Return the tensor of `a <symbol> b`, or of `b <symbol> a`.

    Raises:
        TypeError: b is neither a tensor nor a number, or no operation computes it.
        ValueError: two tensors have different numbers of axes.
    """
    kind = SYMBOLS[symbol]
    if isinstance(b, KerasTensor):
        if kind not in OF_TENSORS:
            raise TypeError(f"no layer computes a {symbol} b of two tensors; write a layer with forward and backward")
        if a.ndim != b.ndim:
            raise ValueError(f"a {symbol} b needs tensors with as many axes; received shapes {a.shape} and {b.shape}")
        pair: Sequence[KerasTensor] = [b, a] if reverse else [a, b]
        return OF_TENSORS[kind](dtype=_dtype(a))(list(pair))
    if isinstance(b, bool) or not isinstance(b, int | float | np.number):
        raise TypeError(f"a {symbol} b needs a tensor of a layer, or a number; received {type(b).__name__}")
    if kind == "TrueDivide" and reverse:
        raise TypeError(f"no layer computes {b} / a; write a layer with forward and backward")
    number = b.item() if isinstance(b, np.number) else b
    return OF_NUMBERS[kind](number, reverse, dtype=_dtype(a))(a)


def _dtype(a: KerasTensor) -> str | None:
    return a.dtype if a.dtype in FLOAT_TYPES else None


def negated(a: KerasTensor) -> KerasTensor:
    """Return the tensor of -a."""
    return Negative(dtype=_dtype(a))(a)


def item(a: KerasTensor, key: Any) -> KerasTensor:
    """Return the tensor of a[key]. Raises as `GetItem`."""
    return GetItem(key, dtype=_dtype(a))(a)


KerasTensor.combine = staticmethod(combine)
KerasTensor.negated = staticmethod(negated)
KerasTensor.item = staticmethod(item)

__all__ = ["Operation", "is_operation", "operation"]
