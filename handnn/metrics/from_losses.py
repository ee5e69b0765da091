"""Metrics from losses: running means of the values of `handnn.losses`, which has the formulas."""

from typing import Any, ClassVar

import numpy as np

from .. import losses
from ..config import FLOAT_TYPES
from ..core.masks import mask_of, weight_with_mask
from ..core.variable import Array, as_array
from .base import MeanOfValues, metrics


class LossMetric(MeanOfValues):
    """Mean of a loss' values, computed in the dtype of y_pred as in Keras."""

    loss: ClassVar[str]
    """Name of the loss in `handnn.losses`."""
    sign: ClassVar[int] = 1

    def __init__(self, name: str | None = None, dtype: Any = None, **options: Any) -> None:
        super().__init__(name, dtype)
        self.options = options
        own = self.make_loss(self.dtype)
        self._losses: dict[Any, losses.Loss] = {np.dtype(self.dtype): own}
        self._on_logits: dict[Any, losses.Loss] = {}
        self.takes_logits = own.on_logits() is not own
        """Whether Keras passes the logits of a softmax or sigmoid layer to the metric."""

    def make_loss(self, dtype: str) -> losses.Loss:
        return losses.losses[self.loss](**self.options, reduction="none", dtype=dtype)

    def loss_of(self, dtype: Any) -> losses.Loss:
        """Return the loss for this dtype, or for the metric's own dtype if this one is not floating point."""
        if dtype not in self._losses:
            self._losses[dtype] = self.make_loss(dtype.name if dtype.name in FLOAT_TYPES else self.dtype)
        return self._losses[dtype]

    def prepare(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        y_pred = as_array(y_pred)
        return self.loss_of(y_pred.dtype).prepare(y_true, y_pred)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        values = self.loss_of(y_pred.dtype).values(y_true, y_pred)
        return values if self.sign == 1 else -values

    def update_on_logits(self, y_true: Any, z: Array, sample_weight: Any = None) -> None:
        """Add a batch, given the logits z of a softmax or sigmoid output."""
        if z.dtype not in self._on_logits:
            self._on_logits[z.dtype] = self.loss_of(z.dtype).on_logits()
        loss = self._on_logits[z.dtype]
        sample_weight = weight_with_mask(sample_weight, mask_of(z), self.dtype)
        y_true, z = loss.prepare(y_true, z)
        self.take(loss.values(y_true, z), self.weights_for(y_true, sample_weight))


@metrics.register("mse", "MSE")
class MeanSquaredError(LossMetric):
    """Mean of (y_pred - y_true)^2."""

    loss = "mean_squared_error"

    def __init__(self, name: str | None = "mean_squared_error", dtype: Any = None) -> None:
        super().__init__(name, dtype)


@metrics.register("mae", "MAE")
class MeanAbsoluteError(LossMetric):
    """Mean of |y_pred - y_true|."""

    loss = "mean_absolute_error"

    def __init__(self, name: str | None = "mean_absolute_error", dtype: Any = None) -> None:
        super().__init__(name, dtype)


@metrics.register("mape", "MAPE")
class MeanAbsolutePercentageError(LossMetric):
    """Mean of 100 |y_true - y_pred| / max(|y_true|, epsilon)."""

    loss = "mean_absolute_percentage_error"

    def __init__(self, name: str | None = "mean_absolute_percentage_error", dtype: Any = None) -> None:
        super().__init__(name, dtype)


@metrics.register("msle", "MSLE")
class MeanSquaredLogarithmicError(LossMetric):
    """Mean of (log(1 + y_true) - log(1 + y_pred))^2, both y_true and y_pred at least epsilon."""

    loss = "mean_squared_logarithmic_error"

    def __init__(self, name: str | None = "mean_squared_logarithmic_error", dtype: Any = None) -> None:
        super().__init__(name, dtype)


@metrics.register()
class LogCoshError(LossMetric):
    """Mean of log cosh(y_pred - y_true)."""

    loss = "log_cosh"

    def __init__(self, name: str | None = "logcosh", dtype: Any = None) -> None:
        super().__init__(name, dtype)


@metrics.register()
class Hinge(LossMetric):
    """Mean of max(1 - y_true y_pred, 0), labels -1 and 1 (0 becomes -1)."""

    loss = "hinge"

    def __init__(self, name: str | None = "hinge", dtype: Any = None) -> None:
        super().__init__(name, dtype)


@metrics.register()
class SquaredHinge(LossMetric):
    """Mean of max(1 - y_true y_pred, 0)^2, labels -1 and 1 (0 becomes -1)."""

    loss = "squared_hinge"

    def __init__(self, name: str | None = "squared_hinge", dtype: Any = None) -> None:
        super().__init__(name, dtype)


@metrics.register()
class CategoricalHinge(LossMetric):
    """Mean of max(1 + largest y_pred of a wrong class - y_pred of the right class, 0)."""

    loss = "categorical_hinge"

    def __init__(self, name: str | None = "categorical_hinge", dtype: Any = None) -> None:
        super().__init__(name, dtype)


@metrics.register()
class KLDivergence(LossMetric):
    """Mean of sum_k y_true log(y_true / y_pred)."""

    loss = "kl_divergence"

    def __init__(self, name: str | None = "kl_divergence", dtype: Any = None) -> None:
        super().__init__(name, dtype)


@metrics.register()
class Poisson(LossMetric):
    """Mean of y_pred - y_true log y_pred."""

    loss = "poisson"

    def __init__(self, name: str | None = "poisson", dtype: Any = None) -> None:
        super().__init__(name, dtype)


@metrics.register()
class CosineSimilarity(LossMetric):
    """Mean of the cosine of the angle between y_true and y_pred along `axis`: the negative loss of that name."""

    loss = "cosine_similarity"
    sign = -1

    def __init__(self, name: str | None = "cosine_similarity", dtype: Any = None, axis: int = -1) -> None:
        super().__init__(name, dtype, axis=axis)


class Crossentropy(LossMetric):
    """Base class of the cross-entropies, whose configs include their arguments."""

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.options


@metrics.register("bce", "BCE")
class BinaryCrossentropy(Crossentropy):
    """Mean of -1/K sum_k (y_k log p_k + (1 - y_k) log(1 - p_k))."""

    loss = "binary_crossentropy"

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(name, dtype, from_logits=from_logits, label_smoothing=label_smoothing)


@metrics.register()
class CategoricalCrossentropy(Crossentropy):
    """Mean of -sum_k y_k log p_k."""

    loss = "categorical_crossentropy"

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype, from_logits=from_logits, label_smoothing=label_smoothing, axis=axis)


@metrics.register()
class SparseCategoricalCrossentropy(Crossentropy):
    """Mean of -log p_y, y an integer label. Rows labelled ignore_class count as 0, or, with weights, do not count.

    This is what Keras' metric does. Its loss excludes them from every mean.
    """

    loss = "sparse_categorical_crossentropy"

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype, from_logits=from_logits, ignore_class=ignore_class, axis=axis)

    def weights_for(self, y_true: Array, sample_weight: Any) -> Array | None:
        weight, ignored = self.weights(sample_weight), self.options["ignore_class"]
        if weight is None or ignored is None:
            return weight
        return weight.reshape(weight.shape[: y_true.ndim] + (1,) * (y_true.ndim - weight.ndim)) * (y_true != ignored)
