"""The base class of `Sequential` and `Model`: the forward and the backward pass through the layers.

Backpropagation is the two loops `forward_pass` and `backward_pass`; the formulas they call are in layers/, activations/
and losses/. `compile` and one step are in compiled.py, `fit` in training.py.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..core.masks import weight_with_mask, with_mask
from ..core.memory import contiguous, flat_view
from ..core.trace import LayerTrace, Trace
from ..core.variable import Array
from ..layers import Embedding
from ..layers.in_tf_data import in_tf_data
from ..layers.keras_tensor import is_symbolic
from .graph import Node
from .nesting import Nested
from .objectives import OutputLoss, each, of_output
from .state_tree import StateTree
from .structure import Structure, refuse_own_steps
from .training import Trainer

MAX_WORKSPACES = 8
"""Number of batch sizes whose workspace is kept."""


class Network(Nested, StateTree, Structure, Trainer):
    """Base class of models: the passes through the layers of a `Structure`."""

    def __init__(self, name: str) -> None:
        refuse_own_steps(type(self))
        Structure.__init__(self, name)
        Trainer.__init__(self)
        Nested.__init__(self)
        self._workspaces: dict[tuple[int, bool], Trace] = {}
        self._mixed = False
        self._consumers: list[list[tuple[int, int]]] = []
        self._sole_consumer: list[int | None] = []
        self._sole_parent: list[int | None] = []
        self._backwards: list[tuple[int, Any, int | None]] = []
        self._penalized: list[int] = []
        self._with_statistics: list[int] = []
        self._masked = False
        self._indexed: list[Node] = []
        self._stateful: list[int] = []
        self._first: list[bool] = []
        self._later: dict[int, list[int]] = {}
        self._by_node: dict[bool, tuple[Any, dict[int, list[OutputLoss]]]] = {}

    def connect(self) -> None:
        """Analyse `nodes` and `input_layers`: consumers of each output, dtypes, regularizers, running statistics."""
        self._workspaces.clear()
        self._output_losses.clear()
        self._fitting = ()
        self._indexed = [node for node in self.nodes if isinstance(node.layer, Embedding) and node.parents[0] < 0]
        self._find_places()
        self._consumers = [[] for _ in self.nodes]
        for j, node in enumerate(self.nodes):
            for k, parent in enumerate(node.parents):
                if parent >= 0:
                    self._consumers[parent].append((j, k))
        layers = [node.layer for node in self.nodes]
        self._mixed = len({layer.dtype for layer in (*self.input_layers, *layers)}) > 1
        regularized = [any(weight.regularizer for weight in layer.weights) for layer in layers]
        self._penalized = [
            i for i, layer in enumerate(layers) if (regularized[i] and self._first[i]) or layer.activity_regularizer
        ]
        self._stateful = [i for i, layer in enumerate(layers) if getattr(layer, "stateful", False)]
        self._masked = any(layer.creates_mask for layer in layers)
        self._with_statistics = [i for i, layer in enumerate(layers) if layer.running_statistics]
        self._sole_consumer = [self._find_sole_consumer(i) for i in range(len(layers))]
        self._sole_parent = [None if self._mixed else _only_read(node) for node in self.nodes]
        pairs = zip(self.nodes, self._sole_consumer, strict=True)
        self._backwards = [(i, node.layer, only) for i, (node, only) in enumerate(pairs)][::-1]
        self._allocate_weights()

    def _find_places(self) -> None:
        """Find the layers in several places: their gradients are summed at the first one."""
        places: dict[int, list[int]] = {}
        for i, node in enumerate(self.nodes):
            places.setdefault(id(node.layer), []).append(i)
        self._later = {found[0]: found[1:] for found in places.values() if len(found) > 1}
        self._first = [places[id(node.layer)][0] == i for i, node in enumerate(self.nodes)]

    def _find_sole_consumer(self, i: int) -> int | None:
        """Return the node whose dx is the whole upstream of node i, or None if the upstream is a sum."""
        readers = self._consumers[i]
        alone = len(readers) == 1 and self.nodes[i].layer.activity_regularizer is None and not self._mixed
        alone = alone and (i not in self.output_nodes or len(self.output_nodes) < 2)
        if not alone:
            return None
        reader = self.nodes[readers[0][0]]
        return readers[0][0] if len(reader.parents) == 1 and not reader.layer.merges else None

    def _allocate_weights(self) -> None:
        """Allocate the trained weights contiguously, layer after layer."""
        trained = [
            weight
            for (layer, _), first in zip(self.nodes, self._first, strict=True)
            for weight in layer.weights
            if first and weight.name not in layer.running_statistics
        ]
        if (
            len({weight.dtype for weight in trained}) != 1
            or flat_view([weight.value for weight in trained], self.runs) is not None
        ):
            return
        places = contiguous([weight.shape for weight in trained], trained[0].dtype, self.runs)
        for weight, place in zip(trained, places, strict=True):
            place[...] = weight.value
            weight.value = place

    def _samples(self, x: Any, argument: str = "x") -> Any:
        """Return x checked and cast, as a tuple if there are several inputs."""
        found = super()._samples(x, argument)
        arrays = found if isinstance(found, tuple) else (found,)
        for layer, parents in self._indexed:
            name = self.input_layers[~parents[0]].name
            layer.check_indices(arrays[~parents[0]], argument if len(arrays) == 1 else f"{argument}[{name}]")
        return found

    # ---- the mathematics ----------------------------------------------------------------------------------------

    def workspace(self, batch_size: int, training: bool) -> Trace:
        """Return the arrays for a step with this batch size, reused from step to step."""
        key = (batch_size, training)
        if key not in self._workspaces:
            if len(self._workspaces) >= MAX_WORKSPACES:
                self._workspaces.pop(next(iter(self._workspaces)))
            self._workspaces[key] = self.new_trace(training, wants_dx=False)
            if training:
                self._allocate_gradients(self._workspaces[key])
        return self._workspaces[key]

    def _allocate_gradients(self, trace: Trace) -> None:
        """Allocate the trace's gradients contiguously, in the order of the weights."""
        pairs = zip(self.nodes, trace.layers, strict=True)
        trained = [(t, weight) for (layer, _), t in pairs for weight in layer.trainable_weights if t.first]
        if len({weight.dtype for _, weight in trained}) == 1:
            places = contiguous([weight.shape for _, weight in trained], trained[0][1].dtype, self.runs)
            for (t, weight), place in zip(trained, places, strict=True):
                t.gradients[weight.name] = place

    def new_trace(self, training: bool, wants_dx: bool) -> Trace:
        pairs = zip(self.node_names, self.nodes, strict=True)
        records = [
            LayerTrace(name, wants_dx=max(parents) >= 0 or (wants_dx and layer.differentiable))
            for name, (layer, parents) in pairs
        ]
        trace = Trace(records, tuple(self.output_nodes))
        trace.training = training
        for t, node, first, options in zip(trace, self.nodes, self._first, self.node_options, strict=True):
            t.layer, t.training, t.first, t.options = node.layer, training, first, options
        return trace

    def forward_pass(self, x: Any, trace: Trace, masks: Mapping[str, Array] | None = None) -> Any:
        """z = forward(x) and a = f(z), layer after layer; a layer reads the a of its parents."""
        records, inputs = trace.layers, x if isinstance(x, tuple) else (x,)
        for (layer, parents), t, parent in zip(self.nodes, records, self._sole_parent, strict=True):
            if parent is not None:
                t.x = records[parent].a if parent >= 0 else inputs[~parent]
            else:
                self.read_parents(layer, parents, t, records, inputs)
            if self._masked:
                layer.receive_masks(t, [records[p].output_mask if p >= 0 else None for p in parents])
            layer.randomize(t, masks.get(t.name) if masks else None)
            layer.forward(t)
            if self._masked:
                layer.hand_on_mask(t)
            layer.activate(t)
        return trace.y_pred

    def read_parents(self, layer: Any, parents: Any, t: LayerTrace, records: list[LayerTrace], inputs: Any) -> None:
        """Write t.x: the a of the parents in the layer's dtype, as a tuple for a layer that merges several."""
        read = tuple([records[parent].a if parent >= 0 else inputs[~parent] for parent in parents])
        if self._mixed:
            read = tuple(map(layer.cast, read))
        t.x = read if layer.merges or len(read) > 1 else read[0]
        if layer.outputs_of is not None:
            t.shapes = records[parents[0]].shapes

    def loss_pass(self, y: Any, trace: Trace, weight: Any = None) -> Any:
        """Write trace.values (a loss per sample), their reduction trace.data_loss, and trace.loss with penalties."""
        found = self.output_losses(trace.training)
        if len(self.output_nodes) == 1 and found[0].weight == 1:
            trace.values, trace.loss = self._loss_of(found[0], trace, y, weight)
        else:
            parts = [self._loss_of(own, trace, *rest) for own, *rest in each(found, y, weight)]
            values, trace.output_losses = tuple(values for values, _ in parts), [loss for _, loss in parts]
            trace.values = values if len(self.output_nodes) > 1 else values[0]
            trace.loss = sum(own.weight * loss for own, loss in zip(found, trace.output_losses, strict=True))
        trace.data_loss = trace.loss
        for i in self._penalized:
            t = trace.layers[i]
            t.penalty = self.nodes[i].layer.penalty(t)
            t.penalty_count = np.size(trace.data_loss) if self.runs is None else 1
            if t.penalty is not None:
                trace.loss = trace.loss + t.penalty.astype(found[0].loss.dtype)
        return trace.loss

    def weight_of(self, own: OutputLoss, trace: Trace, weight: Any) -> Any:
        """Return the sample weights of an output, 0 where it is masked."""
        mask = trace.layers[self.output_nodes[own.place]].output_mask
        if mask is None:
            return weight
        if own.loss.masks:
            raise ValueError(f"{own.loss.name} with an ignored class cannot be used on an output that has a mask")
        return weight_with_mask(weight, mask, own.loss.dtype, own.loss.reduction)

    def _loss_of(self, own: OutputLoss, trace: Trace, y: Any, weight: Any) -> tuple[Any, Any]:
        """Return the losses of the samples, and their reduction, of one output."""
        t, weight = trace.layers[own.node], self.weight_of(own, trace, weight)
        values = own.loss.values(y, (t.z if own.from_logits else t.a).astype(own.loss.dtype, copy=False))
        return values, own.loss.reduce(values, weight, y)

    def losses_by_node(self, training: bool) -> dict[int, list[OutputLoss]]:
        """Return the losses that read each node."""
        known, found = self._by_node.get(training, (None, {}))
        if known is None or known is not self._output_losses.get(training):
            found, losses = {}, self.output_losses(training)
            for own in losses:
                found.setdefault(own.node, []).append(own)
            self._by_node[training] = losses, found
        return found

    def loss_slopes(self, i: int, y: Any, trace: Trace, weight: Any) -> tuple[Any, Any]:
        """Return the losses' own dL/da of node i, and their dL/dz if they are fused; None where there is none."""
        t, on_a, on_z = trace.layers[i], None, None
        for own in self.losses_by_node(trace.training).get(i, ()):
            alone = len(self.output_nodes) == 1
            output = t.z if own.from_logits else t.a.astype(own.loss.dtype, copy=False)
            of_y, of_weight = of_output(y, own.place), self.weight_of(own, trace, of_output(weight, own.place))
            slopes = own.loss.gradient_of_reduced(of_y, output, of_weight, out=t.loss_gradient if alone else None)
            if alone:
                t.loss_gradient = slopes
            if own.weight != 1:
                slopes = slopes * slopes.dtype.type(own.weight)
            if own.from_logits:
                on_z = slopes if on_z is None else on_z + slopes
            else:
                on_a = slopes if on_a is None else on_a + slopes
        return on_a, on_z

    def backward_pass(self, y: Any, trace: Trace, weight: Any = None) -> None:
        """Compute delta = dL/dz layer by layer, last to first, and from it dW, db and dx."""
        losses, records = self.losses_by_node(trace.training), trace.layers
        for i, layer, only in self._backwards:
            t, on_a, on_z = records[i], None, None
            if i in losses:
                on_a, on_z = self.loss_slopes(i, y, trace, weight)
            t.upstream = records[only].dx if only is not None and on_a is None else self.upstream(i, trace, on_a)
            if t.upstream is not None:
                layer.residual(t)
                if on_z is not None:  # a fused loss acts on z directly, a penalty on a through f
                    t.delta = t.delta + on_z
            elif on_z is not None:
                t.delta = on_z
            if t.upstream is None and on_z is None:
                layer.without_gradient(t)
                t.dx = None  # of a loss that was compiled before
            else:
                layer.backward(t)
                if i in self._penalized:
                    layer.penalize(t)
            if i in self._later:
                self.add_places(i, trace)

    def add_places(self, i: int, trace: Trace) -> None:
        """Add the gradients of a layer's other places to those of its first, node i."""
        gradients = trace.layers[i].gradients
        for j in self._later[i]:
            for name, gradient in trace.layers[j].gradients.items():
                gradients[name] += gradient

    def upstream(self, i: int, trace: Trace, loss_gradient: Any) -> Any:
        """Return dL/da of node i: the sum over all paths from a to the loss; None if there is no path."""
        t, layer = trace.layers[i], self.nodes[i].layer
        if not self._consumers[i] and layer.activity_regularizer is None:
            return None if loss_gradient is None else loss_gradient.astype(layer.dtype, copy=False)
        parts = self.paths(i, trace, loss_gradient)
        if len(parts) < 2:
            return parts[0] if parts else None
        t.upstream_sum = np.add(parts[0], parts[1], out=t.upstream_sum, order="C")
        for part in parts[2:]:
            t.upstream_sum += part
        return t.upstream_sum

    def paths(self, i: int, trace: Trace, loss_gradient: Any) -> list[Any]:
        """Return dL/da of node i for each path: layers that read a, the loss (`loss_gradient`), a penalty R(a) / n."""
        layer, t = self.nodes[i].layer, trace.layers[i]
        parts = [] if loss_gradient is None else [loss_gradient]
        for j, k in self._consumers[i]:
            dx = trace.layers[j].dx
            if isinstance(dx, tuple):
                dx = dx[k]
            if dx is not None:
                parts.append(dx)
        if self._mixed or loss_gradient is not None:
            parts = [part.astype(layer.dtype, copy=False) for part in parts]
        if layer.activity_regularizer is not None:
            parts.append(layer.activity_gradient(t))
        return parts

    @in_tf_data
    def __call__(self, x: Any, training: bool = False) -> Any:
        """Return the output for x, of shape (samples, outputs), computed in one batch.

        For symbolic tensors, return symbolic outputs: the model is a layer of a larger one.

        Raises:
            ValueError: x does not have the input shape, or holds NaN or infinity.
            TypeError: x holds no real numbers.
        """
        if is_symbolic(x):
            return self.connect_to(x)
        x = self._samples(x)
        trace = self.new_trace(training, wants_dx=False)
        self.forward_pass(x, trace)
        self.update_states(trace)
        if training:
            self.update_running_statistics(trace)
        found = tuple(with_mask(trace.layers[i].a, trace.layers[i].output_mask) for i in self.output_nodes)
        return self.packed(found if len(found) > 1 else found[0])

    def update_states(self, trace: Trace) -> None:
        """Let stateful layers start the next batch from the last state of this one."""
        for i in self._stateful:
            self.nodes[i].layer.update_states(trace.layers[i])

    def reset_states(self) -> None:
        """Let stateful layers start the next batch from zeros."""
        for i in self._stateful:
            self.nodes[i].layer.reset_state()

    reset_state = reset_states

    def update_running_statistics(self, trace: Trace) -> None:
        """After a training pass, update what training changes without a gradient, such as moving averages."""
        for i in self._with_statistics:
            layer, t = self.nodes[i].layer, trace.layers[i]
            layer.update_running_statistics(t)
            layer.assign_statistics(t.new_statistics)

    def trace(
        self,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        training: bool = False,
        masks: Mapping[str, Array] | None = None,
    ) -> Trace:
        """Return every intermediate of one forward and backward pass, in new arrays. No weight changes.

        Args:
            x, y: the batch. sample_weight: one weight per sample.
            training: whether layers such as Dropout behave as in training.
            masks: {layer name: mask}, used in place of random masks.

        Raises:
            ValueError: the model has no loss, or x, y or sample_weight does not fit.
            TypeError: an array holds no real numbers.
        """
        x, y, weight = self.prepare_batch(x, y, sample_weight)
        trace = self.new_trace(training, wants_dx=True)
        self.forward_pass(x, trace, masks)
        self.loss_pass(y, trace, weight)
        self.backward_pass(y, trace, weight)
        return trace

    def loss_and_gradients(
        self,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        training: bool = False,
        masks: Mapping[str, Array] | None = None,
    ) -> tuple[float, list[Array]]:
        """Return the loss and its gradients, in get_weights() order without running statistics. Raises as `trace`."""
        trace = self.trace(x, y, sample_weight, training, masks)
        return trace.loss, trace.gradients

    def sharpness(self, x: Any, y: Any, steps: int = 20, seed: int = 0) -> float:
        """Return the largest eigenvalue of the Hessian of the mean loss of a batch; `curvature.sharpness` says more."""
        from .curvature import sharpness

        return sharpness(self, x, y, steps, seed)


def _only_read(node: Node) -> int | None:
    """Return the only parent of a node that reads its a and nothing else."""
    layer, parents = node
    return parents[0] if len(parents) == 1 and not layer.merges and layer.outputs_of is None else None
