"""Mistakes of backpropagation through time: what is handed back, gates, time's direction, masks, steps as samples."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import layers
from ...layers.pooling import GlobalAveragePooling1D
from ...layers.recurrent import cell, composite, gru, lstm, rnn, simple_rnn
from .base import DTYPE, Batch, Plant, between

SHAPE, UNITS = (5, 3), 4
GRADIENTS = ("dW", "drecurrent_kernel", "db", "dx")


def of(name: str, masked: bool = False, **options: Any) -> Callable[[], Batch]:
    """Return the network of a recurrent layer, named rnn."""
    options = {"return_sequences": True, "dtype": DTYPE, "name": "rnn"} | options
    return lambda: between(getattr(layers, name)(UNITS, **options), SHAPE, masked)


# ---- one step back ---------------------------------------------------------------------------------------------------


def handed_back(change: Callable[[Any, tuple[Any, ...], tuple[Any, ...]], tuple[Any, ...]]) -> Any:
    """Return a maker of a step back that hands back change(step, upstream, right)."""
    return lambda right: lambda self, s, upstream: change(s, upstream, right(self, s, upstream))


def without_slope(gate: str) -> Any:
    """Return a maker of an LSTM's step back in which a gate's delta lacks the activation's derivative."""

    def make(right: Any) -> Any:
        def step_back(self: Any, s: Any, upstream: Any) -> Any:
            _, dc = right(self, s, upstream)
            parts, a = s.of(s.delta), getattr(s, {"input": "i", "forget": "f", "candidate": "g", "output": "o"}[gate])
            parts[gate] = parts[gate] / (1 - a * a if gate == "candidate" else a * (1 - a))
            s.delta = np.concatenate(list(parts.values()), axis=1)
            return cell.gated_back(s.delta, self.recurrent_kernel.value, s.dropped), dc

        return step_back

    return make


def gate_forgotten(right: Any) -> Any:
    """With the reset gate after the product, delta of the candidate goes back as if there were no gate."""

    def step_back(self: Any, s: Any, upstream: Any) -> Any:
        (before,) = right(self, s, upstream)
        update, reset, dq = s.of(s.recurrent_delta).values()
        delta, U = s.of(s.delta)["candidate"], s.of(self.recurrent_kernel.value)["candidate"]
        s.recurrent_delta = np.concatenate([update, reset, delta], axis=1)
        return (before + cell.gated_back(delta - dq, U, None),)

    return step_back


def reset_not_handed_back(right: Any) -> Any:
    """With the reset gate before the product, dL/d (r * h) goes to h as it is."""

    def step_back(self: Any, s: Any, upstream: Any) -> Any:
        (before,) = right(self, s, upstream)
        dp = cell.gated_back(s.of(s.delta)["candidate"], s.of(self.recurrent_kernel.value)["candidate"], None)
        return (before + dp * (1 - s.r),)

    return step_back


def reset_before(right: Any) -> Any:
    """reset_after computed as if the gate stood before the product: r * (h U + b') in place of (r * h) U + b'."""

    def step(self: Any, s: Any, x: Any, state: Any) -> Any:
        right(self, s, x, state)
        z, U, h = s.of(s.z), s.of(self.recurrent_kernel.value)["candidate"], state[0]
        z_g = s.of(x)["candidate"] + np.dot(s.r * h, U) + self.bias.value[1, 2 * self.units :]
        s.g = cell.applied(self.activation, z_g)
        s.z = np.concatenate([z["update"], z["reset"], z_g], axis=1)
        return (s.u * h + (1 - s.u) * s.g,)

    return step


def of_this_step(right: Any) -> Any:
    """h of the step itself in place of that before in dU."""

    def recurrent_gradient(self: Any, steps: Any, rows: Any) -> Any:
        return np.dot(cell.stacked([s.h for s in steps]).reshape(-1, self.units).T, rows)

    return recurrent_gradient


# ---- masks, both directions, every step ------------------------------------------------------------------------------


def not_masked(right: Any) -> Any:
    return lambda self, t, times: [None] * times


def mask_not_turned(right: Any) -> Any:
    return lambda self, t, times: [t.input_mask[:, k, np.newaxis] for k in range(times)]


def all_receive(right: Any) -> Any:
    """Masking hands delta to the padding too."""
    return lambda self, t: setattr(t, "dx", t.delta)


def all_count(right: Any) -> Any:
    return lambda self, t: np.ones_like(right(self, t))


def both_ways() -> Batch:
    own = layers.LSTM(2, return_sequences=True, dtype=DTYPE, name="own")
    return between(layers.Bidirectional(own, dtype=DTYPE, name="both"), SHAPE)


def every_step() -> Batch:
    return between(layers.TimeDistributed(layers.Dense(2, dtype=DTYPE, name="own"), dtype=DTYPE, name="each"), SHAPE)


def mean_of_steps() -> Batch:
    return between(GlobalAveragePooling1D(dtype=DTYPE, name="mean"), SHAPE, masked=True)


def padded() -> Batch:
    """Above, a Dense layer's padding is not masked: Flatten drops the mask."""
    return between(layers.Dense(2, dtype=DTYPE, name="reader"), SHAPE, masked=True)


