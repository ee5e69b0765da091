"""LayerNormalization: mean and variance of each sample over its features."""

import warnings
from typing import Any

import numpy as np

from ...core.trace import LayerTrace
from ..base import Layer, layers
from .base import Standardizing, axis_or_axes, broadcast_shape, laid_out, positions, sizes

RMS_FORMULAS = {"z": "gamma x r", "dgamma": "sum(delta x r)", "dx": "r (g - xhat mean(g x r))"}
"""What `rms_scaling` computes."""


@layers.register()
class LayerNormalization(Standardizing):
    """z = gamma * (x - mean) * r + beta, r = (variance + epsilon)^(-1/2), for each sample. Ba, Kiros, Hinton (2016).

    Mean and variance are taken over `axis`, and gamma and beta vary along it. So gamma stays inside the means:
    with g = delta * gamma, dx = r * (g - mean(g) - xhat * mean(g * xhat)); dgamma and dbeta are sums over the batch
    and the other axes. Training and inference are the same. docs/derivations/layer-normalization.md.

    Args:
        axis: one or several; gamma and beta have the sizes of these axes, sorted by their numbers as written. As in
            Keras, gamma is reshaped, not transposed, to the input's axes: with axis=(-1, 1) its shape starts with the
            last axis, but its elements fill the input's axes in the input's order.
        epsilon: added to the variance.
        center: whether there is a beta. scale: whether there is a gamma.
        rms_scaling: deprecated, as in Keras: it divides by the standard deviation, not by the root mean square, and
            subtracts no mean: z = gamma * x * r. There is always a gamma and never a beta. With y = x * r,
            dgamma = sum of delta * y and dx = r * (g - xhat * mean(g * y)). Use RMSNormalization instead.

    Raises:
        TypeError: axis is neither an integer nor a list of integers.
        ValueError: epsilon < 0; when built, an axis does not exist.
    """

    stacks = True

    def __init__(
        self,
        axis: Any = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        rms_scaling: bool = False,
        **options: Any,
    ) -> None:
        initializer, regularizer = (beta_initializer, gamma_initializer), (beta_regularizer, gamma_regularizer)
        constraint = beta_constraint, gamma_constraint
        super().__init__(epsilon, center, scale, initializer, regularizer, constraint, **options)
        self.rms_scaling = bool(rms_scaling)
        if rms_scaling:
            said = "divides by the standard deviation and is deprecated; use RMSNormalization for the root mean square"
            warnings.warn(f"rms_scaling=True {said}", stacklevel=2)
            self.formulas = self.formulas | RMS_FORMULAS  # type: ignore[misc]
        self.axis = axis_or_axes(axis)

    def make_weights(self, path: str) -> None:
        self.axis = sorted(self.axis) if isinstance(self.axis, list) else [self.axis]
        self.axes = positions(self.axis, self.input_shape, self.name)
        self.broadcast_shape = broadcast_shape(self.axes, self.input_shape)
        weighted = self.scale or self.center or self.rms_scaling
        self.make_scale_and_offset(path, sizes(self.axis, self.input_shape, self.name) if weighted else ())

    def fitted(self, shape: Any) -> Layer:
        """Return the layer with `axis` counted in this shape."""
        own = laid_out(self, shape)
        weighted = self.gamma if self.gamma is not None else self.beta
        if own is not self and weighted is not None and sizes(self.axis, shape, self.name) != weighted.shape:
            raise ValueError(
                f"{self.name} has weights of shape {weighted.shape} along axis {self.axis}; received an input of shape "
                f"{tuple(shape)}"
            )
        own.broadcast_shape = broadcast_shape(own.axes, shape) if own is not self else self.broadcast_shape
        return own

    @property
    def has_scale_and_offset(self) -> tuple[bool, bool]:
        return (True, False) if self.rms_scaling else super().has_scale_and_offset

    def forward(self, t: LayerTrace) -> None:
        super().forward(t)
        if self.rms_scaling:
            y = np.multiply(t.x, t.cache["r"], out=t.cache.get("y"))
            gamma, _ = self.scale_and_offset(t)
            t.cache["y"], t.z = y, np.multiply(y, gamma, out=t.cache["z"])

    def backward(self, t: LayerTrace) -> None:
        if not self.rms_scaling:
            super().backward(t)
            return
        # dgamma = sum(delta * y)      g = delta * gamma      dx = r * (g - xhat * mean(g * y)),      y = x * r
        r, xhat, y = (t.cache[name] for name in ("r", "xhat", "y"))
        self.write_gradients(t, t.delta * y, t.delta)
        if t.wants_dx:
            gamma, _ = self.scale_and_offset(t)
            g = t.delta * gamma
            t.dx = r * (g - xhat * np.mean(g * y, axis=self.axes, keepdims=True))

    def keras_forward(self, t: LayerTrace) -> None:
        (self.forward if self.rms_scaling else super().keras_forward)(t)

    def keras_backward(self, t: LayerTrace) -> None:
        (self.backward if self.rms_scaling else super().keras_backward)(t)

    def get_config(self) -> dict[str, Any]:
        own = {"axis": self.axis, "rms_scaling": self.rms_scaling}
        return super().get_config() | self.scale_and_offset_config() | own
