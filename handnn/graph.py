"""How layers are connected before there is data: `KerasTensor`, and the order in which a model computes.

Calling a layer on a `KerasTensor` makes another one. `Model(inputs, outputs)` walks back from its output to find the
layers in between, and lists them as Keras does, so that weights and configs come in the same order on both sides.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .layers import Layer

Shape = tuple[int | None, ...]


class KerasTensor:
    """The output of a layer, without values.

    Attributes:
        shape: batch first, None where it is not known.
        dtype: of the values to come.
        layer: whose output it is.
        sources: what that layer was called on; empty for an Input.
        many: whether it was called on a list, as layers that merge are.
    """

    __slots__ = ("dtype", "layer", "many", "shape", "sources")

    def __init__(
        self, shape: Shape, dtype: str, layer: "Layer", sources: Sequence["KerasTensor"] = (), many: bool = False
    ) -> None:
        self.shape, self.dtype, self.layer, self.sources, self.many = tuple(shape), dtype, layer, tuple(sources), many

    @property
    def name(self) -> str:
        return self.layer.name

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __bool__(self) -> bool:
        raise TypeError(f"{self!r} has no values yet: build a Model with it and call that on data")

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"


class Node(NamedTuple):
    """A layer in its place: `parents` are indexes of nodes; -1, -2, ... stand for the first, second, ... input."""

    layer: "Layer"
    parents: tuple[int, ...]


def is_symbolic(x: Any) -> bool:
    """Return whether x is a KerasTensor or a list of them."""
    if isinstance(x, list | tuple):
        return any(isinstance(part, KerasTensor) for part in x)
    return isinstance(x, KerasTensor)


def ordered(inputs: Sequence[KerasTensor], output: KerasTensor) -> list[KerasTensor]:
    """Return the tensors between inputs and output, in the order in which Keras lists their layers.

    That is by falling depth, the longest way to the output, and at equal depth in the order in which a depth-first
    search from the output meets them first.
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
            raise ValueError(f"inputs must hold every Input that the outputs need; {tensor.name!r} is missing")
    for given in inputs:
        if id(given) not in met:
            raise ValueError(f"inputs holds {given.name!r}, which the outputs do not depend on")
    rank = {key: i for i, key in enumerate(met)}
    return sorted(finished, key=lambda tensor: (-depth[id(tensor)], rank[id(tensor)]))


def nodes(inputs: Sequence[KerasTensor], tensors: Sequence[KerasTensor]) -> list[Node]:
    """Return the layers that compute, with the places of what they compute from."""
    place = {id(tensor): -1 - i for i, tensor in enumerate(inputs)}
    found: list[Node] = []
    for tensor in tensors:
        if tensor.sources:
            place[id(tensor)] = len(found)
            found.append(Node(tensor.layer, tuple(place[id(source)] for source in tensor.sources)))
    return found
