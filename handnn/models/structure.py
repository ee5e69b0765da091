"""The structure of a model: its layers, their shapes, weights, files and configs. The mathematics is in network.py."""

import inspect
import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

from ..core import html
from ..core.custom import get_registered_name, get_registered_object
from ..core.given import Given
from ..core.registry import serialize
from ..core.variable import Array, Variable, fitting
from ..layers import InputLayer, from_config
from ..layers.keras_tensor import KerasTensor, Shape
from ..layers.operations import Operation, is_operation, operation
from ..layers.reading import models as layer_models
from ..layers.recurrent.outputs import Part, flat
from . import structures
from .graph import Node


class Structure(Given):
    """Base class of models: layers, shapes, weights, files and configs.

    Attributes:
        layers: in Keras' order; a model that is used as a layer is one of them.
        nodes: the layers that compute, each with the indices of its parents; a layer may have several.
        node_names: a name for each node, the layer's in its first place.
        node_options: for each node, the options of the layer's call, such as use_causal_mask.
        output_nodes: the indices of the nodes whose a are the outputs.
        input_layers: one for each input array.
        input_form, output_form: the structures of inputs and outputs, `structures.LEAF` for each.
    """

    class_name: ClassVar[str]

    def __init__(self, name: str) -> None:
        self.name = name
        self._layers: list[Any] = []
        self.nodes: list[Node] = []
        self.node_names: list[str] = []
        self.node_options: list[dict[str, Any]] = []
        self.output_nodes: list[int] = []
        self.input_layers: list[InputLayer] = []
        self.input_form: Any = structures.LEAF
        self.output_form: Any = structures.LEAF
        self.built = self.follows = False
        self._trainable = True

    def build(self, input_shape: Any = None) -> None:
        """Create the weights, unless they exist."""
        raise NotImplementedError

    @property
    def layers(self) -> list[Any]:
        """The layers, in Keras' order; AttributeError if it is set."""
        return self._layers

    @layers.setter
    def layers(self, _: Any) -> None:
        raise AttributeError("layers cannot be set: use add() and pop() of a Sequential, or build a Model")

    @property
    def operations(self) -> list[Any]:
        """The layers and the operations between them, such as a + b, in Keras' order."""
        return self._layers

    @property
    def inputs(self) -> list[KerasTensor]:
        """The inputs, one KerasTensor for each Input; AttributeError if there is none yet."""
        if not self.input_layers:
            raise AttributeError(f"{self.name} has no inputs yet: start with an Input or call it on data")
        return [layer.tensor for layer in self.input_layers if layer.tensor is not None]

    @property
    def input_shape(self) -> Any:
        """Shape of x, (None, ...); a list of shapes for several inputs. AttributeError if it is not known yet."""
        if not self.input_layers:
            raise AttributeError(f"{self.name} has no input shape yet: start with an Input or call it on data")
        shapes = [layer.batch_shape for layer in self.input_layers]
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def output_shapes(self) -> list[tuple[int | None, ...]]:
        """Shape of each node's output, (None, ...)."""
        return self.shapes_from([layer.batch_shape for layer in self.input_layers])

    def shapes_from(self, inputs: list[Shape]) -> list[Shape]:
        """Return the shape of each node's output for inputs of these shapes."""
        found: list[Shape] = []
        for (layer, parents), options in zip(self.nodes, self.node_options, strict=True):
            shapes = [found[parent] if parent >= 0 else inputs[~parent] for parent in parents]
            if options:
                found.append(layer.shapes_of_call(options, shapes))
            elif isinstance(layer, Part):
                found.append(flat(shapes[0])[layer.index])
            else:
                found.append(layer.compute_output_shape(shapes if layer.merges or layer.reads_several else shapes[0]))
        return found

    @property
    def output_shape(self) -> Any:
        """Shape of the output, (None, ...); a list of shapes for several outputs."""
        if not self.nodes:
            return self.input_shape
        shapes = self.output_shapes
        found = [shapes[node] for node in self.output_nodes]
        return found[0] if len(found) == 1 else found

    @property
    def output_names(self) -> list[str]:
        """A name for each output: of the layer that gives it, or its key in a dict of outputs."""
        return [self.nodes[node].layer.name for node in self.output_nodes]

    def packed(self, outputs: Any) -> Any:
        """Return the outputs, a tuple if there are several, in the form that the model gives them."""
        return list(outputs) if isinstance(outputs, tuple) else outputs

    def get_layer(self, name: str | None = None, index: int | None = None) -> Any:
        """Return a layer by name or index; raise ValueError if there is no such layer."""
        if index is not None:
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(f"no layer {name!r}; the layers are {', '.join(layer.name for layer in self.layers)}")

    # ---- weights ------------------------------------------------------------------------------------------------

    @property
    def weights(self) -> list[Variable]:
        return unique([weight for layer in self.layers for weight in layer.weights])

    @property
    def layers_as_stored(self) -> list[Any]:
        """The layers in the order of the config that the model came from; it may differ if Keras computes masks."""
        return self.layers

    def set_weights_as_stored(self, weights: Iterable[Any]) -> None:
        """Assign all weights in the order of the Keras model that the config came from. Raises as `set_weights`."""
        own = unique([weight for layer in self.layers_as_stored for weight in layer.weights])
        for variable, array in zip(own, fitting(weights, own), strict=True):
            variable.value[...] = array

    @property
    def trainable(self) -> bool:
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for layer in self.layers:
            layer.trainable = self._trainable

    @property
    def trainable_weights(self) -> list[Variable]:
        return unique([w for layer in self.layers for w in layer.trainable_weights]) if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Variable]:
        trained = {id(weight) for weight in self.trainable_weights}
        return [weight for weight in self.weights if id(weight) not in trained]

    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights
    variables = weights

    @property
    def losses(self) -> list[Any]:
        """The penalties of all layers, as numbers."""
        return [loss for layer in self.layers for loss in getattr(layer, "losses", ())]

    @property
    def outputs(self) -> list[KerasTensor]:
        """The outputs, one KerasTensor each."""
        raise NotImplementedError

    @property
    def input(self) -> Any:
        """The symbolic input; a list if there are several."""
        return self.inputs[0] if len(self.inputs) == 1 else self.inputs

    @property
    def output(self) -> Any:
        """The symbolic output, or outputs."""
        return self.packed(tuple(self.outputs) if len(self.outputs) > 1 else self.outputs[0])

    def export(self, filepath: Any, format: str | None = None, **_: Any) -> None:
        """Raise: handnn has no other run time; `save` writes a file that Keras reads and exports."""
        if format not in (None, *EXPORTED):
            raise ValueError(f"format must be one of {', '.join(EXPORTED)}; received {format!r}")
        raise NotImplementedError("export is not supported: save a .keras file, load it in Keras, and export it there")

    def get_weights(self) -> list[Array]:
        """Return copies of all weights: W and b of the first layer, of the second, ..."""
        return [weight.numpy() for weight in self.weights]

    def set_weights(self, weights: Iterable[Any]) -> None:
        """Assign all weights, in get_weights() order.

        Raises:
            ValueError: the number of arrays or a shape does not fit, or a value is not finite; then nothing changes.
        """
        for variable, array in zip(self.weights, fitting(weights, self.weights), strict=True):
            variable.value[...] = array

    def save(self: Any, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **options: Any) -> None:
        """Write a `.keras` or `.h5` file, which Keras can read; see `saving.save_model`."""
        from ..saving import save_model

        save_model(self, filepath, overwrite, zipped, **options)

    def save_weights(
        self: Any, filepath: Any, overwrite: bool = True, max_shard_size: float | None = None, **options: Any
    ) -> None:
        """Write a `.weights.h5` file, or several, which Keras can read; see `saving.save_weights`."""
        from ..saving import save_weights

        save_weights(self, filepath, overwrite, max_shard_size, **options)

    def load_weights(self: Any, filepath: Any, skip_mismatch: bool = False, **options: Any) -> None:
        """Read weights and slots from a `.weights.h5` (`.json`), `.keras` or `.h5` file; see `saving.load_weights`."""
        from ..saving import load_weights

        load_weights(self, filepath, skip_mismatch, **options)

    def count_params(self) -> int:
        if not self.built:
            self.build()
        return sum(weight.size for weight in self.weights)

    # ---- config -------------------------------------------------------------------------------------------------

    def description(self) -> dict[str, Any]:
        """Return Keras' config of the network itself, whatever `get_config` of a subclass returns."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Return Keras' config: `from_config` of the Keras class returns the same network.

        Of a subclass with a constructor of its own, the config is the constructor's arguments.
        """
        known = self.follows or type(self).__init__ in constructors or hands_on(type(self))
        if known or {"inputs", "outputs"} <= set(self.given_names()):
            return self.description()
        return self.given_config({"name": self.name, "trainable": self.trainable})

    def to_json(self) -> str:
        """Return the architecture as Keras' JSON, as `keras.Model.to_json` does."""
        own = serialized(self)
        own.pop("build_config")
        return json.dumps(own)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Return the network of a Keras (or handnn) config, with newly initialized weights; ValueError if invalid."""
        raise NotImplementedError

    def serialized(self) -> dict[str, Any]:
        """Return Keras' serialised form of the model."""
        return serialized(self)

    def summary(self, print_fn: Any = print) -> None:
        """Print the layers, their output shapes and parameter counts."""
        rows = [("Layer (type)", "Output shape", "Param #")]
        shapes = iter(self._shapes_of_layers())
        for layer in self.operations:
            if not isinstance(layer, InputLayer):
                kind = getattr(layer, "class_name", getattr(layer, "keras_name", type(layer).__name__))
                count = f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"
                rows.append((f"{layer.name} ({kind})", str(next(shapes)), count))
        width = [max(len(row[i]) for row in rows) for i in range(3)]
        lines = [f"{a:<{width[0]}}  {b:<{width[1]}}  {c:>{width[2]}}" for a, b, c in rows]
        lines.insert(1, "-" * len(lines[0]))
        total = f"Total params: {sum(weight.size for weight in self.weights):,}"
        unbuilt = f"{self.name} is not built yet: start it with an Input, or call it on data"
        print_fn("\n".join([f'Model: "{self.name}"', *lines, total, *([] if self.built else [unbuilt])]))

    def _shapes_of_layers(self) -> list[Any]:
        """Return the output shape of each layer that computes; '?' before the model is built."""
        computing = [layer for layer in self.operations if not isinstance(layer, InputLayer)]
        if not self.built:
            return ["?"] * len(computing)
        by_layer = {id(node.layer): shape for node, shape in zip(self.nodes, self.output_shapes, strict=True)}
        return [by_layer[id(lay)] if id(lay) in by_layer else lay.output_shape for lay in computing]  # noqa: SIM401

    def _repr_html_(self) -> str:
        """The layers in a notebook, with output shapes and parameter counts."""
        lines: list[str] = []
        self.summary(lines.append)
        return html.fragment([html.element("pre", "\n".join(lines))])

    def __repr__(self) -> str:
        return f"<{self.class_name} name={self.name}, {len(self.layers)} layers, built={self.built}>"


