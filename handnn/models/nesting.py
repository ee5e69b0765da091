"""A model as a layer of a larger one: what a graph asks of a layer, answered by a whole network."""

from typing import TYPE_CHECKING, Any

from ..layers.in_tf_data import NotConverted
from ..layers.keras_tensor import KerasTensor, Shape
from . import structures


class Nested(NotConverted):
    """The side of a network that a larger network sees.

    Attributes:
        calls: the first output of each call on symbolic tensors.
    """

    name: str
    nodes: list[Any]
    built: bool
    input_layers: list[Any]
    output_nodes: list[int]
    input_form: Any
    activity_regularizer: None = None
    given_input_shape: None = None
    builds = True
    running_statistics = ()
    is_operation = False

    def __init__(self) -> None:
        self.calls: list[KerasTensor] = []

    if TYPE_CHECKING:  # provided by the model

        def build(self, input_shape: Any = None) -> None: ...
        def shapes_from(self, inputs: list[Shape]) -> list[Shape]: ...
        def packed(self, outputs: Any) -> Any: ...

    @property
    def merges(self) -> bool:
        """Whether the model has several inputs."""
        return len(self.input_layers) > 1

    def connect_to(self, x: Any) -> Any:
        """Return the symbolic outputs for symbolic inputs: a tensor, or a list or dict of them, as `call` gives arrays.

        Raises:
            TypeError: x holds something else than symbolic tensors.
            ValueError: their number, or a shape, does not fit.
        """
        if self.input_form is not None and (parts := structures.along(self.input_form, x)) is not None:
            x = parts if len(self.input_layers) > 1 else parts[0]
        if isinstance(x, dict) and self.input_layers:
            names = [layer.name for layer in self.input_layers]
            if set(x) != set(names):
                raise ValueError(f"{self.name} must be called on a dict with {', '.join(names)}; received {sorted(x)}")
            x = [x[name] for name in names]
        sources = list(x) if isinstance(x, list | tuple) else [x]
        if not all(isinstance(source, KerasTensor) for source in sources):
            raise TypeError(f"{self.name} must be called on KerasTensors; received {x!r}")
        if not self.built:
            self.build(sources[0].shape)
        if len(sources) != len(self.input_layers):
            raise ValueError(f"{self.name} has {len(self.input_layers)} inputs; received {len(sources)} tensors")
        for source, layer in zip(sources, self.input_layers, strict=True):
            sizes = zip(layer.batch_shape[1:], source.shape[1:], strict=False)
            if source.ndim != len(layer.batch_shape) or any(a not in (None, b) and b is not None for a, b in sizes):
                raise ValueError(f"{self.name} takes inputs of shape {layer.batch_shape}; received {source.shape}")
        shapes = self.shapes_from([source.shape for source in sources])
        many, call = isinstance(x, list | tuple), len(self.calls)
        found = [
            KerasTensor(shapes[node], self.nodes[node].layer.dtype, self, sources, many, call, k)
            for k, node in enumerate(self.output_nodes)
        ]
        for tensor in found:
            tensor.siblings = found
            tensor.masked = tensor.masked or any(node.layer.creates_mask for node in self.nodes)
        self.calls.append(found[0])
        return self.packed(tuple(found) if len(found) > 1 else found[0])

    def dtype_of(self, dtype: str) -> str:
        """Return the output's dtype for inputs of a dtype."""
        layer = self.nodes[self.output_nodes[0]].layer
        return str(layer.dtype_of(dtype) if len(self.nodes) == 1 else layer.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the output's shape for inputs of this shape, batch first; a list if there are several outputs."""
        if not self.built and self.nodes:
            self.build(input_shape)
        several = len(self.input_layers) > 1 or (input_shape and isinstance(input_shape[0], list | tuple))
        shapes = self.shapes_from([tuple(s) for s in input_shape] if several else [tuple(input_shape)])
        found = [shapes[node] for node in self.output_nodes]
        return found[0] if len(found) == 1 else found
