"""Input, Dense, Activation, Identity and Masking."""

import warnings
from typing import Any, ClassVar

import numpy as np

from .. import activations, constraints, initializers, regularizers
from ..config import INPUT_TYPES, check_dtype
from ..core.naming import auto_name
from ..core.stacking import dot, transposed
from ..core.trace import LayerTrace
from ..core.variable import Variable
from .base import Layer, checked_shape, layers, refuse
from .keras_tensor import KerasTensor, Shape


@layers.register()
class InputLayer(Layer):
    """Holds the shape and dtype of a model's input; no mathematics."""

    builds = False

    def __init__(
        self,
        shape: tuple[int, ...] | None = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: Any = None,
        input_tensor: None = None,
        optional: bool = False,
        name: str | None = None,
        input_shape: Any = None,
        batch_input_shape: Any = None,
    ) -> None:
        super().__init__(name=name)
        batch_shape = batch_input_shape if batch_shape is None else batch_shape  # as Keras 2 called it
        if input_shape is not None:
            warnings.warn("Argument `input_shape` is deprecated. Use `shape` instead.", stacklevel=2)
            shape = input_shape
        self.dtype = check_dtype(dtype, known=INPUT_TYPES)
        if sparse or ragged or input_tensor is not None:
            raise ValueError("sparse, ragged and input_tensor are not supported and must not be given")
        self.optional = bool(optional)
        if (shape is None) == (batch_shape is None):
            raise ValueError("Input needs either shape or batch_shape, not both")
        if batch_size is not None and batch_shape is not None:
            raise ValueError(f"Input takes batch_size beside shape only; received batch_shape {batch_shape} too")
        if batch_shape is None:
            batch_shape = (batch_size, *checked_shape(shape, unknown=True))
        self.batch_shape: Shape = tuple(batch_shape)
        self.tensor = KerasTensor(self.batch_shape, self.dtype, self)
        self.calls = [self.tensor]

    def call(self) -> None:
        """Do nothing, as in Keras: it computes nothing."""

    def get_config(self) -> dict[str, Any]:
        return {
            "batch_shape": self.batch_shape,
            "dtype": self.dtype,
            "sparse": False,
            "ragged": False,
            "name": self.name,
            "optional": self.optional,
        }


def Input(
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Any = None,
    name: str | None = None,
    tensor: None = None,
    optional: bool = False,
) -> KerasTensor:
    """Declare a model's input: `Input((784,))`, first in a `Sequential`; the layers of a `Model` are called on it.

    Args:
        shape: of one sample; None for an unknown size.
        batch_size: if it is fixed; None for any.
        dtype: a float type, or an integer type for the indices of an Embedding.
        batch_shape: (batch_size, *shape), in the place of both.
        optional: whether None may be given for it.

    Returns:
        A `KerasTensor` of shape (batch_size, *shape).

    Raises:
        ValueError: shape does not hold positive integers, or dtype is not supported; sparse, ragged or tensor is given.
    """
    options = {"sparse": sparse, "ragged": ragged, "batch_shape": batch_shape, "optional": optional}
    name = name or auto_name("InputLayer")
    layer = InputLayer(shape, batch_size, dtype, input_tensor=tensor, name=name, **options)
    assert layer.tensor is not None
    return layer.tensor


