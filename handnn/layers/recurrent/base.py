"""Recurrent layers: the loop over time that LSTM, GRU and SimpleRNN share, and the trace of its steps."""

from typing import Any, ClassVar

import numpy as np

from ... import activations, regularizers
from ...core.naming import snake_case
from ...core.trace import LayerTrace
from ...core.variable import Variable
from .. import rules as weight_rules
from ..base import Layer, alongside, check_built_for
from ..keras_tensor import Shape


class Step:
    """One step of time. What a cell computes is added by name, such as `gates` and `c`.

    Attributes:
        z: (batch, gates units), x W + h_prev U + b: the weighted inputs of all gates.
        h_prev: (batch, units), the output of the step before. h: that of this step.
        delta: dL/dz, written on the way back; `of(delta)` splits it by gate.
    """

    z: Any
    h_prev: Any
    h: Any
    delta: Any

    def __init__(self, gates: tuple[str, ...]) -> None:
        self._names = gates

    def of(self, array: Any) -> dict[str, Any]:
        """Return an array over all gates as {gate: its part}."""
        units = array.shape[-1] // len(self._names)
        return {name: array[..., k * units : (k + 1) * units] for k, name in enumerate(self._names)}


class Recurrent(Layer):
    """x (batch, time, inputs) goes through a cell one step after the other; the cell hands its state to the next step.

        forward    z_t = x_t W + h_{t-1} U + b      state_t = cell(z_t, state_{t-1})
        backward   the cell turns dL/dstate_t into delta_t = dL/dz_t and dL/dstate_{t-1}, last step first, where
                   dL/dh_t is what the layers above send back plus what step t + 1 hands back;
                   dW = sum of x_t.T delta_t, dU = sum of h_{t-1}.T delta_t, db = sum of delta_t, dx_t = delta_t W.T

    The sums over time are one product over the rows of all steps. The first state is zero. Every step is kept:
    `trace["lstm"].steps[t]` has z, delta, h and what the cell adds. docs/derivations/recurrent.md

    Args:
        units: the size of h.
        return_sequences: whether the output is h of every step, (batch, time, units), or of the last one.
        go_backwards: whether time runs from the last step to the first; the output is in that order.
        unroll: accepted as in Keras; the loop is the same.
        zero_output_for_mask: whether the output of a masked step is 0, in place of that of the step before.
        dropout, recurrent_dropout, return_state, stateful: must keep their defaults.

    Raises:
        ValueError: an argument is not allowed; when built, the input has another rank.
    """

    gates: ClassVar[tuple[str, ...]]
    """Names of the cell's weighted inputs, in Keras' order of their columns."""
    uses_cache, supports_masking = True, True
    formulas: ClassVar[dict[str, str]] = {
        "z": "h of every step",
        "dW": "sum of x_t.T delta_t",
        "drecurrent_kernel": "sum of h_(t-1).T delta_t",
        "db": "sum of delta_t",
        "dx": "delta_t W.T",
    }
    stored_under = "cell"

    def __init__(
        self,
        units: int,
        rules: dict[str, tuple[Any, Any, Any]],
        activation: Any,
        use_bias: bool,
        dropout: float,
        recurrent_dropout: float,
        seed: int | None,
        return_sequences: bool,
        return_state: bool,
        go_backwards: bool,
        stateful: bool,
        unroll: bool,
        zero_output_for_mask: bool = False,
        **options: Any,
    ) -> None:
        """Read the common arguments; rules: by weight, (initializer, regularizer, constraint)."""
        super().__init__(**options)
        if isinstance(units, bool) or not isinstance(units, int | np.integer) or units < 1:
            raise ValueError(f"units must be an integer >= 1; received {units!r}")
        unsupported = {"dropout": dropout, "recurrent_dropout": recurrent_dropout, "return_state": return_state}
        unsupported |= {"stateful": stateful}
        for argument, value in unsupported.items():
            if value:
                word = "0" if "dropout" in argument else "False"
                own = f"handnn's {type(self).__name__}"
                raise ValueError(f"{argument} is not supported by {own} and must be {word}; received {value!r}")
        self.units, self.use_bias, self.seed = int(units), use_bias, seed
        self.inner_activation = activations.get(activation)
        self.return_sequences, self.go_backwards, self.unroll = return_sequences, go_backwards, unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.rules = weight_rules.read(rules)
        vars(self).update(weight_rules.by_argument(self.rules))  # kernel_initializer, bias_constraint, ...
        self.kernel: Variable
        self.recurrent_kernel: Variable
        self.bias: Variable | None = None

    # ---- the cell ---------------------------------------------------------------------------------------------------

    def first_state(self, zeros: Any) -> tuple[Any, ...]:
        """Return the state before the first step: (h,), or (h, c)."""
        return (zeros,)

    def step(self, s: Step, x: Any, state: tuple[Any, ...]) -> tuple[Any, ...]:
        """Compute one step; x is x_t W + b. Return the new state, whose first part is h."""
        raise NotImplementedError

    def step_back(self, s: Step, upstream: tuple[Any, ...]) -> tuple[Any, ...]:
        """Write s.delta from dL/dstate of this step; return dL/dstate of the step before."""
        raise NotImplementedError

    # ---- the loop ---------------------------------------------------------------------------------------------------

    def forward(self, t: LayerTrace) -> None:
        x = self.in_time(t.x)
        samples, times, inputs = x.shape
        W, b = alongside(x, self.kernel.value), self.input_bias()
        projected = np.dot(x.reshape(-1, inputs), W)
        if b is not None:
            projected = projected + b
        projected = projected.reshape(samples, times, -1)
        zeros = alongside(x, np.zeros((samples, self.units), x.dtype))
        state, output, outputs = self.first_state(zeros), zeros, []
        steps = t.cache["steps"] = []
        for k, counts in enumerate(self.counting(t, times)):
            s = Step(self.gates)
            s.h_prev = state[0]
            new = self.step(s, projected[:, k], state)
            s.h = new[0]
            if counts is None:
                state, output = new, new[0]
            else:  # padding: the state stays what it was, and so does the output
                state = tuple(np.where(counts, part, old) for part, old in zip(new, state, strict=True))
                output = np.where(counts, new[0], zeros if self.zero_output_for_mask else output)
            steps.append(s)
            outputs.append(output)
        t.z = stacked(outputs) if self.return_sequences else output

    def backward(self, t: LayerTrace) -> None:
        x, steps = self.in_time(t.x), t.cache["steps"]
        zeros = alongside(x, np.zeros((len(x), self.units), x.dtype))
        upstream = self.first_state(zeros)
        d_output = zeros if self.return_sequences else t.delta  # dL/d output of this step, from the steps after it
        for k, counts in reversed(list(enumerate(self.counting(t, len(steps))))):
            if self.return_sequences:
                d_output = d_output + t.delta[:, k]
            dh, *others = upstream
            if counts is None:
                upstream, d_output = self.step_back(steps[k], (dh + d_output, *others)), zeros
                continue
            of_new = tuple(np.where(counts, part, zeros) for part in (dh + d_output, *others))
            before = self.step_back(steps[k], of_new)
            upstream = tuple(np.where(counts, b, part) for b, part in zip(before, upstream, strict=True))
            d_output = zeros if self.zero_output_for_mask else np.where(counts, zeros, d_output)
        delta = stacked([s.delta for s in steps])  # (batch, time, gates units)
        rows = delta.reshape(-1, delta.shape[-1])
        t.gradients["kernel"] = np.dot(x.reshape(-1, x.shape[-1]).T, rows)
        t.gradients["recurrent_kernel"] = self.recurrent_gradient(steps, rows)
        if self.bias is not None:
            t.gradients["bias"] = self.bias_gradient(steps, rows)
        if t.wants_dx:
            dx = np.dot(rows, alongside(rows, self.kernel.value.T)).reshape(x.shape)
            t.dx = np.flip(dx, 1) if self.go_backwards else dx

    def counting(self, t: LayerTrace, times: int) -> list[Any]:
        """Return for each step, in the order of the loop, which samples count, (batch, 1); None if all do."""
        if t.input_mask is None:
            return [None] * times
        mask = np.flip(t.input_mask, 1) if self.go_backwards else t.input_mask
        return [mask[:, k, np.newaxis] for k in range(times)]

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return the input's mask if the output has its steps; as in Keras, it is not turned with `go_backwards`."""
        return previous_mask if self.return_sequences else None

    def in_time(self, x: Any) -> Any:
        """Return x in the order in which the loop reads it."""
        return np.flip(x, 1) if self.go_backwards else x

    def input_bias(self) -> Any:
        """Return b, added to x W."""
        return None if self.bias is None else self.bias.value

    def recurrent_gradient(self, steps: list[Step], rows: Any) -> Any:
        """Return dU."""
        h = stacked([s.h_prev for s in steps])
        return np.dot(h.reshape(-1, self.units).T, rows)

    def bias_gradient(self, steps: list[Step], rows: Any) -> Any:
        """Return db."""
        return np.sum(rows, axis=0)

    # ---- weights and config -----------------------------------------------------------------------------------------

    def build(self, input_shape: Any, path: str | None = None) -> None:
        """Create the weights.

        Raises:
            ValueError: the input has not three axes, or an unknown number of features.
        """
        if len(input_shape) != 3 or input_shape[-1] is None:
            raise ValueError(f"{self.name} needs inputs (batch, time, features); received {tuple(input_shape)}")
        super().build(input_shape, path)

    def fitted(self, shape: tuple[int | None, ...]) -> Layer:
        check_built_for(self, shape, (-1,))
        return self

    def make_weights(self, path: str) -> None:
        cell, width = f"{path}/{snake_case(type(self).__name__)}_cell", len(self.gates) * self.units
        self.weights = []
        self.kernel = self.new_weight(cell, "kernel", (self.input_shape[-1], width), *self.rules["kernel"])
        rules = self.rules["recurrent"]
        self.recurrent_kernel = self.new_weight(cell, "recurrent_kernel", (self.units, width), *rules)
        if self.use_bias:
            self.bias = self.new_weight(cell, "bias", self.bias_shape(width), *self.rules["bias"])

    def bias_shape(self, width: int) -> tuple[int, ...]:
        return (width,)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if self.return_sequences:
            return (input_shape[0], input_shape[1], self.units)
        return (input_shape[0], self.units)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config() | {
            "return_sequences": self.return_sequences,
            "return_state": False,
            "go_backwards": self.go_backwards,
            "stateful": False,
            "unroll": self.unroll,
            "zero_output_for_mask": self.zero_output_for_mask,
            "units": self.units,
            "activation": activations.serialize(self.inner_activation),
            "use_bias": self.use_bias,
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            "dropout": 0.0,
            "recurrent_dropout": 0.0,
        }
        return config | weight_rules.config(self.rules)


def stacked(parts: list[Any]) -> Any:
    """Return (batch, time, ...) from one array for each step."""
    return np.concatenate([part[:, np.newaxis] for part in parts], axis=1)


def applied(f: Any, z: Any) -> Any:
    """Return f(z); on the running error analysis' arrays with the error that either library's f may make."""
    return z.activated(f) if hasattr(z, "activated") else f.forward(z)


def sent_back(f: Any, upstream: Any, z: Any, a: Any) -> Any:
    """Return upstream * f'(z), in the same way."""
    return z.sent_back(f, upstream, a) if hasattr(z, "sent_back") else f.backward(upstream, z, a)