def unique(variables: list[Variable]) -> list[Variable]:
    """Return each variable once, in the order of its first place."""
    return list({id(variable): variable for variable in variables}.values())


def layer_config(layer: Any) -> dict[str, Any]:
    """Return Keras' serialised form of a layer, or of a model that is one, with its build shape."""
    if isinstance(layer, Structure):
        return serialized(layer)
    if isinstance(layer, Operation):
        return layer.serialized()
    return serialize(layer, "keras.layers")


def serialized(model: Any) -> dict[str, Any]:
    """Return Keras' serialised form of a model."""
    functional = model.class_name == "Functional"
    shape = None if functional or not model.input_layers else model.input_shape
    if is_own(model):
        cls = type(model)
        return {
            "module": cls.__module__,
            "class_name": cls.__name__,
            "config": model.get_config(),
            "registered_name": get_registered_name(cls),
            "build_config": {"input_shape": shape},
        }
    return {
        "module": "keras.src.models.functional" if functional else "keras",
        "class_name": model.class_name,
        "config": model.get_config(),
        "registered_name": "Functional" if functional else None,
        "build_config": {"input_shape": shape},
    }


def is_tensor(argument: Any) -> bool:
    """Return whether an argument of a serialised call is a tensor."""
    return isinstance(argument, Mapping) and argument.get("class_name") == "__keras_tensor__"


