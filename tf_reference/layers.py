"""Intermediates of Keras layers: z and a separately, their random masks, their penalties."""

import inspect
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from . import recurrent

ACTIVATIONS = (keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.ELU, keras.layers.Softmax)
"""Layers that only apply an activation: z = x, a = layer(z)."""


ATTENDING = (keras.layers.Attention, keras.layers.MultiHeadAttention)
"""Layers that are called with several tensors, some of them masks."""

TAKES_INTEGERS = (
    *(
        getattr(keras.layers, name)
        for name in ("CategoryEncoding", "Embedding", "Flatten", "Identity", "Permute", "RepeatVector", "Reshape")
    ),
    *ATTENDING,
)
"""Layers that take integers, or masks, without a cast."""


NORMALIZING = keras.layers.BatchNormalization
"""The layer whose training call updates statistics without a gradient."""


def running_statistics(layer: Any) -> list[Any]:
    """Return the variables that a layer's training call updates without a gradient."""
    if not isinstance(layer, NORMALIZING):
        return []
    renorm = [layer.moving_stddev, layer.renorm_mean, layer.renorm_stddev] if layer.renorm else []
    return [layer.moving_mean, layer.moving_variance, *renorm]


class Place(NamedTuple):
    """A layer in its model.

    Attributes:
        layer: the Keras layer.
        parents: indices of the places whose outputs it reads; -1, -2, ... for the first, second, ... input.
        from_list: whether it is called on a list.
        shared: for each parent, whether it has other paths to the loss: other consumers, or a penalty.
        running_statistics: variables that its training call updates without a gradient.
        takes_integers: whether it takes integers without a cast.
        name: the layer's name; `name@2` in its second place, `model/name` inside a model.
        first: whether this is the layer's first place.
        arguments: (positional, named) arguments of the call, with symbolic tensors; None for a call on one tensor or a
            list.
    """

    layer: Any
    parents: list[int]
    from_list: bool
    shared: list[bool]
    running_statistics: list[Any]
    takes_integers: bool
    name: str
    first: bool
    arguments: Any


class Call(NamedTuple):
    """A call of a layer in a model, as in `Place`."""

    layer: Any
    parents: list[int]
    from_list: bool
    name: str
    arguments: Any


def places(model: Any) -> tuple[list[Place], list[int]]:
    """Return the calls of layers in a Sequential or functional Keras model in its order, and those of the outputs.

    A model inside is replaced by its own calls.
    """
    calls, outputs = _calls(model, [-1 - i for i in range(len(model.inputs))])
    readers = [parent for call in calls for parent in call.parents] + outputs
    readers += [i for i, call in enumerate(calls) if call.layer.activity_regularizer is not None]
    found, used = [], dict[str, int]()
    for i, (layer, parents, from_list, name, arguments) in enumerate(calls):
        used[name] = used.get(name, 0) + 1
        found.append(
            Place(
                layer,
                parents,
                from_list,
                [readers.count(parent) > 1 for parent in parents],
                running_statistics(layer),
                isinstance(layer, TAKES_INTEGERS),
                name if used[name] == 1 else f"{name}@{used[name]}",
                not any(call.layer is layer for call in calls[:i]),
                arguments,
            )
        )
    return found, outputs


