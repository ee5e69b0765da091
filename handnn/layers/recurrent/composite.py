"""Layers made of layers: in a network each part is a node of its own. Here their base class, and what turns time."""

from typing import Any, ClassVar

import numpy as np

from ...core.naming import counted
from ...core.trace import LayerTrace
from ...core.variable import Variable
from ..base import Layer
from ..keras_tensor import KerasTensor, Shape
from .outputs import Part, siblings


class Reverse(Layer):
    """z = the steps of x from the last to the first; dx = delta turned the same way. The mask is not turned."""

    builds, supports_masking = False, True
    formulas: ClassVar[dict[str, str]] = {"z": "x turned in time", "dx": "delta turned in time"}

    def forward(self, t: LayerTrace) -> None:
        t.z = np.flip(t.x, 1)

    def backward(self, t: LayerTrace) -> None:
        t.dx = np.flip(t.delta, 1)


class Fold(Layer):
    """z = the steps of all samples as samples, (batch, time, ...) -> (batch time, ...)."""

    builds = False
    formulas: ClassVar[dict[str, str]] = {"z": "steps as samples", "dx": "delta in x's shape"}

    def forward(self, t: LayerTrace) -> None:
        t.z = t.x.reshape(-1, *t.x.shape[2:])

    def backward(self, t: LayerTrace) -> None:
        t.dx = t.delta.reshape(t.x.shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (None, *input_shape[2:])


class Unfold(Layer):
    """z = x_1 (batch time, ...) as (batch, time, ...), with the time and the mask of x_2."""

    builds, supports_masking = False, True
    merges, reads_several = True, True
    formulas: ClassVar[dict[str, str]] = {"z": "samples as steps", "dx": "delta in x's shape"}

    def forward(self, t: LayerTrace) -> None:
        x, like = t.x
        t.z = x.reshape(-1, like.shape[1], *x.shape[1:])

    def backward(self, t: LayerTrace) -> None:
        t.dx = t.delta.reshape(t.x[0].shape), None

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return previous_mask and previous_mask[1]

    def compute_output_shape(self, input_shape: Any) -> Shape:
        inner, like = input_shape
        return (*like[:2], *inner[1:])


class Composite(Layer):
    """Base class of layers made of others, which are nodes of the graph, named `wrapper/part`.

    Attributes:
        nodes: (layer, indices of what it reads; -1, -2, ... are the inputs); node_names, node_options: of each.
        output_nodes: the nodes of the outputs.
    """

    builds = True
    supports_masking = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if self.activity_regularizer is not None:
            raise ValueError(f"activity_regularizer is not supported by handnn's {type(self).__name__}")
        self.nodes: list[tuple[Any, tuple[int, ...]]] = []
        self.node_names: list[str] = []
        self.output_nodes: list[int] = []

    @property
    def node_options(self) -> list[dict[str, Any]]:
        return [{}] * len(self.nodes)

    def node(self, layer: Any, *parents: int) -> list[int]:
        """Add a layer, or the nodes of a model; return the nodes of its outputs."""
        start = len(self.nodes)
        if hasattr(layer, "nodes"):
            for (inner, own), name in zip(layer.nodes, layer.node_names, strict=True):
                self.nodes.append((inner, tuple(start + p if p >= 0 else parents[~p] for p in own)))
                self.node_names.append(f"{layer.name}/{name}")
            return [start + node for node in layer.output_nodes]
        self.nodes.append((layer, parents))
        self.node_names.append(layer.name)
        if layer.outputs_count == 1:
            return [start]
        for k in range(layer.outputs_count):
            name = f"{layer.name}[{k}]"
            self.nodes.append((Part(k, name=name, dtype=layer.dtype), (start,)))
            self.node_names.append(name)
        return list(range(start + 1, len(self.nodes)))

    @property
    def parts(self) -> list[Any]:
        """The layers that are wrapped."""
        raise NotImplementedError

    @property
    def weights(self) -> list[Variable]:
        return [weight for part in getattr(self, "_parts", ()) for weight in part.weights]

    @weights.setter
    def weights(self, _: Any) -> None:
        """Nothing: the weights are the parts'."""

    @property
    def trainable_weights(self) -> list[Variable]:
        return [weight for part in self.parts for weight in part.trainable_weights] if self.trainable else []

    @property
    def trainable(self) -> bool:
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for part in getattr(self, "_parts", ()):
            part.trainable = self._trainable

    def add_call(self, sources: list[KerasTensor], masked: bool) -> KerasTensor:
        """Return the first symbolic output of a call."""
        shape = self.compute_output_shape(sources[0].shape)
        first = shape[0] if shape and isinstance(shape[0], tuple | list) else shape
        found = KerasTensor(first, self.dtype, self, sources, call=len(self.calls))
        found.masked = masked
        self.calls.append(found)
        self.tensor = self.tensor or found
        if isinstance(shape[0], tuple | list):
            found.siblings = siblings(found, shape)
        return found


def stored_parts(layer: Any) -> list[tuple[str, list[Variable]]]:
    """Return the parts of a layer, or of a model that is one, as Keras stores them."""
    if not hasattr(layer, "layers"):
        found: list[tuple[str, list[Variable]]] = layer.stored_parts()
        return found
    named = zip(counted(layer.layers), layer.layers, strict=True)
    return [(f"layers/{name}/{place}".rstrip("/"), own) for name, inner in named for place, own in stored_parts(inner)]
