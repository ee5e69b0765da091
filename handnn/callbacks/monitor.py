"""Callbacks that watch one logged value: their base class, and EarlyStopping."""

import warnings
from typing import Any

import numpy as np

from .. import metrics
from .base import Callback, Logs

FALLING = (
    metrics.BinaryCrossentropy,
    metrics.CategoricalCrossentropy,
    metrics.CategoricalHinge,
    metrics.Hinge,
    metrics.KLDivergence,
    metrics.LogCoshError,
    metrics.MeanAbsoluteError,
    metrics.MeanAbsolutePercentageError,
    metrics.MeanSquaredError,
    metrics.MeanSquaredLogarithmicError,
    metrics.Poisson,
    metrics.RootMeanSquaredError,
    metrics.SparseCategoricalCrossentropy,
    metrics.SquaredHinge,
)
"""Metrics that are better when they are smaller."""
NEITHER = (
    metrics.FalseNegatives,
    metrics.FalsePositives,
    metrics.Mean,
    metrics.MeanMetricWrapper,
    metrics.Sum,
    metrics.TrueNegatives,
    metrics.TruePositives,
)


def is_better_when_smaller(metric: Any) -> bool | None:
    """Return whether a smaller value of the metric is better, by Keras' rule; None if Keras does not know."""
    return None if type(metric) in NEITHER else type(metric) in FALLING


class MonitorCallback(Callback):
    """Base class: compares the logged value `monitor` of an epoch with the best one so far.

    Args:
        monitor: name of the logged value.
        mode: 'min', 'max', or 'auto' to choose by the metric; as in Keras, another one warns and counts as 'auto'.
        baseline: the value that the first one has to beat.
        min_delta: a smaller difference is no improvement.
    """

    def __init__(
        self, monitor: str = "val_loss", mode: str = "auto", baseline: float | None = None, min_delta: float = 0
    ) -> None:
        if mode not in ("auto", "min", "max"):
            warnings.warn(
                f"{type(self).__name__} mode {mode!r} is unknown, which counts as 'auto'; "
                "it must be 'auto', 'min' or 'max'",
                stacklevel=3,
            )
            mode = "auto"
        self.monitor, self.mode, self.best = monitor, mode, baseline
        self.min_delta = abs(min_delta)
        self._smaller: bool | None = None

    @property
    def monitor_op(self) -> Any:
        """np.less or np.greater: whether the first of two values is better. Raises as `is_smaller_better`."""
        return np.less if self.is_smaller_better() else np.greater

    def is_smaller_better(self) -> bool:
        """Return whether a smaller value is better; decided once, at the first comparison.

        Raises:
            ValueError: mode is 'auto', and the metric does not tell.
        """
        if self._smaller is None:
            name = self.monitor.removeprefix("val_")
            entries = getattr(getattr(self.model, "compiled_metrics", None), "entries", [])
            found = {"loss": True, **{own: is_better_when_smaller(metric) for own, metric, _ in entries}}.get(name)
            self._smaller = found if self.mode == "auto" else self.mode == "min"
        if self._smaller is None:
            raise ValueError(f"cannot tell whether more or less of monitor {self.monitor!r} is better; give mode")
        return self._smaller

    def is_improvement(self, value: Any, reference: Any) -> bool:
        """Return whether value is better than reference by more than min_delta; anything is better than None."""
        if reference is None:
            return True
        smaller = self.is_smaller_better()
        value = np.float32(value + self.min_delta if smaller else value - self.min_delta)  # Keras compares in floatx
        return bool(value < np.float32(reference) if smaller else value > np.float32(reference))

    def monitored(self, logs: Logs) -> Any:
        """Return the value of `monitor`; warn and return None if it is not logged."""
        value = logs.get(self.monitor)
        if value is None:
            names = ", ".join(logs) or "none"
            warnings.warn(
                f"{type(self).__name__}: monitor {self.monitor!r} is not logged; available: {names}", stacklevel=3
            )
        return value


class EarlyStopping(MonitorCallback):
    """Stops `fit` when a logged value has not improved for `patience` epochs.

    Args:
        monitor, min_delta, mode: as in `MonitorCallback`.
        patience: number of epochs without improvement.
        verbose: 1 to print when it stops or restores.
        baseline: patience starts anew only with values that are better than this one, too.
        restore_best_weights: at the end of `fit`, restore the weights of the best epoch.
        start_from_epoch: earlier epochs are not looked at.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience, self.verbose, self.baseline = patience, verbose, baseline
        self.restore_best_weights, self.start_from_epoch = restore_best_weights, start_from_epoch
        self._restart()

    def _restart(self) -> None:
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best = None
        self.best_weights: Any = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._restart()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.is_smaller_better()
        current = self.monitored(logs or {})
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights, self.best_epoch = self.model.get_weights(), epoch
        self.wait += 1
        if self.is_improvement(current, self.best):
            self.best, self.best_epoch = current, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self.is_improvement(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch > 0 and self.verbose:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose:
                print(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)


class TerminateOnNaN(Callback):
    """Stops `fit` at the first batch whose loss is NaN or infinite.

    Args:
        raise_error: raise RuntimeError instead, so that no callback's `on_train_end` runs.
    """

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = raise_error

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or np.isfinite(loss).all():
            return
        if self.raise_error:
            raise RuntimeError(f"NaN or Inf loss encountered at batch {batch}: loss {loss}")
        print(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True
