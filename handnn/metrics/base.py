"""What metrics share: a state that grows batch by batch, and a result; arguments and names as in `keras.metrics`.

Keras keeps every state in float32, where a count stops at 2^24 and a long sum loses digits; handnn keeps them in
float64 whatever `dtype` says, so that its running means are the better ones. What is compared with a threshold is
rounded as in Keras, or ties would fall on the other side.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import losses
from ..config import check_dtype
from ..core.naming import auto_name, snake_case
from ..core.registry import Registry
from ..core.variable import Array, as_array, real_array

metrics: Registry[type["Metric"]] = Registry("metric")

FLOAT64 = np.float64
NUMBER = (float, np.floating)


class Metric:
    """Base class: `update_state` takes in a batch, `result` says what came of all of them.

    A metric of your own brings `reset_state` (called once by the constructor), `update_state` and `result`.

    Args:
        dtype: 'float32' or 'float64', to which the numbers are rounded that Keras rounds to it.
        name: used in logs; by default the class name in snake case, numbered.
    """

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        self.name = name or auto_name(type(self).__name__)
        self.dtype = self.check_dtype(dtype)
        self.reset_state()

    @staticmethod
    def check_dtype(dtype: Any) -> str:
        return check_dtype(dtype)

    def reset_state(self) -> None:
        """Forget every batch so far."""
        raise NotImplementedError

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch."""
        raise NotImplementedError

    def result(self) -> Any:
        """Return the value so far: a float, or an array where the metric has several values."""
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


def numbers(value: Any, argument: str) -> Array:
    """Return `value` as an array of real numbers; an array that is one comes back at once."""
    if type(value) is np.ndarray and value.dtype.kind in "fiub":
        return value
    return real_array(value, argument)


def divide_no_nan(a: Any, b: Any) -> Any:
    """Return a / b, and 0 where b is 0."""
    return np.where(b == 0, 0.0, a / np.where(b == 0, 1.0, b))


def number(value: Any) -> Any:
    """Return an array without axes as a float, any other as it is."""
    return float(value) if isinstance(value, np.ndarray | np.generic) and value.ndim == 0 else value


def same_rank(y_true: Array, y_pred: Array, owner: Any) -> tuple[Array, Array]:
    """Bring (n,) and (n, 1) together; raise ValueError where the shapes do not fit."""
    if y_true.ndim == y_pred.ndim - 1 and y_pred.shape[-1] == 1:
        y_true = y_true[..., np.newaxis]
    elif y_pred.ndim == y_true.ndim - 1 and y_true.shape[-1] == 1:
        y_pred = y_pred[..., np.newaxis]
    if y_true.shape != y_pred.shape:
        raise ValueError(
            f"{type(owner).__name__} needs y_true of the shape of y_pred, {y_pred.shape}; received {y_true.shape}"
        )
    return y_true, y_pred


def samplewise(values: Any, weight: Any, means: bool = True) -> tuple[Any, Any]:
    """Return one value and one weight a sample, by Keras' rule: means of several, or sums with means=False.

    Weights have the first axes of the values: one a sample, one a step, one an element, or a single one for all. A
    mean is taken over the axes that the weights lack, then weights and weighted values are averaged over the others.
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
    """Weighted sum of numbers."""

    def __init__(self, name: str | None = "sum", dtype: Any = None) -> None:
        super().__init__(dtype, name)

    def reset_state(self) -> None:
        self.total: Any = 0.0

    def update_state(self, values: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        """Take in numbers of any shape and a weight for each, for each of the first axis, or one for all."""
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
        """Take in numbers of any shape and a weight for each, for each of the first axis, or one for all."""
        if isinstance(values, NUMBER) and isinstance(sample_weight, int):  # a batch's loss and its size
            self.total += float(values) * sample_weight
            self.count += sample_weight
        else:
            self.take(real_array(values, "values"), self.weights(sample_weight))

    def weights(self, sample_weight: Any) -> Array | None:
        """Return the weights as an array of the metric's dtype."""
        return None if sample_weight is None else as_array(sample_weight).astype(self.dtype, copy=False)

    def take(self, values: Any, weight: Any = None) -> None:
        """Add an array of values; boolean ones are counted."""
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
    """Mean of `values(y_true, y_pred)`: every metric that is a formula of each sample."""

    def prepare(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        """Return both as arrays of fitting shapes; y_true and y_pred of one output may come flat."""
        y_true, y_pred = numbers(y_true, "y_true"), numbers(y_pred, "y_pred")
        return (y_true, y_pred) if y_true.shape == y_pred.shape else same_rank(y_true, y_pred, self)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """Return one number a sample or more."""
        raise NotImplementedError

    def weights_for(self, y_true: Array, sample_weight: Any) -> Array | None:
        """Return the weights of a batch with these labels."""
        return self.weights(sample_weight)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        """Take in a batch."""
        y_true, y_pred = self.prepare(y_true, y_pred)
        weight = None if sample_weight is None else self.weights_for(y_true, sample_weight)
        self.take(self.values(y_true, y_pred), weight)


functions: dict[str, Callable[..., Array]] = {}
"""The plain functions of metrics by name, as `function_of` makes them."""


@metrics.register()
class MeanMetricWrapper(MeanOfValues):
    """Mean of a function of your own: `fn(y_true, y_pred, **kwargs)` gives one number a sample (or one a batch)."""

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
        """Return the metric; a function in Keras' serialised form is looked up among those of this package."""
        fn = config.get("fn")
        if isinstance(fn, dict):
            name = str(fn.get("config"))
            known = functions.get(name) or (getattr(losses, name, None) if name in losses.losses else None)
            if known is None:
                raise ValueError(f"fn must be a function of handnn.metrics; received {name!r}")
            config = config | {"fn": known}
        return cls(**config)


def function_of(cls: type[MeanOfValues]) -> Callable[..., Array]:
    """Return the plain function of a class, `keras.metrics.binary_accuracy` for BinaryAccuracy."""

    def metric_function(y_true: Any, y_pred: Any, **options: Any) -> Array:
        metric = cls(**options)
        values = metric.values(*metric.prepare(y_true, y_pred))
        return values.astype(metric.dtype) if values.dtype == bool else values

    metric_function.__name__ = metric_function.__qualname__ = snake_case(cls.__name__)
    metric_function.__doc__ = f"Return {cls.__name__}'s value of each sample."
    functions[metric_function.__name__] = metric_function
    return metric_function
