"""RNN: a cell applied to the steps of a sequence, one after the other; what LSTM, GRU and SimpleRNN share."""

import inspect
from typing import Any, ClassVar

import numpy as np

from ... import activations
from ...core.registry import serialize
from ...core.trace import LayerTrace
from ...core.variable import Array, Variable, as_array
from ..base import Layer, alongside, check_built_for, layers
from ..keras_tensor import Shape
from ..reading import from_config
from . import outputs
from .calls import CalledOnSequences
from .cell import Cell, split_masks, stacked
from .loop import Forward, Run, held, held_back
from .stacked import StackedRNNCells, output_size
from .states import Stateful


@layers.register()
class RNN(CalledOnSequences, Stateful, Layer):
    """x (batch, time, inputs) goes through a cell one step after the other; the cell hands its state to the next step.

        forward    z_t = x_t W + h_{t-1} U + b      state_t = cell(z_t, state_{t-1})
        backward   the cell turns dL/dstate_t into delta_t = dL/dz_t and dL/dstate_{t-1}, last step first, where
                   dL/dh_t is what the layers above send back plus what step t + 1 hands back;
                   dW = sum of x_t.T delta_t, dU = sum of h_{t-1}.T delta_t, db = sum of delta_t, dx_t = delta_t W.T

    Every step is kept: `trace["lstm"].steps[t]` has z, delta, h and what the cell adds; of stacked cells it has one
    such step for each. A masked step leaves the state as it is, and its output is that of the step before.
    docs/derivations/recurrent.md

    Args:
        cell: a cell, or a list of them, which are stacked. A custom one has `call(inputs, states)`, which returns the
            output and the new states, and `state_size`; only built-in ones can be trained.
        return_sequences: whether the output is h of every step, (batch, time, units), or of the last one.
        return_state: whether a call also returns the parts of the last state: [output, h, ...].
        go_backwards: whether time runs from the last step to the first; the output is in that order.
        stateful: whether the last state is the first one of the next batch, sample by sample, until `reset_state()`.
        unroll: accepted as in Keras; the loop is the same.
        zero_output_for_mask: whether the output of a masked step is 0, in place of that of the step before.

    Raises:
        ValueError: an argument is not allowed; when built, the input has another rank, or no known batch if stateful.
    """

    uses_cache, supports_masking = True, True
    arguments: ClassVar[dict[str, Any]] = {"sequences": ..., "initial_state": None, "mask": None, "training": False}
    formulas: ClassVar[dict[str, str]] = {
        "z": "h of every step",
        "dW": "sum of x_t.T delta_t",
        "drecurrent_kernel": "sum of h_(t-1).T delta_t",
        "db": "sum of delta_t",
        "dx": "delta_t W.T",
    }

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        cell = StackedRNNCells(cell) if isinstance(cell, list | tuple) else cell
        for attribute in ("call", "state_size"):
            if not hasattr(cell, attribute) and not (attribute == "call" and isinstance(cell, Cell | StackedRNNCells)):
                raise ValueError(f"cell must have a `{attribute}`; received {cell!r}")
        self.cell = cell
        if not self._trainable:
            self.trainable = False
        self.return_sequences, self.return_state = bool(return_sequences), bool(return_state)
        self.go_backwards, self.stateful, self.unroll = bool(go_backwards), bool(stateful), unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.states = None

    @property
    def trainable(self) -> bool:
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        """Freeze or free the cells too, as in Keras. There, the constructor's argument leaves them as they are."""
        self._trainable = bool(value)
        for part in (self.cell, *self.cells) if hasattr(self, "cell") else ():
            if isinstance(part, Layer):
                part.trainable = self._trainable
        self.fixed_weights = tuple(w.name for w in self.weights if not w.trainable) if self._trainable else ()

    @property
    def output_activation(self) -> Any:
        """The activations act within the steps; a = z."""
        return activations.linear

    @property
    def cells(self) -> list[Any]:
        return self.cell.cells if isinstance(self.cell, StackedRNNCells) else [self.cell]

    @property
    def state_sizes(self) -> list[list[int]]:
        """The sizes of each cell's state."""
        sizes = [cell.state_size for cell in self.cells]
        return [list(size) if isinstance(size, list | tuple) else [size] for size in sizes]

    @property
    def units_out(self) -> int:
        return output_size(self.cells[-1])

    # ---- the pass ---------------------------------------------------------------------------------------------------

    def forward(self, t: LayerTrace) -> None:
        x, first = self.given(t)
        counts, runs, state = self.counting(t, x.shape[1]), [], []
        drawn, h = self.masks_of_cells(t, x.shape[-1]), x
        for cell, own, of_cell in zip(self.cells, first, drawn, strict=True):
            run: Any = Run(cell, counts, *of_cell) if isinstance(cell, Cell) else Forward(cell, counts, t.training)
            h, last = run.forward(h, own)
            runs.append(run)
            state += last
        found = held(h, counts, self.kept(t, counts))
        each = [run.steps for run in runs]  # a custom cell has none
        steps = each[0] if len(runs) == 1 else list(zip(*each, strict=all(each)))
        t.cache.update(runs=runs, state=state, steps=steps)
        t.z = stacked(found) if self.return_sequences else found[-1]
        if self.return_state:
            t.z = outputs.packed(t, [t.z, *state])

    def backward(self, t: LayerTrace) -> None:
        runs = t.cache["runs"]
        if not all(isinstance(run, Run) for run in runs):
            raise TypeError(
                f"the cell of {self.name} has no derivative, so it cannot be trained: only built-in cells have one"
            )
        x, _ = self.given(t)
        counts, sizes = runs[0].counts, self.state_sizes
        delta, d_states = t.delta, [alongside(x, np.zeros((len(x), n), x.dtype)) for own in sizes for n in own]
        if self.return_state:
            delta, *d_states = outputs.parts(t, t.delta)
        times = len(counts)
        if self.return_sequences:
            d_outputs = [delta[:, k] for k in range(times)]
        else:
            d_outputs = [None] * (times - 1) + [delta]
        d_outputs = held_back(d_outputs, counts, self.kept(t, counts))
        d_first: list[Any] = []
        for run, own in reversed(list(zip(runs, sizes, strict=True))):
            d_state = tuple(d_states[-len(own) :])
            d_states = d_states[: -len(own)]
            dx, d_state, gradients = run.backward(d_outputs, d_state)
            t.gradients |= gradients
            d_first = [*d_state, *d_first]
            d_outputs = [dx[:, k] for k in range(times)]
        self.sort_gradients(t)
        if t.wants_dx:
            dx = np.flip(dx, 1) if self.go_backwards else dx
            t.dx = (dx, *d_first) if isinstance(t.x, tuple) else dx

    def sort_gradients(self, t: LayerTrace) -> None:
        """Bring t.gradients into the weights' order."""
        if len(self.cells) > 1:
            t.gradients = {w.name: t.gradients[w.name] for w in self.weights if w.name in t.gradients}

    def given(self, t: LayerTrace) -> tuple[Any, list[tuple[Any, ...]]]:
        """Return x in the order in which the loop reads it, and the first state of each cell."""
        x, *given = t.x if isinstance(t.x, tuple) else (t.x,)
        if not given and self.states is not None:
            self.check_batch_size(len(x))
            given = [alongside(x, state.value) for state in self.states]
        if not given:
            given = [alongside(x, np.zeros((len(x), n), x.dtype)) for own in self.state_sizes for n in own]
        parts = iter(given)
        return self.in_time(x), [tuple(next(parts) for _ in own) for own in self.state_sizes]

    def in_time(self, x: Any) -> Any:
        """Return x in the order in which the loop reads it."""
        return np.flip(x, 1) if self.go_backwards else x

    def counting(self, t: LayerTrace, times: int) -> list[Any]:
        """Return for each step, in the order of the loop, which samples count, (batch, 1); None if all do.

        With an initial state that is a tensor, Keras hands no mask to the loop.
        """
        if t.input_mask is None or (isinstance(t.x, tuple) and not t.options.get("mask_given")):
            return [None] * times
        own = t.input_mask[0] if isinstance(t.input_mask, tuple) else t.input_mask
        mask = np.flip(own, 1) if self.go_backwards else own
        return [mask[:, k, np.newaxis] for k in range(times)]

    def kept(self, t: LayerTrace, counts: list[Any]) -> list[Any] | None:
        """Return where the output of a step is not set to 0; None with `zero_output_for_mask=False`.

        Of a whole sequence unrolled backwards, Keras sets the steps to 0 that are masked in x's own order.
        """
        if not self.zero_output_for_mask:
            return None
        unturned = self.unroll and self.go_backwards and self.return_sequences
        return counts[::-1] if unturned else counts

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return the input's mask if the output has its steps; as in Keras, it is not turned with `go_backwards`."""
        mask = previous_mask[0] if isinstance(previous_mask, list | tuple) else previous_mask
        return mask if self.return_sequences else None

    # ---- dropout and states -----------------------------------------------------------------------------------------

    def mask_parts(self, inputs: int) -> list[tuple[float, int]]:
        """Return (rate, columns) of the parts of t.mask: of every cell, the masks of x, then those of h."""
        found = []
        for cell in self.cells:
            sizes = cell.mask_sizes(inputs) if isinstance(cell, Cell) else []
            found += [(rate, size) for rate, count, size in sizes for _ in range(count)]
            inputs = output_size(cell)
        return found

    def randomize(self, t: LayerTrace, mask: Array | None = None) -> None:
        x = t.x[0] if isinstance(t.x, tuple) else t.x
        t.mask = None
        if mask is not None:
            t.mask = as_array(mask).astype(self.dtype, copy=False)
        elif t.training:
            t.mask = self.draw(x.shape)

    def draw(self, shape: tuple[int, ...]) -> Array | None:
        """Draw the masks of all cells for x of this shape, side by side; None if nothing is dropped."""
        found, inputs = [], shape[-1]
        for cell in self.cells:
            if isinstance(cell, Cell):
                found += cell.draw(shape[0], inputs)
            inputs = output_size(cell)
        return np.concatenate(found, axis=1) if found else None

    def masks_of_cells(self, t: LayerTrace, inputs: int) -> list[tuple[Any, Any]]:
        """Return the masks of x and of h for each cell."""
        if t.mask is None:
            return [(None, None)] * len(self.cells)
        ends = np.cumsum([size for _, size in self.mask_parts(inputs)])
        parts, found = np.split(t.mask, ends[:-1], axis=1), []
        for cell in self.cells:
            count = 0
            if isinstance(cell, Cell):
                count = sum(many for _, many, _ in cell.mask_sizes(inputs))
                found.append(split_masks(cell, parts[:count], inputs))
            else:
                found.append((None, None))
            parts, inputs = parts[count:], output_size(cell)
        return found

    def get_initial_state(self, batch_size: int) -> list[Any]:
        """Return zeros for each part of the state of each cell."""
        return list(self.cell.get_initial_state(batch_size))

    # ---- weights and config -----------------------------------------------------------------------------------------

    def build(self, input_shape: Any, path: str | None = None) -> None:
        """Create the weights.

        Raises:
            ValueError: the input has not three axes, an unknown number of features, or, if `stateful`, of samples.
        """
        if len(input_shape) != 3 or input_shape[-1] is None:
            hint = "; a recurrent layer before it needs return_sequences=True" if len(input_shape) == 2 else ""
            raise ValueError(f"{self.name} needs inputs (batch, time, features); received {tuple(input_shape)}{hint}")
        super().build(input_shape, path)
        if self.stateful and self.states is None:
            self.make_states(input_shape[0], self.state_sizes)
        self.reset_state()

    def fitted(self, shape: tuple[int | None, ...]) -> Layer:
        check_built_for(self, shape, (-1,))
        self.check_batch_size(shape[0])
        return self

    def make_weights(self, path: str) -> None:
        shape, self.weights, used = (self.input_shape[0], self.input_shape[-1]), [], set[str]()
        if isinstance(self.cell, StackedRNNCells):
            self.cell.input_shape, path = shape, f"{path}/{self.cell.name}"
        for cell in self.cells:
            if isinstance(cell, Layer):
                if not cell.built:
                    cell.build(shape, *([path] if _takes_path(cell) else []))
                for weight in cell.weights:
                    base, number = weight.name, 1
                    while weight.name in used:
                        weight.name, number = f"{base}_{number}", number + 1
                    used.add(weight.name)
                self.weights += cell.weights
                self.fixed_weights += tuple(w.name for w in cell.weights if not w.trainable and self.trainable)
            shape = (shape[0], output_size(cell))

    def stored_parts(self) -> list[tuple[str, list[Variable]]]:
        if not isinstance(self.cell, StackedRNNCells):
            return [("cell", self.weights)]
        return [(f"cell/cells/{name}", cell.weights) for name, cell in self.cell.counted()]

    def compute_output_shape(self, sequences_shape: Shape, initial_state_shape: Any = None) -> Any:
        """Return the output's shape; with `return_state` also those of the parts of the state."""
        batch, time = sequences_shape[:2]
        output = (batch, time, self.units_out) if self.return_sequences else (batch, self.units_out)
        states = [(batch, n) for own in self.state_sizes for n in own]
        return [output, *self.nested(states)] if self.return_state else output

    def loop_config(self) -> dict[str, Any]:
        return {
            "return_sequences": self.return_sequences,
            "return_state": self.return_state,
            "go_backwards": self.go_backwards,
            "stateful": self.stateful,
            "unroll": self.unroll,
            "zero_output_for_mask": self.zero_output_for_mask,
        }

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.loop_config() | {"cell": serialize(self.cell, "keras.layers")}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Layer:
        if not isinstance(config.get("cell"), dict):
            return cls(**config)
        return cls(**config | {"cell": from_config(config["cell"])})


def _takes_path(cell: Layer) -> bool:
    return "path" in inspect.signature(cell.build).parameters
