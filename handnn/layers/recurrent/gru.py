"""GRU: one gate mixes the old state with a candidate, another says how much of the old state the candidate sees."""

from typing import Any

import numpy as np

from ... import activations
from .. import rules as weight_rules
from ..base import alongside, layers
from .cell import Cell, applied, gated, gated_back, sent_back, stacked
from .cell_layer import CellLayer, of_cell


@layers.register()
class GRUCell(Cell):
    """A cell with the update gate u, the reset gate r and the candidate g; W, U and b in thirds for u, r, g.

        u, r = s(x_t W + h_{t-1} U + b)                     s the recurrent activation
        g = tanh(x_t W_g + b_g + r * (h_{t-1} U_g + b'_g))     reset after the product (`reset_after`, default), or
        g = tanh(x_t W_g + b_g + (r * h_{t-1}) U_g)            before it
        h_t = u * h_{t-1} + (1 - u) * g

    Backward: delta_u = dh * (h_{t-1} - g) * s'(z_u), delta_g = dh * (1 - u) * tanh'(z_g). With reset after the product,
    q = h_{t-1} U_g + b'_g has dq = delta_g * r and delta_r = delta_g * q * s'(z_r); dU takes (delta_u, delta_r, dq):

        dh_{t-1} = dh * u + (delta_u, delta_r, dq) U.T

    With reset before it, p = r * h_{t-1} has dp = delta_g U_g.T, so delta_r = dp * h_{t-1} * s'(z_r),
    dU_g = sum of p.T delta_g, and dh_{t-1} = dh * u + (delta_u, delta_r) U_{u,r}.T + dp * r.

    Cho et al. (2014); `reset_after` is the variant of cuDNN, whose b has two rows: for x W and for h U.
    docs/derivations/recurrent.md

    Args:
        recurrent_activation: of the two gates. activation: of the candidate.
        reset_after: where the reset gate acts.
    """

    gates = ("update", "reset", "candidate")

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
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
        reset_after: bool = True,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        rules = weight_rules.of_arguments(locals(), "kernel", "recurrent", "bias")
        super().__init__(units, rules, activation, use_bias, dropout, recurrent_dropout, seed, **options)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.reset_after = reset_after

    def bias_shape(self, width: int) -> tuple[int, ...]:
        return (2, width) if self.reset_after else (width,)

    def input_bias(self) -> Any:
        if self.bias is None:
            return None
        return self.bias.value[0] if self.reset_after else self.bias.value

    def step(self, s: Any, x: Any, state: tuple[Any, ...]) -> tuple[Any, ...]:
        (h,) = state
        x, gate, f = s.of(x), self.recurrent_activation, self.activation
        if self.reset_after:
            recurrent = gated(h, self.recurrent_kernel.value, s.dropped)
            if self.bias is not None:
                recurrent = recurrent + self.bias.value[1]
            of_h = s.of(recurrent)
            s.q = of_h["candidate"]
        else:
            U = s.of(alongside(h, self.recurrent_kernel.value))
            of_h = {name: np.dot(s.drop(name, h), U[name]) for name in ("update", "reset")}
        z_u, z_r = x["update"] + of_h["update"], x["reset"] + of_h["reset"]
        s.u, s.r = applied(gate, z_u), applied(gate, z_r)
        if self.reset_after:
            z_g = x["candidate"] + s.r * s.q
        else:
            s.p = s.r * s.drop("candidate", h)
            z_g = x["candidate"] + np.dot(s.p, U["candidate"])
        s.g = applied(f, z_g)
        s.z = np.concatenate([z_u, z_r, z_g], axis=1)
        return (s.u * h + (1 - s.u) * s.g,)

    def step_back(self, s: Any, upstream: tuple[Any, ...]) -> tuple[Any, ...]:
        (dh,) = upstream
        z, gate, f, h = s.of(s.z), self.recurrent_activation, self.activation, s.h_prev
        delta_u = sent_back(gate, dh * h - dh * s.g, z["update"], s.u)
        delta_g = sent_back(f, dh * (1 - s.u), z["candidate"], s.g)
        if self.reset_after:
            delta_r = sent_back(gate, delta_g * s.q, z["reset"], s.r)
            s.recurrent_delta = np.concatenate([delta_u, delta_r, delta_g * s.r], axis=1)
            through_gates = gated_back(s.recurrent_delta, self.recurrent_kernel.value, s.dropped)
        else:
            U = s.of(alongside(dh, self.recurrent_kernel.value))
            dp = np.dot(delta_g, U["candidate"].T)
            delta_r = sent_back(gate, dp * s.drop("candidate", h), z["reset"], s.r)
            of_gates = (("update", delta_u), ("reset", delta_r))
            through_gates = s.drop("candidate", dp * s.r)
            through_gates = through_gates + sum(s.drop(name, np.dot(delta, U[name].T)) for name, delta in of_gates)
        s.delta = np.concatenate([delta_u, delta_r, delta_g], axis=1)
        return (dh * s.u + through_gates,)

    def recurrent_gradient(self, steps: list[Any], rows: Any) -> Any:
        if self.reset_after:
            rows = stacked([s.recurrent_delta for s in steps]).reshape(rows.shape)
            return super().recurrent_gradient(steps, rows)
        delta = steps[0].of(rows)
        seen = {name: [s.drop(name, s.h_prev) for s in steps] for name in ("update", "reset")}
        seen["candidate"] = [s.p for s in steps]
        return np.concatenate(
            [np.dot(stacked(seen[name]).reshape(len(rows), -1).T, delta[name]) for name in self.gates], axis=1
        )

    def bias_gradient(self, steps: list[Any], rows: Any) -> Any:
        db = np.sum(rows, axis=0)
        if not self.reset_after:
            return db
        recurrent = np.sum(stacked([s.recurrent_delta for s in steps]), axis=(0, 1))
        return np.concatenate([db[np.newaxis], recurrent[np.newaxis]], axis=0)

    def own_config(self) -> dict[str, Any]:
        return super().own_config() | {
            "recurrent_activation": activations.serialize(self.recurrent_activation),
            "reset_after": self.reset_after,
        }


@layers.register()
class GRU(CellLayer):
    """`RNN` of `GRUCell`. Args: those of the cell and of `RNN`."""

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
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
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        reset_after: bool = True,
        use_cudnn: Any = "auto",
        **options: Any,
    ) -> None:
        cell = GRUCell(**of_cell(GRUCell, locals(), options))
        self.use_cudnn = use_cudnn
        super().__init__(
            cell, activity_regularizer, return_sequences=return_sequences, return_state=return_state,
            go_backwards=go_backwards, stateful=stateful, unroll=unroll, **options,
        )  # fmt: skip
