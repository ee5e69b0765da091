"""Intermediates of Keras layers: z and a separately, their random masks, their penalties."""

from typing import Any, NamedTuple

import keras
import tensorflow as tf

ACTIVATIONS = (keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.ELU, keras.layers.Softmax)
"""Layers that only apply an activation: z = x, a = layer(z)."""


TAKES_INTEGERS = tuple(
    getattr(keras.layers, name) for name in ("Embedding", "Flatten", "Identity", "Permute", "RepeatVector", "Reshape")
)
"""Layers that take integers without a cast."""


class Place(NamedTuple):
    """A layer in its model.

    Attributes:
        layer: the Keras layer.
        parents: indices of the places whose outputs it reads; -1, -2, ... for the first, second, ... input.
        from_list: whether it is called on a list.
        shared: for each parent, whether it has other paths to the loss: other consumers, or a penalty.
        running_statistics: variables that its training call updates without a gradient.
        takes_integers: whether it takes integers without a cast.
    """

    layer: Any
    parents: list[int]
    from_list: bool
    shared: list[bool]
    running_statistics: list[Any]
    takes_integers: bool


def places(model: Any) -> list[Place]:
    """Return the layers of a Sequential or functional Keras model in its order, without the inputs."""
    if isinstance(model, keras.Sequential):
        calls = [(layer, [i - 1], False) for i, layer in enumerate(model.layers)]
    else:
        calls = _calls(model)
    readers = [parent for _, parents, _ in calls for parent in parents]
    readers += [i for i, (layer, _, _) in enumerate(calls) if layer.activity_regularizer is not None]
    return [
        Place(
            layer,
            parents,
            from_list,
            [readers.count(parent) > 1 for parent in parents],
            [layer.moving_mean, layer.moving_variance] if isinstance(layer, keras.layers.BatchNormalization) else [],
            isinstance(layer, TAKES_INTEGERS),
        )
        for layer, parents, from_list in calls
    ]


def _calls(model: Any) -> list[tuple[Any, list[int], bool]]:
    place = {id(tensor): -1 - i for i, tensor in enumerate(model.inputs)}
    found: list[tuple[Any, list[int], bool]] = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        (node,) = layer._inbound_nodes
        place[id(node.outputs[0])] = len(found)
        from_list = isinstance(node.arguments.args[0], list | tuple)
        found.append((layer, [place[id(tensor)] for tensor in node.input_tensors], from_list))
    return found


def opened(layer: Any, x: Any, training: bool) -> tuple[Any, Any, Any]:
    """Return z, a and the penalty (None without regularizers) of one Keras layer called on x."""
    activation, activity = getattr(layer, "activation", None), layer.activity_regularizer
    layer.activity_regularizer = None  # it would see z, since the activation is removed
    try:
        if isinstance(layer, keras.layers.RNN):  # its activation acts within the steps
            z = a = call(layer, x, training)
        elif isinstance(layer, ACTIVATIONS):
            z = tf.identity(x)
            a = call(layer, z, training)
        elif activation is None:
            z = a = call(layer, x, training)
        else:
            layer.activation = keras.activations.linear if isinstance(layer, keras.layers.Activation) else None
            z = call(layer, x, training)
            a = activation(z)
    finally:
        layer.activity_regularizer = activity
        if activation is not None and not isinstance(layer, keras.layers.RNN):
            layer.activation = activation
    penalties = [] if activity is None else [_over_samples(activity(a), a)]
    penalties += [v.regularizer(v) for v in layer.trainable_variables if v.regularizer is not None]
    return z, a, sum(penalties[1:], penalties[0]) if penalties else None


def _over_samples(penalty: Any, a: Any) -> Any:
    """Return the penalty on a that Keras adds to the loss: divided by the number of samples."""
    return tf.math.divide_no_nan(penalty, tf.cast(tf.shape(a)[0], penalty.dtype))


def copy_of(tensor: Any) -> Any:
    """Return a copy of the tensor that keeps Keras' `_keras_logits`."""
    copied = tf.identity(tensor)
    if hasattr(tensor, "_keras_logits"):
        copied._keras_logits = tensor._keras_logits
    return copied


def call(layer: Any, x: Any, training: bool) -> Any:
    return layer(x, training=training) if layer._call_has_training_arg else layer(x)


def mask_of(layer: Any, x: list[Any], training: bool) -> Any:
    """Return the mask that the layer's next call will draw, None if it draws nothing.

    The layer is called on ones, or on zeros if it adds noise; then its seed is restored, so that its next call draws
    the same mask. For `AlphaDropout` the mask is 1 where an element is kept, else 0.
    """
    if not training or getattr(layer, "seed_generator", None) is None:
        return None
    state = layer.seed_generator.state
    before = tf.identity(state.value)
    additive = isinstance(layer, keras.layers.GaussianNoise)
    drawn = layer.call(tf.zeros_like(x[0]) if additive else tf.ones_like(x[0]), training=True)
    state.assign(before)
    if isinstance(layer, keras.layers.AlphaDropout):  # a kept 1 becomes a + b > 0, a dropped one -a (1 - rate) 1.758
        return tf.cast(drawn > 0, drawn.dtype)
    return drawn
