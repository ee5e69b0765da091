"""The expressions of every step of a pass: the hand-written code runs on `Written` arrays, step by step as in `steps`.

Each step starts from the reference's tensors, so its expression names them: z consists of x, W and b, delta of
upstream, z and a.
"""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ...core.trace import LayerTrace, Trace, gradient_name
from ...core.variable import Array, Variable
from ...layers import Layer
from ...layers.recurrent.rnn import RNN
from ...models.network import Network
from ...optimizers import Muon, Optimizer
from ..optimizer_steps import OptimizerState
from . import recurrent
from .expression import Expression
from .symbolic_array import Written, named

SYMBOLS = {"kernel": "W", "bias": "b"}
"""Keras' names of weights -> notation of the formulas."""
LARGEST_NAMED = 1000
"""Larger tensors are not searched for in other expressions."""

Key = tuple[str, str]
Known = Mapping[Expression, tuple[str, tuple[int, ...]]]


def symbol(weight: str) -> str:
    """Return a weight's symbol: W for 'kernel', b for 'bias', otherwise its name."""
    return SYMBOLS.get(weight, weight)


class Sheet:
    """The tensors of one pass with their expressions: `sheet[layer, tensor]`, or None if there is none."""

    def __init__(self, model: Network, reference: Trace, y: Array, weight: Array | None) -> None:
        self.written: dict[Key, Written] = {}
        self.known: dict[Key, Known] = {}
        pairs = [(node.layer, reference[node.layer.name]) for node in model.nodes]
        for (_, t), options in zip(pairs, model.node_options, strict=True):
            t.options = options
        for layer, t in pairs:
            if isinstance(layer, RNN):  # its loop is written out step by step
                self._take(self._over_time(layer, t))
                continue
            self._take(self._forward(layer, t))
            self._take(self._backward(layer, t))
        self._take(self._loss(model, reference, y, weight))
        self._take(self._upstreams(model, reference))

    def __getitem__(self, key: Key) -> tuple[Written, Known] | None:
        return (self.written[key], self.known.get(key, {})) if key in self.written else None

    def step(
        self, optimizer: Optimizer, before: OptimizerState, gradients: list[Array], weights: list[Variable]
    ) -> None:
        """Write out one optimizer step of every weight; of Muon's iterated products, which fill pages, the result."""

        def rule() -> Iterator[tuple[Key, Written, Known]]:
            own: Any = optimizer.unbuilt()
            stepped: list[Any] = [
                Variable(x, name=w.name, path=w.path) for x, w in zip(before.weights, weights, strict=True)
            ]
            own.build(stepped)
            own.set_weights(before.variables)
            own.elementwise = False
            for rule_of_some in (own, *own.inner_optimizers):
                if isinstance(rule_of_some, Muon):
                    rule_of_some.orthogonalized = _named_result(rule_of_some.orthogonalized)  # type: ignore[method-assign]
            for variable in stepped:
                variable.value = named(symbol(variable.name), variable.value)
            slots = [
                slot for slot in own.all_slots() if slot.weight is not None and slot.variable.value.dtype.kind == "f"
            ]
            for slot in slots:
                slot.variable.value = named(slot.slot, slot.variable.value)
            own.collect_slots()
            given = [named(gradient_name(w.name), g) for g, w in zip(gradients, weights, strict=True)]
            own.take_step(given, stepped, [variable.value for variable in stepped])
            for i, variable in enumerate(stepped):
                layer, _, weight = variable.path.rpartition("/")
                layer, new = layer.rpartition("/")[2], {}
                for slot in slots:
                    if slot.weight == i:
                        new[f"new {slot.slot}"] = slot.variable.value
                        yield (layer, f"{weight} {slot.slot}"), slot.variable.value, {}
                yield (layer, f"{weight} stepped"), variable.value, _named(new)

        self._take(rule())

    def _take(self, steps: Iterator[tuple[Key, Any, Known]]) -> None:
        """Store the expressions. For code that does not run on `Written` arrays, only numbers are shown."""
        try:
            with np.errstate(all="ignore"):
                for key, array, known in steps:
                    if isinstance(array, Written):
                        self.written[key], self.known[key] = array, known
        except (TypeError, ValueError, AttributeError, IndexError, KeyError):
            return

    @staticmethod
    def _over_time(layer: Layer, t: LayerTrace) -> Iterator[tuple[Key, Any, Known]]:
        for prefix, tensors in recurrent.written(_written_layer(layer), t):
            known = _named({tensor.replace(" ", "_"): array for tensor, array in tensors.items()})
            for tensor, array in tensors.items():
                yield (t.name, f"{prefix}{tensor}"), array, known

    @staticmethod
    def _forward(layer: Layer, t: LayerTrace) -> Iterator[tuple[Key, Any, Known]]:
        own, record = _written_layer(layer), _record(t, "x")
        own.forward(record)
        before: dict[str, Any] = {}
        for name in getattr(layer, "inner", ()):
            yield (t.name, name), record.cache[name], _named(before)
            before[name] = record.cache[name]
        yield (t.name, "z"), record.z, _named(record.cache)
        if t.new_statistics:
            own.update_running_statistics(record)
            yield from (((t.name, name), array, _named(record.cache)) for name, array in record.new_statistics.items())
        record = _record(t, "z")
        own.activate(record)
        yield (t.name, "a"), record.a, {}
        yield (t.name, "penalty"), own.penalty(_record(t, "a"), lambda weight: weight), {}

    @staticmethod
    def _backward(layer: Layer, t: LayerTrace) -> Iterator[tuple[Key, Any, Known]]:
        own = _written_layer(layer)
        if t.upstream is not None:
            record = _record(t, "upstream", "z", "a")
            own.residual(record)
            yield (t.name, "delta"), record.delta, {}
        if t.delta is None:
            return
        record = _record(t, "x", "delta")
        if layer.uses_cache:
            own.forward(record)
        own.backward(record)
        own.penalize(record)
        known = _named(record.cache)
        for name, gradient in record.gradients.items():
            yield (t.name, gradient_name(name)), gradient, known
        for k, dx in enumerate(record.dx if isinstance(record.dx, tuple) else ()):
            yield (t.name, f"dx[{k}]"), dx, known
        yield (t.name, "dx"), record.dx, known

    @staticmethod
    def _loss(model: Network, reference: Trace, y: Array, weight: Array | None) -> Iterator[tuple[Key, Any, Known]]:
        loss: Any
        loss, fused, top = model.output_loss(reference.training)[:3]
        layer, t = model.nodes[top].layer, reference[model.nodes[top].layer.name]
        name = "z" if fused else "a"
        output = named(name, getattr(t, name).astype(loss.dtype))
        labels = y if y.dtype.kind == "i" else named("y", y)
        weights = None if weight is None else named("weight", weight)
        known: Known = {}
        if fused and t.z.size <= LARGEST_NAMED:  # softmax(z) is already known as a
            known = _named({"a": layer.output_activation.forward(named("z", t.z))})
        yield (t.name, "values"), loss.values(labels, output), known
        yield (t.name, "loss"), loss.reduce(named("values", reference.values), weights, y), {}
        penalties = [named(f"{own.name}.penalty", own.penalty) for own in reference if own.penalty is not None]
        if penalties:
            yield (t.name, "total"), sum(penalties, named("loss", reference.data_loss)), {}
        slopes = loss.gradient_of_reduced(labels, output, weights).astype(layer.dtype)
        if not fused:
            yield (t.name, "upstream"), slopes, {}
        elif t.upstream is None:
            yield (t.name, "delta"), slopes, known

    @staticmethod
    def _upstreams(model: Network, reference: Trace) -> Iterator[tuple[Key, Any, Known]]:
        """Yield dL/da of every layer from the dx of its consumers."""
        records = []
        for node in model.nodes:
            t = reference[node.layer.name]
            record = _record(t, "a")
            parts = [named(f"{t.name}.dx", dx) for dx in (t.dx if isinstance(t.dx, tuple) else (t.dx,))]
            record.dx = tuple(parts) if isinstance(t.dx, tuple) else None if t.dx is None else parts[0]
            records.append(record)
        top = model.output_loss(reference.training).node
        for i, node in enumerate(model.nodes):
            if i != top:
                yield (node.layer.name, "upstream"), model.upstream(i, Trace(records), None), {}