def _calls(model: Any, inputs: list[int], start: int = 0) -> tuple[list[Call], list[int]]:
    """Return the calls of a model that reads these places, numbered from `start`, and the places of its outputs."""
    found: list[Call] = []

    def add(layer: Any, parents: list[int], from_list: bool, arguments: Any = None, within: str = "") -> list[int]:
        name = f"{within}{layer.name}"
        if isinstance(layer, keras.Model):
            inner, outputs = _calls(layer, parents, start + len(found))
            found.extend(call._replace(name=f"{name}/{call.name}") for call in inner)
            return outputs
        if isinstance(layer, keras.layers.Bidirectional):
            return both_ways(layer, parents, f"{name}/")
        if isinstance(layer, keras.layers.TimeDistributed):
            folded = add(recurrent.Fold(name="fold", dtype=layer.compute_dtype), parents, False, within=f"{name}/")
            inner = add(layer.layer, folded, False, within=f"{name}/")
            unfold = recurrent.Unfold(name="unfold", dtype=layer.compute_dtype)
            return add(unfold, [*inner, *parents], True, within=f"{name}/")
        several = isinstance(layer, keras.layers.RNN) and len(parents) > 1
        found.append(Call(layer, parents, from_list or several, name, arguments))
        own, count = start + len(found) - 1, outputs_of(layer, arguments)
        if count == 1:
            return [own]
        for k in range(count):
            part = recurrent.Part(layer, k, f"{layer.name}_part_{k}")  # TensorFlow allows no brackets
            found.append(Call(part, [own], False, f"{name}[{k}]", None))
        return list(range(own + 1, own + 1 + count))

    def both_ways(layer: Any, parents: list[int], within: str) -> list[int]:
        """Add the two layers of a Bidirectional, and what merges them."""
        x, *states = parents
        half, dtype = len(states) // 2, layer.compute_dtype
        y, *states_of_y = add(layer.forward_layer, [x, *states[:half]], False, within=within)
        back, *states_of_back = add(layer.backward_layer, [x, *states[half:]], False, within=within)
        if layer.return_sequences:
            (back,) = add(recurrent.Reverse(name="reversed", dtype=dtype), [back], False, within=within)
        outputs = [y, back]
        if layer.merge_mode is not None:
            merge = recurrent.MERGING[layer.merge_mode](name="merged", dtype=dtype)
            outputs = add(merge, outputs, True, within=within)
        return [*outputs, *states_of_y, *states_of_back]

    if isinstance(model, keras.Sequential):
        output = inputs
        for layer in model.layers:
            output = add(layer, output, False)
        return found, output
    place = {id(tensor): place for tensor, place in zip(model.inputs, inputs, strict=True)}
    for node in _nodes(model):
        layer, parents = node.operation, [place[id(tensor)] for tensor in _read(node)]
        several = isinstance(layer, ATTENDING)
        arguments = (node.arguments.args, node.arguments.kwargs) if several else None
        from_list = several or isinstance(node.arguments.args[0], list | tuple)
        if not isinstance(layer, keras.layers.Layer):
            layer, from_list = Operation(node), len(parents) > 1
        outputs = add(layer, parents, from_list, arguments)
        place.update({id(tensor): own for tensor, own in zip(node.outputs, outputs, strict=True)})
    for tensor in model.outputs:
        if place[id(tensor)] < 0:
            name = f"{tensor.name}_output"
            place[id(tensor)] = add(keras.layers.Identity(name=name, dtype=tensor.dtype), [place[id(tensor)]], False)[0]
    return found, [place[id(tensor)] for tensor in model.outputs]


def outputs_of(layer: Any, arguments: Any) -> int:
    """Return how many tensors a call of a layer returns."""
    if getattr(layer, "return_state", False):
        return 1 + len(keras.tree.flatten(layer.state_size))
    return 1 + returns_scores(layer, arguments)


def returns_scores(layer: Any, arguments: Any) -> bool:
    """Return whether a call of an attention layer also returns its weights."""
    if not isinstance(layer, ATTENDING):
        return False
    args, kwargs = arguments
    names = list(inspect.signature(layer.call).parameters)
    return bool((dict(zip(names, args, strict=False)) | kwargs).get("return_attention_scores"))


