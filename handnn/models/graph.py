"""The graph of layers: nodes, and the order in which a model computes them.

Calling a layer on a `KerasTensor` returns another one. `Model(inputs, outputs)` searches backwards from its output for
the layers in between, and lists them in Keras' order, so that weights and configs have the same order on both sides.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ..layers import Layer
from ..layers.keras_tensor import KerasTensor


class Node(NamedTuple):
    """A layer in the graph: `parents` are indices of nodes; -1, -2, ... are the first, second, ... input."""

    layer: Layer
    parents: tuple[int, ...]


def ordered(inputs: Sequence[KerasTensor], output: KerasTensor) -> list[KerasTensor]:
    """Return the tensors between inputs and output, in the order in which Keras lists their layers.

    The order is by decreasing depth, the longest path to the output; at equal depth, by the first visit of a
    depth-first search from the output.
    """
    met: dict[int, KerasTensor] = {}
    finished: list[KerasTensor] = []

    def search(tensor: KerasTensor) -> None:
        if id(tensor) in met:
            return
        met[id(tensor)] = tensor
        for source in tensor.sources:
            search(source)
        finished.append(tensor)

    search(output)
    depth = {id(tensor): 0 for tensor in finished}
    for tensor in reversed(finished):
        for source in tensor.sources:
            depth[id(source)] = max(depth[id(source)], depth[id(tensor)] + 1)
    for tensor in finished:
        if not tensor.sources and not any(tensor is given for given in inputs):
            raise ValueError(f"inputs must hold every Input that the outputs depend on; {tensor.name!r} is missing")
    for given in inputs:
        if id(given) not in met:
            raise ValueError(f"inputs holds {given.name!r}, which the outputs do not depend on")
    rank = {key: i for i, key in enumerate(met)}
    return sorted(finished, key=lambda tensor: (-depth[id(tensor)], rank[id(tensor)]))


def nodes(inputs: Sequence[KerasTensor], tensors: Sequence[KerasTensor]) -> list[Node]:
    """Return the layers that compute, with the indices of their parents."""
    place = {id(tensor): -1 - i for i, tensor in enumerate(inputs)}
    found: list[Node] = []
    for tensor in tensors:
        if tensor.sources:
            place[id(tensor)] = len(found)
            found.append(Node(tensor.layer, tuple(place[id(source)] for source in tensor.sources)))
    return found
