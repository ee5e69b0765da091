"""Runs of one network, such as seeds and learning rates, trained together along a leading axis.

On a small network most of a step is the overhead of NumPy calls and of Python. A stack takes the step of all runs at
once through the same layers, losses and optimizers: every weight is (runs, ...), every batch (runs, batch, ...), and
each run has its own batches, random draws, learning rate and loss. tests/models/test_stacked.py: bit by bit, every run
gets what it gets alone, also beside a run that diverges.
"""

import copy
from collections.abc import Sequence

import numpy as np

from ..core.stacking import is_handnns
from ..core.trace import Trace
from ..core.variable import Array, Variable
from ..layers import InputLayer, Layer
from ..optimizers.stacked import stacked
from .graph import Node
from .network import Network


def obstacle(model: Network) -> str:
    """Return why runs of this compiled model cannot be stacked, in a few words; '' if they can."""
    if model.optimizer is not None and model.optimizer.second_order:
        return "its optimizer takes the second derivatives of each network"
    return _obstacle(model)


def _obstacle(model: Network) -> str:
    """Return what of the layers and the loss takes no leading axis."""
    if len(model.input_layers) != 1 or len(model.output_nodes) != 1:
        return "it has several inputs or outputs"
    if len({id(node.layer) for node in model.nodes}) < len(model.nodes):
        return "a layer is used in several places"
    for layer, parents in model.nodes:
        if len(parents) != 1 or layer.merges or not layer.can_stack():
            return f"layer {layer.name} ({type(layer).__name__}) takes no leading axis"
    if len({layer.dtype for layer in (*model.input_layers, *(node.layer for node in model.nodes))}) > 1:
        return "its layers differ in dtype"
    loss = model.loss
    if isinstance(loss, str | list) or loss is None or not loss.can_stack() or model.loss_weights != [1.0]:
        return f"loss {getattr(loss, 'name', loss)} takes no leading axis"
    return ""


class Stack:
    """Compiled networks of one shape, trained and evaluated together.

    The models stay usable: their weights are parts of the stack's. Their optimizers must be new.

    Raises:
        ValueError: the models cannot be stacked, or differ in shape.
    """

    def __init__(self, models: Sequence[Network]) -> None:
        self.models = list(models)
        shapes = {tuple((w.name, w.shape, w.dtype, w.trainable) for w in model.weights) for model in self.models}
        if len(self.models) < 2 or len(shapes) > 1:
            raise ValueError("models must be two or more of one shape")
        reasons = [reason for reason in map(obstacle, self.models) if reason]
        if reasons:
            raise ValueError(f"models must be such that can be stacked: {reasons[0]}")
        self.network = _stacked(self.models)
        optimizers = [model.optimizer for model in self.models if model.optimizer is not None]
        self.optimizer = stacked(optimizers, [model.trainable_weights for model in self.models])
        self.network.optimizer = self.optimizer

    @property
    def runs(self) -> int:
        return len(self.models)

    def train_step(self, x: Array, y: Array) -> Array:
        """Take one step of every run on checked arrays, x and y (runs, batch, ...); return the losses before it."""
        return np.array(self.network.train_step(x, y).loss)

    def evaluate(self, x: Array, y: Array, batch_size: int) -> list[dict[str, float]]:
        """Return loss and metrics of every run over the same samples, as `evaluate(..., return_dict=True)` does."""
        x, y, _ = self.models[0].prepare_batch(x, y)
        for model in self.models:
            model.reset_metrics()
        for start in range(0, len(x), batch_size):
            bx, by = x[start : start + batch_size], y[start : start + batch_size]
            trace = self.network._test_step(self._for_all(bx), self._for_all(by), None)
            self._update_metrics(trace, by)
        return [model.get_metrics_result() for model in self.models]

    def _update_metrics(self, trace: Trace, y: Array) -> None:
        """Update the metrics of every run; accuracies are computed for all runs at once."""
        compiled = self.models[0].compiled_metrics
        together = all(metric.stacks and is_handnns(metric) for metric in compiled.metrics)
        if compiled.waiting or compiled.takes_logits or not together:
            for run, model in enumerate(self.models):
                model._update_metrics(trace.of_run(run), y, None)
            return
        for model, loss in zip(self.models, trace.loss, strict=True):
            model.loss_tracker.update_state(loss, sample_weight=len(y))
        for k, metric in enumerate(compiled.metrics):
            labels = metric.prepare(y, trace.y_pred[0])[0]
            for model, values in zip(self.models, metric.values(labels, trace.y_pred), strict=True):
                model.compiled_metrics.metrics[k].take(values)

    def _for_all(self, batch: Array) -> Array:
        return np.broadcast_to(batch, (self.runs, *batch.shape))

    def use_averages(self) -> None:
        """Let the averages of the weights, if the optimizers keep any, replace them, as at the end of `fit`."""
        self.optimizer.finalize_variable_values(self.network.trainable_weights)


def _stacked(models: list[Network]) -> Network:
    """Return the network whose weights are those of all models, which become parts of it."""
    runs, first = len(models), models[0]
    own = copy.copy(first)
    own.runs = runs
    own._workspaces, own._output_losses, own._by_node = {}, {}, {}
    layers = [_stacked_layer([model.nodes[i].layer for model in models]) for i in range(len(first.nodes))]
    own.nodes = [Node(layer, node.parents) for layer, node in zip(layers, first.nodes, strict=True)]
    own._layers = [layer for layer in first.layers if isinstance(layer, InputLayer)] + layers
    loss = copy.copy(first.loss)
    loss.runs = runs
    own._objectives = (loss, first.loss_weights)
    own.connect()
    for i, layer in enumerate(layers):
        for k, weight in enumerate(layer.weights):
            for run, model in enumerate(models):
                model.nodes[i].layer.weights[k].value = weight.value[run]
    return own


def _stacked_layer(layers: list[Layer]) -> Layer:
    own, first = copy.copy(layers[0]), layers[0]
    own.runs, own.weights = len(layers), []
    for k, weight in enumerate(first.weights):
        values = np.stack([layer.weights[k].value for layer in layers])
        together = Variable(values, name=weight.name, path=weight.path, trainable=weight.trainable)
        together.regularizer, together.constraint = weight.regularizer, weight.constraint
        own.weights.append(together)
        for name, value in vars(first).items():
            if value is weight:
                setattr(own, name, together)
    own.stack(layers)
    return own
