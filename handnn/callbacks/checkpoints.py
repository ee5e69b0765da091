"""Callbacks that save during `fit`: `ModelCheckpoint`, and `BackupAndRestore` to resume a killed process."""

import os
import warnings
from contextlib import suppress
from typing import Any

import numpy as np

from ..core import atomic
from ..saving import archive, members
from .base import Callback, Logs
from .monitor import MonitorCallback


def checked_frequency(save_freq: Any) -> str | int:
    if save_freq != "epoch" and (isinstance(save_freq, bool) or not isinstance(save_freq, int) or save_freq < 1):
        raise ValueError(f"save_freq must be 'epoch' or an integer >= 1; received {save_freq!r}")
    return save_freq


class Saving(Callback):
    """Base class: counts batches across epochs and calls `save` every `save_freq` batches, or after each epoch."""

    def __init__(self, save_freq: str | int) -> None:
        self.save_freq = checked_frequency(save_freq)
        self._batches = 0
        self._epoch = 0

    def save(self, epoch: int, batch: int | None, logs: Logs) -> None:
        raise NotImplementedError

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._batches += 1
        if self.save_freq != "epoch" and self._batches % int(self.save_freq) == 0:
            self.save(self._epoch, batch, logs or {})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch":
            self.save(epoch, None, logs or {})


class ModelCheckpoint(MonitorCallback, Saving):
    """Saves the model, or its weights and slots, after epochs or after a number of batches.

    Args:
        filepath: ends in `.keras`, or in `.weights.h5` with save_weights_only. May have placeholders for epoch, batch
            and logged values: `"{epoch:02d}-{val_loss:.2f}.keras"`. Its folder is created if necessary.
        monitor: name of the logged value that decides which model is best.
        verbose: 1 to print each action.
        save_best_only: save only if `monitor` is better than ever before.
        save_weights_only: save by `save_weights` instead of `save`.
        mode: 'min', 'max', or 'auto' to choose by the metric.
        save_freq: 'epoch' or a number of batches.
        initial_value_threshold: the value that the first model has to beat.

    Raises:
        ValueError: save_freq or the ending of filepath is not allowed.
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        MonitorCallback.__init__(self, monitor, mode, initial_value_threshold)
        Saving.__init__(self, save_freq)
        self.filepath = members.checked_path(filepath, ".weights.h5" if save_weights_only else ".keras")
        self.verbose, self.save_best_only, self.save_weights_only = verbose, save_best_only, save_weights_only

    def save(self, epoch: int, batch: int | None, logs: Logs) -> None:
        path = self._path(epoch, batch, logs)
        if not self._is_wanted(epoch, logs):
            return
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        (self.model.save_weights if self.save_weights_only else self.model.save)(path)
        self._say(f"Epoch {epoch + 1}: saved {path}")

    def _path(self, epoch: int, batch: int | None, logs: Logs) -> str:
        values: dict[str, Any] = {"epoch": epoch + 1, **({} if batch is None else {"batch": batch + 1}), **logs}
        try:
            return self.filepath.format(**values)
        except KeyError as error:
            raise KeyError(
                f"filepath {self.filepath!r} has {error}, which is not logged; available: {', '.join(values)}"
            ) from None

    def _is_wanted(self, epoch: int, logs: Logs) -> bool:
        if not self.save_best_only:
            return True
        current = logs.get(self.monitor)
        if current is None or np.ndim(current):
            warnings.warn(f"monitor {self.monitor!r} is not a logged number: the model is saved", stacklevel=5)
            return True
        if not self.is_improvement(current, self.best):
            self._say(f"Epoch {epoch + 1}: {self.monitor} {current:.5f} is not better than {self.best:.5f}")
            return False
        self.best = current
        return True

    def _say(self, line: str) -> None:
        if self.verbose:
            print(line)


class BackupAndRestore(Saving):
    """Resumes a `fit` whose process was killed from its last backup, when the same script runs again.

    The result is bit-identical to an uninterrupted run: weights, slots, history. (Keras resumes at the start of the
    epoch, with other shuffles, and without history.) There is one file, `latest.weights.h5`, replaced atomically.

    Args:
        backup_dir: folder of the backup, used by this `fit` only; created if necessary.
        save_freq: 'epoch' or a number of batches.
        double_checkpoint: also keep the previous backup, `latest.weights.h5.bkp`, in case the latest is damaged.
        delete_checkpoint: remove the backup when `fit` is done, and the folder if it is then empty.

    Data, batch_size and all other arguments of `fit` and `compile` must be the same.

    Raises:
        ValueError: backup_dir is empty or save_freq is not allowed; in `fit`, the backup does not fit or is damaged.
    """

    NAME = "latest.weights.h5"
    after_history = True

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: str | int = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        super().__init__(save_freq)
        if backup_dir is None or not os.fspath(backup_dir):
            raise ValueError(f"backup_dir must name a folder; received {backup_dir!r}")
        self.backup_dir = os.fspath(backup_dir)
        self.double_checkpoint, self.delete_checkpoint = double_checkpoint, delete_checkpoint
        self._latest = os.path.join(self.backup_dir, self.NAME)
        self._previous = f"{self._latest}.bkp"

    def on_train_begin(self, logs: Logs | None = None) -> None:
        atomic.remove_partial(self.backup_dir)
        paths = [path for path in (self._latest, self._previous) if os.path.exists(path)]
        for path in paths:
            try:
                self._restore(path)
                return
            except ValueError as error:
                if path == paths[-1]:
                    raise
                warnings.warn(f"{error}; using the previous backup", stacklevel=2)

    def _restore(self, path: str) -> None:
        restored = archive.stored(self.model, path)
        if restored.state.progress is None:
            raise ValueError(f"{path}: it holds no training progress; expected a backup by handnn")
        restored.apply()
        progress, history = self.model.progress, self.model.history
        history.history.update({name: list(values) for name, values in progress.history.items()})
        history.epoch.extend(progress.epochs)
        self._batches = progress.epoch * progress.run["steps"] + progress.batch

    def save(self, epoch: int, batch: int | None, logs: Logs) -> None:
        os.makedirs(self.backup_dir, exist_ok=True)
        if self.double_checkpoint and os.path.exists(self._latest):
            with open(self._latest, "rb") as file:
                atomic.write(self._previous, file.read())
        progress, history = self.model.progress, self.model.history
        progress.history, progress.epochs = history.history, history.epoch
        if batch is None and epoch not in history.epoch:  # the History hears of it after the other callbacks
            progress.epochs = [*history.epoch, epoch]
            names = dict.fromkeys((*history.history, *logs))
            progress.history = {n: [*history.history.get(n, ()), *([logs[n]] if n in logs else ())] for n in names}
        self.model.save_weights(self._latest)

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.delete_checkpoint:
            for path in (self._latest, self._previous):
                with suppress(FileNotFoundError):
                    os.remove(path)
            with suppress(OSError):  # it is not empty, or does not exist
                os.rmdir(self.backup_dir)
