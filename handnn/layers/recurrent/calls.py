"""How recurrent layers are called: on arrays or KerasTensors, with initial states and masks."""

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...core import masks as time_masks
from ...core.trace import LayerTrace
from ...core.variable import as_array
from ..base import Layer
from ..keras_tensor import KerasTensor, is_symbolic
from . import outputs


class CalledOnSequences(Layer):
    """The calls of `RNN`, `layer(sequences, initial_state=...)`."""

    options_of_call: ClassVar[dict[str, Any]] = {"training": False, "mask": None}
    stateful: bool
    return_state: bool

    if TYPE_CHECKING:  # provided by the layer
        cells: Any
        state_sizes: Any
        update_states: Any

    def __call__(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool = False) -> Any:
        """Return the output, or with `return_state` [output, h, ...]; build the weights first if necessary.

        Args:
            sequences: (batch, time, inputs), an array or a `KerasTensor`.
            initial_state: the parts of the first state, (batch, units) each; by default 0, or the last state if
                `stateful`.
            mask, training: as of every layer.

        Raises:
            TypeError: arrays and `KerasTensor`s are mixed.
            ValueError: a shape, or the number of initial states, does not fit.
        """
        states = [] if initial_state is None else list(_flat(initial_state))
        if initial_state is not None and len(states) != sum(map(len, self.state_sizes)):
            wanted = sum(map(len, self.state_sizes))
            raise ValueError(f"initial_state of {self.name} must hold {wanted} arrays; received {len(states)}")
        if is_symbolic(sequences):
            if mask is not None:
                raise ValueError(f"mask of {self.name} must be None on KerasTensors: masks are handed on by themselves")
            return self._connect_with(sequences, states, initial_state)
        t = LayerTrace(self.name)
        t.training, t.options = bool(training), {"mask_given": mask is not None}
        x = self.cast(as_array(sequences))
        if not self.built:
            self.build((len(x) if self.stateful else None, *x.shape[1:]))
        self.fitted(x.shape)
        t.x = (x, *(self.cast(as_array(state)) for state in states)) if states else x
        own = time_masks.mask_of(sequences) if mask is None else as_array(mask) != 0
        self.receive_masks(t, [own] + [None] * len(states))
        a = self._run(t)
        self.update_states(t)
        if not self.return_state:
            return a
        first, *rest = outputs.parts(t, np.asarray(a))
        return [time_masks.with_mask(first, t.output_mask), *self.nested(rest)]

    def nested(self, states: list[Any]) -> list[Any]:
        """Return the parts of the states as Keras does: of stacked cells, a list for each that has several parts."""
        if len(self.cells) == 1:
            return states
        parts = iter(states)
        sizes = [cell.state_size for cell in self.cells]
        return [[next(parts) for _ in own] if isinstance(own, list | tuple) else next(parts) for own in sizes]

    def _connect_with(self, sequences: Any, states: list[Any], given: Any) -> Any:
        sources = [sequences, *states]
        if not all(isinstance(source, KerasTensor) for source in sources):
            raise TypeError(f"{self.name} must be called on KerasTensors only, or on arrays only")
        found = self._connect(sequences)
        if states:
            found.sources = tuple(sources)
            options = self.options_of_call
            found.arguments = ((sequences,), {"initial_state": given, **options})
        if not self.return_state:
            return found
        found.siblings = outputs.siblings(found, outputs.flat(self.compute_output_shape(sequences.shape)))
        first, *rest = found.siblings
        return [first, *self.nested(rest)]

    @property
    def outputs_count(self) -> int:
        """How many arrays a call returns."""
        return 1 + sum(map(len, self.state_sizes)) if self.return_state else 1


def _flat(given: Any) -> Any:
    if isinstance(given, list | tuple):
        for part in given:
            yield from _flat(part)
    else:
        yield given
