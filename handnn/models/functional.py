"""`Model`: a network with branches that merge, such as residual connections."""

from collections.abc import Mapping
from typing import Any

from ..core.naming import auto_name
from ..layers import InputLayer
from ..layers.keras_tensor import KerasTensor
from . import graph
from .network import Network
from .structure import layer_config, made, model_classes

CALL_OPTIONS: dict[str, dict[str, Any]] = {
    "AlphaDropout": {"training": False},
    "BatchNormalization": {"mask": None},
    "Dropout": {"training": False},
    "GaussianDropout": {"training": False},
    "GaussianNoise": {"training": False},
    "GlobalAveragePooling1D": {"mask": None},
    "GRU": {"training": False, "mask": None},
    "LSTM": {"training": False, "mask": None},
    "SimpleRNN": {"training": False, "mask": None},
    "Softmax": {"mask": None},
    "SpatialDropout1D": {"training": False},
    "SpatialDropout2D": {"training": False},
    "SpatialDropout3D": {"training": False},
}
"""The arguments besides x that Keras stores of a layer's call."""


class Model(Network):
    """A network built by calling layers on the tensors of `Input`, as in Keras' functional API.

    If several layers read the output of a layer, its upstream dL/da is the sum of their dx: each path to the loss
    contributes. A layer that is called several times shares its weights, whose gradients add up. A model can be called
    like a layer.

    Args:
        inputs: a tensor returned by `Input`, or a list or dict of them.
        outputs: the tensors returned by layers: one, a list, or a dict by names.
        name: the model's name.
        trainable: False freezes every layer.

    Raises:
        TypeError: inputs or outputs are not such tensors.
        ValueError: an input is missing or unused, or two layers have the same name.

    Example:
        >>> import handnn
        >>> x = handnn.Input((4,))
        >>> a = handnn.layers.Dense(4, activation="relu")(x)
        >>> model = handnn.Model(x, handnn.layers.Add()([x, a]))
        >>> model.count_params()
        20
    """

    class_name = "Functional"

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None, trainable: bool = True) -> None:
        super().__init__(name or auto_name("Functional"))
        self._input_form, given = _tensors(inputs, "inputs")
        self._output_form, self._outputs = _tensors(outputs, "outputs")
        for tensor in given:
            if not isinstance(tensor.layer, InputLayer):
                raise ValueError(f"inputs must be returned by Input(...); received {tensor!r}")
        self.layers, calls = graph.ordered(given, self._outputs)
        names = [layer.name for layer in self.layers]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise ValueError(f"layer names must differ; received {twice[0]!r} {names.count(twice[0])} times")
        self.input_layers = [tensor.layer for tensor in given]
        found, self.output_nodes = graph.expanded(given, calls, self._outputs)
        self.nodes, self.node_names = found.nodes, found.names
        if min(self.output_nodes) < 0 or not self.nodes:
            raise ValueError("outputs must be returned by a layer; received an Input")
        self._calls = _numbered(calls)
        if not trainable:
            self.trainable = False
        self.built = True
        self.connect()

    @property
    def outputs(self) -> list[KerasTensor]:
        return list(self._outputs)

    @property
    def output(self) -> Any:
        """The symbolic output, or outputs, in the form in which they were given."""
        return self.packed(tuple(self._outputs) if len(self._outputs) > 1 else self._outputs[0])

    @property
    def output_names(self) -> list[str]:
        """A name for each output: its key in a dict of outputs, or the name of the layer that gives it."""
        if isinstance(self._output_form, list):
            return list(self._output_form)
        return [tensor.name for tensor in self._outputs]

    def packed(self, outputs: Any) -> Any:
        """Return the outputs as a list, or as a dict if the model was made with a dict of outputs."""
        if isinstance(self._output_form, list):
            values = outputs if isinstance(outputs, tuple) else (outputs,)
            return dict(zip(self._output_form, values, strict=True))
        return super().packed(outputs)

    def build(self, input_shape: Any = None) -> None:
        """Do nothing: the layers were built when they were called."""

    def get_config(self) -> dict[str, Any]:
        """Return Keras' config: `keras.Model.from_config(model.get_config())` is the same network."""
        layers = []
        for layer in self.layers:
            calls = [] if isinstance(layer, InputLayer) else [call for call in layer.calls if id(call) in self._calls]
            inbound = [self._inbound(call) for call in calls]
            layers.append(layer_config(layer) | {"name": layer.name, "inbound_nodes": inbound})
        return {
            "name": self.name,
            "trainable": self.trainable,
            "layers": layers,
            "input_layers": _as_given(self._input_form, [self._history(tensor) for tensor in self.inputs]),
            "output_layers": _as_given(self._output_form, [self._history(tensor) for tensor in self._outputs]),
        }

    def _history(self, tensor: KerasTensor) -> list[Any]:
        """Return the layer's name, the number of its call in this model, and which output of the call."""
        return [tensor.name, self._calls[id(tensor.siblings[0])], tensor.index]

    def _inbound(self, call: KerasTensor) -> dict[str, Any]:
        """Return Keras' serialised form of a call."""
        sources = []
        for source in call.sources:
            config = {"shape": source.shape, "dtype": source.dtype, "keras_history": self._history(source)}
            sources.append({"class_name": "__keras_tensor__", "config": config})
        options = CALL_OPTIONS.get(type(call.layer).__name__, {})
        if isinstance(call.layer, Network):
            options = {"training": None, "mask": None} if isinstance(call.layer, Model) else {}
        elif any(source.dtype != call.layer.dtype for source in call.sources):  # then Keras does not store the options
            options = {}
        return {"args": (sources,) if call.from_list else (sources[0],), "kwargs": dict(options)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Model":
        """Return the network of a Keras (or handnn) config, with newly initialized weights; ValueError if invalid."""
        if not isinstance(config, Mapping) or not {"layers", "input_layers", "output_layers"} <= set(config):
            found = sorted(config) if isinstance(config, Mapping) else repr(config)
            raise ValueError(f"config must be a functional Model's, with 'input_layers'; received {found}")
        layers = {entry["name"]: made(entry) for entry in config["layers"]}
        tensors: dict[tuple[str, int, int], KerasTensor] = {}
        waiting: list[tuple[str, int, Any]] = []
        for entry in config["layers"]:
            if isinstance(layers[entry["name"]], InputLayer):
                tensors[entry["name"], 0, 0] = layers[entry["name"]].tensor
            else:
                waiting += [(entry["name"], k, call) for k, call in enumerate(entry.get("inbound_nodes", []))]
        while waiting:
            ready = [
                own for own in waiting if own[1] == len(layers[own[0]].calls) and _sources(*own)[0] <= set(tensors)
            ]
            if not ready:
                names = ", ".join(dict.fromkeys(name for name, _, _ in waiting))
                raise ValueError(f"config must not have loops; {names} wait for each other")
            for name, k, call in ready:
                layers[name](_sources(name, k, call)[1](tensors))
                for tensor in layers[name].calls[k].siblings:
                    tensors[name, k, tensor.index] = tensor
            waiting = [own for own in waiting if not any(own is other for other in ready)]
        inputs, outputs = config["input_layers"], config["output_layers"]
        given = _unpacked(inputs, tensors), _unpacked(outputs, tensors)
        return cls(*given, config.get("name"), config.get("trainable", True))


def _tensors(given: Any, argument: str) -> tuple[Any, list[KerasTensor]]:
    """Return the form of the argument (None for a tensor, a number for a list, the keys of a dict), and the tensors."""
    form: Any = None
    if isinstance(given, dict):
        form, given = list(given), list(given.values())
    elif isinstance(given, list | tuple):
        form = len(given)
    tensors = list(given) if isinstance(given, list | tuple) else [given]
    if not tensors:
        raise ValueError(f"{argument} must hold at least one tensor")
    for tensor in tensors:
        if not isinstance(tensor, KerasTensor):
            raise TypeError(f"{argument} must be returned by Input or a layer; received {type(tensor).__name__}")
    return form, tensors


def _numbered(calls: list[KerasTensor]) -> dict[int, int]:
    """Return the number of each call among those of its layer in this model."""
    found, used = {}, dict[int, int]()
    for call in sorted(calls, key=lambda call: call.call):
        found[id(call)] = used.get(id(call.layer), 0)
        used[id(call.layer)] = found[id(call)] + 1
    return found


def _as_given(form: Any, histories: list[Any]) -> Any:
    if isinstance(form, list):
        return dict(zip(form, histories, strict=True))
    return histories[0] if form is None else histories


def _sources(name: str, number: int, call: Mapping[str, Any]) -> tuple[set[Any], Any]:
    """Return the tensors that a serialised call reads, as (layer, call, output), and a function that looks them up."""
    (given,), options = call["args"], call.get("kwargs", {})
    if any(options.values()):
        named = ", ".join(f"{key}={value!r}" for key, value in options.items() if value)
        raise ValueError(f"{name} is called with {named}, which is not supported")
    parts = list(given.values()) if isinstance(given, dict) and "class_name" not in given else given
    many = isinstance(parts, list | tuple)
    keys = [tuple(part["config"]["keras_history"]) for part in (parts if many else [parts])]
    return set(keys), lambda made: [made[key] for key in keys] if many else made[keys[0]]


def _unpacked(histories: Any, made: dict[tuple[str, int, int], KerasTensor]) -> Any:
    """Return the tensor of [name, 0, 0], or the tensors of a list or dict of such entries."""
    if isinstance(histories, dict):
        return {key: made[tuple(own)] for key, own in histories.items()}
    if not isinstance(histories, list | tuple):
        raise ValueError(f"config must have its inputs and outputs in a list; received {type(histories).__name__}")
    if histories and isinstance(histories[0], str):
        return made[tuple(histories)]
    return [made[tuple(own)] for own in histories]


model_classes["Functional"] = model_classes["Model"] = Model
