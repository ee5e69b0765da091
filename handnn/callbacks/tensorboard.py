"""`handnn.callbacks.TensorBoard`: writes the logs of `keras.callbacks.TensorBoard` without TensorFlow.

Files (`train`, `validation`), tags, steps and meanings are the same, so that the curves of a Keras run and a handnn run
can be overlaid. There are three departures, so that no data are lost. A folder that holds another run is refused, not
mixed with it. A `fit` that resumes an interrupted one continues its batch count. An integer `update_freq` only thins
out batches, where Keras also drops the epochs' scalars and histograms unless it divides the number of batches.

Beside them are the pages that `handnn train` writes: the run's texts, hyperparameters, graph and Custom Scalars (`.`),
the health of its layers (`health`), and histograms of z, a, delta and the gradients beside those of the weights.
"""

import os
import socket
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..tensorboard import pages, tags
from ..tensorboard.network import log_weights
from ..tensorboard.read import series
from ..tensorboard.writer import EventWriter, ensure_new_run
from .base import Callback, Logs
from .doctor import examine, report
from .health.record import Record

BYTES = 255.5
"""TensorFlow's scale from [0, 1] to a byte; it then truncates the fraction."""


class TensorBoard(Callback):
    """Log loss, metrics, learning rate and weights of `fit` for TensorBoard.

    Args:
        log_dir: folder of the run. It must not hold a run, unless this `fit` resumes it (with `BackupAndRestore`, or
            from a saved model with `initial_epoch`): then the folder gets one more file.
        histogram_freq: number of epochs between histograms of all weights; 0 for none.
        write_graph: write the architecture for the graph dashboard.
        write_images: write the weights as images, along with the histograms.
        write_steps_per_second: write the speed of batches and epochs.
        update_freq: 'epoch', 'batch' (= 1) or a number of steps: how often to write `batch_*`. As in Keras,
            `batch_loss` is the mean since the start of the epoch.
        write_details: write what Keras' callback does not have: Text, HParams, Custom Scalars and a graph that opens at
            once, the health of every layer with the doctor's words at the end, and along with the histograms those
            of z, a, delta, dW and db of the last batch, and trends of every weight. Every tag has a description then.

    Raises:
        ValueError: update_freq, profile_batch or embeddings is not allowed; in `fit`, log_dir holds another run.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: str | int = "epoch",
        profile_batch: int = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
        write_details: bool = True,
    ) -> None:
        if profile_batch or embeddings_freq or embeddings_metadata:
            raise ValueError("profile_batch and embeddings are not supported and must be 0 or None")
        if update_freq not in ("epoch", "batch") and not (isinstance(update_freq, int) and update_freq > 0):
            raise ValueError(f"update_freq must be 'epoch', 'batch' or an integer >= 1; received {update_freq!r}")
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph, self.write_images = write_graph, write_images
        self.write_steps_per_second, self.write_details = write_steps_per_second, write_details
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self._writers: dict[str, EventWriter] = {}
        self._started = self._begun = False
        self._written: dict[str, int] = {}
        self._train_step = 0
        self._batch_began, self._epoch_began = 0.0, (0.0, 0)
        self._record: Record | None = None
        self._has_columns = False

    def _writer(self, part: str) -> EventWriter:
        if part not in self._writers:
            self._writers[part] = EventWriter(os.path.join(self.log_dir, part), described=self.write_details)
        return self._writers[part]

    def _due(self, step: int) -> bool:
        return self.update_freq != "epoch" and step % int(self.update_freq) == 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._begun = False

    def on_train_end(self, logs: Logs | None = None) -> None:
        if not self._begun:
            self._begin()
        if self._record is not None and self._record.epochs:
            self._end(self._record)
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if not self._begun:
            self._begin()
        self._epoch_began = (time.perf_counter(), self.model.optimizer.iterations)

    def _begin(self) -> None:
        """Open the run, after all callbacks have restored their state."""
        if not self._started:
            if self._goes_on():
                self._written = self._last_steps()
            elif not left_by_a_killed_process(self.log_dir):
                ensure_new_run(self.log_dir)
        self._started = self._begun = True
        progress = self.model.progress
        self._train_step = progress.epoch * progress.run["steps"] + progress.batch
        writer = self._writer("train")
        if self.write_graph:
            writer.graph_keras_model(self.model.to_json())
        if self.write_details:
            self._record = Record(self.model, progress.run["steps"] * self.params["epochs"])
            if not self._written and not self._has_columns:
                nodes = pages.nodes_of(self.model) if self.write_graph else ()
                pages.begin(self._writer(""), pages.texts_of(self.model), self._hparams(), nodes)
        if self._written:  # an epoch whose process was killed between its backup and its log
            for epoch, *values in zip(progress.epochs, *progress.history.values(), strict=False):
                self._log_epoch(epoch, dict(zip(progress.history, values, strict=True)))

    def _hparams(self) -> dict[str, str | float | bool]:
        return pages.hparams_of(self.model, self.model.progress.run["batch_size"], self.params["epochs"])

    def _end(self, record: Record) -> None:
        """Write the results of the last epoch, and what the doctor says of the run."""
        last, epoch = record.epochs[-1], self.model.progress.epoch - 1
        told = ", ".join(f"{name} {value:.4g}" for name, value in last.items())
        advice = "\n".join(f"- {line}" for line in report(examine(record, try_overfitting=False)))
        texts = {
            "run/0_result": f"**After {epoch + 1} epochs: {told}**",
            "run/5_doctor": advice,
        }
        pages.end(self._writer(""), texts, last, epoch)

    def _goes_on(self) -> bool:
        """Return whether the folder holds the run that this `fit` resumes: the same loss in every epoch logged."""
        progress, folder = self.model.progress, os.path.join(self.log_dir, "train")
        if not (progress.epoch or progress.batch) or len(progress.epochs) != progress.epoch:
            return False
        try:
            logged = dict(series(folder).get(tags.epoch("loss"), []))
        except ValueError:  # no run, or a damaged one
            return False
        losses = [float(np.float32(loss)) for loss in progress.history.get("loss", [])]
        found = [logged.get(epoch, np.inf) for epoch in progress.epochs]
        if progress.epochs and progress.epochs[-1] not in logged:  # killed between its backup and its log
            found[-1:] = losses[-1:]
        return np.array_equal(losses, found, equal_nan=True)

    def _last_steps(self) -> dict[str, int]:
        """Return the last step of every tag in the folder; a resumed run does not write these steps again."""
        found: dict[str, int] = {}
        for part in ("train", "validation", "health"):
            folder = os.path.join(self.log_dir, part)
            for tag, values in (series(folder) if os.path.isdir(folder) else {}).items():
                found[f"{part}/{tag}"] = max(step for step, _ in values)
        return found

    def _is_there(self, part: str, tag: str, step: int) -> bool:
        return step <= self._written.get(f"{part}/{tag}", -1)

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._train_step += 1
        self._batch_began = time.perf_counter()
        if self._record is not None:
            self._record.before_step()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self._record is not None and self.model.last_step is not None:
            self._scalars("health", tags.health_of(self._record.after_step(*self.model.last_step)), self._train_step)
        if not self._due(self._train_step):
            return
        values = {tags.batch(name): value for name, value in (logs or {}).items()}
        if self.write_steps_per_second:
            values[tags.batch("steps_per_second")] = 1 / (time.perf_counter() - self._batch_began)
        self._scalars("train", values, self._train_step)

    def on_test_end(self, logs: Logs | None = None) -> None:
        optimizer = self.model.optimizer
        if optimizer is not None:
            values = {tags.evaluation(name): value for name, value in (logs or {}).items()}
            self._writer("validation").scalars(values, optimizer.iterations)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = dict(logs or {})
        if self._record is not None:
            self._record.after_epoch(logs)
            if not self._has_columns and f"train/{tags.epoch('loss')}" not in self._written:
                charts = pages.charts_of(name for name in logs if not name.startswith("val_"))
                pages.columns(self._writer(""), self._hparams(), list(logs), charts)
                self._has_columns = True
        self._log_epoch(epoch, logs | {"learning_rate": self.model.optimizer.learning_rate} | self._speed())
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._weights(epoch)

    def _speed(self) -> dict[str, float]:
        if not self.write_steps_per_second:
            return {}
        began, iterations = self._epoch_began
        return {"steps_per_second": (self.model.optimizer.iterations - iterations) / (time.perf_counter() - began)}

    def _log_epoch(self, epoch: int, logs: Mapping[str, float]) -> None:
        validation = {name[4:]: value for name, value in logs.items() if name.startswith("val_")}
        train = {name: value for name, value in logs.items() if not name.startswith("val_")}
        self._epoch_scalars("train", train, epoch)
        if validation:
            self._epoch_scalars("validation", validation, epoch)

    def _epoch_scalars(self, part: str, values: Mapping[str, float], epoch: int) -> None:
        self._scalars(part, {tags.epoch(name): value for name, value in values.items()}, epoch)

    def _scalars(self, part: str, values: Mapping[str, float], step: int) -> None:
        new = {tag: value for tag, value in values.items() if not self._is_there(part, tag, step)}
        if new:
            self._writer(part).scalars(new, step)

    def _weights(self, epoch: int) -> None:
        writer = self._writer("train")
        if self.write_details:
            trace = None if self.model.last_step is None else self.model.last_step[0]
            log_weights(writer, self.model, trace, epoch, lambda tag: self._is_there("train", tag, epoch))
        for weight in self.model.weights:
            if not self.write_details and not self._is_there("train", tags.histogram(weight.path), epoch):
                writer.histogram(tags.histogram(weight.path), weight.value, epoch)
            pixels = weight_pixels(weight.value) if self.write_images else None
            if pixels is not None and not self._is_there("train", tags.image(weight.path), epoch):
                writer.image(tags.image(weight.path), pixels, epoch)


def left_by_a_killed_process(folder: str) -> bool:
    """Return whether all event files below a folder are of processes of this machine that are gone, without a value.

    They hold the architecture at most, so that a new run may begin beside them.
    """
    files = [os.path.join(top, name) for top, _, names in os.walk(folder) for name in names if "tfevents" in name]
    for file in files:
        host, _, pid = os.path.basename(file).rpartition(".")[0].rpartition(".")  # ...tfevents.TIME.HOST.PID.NUMBER
        host = ".".join(host.split(".")[4:])
        if host != socket.gethostname() or _is_alive(pid):
            return False
        if os.path.getsize(file) and not all(
            tag == tags.KERAS_MODEL or pages.is_about_run(tag) for tag in series(file)
        ):
            return False
    return bool(files)


def _is_alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except (OSError, ValueError):
        return True
    return True


def weight_pixels(weight: np.ndarray) -> np.ndarray | None:
    """Return a weight as Keras' greyscale image, uint8: values 0 to 1 from black to white.

    A matrix lies on its longer side, (h, w) with w >= h; a vector is a column, (n, 1).

    None for weights that are neither a vector nor a matrix.
    """
    weight = np.squeeze(weight)
    if weight.ndim == 1:
        weight = weight[:, np.newaxis]
    elif weight.ndim != 2:
        return None
    elif weight.shape[0] > weight.shape[1]:
        weight = weight.T
    return np.clip(weight * BYTES, 0, 255).astype("uint8")
