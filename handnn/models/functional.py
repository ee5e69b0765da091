"""`Model`: a network with branches that merge, such as residual connections."""

from collections.abc import Mapping
from typing import Any

from ..core.custom import with_custom_objects
from ..core.naming import auto_name
from ..layers import InputLayer
from ..layers.attention import call as calls
from ..layers.keras_tensor import KerasTensor
from ..layers.operations import Operation
from . import graph, mask_operations, structures
from .nesting import followed, take_apart
from .network import Network
from .structure import constructors, hands_on, is_tensor, layer_config, made, model_classes

CALL_OPTIONS: dict[str, dict[str, Any]] = {
    "AlphaDropout": {"training": False},
    "BatchNormalization": {"mask": None},
    "Dropout": {"training": False},
    "GaussianDropout": {"training": False},
    "GaussianNoise": {"training": False},
    "GlobalAveragePooling1D": {"mask": None},
    "Bidirectional": {"mask": None},
    "GRU": {"training": False, "mask": None},
    "LSTM": {"training": False, "mask": None},
    "RNN": {"training": False, "mask": None},
    "Resizing": {"training": True},
    "SimpleRNN": {"training": False, "mask": None},
    "TimeDistributed": {"mask": None},
    "Softmax": {"mask": None},
    "SpatialDropout1D": {"training": False},
    "SpatialDropout2D": {"training": False},
    "SpatialDropout3D": {"training": False},
}
"""The arguments besides x that Keras stores of a layer's call."""