class Operation(keras.layers.Layer):
    """An operation between layers, such as a + b or a[:, 0], as a layer without weights.

    Args:
        node: Keras' record of its call, with the arguments that are no tensors.
    """

    def __init__(self, node: Any) -> None:
        super().__init__(name=node.operation.name, dtype=node.outputs[0].dtype)
        self.node = [node]  # in a list, so that Keras does not look into it
        kind = type(node.operation)
        self.activates = kind.__module__.endswith((".nn", ".activations")) or kind.__name__ == "Tanh"

    def call(self, x: Any) -> Any:
        (node,) = self.node
        given = iter(x if isinstance(x, list | tuple) else [x])

        def filled(own: Any) -> Any:
            if isinstance(own, list | tuple):
                return type(own)(filled(part) for part in own)
            return next(given) if isinstance(own, keras.KerasTensor) else own

        return node.operation(*map(filled, node.arguments.args))


def _nodes(model: Any) -> list[Any]:
    """Return the calls of a functional model: by decreasing depth, then in the order of its layers.

    The operations by which Keras computes masks are not among them.
    """
    order = {id(layer): i for i, layer in enumerate(model.operations)}
    made_by = {
        id(tensor): node for nodes in model._nodes_by_depth.values() for node in nodes for tensor in node.outputs
    }
    read: set[int] = set()
    waiting = list(model.outputs)
    while waiting:
        node = made_by.get(id(waiting.pop()))
        if node is not None and id(node) not in read:
            read.add(id(node))
            waiting += _read(node)
    found = [
        (-depth, order[id(node.operation)], node.operation._inbound_nodes.index(node), node)
        for depth, nodes in model._nodes_by_depth.items()
        for node in nodes
        if id(node) in read and not isinstance(node.operation, keras.layers.InputLayer)
    ]
    return [entry[-1] for entry in sorted(found, key=lambda entry: entry[:-1])]


def _read(node: Any) -> list[Any]:
    """Return the tensors that a call reads, without the masks that Keras hands on by itself."""
    if isinstance(node.operation, ATTENDING):
        return node.input_tensors
    named = [given for name, given in node.arguments.kwargs.items() if name != "mask"]
    return [own for own in keras.tree.flatten([node.arguments.args, named]) if isinstance(own, keras.KerasTensor)]


def with_tensors(arguments: Any, x: list[Any]) -> Any:
    """Return positional and named arguments with these tensors in the place of the symbolic ones."""
    tensors = iter(x)
    return keras.tree.map_structure(
        lambda own: next(tensors) if isinstance(own, keras.KerasTensor) else own, tuple(arguments)
    )


def opened(layer: Any, x: Any, training: bool, first: bool = True, arguments: Any = None) -> tuple[Any, Any, Any]:
    """Return z, a and the penalty (None without regularizers) of one Keras layer called on x.

    The penalties of its weights count in its `first` place only.
    """
    activation, activity = getattr(layer, "activation", None), layer.activity_regularizer
    layer.activity_regularizer = None  # it would see z, since the activation is removed
    try:
        if arguments is not None:
            args, kwargs = with_tensors(arguments, x)
            z = a = recurrent.packed(layer(*args, **kwargs, training=training))
        elif isinstance(layer, keras.layers.RNN):  # its activation acts within the steps
            z = a = recurrent.called(layer, x, training)
        elif isinstance(layer, ACTIVATIONS) or getattr(layer, "activates", False):
            z = carrying(tf.identity(x), mask_on(x))
            a = call(layer, z, training)
        elif activation is None:
            z = a = call(layer, x, training)
        else:
            layer.activation = keras.activations.linear if isinstance(layer, keras.layers.Activation) else None
            z = call(layer, x, training)
            a = carrying(activation(z), mask_on(z))
    finally:
        layer.activity_regularizer = activity
        if activation is not None and not isinstance(layer, keras.layers.RNN):
            layer.activation = activation
    penalties = [] if activity is None else [_over_samples(activity(a), a)]
    penalties += [v.regularizer(v) for v in layer.trainable_variables if first and v.regularizer is not None]
    return z, a, sum(penalties[1:], penalties[0]) if penalties else None


