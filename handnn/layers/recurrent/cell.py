"""The base class of recurrent cells: one step of time, forward beside backward, and what all gates share."""

from typing import Any, ClassVar

import numpy as np

from ... import activations
from ...core.variable import Array, Variable, as_array
from ...utils import new_seed
from .. import rules as weight_rules
from ..base import Layer, alongside
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

    def __init__(self, gates: tuple[str, ...], dropped: Any = None) -> None:
        self._names = gates
        self.dropped = dropped
        """Recurrent dropout's masks of h_prev: one for all gates or one for each; None without."""

    def of(self, array: Any) -> dict[str, Any]:
        """Return an array over all gates as {gate: its part}."""
        units = array.shape[-1] // len(self._names)
        return {name: array[..., k * units : (k + 1) * units] for k, name in enumerate(self._names)}

    def drop(self, gate: str, array: Any) -> Any:
        """Return h_prev, or dL/dh_prev, under recurrent dropout's mask for one gate."""
        if not self.dropped:
            return array
        return array * self.dropped[self._names.index(gate) if len(self.dropped) > 1 else 0]


class Cell(Layer):
    """One step of a recurrent layer: z = x W + h U + b makes the new state from x (batch, inputs) and the old state.

    Args:
        units: the size of h.
        dropout: the share of x that is dropped in training, the same elements at every step; recurrent_dropout: of h.
        seed: makes the draws repeatable.
        implementation: 1 lets every gate drop elements of its own, as recurrent_dropout does; otherwise 2.

    Raises:
        ValueError: an argument is not allowed.
    """

    gates: ClassVar[tuple[str, ...]]
    """Names of the cell's weighted inputs, in Keras' order of their columns."""
    masks_by_gate: ClassVar[bool] = True
    """Whether with recurrent dropout every gate has a mask of its own."""
    needs_no_dropout: ClassVar[float] = 1.0
    """The rate at which Keras' cell stops dropping."""

    def __init__(
        self,
        units: int,
        rules: dict[str, tuple[Any, Any, Any]],
        activation: Any,
        use_bias: bool,
        dropout: float,
        recurrent_dropout: float,
        seed: int | None,
        implementation: int = 2,
        **options: Any,
    ) -> None:
        """Read the common arguments; rules: by weight, (initializer, regularizer, constraint)."""
        super().__init__(**options)
        if isinstance(units, bool) or not isinstance(units, int | np.integer) or units < 1:
            raise ValueError(f"units must be an integer >= 1; received {units!r}")
        for argument, rate in (("dropout", dropout), ("recurrent_dropout", recurrent_dropout)):
            if isinstance(rate, bool) or not isinstance(rate, int | float):
                raise ValueError(f"{argument} must be a number from 0 to 1; received {rate!r}")
        if seed is not None and (not isinstance(seed, int | np.integer) or seed < 0):
            raise ValueError(f"seed must be None or an integer >= 0; received {seed!r}")
        self.units, self.use_bias, self.seed = int(units), use_bias, seed
        self.activation = activations.get(activation)
        self.dropout, self.recurrent_dropout = (float(min(1, max(0, rate))) for rate in (dropout, recurrent_dropout))
        self.implementation = 1 if self.recurrent_dropout and self.masks_by_gate else implementation
        self.generator = np.random.default_rng(new_seed() if seed is None else seed)
        self.rules = weight_rules.read(rules)
        vars(self).update(weight_rules.by_argument(self.rules))  # kernel_initializer, bias_constraint, ...
        self.kernel: Variable
        self.recurrent_kernel: Variable
        self.bias: Variable | None = None

    @property
    def state_size(self) -> Any:
        """The size of the state: one number, or one for each of its parts."""
        return self.units

    @property
    def output_size(self) -> int:
        return self.units

    def get_initial_state(self, batch_size: int) -> list[Array]:
        """Return zeros (batch, size) for each part of the state."""
        sizes = self.state_size if isinstance(self.state_size, list) else [self.state_size]
        return [np.zeros((batch_size, size), self.dtype) for size in sizes]

    # ---- one step ---------------------------------------------------------------------------------------------------

    def step(self, s: Step, x: Any, state: tuple[Any, ...]) -> tuple[Any, ...]:
        """Compute one step; x is x_t W + b. Return the new state, whose first part is h."""
        raise NotImplementedError

    def step_back(self, s: Step, upstream: tuple[Any, ...]) -> tuple[Any, ...]:
        """Write s.delta from dL/dstate of this step; return dL/dstate of the step before."""
        raise NotImplementedError

    def project(self, rows: Any, masks: list[Any] | None) -> Any:
        """Return x W + b for rows of x, under dropout's masks."""
        z, b = gated(rows, self.kernel.value, masks), self.input_bias()
        return z if b is None else z + b

    def input_bias(self) -> Any:
        """Return b, added to x W."""
        return None if self.bias is None else self.bias.value

    def recurrent_gradient(self, steps: list[Any], rows: Any) -> Any:
        """Return dU."""
        h = stacked([s.h_prev for s in steps])
        return gated_gradient(h.reshape(-1, self.units), rows, over_time(steps[0].dropped, len(steps)))

    def bias_gradient(self, steps: list[Any], rows: Any) -> Any:
        """Return db."""
        return np.sum(rows, axis=0)

    # ---- dropout ----------------------------------------------------------------------------------------------------

    def mask_sizes(self, inputs: int) -> list[tuple[float, int, int]]:
        """Return (rate, number of masks, their size) of what is dropped in training: of x, then of h."""
        count = len(self.gates) if self.implementation == 1 and self.masks_by_gate else 1
        found = []
        for rate, size in ((self.dropout, inputs), (self.recurrent_dropout, self.units)):
            works = 0 < rate < 1 or (rate == 1 and not self.masks_by_gate)
            found.append((rate, count if works else 0, size))
        return found

    def draw(self, samples: int, inputs: int) -> list[Array]:
        """Draw the masks, (samples, size) each: 0 with probability `rate`, otherwise 1 / (1 - rate)."""
        found = []
        for rate, count, size in self.mask_sizes(inputs):
            scale = np.asarray(1 / (1 - rate) if rate < 1 else 0, self.dtype)
            found += [(self.generator.random((samples, size)) >= rate) * scale for _ in range(count)]
        return found

    # ---- weights and config -----------------------------------------------------------------------------------------

    def __call__(self, inputs: Any, states: Any, training: bool = False) -> Any:
        """Return (h, [new state]) of one step of arrays: inputs (batch, inputs), states as `get_initial_state`."""
        x = as_array(inputs).astype(self.dtype, copy=False)
        nested = isinstance(states, list | tuple)
        state = tuple(as_array(part).astype(self.dtype, copy=False) for part in (states if nested else [states]))
        if not self.built:
            self.build((None, *x.shape[1:]))
        drawn = self.draw(len(x), x.shape[-1]) if training else []
        of_x, of_h = split_masks(self, drawn, x.shape[-1])
        new = self.step(Step(self.gates, of_h), self.project(x, of_x), state)
        return new[0], (list(new) if nested else new[0])

    def make_weights(self, path: str) -> None:
        width = len(self.gates) * self.units
        self.weights = []
        self.kernel = self.new_weight(path, "kernel", (self.input_shape[-1], width), *self.rules["kernel"])
        rules = self.rules["recurrent"]
        self.recurrent_kernel = self.new_weight(path, "recurrent_kernel", (self.units, width), *rules)
        if self.use_bias:
            self.bias = self.new_weight(path, "bias", self.bias_shape(width), *self.rules["bias"])

    def bias_shape(self, width: int) -> tuple[int, ...]:
        return (width,)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.units)

    def own_config(self) -> dict[str, Any]:
        """Return the arguments that the cell and its layer have in common."""
        return {
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "dropout": self.dropout,
            "recurrent_dropout": self.recurrent_dropout,
            "seed": self.seed,
        } | weight_rules.config(self.rules)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.own_config()


