"""Callbacks that set the optimizer's learning rate or its weights: schedules by epoch, plateaus, averages."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .base import Callback, Logs
from .monitor import MonitorCallback


def rated(optimizer: Any) -> list[tuple[Any, str]]:
    """Return the optimizers that have a learning rate of their own, each with its name if there are several."""
    if hasattr(optimizer, "optimizers"):
        return [(own, own.name) for own in optimizer.optimizers]
    return [(optimizer, "")]


def log_rates(optimizer: Any, logs: Logs) -> None:
    """Add the learning rates to the logs of an epoch, as `learning_rate` or `learning_rate_<name>`."""
    for own, name in rated(optimizer):
        logs[f"learning_rate_{name}" if name else "learning_rate"] = float(own.learning_rate)


class LearningRateScheduler(Callback):
    """Sets the learning rate at the start of each epoch to `schedule(epoch, rate)`, or to `schedule(epoch)`.

    Args:
        schedule: a function that returns a float. verbose: 1 to print each change.

    Raises:
        ValueError: in `fit`, the schedule returns something else. TypeError: the optimizer has a schedule of its own.
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        self.schedule, self.verbose = schedule, verbose

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        for optimizer, name in rated(self.model.optimizer):
            try:
                rate = self.schedule(epoch, float(optimizer.learning_rate))
            except TypeError:  # a function of the epoch alone
                rate = self.schedule(epoch)
            if not isinstance(rate, float | np.floating):
                raise ValueError(f"schedule must return a float; received {rate!r}")
            optimizer.learning_rate = rate
            if self.verbose:
                own = f"{name} " if name else ""
                print(f"\nEpoch {epoch + 1}: LearningRateScheduler setting {own}learning rate to {rate}.")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        log_rates(self.model.optimizer, {} if logs is None else logs)


class ReduceLROnPlateau(MonitorCallback):
    """Multiplies the learning rate by `factor` when a logged value has not improved for `patience` epochs.

    Args:
        monitor, mode, min_delta: as in `MonitorCallback`.
        factor: below 1. patience: number of epochs without improvement.
        cooldown: number of epochs after a reduction that do not count.
        min_lr: the rate is not reduced below it. verbose: 1 to print each reduction.

    The rate of the epoch is logged as `learning_rate`.

    Raises:
        ValueError: factor is not below 1.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **unused: Any,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        if factor >= 1.0:
            raise ValueError(f"factor must be below 1; received {factor}")
        self.factor, self.min_lr, self.patience, self.verbose = factor, min_lr, patience, verbose
        self.cooldown, self.cooldown_counter, self.wait = cooldown, 0, 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.best, self.cooldown_counter, self.wait = None, 0, 0

    def in_cooldown(self) -> bool:
        return self.cooldown_counter > 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.is_smaller_better()
        logs = {} if logs is None else logs
        log_rates(self.model.optimizer, logs)
        current = self.monitored(logs)
        if current is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.is_improvement(current, self.best):
            self.best, self.wait = current, 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and self._reduce(epoch):
                self.cooldown_counter, self.wait = self.cooldown, 0

    def _reduce(self, epoch: int) -> bool:
        """Reduce every rate that is above min_lr; return whether there was one."""
        reduced = False
        for optimizer, name in rated(self.model.optimizer):
            old = float(optimizer.learning_rate)
            if old > np.float32(self.min_lr):
                optimizer.learning_rate = new = max(old * self.factor, self.min_lr)
                reduced = True
                if self.verbose:
                    own = f" {name}" if name else ""
                    print(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing{own} learning rate to {new}.")
        return reduced


class SwapEMAWeights(Callback):
    """Evaluates and predicts with the optimizer's moving averages of the weights; the optimizer needs `use_ema=True`.

    Args:
        swap_on_epoch: put the averages in the weights' place at the end of each epoch, too, so that a ModelCheckpoint
            after this callback saves them; training goes on with the weights.

    Raises:
        ValueError: in `fit` or `evaluate`, the optimizer has no averages.
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        self.swap_on_epoch = swap_on_epoch
        self._swapped = False

    def _averaging(self) -> Iterator[Any]:
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        found = [own for own, _ in rated(optimizer) if own.use_ema and own.built]
        if not found:
            raise ValueError(f"SwapEMAWeights needs an optimizer with use_ema=True; received {optimizer.name} without")
        yield from found

    def _swap(self, to_averages: bool) -> None:
        if self._swapped != to_averages:
            for optimizer in self._averaging():
                optimizer.swap_averages()
            self._swapped = to_averages

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self.swap_on_epoch:
            self._swap(False)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.swap_on_epoch and not self._swapped:
            self._swap(True)
            if epoch == self.params["epochs"] - 1:  # the end of `fit` copies the averages to the weights
                for optimizer in self._averaging():
                    optimizer.restart_averages()

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._swap(True)

    def on_test_end(self, logs: Logs | None = None) -> None:
        self._swap(False)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._swap(True)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._swap(False)
