"""The Keras side of a run in lockstep: steps, loss and accuracy by Keras' own metrics, logs by `tf.summary`."""

import os
from collections.abc import Callable
from functools import wraps
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from handnn.core.trace import Trace
from handnn.tensorboard import tags

from .arrays import as_called
from .twin import KerasTwin


def _of_the_disk(method: Callable[..., None]) -> Callable[..., None]:
    """Raise what TensorFlow's writers raise on a full or missing disk as OSError."""

    @wraps(method)
    def guarded(self: "KerasRun", *arguments: Any, **options: Any) -> None:
        try:
            method(self, *arguments, **options)
        except tf.errors.OpError as error:
            raise OSError(0, " ".join(str(error.message).split()), os.fspath(self.directory or "")) from error

    return guarded


class KerasRun:
    """A twin in training, with its metrics of this epoch and its logs.

    Args:
        twin: a `KerasTwin` with an optimizer.
        metric: Keras' name of the accuracy, or None.
        directory: `train` and `validation` are written below it; None for no logs.
    """

    def __init__(self, twin: KerasTwin, metric: str | None, directory: str | None) -> None:
        self.twin = twin
        self.loss = keras.metrics.Mean()
        self.metric = None if metric is None else keras.metrics.get(metric)
        self.directory = directory
        self._writers: dict[str, Any] = {}
        self._forward = tf.function(self._evaluate, autograph=False)

    def start_epoch(self) -> None:
        """Reset the metrics."""
        self.loss.reset_state()
        if self.metric is not None:
            self.metric.reset_state()

    def checked_step(self, x: Any, y: Any, weight: Any = None) -> Trace:
        """Return the trace of one batch, without a step; pass its gradients to `apply`."""
        trace = self.twin.trace(x, y, weight, training=True, keep_statistics=True)
        self._see(trace.loss, trace.y_pred, y)
        return trace

    def step(self, x: Any, y: Any, weight: Any = None) -> None:
        """Take one compiled step."""
        loss, y_pred = self.twin.train_step(x, y, weight)
        self._see(loss, y_pred, y)

    def _see(self, loss: Any, y_pred: Any, y: Any) -> None:
        self.loss.update_state(loss, sample_weight=len(y_pred))
        if self.metric is not None:
            self.metric.update_state(y, y_pred)

    def results(self) -> dict[str, float]:
        """Return the means since the start of the epoch."""
        found = {"loss": float(self.loss.result())}
        if self.metric is not None:
            found["accuracy"] = float(self.metric.result())
        return found

    def evaluate(self, x: Any, y: Any) -> dict[str, float]:
        """Return loss and accuracy on validation samples, in one batch."""
        loss, y_pred = self._forward(*self.twin.tensors(x, y)[:2])
        self.start_epoch()
        self._see(loss, y_pred, y)
        return self.results()

    def _evaluate(self, x: Any, y: Any) -> Any:
        y_pred = self.twin.model(as_called(x), training=False)
        return self.twin.with_penalties(self.twin.loss(y, y_pred)), y_pred

    # ---- logs ---------------------------------------------------------------------------------------------------

    def _writer(self, part: str) -> Any:
        if part not in self._writers:
            self._writers[part] = tf.summary.create_file_writer(f"{self.directory}/{part}")
        return self._writers[part].as_default()

    @_of_the_disk
    def log_scalars(self, part: str, values: dict[str, float], step: int) -> None:
        """Write scalars under their full tags."""
        if self.directory is not None:
            with self._writer(part):
                for tag, value in values.items():
                    _scalar(tag, value, step)

    @_of_the_disk
    def log_weights(self, trace: Trace | None, model: str, step: int) -> None:
        """Write histograms and trends of every weight, and histograms of the trace's gradients and deltas."""
        if self.directory is None:
            return
        with self._writer("train"):
            for variable in self.twin.model.weights:
                _histogram(tags.histogram(variable.path), variable.value, step)
                for name, statistic in STATISTICS.items():
                    _scalar(tags.trend(variable.path, name), statistic(variable.value), step)
            for t in trace or ():
                for name in ("z", "a", "delta"):
                    if getattr(t, name) is not None:
                        _histogram(tags.tensor_histogram(model, t.name, name), getattr(t, name), step)
                for gate, delta in t.gate_deltas().items():
                    _histogram(tags.tensor_histogram(model, t.name, f"delta_{gate}"), delta, step)
                for name, gradient in t.gradients.items():
                    _histogram(tags.gradient_histogram(f"{model}/{t.name}/{name}"), gradient, step)
        self._writers["train"].flush()

    @_of_the_disk
    def log_image(self, tag: str, pixels: np.ndarray, step: int) -> None:
        """Write a picture, uint8 (h, w, 3)."""
        if self.directory is not None:
            with self._writer("train"):
                tf.summary.image(tag, pixels[np.newaxis], step=step, description=tags.description(tag))

    @_of_the_disk
    def close(self) -> None:
        """Flush the logs."""
        for writer in self._writers.values():
            writer.close()


def _scalar(tag: str, value: Any, step: int) -> None:
    tf.summary.scalar(tag, value, step=step, description=tags.description(tag))


def _histogram(tag: str, values: Any, step: int) -> None:
    tf.summary.histogram(tag, values, step=step, description=tags.description(tag))


STATISTICS = {
    "mean": tf.reduce_mean,
    "std": tf.math.reduce_std,
    "norm": tf.norm,
    "min": tf.reduce_min,
    "max": tf.reduce_max,
}
