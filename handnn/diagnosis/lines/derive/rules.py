"""The derivative of one recorded operation: a rule for each family, differences for all others.

A rule gets `up`, the derivative of the loss by the operation's result, and returns that by each of its arguments.
"""

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..record.tape import Node, Ref, Tape
from ..subject import Array

ELEMENTWISE: dict[str, Callable[[Any, Any], Any]] = {
    "exp": lambda x, y: y,
    "expm1": lambda x, y: y + 1,
    "log": lambda x, y: 1 / x,
    "log1p": lambda x, y: 1 / (1 + x),
    "log2": lambda x, y: 1 / (x * math.log(2)),
    "log10": lambda x, y: 1 / (x * math.log(10)),
    "sqrt": lambda x, y: 0.5 / y,
    "square": lambda x, y: 2 * x,
    "tanh": lambda x, y: 1 - y * y,
    "sin": lambda x, y: np.cos(x),
    "cos": lambda x, y: -np.sin(x),
    "sinh": lambda x, y: np.cosh(x),
    "cosh": lambda x, y: np.sinh(x),
    "arctan": lambda x, y: 1 / (1 + x * x),
    "abs": lambda x, y: np.sign(x),
    "absolute": lambda x, y: np.sign(x),
    "fabs": lambda x, y: np.sign(x),
    "reciprocal": lambda x, y: -y * y,
    "negative": lambda x, y: -np.ones_like(y),
    "neg": lambda x, y: -np.ones_like(y),
    "heaviside": lambda x, y: np.zeros_like(y),
}
"""Name of a function: its derivative from the argument x and the result y."""

BINARY: dict[str, Callable[[Any, Any, Any], tuple[Any, Any]]] = {
    "add": lambda a, b, y: (1.0, 1.0),
    "sub": lambda a, b, y: (1.0, -1.0),
    "mul": lambda a, b, y: (b, a),
    "truediv": lambda a, b, y: (1 / b, -y / b),
    "pow": lambda a, b, y: (b * a ** np.where(b == 0, 1.0, b - 1.0), y * np.log(np.where(a > 0, a, 1.0))),
    "maximum": lambda a, b, y: ((a > b) + 0.5 * (a == b), (b > a) + 0.5 * (a == b)),
    "minimum": lambda a, b, y: ((a < b) + 0.5 * (a == b), (b < a) + 0.5 * (a == b)),
}
SYNONYMS = {
    "subtract": "sub", "multiply": "mul", "divide": "truediv", "true_divide": "truediv", "power": "pow",
    "float_power": "pow", "fmax": "maximum", "fmin": "minimum", "amax": "max", "amin": "min",
}  # fmt: skip
MOVING = frozenset((
    "same", "getitem", "overwrite", "gather", "scatter", "reshape", "ravel", "flatten", "transpose", "swapaxes",
    "moveaxis", "rollaxis", "expand_dims", "squeeze", "T", "mT", "A", "A1", "real", "broadcast_to",
    "concatenate", "stack", "hstack", "vstack", "column_stack", "row_stack", "dstack", "append", "insert",
    "delete", "pad", "flip", "fliplr", "flipud", "rot90", "roll", "repeat", "tile", "take", "take_along_axis",
    "diag", "triu", "tril", "array", "asarray", "asanyarray", "matrix", "asmatrix", "copy", "deepcopy",
    "astype", "float", "float64", "float32", "item", "atleast_1d", "atleast_2d", "atleast_3d", "where", "block",
    "resize", "array_split", "split", "as_strided", "ascontiguousarray", "squeeze", "tolist", "copyto",
    "extract", "compress", "choose", "asfarray", "joined", "sliding_window_view", "diagonal",
))  # fmt: skip
"""Operations that only move elements about: one rule, found by moving numbered labels."""

REDUCTIONS = ("sum", "mean", "max", "min", "var", "std", "prod")
CONSTANT = frozenset((
    "zeros", "zeros_like", "ones", "ones_like", "empty", "empty_like", "full", "shape", "argmax", "argmin",
    "argsort", "sign", "floor", "ceil", "round",
))  # fmt: skip
"""Operations whose result does not move with their arguments."""

LABELS_FROM = 2**20
"""Above the constants that people pad or fill with; float32 holds labels up to 2^24."""

Gradients = dict[int, Array]


def _shaped(gradient: Any, like: Any) -> Array:
    """Sum a derivative over the axes along which a value was broadcast."""
    gradient, shape = np.asarray(gradient), np.shape(like)
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    for axis, length in enumerate(shape):
        if length == 1 and gradient.shape[axis] != 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return np.broadcast_to(gradient, shape) if gradient.shape != shape else gradient


def _matmul(up: Array, a: Array, b: Array) -> tuple[Array, Array]:
    left = a[None, :] if a.ndim == 1 else a
    right = b[:, None] if b.ndim == 1 else b
    up = np.asarray(up)
    if b.ndim == 1:
        up = up[..., None]
    if a.ndim == 1:
        up = np.expand_dims(up, -2)
    return (
        _shaped(up @ np.swapaxes(right, -1, -2), left).reshape(a.shape),
        _shaped(np.swapaxes(left, -1, -2) @ up, right).reshape(b.shape),
    )


