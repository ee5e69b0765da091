"""`Sequential`: a stack of layers."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..config import check_dtype
from ..core.custom import with_custom_objects
from ..core.naming import auto_name
from ..layers import InputLayer, Layer, PReLU, policy
from ..layers.in_tf_data import in_tf_data
from ..layers.keras_tensor import KerasTensor, is_symbolic
from . import structures
from .functional import Model
from .graph import Expansion
from .nesting import as_model
from .network import Network
from .structure import constructors, layer_config, made, model_classes


class NoLayerError(TypeError, ValueError):
    """What a Sequential shall hold is no layer: a TypeError, as everywhere here, and a ValueError, as in Keras."""


class Sequential(Network):
    """A linear stack of layers.

    Args:
        layers: `Input((784,))` first; without an Input the weights are created at the first call, as in Keras.
        name: the model's name, the first part of every weight's path and TensorBoard tag.
        trainable: False freezes every layer.

    Raises:
        TypeError: layers holds something else than handnn layers.
        ValueError: a layer merges inputs, has another layer's name, or does not fit the one before it.

    Example:
        >>> import handnn
        >>> model = handnn.Sequential([handnn.Input((4,)), handnn.layers.Dense(3, activation="softmax")])
        >>> model.count_params()
        15
    """

    class_name = "Sequential"

    def __init__(self, layers: Iterable[Any] | None = None, trainable: bool = True, name: str | None = None) -> None:
        super().__init__(name or auto_name("Sequential"))
        self.trainable = trainable
        self.dtype = check_dtype(None)
        self._symbolic_output: Any = None
        self._sizes_are_open = self._more_to_come = False
        if layers is not None and not isinstance(layers, Iterable):
            raise TypeError(f"layers must be a list of layers; received {type(layers).__name__}")
        self._extend(layers or ())

    @in_tf_data
    def __call__(self, x: Any, training: bool = False) -> Any:
        if not self.layers and not (self.input_layers and is_symbolic(x)):
            raise ValueError(f"{self.name} has no layers; call add(layer) first")
        return super().__call__(x, training) if self.layers else x

    @property
    def input_layer(self) -> InputLayer | None:
        return self.input_layers[0] if self.input_layers else None

    def add(self, layer: Any) -> None:
        """Append a layer; build it at once if the input shape is known. Raises as the constructor."""
        if isinstance(layer, KerasTensor):
            layer = layer.layer
        if not isinstance(layer, Layer | Network):
            raise NoLayerError(f"a Sequential holds handnn layers; received {type(layer).__name__}")
        if layer.merges:
            raise ValueError(f"{layer.name} merges several inputs; a Sequential has one: build a handnn.Model")
        if any(other.name == layer.name for other in (*self.layers, *self.input_layers)):
            raise ValueError(f"layer names must differ; received {layer.name!r} twice")
        if isinstance(layer, InputLayer):
            if self.input_layers or self.layers:
                raise ValueError(f"Input must be the first layer; {self.name} already has layers")
            self.input_layers = [layer]
            return
        if not self.layers and not self.input_layers and layer.given_input_shape is not None:
            self.input_layers = [InputLayer(batch_shape=layer.given_input_shape, dtype=layer.dtype)]
        if not self.layers and not self.input_layers and isinstance(layer, Network) and layer.input_layers:
            self.input_layers = [InputLayer(batch_shape=layer.input_shape, dtype=layer.input_layers[0].dtype)]
        self.layers.append(layer)
        if not self._more_to_come:
            self._expand()
        self.built = False
        if self.input_layers:
            self.build()

    def _extend(self, layers: Iterable[Any]) -> None:
        """Append layers; connect them once, at the end."""
        self._more_to_come = True
        for layer in layers:
            self.add(layer)
        self._more_to_come = False
        self._expand()
        if self.built:
            self.connect()

    def pop(self) -> Layer:
        """Remove the last layer and return it; raise ValueError if there is none."""
        if not self.layers:
            raise ValueError(f"{self.name} has no layers to pop")
        layer = self.layers.pop()
        self._expand()
        self.connect()
        self.built = False
        if self.layers and self.input_layers:
            self.build()
        return layer

    def _expand(self) -> None:
        """List the nodes: a layer reads the one before it."""
        found, output = Expansion(), [-1]
        for layer in self.layers:
            output = found.append(layer, output)
        self.nodes, self.node_names, self.output_nodes = found.nodes, found.names, output if self.layers else []
        self.node_options = found.options

    def build(self, input_shape: Any = None) -> None:
        """Create the weights for inputs of this shape (batch first), unless they exist.

        Raises:
            ValueError: there are no layers, or the input shape is unknown or does not fit.
        """
        if self.input_layers and input_shape is not None:
            known, given = self.input_layers[0].batch_shape, tuple(input_shape)
            sizes = zip(known, given, strict=False)
            if len(known) != len(given) or any(None not in pair and pair[0] != pair[1] for pair in sizes):
                raise ValueError(f"input_shape must be that of {self.name}, {known}; received {given}")
        if self.built:
            return
        if not self.layers:
            raise ValueError(f"{self.name} has no layers; call add(layer) first")
        self._sizes_are_open = not self.input_layers
        if not self.input_layers:
            if input_shape is None:
                raise ValueError(f"{self.name} is not built yet: start with an Input or call it on data")
            self.input_layers = [InputLayer(batch_shape=(None, *input_shape[1:]), dtype=self.layers[0].dtype)]
        self._connect_layers()

    def _connect_layers(self) -> None:
        tensor = self.input_layers[0].tensor
        for i, given in enumerate(self.layers):
            if not given.built and not (isinstance(given, Network) and not given.layers):
                given.build(tensor.shape, *(() if isinstance(given, Network) else (self.name,)))
            layer = (as_model(given, [tensor], Model) if getattr(given, "composes", False) else None) or given
            self.layers[i] = layer
            before = [call for call in layer.calls if len(call.sources) == 1 and call.sources[0] is tensor]
            tensor = before[0] if before else layer(tensor)
        self._symbolic_output = tensor
        self.built = True
        if not self._more_to_come:
            self._expand()
            self.connect()

    def _samples(self, x: Any, argument: str = "x") -> Any:
        if self._sizes_are_open and self.built:
            self._admit(np.shape(x))
        return super()._samples(x, argument)

    def _admit(self, shape: tuple[int, ...]) -> None:
        """Open the sizes that the first data did not decide for good: no weight depends on them.

        As in Keras, a Sequential without an Input that is built by data also takes other lengths afterwards.
        """
        known = self.input_layers[0].batch_shape
        sizes = tuple(zip(known[1:], shape[1:], strict=False))
        if len(known) != len(shape) or all(own in (None, size) for own, size in sizes):
            return
        inner: Any = shape
        for layer in self.layers:
            if isinstance(layer, Network | PReLU) or (layer.weights and type(layer).fitted is Layer.fitted):
                return
            try:
                layer.fitted(inner)
                inner = layer.compute_output_shape(inner)
            except ValueError:
                return
        opened = (None, *(own if own == size else None for own, size in sizes))
        tensor = self.input_layers[0].tensor
        for layer in self.layers:
            before = next(call for call in layer.calls if call.sources[0] is tensor)
            layer.calls.remove(before)
            layer.tensor, tensor = (layer.calls or [None])[0], before
        self.input_layers = [InputLayer(batch_shape=opened, dtype=self.input_layers[0].dtype)]
        self._connect_layers()

    @property
    def outputs(self) -> list[KerasTensor]:
        """The output, that of the last layer; AttributeError if the model is not built."""
        if not self.built or not self.layers:
            raise AttributeError(f"{self.name} has no outputs yet: start with an Input or call it on data")
        return structures.flattened(self._symbolic_output)

    def description(self) -> dict[str, Any]:
        """Return Keras' config: `keras.Sequential.from_config(model.get_config())` is the same network."""
        config: dict[str, Any] = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": policy(self.dtype),
            "layers": [layer_config(layer) for layer in (*self.input_layers, *self.layers)],
        }
        if self.input_layers:
            config["build_input_shape"] = self.input_shape
        return config

    @classmethod
    @with_custom_objects
    def from_config(cls, config: Mapping[str, Any]) -> "Sequential":
        """Return the network of a Keras (or handnn) config, with newly initialized weights; ValueError if invalid."""
        if cls.__init__ not in constructors and isinstance(config, Mapping) and "layers" not in config:
            return cls(**config)
        if not isinstance(config, Mapping) or "layers" not in config:
            found = sorted(config) if isinstance(config, Mapping) else repr(config)
            raise ValueError(f"config must be a Sequential's, with a key 'layers'; received {found}")
        plain = cls if cls.__init__ in constructors else Sequential
        model = plain(name=config.get("name"), trainable=config.get("trainable", True))
        model.dtype = check_dtype(config.get("dtype"))
        model._extend(made(layer) for layer in config["layers"])
        if not model.built and model.layers and config.get("build_input_shape"):
            model.build(config["build_input_shape"])
        return model


constructors.append(Sequential.__init__)
model_classes["Sequential"] = Sequential
