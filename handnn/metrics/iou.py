"""Intersection over union of the samples of a class and the samples predicted to be of it (Jaccard index)."""

import warnings
from typing import Any

import numpy as np

from ..config import epsilon
from ..core.variable import Array, as_array, real_array
from .base import Metric, metrics, number

DTYPES = ("int32", "int64", "float32", "float64")


@metrics.register()
class IoU(Metric):
    """Mean of TP / (TP + FP + FN) over the target classes that occur in the data.

    Samples with a label outside 0 .. num_classes - 1 in y_true or y_pred are ignored, and so are those whose y_true is
    ignore_class. As in Keras, epsilon = 1e-7 is added to both divisors, so a perfect prediction has 0.9999999. The
    dtype, an integer type by default, applies to labels and weights: weights are truncated to integers with a warning.

    Args:
        num_classes: number of classes. target_class_ids: the classes to average over.
        sparse_y_true, sparse_y_pred: whether they hold labels; otherwise the argmax along `axis` is the label.

    Raises:
        ValueError: target_class_ids or dtype is not allowed.
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Any,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        self.num_classes, self.target_class_ids = num_classes, [int(i) for i in target_class_ids]
        if not all(-num_classes <= i < num_classes for i in self.target_class_ids):
            raise ValueError(f"target_class_ids must be below num_classes={num_classes}; received {target_class_ids}")
        super().__init__(dtype, name)
        self.ignore_class, self.axis = ignore_class, axis
        self.sparse_y_true, self.sparse_y_pred = sparse_y_true, sparse_y_pred

    @staticmethod
    def check_dtype(dtype: Any) -> str:
        name = "int64" if dtype in (None, "int") else np.dtype(dtype).name
        if name not in DTYPES:
            raise ValueError(f"dtype must be one of {', '.join(DTYPES)}; received {name}")
        return name

    def reset_state(self) -> None:
        self.total_cm: Any = np.zeros((self.num_classes, self.num_classes))

    def labels(self, y: Any, argument: str, sparse: bool) -> Array:
        """Return the labels as a flat array of integers, -1 for NaN and for values that are not classes."""
        array = real_array(y, argument)
        labels = np.ravel(array if sparse else array.argmax(axis=self.axis))
        return np.where((labels > -1) & (labels < self.num_classes), labels, -1).astype("int64")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch of labels of any shape."""
        true = self.labels(y_true, "y_true", self.sparse_y_true)
        pred = self.labels(y_pred, "y_pred", self.sparse_y_pred)
        if true.shape != pred.shape:
            raise ValueError(f"y_true must hold {pred.size} labels, as y_pred does; received {true.size}")
        counted = (true >= 0) & (pred >= 0)
        if self.ignore_class is not None:
            counted &= true != self.ignore_class
        cell = np.where(counted, true * self.num_classes + pred, 0)
        counts = np.bincount(cell, self.weights(sample_weight, true.shape) * counted, self.num_classes**2)
        self.total_cm = self.total_cm + counts.reshape(self.num_classes, self.num_classes)

    def weights(self, sample_weight: Any, shape: tuple[int, ...]) -> Array:
        given = as_array(1 if sample_weight is None else sample_weight)
        if "int" in self.dtype and given.dtype.kind == "f":
            warnings.warn(f"{self.name} counts in {self.dtype}: sample_weight is truncated to integers", stacklevel=3)
        weight = np.ravel(given) if given.ndim > 1 else given
        try:
            return np.broadcast_to(weight.astype(self.dtype), shape)
        except ValueError:
            raise ValueError(f"sample_weight must hold {shape[0]} weights; received shape {given.shape}") from None

    def result(self) -> float:
        every = np.arange(self.num_classes)
        hit = self.total_cm[every, every]
        union = np.sum(self.total_cm, axis=0) + np.sum(self.total_cm, axis=1) - hit
        hit, union = hit[self.target_class_ids], union[self.target_class_ids]
        occurs = union > 1e-9
        return number(np.sum(np.where(occurs, hit / (union + epsilon()), 0.0)) / (np.count_nonzero(occurs) + epsilon()))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "num_classes": self.num_classes,
            "target_class_ids": self.target_class_ids,
            "ignore_class": self.ignore_class,
            "sparse_y_true": self.sparse_y_true,
            "sparse_y_pred": self.sparse_y_pred,
            "axis": self.axis,
        }


def without(config: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in config.items() if name not in names}


@metrics.register()
class BinaryIoU(IoU):
    """IoU of two classes: y_pred >= threshold predicts class 1, compared in float32 as in Keras."""

    def __init__(
        self,
        target_class_ids: Any = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch: labels 0 and 1 in y_true, numbers in y_pred."""
        predicted = real_array(y_pred, "y_pred", "float32") >= np.float32(self.threshold)
        super().update_state(y_true, predicted, sample_weight)

    def get_config(self) -> dict[str, Any]:
        kept = without(super().get_config(), "num_classes", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis")
        return kept | {"threshold": self.threshold}


@metrics.register()
class MeanIoU(IoU):
    """IoU averaged over all classes that occur in the data."""

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        every = range(num_classes)
        super().__init__(num_classes, every, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        return without(super().get_config(), "target_class_ids")


@metrics.register()
class OneHotIoU(IoU):
    """IoU with one-hot y_true; y_pred holds scores, or labels if sparse_y_pred."""

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Any,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        return without(super().get_config(), "sparse_y_true")


@metrics.register()
class OneHotMeanIoU(MeanIoU):
    """MeanIoU with one-hot y_true; y_pred holds scores, or labels if sparse_y_pred."""

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        return without(super().get_config(), "sparse_y_true")
