"""Arithmetic of tensors and numbers: a + b, a - b, a * b, a / b, a ** 2, -a, abs(a), a @ b, maxima and minima.

Where a maximum is reached by both, the first argument gets delta, as in TensorFlow.
"""

from typing import Any, ClassVar

import numpy as np

from ...core.trace import LayerTrace
from ..keras_tensor import Shape
from ..merging import Add, Maximum, Minimum, Multiply, Subtract
from ..merging.base import Merge, dx_of
from .base import Operation, WithNumber

# ---- two tensors -----------------------------------------------------------------------------------------------------


class AddTensors(Operation, Add):
    """z = x_1 + x_2, dx = delta, delta."""

    keras_name, count = "Add", 2


class SubtractTensors(Operation, Subtract):
    """z = x_1 - x_2, dx = delta, -delta."""

    keras_name = "Subtract"


class MultiplyTensors(Operation, Multiply):
    """z = x_1 x_2, dx = delta x_2, delta x_1."""

    keras_name, count = "Multiply", 2


class MaximumTensors(Operation, Maximum):
    """z = the larger of x_1 and x_2, whose dx is delta; the other's is 0."""

    keras_name, count = "Maximum", 2


class MinimumTensors(Operation, Minimum):
    """z = the smaller of x_1 and x_2, whose dx is delta; the other's is 0."""

    keras_name, count = "Minimum", 2


class DivideTensors(Operation, Merge):
    """z = x_1 / x_2, dx = delta / x_2, -delta x_1 / x_2^2."""

    keras_name, count = "TrueDivide", 2
    formulas: ClassVar[dict[str, str]] = {"z": "x_1 / x_2", "dx": "delta / x_2, delta * (-x_1 / x_2 / x_2)"}

    def forward(self, t: LayerTrace) -> None:
        a, b = self.parts(t)
        t.z = np.divide(a, b, out=t.z)

    def backward(self, t: LayerTrace) -> None:
        a, b = self.parts(t)
        t.dx = dx_of(t, 0, t.delta / b), dx_of(t, 1, t.delta * (np.negative(a) / b / b))


class MatmulTensors(Operation, Merge):
    """z = x_1 @ x_2 of each sample, dx = delta @ x_2^T, x_1^T @ delta.

    Raises:
        ValueError: when called, the tensors are no stacks of matrices that fit, one for each sample.
    """

    keras_name, count = "Matmul", 2
    formulas: ClassVar[dict[str, str]] = {"z": "x_1 @ x_2", "dx": "delta @ x_2.T, x_1.T @ delta"}

    def compute_output_shape(self, input_shape: Any) -> Shape:
        (*front, rows, inner), (*others, terms, columns) = input_shape
        unequal = [a for a, b in zip(front, others, strict=False) if None not in (a, b) and a != b]
        if len(front) != len(others) or not front or unequal or (None not in (inner, terms) and inner != terms):
            raise ValueError(
                f"a @ b needs tensors (batch, ..., m, k) and (batch, ..., k, n); received shapes {list(input_shape)}"
            )
        return (*front, rows, columns)

    def forward(self, t: LayerTrace) -> None:
        a, b = t.x
        t.z = np.matmul(a, b, out=t.z)

    def backward(self, t: LayerTrace) -> None:
        a, b = t.x
        t.dx = np.matmul(t.delta, np.swapaxes(b, -1, -2)), np.matmul(np.swapaxes(a, -1, -2), t.delta)


# ---- a tensor and a number -------------------------------------------------------------------------------------------


class AddNumber(WithNumber):
    """z = x + c, dx = delta."""

    keras_name = "Add"
    formulas: ClassVar[dict[str, str]] = {"z": "x + c", "dx": "delta"}

    def forward(self, t: LayerTrace) -> None:
        t.z = np.add(t.x, self.constant(t.x), out=t.z)


class SubtractNumber(WithNumber):
    """z = x - c, dx = delta; reversed z = c - x, dx = -delta."""

    keras_name = "Subtract"
    formulas: ClassVar[dict[str, str]] = {"z": "x - c or c - x", "dx": "delta or -delta"}

    def forward(self, t: LayerTrace) -> None:
        c = self.constant(t.x)
        t.z = np.subtract(c, t.x, out=t.z) if self.reverse else np.subtract(t.x, c, out=t.z)

    def backward(self, t: LayerTrace) -> None:
        t.dx = np.negative(t.delta, out=t.dx) if self.reverse else t.delta


