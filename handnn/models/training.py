"""fit, evaluate, predict: the loop over batches around one step, with the semantics of `keras.Model`."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..callbacks.base import Callback, CallbackList, History
from ..core.variable import Array
from ..saving.progress import Progress
from ..utils import new_seed
from . import inputs
from .compiled import Compiled, must_be_none
from .inputs import sample_count, take


class Trainer(Compiled):
    """Trains a model: on one batch, on data sets, with callbacks."""

    def __init__(self) -> None:
        super().__init__()
        self.history: History | None = None
        self.progress: Progress | None = None
        self.stop_training = False

    # ---- single batches -----------------------------------------------------------------------------------------

    def train_on_batch(
        self,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Take one step and return the batch's loss (and metrics) before it.

        Args:
            x, y: the batch, of shapes (samples, ...).
            sample_weight: one weight per sample. class_weight: {label: weight}. Give at most one of them.
            return_dict: return {name: value} in place of a number or a list.

        Raises:
            ValueError: the model has no loss, or an array does not fit.
            TypeError: an array holds no real numbers.
        """
        x, y, weight = self.prepare_batch(x, y, sample_weight, class_weight)
        self.reset_metrics()
        self._update_metrics(self.train_step(x, y, weight), y, weight)
        return self._report(return_dict)

    def test_on_batch(self, x: Any, y: Any, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """Return loss (and metrics) on one batch. Arguments and errors as for `train_on_batch`."""
        x, y, weight = self.prepare_batch(x, y, sample_weight)
        self.reset_metrics()
        self._update_metrics(self._test_step(x, y, weight), y, weight)
        return self._report(return_dict)

    # ---- whole data sets ----------------------------------------------------------------------------------------

    def fit(
        self,
        x: Any,
        y: Any,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Iterable[Callback] | None = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: None = None,
        validation_steps: None = None,
        validation_batch_size: int | None = None,
        validation_freq: int = 1,
    ) -> History:
        """Train for `epochs` passes over x (samples, ...) and y; return the History.

        As in Keras, batches of 32 by default are shuffled in each epoch, and the last one may be smaller.
        `validation_split` takes the last share of the samples; the loss shown is the mean so far in the epoch.
        If `initial_epoch` is the epoch that the model has reached, by another `fit` or by `load_model`, training
        resumes: same shuffles, next batch, bit-identical to an uninterrupted run.

        Raises:
            ValueError: the model is not compiled, or an argument does not fit; checked before the first step.
            TypeError: an array holds no real numbers, or callbacks holds something else than callbacks.
        """
        must_be_none(steps_per_epoch=steps_per_epoch, validation_steps=validation_steps)
        batch_size = _batch_size(batch_size)
        validation_batch_size = _batch_size(validation_batch_size, "validation_batch_size", batch_size)
        validation_freq = inputs.positive_integer(validation_freq, "validation_freq")
        epochs = inputs.positive_integer(epochs, "epochs", least=0)
        initial_epoch = inputs.positive_integer(initial_epoch, "initial_epoch", least=0)
        if sample_weight is not None and class_weight is not None:
            raise ValueError("give either sample_weight or class_weight, not both (as in Keras)")
        x, y, weight = self.prepare_batch(x, y, sample_weight)
        validation = self._validation(validation_data)
        if validation_split and validation is None:
            (x, y, weight), validation = _split(x, y, weight, validation_split)
        if class_weight is not None:
            weight = inputs.weights(None, class_weight, y, self.output_loss(training=True).loss, self.output_shape)
        if self.optimizer is None:
            raise ValueError(f"{self.name} has no optimizer yet: call compile(...) first")

        samples = sample_count(x)
        hooks = CallbackList(
            callbacks, True, bool(verbose), self, verbose=verbose, epochs=epochs, steps=-(-samples // batch_size)
        )
        if self.progress is None or not self.progress.stands_in(initial_epoch):
            self.progress = Progress(np.random.default_rng(new_seed()), initial_epoch)
        self.stop_training = False
        hooks.on_train_begin()  # a callback may restore the progress of an earlier run
        progress = self.progress
        progress.start(samples, batch_size)
        progress.put_back_trained(self.optimizer, self.trainable_weights)
        logs: dict[str, float] = {}
        for epoch in range(progress.epoch, epochs):
            hooks.on_epoch_begin(epoch)
            logs = self._train_epoch(x, y, weight, progress, shuffle, hooks)
            if validation is not None and (epoch + 1) % validation_freq == 0:
                results = self._evaluate(*validation, validation_batch_size, hooks)
                logs |= {f"val_{name}": value for name, value in results.items()}
            progress.next_epoch()
            hooks.on_epoch_end(epoch, logs)
            if self.stop_training:
                break
        if epochs > 0:
            progress.put_averages(self.optimizer, self.trainable_weights)
        hooks.on_train_end(logs)
        assert self.history is not None
        return self.history

    def _train_epoch(
        self, x: Any, y: Array, weight: Array | None, progress: Progress, shuffle: bool, hooks: CallbackList
    ) -> dict[str, float]:
        order, batch_size = progress.order(shuffle), progress.run["batch_size"]
        self.reset_metrics()
        if progress.batch:
            if self.compiled_metrics.waiting:
                self.compiled_metrics.build(y[:1], np.empty([size or 1 for size in self.output_shape]))
            progress.put_back([self.loss_tracker, *self.metrics])
        arrays = [*inputs.arrays(x), y, *([] if weight is None else [weight])]
        buffers = [np.empty((min(batch_size, len(array)), *array.shape[1:]), array.dtype) for array in arrays]
        for batch in range(progress.batch, progress.run["steps"]):
            rows = order[batch * batch_size : (batch + 1) * batch_size]
            drawn = [a.take(rows, 0, out[: len(rows)], "clip") for a, out in zip(arrays, buffers, strict=True)]
            bw = None if weight is None else drawn.pop()
            by = drawn.pop()
            bx: Any = tuple(drawn) if isinstance(x, tuple) else drawn[0]
            hooks.on_train_batch_begin(batch)
            self._update_metrics(self.train_step(bx, by, bw), by, bw)
            progress.batch = batch + 1
            hooks.on_train_batch_end(batch, self._logs())
            if self.stop_training:
                break
        return self._logs()

    def evaluate(
        self,
        x: Any,
        y: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Return loss (and metrics) over x and y: a number, a list, or a dict with return_dict=True.

        Raises:
            ValueError: the model has no loss, or an array does not fit.
            TypeError: an array holds no real numbers, or an argument is unknown.
        """
        if kwargs:
            raise TypeError(f"evaluate has no argument {', '.join(map(repr, kwargs))}")
        must_be_none(steps=steps)
        batch_size = _batch_size(batch_size)
        x, y, weight = self.prepare_batch(x, y, sample_weight)
        hooks = CallbackList(callbacks, model=self, verbose=verbose, epochs=1, steps=-(-sample_count(x) // batch_size))
        self._evaluate(x, y, weight, batch_size, hooks)
        return self._report(return_dict)

    def _evaluate(
        self, x: Any, y: Array, weight: Array | None, batch_size: int, hooks: CallbackList
    ) -> dict[str, float]:
        self.reset_metrics()
        hooks.on_test_begin()
        for batch, start in enumerate(range(0, sample_count(x), batch_size)):
            rows = slice(start, start + batch_size)
            bw = None if weight is None else weight[rows]
            hooks.on_test_batch_begin(batch)
            self._update_metrics(self._test_step(take(x, rows), y[rows], bw), y[rows], bw)
            hooks.on_test_batch_end(batch, self._logs())
        logs = self._logs()
        hooks.on_test_end(logs)
        return logs

    def predict(
        self, x: Any, batch_size: int | None = None, verbose: Any = "auto", steps: None = None, callbacks: Any = None
    ) -> Array:
        """Return the outputs for x, of shape (samples, outputs), computed in batches of 32 by default.

        Raises:
            ValueError: x does not have the input shape, or holds NaN or infinity.
            TypeError: x holds no real numbers.
        """
        must_be_none(steps=steps)
        batch_size = _batch_size(batch_size)
        x = self._samples(x)
        starts = range(0, sample_count(x), batch_size)
        hooks = CallbackList(callbacks, model=self, verbose=verbose, epochs=1, steps=len(starts))
        found: list[Array] = []
        hooks.on_predict_begin()
        for batch, start in enumerate(starts):
            rows = take(x, slice(start, start + batch_size))
            hooks.on_predict_batch_begin(batch)
            found.append(self.forward_pass(rows, self.workspace(sample_count(rows), training=False)).copy())
            hooks.on_predict_batch_end(batch, {"outputs": found[-1]})
        hooks.on_predict_end()
        return np.concatenate(found)

    def _validation(self, data: Any) -> tuple[Any, Array, Array | None] | None:
        if data is None:
            return None
        if not isinstance(data, tuple | list) or len(data) not in (2, 3):
            raise ValueError(f"validation_data must be (x, y) or (x, y, sample_weight); received {type(data).__name__}")
        return self.prepare_batch(data[0], data[1], data[2] if len(data) > 2 else None, prefix="validation_")


def _batch_size(given: Any, argument: str = "batch_size", default: int = 32) -> int:
    return default if given is None else inputs.positive_integer(given, argument)


def _split(x: Any, y: Array, weight: Array | None, share: float) -> tuple[Any, Any]:
    """Split off the last `share` of the samples for validation."""
    samples = sample_count(x)
    kept = int(samples * (1 - share))
    if not 0 < share < 1 or not 0 < kept < samples:
        raise ValueError(f"validation_split must leave samples on both sides of {samples}; received {share}")
    head, tail = slice(kept), slice(kept, None)
    halves = [(take(x, rows), y[rows], None if weight is None else weight[rows]) for rows in (head, tail)]
    return halves[0], halves[1]