def _over_samples(penalty: Any, a: Any) -> Any:
    """Return the penalty on a that Keras adds to the loss: divided by the number of samples."""
    return tf.math.divide_no_nan(penalty, tf.cast(tf.shape(a)[0], penalty.dtype))


def names_of(layer: Any) -> list[str]:
    """Return a name for each trained variable: its own, or 'query_kernel' where a layer has several kernels."""
    if not isinstance(layer, keras.layers.MultiHeadAttention):
        names = [variable.name for variable in layer.variables]
        names = [f"{own}_{names[:k].count(own)}" if own in names[:k] else own for k, own in enumerate(names)]
        by_id = {id(variable): own for variable, own in zip(layer.variables, names, strict=True)}
        return [by_id[id(variable)] for variable in layer.trainable_variables]
    parts = [variable.path.split("/")[-2:] for variable in layer.trainable_variables]
    return [f"{part.removeprefix('attention_')}_{name}" for part, name in parts]


def copy_of(tensor: Any) -> Any:
    """Return a copy of the tensor that keeps Keras' `_keras_logits` and its mask."""
    copied = carrying(tf.identity(tensor), mask_on(tensor))
    if hasattr(tensor, "_keras_logits"):
        copied._keras_logits = tensor._keras_logits
    return copied


def mask_on(tensor: Any) -> Any:
    """Return the mask of time steps that a tensor carries, or None."""
    return getattr(tensor, "_keras_mask", None)


def carrying(tensor: Any, mask: Any) -> Any:
    """Return the tensor, carrying a mask of time steps."""
    if mask is not None:
        tensor._keras_mask = mask
    return tensor


def call(layer: Any, x: Any, training: bool) -> Any:
    return layer(x, training=training) if layer._call_has_training_arg else layer(x)


def scores_of(layer: Any, x: list[Any], arguments: Any) -> Any:
    """Return the weights of an attention layer's call on x, in inference."""
    args, kwargs = with_tensors(arguments, x)
    if returns_scores(layer, arguments):
        return layer(*args, **kwargs, training=False)[1]
    return layer(*args, **{**kwargs, "return_attention_scores": True}, training=False)[1]


def weights_shape(layer: Any, x: list[Any], arguments: Any) -> tuple[int, ...]:
    """Return the shape of an attention layer's weights, in which its dropout draws."""
    args, kwargs = with_tensors(arguments, x)
    if not isinstance(layer, keras.layers.MultiHeadAttention):
        query, value = (args[0] if args else kwargs["inputs"])[:2]
        return (*query.shape[:-1], value.shape[-2])
    given = dict(zip(("query", "value"), args, strict=False)) | kwargs
    query, value = given["query"], given["value"]
    axes = layer.attention_axes
    free = [size for axis, size in enumerate(query.shape[:-1]) if axis and axis not in axes]
    return (query.shape[0], *free, layer.num_heads, *(query.shape[a] for a in axes), *(value.shape[a] for a in axes))


def mask_of_weights(layer: Any, x: list[Any], arguments: Any, training: bool) -> Any:
    """Return the mask that an attention layer's next call will draw for its weights, None if it draws nothing."""
    if not training or not layer.dropout:
        return None
    own = getattr(layer, "_dropout_layer", layer).seed_generator
    before = tf.identity(own.state.value)
    ones = tf.ones(weights_shape(layer, x, arguments), layer.compute_dtype)
    drawn = keras.random.dropout(ones, layer.dropout, seed=own)
    own.state.assign(before)
    return drawn


def mask_of(layer: Any, x: list[Any], training: bool) -> Any:
    """Return the mask that the layer's next call will draw, None if it draws nothing.

    The layer is called on ones, or on zeros if it adds noise; then its seed is restored, so that its next call draws
    the same mask. For `AlphaDropout` the mask is 1 where an element is kept, else 0.
    """
    if training and isinstance(layer, keras.layers.RNN):
        return recurrent.masks_of_cells(layer, x[0])
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