def is_own(model: Any) -> bool:
    """Return whether a model is of a class of the user's own."""
    return not type(model).__module__.startswith("handnn.") and not getattr(model, "follows", False)


def hands_on(cls: Any) -> bool:
    """Return whether a class' constructor takes *args and **kwargs, and so those of the class that it is made from."""
    kinds = {own.kind for own in inspect.signature(cls.__init__).parameters.values()}
    return {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD} <= kinds


STEPS = ("train_step", "test_step", "predict_step", "compute_loss", "compute_metrics", "make_train_function")
"""What models of Keras override to train in their own way."""


def refuse_own_steps(cls: Any) -> None:
    """Raise TypeError if a class of the user's own has a step of its own, which `fit` would not call."""
    own = [
        name
        for base in cls.__mro__
        if not base.__module__.startswith("handnn.")
        for name in STEPS
        if name in vars(base)
    ]
    if own:
        raise TypeError(
            f"{cls.__name__} defines {own[0]}, which would need automatic derivatives: write a loss, layers or an "
            "optimizer with its own derivative, or a loop over train_on_batch"
        )


EXPORTED = ("tf_saved_model", "onnx", "openvino", "litert")
"""The formats of Keras' `export`."""

constructors: list[Any] = []
"""The constructors of handnn's own models."""

model_classes: dict[str, Any] = layer_models
"""The classes of models by the names in configs: 'Sequential', 'Functional', 'Model'."""


def own_class(config: Mapping[str, Any]) -> Any:
    """Return the registered class of the user's own that a serialised model is of, or None."""
    found = get_registered_object(str(config.get("registered_name") or config.get("class_name")))
    return found if isinstance(found, type) and issubclass(found, Structure) else None


def made(config: Mapping[str, Any]) -> Any:
    """Return the layer, or the model, of Keras' serialised form; raise ValueError if handnn has none of that kind."""
    own = own_class(config)
    if own is not None:
        return own.from_config(config["config"])
    if config.get("class_name") in model_classes:
        return model_classes[config["class_name"]].from_config(config["config"])
    if is_operation(config):
        return operation(config, is_tensor)
    return from_config(dict(config))
