"""Layers: forward z from x, backward dL/dx and the weights' gradients from the residual delta = dL/dz.

Every layer has two halves. The first, `forward` and `backward` below, is what the layer does to its input and its
weights; the second is its activation a = f(z). So each has a residual, and the steps are the same everywhere:

    forward    t.z = ... t.x ...         a = f(z)
    backward   delta = upstream * f'(z)  t.gradients, t.dx = ... t.delta ...

`t` is the layer's `LayerTrace`: inputs are read from it, results written into its arrays. Arguments, defaults and
config are those of `keras.layers`; Keras' `kernel` is W and its `bias` is b.
"""

import math
from typing import Any, ClassVar

import numpy as np

from . import activations, initializers
from .config import check_dtype
from .naming import auto_name
from .registry import Registry, class_and_config
from .trace import LayerTrace
from .utils import new_seed
from .variable import Array, Variable, as_array, fitting

layers: Registry[type["Layer"]] = Registry("layer")

Shape = tuple[int | None, ...]


def policy(dtype: str) -> dict[str, Any]:
    """Return Keras' serialised dtype policy."""
    return {"module": "keras", "class_name": "DTypePolicy", "config": {"name": dtype}, "registered_name": None}


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
        self.given_input_shape = None if input_shape is None else (None, *_shape(input_shape, "input_shape"))
        self.input_shape: Shape | None = None

    @property
    def built(self) -> bool:
        return self.input_shape is not None

    @property
    def hands_on(self) -> bool:
        """Whether the layer gives back its very input, through which Keras still sees the logits of a softmax."""
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


@layers.register()
class InputLayer(Layer):
    """The shape and dtype of what goes in; no mathematics."""

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
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if sparse or ragged or optional or input_tensor is not None:
            raise ValueError("sparse, ragged, optional and input_tensor are not supported and must not be given")
        if (shape is None) == (batch_shape is None):
            raise ValueError("Input needs either shape or batch_shape")
        self.batch_shape: Shape = tuple(batch_shape) if batch_shape is not None else (batch_size, *_shape(shape))

    def get_config(self) -> dict[str, Any]:
        return {
            "batch_shape": self.batch_shape,
            "dtype": self.dtype,
            "sparse": False,
            "ragged": False,
            "name": self.name,
            "optional": False,
        }


def Input(
    shape: tuple[int, ...] | None = None, batch_size: int | None = None, dtype: Any = None, name: str | None = None
) -> InputLayer:
    """Say what goes into a `Sequential`: `Input((784,))`."""
    return InputLayer(shape, batch_size, dtype, name=name or auto_name("InputLayer"))


def _shape(shape: Any, argument: str = "shape") -> tuple[int, ...]:
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    if not all(isinstance(size, int | np.integer) and size > 0 for size in shape):
        raise ValueError(f"{argument} must hold positive integers; received {shape}")
    return shape


@layers.register()
class Dense(Layer):
    """z = x @ W + b, a = f(z).

    dW = x.T @ delta, db = sum of delta over the batch, dx = delta @ W.T. Inputs of more than two axes are treated as
    rows of their last axis, as in Keras.

    Args:
        units: width of the layer; W has shape (inputs, units), b (units,).
    """

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: None = None,
        bias_regularizer: None = None,
        activity_regularizer: None = None,
        kernel_constraint: None = None,
        bias_constraint: None = None,
        lora_rank: None = None,
        lora_alpha: None = None,
        quantization_config: None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if isinstance(units, bool) or not isinstance(units, int | np.integer) or units < 1:
            raise ValueError(f"units must be an integer >= 1; received {units!r}")
        for argument, value in (
            ("kernel_regularizer", kernel_regularizer),
            ("bias_regularizer", bias_regularizer),
            ("activity_regularizer", activity_regularizer),
            ("kernel_constraint", kernel_constraint),
            ("bias_constraint", bias_constraint),
            ("lora_rank", lora_rank),
            ("lora_alpha", lora_alpha),
            ("quantization_config", quantization_config),
        ):
            if value is not None:
                raise ValueError(f"{argument} is not supported by handnn's Dense and must be None; received {value!r}")
        self.units = int(units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel: Variable
        self.bias: Variable | None = None

    def make_weights(self, path: str) -> None:
        assert self.input_shape is not None
        inputs = self.input_shape[-1]
        if inputs is None:
            raise ValueError(f"Dense {self.name} needs a known last axis; its input shape is {self.input_shape}")
        self.weights = []
        self.kernel = self.add_weight(path, "kernel", (inputs, self.units), self.kernel_initializer)
        if self.use_bias:
            self.bias = self.add_weight(path, "bias", (self.units,), self.bias_initializer)

    def forward(self, t: LayerTrace) -> None:
        t.z = np.dot(t.x, self.kernel.value, out=t.z)
        if self.bias is not None:
            t.z += self.bias.value

    def backward(self, t: LayerTrace) -> None:
        gradients, rows = t.gradients, (-1, self.units)
        x, delta = (t.x, t.delta) if t.x.ndim == 2 else (t.x.reshape(-1, t.x.shape[-1]), t.delta.reshape(rows))
        gradients["kernel"] = np.dot(x.T, delta, out=gradients.get("kernel"))
        if self.bias is not None:
            gradients["bias"] = np.dot(t.ones(len(delta)), delta, out=gradients.get("bias"))  # sum over the batch
        if t.wants_dx:
            t.dx = np.dot(t.delta, self.kernel.value.T, out=t.dx)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": None,
            "bias_regularizer": None,
            "kernel_constraint": None,
            "bias_constraint": None,
            "quantization_config": None,
        }


