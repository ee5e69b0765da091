"""`compile`, and one training step: the outputs' losses, batches, forward, backward, optimizer, metrics."""

import contextlib
import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .. import losses, optimizers
from .. import metrics as metrics_module
from ..config import check_dtype
from ..core.masks import mask_of, with_mask
from ..core.trace import Trace
from ..core.variable import Array, check_finite, real_array
from . import inputs, objectives, structures
from .graph import Node
from .inputs import sample_count
from .objectives import OutputLoss


class Compiled:
    """The losses, optimizer and metrics of a model, and one training step with them.

    Attributes:
        loss: the loss of the output. With several outputs a list: each one's loss, a list of its losses, or None.
        loss_weights: the weight of each output's loss in the sum, or of each of its losses.
    """

    name: str
    trainable: bool
    layers: Any
    nodes: list[Node]
    built: bool
    follows: bool
    input_layers: list[Any]
    output_nodes: list[int]
    _indexed: list[Any]
    input_form: Any
    runs: int | None = None
    """In a stack of runs their number: batches are (runs, batch, ...), and weights have the same leading axis."""

    def __init__(self) -> None:
        self._wanted_loss: Any = (None, None)
        self._objectives: tuple[Any, list[Any]] | None = (None, [1.0])
        self.optimizer: optimizers.Optimizer | None = None
        self.compiled_metrics: Any = metrics_module.CompiledMetrics()
        self.loss_tracker = metrics_module.Mean(name="loss")
        self.output_trackers: list[metrics_module.Mean] = []
        self.compiled = self.takes_nonfinite = False
        self.last_step: Any = None  # (trace, y) of the last training step, for callbacks
        self.steps_per_execution = 1
        self.jit_compile = False
        self.compile_arguments: dict[str, Any] = {}
        self._output_losses: dict[bool, list[OutputLoss]] = {}
        self._fitting: Any = ()  # shapes and dtypes of the last batch that needed no cast

    if TYPE_CHECKING:  # provided by the model
        input_shape: property
        trainable_weights: property
        output_shapes: property
        output_names: property
        output_form: Any

        def build(self, input_shape: Any = None) -> None: ...
        def workspace(self, batch_size: int, training: bool) -> Trace: ...
        def update_running_statistics(self, trace: Trace) -> None: ...
        def update_states(self, trace: Trace) -> None: ...
        def forward_pass(self, x: Any, trace: Trace, masks: Mapping[str, Array] | None = None) -> Array: ...
        def backward_pass(self, y: Any, trace: Trace, weight: Any = None) -> None: ...
        def loss_pass(self, y: Any, trace: Trace, weight: Any = None) -> Any: ...

    # ---- compiling ----------------------------------------------------------------------------------------------

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Choose loss, optimizer and metrics.

        With several outputs, `loss`, `loss_weights` and the metrics are lists in the order of the outputs, dicts by
        their names, or structures like the outputs'; one loss counts for all, and a list at the place of an output
        holds several losses. The loss that is trained is the weighted sum. Whether they fit the outputs is checked when
        they are first used, as in Keras. 'crossentropy' chooses by the first labels. A loss given by name computes in
        the dtype of its output's layer, so that a float64 network has a float64 loss (Keras uses floatx, float32); a
        loss object keeps its own dtype. `run_eagerly`, `jit_compile` and `auto_scale_loss` are accepted for
        compatibility and have no effect; with `steps_per_execution`, callbacks hear of so many batches together.

        Raises:
            ValueError: a name is unknown; then nothing changes.
            TypeError: an argument is neither a name, a config nor an object of its kind.
        """
        names = self._names()
        if len(names) > 1:
            compiled: Any = metrics_module.MetricsByOutput(names, metrics, weighted_metrics)
        else:
            compiled = metrics_module.CompiledMetrics(metrics, weighted_metrics)
        for given in objectives.leaves(loss):
            self._loss(given, 0)
        chosen = optimizers.get(optimizer)
        self.steps_per_execution = inputs.positive_integer(steps_per_execution, "steps_per_execution")
        self.optimizer, self.compiled_metrics = chosen, compiled
        self._wanted_loss, self._objectives, self.output_trackers = (loss, loss_weights), None, []
        self.compile_arguments = {"loss": loss, "loss_weights": loss_weights}
        self._output_losses, self._fitting = {}, ()
        self.compiled = True

    def _names(self) -> list[str]:
        """Return the names of the outputs."""
        return list(self.output_names) if self.nodes else [self.name]

    def _resolved(self) -> tuple[Any, list[Any]]:
        """Return the losses and their weights by outputs, as `loss` and `loss_weights` give them."""
        if self._objectives is None:
            (loss, wanted), names, form = self._wanted_loss, self._names(), self.output_form
            given = objectives.by_output(loss, names, form, "loss")
            weights = objectives.weights(wanted, given, names, form, loss)
            found = [[self._loss(own, k) for own in entries] for k, entries in enumerate(given)]
            if len(names) > 1:
                self._objectives = [_unpacked(own, None) for own in found], [_unpacked(own, 1.0) for own in weights]
            elif len(found[0]) > 1:
                raise ValueError(f"loss must hold one loss for the only output; received {len(found[0])}")
            else:
                self._objectives = _unpacked(found[0], None), weights[0] or [1.0]
            tracked = [name for name, own in zip(names, found, strict=True) for _ in own]
            self.output_trackers = [metrics_module.Mean(name=f"{n}_loss") for n in tracked if len(tracked) > 1]
        return self._objectives

    @property
    def loss(self) -> Any:
        return self._resolved()[0]

    @property
    def loss_weights(self) -> list[Any]:
        return self._resolved()[1]

    def as_outputs(self, values: Any) -> Any:
        """Return a list of one value for each output in the structure of the outputs; another value as it is."""
        several = isinstance(values, list) and len(self._names()) > 1
        return structures.packed(self.output_form, values) if several else values

    def _loss(self, given: Any, output: int) -> Any:
        if isinstance(given, str) and given.lower() in objectives.AUTOMATIC:
            return "crossentropy"
        dtype = self.nodes[self.output_nodes[output]].layer.dtype if self.nodes else check_dtype(None)
        return None if given is None else losses.get(given, dtype=dtype)

    @property
    def metrics(self) -> list[Any]:
        """As in Keras: the mean of the loss, the metrics of `compile` as one object, and each output's mean loss."""
        if not self.compiled:
            return []
        return [
            self.loss_tracker,
            *([self.compiled_metrics] if self.compiled_metrics.given else []),
            *self.output_trackers,
        ]

    @property
    def metrics_names(self) -> list[str]:
        """The names of `metrics`."""
        return [metric.name for metric in self.metrics]

    @property
    def tracked(self) -> list[metrics_module.Metric]:
        """Every metric with a state of its own: the loss, those of `compile`, the means of each output's loss."""
        return [self.loss_tracker, *self.compiled_metrics.metrics, *self.output_trackers]

    @contextlib.contextmanager
    def nonfinite_accepted(self, accepted: bool) -> Iterator[None]:
        """Within the block, take NaN and infinity in x and y, or refuse them."""
        self.takes_nonfinite = accepted
        try:
            yield
        finally:
            self.takes_nonfinite = False

    @property
    def fused(self) -> bool:
        """Whether, in training, the loss is computed from z of the last layer instead of a."""
        return self.output_loss(training=True).from_logits

    def output_loss(self, training: bool) -> OutputLoss:
        """Return the loss of the only output, or of the first that has one. See `output_losses`."""
        return self.output_losses(training)[0]

    def output_losses(self, training: bool) -> list[OutputLoss]:
        """Return the loss on each output's a, or fused with its activation on z; outputs without a loss are left out.

        Keras keeps the logits of a softmax or sigmoid output, even through layers that return their input unchanged
        (Dropout in inference). Every cross-entropy uses them, whichever of the two activations it is. A loss of another
        dtype does not see them.

        Raises:
            ValueError: `compile` has not been called with a loss, or 'crossentropy' has seen no labels yet.
        """
        if training not in self._output_losses:
            given = list(self._losses_and_weights())
            if not given:
                raise ValueError(f"{self.name} has no loss yet: call compile(loss=...) first")
            if any(loss == "crossentropy" for _, loss, _ in given):
                raise ValueError("loss='crossentropy' is chosen by the labels: train or evaluate first, or name it")
            self._output_losses[training] = [self._on_output(*own, training) for own in given]
        return self._output_losses[training]

    def _losses_and_weights(self) -> Iterator[tuple[int, Any, float]]:
        """Yield the output's number, the loss and its weight."""
        loss = self.loss if isinstance(self.loss, list) else [self.loss]
        for k, (own, weight) in enumerate(zip(loss, self.loss_weights, strict=True)):
            if isinstance(own, list):
                yield from ((k, *pair) for pair in zip(own, weight, strict=True))
            elif own is not None:
                yield k, own, weight

    def _on_output(self, k: int, loss: losses.Loss, weight: float, training: bool) -> OutputLoss:
        top = self.output_nodes[k]
        if self.nodes[top].layer.activation.name == "softmax" and self.output_shapes[top][-1] == 1:
            name = self.nodes[top].layer.name
            warnings.warn(f"softmax over the one unit of {name} is always 1; use sigmoid, or more units", stacklevel=2)
        node = self.logits_node(training, top)
        if node is not None and self.nodes[node].layer.dtype == loss.dtype:
            on_logits = loss.on_logits(self.nodes[node].layer.output_activation)
            if on_logits is not loss:
                return OutputLoss(on_logits, True, node, k, weight)
        return OutputLoss(loss, False, top, k, weight)

    def logits_node(self, training: bool, output: int | None = None) -> int | None:
        """Return the index of the node whose z Keras keeps as the logits of an output node, the last one by default."""
        first = top = len(self.nodes) - 1 if output is None else output
        path = [first]
        while top > 0 and self.nodes[top].layer.is_identity(training) and self.nodes[top].parents[0] >= 0:
            top = self.nodes[top].parents[0]
            path.append(top)
        one_dtype = len({self.nodes[i].layer.dtype for i in path}) == 1
        return top if self.nodes[top].layer.output_activation.has_logits and one_dtype else None

    # ---- input --------------------------------------------------------------------------------------------------

    def _samples(self, x: Any, argument: str = "x") -> Any:
        """Return x checked and cast, as a tuple if there are several inputs."""
        if not self.built:
            known = (self.input_layers or self.layers)[:1]
            self.build(inputs.shape_of_first(x, argument, known, self.takes_nonfinite, self.follows))
        return inputs.inputs(x, self.input_layers, argument, self.input_form, not self.takes_nonfinite)

    def prepare_batch(
        self, x: Any, y: Any, sample_weight: Any = None, class_weight: dict[int, float] | None = None, prefix: str = ""
    ) -> tuple[Any, Any, Any]:
        """Return x, y and the sample weights, checked and cast; y and the weights are tuples for several outputs.

        Raises:
            ValueError, TypeError: an array does not fit.
        """
        given = inputs.form_of(x, y)
        if given == self._fitting and sample_weight is None and class_weight is None:
            if not self.takes_nonfinite:
                check_finite(x, f"{prefix}x")
                check_finite(y, f"{prefix}y")
            return x, y, None
        given_x, given_y, x = x, y, self._samples(x, f"{prefix}x")
        if y is None:
            raise TypeError(f"{prefix}y must hold real numbers, the targets of the loss; received None, dtype object")
        if len(self.output_nodes) > 1:
            return self._several_targets(x, y, sample_weight, class_weight, prefix)
        if isinstance(y, dict) and list(y) == self.output_names:
            y = y[self.output_names[0]]
        if self.loss == "crossentropy":
            self._objectives = self._chosen_loss(y, 0), self.loss_weights
        shape = self.output_shapes[self.output_nodes[0]]
        loss = self.output_loss(training=True).loss
        y = inputs.targets(y, x, loss, shape, f"{prefix}y", not self.takes_nonfinite)
        if x is given_x and y is given_y and given is not None and not self._indexed and inputs.needs_no_values(loss):
            self._fitting = given
        return x, y, inputs.weights(sample_weight, class_weight, y, loss, shape, f"{prefix}sample_weight")

    def _several_targets(self, x: Any, y: Any, sample_weight: Any, class_weight: Any, prefix: str) -> Any:
        names, shapes = list(self.output_names), self.output_shapes
        if class_weight is not None:
            raise ValueError("class_weight is only supported for one output, as in Keras; use sample_weight")
        wanted = [loss is not None for loss in self.loss]
        given = inputs.per_output(y, names, f"{prefix}y", wanted)
        weights = inputs.per_output(sample_weight, names, f"{prefix}sample_weight", wanted, one_for_all=True)
        found: list[Any] = [None] * len(names)
        found_weights: list[Any] = [None] * len(names)
        for k in range(len(self.loss)):
            if self.loss[k] is None or given[k] is None:
                continue
            if self.loss[k] == "crossentropy":
                self.loss[k] = self._chosen_loss(given[k], k)
            own = self.loss[k] if isinstance(self.loss[k], list) else [self.loss[k]]
            where, shape = f"[{names[k]}]", shapes[self.output_nodes[k]]
            finite = not self.takes_nonfinite
            prepared = [inputs.targets(given[k], x, loss, shape, f"{prefix}y{where}", finite) for loss in own]
            loss, found[k] = own[0], prepared[0]
            if any((other.dtype, other.shape) != (found[k].dtype, found[k].shape) for other in prepared):
                raise ValueError(f"loss of {names[k]} must hold losses that take the same targets; received {own}")
            found_weights[k] = inputs.weights(weights[k], None, found[k], loss, shape, f"{prefix}sample_weight{where}")
        missing = [name for name, loss, own in zip(names, self.loss, found, strict=True) if loss and own is None]
        if missing or not any(wanted):
            self.output_losses(training=True)  # without any loss, this says so
            raise ValueError(f"{prefix}y must hold targets for every output with a loss; {missing[0]!r} has none")
        return x, tuple(found), tuple(found_weights) if any(w is not None for w in found_weights) else None

    def _chosen_loss(self, y: Any, output: int) -> losses.Loss:
        """Return the cross-entropy for these labels."""
        self._output_losses = {}
        node = self.output_nodes[output]
        name = objectives.crossentropy(real_array(y, "y"), self.output_shapes[node])
        return losses.get(name, dtype=self.nodes[node].layer.dtype)

    def batch_size_of(self, x: Any) -> int:
        """Return the number of samples of a batch; in a stack that of each run."""
        return sample_count(x) if self.runs is None else int(x.shape[1])

    # ---- one step -----------------------------------------------------------------------------------------------

    def train_step(self, x: Any, y: Any, weight: Any = None, masks: Mapping[str, Array] | None = None) -> Trace:
        """Run forward pass, backward pass and optimizer step on checked arrays; return the workspace."""
        optimizer: Any = self.optimizer
        if optimizer.second_order and optimizer.due and self.trainable:
            from .curvature import BatchCurvature

            optimizer.observe(BatchCurvature(self, x, y))  # before this step uses the arrays of its batch size
        trace = self.workspace(self.batch_size_of(x), training=True)
        self.forward_pass(x, trace, masks)
        self.loss_pass(y, trace, weight)
        self.backward_pass(y, trace, weight)
        if self.trainable:
            self._optimize(trace)
        self.update_states(trace)
        self.update_running_statistics(trace)
        self.last_step = (trace, y)
        return trace

    def _optimize(self, trace: Trace) -> None:
        """Apply the optimizer to all trainable weights."""
        assert self.optimizer is not None
        trained = [(t.gradients, t.layer.trainable_weights) for t in trace.layers if t.first]
        self.optimizer.apply_scaled([(found[own.name], own) for found, weights in trained for own in weights])

    def _update_metrics(self, trace: Trace, y: Any, weight: Any) -> None:
        y_pred, metrics = trace.y_pred, self.compiled_metrics
        samples = len(y_pred[0] if isinstance(y_pred, tuple) else y_pred)
        self.loss_tracker.update_state(trace.loss, sample_weight=samples)
        for tracker, loss in zip(self.output_trackers, trace.output_losses, strict=False):
            tracker.update_state(loss, sample_weight=samples)
        if metrics.any:
            logits: Any = None
            masked = [with_mask(trace.layers[i].a, trace.layers[i].output_mask) for i in self.output_nodes]
            y_pred = tuple(masked) if isinstance(y_pred, tuple) else masked[0]
            if metrics.takes_logits:
                tops = [self.logits_node(trace.training, node) for node in self.output_nodes]
                given = zip(tops, masked, strict=True)
                found = tuple(None if i is None else with_mask(trace.layers[i].z, mask_of(a)) for i, a in given)
                logits = found if isinstance(y_pred, tuple) else found[0]
            metrics.update_state(y, y_pred, weight, logits)

    def _logs(self) -> dict[str, float]:
        logs = {"loss": self.loss_tracker.result(), **self.compiled_metrics.result()}
        return logs | {tracker.name: tracker.result() for tracker in self.output_trackers}

    def reset_metrics(self) -> None:
        """Reset the running means of loss and metrics."""
        self.loss_tracker.reset_state()
        self.compiled_metrics.reset_state()
        for tracker in self.output_trackers:
            tracker.reset_state()

    def _test_step(self, x: Any, y: Any, weight: Any) -> Trace:
        trace = self.workspace(self.batch_size_of(x), training=False)
        self.forward_pass(x, trace)
        self.update_states(trace)
        self.loss_pass(y, trace, weight)
        return trace

    def _report(self, return_dict: bool) -> Any:
        logs = self._logs()
        if return_dict:
            return logs
        if self.output_trackers:  # in Keras' order: the losses, then the metrics by name
            first = dict.fromkeys(["loss", *(tracker.name for tracker in self.output_trackers)])
            logs = {name: logs[name] for name in (*first, *sorted(set(logs) - set(first)))}
        return list(logs.values()) if len(logs) > 1 else logs["loss"]

    def get_metrics_result(self) -> dict[str, Any]:
        """Return the loss and the metrics since the last reset, by name."""
        return self._logs()


def _unpacked(entries: list[Any], none: Any) -> Any:
    """Return an output's only entry, its list of several, or what stands for none."""
    return none if not entries else entries[0] if len(entries) == 1 else entries
