"""`Variable`, a named trainable array as in Keras, and checks of arrays."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..config import floatx
from .naming import auto_name
from .registry import Registry

Array = NDArray[Any]
initializers: Registry[type[Any]] = Registry("initializer")
"""The classes of `handnn.initializers` by their names."""


class Variable(np.lib.mixins.NDArrayOperatorsMixin):
    """One weight of a layer, with the constructor of `keras.Variable`.

    `value` is the array that the formulas read and the optimizer updates in place. A `regularizer` adds its penalty to
    the loss and its derivative to this weight's gradient; a `constraint` is applied to the value after every optimizer
    step.

    Args:
        initializer: the values: an array, numbers, or the name of an initializer or a function `f(shape, dtype=...)`,
            which then needs `shape`.
        dtype: by default an array's own; floatx for Python's floats and for initializers; int32 for Python's integers.
        autocast, aggregation, synchronization: accepted for compatibility; they have no effect.
        path: Keras' full name, such as 'digits/hidden_1/kernel'; by default the name.

    Raises:
        ValueError: name is no string or holds '/', or an initializer has no shape, or gives another one.
    """

    __slots__ = ("_constraint", "_regularizer", "name", "path", "trainable", "value")

    def __init__(
        self,
        initializer: Any,
        shape: tuple[int, ...] | None = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str | None = "none",
        synchronization: str | None = "auto",
        name: str | None = None,
        path: str | None = None,
    ) -> None:
        if name is not None and (not isinstance(name, str) or "/" in name):
            raise ValueError(f"name of a Variable must be a string without '/'; received {name!r}")
        self.value: Array = _values(initializer, shape, dtype)
        self.name = name or auto_name("Variable")
        self.path = path or self.name
        self.trainable = bool(trainable)
        self._regularizer = self._constraint = None

    @property
    def regularizer(self) -> Any:
        return self._regularizer

    @regularizer.setter
    def regularizer(self, rule: Any) -> None:
        self._regularizer = _rule(rule, "regularizer")

    @property
    def constraint(self) -> Any:
        return self._constraint

    @constraint.setter
    def constraint(self, rule: Any) -> None:
        self._constraint = _rule(rule, "constraint")

    @property
    def dtype(self) -> str:
        return self.value.dtype.name

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def ndim(self) -> int:
        return self.value.ndim

    @property
    def size(self) -> int:
        return self.value.size

    def numpy(self) -> Array:
        """Return a copy of the values."""
        return self.value.copy()

    def assign(self, value: ArrayLike) -> "Variable":
        """Assign new values; raise ValueError if the shape differs or a value is not finite."""
        (array,) = fitting([value], [self])
        self.value[...] = array
        return self

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Compute with the values; the result is an array. A symbolic tensor decides itself about a weight."""
        symbolic = any(hasattr(x, "siblings") for x in inputs)  # else it would take the values as a constant
        if symbolic or any(isinstance(out, Variable) for out in options.get("out", ())):
            return NotImplemented
        return getattr(ufunc, method)(*(x.value if isinstance(x, Variable) else x for x in inputs), **options)

    __hash__ = object.__hash__

    def __getitem__(self, index: Any) -> Any:
        return self.value[index]

    def __len__(self) -> int:
        return len(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __bool__(self) -> bool:
        """Raise TypeError, as in Keras: None and an array of zeros are easily taken for each other."""
        raise TypeError(f"Variable {self.path} has no truth value: compare it, or write bool(variable.numpy())")

    def __round__(self, ndigits: int | None = None) -> Array:
        return np.round(self.value, ndigits or 0)

    def assign_add(self, value: ArrayLike) -> "Variable":
        """Add to the values."""
        return self.assign(self.value + np.asarray(value))

    def assign_sub(self, value: ArrayLike) -> "Variable":
        """Subtract from the values."""
        return self.assign(self.value - np.asarray(value))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.value, dtype=dtype, copy=copy)

    def __repr__(self) -> str:
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}, value={self.value}>"