class Model(Network):
    """A network built by calling layers on the tensors of `Input`, as in Keras' functional API.

    inputs may also be tensors that layers returned: then the model is the part of a larger one behind them, with its
    layers.

    If several layers read the output of a layer, its upstream dL/da is the sum of their dx: each path to the loss
    contributes. A layer that is called several times shares its weights, whose gradients add up. A model can be called
    like a layer.

    A subclass may define `call(self, x)` in place of giving inputs and outputs: it is followed on the first data, and
    may call layers and do arithmetic with what they return.

    Args:
        inputs: a tensor returned by `Input`, or a list or dict of them; outputs need not depend on every one.
        outputs: the tensors returned by layers: one, a list, or a dict by names.
        name: the model's name.
        trainable: False freezes every layer.

    Raises:
        TypeError: inputs or outputs are not such tensors (then also a ValueError, as in Keras).
        ValueError: an input is missing, or two layers have the same name.

    Example:
        >>> import handnn
        >>> x = handnn.Input((4,))
        >>> a = handnn.layers.Dense(4, activation="relu")(x)
        >>> model = handnn.Model(x, handnn.layers.Add()([x, a]))
        >>> model.count_params()
        20
    """

    class_name = "Functional"

    def __init__(
        self, inputs: Any = None, outputs: Any = None, name: str | None = None, trainable: bool = True
    ) -> None:
        follows = inputs is None and outputs is None and hasattr(self, "call")
        if not follows and (inputs is None or outputs is None):
            raise TypeError(
                "Model needs inputs and outputs: Model(inputs, outputs); or a subclass that defines call(self, x) with "
                "layers and arithmetic of what they return"
            )
        super().__init__(name or auto_name(type(self).__name__ if follows else "Functional"))
        self._stored_order: list[str] = []
        if follows:
            self.follows, self._trainable = True, trainable
            return
        self._assemble(inputs, outputs, trainable)

    def _assemble(self, inputs: Any, outputs: Any, trainable: bool) -> None:
        """Find the graph between inputs and outputs."""
        cut, found_outputs = _tensors(inputs, "inputs"), _tensors(outputs, "outputs")
        self.input_form, self.output_form = structures.form_of(inputs), structures.form_of(outputs)
        given = [_as_input(tensor) for tensor in cut]
        self._stand_ins = {id(tensor): own for tensor, own in zip(cut, given, strict=True)}
        self._outputs = [self._read(tensor) for tensor in found_outputs]
        take_apart(self._outputs, Model)
        self._layers, calls = graph.ordered(given, self._outputs, self._read)
        names = [layer.name for layer in self._layers]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise ValueError(f"layer names must differ; received {twice[0]!r} {names.count(twice[0])} times")
        self.input_layers = [tensor.layer for tensor in given]
        found, self.output_nodes = graph.expanded(given, calls, self._outputs, self._read)
        self.nodes, self.node_names, self.node_options = found.nodes, found.names, found.options
        self._calls, self._ordered_calls = _numbered(calls), calls
        if not trainable:
            self.trainable = False
        self.built = True
        self.connect()

    def _read(self, tensor: KerasTensor) -> KerasTensor:
        """Return a tensor, or the Input that stands for it where the model is cut out of a larger one."""
        return self._stand_ins.get(id(tensor), tensor)

    @property
    def layers(self) -> list[Any]:
        """The layers, in Keras' order, without the operations between them; AttributeError if it is set."""
        return [layer for layer in self._layers if not layer.is_operation]

    @layers.setter
    def layers(self, _: Any) -> None:
        raise AttributeError("layers cannot be set: build another Model")

    @property
    def outputs(self) -> list[KerasTensor]:
        return list(self._outputs)

    @property
    def input(self) -> Any:
        """The symbolic input, or inputs, in the structure in which they were given."""
        return structures.packed(self.input_form, self.inputs)

    @property
    def output(self) -> Any:
        """The symbolic output, or outputs, in the form in which they were given."""
        return structures.packed(self.output_form, self._outputs)

    @property
    def output_names(self) -> list[str]:
        """A name for each output: its key in a dict of outputs, or the name of the layer that gives it."""
        if isinstance(self.output_form, dict):
            return structures.names_of(self.output_form, "")
        return [tensor.name for tensor in self._outputs]

    def packed(self, outputs: Any) -> Any:
        """Return the outputs in the structure in which they were given: a list, a dict, or nested ones."""
        return structures.packed(self.output_form, list(outputs) if isinstance(outputs, tuple) else [outputs])

    def build(self, input_shape: Any = None) -> None:
        """Follow the `call` of a subclass on inputs of this shape; else do nothing: layers are built when called.

        Raises:
            ValueError: the shape is needed, and not given.
            TypeError: `call` does more than calling layers and arithmetic with what they return.
        """
        if self.built:
            return
        if input_shape is None:
            raise ValueError(f"{self.name} is not built yet: call it on data, or build(input_shape)")
        several = bool(input_shape) and isinstance(input_shape[0], list | tuple)
        shapes = input_shape if several else [input_shape]
        inputs = [InputLayer(batch_shape=(None, *shape[1:])).calls[0] for shape in shapes]
        output = followed(self, inputs, several)
        self._assemble(inputs if several else inputs[0], output, self._trainable)

    def description(self) -> dict[str, Any]:
        """Return Keras' config: `keras.Model.from_config(model.get_config())` is the same network."""
        layers = []
        for layer in self._layers:
            calls = [] if isinstance(layer, InputLayer) else [call for call in layer.calls if id(call) in self._calls]
            inbound = [self._inbound(call) for call in calls]
            layers.append(layer_config(layer) | {"name": layer.name, "inbound_nodes": inbound})
        return {
            "name": self.name,
            "trainable": self.trainable,
            "layers": layers,
            "input_layers": structures.packed(self.input_form, [self._history(t) for t in self.inputs]),
            "output_layers": structures.packed(self.output_form, [self._history(t) for t in self._outputs]),
        }

    def _history(self, tensor: KerasTensor) -> list[Any]:
        """Return the layer's name, the number of its call in this model, and which output of the call."""
        return [tensor.name, self._calls[id(tensor.siblings[0])], tensor.index]

    def _inbound(self, call: KerasTensor) -> dict[str, Any]:
        """Return Keras' serialised form of a call."""
        if call.arguments is not None:
            args, kwargs = calls.mapped(
                lambda own: self._serialized(own) if isinstance(own, KerasTensor) else own, call.arguments
            )
            return {"args": args, "kwargs": kwargs}
        sources = [self._serialized(source) for source in call.sources]
        options = CALL_OPTIONS.get(type(call.layer).__name__, {})
        if isinstance(call.layer, Network):
            options = {"training": None, "mask": None} if isinstance(call.layer, Model) else {}
        elif any(source.dtype != call.layer.dtype for source in call.sources):  # then Keras does not store the options
            options = {}
        if isinstance(call.layer, Operation):
            return {"args": call.layer.call_arguments(sources), "kwargs": {}}
        return {"args": (sources,) if call.from_list else (sources[0],), "kwargs": dict(options)}

    def _serialized(self, source: KerasTensor) -> dict[str, Any]:
        """Return Keras' serialised form of a tensor."""
        source = self._read(source)
        config = {"shape": source.shape, "dtype": source.dtype, "keras_history": self._history(source)}
        return {"class_name": "__keras_tensor__", "config": config}

    @classmethod
    @with_custom_objects
    def from_config(cls, config: Mapping[str, Any]) -> "Model":
        """Return the network of a Keras (or handnn) config, with newly initialized weights; ValueError if invalid."""
        if cls.__init__ not in constructors and isinstance(config, Mapping) and "input_layers" not in config:
            return cls(**config)
        if not isinstance(config, Mapping) or not {"layers", "input_layers", "output_layers"} <= set(config):
            found = sorted(config) if isinstance(config, Mapping) else repr(config)
            raise ValueError(f"config must be a functional Model's, with 'input_layers'; received {found}")
        cleared = mask_operations.removed(config)
        model = cls._connected(cleared, {entry["name"]: made(entry) for entry in cleared["layers"]})
        if cleared is not config:
            model._stored_order = [entry["name"] for entry in cleared["layers"]]
        return model

    @property
    def layers_as_stored(self) -> list[Any]:
        rank = {name: k for k, name in enumerate(self._stored_order)}
        return sorted(self.layers, key=lambda layer: rank.get(layer.name, 0))

    def copied(self, copy: Any, inputs: list[KerasTensor] | None = None, call: Any = None) -> "Model":
        """Return the same graph of other layers: `copy(layer)` for each layer that is no Input, on these inputs.

        `call(layer, *args, **kwargs)` calls a layer, and may call others before or after it.
        """
        layers = {
            id(layer): layer.copied() if isinstance(layer, Operation) else copy(layer)
            for layer in self._layers
            if not isinstance(layer, InputLayer)
        }
        if inputs is None:
            inputs = [made(layer_config(layer)).tensor for layer in self.input_layers]
        tensors = {id(own): new for own, new in zip(self.inputs, inputs, strict=True)}

        def new(own: Any) -> Any:
            return tensors[id(self._read(own))] if isinstance(own, KerasTensor) else own

        for own in self._ordered_calls:
            if own.sources:
                args, kwargs = own.arguments or (([*own.sources] if own.from_list else own.sources[0],), {})
                layer = layers[id(own.layer)]
                given = calls.mapped(new, (tuple(args), kwargs))
                found = layer(*given[0], **given[1]) if call is None else call(layer, *given[0], **given[1])
                tensors |= {id(t): t_new for t, t_new in zip(own.siblings, structures.flattened(found), strict=True)}
        ends = (
            structures.packed(self.input_form, inputs),
            structures.packed(self.output_form, list(map(new, self._outputs))),
        )
        return Model(*ends, self.name, self.trainable)

    @classmethod
    def _connected(cls, config: Mapping[str, Any], layers: dict[str, Any]) -> "Model":
        """Call the layers as the config says."""
        tensors: dict[tuple[str, int, int], KerasTensor] = {}
        waiting: list[tuple[str, int, Any]] = []
        for entry in config["layers"]:
            if isinstance(layers[entry["name"]], InputLayer):
                tensors[entry["name"], 0, 0] = layers[entry["name"]].tensor
            else:
                if not all(isinstance(call, Mapping) for call in entry.get("inbound_nodes", [])):
                    raise ValueError(f"inbound_nodes of {entry['name']} must be calls as Keras 3 writes them")
                waiting += [(entry["name"], k, call) for k, call in enumerate(entry.get("inbound_nodes", []))]
        while waiting:
            ready = [
                own
                for own in waiting
                if own[1] == len(layers[own[0]].calls) and _sources(*own, layers)[0] <= set(tensors)
            ]
            if not ready:
                names = ", ".join(dict.fromkeys(name for name, _, _ in waiting))
                raise ValueError(f"config must not have loops; {names} wait for each other")
            for name, k, call in ready:
                args, kwargs = _sources(name, k, call, layers)[1](tensors)
                if kwargs.get("mask") is True:
                    del kwargs["mask"]
                masked = call.get("kwargs", {}).get("mask") is not True
                if not masked and not all(own.masked for own in structures.flattened(args[0])):
                    raise ValueError(f"{name} is called with a mask that its input does not carry: not supported")
                layers[name](*args, **kwargs)
                for tensor in layers[name].calls[k].siblings:
                    tensors[name, k, tensor.index] = tensor
            waiting = [own for own in waiting if not any(own is other for other in ready)]
        inputs, outputs = config["input_layers"], config["output_layers"]
        ends = _unpacked(inputs, tensors), _unpacked(outputs, tensors)
        options: dict[str, Any] = {"name": config.get("name"), "trainable": config.get("trainable", True)}
        known = {"layers", "input_layers", "output_layers", *options}
        own = {key: value for key, value in config.items() if key not in known} if hands_on(cls) else {}
        return cls(*ends, **(options | own))


