"""BatchNormalization: mean and variance of each feature over the batch, and moving averages of both."""

from typing import Any, ClassVar

import numpy as np

from ... import initializers
from ...config import epsilon as keras_epsilon
from ...core.trace import LayerTrace
from ...core.variable import Variable
from ..base import Layer, alongside, check_built_for, layers
from .base import Standardizing, broadcast_shape, finite_number, one_axis, others, positions, sizes


@layers.register()
class BatchNormalization(Standardizing):
    """z = gamma * (x - mean) * r + beta, r = (variance + epsilon)^(-1/2), for each feature. Ioffe and Szegedy (2015).

    In training, mean and variance are taken over all axes but `axis`, so every sample's z depends on the whole batch:

        dgamma = sum of delta * xhat, dbeta = sum of delta,
        dx = gamma * r * (delta - mean(delta) - xhat * mean(delta * xhat)),
        moving = momentum * moving + (1 - momentum) * new, after the pass, for mean and variance.

    In inference, and in training if the layer is frozen (`trainable=False`), mean and variance are the moving
    averages, which are constants: dx = gamma * r * delta. docs/derivations/batch-normalization.md.

    Args:
        axis: of the features; gamma, beta and the moving averages have shape (features,).
        momentum: weight of the old moving average; 1 keeps it, 0 replaces it.
        epsilon: added to the variance.
        center: whether there is a beta. scale: whether there is a gamma.
        renorm, synchronized: must be False.

    Raises:
        TypeError: axis is not an integer.
        ValueError: momentum or epsilon is not finite, or epsilon < 0; when built, axis does not exist.
    """

    stacks = True
    running_statistics = ("moving_mean", "moving_variance")
    formulas: ClassVar[dict[str, str]] = Standardizing.formulas | {
        "moving_mean": "m old + (1 - m) mean",
        "moving_variance": "m old + (1 - m) variance",
    }

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: dict[str, float] | None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **options: Any,
    ) -> None:
        initializer, regularizer = (beta_initializer, gamma_initializer), (beta_regularizer, gamma_regularizer)
        constraint = beta_constraint, gamma_constraint
        super().__init__(epsilon, center, scale, initializer, regularizer, constraint, **options)
        for argument, value in (("renorm", renorm), ("synchronized", synchronized)):
            if value:
                raise ValueError(f"{argument} is not supported by handnn and must be False; received {value!r}")
        self.axis = one_axis(axis)
        self.momentum, self.epsilon = float(finite_number(momentum, "momentum")), float(self.epsilon)
        self.renorm_clipping, self.renorm_momentum = renorm_clipping, renorm_momentum  # only for Keras' config
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.moving_mean: Variable
        self.moving_variance: Variable

    def make_weights(self, path: str) -> None:
        features = sizes(self.axis, self.input_shape, self.name)
        feature_axis = positions(self.axis, self.input_shape, self.name)
        self.axes = others(feature_axis, len(self.input_shape))
        self.broadcast_shape = broadcast_shape(feature_axis, self.input_shape)
        self.make_scale_and_offset(path, features)
        self.moving_mean = self.new_weight(path, "moving_mean", features, self.moving_mean_initializer)
        self.moving_variance = self.new_weight(path, "moving_variance", features, self.moving_variance_initializer)

    def fitted(self, shape: Any) -> Layer:
        check_built_for(self, shape, [self.axis])
        return self

    def follows(self, t: LayerTrace) -> bool:
        return t.training and self.trainable

    def receive_masks(self, t: LayerTrace, masks: list[Any]) -> None:
        super().receive_masks(t, masks)
        if t.input_mask is not None and t.input_mask.ndim != t.x.ndim - 1:
            shapes = f"{t.input_mask.shape} for x of shape {t.x.shape}"
            raise ValueError(f"mask of {self.name} must have one axis fewer than x; received {shapes}")

    def moments(self, t: LayerTrace, x: Any) -> tuple[Any, Any]:
        if self.follows(t) and t.input_mask is None:
            return super().moments(t, x)
        if self.follows(t):
            w, n = self.weights_of_means(t, x, x)
            mean = np.sum(x * w, axis=self.axes, keepdims=True) / n
            return mean, np.sum(np.square(x * w - mean) * w, axis=self.axes, keepdims=True) / n
        mean, variance = (
            weight.value.reshape(self.broadcast_shape) for weight in (self.moving_mean, self.moving_variance)
        )
        return alongside(x, mean), alongside(x, variance)

    # With a mask, mean and variance are taken over the m elements that count, w = 1, and divided by n = m + epsilon
    # (Keras' own, 1e-7). All elements are normalized. As sum(w (x - mean)) = epsilon mean is not quite 0, the variance
    # depends on the mean:
    #     dx = r (g - w sum(g) / n - w xhat C / n + w r C epsilon mean / n^2),      C = sum(g xhat)

    def weights_of_means(self, t: LayerTrace, x: Any, mean: Any) -> tuple[Any, Any]:
        if t.input_mask is None:
            return super().weights_of_means(t, x, mean)
        w = np.broadcast_to(t.input_mask[..., np.newaxis], x.shape).astype(x.dtype)
        return w, np.sum(w, axis=self.axes, keepdims=True) + w.dtype.type(keras_epsilon())

    def subtract_moments(self, t: LayerTrace, g: Any, work: Any) -> None:
        if t.input_mask is None:
            super().subtract_moments(t, g, work)
            return
        xhat, mean, r = t.cache["xhat"], t.cache["mean"], t.cache["r"]
        w, n = self.weights_of_means(t, xhat, mean)
        C = np.sum(g * xhat, axis=self.axes, keepdims=True)
        total = np.sum(g, axis=self.axes, keepdims=True) - r * C * (keras_epsilon() * mean / n)
        g -= w * (total / n)
        g -= w * xhat * (C / n)

    def update_running_statistics(self, t: LayerTrace) -> None:
        t.new_statistics = {}
        if self.follows(t):
            for variable, new in ((self.moving_mean, t.cache["mean"]), (self.moving_variance, t.cache["variance"])):
                old = alongside(new, variable.value)
                t.new_statistics[variable.name] = old * self.momentum + new.reshape(variable.shape) * (
                    1.0 - self.momentum
                )

    def get_config(self) -> dict[str, Any]:
        own = {
            "axis": self.axis,
            "momentum": self.momentum,
            "moving_mean_initializer": initializers.serialize(self.moving_mean_initializer),
            "moving_variance_initializer": initializers.serialize(self.moving_variance_initializer),
            "renorm": False,
            "renorm_clipping": self.renorm_clipping,
            "renorm_momentum": self.renorm_momentum,
            "synchronized": False,
        }
        return super().get_config() | self.scale_and_offset_config() | own
