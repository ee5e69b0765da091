"""fit, evaluate, predict: the loop over batches around one step, with the semantics of `keras.Model`."""

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import config
from ..callbacks.base import Callback, CallbackList, History
from ..saving.progress import Progress
from ..utils import new_seed, unpack_x_y_sample_weight
from . import inputs, structures
from .batches import ArrayBatches, Batches, StreamBatches, is_stream
from .compiled import Compiled
from .fit_arguments import batch_size_of, check_generator, hooks_of, is_due, split_off, steps_of, watches_loss
from .inputs import sample_count


class Trainer(Compiled):
    """Trains a model: on one batch, on data sets, with callbacks."""

    def __init__(self) -> None:
        super().__init__()
        self.history: History | None = None
        self.progress: Progress | None = None
        self.preparation: dict[str, Any] | None = None  # of raw samples, JSON of `data.preparation`; saved with it
        self.stop_training = self.stop_evaluating = self.stop_predicting = False

    # ---- single batches -----------------------------------------------------------------------------------------

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Take one step and return the batch's loss (and metrics) before it.

        Args:
            x, y: the batch, of shapes (samples, ...); for several inputs or outputs a list or dict of them.
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

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """Return loss (and metrics) on one batch. Arguments and errors as for `train_on_batch`."""
        x, y, weight = self.prepare_batch(x, y, sample_weight)
        self.reset_metrics()
        self._update_metrics(self._test_step(x, y, weight), y, weight)
        return self._report(return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """Return the outputs for x, computed in one batch. Errors as for `predict`."""
        return self._predicted(self._samples(x))

    def _predicted(self, x: Any) -> Any:
        trace = self.workspace(sample_count(x), training=False)
        self.forward_pass(x, trace)
        self.update_states(trace)
        y_pred = trace.y_pred
        return self.packed(tuple(a.copy() for a in y_pred) if isinstance(y_pred, tuple) else y_pred.copy())

    def packed(self, outputs: Any) -> Any:
        """Return outputs in the form that the model gives them."""
        raise NotImplementedError

    # ---- whole data sets ----------------------------------------------------------------------------------------

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Iterable[Callback] | Callback | None = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
    ) -> History:
        """Train for `epochs` passes over x (samples, ...) and y; return the History.

        As in Keras, batches of 32 by default are shuffled in each epoch, and the last one may be smaller.
        `validation_split` takes the last share of the samples; the loss shown is the mean so far in the epoch. In a
        terminal or notebook verbose=1 ("auto") draws a bar within the epoch; 2 prints a line for each epoch, 0 nothing.
        If `initial_epoch` is the epoch that the model has reached, by another `fit` or by `load_model`, training
        resumes: same shuffles, next batch, bit-identical to an uninterrupted run.

        Args:
            x: arrays, also of pandas, for several inputs as a list or dict; or a generator, PyDataset, tf.data.Dataset
                or DataLoader that yields (x, y) or (x, y, sample_weight), without y here.
            y: arrays; for several outputs a list or dict by their names.
            steps_per_epoch, validation_steps: number of batches in an epoch; the next epoch continues after them.
            validation_data: (x, y), (x, y, sample_weight), or any source of batches.
            callbacks: with a TerminateOnNaN among them, x and y may hold NaN and infinity, which it then finds in the
                loss; otherwise they are refused before the first step.
            validation_freq: validate every so many epochs, or in a list of epochs (from 1).

        Raises:
            ValueError: the model is not compiled, or an argument does not fit; checked before the first step.
            TypeError: an array holds no real numbers, or callbacks holds something else than callbacks.
        """
        with self.nonfinite_accepted(watches_loss(callbacks)):
            batch_size = batch_size_of(batch_size)
            validation_batch_size = batch_size_of(validation_batch_size, "validation_batch_size", batch_size)
            if not isinstance(validation_freq, list | tuple | set):
                validation_freq = inputs.positive_integer(validation_freq, "validation_freq")
            epochs = inputs.positive_integer(epochs, "epochs", least=0)
            if (limit := config.max_epochs()) is not None and limit < epochs:
                warnings.warn(f"Limiting epochs to {limit}, by handnn.config.set_max_epochs", stacklevel=2)
                epochs = limit
            initial_epoch = inputs.positive_integer(initial_epoch, "initial_epoch", least=0)
            if self.optimizer is None:
                raise ValueError(f"{self.name} has no loss and optimizer yet: call compile(...) first")
            split = validation_split if validation_data is None else 0.0
            source, held_back = self._training_source(
                x, y, sample_weight, class_weight, batch_size, shuffle, steps_of(steps_per_epoch), split
            )
            epochs = check_generator(source, epochs, initial_epoch)
            validation: Batches | None = None
            if held_back is not None:
                validation = ArrayBatches(held_back[0], held_back[1], held_back[2], validation_batch_size)
            elif validation_data is not None:
                steps = steps_of(validation_steps, "validation_steps")
                validation = self._validation(validation_data, validation_batch_size, steps)

            hooks = hooks_of(callbacks, self, verbose, epochs, source.steps, training=True)
            if self.progress is None or not self.progress.stands_in(initial_epoch):
                self.progress = Progress(np.random.default_rng(new_seed()), initial_epoch)
            self.stop_training = False
            hooks.on_train_begin()  # a callback may restore the progress of an earlier run
            progress = self.progress
            progress.start(source.samples or 0, source.batch_size or 0, source.steps or 0)
            progress.put_back_trained(self.optimizer, self.trainable_weights)
            logs: dict[str, float] = {}
            for epoch in range(progress.epoch, epochs):
                hooks.on_epoch_begin(epoch)
                logs = self._train_epoch(source, progress, hooks)
                if validation is not None and is_due(epoch + 1, validation_freq):
                    results = self._evaluate(validation, hooks)
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

    def _training_source(
        self,
        x: Any,
        y: Any,
        sample_weight: Any,
        class_weight: Any,
        batch_size: int,
        shuffle: bool,
        steps: int | None,
        split: float,
    ) -> tuple[Batches, Any]:
        """Return the batches of `fit`, and the arrays that `validation_split` holds back, or None."""
        if is_stream(x):
            if split:
                raise ValueError(
                    f"validation_split needs arrays; received x of {type(x).__name__}: use validation_data"
                )
            return self._stream(x, y, sample_weight, steps, class_weight, shuffle), None
        if sample_weight is not None and class_weight is not None:
            raise ValueError("give either sample_weight or class_weight, not both (as in Keras)")
        x, y, weight = self.prepare_batch(x, y, sample_weight)
        held_back = None
        if split:
            (x, y, weight), held_back = split_off(x, y, weight, split)
        if class_weight is not None:
            again = structures.packed(self.input_form, list(x)) if isinstance(x, tuple) else x
            weight = self.prepare_batch(again, y, None, class_weight)[2]
        return ArrayBatches(x, y, weight, batch_size, shuffle, steps), held_back

    def _stream(
        self,
        x: Any,
        y: Any,
        sample_weight: Any,
        steps: int | None,
        class_weight: Any = None,
        shuffle: bool = False,
        prefix: str = "",
    ) -> StreamBatches:
        for name, value in (("y", y), ("sample_weight", sample_weight)):
            if value is not None:
                raise ValueError(
                    f"{prefix}{name} must be None: x of {type(x).__name__} yields it; received an argument"
                )

        def prepare(x: Any, y: Any, weight: Any) -> tuple[Any, Any, Any]:
            return self.prepare_batch(x, y, weight, class_weight, prefix)

        return StreamBatches(x, prepare, steps, shuffle)

    def _source(
        self, x: Any, y: Any, sample_weight: Any, batch_size: int, steps: int | None, prefix: str = ""
    ) -> Batches:
        """Return the batches of `evaluate`."""
        if is_stream(x):
            return self._stream(x, y, sample_weight, steps, prefix=prefix)
        return ArrayBatches(*self.prepare_batch(x, y, sample_weight, prefix=prefix), batch_size, steps_per_epoch=steps)

    def _train_epoch(self, source: Batches, progress: Progress, hooks: CallbackList) -> dict[str, float]:
        self.reset_metrics()
        batch = progress.batch
        group, listened = self.steps_per_execution, hooks.listens("on_train_batch_end")
        batches = source.epoch(progress, batch, group)
        if isinstance(source, ArrayBatches) and progress.has_metrics:
            self._put_back_metrics(source.y, progress)  # also where only the end of the epoch is missing
        for bx, by, bw in batches:
            if progress.has_metrics:
                self._put_back_metrics(by, progress)
            if batch % group == 0:
                hooks.on_train_batch_begin(batch)
            self._update_metrics(self.train_step(bx, by, bw), by, bw)
            progress.batch = batch = batch + 1
            if batch % group == 0:
                if listened:
                    hooks.on_train_batch_end(batch - 1, self._logs())
                if self.stop_training:
                    break
        if batch % group:
            hooks.on_train_batch_end(-(-batch // group) * group - 1, self._logs())
        if not batch:
            warnings.warn("x gave no batches in this epoch; it must give at least one", stacklevel=3)
        return self._logs()

    def _put_back_metrics(self, y: Any, progress: Progress) -> None:
        """Restore the metrics of an epoch that is resumed at a batch."""
        if self.compiled_metrics.waiting:
            rows = tuple(part if part is None else part[:1] for part in y) if isinstance(y, tuple) else y[:1]
            shapes = [[size or 1 for size in self.output_shapes[node]] for node in self.output_nodes]
            made = tuple(np.empty(shape) for shape in shapes)
            self.compiled_metrics.build(rows, made if isinstance(y, tuple) else made[0])
        progress.put_back(self.tracked)

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Return loss (and metrics) over x and y: a number, a list, or a dict with return_dict=True.

        x, y and sample_weight are as in `fit`; `steps` stops after so many batches.

        Raises:
            ValueError: the model has no loss, or an array does not fit.
            TypeError: an array holds no real numbers, or an argument is unknown.
        """
        if kwargs:
            raise TypeError(f"evaluate has no argument {', '.join(map(repr, kwargs))}")
        source = self._source(x, y, sample_weight, batch_size_of(batch_size), steps_of(steps, "steps"))
        self._evaluate(source, hooks_of(callbacks, self, verbose, 1, source.steps))
        return self._report(return_dict)

    def _evaluate(self, source: Batches, hooks: CallbackList) -> dict[str, float]:
        self.reset_metrics()
        source.reset()
        self.stop_evaluating = False
        hooks.on_test_begin()
        batch, group, listened = 0, self.steps_per_execution, hooks.listens("on_test_batch_end")
        for bx, by, bw in source.epoch(together=group):
            if batch % group == 0:
                hooks.on_test_batch_begin(batch)
            self._update_metrics(self._test_step(bx, by, bw), by, bw)
            batch += 1
            if batch % group == 0:
                if listened:
                    hooks.on_test_batch_end(batch - 1, self._logs())
                if self.stop_evaluating:
                    break
        if batch % group:
            hooks.on_test_batch_end(-(-batch // group) * group - 1, self._logs())
        logs = self._logs()
        hooks.on_test_end(logs)
        return logs

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """Return the outputs for x, of shape (samples, outputs), computed in batches of 32 by default.

        x is as in `fit`; several outputs are a list, or a dict if the model was made with a dict.

        Raises:
            ValueError: x does not have the input shape, or holds NaN or infinity.
            TypeError: x holds no real numbers.
        """
        steps = steps_of(steps, "steps")
        source: Batches
        if is_stream(x):
            source = StreamBatches(x, lambda x, y, weight: (self._samples(x), None, None), steps)
        else:
            source = ArrayBatches(self._samples(x), None, None, batch_size_of(batch_size), steps_per_epoch=steps)
        hooks = hooks_of(callbacks, self, verbose, 1, source.steps)
        found: list[Any] = []
        self.stop_predicting = False
        hooks.on_predict_begin()
        batch, group = 0, self.steps_per_execution
        for bx, _, _ in source.epoch(together=group):
            if batch % group == 0:
                hooks.on_predict_batch_begin(batch)
            found.append(self._predicted(bx))
            batch += 1
            if batch % group == 0:
                hooks.on_predict_batch_end(batch - 1, {"outputs": found[-1]})
                if self.stop_predicting:
                    break
        if batch % group:
            hooks.on_predict_batch_end(-(-batch // group) * group - 1, {"outputs": found[-1]})
        hooks.on_predict_end()
        if not found:
            raise ValueError("x must give at least one batch; received none")
        parts = zip(*(structures.flattened(part) for part in found), strict=True)
        return structures.packed(structures.form_of(found[0]), [np.concatenate(part) for part in parts])

    def _validation(self, data: Any, batch_size: int, steps: int | None) -> Batches:
        if is_stream(data):
            return self._stream(data, None, None, steps, prefix="validation_")
        if not isinstance(data, tuple | list) or len(data) not in (2, 3):
            raise ValueError(f"validation_data must be (x, y) or (x, y, sample_weight); received {type(data).__name__}")
        x, y, weight = unpack_x_y_sample_weight(data)
        return self._source(x, y, weight, batch_size, steps, prefix="validation_")
