"""Recurrent Keras layers opened: their states, their masks, and what each cell computes at each step of time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

RECORDED = {
    keras.layers.SimpleRNNCell: (("output",), ()),
    keras.layers.LSTMCell: (("candidate",), ("input", "forget", "output")),
    keras.layers.GRUCell: (("candidate",), ("update", "reset")),
}
"""The gates whose z a cell gives to its activation, and to its recurrent activation, in the order of its calls."""


MOST_UNROLLED = 100
"""Longest loop that is unrolled in a compiled pass: TensorFlow compiles every step of it. Others are `probed`."""


def cells_of(layer: Any) -> list[Any]:
    cell = layer.cell
    return list(cell.cells) if isinstance(cell, keras.layers.StackedRNNCells) else [cell]


def states_of(layer: Any) -> list[Any]:
    """Return the variables in which a stateful layer keeps its last state."""
    states = getattr(layer, "states", None) if isinstance(layer, keras.layers.RNN) else None
    return [] if states is None else keras.tree.flatten(states)


def called(layer: Any, x: Any, training: bool) -> Any:
    """Return the layer's output for x, or for [x, parts of the first state]; several outputs side by side."""
    if not isinstance(x, list):
        return packed(layer(x, training=training))
    states = keras.tree.pack_sequence_as(layer.get_initial_state(1), x[1:])
    return packed(layer(x[0], initial_state=states, training=training))


def packed(outputs: Any) -> Any:
    """Return the outputs of a layer side by side, (batch, numbers); one output as it is."""
    if not isinstance(outputs, list | tuple):
        return outputs
    flat = keras.tree.flatten(outputs)
    side_by_side = tf.concat([tf.reshape(own, (tf.shape(own)[0], -1)) for own in flat], axis=1)
    side_by_side.side_by_side = tuple(tuple(own.shape[1:]) for own in flat)
    mask = getattr(flat[0], "_keras_mask", None)
    if mask is not None:
        side_by_side._keras_mask = mask
    return side_by_side


class Part(keras.layers.Layer):
    """One of the outputs that `packed` put side by side."""

    def __init__(self, owner: Any, index: int, name: str) -> None:
        super().__init__(name=name, dtype=owner.compute_dtype)
        self.index, self.shapes = index, [()]
        self.supports_masking = True

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return mask if self.index == 0 else None

    def call(self, x: Any) -> Any:
        sizes = [int(tf.TensorShape(shape).num_elements()) for shape in self.shapes]
        return tf.reshape(tf.split(x, sizes, axis=1)[self.index], (tf.shape(x)[0], *self.shapes[self.index]))


class Reverse(keras.layers.Layer):
    """The steps of x from the last to the first; the mask stays, as in Keras' Bidirectional."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.supports_masking = True

    def call(self, x: Any) -> Any:
        return tf.reverse(x, [1])


class Fold(keras.layers.Layer):
    """The steps of all samples as samples: (batch, time, ...) -> (batch time, ...)."""

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """Return None: a step has no mask."""

    def call(self, x: Any) -> Any:
        return tf.reshape(x, (-1, *x.shape[2:]))


class Unfold(keras.layers.Layer):
    """(batch time, ...) -> (batch, time, ...), with the time and the mask of a second tensor."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.supports_masking = True

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return mask and mask[1]

    def call(self, x: Any) -> Any:
        return tf.reshape(x[0], (-1, x[1].shape[1], *x[0].shape[1:]))


MERGING = {
    "concat": keras.layers.Concatenate,
    "sum": keras.layers.Add,
    "mul": keras.layers.Multiply,
    "ave": keras.layers.Average,
}


