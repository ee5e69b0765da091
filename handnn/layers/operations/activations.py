"""Activations called on a symbolic tensor: `keras.activations.relu(x)`, `keras.ops.softmax(x)`."""

from typing import Any

from ... import activations
from ..core import Activation
from ..keras_tensor import KerasTensor, Shape
from .base import Operation

OF_NN = """Celu Elu Gelu Glu HardShrink HardSigmoid HardSilu HardTanh LeakyRelu LogSigmoid LogSoftmax Relu Relu6 Selu
Sigmoid Silu SoftShrink Softmax Softplus Softsign SparsePlus SparseSigmoid Sparsemax Squareplus TanhShrink Threshold"""
"""Keras' operations that are activations; handnn's classes have the same names."""

FORMS: dict[tuple[str, str], Any] = {
    **{("keras.src.ops.nn", name): getattr(activations, name) for name in OF_NN.split()},
    ("keras.src.ops.numpy", "Tanh"): activations.Tanh,
    ("keras.src.activations.activations", "ReLU"): activations.Relu,
}
"""{(module, class) of an operation of Keras: handnn's activation}."""


class Activated(Operation):
    """z = x, a = f(x).

    Args:
        activation: f. form: (module, class) of Keras' operation.
    """

    def __init__(self, activation: Any, form: tuple[str, str], name: str | None = None, dtype: Any = None) -> None:
        self.keras_module, self.keras_name = form  # type: ignore[misc]  # a class for each f would say no more
        super().__init__(name, dtype)
        self.activation = activation

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return self.activation.compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.arguments_of(self.activation, self.keras_name)

    @staticmethod
    def arguments_of(activation: Any, keras_name: str) -> dict[str, Any]:
        """Return what Keras keeps of an activation's arguments: of `relu` from `keras.ops`, none."""
        return {} if keras_name == "Relu" else activation.get_config()

    def copied(self) -> Operation:
        return type(self)(self.activation, (self.keras_module, self.keras_name), self.name, self.dtype)


def activated(x: KerasTensor, f: Any, dtype: Any, of_ops: bool = False) -> KerasTensor:
    """Return the tensor of f(x): of Keras' operation, else of an Activation layer. `of_ops`: from `keras.ops`."""
    found = [form for form, cls in FORMS.items() if cls is type(f) and (form[1] != "Relu" or of_ops)]
    if type(f) is activations.Linear:
        return x
    return Activated(f, found[0], dtype=dtype)(x) if found else Activation(f, dtype=dtype)(x)
