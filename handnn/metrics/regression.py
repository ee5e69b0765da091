"""Regression metrics that are not means of losses: RMSE, explained variance, correlations."""

import warnings
from typing import Any

import numpy as np

from ..config import epsilon
from ..core.variable import Array, as_array, real_array
from .base import FLOAT64, MeanOfValues, Metric, metrics, number, same_rank

AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


@metrics.register()
class RootMeanSquaredError(MeanOfValues):
    """sqrt(mean of (y_pred - y_true)^2). A mask of y_pred is not looked at, as in Keras."""

    reads_mask = False

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(name, dtype)

    def prepare(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        """Cast to the metric's dtype and bring to the same rank."""
        return same_rank(real_array(y_true, "y_true", self.dtype), real_array(y_pred, "y_pred", self.dtype), self)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return np.square(y_pred - y_true)

    def result(self) -> float:
        return number(np.sqrt(super().result()))


@metrics.register()
class R2Score(Metric):
    """Explained share of the variance, 1 - sum w (y - p)^2 / sum w (y - mean of y)^2, for each output.

    The variance is accumulated batch by batch as W, m, S (weight, mean, sum of squared deviations; a batch has b):

        S <- S + S_b + d^2 W W_b / (W + W_b),   d = m_b - m,   m <- m + d W_b / (W + W_b)

    which stays accurate if the mean is large (Chan, Golub & LeVeque, 1983). Keras subtracts sum(y)^2 / W from sum(y^2)
    in float32, which is meaningless if the mean is some thousand standard deviations from 0.

    For constant y the score is 0, or NaN if p = y, as in Keras. With num_regressors = p > 0 it is the adjusted score
    1 - (1 - R2) (n - 1) / (n - p - 1), where n is the number of elements of y (samples times outputs), as in Keras.

    Raises:
        ValueError: class_aggregation or num_regressors is not allowed.
    """

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: Any = None,
    ) -> None:
        if class_aggregation not in AGGREGATIONS:
            raise ValueError(f"class_aggregation must be one of {AGGREGATIONS}; received {class_aggregation!r}")
        if num_regressors < 0:
            raise ValueError(f"num_regressors must be >= 0; received {num_regressors}")
        super().__init__(dtype, name)
        self.class_aggregation, self.num_regressors = class_aggregation, num_regressors

    def reset_state(self) -> None:
        self.num_samples = 0
        self.weight: Any = self.zeros("weight")
        self.mean: Any = self.zeros("mean")
        self.variation: Any = self.zeros("variation")
        self.residual: Any = self.zeros("residual")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch, y_true and y_pred of shape (samples, outputs). Raises as `Metric.update_state`."""
        y_pred = real_array(y_pred, "y_pred", self.dtype)
        y_true, y_pred = same_rank(real_array(y_true, "y_true", self.dtype), y_pred, self)
        if y_pred.ndim != 2:
            raise ValueError(f"y_pred must have shape (samples, outputs) for R2Score; received {y_pred.shape}")
        if len(y_pred):
            self.gather(y_true.astype(FLOAT64), y_pred, self._weights(sample_weight, y_true))
            self.num_samples += y_true.size

    def _weights(self, sample_weight: Any, y_true: Array) -> Array:
        weight = as_array(1 if sample_weight is None else sample_weight).astype(self.dtype).astype(FLOAT64)
        try:
            return np.broadcast_to(weight[:, np.newaxis] if weight.ndim == 1 else weight, y_true.shape)
        except ValueError:
            raise ValueError(f"sample_weight must have shape ({len(y_true)},); received {weight.shape}") from None

    def gather(self, y: Array, p: Array, w: Array) -> None:
        """Merge a batch's W, m and S. Subtracting its first row before averaging keeps a constant y exact."""
        self.residual = self.residual + (np.square(y - p) * w).sum(axis=0)
        weight = w.sum(axis=0)
        divisor = np.where(weight == 0, 1.0, weight)
        mean = y[0] + ((y - y[0]) * w).sum(axis=0) / divisor
        own = (np.square(y - mean) * w).sum(axis=0)
        together = self.weight + weight
        share = weight / np.where(together == 0, 1.0, together)
        apart = mean - self.mean
        self.variation = self.variation + own + np.square(apart) * self.weight * share
        self.mean = self.mean + apart * share
        self.weight = together

    def result(self) -> Any:
        with np.errstate(divide="ignore", invalid="ignore"):
            constant = (self.variation == 0) & (self.residual != 0)
            scores = np.where(constant, 0.0, 1 - self.residual / self.variation)
            if self.class_aggregation == "uniform_average":
                scores = scores.sum() / scores.size
            elif self.class_aggregation == "variance_weighted_average":
                scores = (self.variation * scores).sum() / self.variation.sum()
        return number(self.adjusted(scores))

    def adjusted(self, score: Any) -> Any:
        """Return the score adjusted for the regressors; unadjusted, with a warning, if there are too few samples."""
        free = self.num_samples - self.num_regressors - 1
        if self.num_regressors == 0:
            return score
        if free <= 0:
            warnings.warn(
                f"R2Score has {self.num_regressors} regressors for {self.num_samples} values: it is not adjusted",
                stacklevel=2,
            )
            return score
        return 1 - (1 - score) * (self.num_samples - 1) / free

    def get_config(self) -> dict[str, Any]:
        own = {"class_aggregation": self.class_aggregation, "num_regressors": self.num_regressors}
        return super().get_config() | own