def _written_layer(layer: Layer) -> Any:
    """Return a copy of the layer whose weights are written W[0,0], W[0,1], ..."""
    own = copy.copy(layer)
    own.tensor = None  # without the network around it
    own = copy.deepcopy(own)
    for variable in own.weights:
        variable.value = named(symbol(variable.name), variable.value)  # type: ignore[assignment]
    return own


def _record(t: LayerTrace, *names: str) -> LayerTrace:
    """Return a record of named inputs; integers (indices) stay unchanged."""
    own = LayerTrace(t.name)
    own.training, own.penalty_count, own.options = t.training, t.penalty_count, t.options
    own.mask = _as_written("mask", t.mask)
    for name in names:
        setattr(own, name, _as_written(name, getattr(t, name)))
    return own


def _as_written(name: str, given: Any) -> Any:
    if isinstance(given, tuple):
        return tuple(_as_written(f"{name}_{k + 1}", part) for k, part in enumerate(given))
    return named(name, given) if isinstance(given, np.ndarray) and given.dtype.kind == "f" else given


def _named(arrays: Mapping[str, Any]) -> dict[Expression, tuple[str, tuple[int, ...]]]:
    """Return {expression: (name, index)} for the elements of named arrays."""
    found = {}
    for name, array in arrays.items():
        if isinstance(array, Written) and array.size <= LARGEST_NAMED:
            for index in np.ndindex(array.shape):
                expression = array.at(index)
                if expression.computed:
                    found[expression] = (name, index)
    return found


def _named_result(function: Any) -> Any:
    """Return a function whose result is not written out but named: O[0,0], O[0,1], ..."""
    return lambda given: named("O", function(given.value))
