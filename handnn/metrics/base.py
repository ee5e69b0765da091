"""The base class of metrics: a state updated batch by batch, and a result; arguments and names as in `keras.metrics`.

Keras keeps every state in float32, where a count stops at 2^24 and a long sum loses digits. handnn keeps states in
float64, whatever `dtype` is, so its running means are more accurate. Numbers compared with a threshold are rounded as
in Keras, so that ties fall on the same side.
"""

import dis
import functools
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar

import numpy as np

from .. import initializers, losses
from ..config import check_dtype
from ..core.masks import mask_of, weight_with_mask
from ..core.naming import auto_name, snake_case
from ..core.registry import Registry
from ..core.variable import Array, Variable, as_array, real_array

metrics: Registry[type["Metric"]] = Registry("metric")

FLOAT64 = np.float64
NUMBER = (float, np.floating)


class Metric:
    """Base class: `update_state` adds a batch, `result` returns the value over all batches.

    A custom metric defines `reset_state` (called once by the constructor), `update_state` and `result`.

    Args:
        dtype: 'float32' or 'float64'; the numbers that Keras rounds to this dtype are rounded to it.
        name: used in logs; by default the class name in snake case, numbered.

    Raises:
        ValueError: an argument whose value is not allowed; the message names the argument and the value.
    """

    stacks: ClassVar[bool] = False
    """Whether `values` also takes y_pred with a leading axis that y_true lacks: of runs on the same samples."""

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        self.name = name or auto_name(type(self).__name__)
        self.dtype = self.check_dtype(dtype)
        self._variables: list[Variable] = []
        if type(self).__module__.startswith("handnn."):
            self.reset_state()
        else:
            with suppress(AttributeError):  # a user's class may make its state only after this constructor
                self.reset_state()

    @staticmethod
    def check_dtype(dtype: Any) -> str:
        return check_dtype(dtype)

    def add_variable(
        self,
        shape: Any,
        initializer: Any = "zeros",
        dtype: Any = None,
        aggregation: Any = None,
        name: str | None = None,
    ) -> Variable:
        """Create a variable for the state, of the initializer's values; `reset_state` sets it to 0."""
        value = initializers.weight(initializers.get(initializer), tuple(shape), self.check_dtype(dtype or self.dtype))
        name = name or f"variable_{len(self._variables)}"
        self._variables.append(Variable(value, name=name, path=f"{self.name}/{name}", trainable=False))
        return self._variables[-1]

    def add_weight(
        self, shape: Any = (), initializer: Any = None, dtype: Any = None, name: str | None = None
    ) -> Variable:
        """`add_variable` under Keras' older name."""
        return self.add_variable(shape, initializer or "zeros", dtype, name=name)

    @property
    def variables(self) -> list[Variable]:
        """The state's variables; of a built-in metric, its numbers and arrays."""
        if self._variables:
            return list(self._variables)
        cls: Any = type(self)
        found = [(name, vars(self)[name]) for name in _state_names(cls) if name in vars(self)]
        found = [(name, value) for name, value in found if isinstance(value, float | int | np.ndarray | np.generic)]
        return [
            Variable(np.asarray(value), name=name, path=f"{self.name}/{name}", trainable=False) for name, value in found
        ]

    def set_variables(self, values: dict[str, Array]) -> None:
        """Assign the variables of these names."""
        for variable in self._variables:
            if variable.name in values:
                variable.value[...] = values[variable.name]
        if not self._variables:
            for name, value in values.items():
                kind = type(vars(self)[name])
                setattr(self, name, np.array(value) if kind is np.ndarray else kind(value))

    def reset_state(self) -> None:
        """Discard all batches so far: set every variable to 0."""
        for variable in self._variables:
            variable.value[...] = 0

    def zeros(self, name: str) -> Any:
        """Return zeros in the shape that the state of this name has so far; at first the number 0."""
        return np.zeros(np.shape(getattr(self, name, 0.0)))[()]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch.

        Raises:
            ValueError: the shapes of y_true, y_pred and sample_weight do not fit.
            TypeError: an argument holds no real numbers.
        """
        raise NotImplementedError

    def result(self) -> Any:
        """Return the value so far: a float, or an array if the metric has several values."""
        raise NotImplementedError

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        self.update_state(*arguments, **keywords)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Metric":
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


@functools.cache
def _state_names(cls: Any) -> tuple[str, ...]:
    """Return the attributes that a class' `reset_state` sets, in order."""
    names: dict[str, None] = {}
    for base in reversed(cls.__mro__):
        written = base.__dict__.get("reset_state")
        for step in dis.get_instructions(written) if written is not None else ():
            if step.opname == "STORE_ATTR":
                names[str(step.argval)] = None
    return tuple(names)