def masks_of_cells(layer: Any, x: Any) -> Any:
    """Return the masks that the layer's next call will draw, side by side; None if it draws nothing."""
    found, inputs = [], x.shape[-1]
    for cell in cells_of(layer):
        generator = getattr(cell, "seed_generator", None)
        if generator is not None:
            before = tf.identity(generator.state.value)
            by_gate = getattr(cell, "implementation", 2) == 1
            for rate, size, draw in (
                (cell.dropout, inputs, cell.get_dropout_mask),
                (cell.recurrent_dropout, cell.units, cell.get_recurrent_dropout_mask),
            ):
                drawn = draw(tf.zeros((x.shape[0], size), cell.compute_dtype))
                if drawn is not None and (rate < 1 or isinstance(cell, keras.layers.SimpleRNNCell)):
                    found += list(drawn) if by_gate and isinstance(drawn, list) else [drawn]
            generator.state.assign(before)
            cell.reset_dropout_mask()
            cell.reset_recurrent_dropout_mask()
        inputs = getattr(cell, "output_size", inputs)
    return tf.concat(found, axis=1) if found else None


@contextmanager
def recorded(layer: Any, tape: Any, times: int) -> Iterator[list[list[dict[str, Any]]]]:
    """Let the layer's cells record each step that they compute: for each cell, a list of dicts by name.

    x, states: what the cell is called on. z: {gate: its weighted input}. new: the new states. Tensors are copies that
    lie on the way to the loss, so that it can be differentiated with respect to them. In a compiled pass the loop is
    unrolled for that, which computes the same. Nothing is recorded of cells that are not known here, nor of long loops.
    """
    cells, unroll = [cell for cell in cells_of(layer) if type(cell) in RECORDED], layer.unroll
    if len(cells) < len(cells_of(layer)) or not (tf.executing_eagerly() or unroll or _can_unroll(layer, times)):
        yield []
        return
    layer.unroll = unroll or not tf.executing_eagerly()
    found: list[list[dict[str, Any]]] = [[] for _ in cells]
    kept = [(cell, cell.call, cell.activation, getattr(cell, "recurrent_activation", None)) for cell in cells]
    for (cell, call, inner, outer), steps in zip(kept, found, strict=True):
        _listen(cell, call, inner, outer, steps, tape)
    try:
        yield found
        for steps in found:
            del steps[:-times]  # Keras also calls a cell to see the shape of its output
    finally:
        layer.unroll = unroll
        for cell, _, inner, outer in kept:
            del cell.call  # the class' own is found again
            cell.activation = inner
            if outer is not None:
                cell.recurrent_activation = outer


def _can_unroll(layer: Any, times: int | None) -> bool:
    """Return whether unrolling changes nothing: with these three arguments Keras zeros other steps then."""
    return times in range(1, MOST_UNROLLED + 1) and not (
        layer.go_backwards and layer.return_sequences and layer.zero_output_for_mask
    )


def _listen(cell: Any, call: Any, inner: Any, outer: Any, steps: list[dict[str, Any]], tape: Any) -> None:
    of_inner, of_outer = RECORDED[type(cell)]

    def hearing(f: Any, gates: tuple[str, ...]) -> Any:
        def activation(z: Any) -> Any:
            heard = sum(gate in steps[-1]["z"] for gate in gates)
            if heard == len(gates):  # the LSTM's tanh of c
                return f(z)
            z = tf.identity(z)
            steps[-1]["z"][gates[heard]] = z
            return f(z)

        return activation

    def recording(inputs: Any, states: Any, training: bool = False) -> Any:
        states = [tf.identity(state) for state in states]
        if tape is not None:
            tape.watch(states)
        steps.append({"x": inputs, "states": states, "z": {}})
        _, new = call(inputs, states, training=training)
        new = [tf.identity(state) for state in new]
        steps[-1]["new"] = new
        return new[0], new

    cell.call = recording
    cell.activation = hearing(inner, of_inner)
    if outer is not None:
        cell.recurrent_activation = hearing(outer, of_outer)


