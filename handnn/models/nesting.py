"""A model as a layer of a larger one: what a graph asks of a layer, answered by a whole network.

And a layer of one's own whose `call` is made of other layers as such a model: its `call` is followed on symbolic
tensors. So what trains and verifies is the graph of these layers, which Keras has, too.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..layers import InputLayer
from ..layers.calls import following
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
    outputs: Any
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
            KerasTensor(shapes[node], own.dtype, self, sources, many, call, k)
            for k, (node, own) in enumerate(zip(self.output_nodes, self.outputs, strict=True))
        ]
        for tensor in found:
            tensor.siblings = found
            tensor.masked = tensor.masked or any(node.layer.creates_mask for node in self.nodes)
        self.calls.append(found[0])
        return self.packed(tuple(found) if len(found) > 1 else found[0])

    def dtype_of(self, dtype: str) -> str:
        """Return the output's dtype for inputs of a dtype, which are cast to those of the model's own inputs."""
        return str(self.outputs[0].dtype if self.built else self.nodes[self.output_nodes[0]].layer.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the output's shape for inputs of this shape, batch first; a list if there are several outputs."""
        if not self.nodes:  # an empty Sequential returns its input
            return input_shape
        if not self.built:
            self.build(input_shape)
        several = len(self.input_layers) > 1 or (input_shape and isinstance(input_shape[0], list | tuple))
        shapes = self.shapes_from([tuple(s) for s in input_shape] if several else [tuple(input_shape)])
        found = [shapes[node] for node in self.output_nodes]
        return found[0] if len(found) == 1 else found


def take_apart(outputs: Sequence[KerasTensor], made: Callable[..., Any]) -> None:
    """Put a model in the place of each layer that is made of others, in the graph that ends with these tensors.

    Args:
        outputs: tensors of layers.
        made: `Model`.
    """
    met: set[int] = set()
    waiting = list(outputs)
    while waiting:
        call = waiting.pop().siblings[0]
        if id(call) in met:
            continue
        met.add(id(call))
        waiting += call.sources
        if getattr(call.layer, "composes", False) and (model := as_model(call.layer, call.sources, made)) is not None:
            for own in [c for c in call.layer.calls if c.layer is not model]:
                own.layer, own.call = model, len(model.calls)
                model.calls.append(own)


def as_model(layer: Any, sources: Sequence[KerasTensor], made: Callable[..., Any]) -> Any:
    """Return the model of a layer's `call` on tensors such as these; None, with the reason in the layer, if it is none.

    The model is made once, so that every call of the layer is one of it.
    """
    if layer.followed is not None:
        return layer.followed
    inputs = [InputLayer(batch_shape=source.shape, dtype=source.dtype).calls[0] for source in sources]
    try:
        if layer.weights:
            raise TypeError(f"it has weights of its own, {', '.join(weight.name for weight in layer.weights)}")
        output = followed(layer, inputs, bool(layer.merges))
        layer.followed = made(inputs if layer.merges else inputs[0], output, layer.name, layer.trainable)
    except Exception as error:  # whatever a user's own code raises without values
        layer.not_followed = " ".join(str(error).split())
        return None
    return layer.followed


def followed(given: Any, inputs: list[KerasTensor], several: bool) -> KerasTensor:
    """Return the output of the `call` of a layer or model on these inputs, as a list if there are several.

    Raises:
        TypeError: it is no tensor, or another graph at each call or in training, or the call takes masks that come in.
    """
    output = _called(given, inputs, several, None)
    if _form(output) != _form(_called(given, inputs, several, True)):
        raise TypeError("it is another graph each time, or in training")
    return output


def _called(given: Any, inputs: list[KerasTensor], several: bool, training: bool | None) -> KerasTensor:
    parameters = inspect.signature(given.call).parameters
    if "mask" in parameters and any(own.masked for own in inputs):
        raise TypeError("its call takes a mask")
    known = {"training": training, "mask": None}
    outer = following.set(lambda x: _constant(x, inputs[0]))
    try:
        found = given.call(inputs if several else inputs[0], **{n: v for n, v in known.items() if n in parameters})
    finally:
        following.reset(outer)
    if not isinstance(found, KerasTensor):
        raise TypeError(f"it returns {type(found).__name__}")
    return found


def _constant(x: Any, beside: KerasTensor) -> KerasTensor:
    """Return the symbolic tensor of an array that all samples share, such as positions: 0 times another, plus it.

    Raises:
        TypeError: it is not one number for each element of the other's second axis.
    """
    row = np.asarray(x)
    row = row[0] if row.ndim == 2 and len(row) == 1 else row
    if row.ndim != 1 or beside.ndim < 2 or beside.shape[1] != len(row):
        raise TypeError(f"a layer in it is called on an array of shape {np.shape(x)}")
    for _ in range(beside.ndim - 2):
        beside = beside[(slice(None),) * (beside.ndim - 1) + (0,)]
    return beside * 0 + row


def _form(output: KerasTensor) -> list[Any]:
    """Return what a graph computes, but for the names of its operations."""
    place: dict[int, int] = {}
    found: list[Any] = []

    def visit(tensor: KerasTensor) -> int:
        if id(tensor) not in place:
            sources = [visit(source) for source in tensor.sources]
            layer = tensor.layer
            kept = layer.weights or getattr(layer, "composes", False)
            own: Any = id(layer) if kept else (type(layer).__name__, repr(layer.get_config() | {"name": ""}))
            own = (own, repr(layer.call_arguments(sources))) if layer.is_operation else own  # its numbers
            found.append((own, tensor.index, sources))
            place[id(tensor)] = len(place)
        return place[id(tensor)]

    visit(output)
    return found
