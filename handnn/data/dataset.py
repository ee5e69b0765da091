"""`Dataset`, the result of `load`, and one-hot labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..config import check_dtype
from .checks import whole_number, wrong
from .preparation import Preparation, Shapes


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples ready for training, validation and test.

    Attributes:
        x_train, x_validation, x_test: features, (samples, inputs), float32 or float64, C-contiguous;
            x_test has 0 rows if there is no test part.
        y_train, y_validation, y_test: labels (samples,) int64 in 0..classes-1, each of which occurs in y_train;
            or, for regression, targets (samples, outputs) of x's dtype, in their own unit.
        task: "classification" or "regression".
        classes: number of classes; None for regression.
        class_names: the classes' labels in the source, in the order of the classes; None for regression.
        image_shape: (height, width) if a row of x is a picture, row by row; otherwise None.
        scaling: how the features were scaled, in words.
        preparation: the same as numbers, to prepare new samples in the same way; it is saved with a model.
        notes: what was left out while reading, such as rows without a target.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    task: str
    classes: int | None
    class_names: tuple[str, ...] | None
    image_shape: tuple[int, int] | None
    scaling: str
    preparation: Preparation
    notes: tuple[str, ...] = ()

    @property
    def inputs(self) -> int:
        """Number of features of a sample, after flattening."""
        return self.x_train.shape[1]

    @property
    def arrays(self) -> Shapes:
        """Name and shape of each input, where a row of x holds several side by side; otherwise ()."""
        return getattr(self.preparation.inputs, "arrays", ())

    def describe(self) -> str:
        """Return one line: name, inputs, classes or outputs, size of each part, scaling of the features, notes."""
        picture = " ({}x{})".format(*self.image_shape) if self.image_shape else ""
        goal = f"{self.classes} classes" if self.classes else f"regression to {self.y_train.shape[1]}"
        parts = {"train": self.x_train, "validation": self.x_validation, "test": self.x_test}
        sizes = " + ".join(f"{len(x)} {name}" for name, x in parts.items() if len(x))
        return "; ".join((f"{self.name}: {self.inputs} inputs{picture}, {goal}", sizes, self.scaling, *self.notes))


def one_hot(labels: Any, classes: int, dtype: Any = "float32") -> np.ndarray:
    """Return (n, classes) with 1 in each label's column and 0 elsewhere, for labels (n,) in 0..classes-1.

    Raises:
        ValueError: labels are not integers, not one-dimensional or outside 0..classes-1; classes is below 1;
            dtype is neither float32 nor float64.
    """
    classes = whole_number("classes", classes, least=1)
    found = np.asarray(labels)
    if found.ndim != 1 or (found.dtype.kind not in "iu" and found.size):
        raise wrong("labels", f"got shape {found.shape} of {found.dtype}", "whole numbers of shape (n,)")
    outside = (found < 0) | (found >= classes)
    if outside.any():
        first = int(np.argmax(outside))
        raise wrong("labels", f"got {found[first]} at position {first}", f"labels in 0..{classes - 1}")
    encoded = np.zeros((found.size, classes), dtype=check_dtype(dtype))
    encoded[np.arange(found.size), found.astype(np.int64)] = 1
    return encoded
