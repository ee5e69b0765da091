"""Accuracies: the share of correct elements or rows."""

from typing import Any

import numpy as np

from ..core.variable import Array
from .base import MeanOfValues, metrics, numbers


def largest(y_pred: Array) -> Array:
    """Return the index of each row's largest element, the first among equals.

    As in Keras, NaN is never the largest, and -0 is smaller than 0. If all elements are positive (one minimum shows
    it), neither can occur.
    """
    index = y_pred.argmax(axis=-1)
    if not y_pred.size or (low := y_pred.min()) > 0:
        return index
    tops = y_pred.reshape(-1).take(index.reshape(-1) + np.arange(0, y_pred.size, y_pred.shape[-1]))
    if low <= 0 and np.count_nonzero(tops) == tops.size:  # no NaN, and no row whose largest is a zero
        return index
    ordered = np.where(np.isnan(y_pred), -np.inf, y_pred)
    ordered[(ordered == 0) & np.signbit(ordered)] = -np.finfo(ordered.dtype).tiny
    return ordered.argmax(axis=-1)


def row_labels(y_true: Any, y_pred: Array, owner: MeanOfValues) -> Array:
    """Return one label per row of y_pred, dropping a last axis of size 1; raise ValueError if the shapes do not fit."""
    y_true = numbers(y_true, "y_true")
    labels = y_true[..., 0] if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1 else y_true
    if labels.shape != y_pred.shape[:-1]:
        raise ValueError(
            f"{type(owner).__name__} needs one label per row of y_pred, {y_pred.shape}; received y_true {y_true.shape}"
        )
    return labels


@metrics.register()
class Accuracy(MeanOfValues):
    """Share of elements where y_pred equals y_true exactly."""

    def __init__(self, name: str | None = "accuracy", dtype: Any = None) -> None:
        super().__init__(name, dtype)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return y_true.astype(y_pred.dtype, copy=False) == y_pred


@metrics.register()
class BinaryAccuracy(MeanOfValues):
    """Share of elements where (y_pred > threshold) equals y_true; the threshold is rounded to float32, as in Keras."""

    stacks = True

    def __init__(self, name: str | None = "binary_accuracy", dtype: Any = None, threshold: float = 0.5) -> None:
        super().__init__(name, dtype)
        self.threshold = threshold

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return (y_pred > np.float32(self.threshold)) == y_true

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"threshold": self.threshold}


@metrics.register()
class CategoricalAccuracy(MeanOfValues):
    """Share of rows where argmax(y_pred) equals argmax(y_true)."""

    stacks = True

    def __init__(self, name: str | None = "categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(name, dtype)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return y_true.argmax(axis=-1) == largest(y_pred)


@metrics.register()
class SparseCategoricalAccuracy(MeanOfValues):
    """Share of rows where argmax(y_pred) equals the integer label y_true."""

    stacks = True

    def __init__(self, name: str | None = "sparse_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(name, dtype)

    def prepare(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        y_pred = numbers(y_pred, "y_pred")
        return row_labels(y_true, y_pred, self), y_pred

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return y_true == largest(y_pred)


class TopK(MeanOfValues):
    """Base class of both top-k accuracies."""

    def __init__(self, k: int, name: str | None, dtype: Any) -> None:
        super().__init__(name, dtype)
        if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
            raise ValueError(f"k must be an integer >= 1; received {k!r}")
        self.k = int(k)

    def among_top(self, labels: Array, y_pred: Array) -> Array:
        """Return where fewer than k elements of the row are larger than the label's, so that ties count as correct.

        As in TensorFlow, a label out of range and a row that is not finite are never correct.
        """
        classes = y_pred.shape[-1]
        inside = (labels >= 0) & (labels < classes) & np.isfinite(y_pred).all(axis=-1)
        index = np.where(inside, labels, 0).astype("int64")[..., np.newaxis]
        with np.errstate(invalid="ignore"):
            larger = np.count_nonzero(y_pred > np.take_along_axis(y_pred, index, axis=-1), axis=-1)
        return inside & (larger < self.k)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"k": self.k}


@metrics.register()
class TopKCategoricalAccuracy(TopK):
    """Share of rows whose class, argmax(y_true), is among the k largest of y_pred.

    Raises:
        ValueError: k is not an integer >= 1.
    """

    def __init__(self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(k, name, dtype)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return self.among_top(y_true.argmax(axis=-1), y_pred)


@metrics.register()
class SparseTopKCategoricalAccuracy(TopK):
    """Share of rows whose integer label is among the k largest of y_pred.

    With from_sorted_ids=True, y_pred holds labels in order of decreasing probability, and its first k are searched.

    Raises:
        ValueError: k is not an integer >= 1.
    """

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(k, name, dtype)
        self.from_sorted_ids = from_sorted_ids

    def prepare(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        y_pred = numbers(y_pred, "y_pred")
        return row_labels(y_true, y_pred, self), y_pred

    def values(self, y_true: Array, y_pred: Array) -> Array:
        if self.from_sorted_ids:
            return (y_true.astype(y_pred.dtype)[..., np.newaxis] == y_pred[..., : self.k]).any(axis=-1)
        return self.among_top(y_true, y_pred)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | ({"from_sorted_ids": True} if self.from_sorted_ids else {})