def _kept(reduced: Any, axis: Any, ndim: int) -> Array:
    """Return a reduced value with its axes put back as ones."""
    reduced = np.asarray(reduced)
    if reduced.ndim == ndim:
        return reduced
    axes = range(ndim) if axis is None else [a % ndim for a in np.atleast_1d(axis)]
    return np.expand_dims(reduced, tuple(axes))


def _reduction(name: str, up: Array, x: Array, y: Array, axis: Any = None, ddof: int = 0, **_: Any) -> Array | None:
    up_kept, y_kept = _kept(up, axis, x.ndim), _kept(y, axis, x.ndim)
    count = x.size / max(np.size(y), 1)
    if name == "sum":
        return np.broadcast_to(up_kept, x.shape)
    if name == "mean":
        return np.broadcast_to(up_kept / count, x.shape)
    if name in ("max", "min"):
        chosen = x == y_kept
        return up_kept * chosen / chosen.sum(axis=axis, keepdims=True)
    if name in ("var", "std"):
        centred = x - x.mean(axis=axis, keepdims=True)
        slope = 2 * centred / (count - ddof)
        return up_kept * (slope if name == "var" else slope / (2 * y_kept))
    if name == "prod" and np.all(x):
        return up_kept * y_kept / x
    return None


def _einsum(up: Array, subscripts: str, *operands: Array) -> list[Array] | None:
    if "..." in subscripts or "->" not in subscripts:
        return None
    inputs, result = subscripts.replace(" ", "").split("->")
    terms = inputs.split(",")
    gradients = []
    for i, term in enumerate(terms):
        if len(set(term)) != len(term):
            return None
        others = [(terms[j], operands[j]) for j in range(len(terms)) if j != i]
        known = set(result).union(*(t for t, _ in others))
        shown = "".join(letter for letter in term if letter in known)
        part = np.einsum(",".join([result, *(t for t, _ in others)]) + "->" + shown, up, *(a for _, a in others))
        for axis, letter in enumerate(term):
            if letter not in known:
                part = np.expand_dims(part, axis)
        gradients.append(np.broadcast_to(part, operands[i].shape))
    return gradients


def _moved(tape: Tape, node: Node, up: Array) -> Gradients | None:
    """Return the derivatives of an operation that moves elements: where a label went, its derivative comes from."""
    labels: dict[int, Any] = {}
    begin = LABELS_FROM
    for parent in node.parents:
        value = tape.nodes[parent].value
        if np.asarray(value).dtype.kind not in "fc":  # a mask, an index, a length
            continue
        size = np.size(value)
        numbers = np.arange(begin, begin + size, dtype=float).reshape(np.shape(value))
        labels[parent] = numbers.view(type(value)) if isinstance(value, np.matrix) else numbers
        begin += size
    moved = np.asarray(tape.compute(node, labels))
    if moved.shape != np.shape(node.value):
        return None
    places = np.nan_to_num(moved).astype(np.int64).ravel() - LABELS_FROM
    real = (places >= 0) & (places < begin - LABELS_FROM)
    sums = np.bincount(places[real], np.asarray(up, dtype=float).ravel()[real], minlength=begin - LABELS_FROM)
    return {parent: sums[np.asarray(numbers, dtype=np.int64) - LABELS_FROM] for parent, numbers in labels.items()}


def _differences(tape: Tape, node: Node, up: Array) -> Gradients:
    """Return the derivatives of an unknown operation by differences, each element of each argument on its own.

    Four points cancel the errors of order h^2; h = 1e-3 keeps those of order h^4 and of rounding near 1e-12.
    """
    gradients: Gradients = {}
    elementwise = isinstance(node.function, np.ufunc | np.vectorize) and len(node.parents) == 1
    for parent in node.parents:
        x = tape.nodes[parent].array
        if x.dtype.kind not in "fc":
            continue

        def moved(step: Array, parent: int = parent, x: Array = x) -> Array:
            return np.asarray(tape.compute(node, {parent: (x + step)[()]}), dtype=float)

        def slope(direction: Array, moved: Callable[[Array], Array] = moved) -> Array:
            near, far = (moved(direction * h) - moved(-direction * h) for h in (1e-3, 2e-3))
            return (8 * near - far) / 12e-3

        scale = np.maximum(1.0, np.abs(x))
        if elementwise and x.shape == np.shape(node.value):
            gradients[parent] = up * slope(scale) / scale
            continue
        gradient = np.zeros(x.shape)
        for i in np.ndindex(x.shape):
            direction = np.zeros(x.shape)
            direction[i] = scale[i]
            gradient[i] = np.sum(up * slope(direction)) / scale[i]
        gradients[parent] = gradient
    return gradients


