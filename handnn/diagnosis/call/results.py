"""What a user's function returns, read: the loss and the gradients in whatever container they come."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...core.variable import Array


class UnreadableError(ValueError):
    """The function returned something that cannot be a loss and gradients; the message says what."""


def loss_and_gradients(returned: Any) -> tuple[float | None, Any]:
    """Split what came back into the loss (None if there is none) and the gradients.

    (loss, gradients), (loss, dW1, db1, ...), {"loss": ..., "W1": ...} and gradients alone are understood.
    """
    if returned is None:
        raise UnreadableError("the function returned None: is a `return` missing?")
    if isinstance(returned, Mapping):
        for key in ("loss", "cost", "L", "J"):
            if key in returned:
                rest = {name: value for name, value in returned.items() if name != key}
                inner = next((rest[name] for name in ("gradients", "grads", "grad") if name in rest), rest)
                return scalar(returned[key]), inner
        return None, returned
    if isinstance(returned, tuple | list) and returned and _is_scalar(returned[0]):
        after = list(returned[1:])
        if not after:
            raise UnreadableError("the function returned a loss and no gradients")
        return scalar(returned[0]), after[0] if len(after) == 1 else after
    if isinstance(returned, tuple) and len(returned) == 2 and _is_scalar(returned[1]):
        return scalar(returned[1]), returned[0]
    if _is_scalar(returned):
        raise UnreadableError("the function returned one number; expected a loss and gradients")
    return None, returned


def _is_scalar(value: Any) -> bool:
    return isinstance(value, int | float | np.generic) or (
        isinstance(value, np.ndarray) and value.size == 1 and value.ndim < 2
    )


def scalar(value: Any) -> float:
    """Return a loss as a float; an array of one number counts."""
    array = np.asarray(value)
    if array.dtype.kind not in "fiu" or array.size != 1:
        raise UnreadableError(f"the loss must be one number; received {type(value).__name__} of shape {array.shape}")
    return float(array.reshape(()))


def by_name(given: Any, count: int, folded: bool) -> Any:
    """Return gradients given by name as a list W1, b1, W2, b2, ...; others as they are."""
    if not isinstance(given, Mapping):
        return given
    layers = count if folded else count // 2
    found: dict[tuple[int, int], Any] = {}
    for key, value in given.items():
        place = _place(str(key))
        if place is not None:
            found[place] = value
    first = min((layer for layer, _ in found), default=1)
    wanted = [(layer + first, kind) for layer in range(layers) for kind in ((0,) if folded else (0, 1))]
    missing = [f"{'Wb'[kind]}{layer}" for layer, kind in wanted if (layer, kind) not in found]
    if missing:
        raise UnreadableError(f"no gradient for {', '.join(missing)}; received the names {', '.join(map(str, given))}")
    return [found[place] for place in wanted]


def _place(name: str) -> tuple[int, int] | None:
    """Return (number, 0 for a kernel or 1 for a bias) of names such as W1, dW1, grad_b2, weights_0, bias2."""
    match = re.fullmatch(
        r"(?:d|g|grad|delta|nabla)?_?(w|weights?|kernel|theta|b|bias|biases)_?\[?(\d*)\]?", name.lower()
    )
    if match is None:
        return None
    return int(match[2] or 1), int(match[1].startswith("b"))


def in_order(given: Any, shapes: list[tuple[int, ...]]) -> list[Array]:
    """Return one float64 array for each shape from a list, pairs, two lists, or one vector."""
    if isinstance(given, np.ndarray) and given.dtype != object:
        return _cut(array(given), shapes)
    if not isinstance(given, list | tuple):
        raise UnreadableError(f"gradients must be a list, tuple, dict or vector; received {type(given).__name__}")
    parts = list(given)
    if len(parts) == len(shapes):
        return _arranged([array(part) for part in parts], shapes)
    if all(isinstance(part, list | tuple) or getattr(part, "dtype", None) == np.dtype(object) for part in parts):
        flat = [array(inner) for part in parts for inner in part]
        if len(flat) == len(shapes):
            return _arranged(flat, shapes)
    if len(parts) == 1:
        return in_order(parts[0], shapes)
    raise UnreadableError(f"expected {len(shapes)} gradients; received {len(parts)}")


def _arranged(arrays: list[Array], shapes: list[tuple[int, ...]]) -> list[Array]:
    """Return the arrays as W1, b1, W2, b2, ...; all kernels before all biases, or after them, are put in order."""
    half = len(arrays) // 2
    orders = [list(range(len(arrays)))]
    if len(arrays) > 2:
        orders.append([i // 2 + (i % 2) * half for i in range(len(arrays))])
        orders.append([i // 2 + (1 - i % 2) * half for i in range(len(arrays))])
    orders.append([i + 1 if i % 2 == 0 else i - 1 for i in range(2 * half)])

    def fits(order: list[int]) -> int:
        return sum(arrays[k].shape == shape for k, shape in zip(order, shapes, strict=False))

    best = max(orders, key=fits)
    return [arrays[k] for k in best]


def _cut(vector: Array, shapes: list[tuple[int, ...]]) -> list[Array]:
    sizes = [int(np.prod(shape)) for shape in shapes]
    if vector.size != sum(sizes):
        if len(shapes) == 1:
            return [vector]
        raise UnreadableError(f"a vector of {sum(sizes)} gradients was expected; received shape {vector.shape}")
    ends = np.cumsum([0, *sizes])
    flat = vector.reshape(-1)
    return [flat[start:end].reshape(shape) for start, end, shape in zip(ends, ends[1:], shapes, strict=False)]


def array(value: Any) -> Array:
    """Return one gradient as float64; None, text and ragged lists are refused."""
    if value is None:
        raise UnreadableError("one of the gradients is None")
    try:
        found = np.asarray(value)
    except ValueError:
        raise UnreadableError("a gradient has rows of different lengths") from None
    if found.dtype.kind not in "fiub":
        raise UnreadableError(f"a gradient holds {found.dtype}, not real numbers")
    return found.astype("float64")
