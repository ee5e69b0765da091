"""Penalties on weights, added to the loss; their derivatives are added to the weights' gradients.

Arguments, defaults and config are the same as in `keras.regularizers`. A regularizer is two formulas: calling it
returns the penalty, a number of x's dtype; `gradient` returns the derivative with respect to x, in x's shape.

Keras rounds the factors to float32, even for float64 weights, and so does handnn.
"""

import math
from types import FunctionType
from typing import Any, ClassVar

import numpy as np

from .config import epsilon
from .core import functions
from .core.registry import Registry, class_and_config
from .core.registry import serialize as _serialize
from .core.variable import Array, as_floats

regularizers: Registry[type["Regularizer"]] = Registry("regularizer")


@regularizers.register()
class Regularizer:
    """Base class: no penalty. A custom class defines `__call__` and `gradient`, and `get_config` for saving."""

    analytic: ClassVar[bool] = True
    """Whether the penalty works on complex x, so that the complex step can check the gradient."""

    def __call__(self, x: Any) -> Any:
        """Return the penalty."""
        return as_floats(x, "x").dtype.type(0)

    def gradient(self, x: Any) -> Array:
        """Return d penalty / d x, in the shape of x."""
        x = as_floats(x, "x")
        return np.zeros(x.shape, x.dtype)

    def get_config(self) -> dict[str, Any]:
        raise NotImplementedError(f"{type(self).__name__} needs a method get_config to be saved or converted to Keras")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Regularizer":
        return cls(**config)


@regularizers.register()
class L1(Regularizer):
    """l1 sum |x|, derivative l1 sign(x) with sign(0) = 0, as in TensorFlow."""

    analytic = False

    def __init__(self, l1: float = 0.01) -> None:
        self.l1 = _in_float32(_factor(0.01 if l1 is None else l1, "l1"))

    def __call__(self, x: Any) -> Any:
        x = as_floats(x, "x")
        return x.dtype.type(self.l1) * np.sum(np.absolute(x))

    def gradient(self, x: Any) -> Array:
        x = as_floats(x, "x")
        return x.dtype.type(self.l1) * np.sign(x)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1}  # rounded to float32, as in Keras: 0.01 becomes 0.00999999977


@regularizers.register()
class L2(Regularizer):
    """l2 sum x^2, derivative 2 l2 x. There is no factor 1/2: with l2 = 0.01, plain SGD decays weights by 0.02 lr."""

    def __init__(self, l2: float = 0.01) -> None:
        self.l2 = _factor(0.01 if l2 is None else l2, "l2")

    def __call__(self, x: Any) -> Any:
        x = as_floats(x, "x")
        return x.dtype.type(_in_float32(self.l2)) * _sum_of_squares(x)

    def gradient(self, x: Any) -> Array:
        x = as_floats(x, "x")
        return x.dtype.type(2 * _in_float32(self.l2)) * x

    def get_config(self) -> dict[str, Any]:
        return {"l2": self.l2}


@regularizers.register()
class L1L2(Regularizer):
    """l1 sum |x| + l2 sum x^2, derivative l1 sign(x) + 2 l2 x. Both factors default to 0."""

    analytic = False

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1 = _factor(0.0 if l1 is None else l1, "l1")
        self.l2 = _factor(0.0 if l2 is None else l2, "l2")

    def __call__(self, x: Any) -> Any:
        x = as_floats(x, "x")
        l1, l2 = x.dtype.type(_in_float32(self.l1)), x.dtype.type(_in_float32(self.l2))
        penalty = x.dtype.type(0)
        if l1:  # skip a term with factor 0: 0 times infinity would be NaN
            penalty = penalty + l1 * np.sum(np.absolute(x))
        if l2:
            penalty = penalty + l2 * _sum_of_squares(x)
        return penalty

    def gradient(self, x: Any) -> Array:
        x = as_floats(x, "x")
        l1, l2 = x.dtype.type(_in_float32(self.l1)), x.dtype.type(2 * _in_float32(self.l2))
        if l1 and l2:
            return l1 * np.sign(x) + l2 * x
        return l1 * np.sign(x) if l1 else l2 * x if l2 else np.zeros(x.shape, x.dtype)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1, "l2": self.l2}


