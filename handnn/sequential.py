"""`Sequential`: a stack of layers, the forward pass up it and the residual delta = dL/dz back down.

The two loops that are backpropagation are `forward_pass` and `backward_pass`; the formulas they call stand in
layers/, activations.py and losses/. Compiling and fitting are in training.py.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .config import check_dtype
from .layers import InputLayer, Layer, from_config, policy
from .naming import auto_name
from .registry import serialize
from .trace import LayerTrace, Trace
from .training import Trainer
from .variable import Array, Variable, fitting

KEPT_RECORDS = 8
"""How many batch sizes keep their working memory."""


class Sequential(Trainer):
    """A network whose layers follow each other.

    Args:
        layers: `Input((784,))` first, or a first layer that meets its data later, as in Keras.
        name: the model's name, the first part of every weight's path and TensorBoard tag.
        dtype: of layers given as configs; layers given as objects have their own.

    Example:
        >>> import handnn
        >>> model = handnn.Sequential([handnn.Input((4,)), handnn.layers.Dense(3, activation="softmax")])
        >>> model.count_params()
        15
    """

    def __init__(self, layers: Iterable[Layer] | None = None, trainable: bool = True, name: str | None = None) -> None:
        super().__init__()
        self.name = name or auto_name("Sequential")
        self.layers: list[Layer] = []
        self.trainable = trainable
        self.dtype = check_dtype(None)
        self.input_layer: InputLayer | None = None
        self.built = False
        self._mixed = False
        self._records: dict[tuple[int, bool], Trace] = {}
        for layer in layers or ():
            self.add(layer)

    # ---- structure ----------------------------------------------------------------------------------------------

    def add(self, layer: Layer) -> None:
        """Put a layer on top; build it at once if the input shape is known."""
        if not isinstance(layer, Layer):
            raise TypeError(f"a Sequential holds handnn layers; received {type(layer).__name__}")
        if any(other.name == layer.name for other in (*self.layers, *filter(None, [self.input_layer]))):
            raise ValueError(f"layer names must differ; {layer.name!r} is there already")
        if isinstance(layer, InputLayer):
            if self.input_layer is not None or self.layers:
                raise ValueError(f"Input must come first and once; {self.name} has layers already")
            self.input_layer = layer
            return
        if not self.layers and self.input_layer is None and layer.given_input_shape is not None:
            self.input_layer = InputLayer(batch_shape=layer.given_input_shape, dtype=layer.dtype)
        self.layers.append(layer)
        self._records.clear()
        self.built = False
        if self.input_layer is not None:
            self.build()

    def pop(self) -> Layer:
        """Take the last layer off and return it."""
        if not self.layers:
            raise ValueError(f"{self.name} has no layers to pop")
        self._records.clear()
        return self.layers.pop()

    def build(self, input_shape: Any = None) -> None:
        """Make the weights for inputs of this shape (batch first), unless they are there."""
        if self.built:
            return
        if not self.layers:
            raise ValueError(f"{self.name} has no layers; call add(layer) first")
        if self.input_layer is None:
            if input_shape is None:
                raise ValueError(f"{self.name} is not built yet: start with an Input or call it on data")
            self.input_layer = InputLayer(batch_shape=(None, *input_shape[1:]), dtype=self.layers[0].dtype)
        shape = self.input_layer.batch_shape
        for layer in self.layers:
            if not layer.built:
                layer.build(shape, self.name)
            shape = layer.compute_output_shape(shape)
        self._mixed = len({self.input_layer.dtype, *(layer.dtype for layer in self.layers)}) > 1
        self.built = True

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        if self.input_layer is None:
            raise AttributeError(f"{self.name} has no input shape yet: start with an Input or call it on data")
        return self.input_layer.batch_shape

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        shape = self.input_shape
        for layer in self.layers:
            shape = layer.compute_output_shape(shape)
        return shape

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return a layer by name or index."""
        if index is not None:
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(f"no layer {name!r}; the layers are {', '.join(layer.name for layer in self.layers)}")

    # ---- weights ------------------------------------------------------------------------------------------------

    @property
    def weights(self) -> list[Variable]:
        return [weight for layer in self.layers for weight in layer.weights]

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
        return [weight for layer in self.layers for weight in layer.trainable_weights] if self.trainable else []

    trainable_variables = trainable_weights
    variables = weights

    def get_weights(self) -> list[Array]:
        """Return copies of all weights: W and b of the first layer, of the second, ..."""
        return [weight.numpy() for weight in self.weights]

    def set_weights(self, weights: Iterable[Any]) -> None:
        """Overwrite all weights, in get_weights() order; nothing is changed if one does not fit."""
        for variable, array in zip(self.weights, fitting(weights, self.weights), strict=True):
            variable.value[...] = array

    def count_params(self) -> int:
        if not self.built:
            self.build()
        return sum(weight.size for weight in self.weights)

    # ---- the mathematics ----------------------------------------------------------------------------------------

    def record(self, batch_size: int, training: bool) -> Trace:
        """Return the working memory for batches of this size, the arrays of the last such step."""
        key = (batch_size, training)
        if key not in self._records:
            if len(self._records) >= KEPT_RECORDS:
                self._records.pop(next(iter(self._records)))
            self._records[key] = self._new_trace(training, wants_dx=False)
        return self._records[key]

    def _new_trace(self, training: bool, wants_dx: bool) -> Trace:
        trace = Trace([LayerTrace(layer.name, wants_dx=wants_dx or i > 0) for i, layer in enumerate(self.layers)])
        trace.training = training
        for t in trace:
            t.training = training
        return trace

    def forward_pass(self, x: Array, trace: Trace, masks: Mapping[str, Array] | None = None) -> Array:
        """Z = forward(x) and a = f(z), layer after layer; every a is the next layer's x."""
        for layer, t in zip(self.layers, trace.layers, strict=True):
            t.x = x.astype(layer.dtype, copy=False) if self._mixed else x
            layer.randomize(t, masks.get(layer.name) if masks else None)
            layer.forward(t)
            layer.activate(t)
            x = t.a
        return x

    def backward_pass(self, y: Array, trace: Trace, weight: Array | None = None) -> None:
        """Delta = dL/dz of every layer from the last to the first, and from each delta its dW, db and dx."""
        loss, fused, top = self.head(trace.training)
        layer, t = self.layers[top], trace.layers[top]
        if fused:
            t.delta = loss.scaled_slopes(y, t.z, weight, out=t.delta)
        else:
            reused = t.upstream if loss.dtype == layer.dtype else None
            upstream = loss.scaled_slopes(y, t.a.astype(loss.dtype, copy=False), weight, out=reused)
            t.upstream = upstream.astype(layer.dtype, copy=False)
            layer.residual(t)
        layer.backward(t)
        for i in range(top - 1, -1, -1):
            above, layer, t = t, self.layers[i], trace.layers[i]
            t.upstream = above.dx.astype(layer.dtype, copy=False) if self._mixed else above.dx
            layer.residual(t)
            layer.backward(t)

    def loss_pass(self, y: Array, trace: Trace, weight: Array | None = None) -> Any:
        """Write trace.values, one loss a sample, and trace.loss, the reduced loss."""
        loss, fused, top = self.head(trace.training)
        y_pred = trace.layers[top].z if fused else trace.layers[top].a
        trace.values = loss.values(y, y_pred.astype(loss.dtype, copy=False))
        trace.loss = loss.reduce(trace.values, weight)
        return trace.loss

    def __call__(self, x: Any, training: bool = False) -> Array:
        """Return the output for x, (samples, outputs)."""
        return self.forward_pass(self._samples(x), self._new_trace(training, wants_dx=False))

    def trace(
        self,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        training: bool = False,
        masks: Mapping[str, Array] | None = None,
    ) -> Trace:
        """Return every intermediate of one forward and backward pass, in arrays of its own.

        Args:
            x, y: the batch; `sample_weight`: one weight a sample.
            training: whether Dropout is at work. masks: {layer name: mask} in place of drawn ones.
        """
        x, y, weight = self._batch(x, y, sample_weight)
        trace = self._new_trace(training, wants_dx=True)
        self.forward_pass(x, trace, masks)
        self.loss_pass(y, trace, weight)
        self.backward_pass(y, trace, weight)
        return trace

    def loss_and_gradients(
        self,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        training: bool = False,
        masks: Mapping[str, Array] | None = None,
    ) -> tuple[float, list[Array]]:
        """Return the loss and its gradients in get_weights() order."""
        trace = self.trace(x, y, sample_weight, training, masks)
        return trace.loss, trace.gradients

    # ---- config -------------------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Return Keras' own config: `keras.Sequential.from_config(model.get_config())` is the same network."""
        first = [] if self.input_layer is None else [self.input_layer]
        config: dict[str, Any] = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": policy(self.dtype),
            "layers": [_layer_config(layer) for layer in (*first, *self.layers)],
        }
        if self.input_layer is not None:
            config["build_input_shape"] = self.input_shape
        return config

    def to_json(self) -> str:
        """Return Keras' JSON of the architecture, as `keras.Model.to_json`."""
        return json.dumps(
            {"module": "keras", "class_name": "Sequential", "config": self.get_config(), "registered_name": None}
        )

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Sequential":
        """Return the network of a Keras (or handnn) config, with fresh weights."""
        if not isinstance(config, Mapping) or "layers" not in config:
            found = sorted(config) if isinstance(config, Mapping) else repr(config)
            raise ValueError(f"config must be that of a Sequential, with a key 'layers'; received {found}")
        model = cls(name=config.get("name"), trainable=config.get("trainable", True))
        model.dtype = check_dtype(config.get("dtype"))
        for layer in config["layers"]:
            model.add(from_config(layer))
        if not model.built and model.layers and config.get("build_input_shape"):
            model.build(config["build_input_shape"])
        return model

    def summary(self, print_fn: Any = print) -> None:
        """Print the layers, their output shapes and parameter counts."""
        rows = [("Layer (type)", "Output shape", "Param #")]
        shape = self.input_shape
        for layer in self.layers:
            shape = layer.compute_output_shape(shape)
            rows.append((f"{layer.name} ({type(layer).__name__})", str(shape), f"{layer.count_params():,}"))
        width = [max(len(row[i]) for row in rows) for i in range(3)]
        lines = [f"{a:<{width[0]}}  {b:<{width[1]}}  {c:>{width[2]}}" for a, b, c in rows]
        lines.insert(1, "-" * len(lines[0]))
        print_fn("\n".join([f'Model: "{self.name}"', *lines, f"Total params: {self.count_params():,}"]))

    def __repr__(self) -> str:
        return f"<Sequential name={self.name}, {len(self.layers)} layers, built={self.built}>"


def _layer_config(layer: Layer) -> dict[str, Any]:
    config = serialize(layer, "keras.layers")
    if layer.builds and layer.built:
        config["build_config"] = {"input_shape": layer.input_shape}
    return config
