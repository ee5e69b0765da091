"""The graph of layers: nodes, and the order in which a model computes them.

Calling a layer on a `KerasTensor` returns another one. `Model(inputs, outputs)` searches backwards from its outputs
for the calls in between, and lists layers and calls in Keras' order, so that weights and configs have the same order on
both sides. A layer that is called several times has several nodes; a model that is called adds the nodes of its graph.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..config import FLOAT_TYPES
from ..layers import Identity
from ..layers.keras_tensor import KerasTensor
from ..layers.recurrent.outputs import Part


class Node(NamedTuple):
    """A layer in the graph: `parents` are indices of nodes; -1, -2, ... are the first, second, ... input."""

    layer: Any
    parents: tuple[int, ...]


class Order(NamedTuple):
    """The layers and models of a graph, and their calls, each as the first of its outputs; both in Keras' order."""

    layers: list[Any]
    calls: list[KerasTensor]


Read = Callable[[KerasTensor], KerasTensor]
"""Returns the tensor that a call reads: in a part of a larger graph, an Input in the place of what is cut off."""


def ordered(inputs: Sequence[KerasTensor], outputs: Sequence[KerasTensor], read: Read) -> Order:
    """Return layers and calls between inputs and outputs.

    The order is by decreasing depth, the longest path to an output (of a layer: of its calls); at equal depth, by the
    first visit of a depth-first search from the outputs. Inputs that no output depends on come before the others of the
    last depth.

    Raises:
        ValueError: an input is missing.
    """
    rank: dict[int, int] = {}
    by_id: dict[int, Any] = {}
    met: set[int] = set()
    finished: list[KerasTensor] = []

    def search(call: KerasTensor) -> None:
        if id(call) in met:
            return
        met.add(id(call))
        rank.setdefault(id(call.layer), len(rank))
        by_id[id(call.layer)] = call.layer
        for source in call.sources:
            search(read(source).siblings[0])
        finished.append(call)

    for output in outputs:
        search(output.siblings[0])
    depth, of_layer = {id(call): 0 for call in finished}, dict.fromkeys(by_id, 0)
    for call in reversed(finished):
        depth[id(call)] = of_layer[id(call.layer)] = max(depth[id(call)], of_layer[id(call.layer)])
        for source in call.sources:
            first = id(read(source).siblings[0])
            depth[first] = max(depth[first], depth[id(call)] + 1)
    for call in finished:
        if not call.sources and not any(call is given for given in inputs):
            raise ValueError(f"inputs must hold every Input that the outputs depend on; {call.name!r} is missing")
    for given in inputs:
        if id(given) not in met:
            rank[id(given.layer)], of_layer[id(given.layer)], by_id[id(given.layer)] = -1, 0, given.layer
            finished.append(given)
            depth[id(given)] = 0
    layers = sorted(by_id, key=lambda key: (-of_layer[key], rank[key]))
    place = {key: i for i, key in enumerate(layers)}
    calls = sorted(finished, key=lambda call: (-depth[id(call)], place[id(call.layer)], call.call))
    return Order([by_id[key] for key in layers], calls)


class Expansion:
    """The nodes of a network, with a name for each: a layer's name, `name@2` in its second place, `model/name` inside.

    Attributes:
        nodes, names: in the order of computation.
        options: for each node, the options of the layer's call.
    """

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.names: list[str] = []
        self.options: list[dict[str, Any]] = []
        self._used: dict[str, int] = {}

    def append(self, layer: Any, parents: Sequence[int], options: dict[str, Any] | None = None) -> list[int]:
        """Add a layer, or all layers of a model, that reads these nodes; return the nodes of its outputs."""
        if not hasattr(layer, "nodes"):
            self._add(layer, parents, layer.name, options or {})
            own = len(self.nodes) - 1
            count = layer.count_outputs(options or {})
            if count == 1:
                return [own]
            for k in range(count):
                name = f"{_first(self.names[own])}[{k}]"
                self._add(Part(k, name=name, dtype=layer.dtype), [own], name, {})
            return list(range(own + 1, len(self.nodes)))
        if not layer.nodes:
            return list(parents)
        start = len(self.nodes)
        for (inner, own), name, of_call in zip(layer.nodes, layer.node_names, layer.node_options, strict=True):
            self._add(
                inner, [start + p if p >= 0 else parents[~p] for p in own], f"{layer.name}/{_first(name)}", of_call
            )
        return [start + node for node in layer.output_nodes]

    def _add(self, layer: Any, parents: Sequence[int], name: str, options: dict[str, Any]) -> None:
        self._used[name] = self._used.get(name, 0) + 1
        self.nodes.append(Node(layer, tuple(parents)))
        self.options.append(options)
        self.names.append(name if self._used[name] == 1 else f"{name}@{self._used[name]}")


def _first(name: str) -> str:
    """Return the name of a layer's first place for that of any."""
    return re.sub(r"@\d+(?=$|\[)", "", name)


def expanded(
    inputs: Sequence[KerasTensor], calls: Sequence[KerasTensor], outputs: Sequence[KerasTensor], read: Read
) -> tuple[Expansion, list[int]]:
    """Return the nodes that compute, and the indices of the outputs' nodes.

    An Input that is an output itself gets a node `<name>_output` that returns it.
    """
    place = {id(tensor): -1 - i for i, tensor in enumerate(inputs)}
    found = Expansion()
    for call in calls:
        if call.sources:
            read_by = [place[id(read(source))] for source in call.sources]
            indices = found.append(call.layer, read_by, call.options)
            place.update({id(tensor): index for tensor, index in zip(call.siblings, indices, strict=True)})
    for output in outputs:
        if place[id(output)] < 0:
            dtype = output.dtype if output.dtype in FLOAT_TYPES else None
            copy = Identity(name=f"{output.name}_output", dtype=dtype)
            place[id(output)] = found.append(copy, [place[id(output)]])[0]
    return found, [place[id(output)] for output in outputs]
