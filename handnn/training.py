"""compile, fit, evaluate, predict: the loop around the mathematics, with the semantics of `keras.Model`."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from . import checks, losses, optimizers
from . import metrics as metrics_module
from .callbacks import Callback, CallbackList, History, ProgbarLogger
from .graph import Node
from .progress import Progress
from .trace import Trace
from .utils import new_seed
from .variable import Array


class Trainer:
    """What a model needs besides its layers: loss, optimizer, metrics, and the loop over batches."""

    name: str
    trainable: bool
    layers: list[Any]
    nodes: list[Node]
    built: bool
    input_layers: list[Any]

    def __init__(self) -> None:
        self.loss: losses.Loss | None = None
        self.optimizer: optimizers.Optimizer | None = None
        self.history: History | None = None
        self.progress: Progress | None = None
        self.stop_training = False
        self._metrics = metrics_module.CompiledMetrics()
        self._loss_tracker = metrics_module.Mean(name="loss")
        self._heads: dict[bool, tuple[losses.Loss, bool, int]] = {}

    if TYPE_CHECKING:  # what the model brings
        input_shape: property
        trainable_weights: property
        output_shape: property

        def build(self, input_shape: Any = None) -> None: ...
        def record(self, batch_size: int, training: bool) -> Trace: ...
        def move(self, trace: Trace) -> None: ...
        def forward_pass(self, x: Any, trace: Trace, masks: Mapping[str, Array] | None = None) -> Array: ...
        def backward_pass(self, y: Array, trace: Trace, weight: Array | None = None) -> None: ...
        def loss_pass(self, y: Array, trace: Trace, weight: Array | None = None) -> Any: ...

    # ---- compiling ----------------------------------------------------------------------------------------------

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: None = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Choose loss, optimizer and metrics; nothing is changed if one of them is unknown.

        A loss given by name computes in the dtype of the last layer, so that a float64 network has a float64 loss
        (Keras would take floatx, float32); a loss object keeps its own. `run_eagerly`, `steps_per_execution`,
        `jit_compile` and `auto_scale_loss` are accepted for Keras' sake and change nothing.
        """
        _must_be_none(loss_weights=loss_weights)
        compiled = metrics_module.CompiledMetrics(metrics, weighted_metrics)
        dtype = self.nodes[-1].layer.dtype if self.nodes else None
        found = optimizers.get(optimizer), None if loss is None else losses.get(loss, dtype=dtype)
        self.optimizer, self.loss = found
        self._metrics = compiled
        self._heads = {}

    @property
    def metrics(self) -> list[metrics_module.Metric]:
        """The metrics of `compile`, once the first batch has chosen them."""
        return self._metrics.metrics

    @property
    def head_loss(self) -> losses.Loss:
        """The loss as it meets the last layer in training: in its from_logits form where Keras fuses the two."""
        return self.head(training=True)[0]

    @property
    def fused(self) -> bool:
        """Whether the loss works on z of the last layer instead of a, in training."""
        return self.head(training=True)[1]

    def head(self, training: bool) -> tuple[losses.Loss, bool, int]:
        """Return the loss where it meets the network, whether it is fused with that activation, and the layer's index.

        Keras keeps the logits of a softmax or sigmoid output, also through layers that hand on their very input (as
        Dropout does in inference), and every cross-entropy uses them, whichever of the two they came from; a loss of
        another dtype loses sight of them.
        """
        if training not in self._heads:
            if self.loss is None:
                raise ValueError(f"{self.name} has no loss yet: call compile(loss=...) first")
            top = self.keeper_of_logits(training)
            self._heads[training] = self.loss, False, len(self.nodes) - 1
            if top is not None and self.nodes[top].layer.dtype == self.loss.dtype:
                on_logits = self.loss.on_logits(self.nodes[top].layer.activation)
                if on_logits is not self.loss:
                    self._heads[training] = on_logits, True, top
        return self._heads[training]

    def keeper_of_logits(self, training: bool) -> int | None:
        """Return the index of the node whose z Keras keeps as the output's logits, or None where there is none."""
        top = len(self.nodes) - 1
        while top > 0 and self.nodes[top].layer.hands_on(training) and self.nodes[top].parents[0] >= 0:
            top = self.nodes[top].parents[0]
        one_dtype = len({node.layer.dtype for node in self.nodes[top:]}) == 1
        return top if self.nodes[top].layer.activation.has_logits and one_dtype else None

    # ---- input --------------------------------------------------------------------------------------------------

    def _samples(self, x: Any, argument: str = "x") -> Any:
        """Return x checked and cast; a tuple where there are several inputs."""
        if not self.built:
            x = checks.finite_array(x, argument, (self.input_layers or self.layers)[0].dtype)
            self.build(x.shape)
        return checks.inputs(x, self.input_layers, argument)

    def _batch(
        self, x: Any, y: Any, sample_weight: Any = None, class_weight: dict[int, float] | None = None, prefix: str = ""
    ) -> tuple[Any, Array, Array | None]:
        loss = self.head_loss
        x = self._samples(x, f"{prefix}x")
        y = checks.targets(y, x, loss, self.output_shape, f"{prefix}y")
        weight = checks.weights(sample_weight, class_weight, y, loss, self.output_shape, f"{prefix}sample_weight")
        return x, y, weight

    # ---- one step -----------------------------------------------------------------------------------------------

    def train_step(
        self, x: Any, y: Array, weight: Array | None = None, masks: Mapping[str, Array] | None = None
    ) -> Trace:
        """One forward pass, one backward pass, one optimizer step on checked arrays; return the working memory."""
        trace = self.record(count(x), training=True)
        self.forward_pass(x, trace, masks)
        self.loss_pass(y, trace, weight)
        self.backward_pass(y, trace, weight)
        if self.trainable:
            self._optimize(trace)
        self.move(trace)
        return trace

    def _optimize(self, trace: Trace) -> None:
        """Let the optimizer take its step on all weights that are trained."""
        assert self.optimizer is not None
        gradients, variables = [], []
        for (layer, _), t in zip(self.nodes, trace.layers, strict=True):
            own, found = layer.trainable_weights, t.gradients
            gradients += [found[variable.name] for variable in own]
            variables += own
        scale = self.optimizer.scale_loss(1.0)
        if scale != 1:
            gradients = [gradient * scale for gradient in gradients]
        self.optimizer.apply_gradients(zip(gradients, variables, strict=True))

    def _update_metrics(self, trace: Trace, y: Array, weight: Array | None) -> None:
        y_pred = trace.y_pred
        self._loss_tracker.update_state(trace.loss, sample_weight=len(y_pred))
        if self._metrics.any:
            top = self.keeper_of_logits(trace.training) if self._metrics.takes_logits else None
            self._metrics.update_state(y, y_pred, weight, None if top is None else trace.layers[top].z)

    def _logs(self) -> dict[str, float]:
        return {"loss": self._loss_tracker.result(), **self._metrics.result()}

    def reset_metrics(self) -> None:
        """Start the running means of loss and metrics anew."""
        self._loss_tracker.reset_state()
        self._metrics.reset_state()

    def train_on_batch(
        self,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Take one step; return the batch's loss (and metrics) before it."""
        x, y, weight = self._batch(x, y, sample_weight, class_weight)
        self.reset_metrics()
        self._update_metrics(self.train_step(x, y, weight), y, weight)
        return self._report(return_dict)

    def test_on_batch(self, x: Any, y: Any, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """Return loss (and metrics) on one batch."""
        x, y, weight = self._batch(x, y, sample_weight)
        self.reset_metrics()
        self._update_metrics(self._test_step(x, y, weight), y, weight)
        return self._report(return_dict)

    def _test_step(self, x: Any, y: Array, weight: Array | None) -> Trace:
        trace = self.record(count(x), training=False)
        self.forward_pass(x, trace)
        self.loss_pass(y, trace, weight)
        return trace

    def _report(self, return_dict: bool) -> Any:
        logs = self._logs()
        if return_dict:
            return logs
        return list(logs.values()) if len(logs) > 1 else logs["loss"]

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

        As in Keras: batches of 32 unless said otherwise, shuffled anew each epoch, the last one smaller;
        `validation_split` takes the last share of the samples; the loss shown is the mean so far in the epoch.
        With an `initial_epoch` in which the model stands, after another `fit` or `load_model`, it goes on there: with
        the same shuffles, from the same batch on, to the same bits as if it had never stopped.
        Everything is checked before the first step.
        """
        _must_be_none(steps_per_epoch=steps_per_epoch, validation_steps=validation_steps)
        batch_size = _batch_size(batch_size)
        validation_batch_size = _batch_size(validation_batch_size, "validation_batch_size", batch_size)
        validation_freq = checks.positive_integer(validation_freq, "validation_freq")
        epochs = checks.positive_integer(epochs, "epochs", least=0)
        initial_epoch = checks.positive_integer(initial_epoch, "initial_epoch", least=0)
        if sample_weight is not None and class_weight is not None:
            raise ValueError("give either sample_weight or class_weight, not both (as in Keras)")
        x, y, weight = self._batch(x, y, sample_weight)
        validation = self._validation(validation_data)
        if validation_split and validation is None:
            (x, y, weight), validation = _split(x, y, weight, validation_split)
        if class_weight is not None:
            weight = checks.weights(None, class_weight, y, self.head_loss, self.output_shape)
        if self.optimizer is None:
            raise ValueError(f"{self.name} has no optimizer yet: call compile(...) first")

        history = History()
        samples = count(x)
        params = {"verbose": verbose, "epochs": epochs, "steps": -(-samples // batch_size)}
        shown = [ProgbarLogger()] if verbose else []
        hooks = CallbackList([history, *shown, *_as_list(callbacks)], self, params)
        self.history = history
        if self.progress is None or not self.progress.stands_in(initial_epoch):
            self.progress = Progress(np.random.default_rng(new_seed()), initial_epoch)
        self.stop_training = False
        hooks.on_train_begin()  # where a callback may put the place of an earlier run
        progress = self.progress
        progress.start(samples, batch_size)
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
            self.optimizer.finalize_variable_values(self.trainable_weights)
        hooks.on_train_end(logs)
        return self.history

    def _train_epoch(
        self, x: Any, y: Array, weight: Array | None, progress: Progress, shuffle: bool, hooks: CallbackList
    ) -> dict[str, float]:
        order, batch_size = progress.order(shuffle), progress.run["batch_size"]
        self.reset_metrics()
        if progress.batch:
            if self._metrics.waiting:
                self._metrics.build(y[:1], np.empty([size or 1 for size in self.output_shape]))
            progress.put_back([self._loss_tracker, *self.metrics])
        buffers = [np.empty((min(batch_size, len(part)), *part.shape[1:]), part.dtype) for part in parts(x)]
        for batch in range(progress.batch, progress.run["steps"]):
            start = batch * batch_size
            rows = order[start : start + batch_size]
            drawn = zip(parts(x), buffers, strict=True)
            bx: Any = tuple(np.take(part, rows, axis=0, out=b[: len(rows)], mode="clip") for part, b in drawn)
            bx = bx if isinstance(x, tuple) else bx[0]
            by, bw = y[rows], None if weight is None else weight[rows]
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
        """Return loss (and metrics) over x and y: a number, a list, or with return_dict a dict."""
        if kwargs:
            raise TypeError(f"evaluate has no argument {', '.join(map(repr, kwargs))}")
        _must_be_none(steps=steps)
        batch_size = _batch_size(batch_size)
        x, y, weight = self._batch(x, y, sample_weight)
        hooks = CallbackList(
            _as_list(callbacks), self, {"verbose": verbose, "epochs": 1, "steps": -(-count(x) // batch_size)}
        )
        self._evaluate(x, y, weight, batch_size, hooks)
        return self._report(return_dict)

    def _evaluate(
        self, x: Any, y: Array, weight: Array | None, batch_size: int, hooks: CallbackList
    ) -> dict[str, float]:
        self.reset_metrics()
        hooks.on_test_begin()
        for batch, start in enumerate(range(0, count(x), batch_size)):
            rows = slice(start, start + batch_size)
            bw = None if weight is None else weight[rows]
            hooks.on_test_batch_begin(batch)
            self._update_metrics(self._test_step(cut(x, rows), y[rows], bw), y[rows], bw)
            hooks.on_test_batch_end(batch, self._logs())
        logs = self._logs()
        hooks.on_test_end(logs)
        return logs

    def predict(
        self, x: Any, batch_size: int | None = None, verbose: Any = "auto", steps: None = None, callbacks: None = None
    ) -> Array:
        """Return the outputs for x, (samples, outputs), computed in batches of 32 unless said otherwise."""
        _must_be_none(steps=steps, callbacks=callbacks)
        batch_size = _batch_size(batch_size)
        x = self._samples(x)
        batches = [cut(x, slice(start, start + batch_size)) for start in range(0, count(x), batch_size)]
        return np.concatenate([self.forward_pass(b, self.record(count(b), training=False)).copy() for b in batches])

    def _validation(self, data: Any) -> tuple[Any, Array, Array | None] | None:
        if data is None:
            return None
        if not isinstance(data, tuple | list) or len(data) not in (2, 3):
            raise ValueError("validation_data must be (x, y) or (x, y, sample_weight)")
        return self._batch(data[0], data[1], data[2] if len(data) > 2 else None, prefix="validation_")


def parts(x: Any) -> tuple[Array, ...]:
    """Return the arrays of x, one for each input."""
    return x if isinstance(x, tuple) else (x,)


def count(x: Any) -> int:
    """Return how many samples x holds."""
    return len(x[0]) if isinstance(x, tuple) else len(x)


def cut(x: Any, rows: Any) -> Any:
    """Return these samples of x."""
    return tuple(part[rows] for part in x) if isinstance(x, tuple) else x[rows]


def _batch_size(given: Any, argument: str = "batch_size", default: int = 32) -> int:
    return default if given is None else checks.positive_integer(given, argument)


def _must_be_none(**arguments: Any) -> None:
    """Refuse arguments of Keras that handnn does not have."""
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(f"{name} is not supported and must be None; received {value!r}")


def _split(x: Any, y: Array, weight: Array | None, share: float) -> tuple[Any, Any]:
    """Cut the last `share` of the samples off for validation."""
    samples = count(x)
    kept = int(samples * (1 - share))
    if not 0 < share < 1 or not 0 < kept < samples:
        raise ValueError(f"validation_split must leave samples on both sides of {samples}; received {share}")
    head, tail = slice(kept), slice(kept, None)
    halves = [(cut(x, rows), y[rows], None if weight is None else weight[rows]) for rows in (head, tail)]
    return halves[0], halves[1]


def _as_list(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]
