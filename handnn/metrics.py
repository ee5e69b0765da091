"""Metrics: means over samples, weighted, updated batch by batch; names as in `keras.metrics`."""

from typing import Any

import numpy as np

from .config import check_dtype
from .naming import snake_case
from .registry import Registry, class_and_config
from .variable import Array, as_array

metrics: Registry[type["Metric"]] = Registry("metric")


class Metric:
    """Running weighted mean of `values(y_true, y_pred)`, kept in float64."""

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self.name = name or snake_case(type(self).__name__)
        self.dtype = check_dtype(dtype)
        self.reset_state()

    def reset_state(self) -> None:
        """Forget every batch so far."""
        self.total, self.count = 0.0, 0.0

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """Return one number a sample."""
        raise NotImplementedError

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch; y_true and y_pred of one output may come flat."""
        y_true, y_pred = self.same_rank(as_array(y_true), as_array(y_pred))
        self.take(self.values(y_true, y_pred), sample_weight)

    def same_rank(self, y_true: Array, y_pred: Array) -> tuple[Array, Array]:
        """Bring (n,) and (n, 1) together; raise ValueError where the shapes do not fit."""
        if y_true.ndim == y_pred.ndim - 1 and y_pred.shape[-1] == 1:
            y_true = y_true[..., np.newaxis]
        elif y_pred.ndim == y_true.ndim - 1 and y_true.shape[-1] == 1:
            y_pred = y_pred[..., np.newaxis]
        if y_true.shape != y_pred.shape:
            raise ValueError(
                f"{type(self).__name__} needs y_true of the shape of y_pred, {y_pred.shape}; received {y_true.shape}"
            )
        return y_true, y_pred

    def take(self, values: Array, sample_weight: Any = None) -> None:
        """Add values, one a sample or more, with a weight for each sample or each value."""
        if sample_weight is None:
            self.total += float(np.add.reduce(values, axis=None))
            self.count += values.size
            return
        weight = as_array(sample_weight)
        if weight.shape == (*values.shape, 1):
            weight = weight[..., 0]
        fits = weight.ndim <= values.ndim and all(
            size in (1, full) for size, full in zip(weight.shape, values.shape, strict=False)
        )
        if not fits or len(weight) != len(values):
            raise ValueError(f"sample_weight must have shape {values.shape}; received {weight.shape}")
        weight = np.broadcast_to(weight.reshape(weight.shape + (1,) * (values.ndim - weight.ndim)), values.shape)
        self.total += float((values * weight).sum())
        self.count += float(weight.sum(dtype="float64"))

    def result(self) -> float:
        """Return the mean so far, 0 before the first batch."""
        return self.total / self.count if self.count else 0.0

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> float:
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype}


class Mean(Metric):
    """Weighted mean of numbers, such as the batches' losses."""

    def update_state(self, values: Any, y_pred: None = None, sample_weight: Any = None) -> None:
        """Take in numbers; a single weight is that of their mean."""
        array = as_array(values)
        if array.ndim == 0 and sample_weight is not None:  # one number, as each batch of a training run gives
            self.total += float(array) * sample_weight
            self.count += sample_weight
        elif sample_weight is None:
            self.take(array)
        else:
            weight = float(sample_weight)
            self.total += float(array.sum()) / array.size * weight
            self.count += weight


@metrics.register()
class Accuracy(Metric):
    """Share of elements in which y_pred equals y_true exactly."""

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return y_true.astype(y_pred.dtype, copy=False) == y_pred


@metrics.register()
class BinaryAccuracy(Metric):
    """Share of elements in which (y_pred > threshold) equals y_true."""

    def __init__(self, name: str | None = None, dtype: Any = None, threshold: float = 0.5) -> None:
        super().__init__(name, dtype)
        self.threshold = threshold

    def values(self, y_true: Array, y_pred: Array) -> Array:
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

    def same_rank(self, y_true: Array, y_pred: Array) -> tuple[Array, Array]:
        labels = y_true[..., 0] if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1 else y_true
        if labels.shape != y_pred.shape[:-1]:
            raise ValueError(
                f"{type(self).__name__} needs one label a row of y_pred, {y_pred.shape}; received y_true {y_true.shape}"
            )
        return labels, y_pred

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return y_true == y_pred.argmax(axis=-1)


@metrics.register("mse", "MSE")
class MeanSquaredError(Metric):
    """Mean of (y_pred - y_true)^2."""

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return np.square(y_pred - y_true).mean(axis=-1)


@metrics.register("mae", "MAE")
class MeanAbsoluteError(Metric):
    """Mean of |y_pred - y_true|."""

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return np.abs(y_pred - y_true).mean(axis=-1)


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
