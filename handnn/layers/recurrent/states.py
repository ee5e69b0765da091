"""The states that a stateful recurrent layer hands from one batch to the next."""

from typing import Any

import numpy as np

from ...core.trace import LayerTrace
from ...core.variable import Variable


class Stateful:
    """Mixin: `states`, one Variable (batch, units) for each part of the state of each cell; None unless stateful."""

    name: str
    dtype: str
    states: list[Variable] | None

    def make_states(self, samples: int | None, sizes: list[list[int]]) -> None:
        """Create the states; raise ValueError if the batch size is not known."""
        if samples is None:
            raise ValueError(f"{self.name} is stateful and needs a fixed batch size; received None")
        path = f"{self.name}/rnn_state"
        zeros = [np.zeros((samples, n), self.dtype) for own in sizes for n in own]
        self.states = [Variable(part, name="rnn_state", path=path, trainable=False) for part in zeros]

    def check_batch_size(self, samples: Any) -> None:
        """Raise ValueError if a stateful layer gets another batch size than its states have."""
        if self.states is not None and samples not in (None, len(self.states[0].value)):
            wanted = len(self.states[0].value)
            raise ValueError(f"{self.name} is stateful with a batch size of {wanted} samples; received {samples}")

    def update_states(self, t: LayerTrace) -> None:
        """Let the next batch start from the last state, if `stateful`."""
        if self.states is not None:
            for variable, value in zip(self.states, t.cache["state"], strict=True):
                variable.value[...] = value

    def reset_state(self) -> None:
        """Let the next batch start from zeros."""
        for variable in self.states or ():
            variable.value[...] = 0

    reset_states = reset_state