def not_turned(given: str, result: str) -> Any:
    return lambda right: lambda self, t: setattr(t, result, getattr(t, given))


def steps_first(right: Any) -> Any:
    """The samples of each step lie together, in place of the steps of each sample."""
    return lambda self, t: setattr(t, "z", np.swapaxes(t.x, 0, 1).reshape(-1, *t.x.shape[2:]))


def steps_first_back(right: Any) -> Any:
    def backward(self: Any, t: Any) -> None:
        samples, times, *rest = t.x.shape
        t.dx = np.swapaxes(t.delta.reshape(times, samples, *rest), 0, 1)

    return backward


def plant(name: str, network: Any, owner: Any, attribute: str, wrong: Any, at: str, *also: str) -> Plant:
    layer = at.split(maxsplit=1)[0]
    where = frozenset(f"{layer} {tensor}" for tensor in also)
    return Plant(name, "recurrent", network, owner, attribute, wrong, at, where)


LSTM, GRU = lstm.LSTMCell, gru.GRUCell
PLANTS = [
    plant("dh not handed back", of("LSTM"), LSTM, "step_back",
          handed_back(lambda s, upstream, found: (found[0] * 0, found[1])), "rnn dh before", *GRADIENTS),
    plant("dc not handed back", of("LSTM"), LSTM, "step_back",
          handed_back(lambda s, upstream, found: (found[0], found[1] * 0)), "rnn dc before", *GRADIENTS),
    plant("dc handed back without the forget gate", of("LSTM"), LSTM, "step_back",
          handed_back(lambda s, upstream, found: (found[0], s.dc)), "rnn dc before", *GRADIENTS),
    *(plant(f"slope of the {gate} left out", of("LSTM"), LSTM, "step_back", without_slope(gate), f"rnn delta {gate}",
            "dh before", *GRADIENTS) for gate in LSTM.gates),
    plant("SimpleRNN: dh not handed back", of("SimpleRNN"), simple_rnn.SimpleRNNCell, "step_back",
          handed_back(lambda s, upstream, found: (found[0] * 0,)), "rnn dh before", *GRADIENTS),
    plant("way of h through the update gate forgotten", of("GRU"), GRU, "step_back",
          handed_back(lambda s, upstream, found: (found[0] - upstream[0] * s.u,)), "rnn dh before", *GRADIENTS),
    plant("reset_after: computed with the gate before the product", of("GRU"), GRU, "step", reset_before,
          "rnn z candidate", "h", "z", "delta update", "delta reset", "delta candidate", "dh before", *GRADIENTS),
    plant("reset_after: the gate forgotten on the way back", of("GRU"), GRU, "step_back", gate_forgotten,
          "rnn dh before", *GRADIENTS),
    plant("reset before: the gate forgotten on the way back", of("GRU", reset_after=False), GRU, "step_back",
          reset_not_handed_back, "rnn dh before", *GRADIENTS),
    plant("dU from h of the step itself", of("LSTM"), cell.Cell, "recurrent_gradient", of_this_step,
          "rnn drecurrent_kernel"),
    plant("db of the last step only", of("SimpleRNN"), cell.Cell, "bias_gradient",
          lambda right: lambda self, steps, rows: np.sum(steps[-1].delta, axis=0), "rnn db"),
    plant("go_backwards: time not turned", of("LSTM", go_backwards=True), rnn.RNN, "in_time",
          lambda right: lambda self, x: x, "rnn z", *GRADIENTS),
    plant("mask ignored in the loop", of("LSTM", masked=True), rnn.RNN, "counting", not_masked, "rnn z", *GRADIENTS),
    plant("mask not turned with time", of("GRU", masked=True, go_backwards=True), rnn.RNN, "counting", mask_not_turned,
          "rnn z", *GRADIENTS),
    plant("mask not handed on", of("LSTM", masked=True), rnn.RNN, "compute_mask",
          lambda right: lambda self, inputs, previous_mask=None: None, "rnn mask out"),
    plant("what came back for a masked step's output is lost", of("LSTM", masked=True), rnn, "held_back",
          lambda right: lambda d_found, counts, kept: d_found, "rnn dW", "drecurrent_kernel", "db", "dx"),
    plant("Masking's gradient not masked", padded, layers.Masking, "backward", all_receive,
          "masking dx"),
    plant("mean over time: masked steps counted", mean_of_steps, GlobalAveragePooling1D, "counting", all_count,
          "mean z", "dx"),
    plant("Bidirectional: backward layer's steps not turned back", both_ways, composite.Reverse, "forward",
          not_turned("x", "z"), "both/reversed z"),
    plant("Bidirectional: delta not turned", both_ways, composite.Reverse, "backward", not_turned("delta", "dx"),
          "both/reversed dx"),
    plant("TimeDistributed: steps mixed with samples", every_step, composite.Fold, "forward", steps_first,
          "each/fold z"),
    plant("TimeDistributed: steps mixed with samples on the way back", every_step, composite.Fold, "backward",
          steps_first_back, "each/fold dx"),
]  # fmt: skip
