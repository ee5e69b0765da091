"""LSTM: a cell state c that is added to, and gates that say what enters, stays and leaves."""

from typing import Any

import numpy as np

from ... import activations
from .. import rules as weight_rules
from ..base import layers
from .cell import Cell, applied, gated, gated_back, sent_back
from .cell_layer import CellLayer, of_cell


@layers.register()
class LSTMCell(Cell):
    """A cell with the gates i, f, o and the candidate g, each from its quarter of z_t = x_t W + h_{t-1} U + b.

        i, f, o = s(z_i), s(z_f), s(z_o)      g = tanh(z_g)       s the recurrent activation
        c_t = f * c_{t-1} + i * g             h_t = o * tanh(c_t)

    Backward, with dh_t and dc_t from step t + 1 and from above:

        dc = dc_t + dh_t * o * tanh'(c_t)     delta_o = dh_t * tanh(c_t) * s'(z_o)
        delta_i = dc * g * s'(z_i)            delta_f = dc * c_{t-1} * s'(z_f)      delta_g = dc * i * tanh'(z_g)
        dc_{t-1} = dc * f                     dh_{t-1} = delta_t U.T

    Hochreiter & Schmidhuber (1997), with the forget gate of Gers et al. (2000). docs/derivations/recurrent.md

    Args:
        recurrent_activation: of the three gates. activation: of the candidate and of c.
        unit_forget_bias: whether the forget gate's bias starts at 1, as Jozefowicz et al. (2015) advise.
    """

    gates = ("input", "forget", "candidate", "output")

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        rules = weight_rules.of_arguments(locals(), "kernel", "recurrent", "bias")
        super().__init__(units, rules, activation, use_bias, dropout, recurrent_dropout, seed, **options)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = unit_forget_bias

    def make_weights(self, path: str) -> None:
        super().make_weights(path)
        if self.bias is not None and self.unit_forget_bias:
            self.bias.value[self.units : 2 * self.units] = 1

    @property
    def state_size(self) -> list[int]:
        return [self.units, self.units]

    def step(self, s: Any, x: Any, state: tuple[Any, ...]) -> tuple[Any, ...]:
        h, s.c_prev = state
        s.z = x + gated(h, self.recurrent_kernel.value, s.dropped)
        z = s.of(s.z)
        s.i, s.f, s.o = (applied(self.recurrent_activation, z[gate]) for gate in ("input", "forget", "output"))
        s.g = applied(self.activation, z["candidate"])
        s.c = s.f * s.c_prev + s.i * s.g
        s.a = applied(self.activation, s.c)
        return s.o * s.a, s.c

    def step_back(self, s: Any, upstream: tuple[Any, ...]) -> tuple[Any, ...]:
        dh, dc = upstream
        z, gate, f = s.of(s.z), self.recurrent_activation, self.activation
        s.dc = dc = dc + sent_back(f, dh * s.o, s.c, s.a)
        s.delta = np.concatenate(
            [
                sent_back(gate, dc * s.g, z["input"], s.i),
                sent_back(gate, dc * s.c_prev, z["forget"], s.f),
                sent_back(f, dc * s.i, z["candidate"], s.g),
                sent_back(gate, dh * s.a, z["output"], s.o),
            ],
            axis=1,
        )
        return gated_back(s.delta, self.recurrent_kernel.value, s.dropped), dc * s.f

    def own_config(self) -> dict[str, Any]:
        return super().own_config() | {
            "recurrent_activation": activations.serialize(self.recurrent_activation),
            "unit_forget_bias": self.unit_forget_bias,
        }


@layers.register()
class LSTM(CellLayer):
    """`RNN` of `LSTMCell`. Args: those of the cell and of `RNN`."""

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        use_cudnn: Any = "auto",
        **options: Any,
    ) -> None:
        cell = LSTMCell(**of_cell(LSTMCell, locals(), options))
        self.use_cudnn = use_cudnn
        super().__init__(
            cell, activity_regularizer, return_sequences=return_sequences, return_state=return_state,
            go_backwards=go_backwards, stateful=stateful, unroll=unroll, **options,
        )  # fmt: skip