class MultiplyByNumber(WithNumber):
    """z = x c, dx = delta c."""

    keras_name = "Multiply"
    formulas: ClassVar[dict[str, str]] = {"z": "x c", "dx": "delta c"}

    def forward(self, t: LayerTrace) -> None:
        t.z = np.multiply(t.x, self.constant(t.x), out=t.z)

    def backward(self, t: LayerTrace) -> None:
        t.dx = np.multiply(t.delta, self.constant(t.delta), out=t.dx)


class DivideByNumber(WithNumber):
    """z = x / c, dx = delta / c; reversed z = c / x, dx = -delta c / x^2."""

    keras_name = "TrueDivide"
    formulas: ClassVar[dict[str, str]] = {"z": "x / c or c / x", "dx": "delta / c or delta * (-c / x / x)"}

    def forward(self, t: LayerTrace) -> None:
        c = self.constant(t.x)
        t.z = np.divide(c, t.x, out=t.z) if self.reverse else np.divide(t.x, c, out=t.z)

    def backward(self, t: LayerTrace) -> None:
        c = self.constant(t.delta)
        t.dx = t.delta * (np.negative(c) / t.x / t.x) if self.reverse else np.divide(t.delta, c, out=t.dx)


class PowerOfNumber(WithNumber):
    """z = x^c, dx = delta c x^(c - 1); reversed z = c^x, dx = delta z log c, 0 for c <= 0."""

    keras_name, uses_cache = "Power", True  # dx of c^x needs z
    formulas: ClassVar[dict[str, str]] = {"z": "x^c or c^x", "dx": "delta * (c * x^(c - 1)) or delta * z * log c"}

    def forward(self, t: LayerTrace) -> None:
        c = self.constant(t.x)
        t.z = np.power(c, t.x, out=t.z) if self.reverse else np.power(t.x, c, out=t.z)

    def backward(self, t: LayerTrace) -> None:
        c = self.constant(t.delta)
        if self.reverse:
            slope = np.log(c) if self.number > 0 else self.constant(t.delta) * 0
            t.dx = t.delta * t.z * slope
        else:
            t.dx = t.delta * (c * np.power(t.x, c - 1))


class MaximumWithNumber(WithNumber):
    """z = max(x, c), dx = delta where x is the larger one, 0 elsewhere."""

    keras_name = "Maximum"
    formulas: ClassVar[dict[str, str]] = {"z": "max(x, c)", "dx": "delta where x > c, or the first of equals; or 0"}
    choice: ClassVar[Any] = np.maximum
    first: ClassVar[Any] = np.greater_equal
    second: ClassVar[Any] = np.greater

    def forward(self, t: LayerTrace) -> None:
        t.z = self.choice(t.x, self.constant(t.x), out=t.z)

    def backward(self, t: LayerTrace) -> None:
        chosen = self.second if self.reverse else self.first
        t.dx = np.where(chosen(t.x, self.constant(t.x)), t.delta, t.delta.dtype.type(0))


class MinimumWithNumber(MaximumWithNumber):
    """z = min(x, c), dx = delta where x is the smaller one, 0 elsewhere."""

    keras_name = "Minimum"
    formulas: ClassVar[dict[str, str]] = {"z": "min(x, c)", "dx": "delta where x < c, or the first of equals; or 0"}
    choice = np.minimum
    first, second = np.less_equal, np.less


OF_TENSORS: dict[str, Any] = {
    cls.keras_name: cls
    for cls in (
        AddTensors,
        SubtractTensors,
        MultiplyTensors,
        MaximumTensors,
        MinimumTensors,
        DivideTensors,
        MatmulTensors,
    )
} | {"Divide": DivideTensors}
OF_NUMBERS: dict[str, Any] = {
    cls.keras_name: cls
    for cls in (
        AddNumber,
        SubtractNumber,
        MultiplyByNumber,
        DivideByNumber,
        PowerOfNumber,
        MaximumWithNumber,
        MinimumWithNumber,
    )
} | {"Divide": DivideByNumber}
OF_ARRAYS = ("Add", "Subtract", "Multiply")
"""Those whose number may be an array that is broadcast over the samples."""
