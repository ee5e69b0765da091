"""LayerNormalization: mean and variance of each sample over its features."""

from typing import Any

from ..base import Layer, layers
from .base import Standardizing, axis_or_axes, broadcast_shape, laid_out, positions, sizes


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
        rms_scaling: must be False; it is deprecated in Keras.

    Raises:
        TypeError: axis is neither an integer nor a list of integers.
        ValueError: rms_scaling is True, or epsilon < 0; when built, an axis does not exist.
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
        if rms_scaling:
            raise ValueError(f"rms_scaling must be False, or use RMSNormalization; received {rms_scaling!r}")
        self.axis = axis_or_axes(axis)

    def make_weights(self, path: str) -> None:
        self.axis = sorted(self.axis) if isinstance(self.axis, list) else [self.axis]
        self.axes = positions(self.axis, self.input_shape, self.name)
        self.broadcast_shape = broadcast_shape(self.axes, self.input_shape)
        weighted = self.scale or self.center
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

    def get_config(self) -> dict[str, Any]:
        own = {"axis": self.axis, "rms_scaling": False}
        return super().get_config() | self.scale_and_offset_config() | own
