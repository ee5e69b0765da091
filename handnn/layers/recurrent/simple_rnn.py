"""SimpleRNN: h_t = f(x_t W + h_{t-1} U + b)."""

from typing import Any

from .. import rules as weight_rules
from ..base import layers
from .cell import Cell, Step, applied, gated, gated_back, sent_back
from .cell_layer import CellLayer, of_cell


@layers.register()
class SimpleRNNCell(Cell):
    """A cell with h_t = f(z_t), z_t = x_t W + h_{t-1} U + b. Elman (1990).

    delta_t = dh_t * f'(z_t)      dh_{t-1} = delta_t U.T
    """

    gates = ("output",)
    masks_by_gate = False

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
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

    def step(self, s: Step, x: Any, state: tuple[Any, ...]) -> tuple[Any, ...]:
        (h,) = state
        s.z = x + gated(h, self.recurrent_kernel.value, s.dropped)
        return (applied(self.activation, s.z),)

    def step_back(self, s: Step, upstream: tuple[Any, ...]) -> tuple[Any, ...]:
        (dh,) = upstream
        s.delta = sent_back(self.activation, dh, s.z, s.h)
        return (gated_back(s.delta, self.recurrent_kernel.value, s.dropped),)


@layers.register()
class SimpleRNN(CellLayer):
    """`RNN` of `SimpleRNNCell`.

    Keras accepts `activity_regularizer` and drops it; so does this layer. docs/keras-facts.md

    Args: those of the cell and of `RNN`.
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        cell = SimpleRNNCell(**of_cell(SimpleRNNCell, locals(), options))
        super().__init__(
            cell, None, return_sequences=return_sequences, return_state=return_state,
            go_backwards=go_backwards, stateful=stateful, unroll=unroll, **options,
        )  # fmt: skip

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["seed"]  # Keras' layer does not store it, its cell does
        return config