def numbers(value: Any, argument: str) -> Array:
    """Return `value` as an array of real numbers; such an array is returned unchanged."""
    if type(value) is np.ndarray and value.dtype.kind in "fiub":
        return value
    return real_array(value, argument)


def divide_no_nan(a: Any, b: Any) -> Any:
    """Return a / b, or 0 where b is 0."""
    return np.where(b == 0, 0.0, a / np.where(b == 0, 1.0, b))


def number(value: Any) -> Any:
    """Return a 0-d array as a float; return any other array unchanged."""
    return float(value) if isinstance(value, np.ndarray | np.generic) and value.ndim == 0 else value


def same_rank(y_true: Array, y_pred: Array, owner: Any) -> tuple[Array, Array]:
    """Give (n,) and (n, 1) the same rank; raise ValueError if the shapes do not fit."""
    if y_true.ndim == y_pred.ndim - 1 and y_pred.shape[-1] == 1:
        y_true = y_true[..., np.newaxis]
    elif y_pred.ndim == y_true.ndim - 1 and y_true.shape[-1] == 1:
        y_pred = y_pred[..., np.newaxis]
    if y_true.shape != y_pred.shape:
        raise ValueError(
            f"{type(owner).__name__} needs y_true in the shape of y_pred, {y_pred.shape}; received {y_true.shape}"
        )
    return y_true, y_pred


def samplewise(values: Any, weight: Any, means: bool = True) -> tuple[Any, Any]:
    """Return one value and one weight per sample, reduced by Keras' rule: by means, or by sums with means=False.

    The weights have the leading axes of the values (one per sample, step or element), or there is one for all. Values
    are averaged over the axes that the weights lack, then weights and weighted values over the other axes.

    Raises:
        ValueError: the weights cannot be broadcast to the values.
    """
    reduce = _mean if means else _sum
    if weight is not None:
        if weight.ndim == values.ndim + 1 and weight.shape[-1] == 1:
            weight = weight[..., 0]
        if values.ndim > weight.ndim:
            values = reduce(values, tuple(range(weight.ndim, values.ndim)))
        try:
            weight = np.broadcast_to(weight, values.shape)
        except ValueError:
            raise ValueError(f"sample_weight must have shape {values.shape}; received {weight.shape}") from None
        values = values * weight
        weight = reduce(weight, tuple(range(1, weight.ndim)))
    return reduce(values, tuple(range(1, values.ndim))), weight


def _sum(values: Any, axes: tuple[int, ...]) -> Any:
    return np.add.reduce(values, axis=axes, dtype=FLOAT64) if axes else values


def _mean(values: Any, axes: tuple[int, ...]) -> Any:
    if not axes:
        return values
    reduced = np.add.reduce(values, axis=axes, dtype=FLOAT64)
    return reduced / (values.size / reduced.size if reduced.size else 1)