@contextmanager
def probed(layer: Any, tape: Any, steps: Any) -> Iterator[list[Any]]:
    """Let a compiled loop of which no step is recorded add zeros to the z of every gate; yield a list that gets them.

    The zeros, (batch, time, gates units), stand beside x and come to the cell step by step; z + 0 is z, and delta of a
    step is dL/d zeros. Nothing is added without a tape, with recorded steps, or of cells that are not known here.
    """
    cell, zeros = layer.cell, list[Any]()
    if tape is None or steps or tf.executing_eagerly() or type(cell) not in RECORDED:
        yield zeros
        return
    (of_inner, of_outer), call, inner = RECORDED[type(cell)], cell.call, cell.activation
    outer, waiting = getattr(cell, "recurrent_activation", None), list[Any]()

    def inner_loop(sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        shape = (*tf.unstack(tf.shape(sequences)[:2]), (len(of_inner) + len(of_outer)) * cell.units)
        zeros.append(tf.zeros(shape, sequences.dtype))
        tape.watch(zeros[0])
        beside = tf.concat([sequences, zeros[0]], axis=2)
        return keras.layers.RNN.inner_loop(layer, beside, initial_state, mask, training)

    def splitting(inputs: Any, states: Any, training: bool = False) -> Any:
        size = cell.kernel.shape[0]
        parts = tf.split(inputs[:, size:], len(of_inner) + len(of_outer), axis=1)
        waiting[:] = [parts[: len(of_inner)], parts[len(of_inner) :]]
        return call(inputs[:, :size], states, training=training)

    def adding(f: Any, group: int) -> Any:
        def activation(z: Any) -> Any:
            return f(z + waiting[group].pop(0) if waiting[group] else z)  # the LSTM's tanh of c is no gate's

        return activation

    layer.inner_loop, cell.call, cell.activation = inner_loop, splitting, adding(inner, 0)
    if outer is not None:
        cell.recurrent_activation = adding(outer, 1)
    try:
        yield zeros
    finally:
        del layer.inner_loop, cell.call  # the classes' own are found again
        cell.activation = inner
        if outer is not None:
            cell.recurrent_activation = outer


def by_gate(layer: Any, d_zeros: list[Any]) -> dict[str, Any]:
    """Return {gate: delta of every step in the loop's order, (time, batch, units)} from dL/d zeros of `probed`."""
    if not d_zeros or d_zeros[0] is None:
        return {}
    d = tf.transpose(d_zeros[0], (1, 0, 2))
    gates = [gate for group in RECORDED[type(layer.cell)] for gate in group]
    return dict(zip(gates, tf.split(tf.reverse(d, [0]) if layer.go_backwards else d, len(gates), axis=2), strict=True))


def sources(steps: list[list[dict[str, Any]]]) -> Any:
    """Return the tensors of recorded steps by which to differentiate: z of each gate, new states, old states."""
    return [[[step["z"], step["new"], step["states"]] for step in of_cell] for of_cell in steps]


def over_time(steps: list[list[dict[str, Any]]], gradients: Any) -> list[dict[str, Any]]:
    """Return for each cell its tensors and dL/d tensor, (time, ...): x, states, z, new, delta, d_new, d_states."""
    found = []
    for of_cell, d_cell in zip(steps, gradients, strict=True):
        own: dict[str, Any] = {"x": tf.stack([step["x"] for step in of_cell])}
        gates, parts = list(of_cell[0]["z"]), range(len(of_cell[0]["new"]))
        own["z"] = {gate: tf.stack([step["z"][gate] for step in of_cell]) for gate in gates}
        own["delta"] = {
            gate: tf.stack([_or_zeros(d[0][gate], step["z"][gate]) for d, step in zip(d_cell, of_cell, strict=True)])
            for gate in gates
        }
        for k, name in ((1, "new"), (2, "states")):
            own[name] = [tf.stack([step[name][i] for step in of_cell]) for i in parts]
            own[f"d_{name}"] = [
                tf.stack([_or_zeros(d[k][i], step[name][i]) for d, step in zip(d_cell, of_cell, strict=True)])
                for i in parts
            ]
        found.append(own)
    return found


def _or_zeros(gradient: Any, tensor: Any) -> Any:
    return tf.zeros_like(tensor) if gradient is None else gradient