class Correlation(MeanOfValues):
    """Base class of both correlations: the axis, and the deviations from the mean along it."""

    def __init__(self, name: str | None, dtype: Any, axis: int) -> None:
        super().__init__(name, dtype)
        self.axis = axis

    def prepare(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        y_pred = real_array(y_pred, "y_pred")
        y_pred = y_pred.astype(y_pred.dtype if y_pred.dtype.kind == "f" else self.dtype, copy=False)
        return same_rank(real_array(y_true, "y_true", y_pred.dtype), y_pred, self)

    def average(self, values: Array, keepdims: bool = False) -> Array:
        return np.sum(values, axis=self.axis, keepdims=keepdims) / values.shape[self.axis]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"axis": self.axis}


@metrics.register()
class PearsonCorrelation(Correlation):
    """r = sum a b / sqrt(sum a^2 sum b^2), a and b the deviations of y_true and y_pred from their means along `axis`.

    By default the correlation is over the outputs of each sample, averaged over samples. A constant row gives NaN, and
    so makes the whole mean NaN, as in Keras.
    """

    def __init__(self, name: str | None = "pearson_correlation", dtype: Any = None, axis: int = -1) -> None:
        super().__init__(name, dtype, axis)

    @np.errstate(invalid="ignore")
    def values(self, y_true: Array, y_pred: Array) -> Array:
        a = y_true - self.average(y_true, keepdims=True)
        b = y_pred - self.average(y_pred, keepdims=True)
        a = a / np.sqrt(self.average(a * a, keepdims=True))
        b = b / np.sqrt(self.average(b * b, keepdims=True))
        return self.average(a * b)


@metrics.register()
class ConcordanceCorrelation(Correlation):
    """2 cov(y, p) / (var y + var p + (mean y - mean p)^2 + epsilon) along `axis`: 1 only where p is y. Lin (1989).

    Keras computes the covariance with y - mean p in place of y - mean y, which is equal but loses digits if the means
    are far apart.
    """

    def __init__(self, name: str | None = "concordance_correlation", dtype: Any = None, axis: int = -1) -> None:
        super().__init__(name, dtype, axis)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        mean_true, mean_pred = self.average(y_true, keepdims=True), self.average(y_pred, keepdims=True)
        a, b = y_true - mean_true, y_pred - mean_pred
        norm = self.average(a * a) + self.average(b * b)
        norm = norm + np.square(self.average(y_true) - self.average(y_pred)) + epsilon()
        return 2 * self.average(a * b) / norm

    def keras_values(self, y_true: Array, y_pred: Array) -> Array:
        """Return the values by Keras' formula, to bound its rounding error."""
        mean_true, mean_pred = self.average(y_true, keepdims=True), self.average(y_pred, keepdims=True)
        a, b = y_true - mean_true, y_pred - mean_pred
        covariance = (y_true - mean_pred) * b
        norm = self.average(a * a, keepdims=True) + self.average(b * b, keepdims=True)
        norm = norm + np.square(mean_true - mean_pred) + epsilon()
        return self.average(2 * covariance / norm)
