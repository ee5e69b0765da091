"""Layers: forward z from x, backward dL/dx and the weights' gradients from the residual delta = dL/dz.

Every layer has two halves. The first, `forward` and `backward` below, is what the layer does to its input and its
weights; the second is its activation a = f(z). So each has a residual, and the steps are the same everywhere:

    forward    t.z = ... t.x ...         a = f(z)
    backward   delta = upstream * f'(z)  t.gradients, t.dx = ... t.delta ...

`t` is the layer's `LayerTrace`: inputs are read from it, results written into its arrays. Arguments, defaults and
config are those of `keras.layers`; Keras' `kernel` is W and its `bias` is b.
"""

from typing import Any, ClassVar

import numpy as np

from .. import activations
from ..config import check_dtype
from ..naming import auto_name
from ..registry import Registry
from ..trace import LayerTrace
from ..variable import Array, Variable, as_array, fitting

layers: Registry[type["Layer"]] = Registry("layer")

Shape = tuple[int | None, ...]


def policy(dtype: str) -> dict[str, Any]:
    """Return Keras' serialised dtype policy."""
    return {"module": "keras", "class_name": "DTypePolicy", "config": {"name": dtype}, "registered_name": None}


def checked_shape(shape: Any, argument: str = "shape") -> tuple[int, ...]:
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    if not all(isinstance(size, int | np.integer) and size > 0 for size in shape):
        raise ValueError(f"{argument} must hold positive integers; received {shape}")
    return shape


class Layer:
    """Base class.

    Args:
        name: used in logs, traces and weight paths; by default the class name, numbered.
        trainable: False freezes the weights.
        dtype: 'float32' or 'float64', of weights and computation; the input is cast to it.
        input_shape: shape of one sample, as an alternative to a leading `Input`.
    """

    activation: activations.Activation = activations.linear
    formulas: ClassVar[dict[str, str]] = {}
    """How reports write this layer's z, dW, db, dx, where that differs from Dense."""
    builds: ClassVar[bool] = True
    """Whether Keras stores this layer's input shape in its config ('build_config')."""

    def __init__(
        self,
        *,
        name: str | None = None,
        trainable: bool = True,
        dtype: Any = None,
        input_shape: tuple[int, ...] | None = None,
        **unknown: Any,
    ) -> None:
        if unknown:
            raise TypeError(f"{type(self).__name__} has no argument {', '.join(map(repr, unknown))}")
        self.name = name or auto_name(type(self).__name__)
        if not isinstance(self.name, str) or "/" in self.name:
            raise ValueError(f"name must be a string without '/'; received {name!r}")
        self.weights: list[Variable] = []
        self.trainable = trainable
        self.dtype = check_dtype(dtype)
        self.given_input_shape = None if input_shape is None else (None, *checked_shape(input_shape, "input_shape"))
        self.input_shape: Shape | None = None

    @property
    def built(self) -> bool:
        return self.input_shape is not None

    def hands_on(self, training: bool) -> bool:
        """Return whether the layer gives back its very input, through which Keras still sees logits."""
        return False

    @property
    def trainable(self) -> bool:
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for weight in self.weights:
            weight.trainable = self._trainable

    @property
    def trainable_weights(self) -> list[Variable]:
        return self.weights if self.trainable else []

    def build(self, input_shape: Shape, path: str | None = None) -> None:
        """Make the weights for inputs of this shape (batch first, None). `path` prefixes their names."""
        self.input_shape = tuple(input_shape)
        self.make_weights(f"{path}/{self.name}" if path else self.name)

    def make_weights(self, path: str) -> None:
        """Create the weights; layers without any leave this alone."""

    def add_weight(self, path: str, name: str, shape: tuple[int, ...], initializer: Any) -> Variable:
        variable = Variable(initializer(shape, self.dtype), name, f"{path}/{name}", self.trainable)
        self.weights.append(variable)
        return variable

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape)

    def forward(self, t: LayerTrace) -> None:
        """Write t.z, computed from t.x."""
        t.z = t.x

    def backward(self, t: LayerTrace) -> None:
        """Write t.gradients and t.dx, computed from t.delta and t.x."""
        t.dx = t.delta

    def randomize(self, t: LayerTrace, mask: Array | None = None) -> None:
        """Choose what the layer draws at random in this pass; layers without chance leave this alone."""

    def activate(self, t: LayerTrace) -> None:
        """A = f(z)."""
        t.a = self.activation.forward(t.z, out=t.a)

    def residual(self, t: LayerTrace) -> None:
        """Delta = dL/dz from upstream = dL/da."""
        t.delta = self.activation.backward(t.upstream, t.z, t.a, out=t.delta)

    def __call__(self, x: Any, training: bool = False) -> Array:
        """Return the layer's output for x, building the weights first if that was not done yet."""
        t = LayerTrace(self.name)
        t.x, t.training = as_array(x).astype(self.dtype, copy=False), training
        if not self.built:
            self.build((None, *t.x.shape[1:]))
        self.randomize(t)
        self.forward(t)
        self.activate(t)
        return t.a

    def get_weights(self) -> list[Array]:
        return [weight.numpy() for weight in self.weights]

    def set_weights(self, weights: Any) -> None:
        for variable, array in zip(self.weights, fitting(weights, self.weights), strict=True):
            variable.value[...] = array

    def count_params(self) -> int:
        return sum(weight.size for weight in self.weights)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "trainable": self.trainable, "dtype": policy(self.dtype)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Layer":
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"