# ---- products in which every gate may see x or h under a mask of its own --------------------------------------------


def columns(array: Any, count: int) -> list[Any]:
    """Return an array over all gates in so many parts."""
    width = array.shape[-1] // count
    return [array[..., k * width : (k + 1) * width] for k in range(count)]


def gated(x: Any, W: Any, masks: list[Any] | None) -> Any:
    """Return x W, (rows, gates units); with masks, (x * mask) W of each gate."""
    W = alongside(x, W)
    if not masks:
        return np.dot(x, W)
    return together([np.dot(x * mask, own) for mask, own in zip(masks, columns(W, len(masks)), strict=True)])


def gated_back(delta: Any, W: Any, masks: list[Any] | None) -> Any:
    """Return dL/dx = delta W.T; with masks, the sum of (delta W.T) * mask over the gates."""
    W = alongside(delta, W)
    if not masks:
        return np.dot(delta, W.T)
    parts = zip(columns(delta, len(masks)), columns(W, len(masks)), masks, strict=True)
    terms = [np.dot(d, own.T) * mask for d, own, mask in parts]
    return sum(terms[1:], terms[0])


def gated_gradient(x: Any, delta: Any, masks: list[Any] | None) -> Any:
    """Return dL/dW = x.T delta; with masks, (x * mask).T delta of each gate."""
    if not masks:
        return np.dot(x.T, delta)
    return together([np.dot((x * mask).T, d) for mask, d in zip(masks, columns(delta, len(masks)), strict=True)])


def together(parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def split_masks(cell: Cell, drawn: list[Any], inputs: int) -> tuple[list[Any] | None, list[Any] | None]:
    """Return the masks of x and those of h."""
    (_, of_x, _), _ = cell.mask_sizes(inputs)
    return drawn[:of_x] or None, drawn[of_x:] or None


def over_time(masks: list[Any] | None, times: int) -> list[Any] | None:
    """Return masks of samples as masks of the rows of all their steps."""
    return masks and [np.repeat(mask, times, axis=0) for mask in masks]


def stacked(parts: list[Any]) -> Any:
    """Return (batch, time, ...) from one array for each step."""
    return np.concatenate([part[:, np.newaxis] for part in parts], axis=1)


def applied(f: Any, z: Any) -> Any:
    """Return f(z); on the running error analysis' arrays with the error that either library's f may make."""
    return z.activated(f) if hasattr(z, "activated") else f.forward(z)


def sent_back(f: Any, upstream: Any, z: Any, a: Any) -> Any:
    """Return upstream * f'(z), in the same way."""
    return z.sent_back(f, upstream, a) if hasattr(z, "sent_back") else f.backward(upstream, z, a)