@layers.register()
class Dense(Layer):
    """z = x @ W + b, a = f(z): x (batch, inputs), W (inputs, units), b (units,), z and a (batch, units).

    dW = x.T @ delta, db = sum of delta over the batch, dx = delta @ W.T. An input of more than two axes is treated as
    rows of its last axis, as in Keras.

    Args:
        units: width of the layer.
        kernel_regularizer, bias_regularizer: add R(W) or R(b) to the loss, and its derivative to dW or db.
        kernel_constraint, bias_constraint: applied to W or b after every optimizer step.

    Raises:
        ValueError: units is not an integer >= 1, or a name is unknown.
    """

    supports_masking, stacks = True, True

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: None = None,
        lora_alpha: None = None,
        quantization_config: None = None,
        **options: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **options)
        if isinstance(units, bool) or not isinstance(units, int | np.integer) or units < 1:
            raise ValueError(f"units must be an integer >= 1; received {units!r}")
        refuse("Dense", lora_rank=lora_rank, lora_alpha=lora_alpha, quantization_config=quantization_config)
        self.units = int(units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.kernel: Variable
        self.bias: Variable | None = None

    def make_weights(self, path: str) -> None:
        assert self.input_shape is not None
        inputs = self.input_shape[-1]
        if inputs is None:
            raise ValueError(f"Dense {self.name} needs a known last axis; its input shape is {self.input_shape}")
        self.weights = []
        shape = (inputs, self.units)
        rules = self.kernel_initializer, self.kernel_regularizer, self.kernel_constraint
        self.kernel = self.new_weight(path, "kernel", shape, *rules)
        if self.use_bias:
            rules = self.bias_initializer, self.bias_regularizer, self.bias_constraint
            self.bias = self.new_weight(path, "bias", (self.units,), *rules)

    def fitted(self, shape: tuple[int | None, ...]) -> Layer:
        """Return the layer; raise ValueError if the input has another number of features than it was built for."""
        if shape[-1:] not in ((None,), self.kernel.shape[:1]):
            raise ValueError(f"{self.name} is built for {self.kernel.shape[0]} features; received shape {tuple(shape)}")
        return self

    def forward(self, t: LayerTrace) -> None:
        t.z = dot(t.x, self.kernel.value, out=t.z)
        if self.bias is not None:
            t.z += self.over_batch(self.bias.value)

    def backward(self, t: LayerTrace) -> None:
        gradients, x, delta = t.gradients, t.x, t.delta
        if x.ndim > 2 and self.runs is None:
            x, delta = x.reshape(-1, x.shape[-1]), delta.reshape(-1, self.units)
        gradients["kernel"] = dot(transposed(x), delta, out=gradients.get("kernel"))
        if self.bias is not None:
            ones = t.ones(delta.shape[-2])
            gradients["bias"] = dot(ones, delta, out=gradients.get("bias"))  # sum over the batch
        if t.wants_dx:
            t.dx = dot(t.delta, transposed(self.kernel.value), out=t.dx)

    def can_stack(self) -> bool:
        return super().can_stack() and len(self.input_shape) == 2

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return self.activation.compute_output_shape((*input_shape[:-1], self.units))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
            "bias_constraint": constraints.serialize(self.bias_constraint),
            "quantization_config": None,
        }


@layers.register()
class Activation(Layer):
    """z = x, a = f(x): an activation as a separate layer."""

    builds, supports_masking, stacks = False, True, True

    def __init__(self, activation: Any, **options: Any) -> None:
        super().__init__(**options)
        self.activation = activations.get(activation)

    def is_identity(self, training: bool) -> bool:
        return self.activation is activations.linear

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return self.activation.compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"activation": activations.serialize(self.activation)}


@layers.register()
class Identity(Layer):
    """z = x, dx = delta: does nothing."""

    builds, supports_masking, stacks = False, True, True
    takes_integers, gives_integers = True, True

    def is_identity(self, training: bool) -> bool:
        return True


@layers.register()
class Masking(Layer):
    """A step of time counts if any of its features differs from mask_value; the others are padding.

    z = x where the step counts, 0 elsewhere; dx = delta there, 0 elsewhere. The mask (batch, time) is handed on to the
    layers above.

    Args:
        mask_value: what padding holds.
    """

    builds, uses_cache = False, True
    supports_masking, creates_mask = True, True
    formulas: ClassVar[dict[str, str]] = {"z": "x where it counts, or 0", "dx": "delta where x counts, or 0"}

    def __init__(self, mask_value: Any = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.mask_value = mask_value

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return (batch, time): whether a step counts."""
        x = getattr(inputs, "value", inputs)  # of an array with error bounds
        return np.any(x != np.asarray(self.mask_value, x.dtype), axis=-1)

    def forward(self, t: LayerTrace) -> None:
        if t.output_mask is None:  # given where a pass is repeated near another one
            t.output_mask = self.compute_mask(t.x)
        t.z = np.where(self.counting(t), t.x, t.x.dtype.type(0))

    def backward(self, t: LayerTrace) -> None:
        t.dx = np.where(self.counting(t), t.delta, t.delta.dtype.type(0))

    @staticmethod
    def counting(t: LayerTrace) -> Any:
        """Return the mask in the shape of x."""
        return np.broadcast_to(t.output_mask[..., np.newaxis], t.x.shape)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"mask_value": self.mask_value}