@regularizers.register()
class OrthogonalRegularizer(Regularizer):
    """`factor` times the mean of |cosine| over all pairs of different rows (or columns) of a matrix.

    With the rows x_i, r_i = 1 / max(|x_i|, eps), n_i = r_i x_i, P = N N^T, m rows and p = m (m - 1) / 2 pairs:

        penalty    = factor / (2 p) sum_{i != j} |P_ij|
        d/dn_i     = g_i = factor / p sum_{j != i} sign(P_ij) n_j
        d/dx_i     = r_i (g_i - n_i (n_i . g_i))        r_i g_i where |x_i| < eps

    eps = 1e-7; sign(0) = 0, so orthogonal rows have derivative 0. docs/derivations/orthogonal-regularizer.md. Keras
    raises an error for a float64 matrix and returns NaN for a single row; here float64 works.

    Args:
        factor: weight of the penalty.
        mode: 'rows' or 'columns'. A column of a Dense kernel is one unit's weights.

    Raises:
        ValueError: factor or mode is not allowed; when called, x is not a matrix, or has a single row (or column).
    """

    analytic = False

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        if mode not in ("rows", "columns"):
            raise ValueError(f"mode must be 'rows' or 'columns'; received {mode!r}")
        self.factor, self.mode = _in_float32(_factor(factor, "factor")), mode

    def __call__(self, x: Any) -> Any:
        rows = self._rows(x)
        n, _, _ = unit_rows(rows)
        size = np.sum(np.absolute(np.dot(n, n.T)) * self._others(n))
        return size * rows.dtype.type(self.factor) / rows.dtype.type(2 * self._pairs(rows))

    def gradient(self, x: Any) -> Array:
        rows = self._rows(x)
        n, r, norm = unit_rows(rows)
        scale = rows.dtype.type(self.factor) / rows.dtype.type(self._pairs(rows))
        g = scale * np.dot(np.sign(np.dot(n, n.T)) * self._others(n), n)
        along = np.where(norm < epsilon(), rows.dtype.type(0), np.sum(n * g, axis=1, keepdims=True))
        dx = r * (g - n * along)
        return dx if self.mode == "rows" else dx.T

    def _rows(self, x: Any) -> Array:
        """Return the matrix with the vectors to compare as rows."""
        x = as_floats(x, "x")
        if x.ndim != 2:
            raise ValueError(f"OrthogonalRegularizer needs a matrix; received x of shape {x.shape}")
        rows = x if self.mode == "rows" else x.T
        if len(rows) < 2:
            raise ValueError(f"OrthogonalRegularizer needs at least two {self.mode}; received x of shape {x.shape}")
        return rows

    @staticmethod
    def _others(n: Array) -> Array:
        """Return a matrix of ones with zeros on the diagonal: 1 for each pair of different rows."""
        return 1 - np.eye(len(n), dtype=n.dtype)

    @staticmethod
    def _pairs(rows: Array) -> float:
        return len(rows) * (len(rows) - 1) / 2

    def get_config(self) -> dict[str, Any]:
        return {"factor": self.factor, "mode": self.mode}


l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer


@np.errstate(over="ignore", under="ignore")
def unit_rows(x: Array) -> tuple[Array, Array, Array]:
    """Return n = r x, r = 1 / max(|x|, eps) and |x| for each row; if |x|^2 overflows, r is 0, as in Keras."""
    norm = np.sqrt(np.sum(np.square(x), axis=-1, keepdims=True))
    r = 1 / np.maximum(norm, epsilon())
    return r * x, r, norm


def _sum_of_squares(x: Array) -> Any:
    flat = x.reshape(-1)
    return np.dot(flat, flat)


def _in_float32(factor: float) -> float:
    return float(np.float32(factor))


def _factor(value: Any, argument: str) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ValueError(f"{argument} must be a finite number >= 0; received {value!r}")
    return float(value)


def get(identifier: Any) -> Any:
    """Return a regularizer from a name, a Keras config, a class, an instance or None.

    A function `f(x)` returns the penalty; to be trained it needs its derivative as an attribute, `f.gradient`. A class
    needs `__call__` and `gradient`.

    Raises:
        ValueError: the name or class is unknown.
        TypeError: identifier is something else, or has no `gradient`.
    """
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        name, config = class_and_config(identifier, "regularizer")
        own: Any = regularizers[name]
        return own.from_config(config) if hasattr(own, "from_config") else own
    if isinstance(identifier, str):
        return regularizers[identifier]()
    found = identifier() if isinstance(identifier, type) else identifier
    if not callable(found):
        raise TypeError(f"regularizer must be a name, a config or a Regularizer; received {found!r}")
    if isinstance(found, FunctionType):
        return found
    own_call = type(found).__call__ is not Regularizer.__call__
    if getattr(type(found), "gradient", None) in (None, Regularizer.gradient if own_call else None):
        name = getattr(found, "__name__", type(found).__name__)
        raise TypeError(f"regularizer {name} has no hand-derived gradient: write a class with __call__ and gradient")
    return found


def gradient(regularizer: Any, x: Any) -> Any:
    """Return d penalty / d x, in the shape of x; raise TypeError for a function without `gradient`."""
    if not hasattr(regularizer, "gradient"):
        name = getattr(regularizer, "__name__", "f")
        raise TypeError(
            f"regularizer {name} has no derivative, so its weight cannot be trained: write {name}.gradient = "
            "lambda x: ..., which returns d penalty / d x"
        )
    return regularizer.gradient(x)


def serialize(regularizer: Any) -> dict[str, Any] | None:
    """Return Keras' serialised form; of a function its registered name."""
    if regularizer is None or isinstance(regularizer, FunctionType):
        return None if regularizer is None else functions.written(regularizer)
    return _serialize(regularizer, "keras.regularizers")