def _values(initializer: Any, shape: Any, dtype: Any) -> Array:
    """Return the first values of a Variable, as a copy: a user's array is never changed in place."""
    if isinstance(initializer, str):
        initializer = initializers[initializer]()
    if not callable(initializer):
        if dtype is None and not hasattr(initializer, "dtype"):
            kind = np.asarray(initializer).dtype.kind
            dtype = floatx() if kind == "f" else "int32" if kind == "i" else None
        return np.array(initializer, dtype)
    if shape is None:
        raise ValueError("shape must be given to make a Variable from an initializer; received None")
    if not isinstance(shape, list | tuple) or not all(isinstance(size, int | np.integer) for size in shape):
        raise ValueError(f"shape of a Variable must hold integers; received {shape!r}")
    values = np.array(initializer(tuple(shape), dtype=dtype or floatx()), dtype or floatx())
    if values.shape != tuple(shape):
        raise ValueError(f"the initializer must return an array of shape {tuple(shape)}; received {values.shape}")
    return values


def _rule(rule: Any, attribute: str) -> Any:
    if rule is not None and not callable(rule):
        raise ValueError(f"{attribute} of a Variable must be a function or None; received {rule!r}")
    return rule


def as_array(array_like: Any) -> Array:
    """Return the ndarray behind a Variable, array or list, without copying an ndarray."""
    return array_like.value if isinstance(array_like, Variable) else np.asarray(array_like)


def finite_array(value: Any, argument: str, dtype: Any) -> Array:
    """Return `value` as an array of `dtype`.

    Raises:
        ValueError: rows of different lengths, NaN or infinity.
        TypeError: value holds no real numbers.
    """
    given = real_array(value, argument)
    check_finite(given, argument)
    with np.errstate(over="ignore"):
        array = given.astype(dtype, copy=False)
    if array is not given:
        check_finite(array, argument, f" in {array.dtype}")
    return array


def real_array(value: Any, argument: str, dtype: Any = None) -> Array:
    """Return `value` as an array, of `dtype` if given.

    Raises:
        ValueError: rows of different lengths.
        TypeError: value holds no real numbers.
    """
    try:
        array = as_array(value)
    except ValueError:
        raise ValueError(
            f"{argument} must be a rectangular array of numbers; received rows of different lengths"
        ) from None
    if array.dtype.kind not in "fiub":
        first = array.reshape(-1)[0] if array.size else None
        hint = ""
        if isinstance(first, str):
            hint = f", such as {str(first)!r}; number the names: np.unique({argument}, return_inverse=True)[1]"
        raise TypeError(f"{argument} must hold real numbers; received dtype {array.dtype}{hint}")
    return array if dtype is None else array.astype(dtype, copy=False)


def as_floats(array_like: Any, argument: str) -> Any:
    """Return a Variable's array or a floating-point array without a copy; convert other numbers to floatx.

    Objects with their own arithmetic, such as `rounding.bounded.Bounded`, count as arrays.
    """
    array = array_like.value if isinstance(array_like, Variable) else array_like
    if not hasattr(array, "__array_ufunc__"):
        return real_array(array, argument, floatx())
    return array if array.dtype.kind in "fc" else real_array(array, argument, floatx())


@np.errstate(over="ignore", invalid="ignore")
def check_finite(array: Array, argument: str, where: str = "") -> None:
    """Raise ValueError if a value is NaN or infinite, with their number and the first index.

    The usual case needs only one dot product: a finite sum of squares has finite terms.
    """
    flat = array.reshape(-1)
    if array.dtype.kind != "f" or np.isfinite(np.dot(flat, flat)):
        return
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):
        index = tuple(int(i) for i in wrong[0])
        raise ValueError(
            f"{argument} must be finite{where}; {len(wrong)} of {array.size} values are not, the first is "
            f"{array[index]} at index {index}"
        )


def fitting(values: Iterable[Any], variables: list[Variable], argument: str = "weights") -> list[Array]:
    """Return one array for each Variable, in its dtype and shape.

    Raises:
        TypeError: values is not a list of arrays.
        ValueError: the number of arrays or a shape differs, or a value is not finite.
    """
    if not isinstance(values, Iterable):
        raise TypeError(f"{argument} must be a list of arrays; received {values!r}")
    given = list(values)
    if len(given) != len(variables):
        raise ValueError(f"{argument} must hold {len(variables)} arrays; received {len(given)}")
    arrays = [finite_array(value, v.path, v.dtype) for value, v in zip(given, variables, strict=True)]
    for array, variable in zip(arrays, variables, strict=True):
        if array.shape != variable.shape:
            raise ValueError(f"{variable.path} has shape {variable.shape}; received an array of shape {array.shape}")
    return arrays


def as_arrays(values: Iterable[Any]) -> list[Array]:
    """`as_array` for a list of weights or gradients."""
    return [as_array(value) for value in values]
