"""`Model`: a network with branches that merge, such as residual connections."""

from collections.abc import Mapping
from typing import Any

from ..core.naming import auto_name
from ..layers import InputLayer, from_config
from ..layers.keras_tensor import KerasTensor
from . import graph
from .network import Network
from .structure import layer_config

CALL_OPTIONS: dict[str, dict[str, Any]] = {
    "AlphaDropout": {"training": False},
    "BatchNormalization": {"mask": None},
    "Dropout": {"training": False},
    "GaussianDropout": {"training": False},
    "GaussianNoise": {"training": False},
    "GlobalAveragePooling1D": {"mask": None},
    "GRU": {"initial_state": None, "mask": None, "training": False},
    "LSTM": {"initial_state": None, "mask": None, "training": False},
    "SimpleRNN": {"initial_state": None, "mask": None, "training": False},
    "Softmax": {"mask": None},
    "SpatialDropout1D": {"training": False},
    "SpatialDropout2D": {"training": False},
    "SpatialDropout3D": {"training": False},
}
"""The arguments besides x that Keras stores of a layer's call."""


class Model(Network):
    """A network built by calling layers on the tensors of `Input`, as in Keras' functional API.

    If several layers read the output of a layer, its upstream dL/da is the sum of their dx: each path to the loss
    contributes. There is one output, and each layer is called once.

    Args:
        inputs: a tensor returned by `Input`, or a list of them.
        outputs: the tensor returned by the last layer.
        name: the model's name.
        trainable: False freezes every layer.

    Raises:
        TypeError: inputs or outputs are not such tensors.
        ValueError: there are several outputs, an input is missing or unused, or two layers have the same name.

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
        self._many_inputs = isinstance(inputs, list | tuple)
        given, output = _tensors(inputs, "inputs"), _tensors(outputs, "outputs")
        if len(output) != 1:
            raise ValueError(f"outputs must be one tensor, since handnn's Model has one output; received {len(output)}")
        self._many_outputs = isinstance(outputs, list | tuple)
        self.output = output[0]
        for tensor in given:
            if not isinstance(tensor.layer, InputLayer):
                raise ValueError(f"inputs must be returned by Input(...); received {tensor!r}")
        tensors = graph.ordered(given, self.output)
        self.layers = [tensor.layer for tensor in tensors]
        names = [layer.name for layer in self.layers]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise ValueError(f"layer names must differ; received {twice[0]!r} {names.count(twice[0])} times")
        self.input_layers = [tensor.layer for tensor in given if isinstance(tensor.layer, InputLayer)]
        self.nodes = graph.nodes(given, tensors)
        if not self.nodes:
            raise ValueError("outputs must be returned by a layer; received an Input")
        self._trainable = True
        if not trainable:
            self.trainable = False
        self.built = True
        self.connect()

    @property
    def outputs(self) -> list[KerasTensor]:
        return [self.output]

    def build(self, input_shape: Any = None) -> None:
        """Do nothing: the layers were built when they were called."""

    def get_config(self) -> dict[str, Any]:
        """Return Keras' config: `keras.Model.from_config(model.get_config())` is the same network."""
        layers = []
        for layer in self.layers:
            assert layer.tensor is not None
            layers.append(layer_config(layer) | {"name": layer.name, "inbound_nodes": _inbound(layer.tensor)})
        inputs = [_history(tensor) for tensor in self.inputs]
        output = _history(self.output)
        return {
            "name": self.name,
            "trainable": self.trainable,
            "layers": layers,
            "input_layers": inputs if self._many_inputs else inputs[0],
            "output_layers": [output] if self._many_outputs else output,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Model":
        """Return the network of a Keras (or handnn) config, with newly initialized weights; ValueError if invalid."""
        if not isinstance(config, Mapping) or not {"layers", "input_layers", "output_layers"} <= set(config):
            found = sorted(config) if isinstance(config, Mapping) else repr(config)
            raise ValueError(f"config must be a functional Model's, with 'input_layers'; received {found}")
        waiting = {entry["name"]: entry for entry in config["layers"]}
        made: dict[str, Any] = {}
        while waiting:
            ready = [name for name, entry in waiting.items() if _sources(entry)[0] <= set(made)]
            if not ready:
                raise ValueError(f"config must not have loops; {', '.join(waiting)} wait for each other")
            for name in ready:
                entry = waiting.pop(name)
                layer = from_config(entry)
                tensor = layer.tensor if isinstance(layer, InputLayer) else layer(_sources(entry)[1](made))
                made[name] = tensor
        inputs, outputs = config["input_layers"], config["output_layers"]
        return cls(_unpacked(inputs, made), _unpacked(outputs, made), config.get("name"), config.get("trainable", True))


def _tensors(given: Any, argument: str) -> list[KerasTensor]:
    tensors = list(given) if isinstance(given, list | tuple) else [given]
    for tensor in tensors:
        if not isinstance(tensor, KerasTensor):
            raise TypeError(f"{argument} must be returned by Input or a layer; received {type(tensor).__name__}")
    return tensors


def _history(tensor: KerasTensor) -> list[Any]:
    return [tensor.name, 0, 0]


def _reference(tensor: KerasTensor) -> dict[str, Any]:
    config = {"shape": tensor.shape, "dtype": tensor.dtype, "keras_history": _history(tensor)}
    return {"class_name": "__keras_tensor__", "config": config}


def _inbound(tensor: KerasTensor) -> list[dict[str, Any]]:
    """Return Keras' serialised form of the call that made a tensor."""
    if not tensor.sources:
        return []
    sources = [_reference(source) for source in tensor.sources]
    cast = any(source.dtype != tensor.layer.dtype for source in tensor.sources)  # then Keras does not store the options
    options = {} if cast else CALL_OPTIONS.get(type(tensor.layer).__name__, {})
    return [{"args": (sources,) if tensor.from_list else (sources[0],), "kwargs": dict(options)}]


def _sources(entry: Mapping[str, Any]) -> tuple[set[str], Any]:
    """Return the names of the layers that a serialised call reads, and a function that looks up their tensors."""
    calls = entry.get("inbound_nodes", [])
    if not calls:
        return set(), None
    if len(calls) > 1:
        raise ValueError(f"{entry['name']} is called {len(calls)} times; a shared layer is not supported")
    (given,), options = calls[0]["args"], calls[0].get("kwargs", {})
    if any(options.values()):
        named = ", ".join(f"{name}={value!r}" for name, value in options.items() if value)
        raise ValueError(f"{entry['name']} is called with {named}, which is not supported")
    many = isinstance(given, list | tuple)
    names = [part["config"]["keras_history"][0] for part in (given if many else [given])]
    return set(names), lambda made: [made[name] for name in names] if many else made[names[0]]


def _unpacked(histories: Any, made: dict[str, KerasTensor]) -> Any:
    """Return the tensor of [name, 0, 0], or the tensors of a list of such entries."""
    if not isinstance(histories, list | tuple):
        raise ValueError(f"config must have its inputs and outputs in a list; received {type(histories).__name__}")
    if histories and isinstance(histories[0], str):
        return made[histories[0]]
    return [made[name] for name, *_ in histories]
