"""Operators and NumPy's functions on symbolic tensors: `a + b`, `np.exp(a)`, `keras.ops.mean(a, axis=1)`."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...config import FLOAT_TYPES
from ..keras_tensor import KerasTensor
from . import arithmetic, elementwise, shapes
from .activations import activated

SYMBOLS = {
    "+": "Add",
    "-": "Subtract",
    "*": "Multiply",
    "/": "TrueDivide",
    "**": "Power",
    "@": "Matmul",
    "max": "Maximum",
    "min": "Minimum",
}


def combine(symbol: str, a: KerasTensor, b: Any, reverse: bool = False) -> KerasTensor:
    """Return the tensor of `a <symbol> b`, or of `b <symbol> a`.

    Raises:
        TypeError: b is neither a tensor nor a number or array, or no operation computes it.
        ValueError: two tensors have different numbers of axes, or an array does not fit a sample.
    """
    kind = SYMBOLS[symbol]
    if isinstance(b, KerasTensor):
        if kind not in arithmetic.OF_TENSORS:
            raise TypeError(f"no layer computes a {symbol} b of two tensors; write a layer with forward and backward")
        if a.ndim != b.ndim:
            raise ValueError(f"a {symbol} b needs tensors with as many axes; received shapes {a.shape} and {b.shape}")
        pair: Sequence[KerasTensor] = [b, a] if reverse else [a, b]
        return arithmetic.OF_TENSORS[kind](dtype=_dtype(a))(list(pair))
    if isinstance(b, np.ndarray) and b.ndim and kind in arithmetic.OF_ARRAYS:
        _check_fits(symbol, a, b)
        return arithmetic.OF_NUMBERS[kind](b, reverse, dtype=_dtype(a))(a)
    if isinstance(b, bool) or not isinstance(b, int | float | np.number):
        raise TypeError(f"a {symbol} b needs a tensor of a layer, or a number; received {type(b).__name__}")
    if kind not in arithmetic.OF_NUMBERS:
        raise TypeError(f"a {symbol} b needs two tensors; received a number, {b}")
    number = b.item() if isinstance(b, np.number) else b
    return arithmetic.OF_NUMBERS[kind](number, reverse, dtype=_dtype(a))(a)


def _check_fits(symbol: str, a: KerasTensor, b: np.ndarray) -> None:
    """Raise ValueError unless an array is broadcast over the samples of a tensor."""
    sizes = a.shape[1:][-b.ndim :] if b.ndim < a.ndim else ()
    if len(sizes) != b.ndim or any(own not in (1, size) for own, size in zip(b.shape, sizes, strict=True)):
        raise ValueError(
            f"a {symbol} b of a tensor {a.shape} and an array {b.shape} needs an array that is broadcast over a sample"
        )


def _dtype(a: Any) -> str | None:
    first = a[0] if isinstance(a, list | tuple) else a
    return first.dtype if first.dtype in FLOAT_TYPES else None


def item(a: KerasTensor, key: Any) -> KerasTensor:
    """Return the tensor of a[key]. Raises as `GetItem`."""
    return shapes.GetItem(key, dtype=_dtype(a))(a)


def _of(cls: Any, *names: str, **defaults: Any) -> Callable[..., Any]:
    """Return the function of a tensor, or a list, and the settings of an operation, in NumPy's order."""

    def function(x: Any, *arguments: Any, **options: Any) -> Any:
        given = dict(zip(names, arguments, strict=False))
        known = {name: value for name, value in options.items() if name in names or value is not None}
        return cls(dtype=_dtype(x), **(defaults | given | known))(list(x) if isinstance(x, list | tuple) else x)

    return function


def _paired(symbol: str) -> Callable[..., Any]:
    def function(a: Any, b: Any) -> Any:
        return combine(symbol, a, b) if isinstance(a, KerasTensor) else combine(symbol, b, a, True)

    return function


def _clip(x: Any, low: Any, high: Any) -> Any:
    return elementwise.Clip(x_min=low, x_max=high, dtype=_dtype(x))(x)


_reduced = ("axis", "keepdims")
_all = {"axis": None, "keepdims": False}
FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.add: _paired("+"),
    np.subtract: _paired("-"),
    np.multiply: _paired("*"),
    np.divide: _paired("/"),
    np.power: _paired("**"),
    np.matmul: _paired("@"),
    np.maximum: _paired("max"),
    np.minimum: _paired("min"),
    np.negative: _of(elementwise.Negative),
    np.absolute: _of(elementwise.Absolute),
    np.square: _of(elementwise.Square),
    np.sqrt: _of(elementwise.Sqrt),
    np.exp: _of(elementwise.Exp),
    np.log: _of(elementwise.Log),
    np.sin: _of(elementwise.Sin),
    np.cos: _of(elementwise.Cos),
    np.tanh: lambda x: KerasTensor.activated(x, "tanh"),
    np.clip: _clip,
    np.sum: _of(elementwise.Sum, *_reduced, **_all),
    np.mean: _of(elementwise.Mean, *_reduced, **_all),
    np.max: _of(elementwise.Max, *_reduced, **_all, initial=None),
    np.min: _of(elementwise.Min, *_reduced, **_all, initial=None),
    np.reshape: _of(shapes.Reshape, "newshape"),
    np.transpose: _of(shapes.Transpose, "axes", axes=None),
    np.swapaxes: _of(shapes.Swapaxes, "axis1", "axis2"),
    np.expand_dims: _of(shapes.ExpandDims, "axis"),
    np.squeeze: _of(shapes.Squeeze, "axis", axis=None),
    np.flip: _of(shapes.Flip, "axis", axis=None),
    np.concatenate: _of(shapes.ConcatenateTensors, "axis", axis=-1),
    np.stack: _of(shapes.Stack, "axis", axis=0),
}
"""NumPy's functions that are operations here; those of `keras.ops` are NumPy's."""


def called(function: Any, arguments: Any, options: Any) -> Any:
    """Return the tensor of a NumPy function. Raises TypeError if there is no operation for it."""
    if function not in FUNCTIONS:
        raise TypeError(
            f"a symbolic tensor has no values yet, and there is no operation for {function.__name__}: build a Model "
            "with it and call that on data, or write a layer with forward and backward"
        )
    return FUNCTIONS[function](*arguments, **options)


def with_activation(x: KerasTensor, f: Any, of_ops: bool = False) -> KerasTensor:
    """Return the tensor of f(x), for an activation or its name."""
    from ... import activations

    return activated(x, activations.get(f), _dtype(x), of_ops)


KerasTensor.combine = staticmethod(combine)
KerasTensor.called = staticmethod(called)
KerasTensor.item = staticmethod(item)
KerasTensor.activated = with_activation
