"""`KerasTensor`: a layer's symbolic output, with a shape but no values."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

Shape = tuple[int | None, ...]


CALL = "build a Model with it and call that on data"
OF_ARRAYS = dict.fromkeys(("numpy", "item", "tolist", "astype"), CALL) | {
    name: f"use keras.ops.{name}(x, ...)" for name in ("reshape", "mean", "sum", "max", "min", "transpose", "squeeze")
}
"""What people look for on a symbolic tensor, with what to do."""


class KerasTensor:
    """The symbolic output of a layer. Arithmetic with other ones, or with numbers, makes layers.

    Attributes:
        shape: batch first, None for an unknown size.
        dtype: of the values.
        layer: the layer or model that produces it.
        sources: the tensors that the layer was called on; empty for an Input.
        from_list: whether it was called on a list, as layers that merge are.
        call: which call of the layer made it, from 0.
        index: which of the call's outputs it is, from 0.
        arguments: positional and named arguments of a call with several, `layer(query, value, use_causal_mask=True)`;
            None for a call on one tensor or a list.
        options: what the layer's passes find in `LayerTrace.options`.
        siblings: all outputs of the call, in order.
        masked: whether its values may come with a mask of time steps.
    """

    __slots__ = (
        "arguments",
        "call",
        "dtype",
        "from_list",
        "index",
        "layer",
        "masked",
        "options",
        "shape",
        "siblings",
        "sources",
    )

    combine: ClassVar[Callable[..., "KerasTensor"]]
    called: ClassVar[Callable[..., "KerasTensor"]]
    item: ClassVar[Callable[..., "KerasTensor"]]
    activated: ClassVar[Callable[..., "KerasTensor"]]
    """Make operations; set by `operations/symbolic.py`."""

    def __init__(
        self,
        shape: Shape,
        dtype: str,
        layer: Any,
        sources: Sequence["KerasTensor"] = (),
        from_list: bool = False,
        call: int = 0,
        index: int = 0,
    ) -> None:
        self.shape, self.dtype, self.layer, self.sources = tuple(shape), dtype, layer, tuple(sources)
        self.from_list, self.call, self.index = from_list, call, index
        self.arguments: tuple[tuple[Any, ...], dict[str, Any]] | None = None
        self.options: dict[str, Any] = {}
        self.siblings: list[KerasTensor] = [self]
        self.masked: bool = any(source.masked for source in self.sources)

    @property
    def name(self) -> str:
        return self.layer.name

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __add__(self, other: Any) -> "KerasTensor":
        return KerasTensor.combine("+", self, other)

    def __radd__(self, other: Any) -> "KerasTensor":
        return KerasTensor.combine("+", self, other, True)

    def __sub__(self, other: Any) -> "KerasTensor":
        return KerasTensor.combine("-", self, other)

    def __rsub__(self, other: Any) -> "KerasTensor":
        return KerasTensor.combine("-", self, other, True)

    def __mul__(self, other: Any) -> "KerasTensor":
        return KerasTensor.combine("*", self, other)

    def __rmul__(self, other: Any) -> "KerasTensor":
        return KerasTensor.combine("*", self, other, True)

    def __truediv__(self, other: Any) -> "KerasTensor":
        return KerasTensor.combine("/", self, other)

    def __rtruediv__(self, other: Any) -> "KerasTensor":
        return KerasTensor.combine("/", self, other, True)

    def __pow__(self, other: Any) -> "KerasTensor":
        return KerasTensor.combine("**", self, other)

    def __rpow__(self, other: Any) -> "KerasTensor":
        return KerasTensor.combine("**", self, other, True)

    def __matmul__(self, other: Any) -> "KerasTensor":
        return KerasTensor.combine("@", self, other)

    def __rmatmul__(self, other: Any) -> "KerasTensor":
        return KerasTensor.combine("@", self, other, True)

    def __neg__(self) -> "KerasTensor":
        return KerasTensor.called(np.negative, (self,), {})

    def __abs__(self) -> "KerasTensor":
        return KerasTensor.called(np.absolute, (self,), {})

    def __getitem__(self, key: Any) -> "KerasTensor":
        return KerasTensor.item(self, key)

    def __iter__(self) -> Any:
        raise TypeError(f"{self!r} has no values yet, so it cannot be iterated over: take slices, x[:, 0]")

    def __len__(self) -> int:
        raise TypeError(f"{self!r} has no values yet, so it has no len(): its sizes are in shape")

    def _without_values(self, *_: Any, **__: Any) -> Any:
        raise TypeError(f"{self!r} has no values yet: build a Model with it and call that on data")

    __bool__ = __float__ = __int__ = __array__ = _without_values

    def _compared(self, other: Any) -> Any:
        shown = repr(other) if isinstance(other, KerasTensor | int | float) else type(other).__name__
        raise TypeError(
            f"{self!r} has no values yet, so it cannot be compared with {shown}: use maximum(x, 0) or relu, or a "
            "layer with its own forward and backward"
        )

    __lt__ = __le__ = __gt__ = __ge__ = _compared

    def __getattr__(self, name: str) -> Any:
        if name in OF_ARRAYS:
            raise AttributeError(f"{self!r} has no values yet, so it has no {name}: {OF_ARRAYS[name]}")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return KerasTensor.called(ufunc, inputs, options) if method == "__call__" else NotImplemented

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        return KerasTensor.called(function, arguments, options)

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"


def is_symbolic(x: Any) -> bool:
    """Return whether x is a KerasTensor, or a list or dict with one."""
    if isinstance(x, dict):
        x = list(x.values())
    if isinstance(x, list | tuple):
        return any(isinstance(part, KerasTensor) for part in x)
    return isinstance(x, KerasTensor)
