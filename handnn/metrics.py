"""Metrics: means over samples, weighted, updated batch by batch; names as in `keras.metrics`."""

from typing import Any

import numpy as np

from .naming import auto_name
from .registry import Registry, class_and_config
from .variable import Array, as_array

metrics: Registry[type["Metric"]] = Registry("metric")


class Metric:
    """Running weighted mean of `values(y_true, y_pred)`, kept in float64."""

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self.name = name or auto_name(type(self).__name__)
        self.reset_state()

    def reset_state(self) -> None:
        """Forget every batch so far."""
        self.total, self.count = 0.0, 0.0

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """Return one number a sample."""
        raise NotImplementedError

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch."""
        values = self.values(as_array(y_true), as_array(y_pred))
        if sample_weight is None:
            self.total += float(np.add.reduce(values, axis=None))
            self.count += values.size
        else:
            weight = as_array(sample_weight).reshape(-1, *[1] * (values.ndim - 1))
            self.total += float((values * weight).sum())
            self.count += float(np.broadcast_to(weight, values.shape).sum())

    def result(self) -> float:
        """Return the mean so far, 0 before the first batch."""
        return self.total / self.count if self.count else 0.0

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> float:
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": "float32"}


class Mean(Metric):
    """Weighted mean of numbers, such as the batches' losses."""

    def update_state(self, y_true: Any, y_pred: Any = None, sample_weight: Any = None) -> None:
        weight = 1.0 if sample_weight is None else float(sample_weight)
        self.total += float(np.mean(y_true)) * weight
        self.count += weight


@metrics.register()
class Accuracy(Metric):
    """Share of elements in which y_pred equals y_true exactly."""

    def values(self, y_true: Array, y_pred: Array) -> Array:
        y_true = y_true[..., np.newaxis] if y_true.ndim == y_pred.ndim - 1 else y_true
        return y_true == y_pred


@metrics.register()
class BinaryAccuracy(Metric):
    """Share of elements in which (y_pred > threshold) equals y_true."""

    def __init__(self, name: str | None = None, dtype: Any = None, threshold: float = 0.5) -> None:
        super().__init__(name, dtype)
        self.threshold = threshold

    def values(self, y_true: Array, y_pred: Array) -> Array:
        y_true = y_true[..., np.newaxis] if y_true.ndim == y_pred.ndim - 1 else y_true
        return (y_pred > self.threshold) == y_true

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"threshold": self.threshold}


@metrics.register()
class CategoricalAccuracy(Metric):
    """Share of rows whose largest y_pred stands where the largest y_true stands."""

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return y_true.argmax(axis=-1) == y_pred.argmax(axis=-1)


@metrics.register()
class SparseCategoricalAccuracy(Metric):
    """Share of rows whose largest y_pred stands at the integer label."""

    def values(self, y_true: Array, y_pred: Array) -> Array:
        labels = y_true[..., 0] if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1 else y_true
        return labels == y_pred.argmax(axis=-1)


@metrics.register("mse", "MSE")
class MeanSquaredError(Metric):
    """Mean of (y_pred - y_true)^2."""

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return np.square(y_pred - y_true.reshape(y_pred.shape)).mean(axis=-1)


@metrics.register("mae", "MAE")
class MeanAbsoluteError(Metric):
    """Mean of |y_pred - y_true|."""

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return np.abs(y_pred - y_true.reshape(y_pred.shape)).mean(axis=-1)


def get(identifier: Any, y_true: Array | None = None, y_pred: Array | None = None) -> Metric:
    """Return a metric from a name, a Keras config or an instance.

    'accuracy' is chosen by the shapes, as Keras does: binary for one output, sparse where y_true has one label a
    row, else categorical. A metric asked for by name carries that name in logs.
    """
    if isinstance(identifier, Metric):
        return identifier
    if isinstance(identifier, dict):
        name, config = class_and_config(identifier, "metric")
        return metrics[name](**config)
    if not isinstance(identifier, str):
        raise TypeError(f"metric must be a name, a config or a Metric; received {type(identifier).__name__}")
    if identifier.lower() in ("accuracy", "acc") and y_true is not None and y_pred is not None:
        if y_pred.shape[-1] == 1:
            return BinaryAccuracy(name=identifier)
        sparse = y_true.ndim < y_pred.ndim or y_true.shape[-1] == 1
        return SparseCategoricalAccuracy(name=identifier) if sparse else CategoricalAccuracy(name=identifier)
    return metrics[identifier](name=identifier)
