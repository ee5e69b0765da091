"""BatchNormalization: mean and variance of each feature over the batch, and moving averages of both."""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ... import initializers
from ...config import epsilon as keras_epsilon
from ...core.trace import LayerTrace
from ...core.variable import Variable
from ..base import Layer, alongside, check_built_for, layers
from .base import Standardizing, broadcast_shape, finite_number, one_axis, others, positions, sizes, summed_to

RUNNING: tuple[str, ...] = ("moving_mean", "moving_variance")

RENORM_FORMULAS = {
    "z": "gamma (xhat R + D) + beta",
    "dgamma": "sum(delta (xhat R + D))",
    "dx": "R r (g - mean(g) - xhat mean(g xhat))",
    "moving_stddev": "m old + (1 - m) sqrt(variance + epsilon)",
    "moving_variance": "moving_stddev^2 - epsilon",
    "renorm_mean": "m old + (1 - m) mean",
    "renorm_stddev": "m old + (1 - m) sqrt(variance + epsilon)",
}
"""What batch renormalization computes in training."""


@layers.register()
class BatchNormalization(Standardizing):
    """z = gamma * (x - mean) * r + beta, r = (variance + epsilon)^(-1/2), for each feature. Ioffe and Szegedy (2015).

    In training, mean and variance are taken over all axes but `axis`, so every sample's z depends on the whole batch:

        dgamma = sum of delta * xhat, dbeta = sum of delta,
        dx = gamma * r * (delta - mean(delta) - xhat * mean(delta * xhat)),
        moving = momentum * moving + (1 - momentum) * new, after the pass, for mean and variance.

    In inference, and in training if the layer is frozen (`trainable=False`), mean and variance are the moving
    averages, which are constants: dx = gamma * r * delta. docs/derivations/batch-normalization.md.

    With `renorm` (Ioffe, 2017), training computes z = gamma * (xhat * R + D) + beta, so that z is what inference would
    give if the moving averages were `renorm_mean` and `renorm_stddev`:

        R = s / renorm_stddev, D = (mean - renorm_mean) / renorm_stddev, s = (variance + epsilon)^(1/2), both clipped.

    R and D count as constants: dgamma = sum of delta * (xhat * R + D), and gamma * R takes the place of gamma in dx.
    `moving_stddev`, `renorm_mean` and `renorm_stddev` are moving averages too, and
    moving_variance = max(moving_stddev^2 - epsilon, 0).

    Args:
        axis: of the features; gamma, beta and the moving averages have shape (features,).
        momentum: weight of the old moving average; 1 keeps it, 0 replaces it.
        epsilon: added to the variance.
        center: whether there is a beta. scale: whether there is a gamma.
        renorm: whether to train with batch renormalization.
        renorm_clipping: limits {"rmin": 0, "rmax": inf, "dmax": inf} of R and of |D|; a missing one does not clip.
        renorm_momentum: weight of the old `renorm_mean` and `renorm_stddev`.
        synchronized: must be False.

    Raises:
        TypeError: axis is not an integer.
        ValueError: a momentum or epsilon is not finite, epsilon < 0, or renorm_clipping has another key, rmax < rmin
            or dmax < 0; when built, axis does not exist.
    """

    stacks = True
    running_statistics = RUNNING
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
        if synchronized:
            raise ValueError(f"synchronized is not supported by handnn and must be False; received {synchronized!r}")
        self.axis = one_axis(axis)
        self.momentum, self.epsilon = float(finite_number(momentum, "momentum")), float(self.epsilon)
        self.renorm = bool(renorm)
        self.renorm_clipping = _clipping(renorm_clipping or {}) if renorm else renorm_clipping
        self.renorm_momentum = finite_number(renorm_momentum, "renorm_momentum")
        if renorm:
            self.running_statistics = (*RUNNING, "moving_stddev", "renorm_mean", "renorm_stddev")
            self.formulas = self.formulas | RENORM_FORMULAS  # type: ignore[misc]
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.moving_mean: Variable
        self.moving_variance: Variable
        self.moving_stddev: Variable
        self.renorm_mean: Variable
        self.renorm_stddev: Variable

    def make_weights(self, path: str) -> None:
        features = sizes(self.axis, self.input_shape, self.name)
        feature_axis = positions(self.axis, self.input_shape, self.name)
        self.axes = others(feature_axis, len(self.input_shape))
        self.broadcast_shape = broadcast_shape(feature_axis, self.input_shape)
        self.make_scale_and_offset(path, features)
        self.moving_mean = self.new_weight(path, "moving_mean", features, self.moving_mean_initializer)
        self.moving_variance = self.new_weight(path, "moving_variance", features, self.moving_variance_initializer)
        if self.renorm:
            root = _root_of(self.moving_variance_initializer)
            self.moving_stddev = self.new_weight(path, "moving_stddev", features, root)
            self.renorm_mean = self.new_weight(path, "renorm_mean", features, self.moving_mean_initializer)
            self.renorm_stddev = self.new_weight(path, "renorm_stddev", features, root)

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

    def correction(self, t: LayerTrace) -> tuple[Any, Any]:
        """Return R and D of batch renormalization.

        As in Keras, renorm_stddev counts as sqrt(epsilon) at least, with epsilon rounded to float32 in any dtype.
        """
        mean, variance = t.cache["mean"], t.cache["variance"]
        own_mean, own_stddev = (
            alongside(mean, w.value.reshape(self.broadcast_shape)) for w in (self.renorm_mean, self.renorm_stddev)
        )
        own_stddev = np.maximum(own_stddev, np.sqrt(alongside(mean, np.asarray(np.float32(self.epsilon), self.dtype))))
        R, D = np.sqrt(variance + self.epsilon) / own_stddev, (mean - own_mean) / own_stddev
        limits = self.renorm_clipping or {}
        if (least := limits.get("rmin")) is not None:
            R = np.maximum(R, least)
        if (most := limits.get("rmax")) is not None:
            R = np.minimum(R, most)
        if (limit := limits.get("dmax")) is not None:
            D = np.clip(D, -limit, limit)
        return R, D

    def scale_and_offset(self, t: LayerTrace) -> tuple[Any, Any]:
        """Return gamma R and gamma D + beta while training with renorm, otherwise gamma and beta."""
        gamma, beta = super().scale_and_offset(t)
        if not self.renorm or not self.follows(t):
            return gamma, beta
        R, D = self.correction(t)
        return R * gamma, D * gamma + beta

    def write_gradients(self, t: LayerTrace, by_gamma: Any, by_beta: Any) -> None:
        if self.renorm and self.follows(t) and self.scale:
            R, D = self.correction(t)  # sum(delta (xhat R + D)) = R sum(delta xhat) + D sum(delta)
            by_gamma = R * summed_to(by_gamma, self.broadcast_shape) + D * summed_to(by_beta, self.broadcast_shape)
        super().write_gradients(t, by_gamma, by_beta)

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
        # moving = m old + (1 - m) new
        t.new_statistics = {}
        if not self.follows(t):
            return
        mean, variance = t.cache["mean"], t.cache["variance"]
        averages = [(self.moving_mean, mean, self.momentum), (self.moving_variance, variance, self.momentum)]
        if self.renorm:
            stddev = np.sqrt(variance + self.epsilon)
            averages[1] = (self.moving_stddev, stddev, self.momentum)
            averages += [(self.renorm_mean, mean, self.renorm_momentum)]
            averages += [(self.renorm_stddev, stddev, self.renorm_momentum)]
        for variable, new, m in averages:
            old = alongside(new, variable.value)
            t.new_statistics[variable.name] = old * m + new.reshape(variable.shape) * (1.0 - m)
        if self.renorm:
            square = np.square(t.new_statistics["moving_stddev"])
            t.new_statistics["moving_variance"] = np.maximum(square - self.epsilon, 0)

    def get_config(self) -> dict[str, Any]:
        own = {
            "axis": self.axis,
            "momentum": self.momentum,
            "moving_mean_initializer": initializers.serialize(self.moving_mean_initializer),
            "moving_variance_initializer": initializers.serialize(self.moving_variance_initializer),
            "renorm": self.renorm,
            "renorm_clipping": self.renorm_clipping,
            "renorm_momentum": self.renorm_momentum,
            "synchronized": False,
        }
        return super().get_config() | self.scale_and_offset_config() | own


def _clipping(given: Any) -> dict[str, float]:
    """Check `renorm_clipping`."""
    limits = ("rmin", "rmax", "dmax")
    if not isinstance(given, dict) or set(given) - set(limits):
        raise ValueError(f"renorm_clipping must be a dict with keys of {', '.join(limits)}; received {given!r}")
    for key, value in given.items():
        if value is not None:
            finite_number(value, f"{key} of renorm_clipping")
    rmin, rmax, dmax = map(given.get, limits)
    if rmin is not None and rmax is not None and rmax < rmin:
        raise ValueError(f"rmax of renorm_clipping must be at least rmin; received {given!r}")
    if dmax is not None and dmax < 0:
        raise ValueError(f"dmax of renorm_clipping must not be negative; received {given!r}")
    return given


def _root_of(initializer: Any) -> Callable[..., Any]:
    """Return an initializer of standard deviations from the variances' own."""

    def stddev(shape: Any, dtype: Any = None) -> Any:
        with np.errstate(invalid="ignore"):  # a drawn variance may be negative; its root is NaN, as in Keras
            return np.sqrt(initializers.weight(initializer, shape, dtype))

    return stddev
