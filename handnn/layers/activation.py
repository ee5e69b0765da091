"""Activation layers: activations whose arguments a config can hold, and PReLU, which has a weight."""

import warnings
from typing import Any, ClassVar

import numpy as np

from .. import activations, constraints, initializers, regularizers
from ..core.trace import LayerTrace
from ..core.variable import Variable
from .base import Layer, check_built_for, layers


@layers.register()
class PReLU(Layer):
    """z = max(x, 0) + alpha min(x, 0): a leaky relu that learns its slope for x < 0, one for each feature.

    dalpha = sum of delta min(x, 0) over the batch and the shared axes; dx = delta where x > 0, alpha delta where x < 0,
    and 0 where x = 0, as in TensorFlow. alpha has the shape of one sample. He et al. (2015).

    Args:
        alpha_initializer, alpha_regularizer, alpha_constraint: applied to alpha.
        shared_axes: axes along which alpha is shared, with the batch as axis 0. Keras indexes the sample's shape with
            axis - 1, so 0 means the last axis, and -1 the last but one.
    """

    formulas: ClassVar[dict[str, str]] = {
        "z": "max(x, 0) + alpha * min(x, 0)",
        "dalpha": "sum of delta * min(x, 0)",
        "dx": "delta * (1 where x > 0, alpha where x < 0)",
    }

    supports_masking, stacks = True, True

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        axes = [shared_axes] if isinstance(shared_axes, int) else shared_axes
        if axes is not None and not (isinstance(axes, tuple | list) and all(isinstance(axis, int) for axis in axes)):
            raise ValueError(f"shared_axes must be None, an integer or integers; received {shared_axes!r}")
        self.shared_axes = None if axes is None else list(axes)
        self.alpha: Variable

    def make_weights(self, path: str) -> None:
        shape = list(self.input_shape[1:])
        for axis in self.shared_axes or ():
            if not -len(shape) < axis <= len(shape):
                raise ValueError(f"shared_axes {self.shared_axes} of {self.name} do not fit {self.input_shape}")
            shape[axis - 1] = 1
        if None in shape:
            raise ValueError(f"PReLU {self.name} needs known axes; its input shape is {self.input_shape}")
        self.weights = []
        rules = self.alpha_initializer, self.alpha_regularizer, self.alpha_constraint
        self.alpha = self.new_weight(path, "alpha", tuple(shape), *rules)

    def fitted(self, shape: Any) -> Layer:
        shared = self.shared_axes or range(1, len(shape))  # without shared axes Keras looks at the rank alone
        check_built_for(self, shape, [axis for axis in range(1, len(self.input_shape)) if axis not in shared])
        return self

    def forward(self, t: LayerTrace) -> None:
        t.z = np.maximum(t.x, 0, out=t.z)
        t.z += self.over_batch(self.alpha.value) * np.minimum(t.x, 0)

    def backward(self, t: LayerTrace) -> None:
        alpha, batch = self.alpha.value, 0 if self.runs is None else 1
        axes = (batch, *[i for i, size in enumerate(alpha.shape[batch:], start=batch + 1) if size == 1])
        t.gradients["alpha"] = np.sum(t.delta * np.minimum(t.x, 0), axis=axes).reshape(alpha.shape)
        alpha = self.over_batch(alpha)
        t.dx = np.multiply(t.delta, np.where(t.x > 0, 1, np.where(t.x < 0, alpha, 0)), out=t.dx)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "alpha_initializer": initializers.serialize(self.alpha_initializer),
            "alpha_regularizer": regularizers.serialize(self.alpha_regularizer),
            "alpha_constraint": constraints.serialize(self.alpha_constraint),
            "shared_axes": self.shared_axes,
        }


class Function(Layer):
    """Base class: z = x, a = f(x)."""

    builds, supports_masking, stacks = False, True, True


