"""Training of both networks side by side: same start, same batches; every tensor of checked steps is compared.

A checked step is computed at TensorFlow's current weights ("spliced"), so each step is judged independently. In
addition the hand-written network trains freely from the same start. The difference that rounding causes between the
two is the drift; it is plotted and reported, but not judged.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..callbacks.health.record import Record
from ..core.trace import Trace
from ..core.variable import Array
from ..metrics import Mean, Metric
from ..models.from_config import model_from_config
from ..models.inputs import rows_of, sample_count
from ..models.network import Network
from ..rounding.activation_bounds import remarks
from ..saving.progress import Progress
from ..tensorboard import tags
from ..tensorboard.network import few_pictures, inner, largest_gradients, log_weights, noise_like, pictures
from . import steps, wiring
from .optimizer_steps import OptimizerState, spliced_step
from .report import Row, row
from .run_log import RunLog

if TYPE_CHECKING:
    from tf_reference import KerasRun

NOISE = 200
"""Samples of noise that the network is asked about."""
RACE_STEPS = 60
RACE_WARM_UP = 5


@dataclass
class Samples:
    """The data: x (n, inputs), and y in the form that the loss takes, of both parts; `dataset` for pictures."""

    x: Array
    y: Array
    x_validation: Array
    y_validation: Array
    dataset: Any


@dataclass
class Outcome:
    """The result of a run.

    `worst` is the row with the largest error / allowance, `first_outside` (step, row) of the first mismatch (or of
    the first tensor that nothing can be said of, where there is no mismatch), `drift` the largest distance between a
    weight of either side after `drift_step` steps (None: never measured), `diverged` whether a loss or a weight stopped
    being a number, which ends the run, `remarks` where Keras errs and so is no reference, `hand` and `keras` one dict
    an epoch.
    """

    steps: int = 0
    checked_steps: int = 0
    tensors: int = 0
    worst: Row | None = None
    first_outside: tuple[int, Row] | None = None
    drift: float = 0.0
    drift_at: str = ""
    drift_step: int | None = None
    interrupted: bool = False
    diverged: bool = False
    remarks: list[str] = field(default_factory=list)
    hand: list[dict[str, float]] = field(default_factory=list)
    keras: list[dict[str, float]] = field(default_factory=list)
    hand_seconds: float | None = None
    keras_seconds: float | None = None

    @property
    def ok(self) -> bool:
        """Whether all checked tensors are within their allowances."""
        return self.first_outside is None

    def see(self, step: int, rows: list[Row]) -> None:
        """Add the rows of a checked step."""
        self.checked_steps += 1
        self.tensors += len(rows)
        for r in rows:
            if self.worst is None or r.ratio > self.worst.ratio:
                self.worst = r
            if not r.ok and (self.first_outside is None or (self.first_outside[1].undecided and not r.undecided)):
                self.first_outside = (step, r)


class Lockstep:
    """Trains a model, and its Keras twin if there is one, on the same batches.

    Args:
        model: compiled `Sequential` or `Model` with an optimizer.
        keras_run: the twin's side, or None to train only the hand-written side.
        samples: the data. metric: an accuracy, or None. directory: of the run's logs, or None.
        check_every: number of steps between checked steps; 0 for none. Without a twin there are none.
        health: gets the measurements of every layer.
    """

    def __init__(
        self,
        model: Network,
        keras_run: "KerasRun | None",
        samples: Samples,
        metric: Metric | None,
        directory: str | None,
        check_every: int = 1,
        health: Record | None = None,
    ) -> None:
        self.model, self.keras_run, self.samples, self.metric = model, keras_run, samples, metric
        self.check_every = check_every
        self.random = any(getattr(layer, "rate", 0) for layer in model.layers)  # masks come from checked steps only
        self.loss = Mean()
        self.health = health
        self.outcome = Outcome()
        self.steps_before = 0
        self.probe = model_from_config(model.description())
        assert model.optimizer is not None
        self.probe.compile("sgd", model.loss)
        self._last: tuple[Trace, Trace | None] | None = None
        self._state: OptimizerState | None = None  # the twin's, after the last step
        self._log = None if directory is None else RunLog(directory, with_parity=keras_run is not None)

    def run(
        self,
        epochs: int,
        batch_size: int,
        seed: int,
        progress: Callable[[dict[str, float]], None] = lambda logs: None,
        save_as: str | None = None,
    ) -> Outcome:
        """Train; `progress` is called after every step. Ctrl-C ends training early and keeps the logs.

        A loaded model with training progress resumes there. `save_as` is a file that is written after every epoch.
        """
        place = self.model.progress = self.model.progress or Progress(np.random.default_rng(seed))
        place.start(sample_count(self.samples.x), batch_size)
        self.steps_before = place.epoch * place.run["steps"]
        try:
            for epoch in range(place.epoch, epochs):
                self._epoch(epoch, place.order(shuffle=True), batch_size, progress)
                if self.outcome.diverged:
                    break
                place.next_epoch()
                if save_as is not None:
                    self.model.save(save_as)
        except KeyboardInterrupt:
            self.outcome.interrupted = True
        finally:
            self.close()
        return self.outcome

    def _epoch(self, epoch: int, order: Array, batch_size: int, progress: Callable[[dict[str, float]], None]) -> None:
        self._start_epoch()
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            self._step(rows_of(self.samples.x, rows), self.samples.y[rows])
            progress(self._hand_results())
            if self.outcome.diverged:
                return
        results = self._hand_results()
        keras_results = None if self.keras_run is None else self.keras_run.results()
        self.outcome.diverged = not all(map(finite, self._both_weights()))
        if not self.outcome.diverged:
            self._log_weights(epoch)
        self._validate(epoch, results, keras_results)
        self._drift()

    def _start_epoch(self) -> None:
        self.loss.reset_state()
        if self.metric is not None:
            self.metric.reset_state()
        if self.keras_run is not None:
            self.keras_run.start_epoch()

    def _step(self, x: Array, y: Array) -> None:
        step, masks, reference = self.outcome.steps, None, None
        if self.keras_run is not None:
            weights = self.keras_run.twin.get_weights()
            if not finite(weights):
                self.outcome.diverged = True
                return
            if self.random or (self.check_every and step % self.check_every == 0):
                reference = self._checked_step(step, x, y, weights)
                masks = wiring.masks(reference)
            else:
                self.keras_run.step(x, y)
                self._state = None
        if self.health is not None:
            self.health.before_step()
        trace = self.model.train_step(x, y, masks=masks)
        numbers = {} if self.health is None else self.health.after_step(trace, y)
        self._see(trace, y)
        self.outcome.diverged = not np.isfinite(trace.loss).all()
        self._last = (trace, reference or (self._last[1] if self._last else None))
        self.outcome.steps += 1
        self._log_batch(self.steps_before + self.outcome.steps)
        if numbers and self._log is not None:
            self._log.health(self.steps_before + self.outcome.steps, numbers)
        if reference is not None and self._log is not None:
            self._drift()

    def _checked_step(self, step: int, x: Array, y: Array, weights: list[Array]) -> Trace:
        """Check one step at the twin's weights, let the twin take it, and compare the optimizers."""
        assert self.keras_run is not None
        twin = self.keras_run.twin
        self.probe.set_weights(weights)
        reference = self.keras_run.checked_step(x, y)
        rows = [row(comparison) for comparison in steps.network(self.probe, reference, y, None)]
        gradients = twin.scaled(reference.gradients)
        trained = self.model.trainable_weights
        own, self._state = spliced_step(self.model.optimizer, twin, gradients, trained, self._state)
        rows += own
        self.outcome.see(self.steps_before + step + 1, rows)  # counted from 1, as on TensorBoard's pages
        self.outcome.remarks = self.outcome.remarks or remarks([node.layer for node in self.probe.nodes], reference)
        if self._log is not None:
            self._log.parity(self.steps_before + step + 1, rows)
        return reference

    def _see(self, trace: Trace, y: Array) -> None:
        self.loss.update_state(trace.loss, sample_weight=len(y))
        if self.metric is not None:
            self.metric.update_state(y, trace.y_pred)

    def _hand_results(self) -> dict[str, float]:
        found = {"loss": self.loss.result()}
        if self.metric is not None:
            found["accuracy"] = self.metric.result()
        return found

    def _drift(self) -> None:
        """Measure how far the freely trained weights are from the twin's, once both have taken the same steps."""
        if self.keras_run is None or self.outcome.drift_step == self.outcome.steps:
            return
        both = self._both_weights()
        if not all(map(finite, both)):
            return
        self.outcome.drift_step = self.outcome.steps
        trios = zip(self.model.weights, *both, strict=True)
        found = {weight.path: float(np.max(np.abs(own - other))) for weight, own, other in trios}
        self.outcome.drift_at, self.outcome.drift = max(found.items(), key=lambda item: item[1])
        if self._log is not None:
            self._log.drift(self.steps_before + self.outcome.steps, found)

    def _both_weights(self) -> list[list[Array]]:
        sides: list[Any] = [self.model, *([] if self.keras_run is None else [self.keras_run.twin])]
        return [side.get_weights() for side in sides]

    # ---- logs ---------------------------------------------------------------------------------------------------

    def _log_batch(self, step: int) -> None:
        if self._log is None:
            return
        self._log.scalars("train", {tags.batch(n): v for n, v in self._hand_results().items()}, step)
        if self.keras_run is not None:
            self.keras_run.log_scalars("train", {tags.batch(n): v for n, v in self.keras_run.results().items()}, step)

    def _validate(self, epoch: int, results: dict[str, float], keras_results: dict[str, float] | None) -> None:
        """Evaluate both sides on the validation samples, and log the epoch."""
        samples, learning_rate = self.samples, {"learning_rate": self.model.optimizer.learning_rate}  # type: ignore[union-attr]
        self.loss.reset_state()
        if self.metric is not None:
            self.metric.reset_state()
        self._see(self.model._test_step(samples.x_validation, samples.y_validation, None), samples.y_validation)
        validation = self._hand_results()
        self.outcome.diverged |= not np.isfinite(validation["loss"])
        self.outcome.hand.append(results | {f"val_{name}": value for name, value in validation.items()})
        if self.health is not None:
            self.health.after_epoch(self.outcome.hand[-1])
        if self._log is not None:
            self._log.epoch("train", results | learning_rate, epoch)
            self._log.epoch("validation", validation, epoch)
        if self.keras_run is None or keras_results is None:
            return
        theirs = self.keras_run.evaluate(samples.x_validation, samples.y_validation)
        self.outcome.keras.append(keras_results | {f"val_{name}": value for name, value in theirs.items()})
        for part, values in (("train", keras_results | learning_rate), ("validation", theirs)):
            self.keras_run.log_scalars(part, {tags.epoch(n): v for n, v in values.items()}, epoch)

    def _log_weights(self, epoch: int) -> None:
        if self._log is None or self._last is None:
            return
        model, data, writer = self.model, self.samples.dataset, self._log.writer("handnn/train")
        first = rows_of(self.samples.x_validation, slice(1))
        if data.image_shape is not None:
            first = few_pictures(self.samples.x_validation, data.y_validation)
        log_weights(writer, model, self._last[0], epoch)
        if (table := largest_gradients(model, self._last[0])) and data.image_shape is not None:
            self._log.writer("health").text(tags.LARGEST_GRADIENTS, table, epoch)
        weights = [weight.value for weight in model.weights]
        made = inner(model, first)
        for tag, pixels in pictures(model, weights, made, model.predict, data, first, self._last[0]).items():
            writer.image(tag, pixels, epoch)
        probabilities = (model.output_shape[-1] or 0) > 1 and not model.loss.from_logits
        if data.image_shape is not None and data.task == "classification" and probabilities:
            self._log.confidence(epoch, self._confidence())
        if self.keras_run is not None:
            twin = self.keras_run.twin
            self.keras_run.log_weights(self._last[1], model.name, epoch)
            made = twin.inner(first)
            weights = twin.get_weights()
            for tag, pixels in pictures(model, weights, made, twin.predict, data, first, self._last[1]).items():
                self.keras_run.log_image(tag, pixels, epoch)

    def _confidence(self) -> dict[str, float]:
        """Return how sure the network is of validation samples and of noise: it is often as sure of both."""
        samples = self.samples.x_validation[:NOISE]
        inputs = {"validation": samples, "noise": noise_like(samples, NOISE)}
        return {name: float(np.max(self.model.predict(x), axis=-1).mean()) for name, x in inputs.items()}

    def close(self) -> None:
        """Close every log file."""
        if self._log is not None:
            self._log.close()
        if self.keras_run is not None:
            self.keras_run.close()

    # ---- speed --------------------------------------------------------------------------------------------------

    def race(self, batch_size: int) -> None:
        """Measure the time of a training step of each side, on copies; medians in seconds.

        The sides run one after the other, because the threads of two libraries on the same cores slow each other down
        several times. A diverged run is not timed.
        """
        if not finite(self.model.get_weights()):
            return
        x, y = rows_of(self.samples.x, slice(batch_size)), self.samples.y[:batch_size]
        runner = model_from_config(self.model.description())
        runner.compile(self.model.optimizer.unbuilt(), self.model.loss)  # type: ignore[union-attr]
        runner.set_weights(self.model.get_weights())
        self.outcome.hand_seconds = float(np.median(list(_times(lambda: runner.train_step(x, y)))))
        if self.keras_run is not None:
            twin = self.keras_run.twin
            tensors, kept = twin.tensors(x, y), twin.get_weights()
            self.outcome.keras_seconds = float(np.median(list(_times(lambda: twin._step(*tensors)[0].numpy()))))
            twin.set_weights(kept)  # its scores are those of the training


def finite(arrays: list[Array]) -> bool:
    """Return whether every element is a number and not infinite."""
    return all(np.isfinite(array).all() for array in arrays)


def _times(step: Callable[[], Any]) -> Iterator[float]:
    for i in range(RACE_WARM_UP + RACE_STEPS):
        began = time.perf_counter()
        step()
        if i >= RACE_WARM_UP:
            yield time.perf_counter() - began