@layers.register()
class Activation(Layer):
    """z = x, a = f(x): an activation as a layer of its own."""

    builds = False

    def __init__(self, activation: Any, **options: Any) -> None:
        super().__init__(**options)
        self.activation = activations.get(activation)

    @property
    def hands_on(self) -> bool:
        return self.activation is activations.linear

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"activation": activations.serialize(self.activation)}


@layers.register()
class Flatten(Layer):
    """(batch, h, w, ...) -> (batch, h w ...). dx is delta in the shape of x."""

    formulas: ClassVar[dict[str, str]] = {"z": "x as rows", "dx": "delta as x"}

    def __init__(self, data_format: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        if data_format not in (None, "channels_last"):
            raise ValueError(f"data_format must be 'channels_last'; received {data_format!r}")

    def forward(self, t: LayerTrace) -> None:
        t.z = t.x.reshape(len(t.x), -1)

    def backward(self, t: LayerTrace) -> None:
        t.dx = t.delta.reshape(t.x.shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        sizes = [size for size in input_shape[1:] if size is not None]
        return (input_shape[0], math.prod(sizes) if len(sizes) == len(input_shape) - 1 else None)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"data_format": "channels_last"}


@layers.register()
class Dropout(Layer):
    """z = x * mask, dx = delta * mask, with mask = 0 at a share `rate` of the elements and 1/(1 - rate) elsewhere.

    In inference the layer passes x on. A mask handed in is used, so that the Keras twin and this layer can be
    compared under the same one; otherwise one is drawn. Srivastava et al. (2014).
    """

    builds = False
    formulas: ClassVar[dict[str, str]] = {"z": "x * mask", "dx": "delta * mask"}

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
            raise ValueError(f"rate must be a number in [0, 1]; received {rate!r}")
        if seed is not None and (not isinstance(seed, int | np.integer) or seed < 0):
            raise ValueError(f"seed must be None or an integer >= 0; received {seed!r}")
        if noise_shape is not None and not isinstance(noise_shape, tuple | list):
            raise ValueError(f"noise_shape must be None or a shape; received {noise_shape!r}")
        self.rate, self._given_seed = rate, seed
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)
        self.generator = np.random.default_rng(new_seed() if seed is None else seed)

    @property
    def hands_on(self) -> bool:
        return self.rate == 0

    def draw(self, shape: tuple[int, ...]) -> Array:
        """Draw a mask for inputs of this shape; axes of size 1 in `noise_shape` share their draw."""
        noise_shape = self.noise_shape or shape
        noise_shape = tuple(full if size is None else size for size, full in zip(noise_shape, shape, strict=True))
        keep = self.generator.random(noise_shape) >= self.rate
        scale = 1 / (1 - self.rate) if self.rate < 1 else 0
        return np.broadcast_to(keep * np.asarray(scale, self.dtype), shape)

    def randomize(self, t: LayerTrace, mask: Array | None = None) -> None:
        if mask is not None:
            t.mask = as_array(mask).astype(self.dtype, copy=False)
        else:
            t.mask = self.draw(t.x.shape) if t.training and self.rate else None

    def forward(self, t: LayerTrace) -> None:
        t.z = np.multiply(t.x, t.mask, out=t.z) if t.mask is not None else t.x

    def backward(self, t: LayerTrace) -> None:
        t.dx = np.multiply(t.delta, t.mask, out=t.dx) if t.mask is not None else t.delta

    def get_config(self) -> dict[str, Any]:
        own = {"rate": self.rate, "seed": self._given_seed, "noise_shape": self.noise_shape}
        return super().get_config() | own


def from_config(config: dict[str, Any]) -> Layer:
    """Return a layer from Keras' serialised form; a layer that handnn does not have is named."""
    name, options = class_and_config(config, "layer")
    if name not in layers:
        raise ValueError(f"the config holds a layer {name}, which handnn does not have; it has {', '.join(layers)}")
    if name == "InputLayer":
        return InputLayer(**options)
    return layers[name].from_config(options)