def at_least_0(value: Any, argument: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not value >= 0:
        raise ValueError(f"{argument} must be a number >= 0; received {value!r}")
    return value


@layers.register()
class ReLU(Function):
    """z = x, a = `activations.Relu(negative_slope, max_value, threshold)`; the three must be >= 0."""

    def __init__(
        self, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0, **options: Any
    ) -> None:
        super().__init__(**options)
        self.max_value = None if max_value is None else at_least_0(max_value, "max_value")
        self.negative_slope = at_least_0(negative_slope, "negative_slope")
        self.threshold = at_least_0(threshold, "threshold")
        self.activation = activations.Relu(negative_slope, max_value, threshold)

    def get_config(self) -> dict[str, Any]:
        own = {"max_value": self.max_value, "negative_slope": self.negative_slope, "threshold": self.threshold}
        return super().get_config() | own


@layers.register()
class LeakyReLU(Function):
    """z = x, a = `activations.LeakyRelu(negative_slope)`; the default slope is 0.3, but 0.2 for the function."""

    def __init__(self, negative_slope: float = 0.3, **options: Any) -> None:
        if "alpha" in options:
            negative_slope = options.pop("alpha")
            warnings.warn("the argument 'alpha' is deprecated, as in Keras: use 'negative_slope'", stacklevel=2)
        super().__init__(**options)
        self.negative_slope = at_least_0(negative_slope, "negative_slope")
        self.activation = activations.LeakyRelu(negative_slope)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"negative_slope": self.negative_slope}


@layers.register()
class ELU(Function):
    """z = x, a = `activations.Elu(alpha)`."""

    def __init__(self, alpha: float = 1.0, **options: Any) -> None:
        super().__init__(**options)
        self.activation = activations.Elu(alpha)
        self.alpha = alpha

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"alpha": self.alpha}


MASKED_Z = -1e9
"""z of what a softmax is to leave out."""


class SoftmaxOfAxes(activations.Softmax):
    """Softmax over several axes at once. Keras' layer does not call its softmax function here and keeps no logits."""

    has_logits = False

    def keras_forward(self, z: Any) -> Any:
        """Return exp(z - log sum exp z), whose rounding error grows with z."""
        largest = np.max(z, axis=self.axis, keepdims=True)
        return np.exp(z - (largest + np.log(np.sum(np.exp(z - largest), axis=self.axis, keepdims=True))))

    def keras_backward(self, upstream: Any, z: Any, a: Any) -> Any:
        """Return upstream * a - sum(upstream * a) * p, p = softmax(z) recomputed: p and a differ by the error of a."""
        delta = upstream * a
        return delta - np.sum(delta, axis=self.axis, keepdims=True) * self.keras_forward(z)


@layers.register()
class Softmax(Function):
    """z = x, a = `activations.Softmax(axis)`, over one axis or over several at once.

    With a mask that can be broadcast to x, z = -1e9 and a = 0 where it is False.
    """

    def __init__(self, axis: Any = -1, **options: Any) -> None:
        super().__init__(**options)
        several = isinstance(axis, tuple | list) and len(axis) > 1
        self.activation = (SoftmaxOfAxes if several else activations.Softmax)(axis)
        self.axis = axis

    def receive_masks(self, t: LayerTrace, masks: list[Any]) -> None:
        super().receive_masks(t, masks)
        sizes = zip(np.shape(t.input_mask)[::-1], t.x.shape[::-1], strict=False)
        if np.ndim(t.input_mask) > t.x.ndim or any(m not in (1, size) for m, size in sizes):
            shapes = f"{np.shape(t.input_mask)} for x of shape {t.x.shape}"
            raise ValueError(f"mask of {self.name} must have a shape that can be broadcast to x; received {shapes}")

    def forward(self, t: LayerTrace) -> None:
        t.z = t.x if t.input_mask is None else np.where(t.input_mask, t.x, t.x.dtype.type(MASKED_Z))

    def activate(self, t: LayerTrace) -> None:
        super().activate(t)
        if t.input_mask is not None:  # a row of nothing else would have equal parts
            t.a = np.where(t.input_mask, t.a, t.z.dtype.type(0))

    def backward(self, t: LayerTrace) -> None:
        t.dx = t.delta if t.input_mask is None else np.where(t.input_mask, t.delta, t.delta.dtype.type(0))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"axis": self.axis}
