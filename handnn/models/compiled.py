"""`compile`, and one training step: the output's loss, batches, forward, backward, optimizer, metrics."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import losses, optimizers
from .. import metrics as metrics_module
from ..core.trace import Trace
from ..core.variable import Array, finite_array
from . import inputs
from .graph import Node
from .inputs import sample_count


class OutputLoss(NamedTuple):
    """The loss of the output: on the a of a node, or from logits on its z."""

    loss: losses.Loss
    from_logits: bool
    node: int


class Compiled:
    """The loss, optimizer and metrics of a model, and one training step with them."""

    name: str
    trainable: bool
    layers: list[Any]
    nodes: list[Node]
    built: bool
    input_layers: list[Any]

    def __init__(self) -> None:
        self.loss: losses.Loss | None = None
        self.optimizer: optimizers.Optimizer | None = None
        self.compiled_metrics = metrics_module.CompiledMetrics()
        self.loss_tracker = metrics_module.Mean(name="loss")
        self._output_losses: dict[bool, OutputLoss] = {}

    if TYPE_CHECKING:  # provided by the model
        input_shape: property
        trainable_weights: property
        output_shape: property

        def build(self, input_shape: Any = None) -> None: ...
        def workspace(self, batch_size: int, training: bool) -> Trace: ...
        def update_running_statistics(self, trace: Trace) -> None: ...
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
        """Choose loss, optimizer and metrics.

        A loss given by name computes in the dtype of the last layer, so that a float64 network has a float64 loss
        (Keras uses floatx, float32); a loss object keeps its own dtype. `run_eagerly`, `steps_per_execution`,
        `jit_compile` and `auto_scale_loss` are accepted for compatibility and have no effect.

        Raises:
            ValueError: a name is unknown, or loss_weights is given; then nothing changes.
            TypeError: an argument is neither a name, a config nor an object of its kind.
        """
        must_be_none(loss_weights=loss_weights)
        compiled = metrics_module.CompiledMetrics(metrics, weighted_metrics)
        dtype = self.nodes[-1].layer.dtype if self.nodes else None
        found = optimizers.get(optimizer), None if loss is None else losses.get(loss, dtype=dtype)
        self.optimizer, self.loss = found
        self.compiled_metrics = compiled
        self._output_losses = {}

    @property
    def metrics(self) -> list[metrics_module.Metric]:
        """The metrics of `compile`; they are chosen when the first batch is seen."""
        return self.compiled_metrics.metrics

    @property
    def fused(self) -> bool:
        """Whether, in training, the loss is computed from z of the last layer instead of a."""
        return self.output_loss(training=True).from_logits

    def output_loss(self, training: bool) -> OutputLoss:
        """Return the loss on the output's a, or fused with its activation on z.

        Keras keeps the logits of a softmax or sigmoid output, even through layers that return their input unchanged
        (Dropout in inference). Every cross-entropy uses them, whichever of the two activations it is. A loss of another
        dtype does not see them.

        Raises:
            ValueError: `compile` has not been called with a loss.
        """
        if training not in self._output_losses:
            if self.loss is None:
                raise ValueError(f"{self.name} has no loss yet: call compile(loss=...) first")
            found, node = OutputLoss(self.loss, False, len(self.nodes) - 1), self.logits_node(training)
            if node is not None and self.nodes[node].layer.dtype == self.loss.dtype:
                on_logits = self.loss.on_logits(self.nodes[node].layer.activation)
                if on_logits is not self.loss:
                    found = OutputLoss(on_logits, True, node)
            self._output_losses[training] = found
        return self._output_losses[training]

    def logits_node(self, training: bool) -> int | None:
        """Return the index of the node whose z Keras keeps as the output's logits, or None."""
        top = len(self.nodes) - 1
        while top > 0 and self.nodes[top].layer.is_identity(training) and self.nodes[top].parents[0] >= 0:
            top = self.nodes[top].parents[0]
        one_dtype = len({node.layer.dtype for node in self.nodes[top:]}) == 1
        return top if self.nodes[top].layer.activation.has_logits and one_dtype else None

    # ---- input --------------------------------------------------------------------------------------------------

    def _samples(self, x: Any, argument: str = "x") -> Any:
        """Return x checked and cast, as a tuple if there are several inputs."""
        if not self.built:
            x = finite_array(x, argument, (self.input_layers or self.layers)[0].dtype)
            self.build(x.shape)
        return inputs.inputs(x, self.input_layers, argument)

    def prepare_batch(
        self, x: Any, y: Any, sample_weight: Any = None, class_weight: dict[int, float] | None = None, prefix: str = ""
    ) -> tuple[Any, Array, Array | None]:
        """Return x, y and the sample weights, checked and cast; raise ValueError or TypeError if one does not fit."""
        loss = self.output_loss(training=True).loss
        x = self._samples(x, f"{prefix}x")
        y = inputs.targets(y, x, loss, self.output_shape, f"{prefix}y")
        weight = inputs.weights(sample_weight, class_weight, y, loss, self.output_shape, f"{prefix}sample_weight")
        return x, y, weight

    # ---- one step -----------------------------------------------------------------------------------------------

    def train_step(
        self, x: Any, y: Array, weight: Array | None = None, masks: Mapping[str, Array] | None = None
    ) -> Trace:
        """Run forward pass, backward pass and optimizer step on checked arrays; return the workspace."""
        trace = self.workspace(sample_count(x), training=True)
        self.forward_pass(x, trace, masks)
        self.loss_pass(y, trace, weight)
        self.backward_pass(y, trace, weight)
        if self.trainable:
            self._optimize(trace)
        self.update_running_statistics(trace)
        return trace

    def _optimize(self, trace: Trace) -> None:
        """Apply the optimizer to all trainable weights."""
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
        self.loss_tracker.update_state(trace.loss, sample_weight=len(y_pred))
        if self.compiled_metrics.any:
            top = self.logits_node(trace.training) if self.compiled_metrics.takes_logits else None
            self.compiled_metrics.update_state(y, y_pred, weight, None if top is None else trace.layers[top].z)

    def _logs(self) -> dict[str, float]:
        return {"loss": self.loss_tracker.result(), **self.compiled_metrics.result()}

    def reset_metrics(self) -> None:
        """Reset the running means of loss and metrics."""
        self.loss_tracker.reset_state()
        self.compiled_metrics.reset_state()

    def _test_step(self, x: Any, y: Array, weight: Array | None) -> Trace:
        trace = self.workspace(sample_count(x), training=False)
        self.forward_pass(x, trace)
        self.loss_pass(y, trace, weight)
        return trace

    def _report(self, return_dict: bool) -> Any:
        logs = self._logs()
        if return_dict:
            return logs
        return list(logs.values()) if len(logs) > 1 else logs["loss"]


def must_be_none(**arguments: Any) -> None:
    """Raise ValueError for Keras arguments that handnn does not support."""
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(f"{name} is not supported and must be None; received {value!r}")