def _tensors(given: Any, argument: str) -> list[KerasTensor]:
    """Return the tensors of a structure, in order."""
    tensors = structures.flattened(given)
    if not tensors:
        raise ValueError(f"{argument} must hold at least one tensor")
    for tensor in tensors:
        if not isinstance(tensor, KerasTensor):
            raise NoTensorError(f"{argument} must be returned by Input or a layer; received {type(tensor).__name__}")
    return tensors


class NoTensorError(TypeError, ValueError):
    """Inputs or outputs are no symbolic tensors: a TypeError, as everywhere here, and a ValueError, as in Keras."""


def _as_input(tensor: KerasTensor) -> KerasTensor:
    """Return the tensor of an Input; a new one in the place of a tensor that a layer returned."""
    if isinstance(tensor.layer, InputLayer):
        return tensor
    return InputLayer(batch_shape=tensor.shape, dtype=tensor.dtype).calls[0]


def _numbered(calls: list[KerasTensor]) -> dict[int, int]:
    """Return the number of each call among those of its layer in this model."""
    found, used = {}, dict[int, int]()
    for call in sorted(calls, key=lambda call: call.call):
        found[id(call)] = used.get(id(call.layer), 0)
        used[id(call.layer)] = found[id(call)] + 1
    return found


def _sources(name: str, number: int, call: Mapping[str, Any], layers: Mapping[str, Any]) -> tuple[set[Any], Any]:
    """Return the tensors that a serialised call reads, as (layer, call, output).

    Also return a function from what they are made to, to the call's positional and named arguments.
    """
    if hasattr(type(layers[name]), "arguments"):  # of a layer with several
        arguments = calls.mapped(lambda own: own, (tuple(call["args"]), dict(call.get("kwargs", {}))), is_tensor)
        histories = {
            tuple(own["config"]["keras_history"]) for own in calls.flattened(arguments, is_tensor) if is_tensor(own)
        }
        return histories, lambda made: calls.mapped(
            lambda own: made[tuple(own["config"]["keras_history"])] if is_tensor(own) else own, arguments, is_tensor
        )
    arguments, options = call["args"], call.get("kwargs", {})
    if isinstance(layers[name], Operation):
        flat = arguments[0] if isinstance(arguments[0], list | tuple) else arguments
        given: Any = [own for own in flat if is_tensor(own)]  # others are numbers or keys
        given = given[0] if len(given) == 1 and flat is arguments else given
    else:
        (given,) = arguments
    usual = CALL_OPTIONS.get(type(layers[name]).__name__, {})
    if wrong := {k: value for k, value in options.items() if value and k != "mask" and value != usual.get(k)}:
        named = ", ".join(f"{key}={value!r}" for key, value in wrong.items())
        raise ValueError(f"{name} is called with {named}, which is not supported")
    parts: Any = list(given.values()) if isinstance(given, dict) and "class_name" not in given else given
    many = isinstance(parts, list | tuple)
    keys = [tuple(part["config"]["keras_history"]) for part in (parts if many else [parts])]
    return set(keys), lambda made: (([made[key] for key in keys] if many else made[keys[0]],), {})


def _unpacked(histories: Any, made: dict[tuple[str, int, int], KerasTensor]) -> Any:
    """Return the tensor of [name, 0, 0], or the tensors of a list or dict of such entries."""
    if not isinstance(histories, list | tuple | dict):
        raise ValueError(f"config must have its inputs and outputs in a list; received {type(histories).__name__}")

    def is_history(own: Any) -> bool:
        return isinstance(own, list | tuple) and len(own) == 3 and isinstance(own[0], str)

    return structures.mapped(lambda own: made[tuple(own)], histories, is_history)


constructors.append(Model.__init__)
model_classes["Functional"] = model_classes["Model"] = Model