def _product(up: Array, a: Any, b: Any) -> Any:
    a, b = np.asarray(a), np.asarray(b)
    if not a.ndim or not b.ndim:
        return [_shaped(up * b, a), _shaped(up * a, b)]
    return _matmul(up, a, b)


def _clip(up: Array, y: Array, x: Any, low: Any = None, high: Any = None, **named: Any) -> Any:
    low, high = named.get("a_min", low), named.get("a_max", high)
    above = np.asarray(x) >= (-np.inf if low is None else low)
    return [up * (above & (np.asarray(x) <= (np.inf if high is None else high)))]


def _einsum_rule(up: Array, y: Array, subscripts: Any, *operands: Any) -> Any:
    parts = _einsum(up, subscripts, *map(np.asarray, operands)) if isinstance(subscripts, str) else None
    return None if parts is None else [None, *parts]


RULES: dict[str, Callable[..., Any]] = {
    "matmul": lambda up, y, a, b: _product(up, a, b),
    "dot": lambda up, y, a, b: _product(up, a, b) if np.ndim(a) <= 2 and np.ndim(b) <= 2 else None,
    "outer": lambda up, y, a, b: [(up @ np.ravel(b)).reshape(np.shape(a)), (np.ravel(a) @ up).reshape(np.shape(b))],
    "add_at": lambda up, y, old, new, index: [up, _shaped(up[index], new), None],
    "clip": _clip,
    "einsum": _einsum_rule,
}
"""Name of a function: its rule from upstream, the result and the arguments."""


def _by_rule(name: str, function: Any, up: Array, y: Array, values: list[Any], named: dict[str, Any]) -> Any:
    """Return the derivatives by the positional arguments, None where no rule fits."""
    if named.get("where") is not None or named.get("dtype") is not None or function in (max, min):
        return None
    if function is sum:
        return [[_shaped(up, each) for each in values[0]], *(_shaped(up, each) for each in values[1:])]
    if name in RULES:
        return RULES[name](up, y, *values, **(named if name == "clip" else {}))
    if (name in ELEMENTWISE and len(values) == 1) or (name in BINARY and len(values) == 2):
        return _elementwise(name, up, y, *values)
    if name in REDUCTIONS and not isinstance(values[0], list | tuple):
        words = {w: v for w, v in named.items() if w in ("axis", "ddof")}
        if len(values) > 1:
            words["axis"] = values[1]
        return [_reduction(name, up, np.asarray(values[0]), y, **words)]
    return None


def _elementwise(name: str, up: Array, y: Array, left: Any, right: Any = None) -> Any:
    if name in ELEMENTWISE:
        return [up * ELEMENTWISE[name](np.asarray(left), y)]
    a, b = np.asarray(left), np.asarray(right)
    matrices = isinstance(left, np.matrix) or isinstance(right, np.matrix)
    if matrices and name == "mul" and a.ndim == b.ndim == 2:
        return _matmul(up, a, b)
    if matrices and name == "pow":
        return None
    return [_shaped(up * part, value) for part, value in zip(BINARY[name](a, b, y), (a, b), strict=True)]


def slopes_of(tape: Tape, node: Node) -> tuple[Any, ...]:
    """Return the derivatives of an operation of two values by each, element by element; () for all others."""
    name = getattr(node.function, "__name__", "")
    name = SYNONYMS.get(name, name)
    values = [tape.fill(a) for a in node.arguments]
    if name not in BINARY or len(values) != 2 or any(isinstance(v, np.matrix) for v in values):
        return ()
    left, right = map(np.asarray, values)
    with quiet():
        return BINARY[name](left, right, node.array)


def _assign(argument: Any, gradient: Any, found: Gradients) -> None:
    if gradient is None:
        return
    if isinstance(argument, Ref):
        found[argument.node] = found.get(argument.node, 0) + np.asarray(gradient)
    elif isinstance(argument, list | tuple):
        for each, part in zip(argument, gradient, strict=True):
            _assign(each, part, found)


@contextmanager
def quiet() -> Iterator[None]:
    """Let nothing be said about what a user's operations do at the edges."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def pull_back(tape: Tape, node: Node, up: Array) -> Gradients:
    """Return the derivatives by the parents of a node, given that by its value."""
    name = getattr(node.function, "__name__", "")
    name = SYNONYMS.get(name, name)
    if name in CONSTANT:
        return {}
    if name in MOVING:
        moved = _moved(tape, node, up)
        if moved is not None:
            return moved
    values = [tape.fill(a) for a in node.arguments]
    words = {word: tape.fill(a) for word, a in node.named.items()}
    gradients = None if name in MOVING else _by_rule(name, node.function, up, node.array, values, words)
    if gradients is None or (gradients[0] is None and name != "einsum"):
        return _differences(tape, node, up)
    found: Gradients = {}
    for argument, gradient in zip(node.arguments, gradients, strict=False):
        _assign(argument, gradient, found)
    return found
