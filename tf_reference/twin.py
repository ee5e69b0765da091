"""`KerasTwin`: the Keras model of a config and weights, opened up so that every intermediate can be read.

Its z, a and delta come from the Keras layers themselves: each layer is called with its activation held back, which
gives z, and the activation is then applied to z. `tf.GradientTape` differentiates by every one of them.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from handnn.trace import LayerTrace, Trace

from .objects import built_optimizer, has_muon, keras_loss

Array = np.ndarray


def _without_build_configs(config: dict) -> dict:
    """Let the model build its layers: built one by one from a config, their weights' paths lack the model's name."""
    layers = [{key: value for key, value in layer.items() if key != "build_config"} for layer in config["layers"]]
    return {**config, "layers": layers}


@contextmanager
def floatx_is(dtype: str) -> Iterator[None]:
    """Set Keras' floatx for a while, and nothing else: Keras' own setter changes the dtype policy as well."""
    before, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_floatx(before)
        keras.config.set_dtype_policy(policy)


class KerasTwin:
    """The identical Keras model.

    Args:
        config: `get_config()` of a handnn or Keras `Sequential`.
        weights: arrays in get_weights() order.
        loss: Keras name, config {'class_name', 'config'}, or an object with get_config() and dtype.
        optimizer: the same; None if no step is to be taken.
        compiled: trace through one `tf.function` for each batch size instead of eagerly: worth it from some ten
            traces of one shape on.
    """

    def __init__(self, config: dict, weights: list, loss: Any, optimizer: Any = None, compiled: bool = False) -> None:
        self.model = keras.Sequential.from_config(_without_build_configs(config))
        if not self.model.built:
            raise ValueError("config must say the input shape: start the network with an Input")
        self.model.set_weights([np.asarray(weight) for weight in weights])
        self.dtype = self.model.layers[-1].compute_dtype
        self.loss = keras_loss(loss, self.dtype)
        self.optimizer = built_optimizer(optimizer, self.model.trainable_variables)
        self._pass = tf.function(self._trace_tensors) if compiled else self._trace_tensors
        self._step = tf.function(self._train_step)
        self._apply = tf.function(self._apply_gradients) if compiled else self._apply_gradients

    # ---- the pass, opened up ------------------------------------------------------------------------------------

    def trace(self, x: Any, y: Any, sample_weight: Any = None, training: bool = False) -> Trace:
        """Return every intermediate of one forward and backward pass as NumPy arrays.

        Gradients that do not exist (dL/da behind a fused loss) are None. What a layer drew at random in training is
        in its `mask`.
        """
        tensors = self._pass(*self.tensors(x, y, sample_weight), training)
        trace = Trace([LayerTrace(layer.name) for layer in self.model.layers])
        trace.training = training
        trace.loss, trace.values = tensors["loss"].numpy(), tensors["values"].numpy()
        for layer, t, found in zip(self.model.layers, trace, tensors["layers"], strict=True):
            t.training = training
            for name in ("x", "z", "a", "upstream", "delta", "dx", "mask"):
                tensor = found.get(name)
                setattr(t, name, None if tensor is None else tensor.numpy())
            names = [variable.name for variable in layer.trainable_variables]
            t.gradients = {name: tensor.numpy() for name, tensor in zip(names, found["gradients"], strict=True)}
        return trace

    def _trace_tensors(self, x: Any, y: Any, weight: Any, training: bool) -> dict[str, Any]:
        layers = self.model.layers
        with tf.GradientTape() as tape:
            tape.watch(x)
            found, a = [], tf.cast(x, layers[0].compute_dtype)
            for layer in layers:
                a_prev = tf.cast(a, layer.compute_dtype)
                z, a, mask = self._open_layer(layer, a_prev, training)
                found.append({"x": a_prev, "z": z, "a": a, "mask": mask})
            loss = self.loss(y, a, weight)
            target = tf.reduce_sum(loss)
        kernels = [layer.trainable_variables for layer in layers]
        sources = [[t["x"] for t in found], [t["z"] for t in found], [t["a"] for t in found], kernels]
        dx, delta, upstream, gradients = tape.gradient(target, sources)
        for i, t in enumerate(found):
            zeros = [
                tf.zeros_like(variable) if g is None else g
                for g, variable in zip(gradients[i], kernels[i], strict=True)
            ]
            t.update(dx=dx[i], delta=delta[i], upstream=upstream[i], gradients=zeros)
        return {"loss": loss, "values": self.loss.call(*self._same_rank(y, a)), "layers": found}

    def _same_rank(self, y: Any, a: Any) -> tuple[Any, Any]:
        return tf.cast(y, self.loss.dtype), keras.ops.convert_to_tensor(a, dtype=self.loss.dtype)

    def _open_layer(self, layer: Any, a_prev: Any, training: bool) -> tuple[Any, Any, Any]:
        """Return z, a and the random mask of one Keras layer."""
        activation = getattr(layer, "activation", None)
        mask = None
        if activation is None:
            if training and getattr(layer, "seed_generator", None) is not None and layer.rate > 0:
                mask = self._drawn_mask(layer, a_prev)
            z = a = self._call(layer, a_prev, training)
            return z, a, mask
        layer.activation = None if isinstance(layer, keras.layers.Dense) else keras.activations.linear
        try:
            z = self._call(layer, a_prev, training)
        finally:
            layer.activation = activation
        return z, activation(z), mask

    @staticmethod
    def _call(layer: Any, x: Any, training: bool) -> Any:
        return layer(x, training=training) if layer._call_has_training_arg else layer(x)

    def _drawn_mask(self, layer: Any, like: Any) -> Any:
        """Let the layer draw on ones, then set its seed back, so that its next call draws the same."""
        state = layer.seed_generator.state
        before = tf.identity(state.value)
        mask = layer(tf.ones_like(like), training=True)
        state.assign(before)
        return mask

    def tensors(self, x: Any, y: Any, weight: Any = None) -> tuple[Any, Any, Any]:
        """Return a batch as TensorFlow's constants, x in the input's dtype."""
        x = tf.constant(np.asarray(x), dtype=self.model.inputs[0].dtype)
        return x, tf.constant(np.asarray(y)), None if weight is None else tf.constant(np.asarray(weight))

    # ---- the model as it is -------------------------------------------------------------------------------------

    def loss_and_gradients(self, x: Any, y: Any, sample_weight: Any = None, training: bool = False) -> tuple:
        """Return loss and gradients of the model itself, called whole: `tf.GradientTape` around `model(x)`."""
        x, y, weight = self.tensors(x, y, sample_weight)
        with tf.GradientTape() as tape:
            loss = self.loss(y, self.model(x, training=training), weight)
            target = tf.reduce_sum(loss)
        gradients = tape.gradient(target, self.model.trainable_variables)
        return loss.numpy(), [gradient.numpy() for gradient in gradients]

    def predict(self, x: Any) -> Array:
        """Return the model's own output, in inference."""
        return self.model(tf.constant(np.asarray(x), dtype=self.model.inputs[0].dtype), training=False).numpy()

    def train_on_batch(self, x: Any, y: Any, sample_weight: Any = None) -> float:
        """Take one training step; return the loss before it."""
        return float(np.mean(self.train_step(x, y, sample_weight)[0].numpy()))

    def train_step(self, x: Any, y: Any, sample_weight: Any = None) -> tuple[Any, Any]:
        """Take one training step in one compiled `tf.function`; return loss and output before it, as tensors."""
        return self._step(*self.tensors(x, y, sample_weight))

    def _train_step(self, x: Any, y: Any, weight: Any) -> Any:
        with tf.GradientTape() as tape:
            y_pred = self.model(x, training=True)
            loss = self.loss(y, y_pred, weight)
            target = self.optimizer.scale_loss(tf.reduce_sum(loss))
        self._apply_gradients(tape.gradient(target, self.model.trainable_variables))
        return loss, y_pred

    def get_weights(self) -> list[Array]:
        """Return copies of all weights, in handnn's order."""
        return self.model.get_weights()

    def set_weights(self, weights: list) -> None:
        """Overwrite all weights."""
        self.model.set_weights([np.asarray(weight) for weight in weights])

    # ---- the optimizer ------------------------------------------------------------------------------------------

    def apply(self, gradients: list) -> None:
        """Take one optimizer step with these gradients."""
        self._apply([tf.constant(gradient) for gradient in gradients])

    def _apply_gradients(self, gradients: list) -> None:
        """Take the step; under floatx float32, Keras' Muon fails on matrices of float64."""
        with floatx_is(self.dtype) if has_muon(self.optimizer) else nullcontext():
            self.optimizer.apply_gradients(zip(gradients, self.model.trainable_variables, strict=True))

    @property
    def iterations(self) -> int:
        """Steps taken so far."""
        return int(self.optimizer.iterations.numpy())

    def optimizer_state(self) -> list[Array]:
        """Return copies of the arrays of `optimizer.variables`: step count, learning rate, slots, in Keras' order."""
        return [np.array(variable) for variable in self.optimizer.variables]

    def set_optimizer_state(self, values: list) -> None:
        """Overwrite them."""
        for variable, value in zip(self.optimizer.variables, values, strict=True):
            variable.assign(value)

    def scaled(self, gradients: list) -> list[Array]:
        """Return the gradients of the loss as those of the optimizer's `scale_loss` of it, which is what it takes."""
        return [np.array(self.optimizer.scale_loss(tf.constant(gradient))) for gradient in gradients]