@metrics.register()
class Sum(Metric):
    """Weighted sum of numbers: sum_i w_i v_i."""

    def __init__(self, name: str | None = "sum", dtype: Any = None) -> None:
        super().__init__(dtype, name)

    def reset_state(self) -> None:
        self.total: Any = 0.0

    def update_state(self, values: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        """Add numbers of any shape; weights are one per number, one per index of the first axis, or one for all."""
        weight = None if sample_weight is None else as_array(sample_weight)
        self.take(real_array(values, "values"), weight)

    def take(self, values: Any, weight: Any) -> None:
        """Add an array of values."""
        values, _ = samplewise(values, weight, means=False)
        self.total += np.add.reduce(values, axis=None, dtype=FLOAT64)

    def result(self) -> float:
        return self.total


@metrics.register()
class Mean(Metric):
    """Weighted mean of numbers, such as the batches' losses: sum_i w_i v_i / sum_i w_i, 0 before the first batch."""

    def __init__(self, name: str | None = "mean", dtype: Any = None) -> None:
        super().__init__(dtype, name)

    def reset_state(self) -> None:
        self.total: Any = 0.0
        self.count: Any = 0.0

    def update_state(self, values: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        """Add numbers of any shape; weights are one per number, one per index of the first axis, or one for all."""
        if isinstance(values, NUMBER) and isinstance(sample_weight, int):  # a batch's loss and its size
            self.total += float(values) * sample_weight
            self.count += sample_weight
        else:
            self.take(real_array(values, "values"), self.weights(sample_weight))

    def weights(self, sample_weight: Any) -> Array | None:
        """Return the weights as an array of the metric's dtype."""
        return None if sample_weight is None else as_array(sample_weight).astype(self.dtype, copy=False)

    def take(self, values: Any, weight: Any = None) -> None:
        """Add an array of values; booleans count as 0 and 1."""
        if weight is None and values.ndim:
            samples, boolean = len(values), values.dtype.kind == "b"
            added = np.count_nonzero(values) if boolean else np.add.reduce(values, axis=None, dtype=FLOAT64)
            self.total += added if values.ndim == 1 or not samples else added / (values.size // samples)
            self.count += samples
            return
        values, weight = samplewise(values, weight)
        self.total += np.add.reduce(values, axis=None, dtype=FLOAT64)
        self.count += 1 if weight is None else np.add.reduce(weight, axis=None, dtype=FLOAT64)

    def result(self) -> float:
        return self.total / self.count if self.count else 0.0


class MeanOfValues(Mean):
    """Mean of `values(y_true, y_pred)`: base class of metrics with a formula for each sample."""

    reads_mask: ClassVar[bool] = True
    """Whether values that y_pred's mask excludes have weight 0."""

    def prepare(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        """Return both as arrays of fitting shapes; with one output, y_true and y_pred may be flat."""
        y_true, y_pred = numbers(y_true, "y_true"), numbers(y_pred, "y_pred")
        return (y_true, y_pred) if y_true.shape == y_pred.shape else same_rank(y_true, y_pred, self)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """Return one or more numbers per sample."""
        raise NotImplementedError

    def weights_for(self, y_true: Array, sample_weight: Any) -> Array | None:
        """Return a batch's weights, which may depend on its labels."""
        return self.weights(sample_weight)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        """Add a batch. Raises as `Metric.update_state`."""
        if self.reads_mask:
            sample_weight = weight_with_mask(sample_weight, mask_of(y_pred), self.dtype)
        y_true, y_pred = self.prepare(y_true, y_pred)
        weight = None if sample_weight is None else self.weights_for(y_true, sample_weight)
        self.take(self.values(y_true, y_pred), weight)


functions: dict[str, Callable[..., Array]] = {}
"""The functions made by `function_of`, by name."""


@metrics.register()
class MeanMetricWrapper(MeanOfValues):
    """Mean of a custom function: `fn(y_true, y_pred, **kwargs)` returns one number per sample, or one per batch.

    Raises:
        TypeError: fn is not a function.
    """

    def __init__(self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
        if not callable(fn):
            raise TypeError(f"fn must be a function of (y_true, y_pred); received {type(fn).__name__}")
        super().__init__(name, dtype)
        self.fn, self.kwargs = fn, kwargs

    def prepare(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        return as_array(y_true), as_array(y_pred)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return np.asarray(self.fn(y_true, y_pred, **self.kwargs))

    def get_config(self) -> dict[str, Any]:
        name = getattr(self.fn, "__name__", type(self.fn).__name__)
        function = {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}
        return super().get_config() | {"fn": function} | self.kwargs

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "MeanMetricWrapper":
        """Return the metric. A function in Keras' serialised form must be one of this package; otherwise ValueError."""
        fn = config.get("fn")
        if isinstance(fn, dict):
            name = str(fn.get("config"))
            known = functions.get(name) or (getattr(losses, name, None) if name in losses.losses else None)
            if known is None:
                raise ValueError(f"fn must be a function of handnn.metrics; received {name!r}")
            config = config | {"fn": known}
        return cls(**config)


def function_of(cls: type[MeanOfValues]) -> Callable[..., Array]:
    """Return the function of a metric class, such as `keras.metrics.binary_accuracy` for BinaryAccuracy."""

    def metric_function(y_true: Any, y_pred: Any, **options: Any) -> Array:
        metric = cls(**options)
        values = metric.values(*metric.prepare(y_true, y_pred))
        return values.astype(metric.dtype) if values.dtype == bool else values

    metric_function.__name__ = metric_function.__qualname__ = snake_case(cls.__name__)
    metric_function.__doc__ = f"Return {cls.__name__}'s value for each sample."
    functions[metric_function.__name__] = metric_function
    return metric_function
