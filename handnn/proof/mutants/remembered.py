"""Keras' side of a comparison, kept: of a network and a batch that come again, only handnn's side is computed anew."""

import copy
import hashlib
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...core.naming import reset_names
from ...core.trace import Trace


class Remembering:
    """Stands in for `tf_reference.KerasTwin` in comparisons without optimizer steps: a trace is computed once."""

    twin: Any = None
    traces: dict[str, Trace]

    def __init__(self, *given: Any, **options: Any) -> None:
        self.given, self.options, self.states = given, options, None

    def set_states(self, states: Any) -> None:
        self.states = copy.deepcopy(states)

    def trace(self, x: Any, y: Any, sample_weight: Any = None, training: bool = False) -> Trace:
        """Return a copy of the trace, which a changed formula may write into."""
        config, weights, loss, _ = self.given
        about = config, weights, loss.get_config(), loss.dtype, self.options, self.states, x, y, sample_weight, training
        key = f"{type(loss).__name__} {hashlib.sha256(pickle.dumps(about)).hexdigest()}"
        if key not in self.traces:
            own = self.twin(*self.given, **self.options)
            if self.states is not None:
                own.set_states(self.states)
            self.traces[key] = own.trace(x, y, sample_weight, training=training)
        return copy.deepcopy(self.traces[key])


@contextmanager
def remembered(traces: dict[str, Trace]) -> Iterator[None]:
    """Let `verify_model` take Keras' traces of the networks that it meets from here, and put new ones here.

    Layers are named from the beginning, so that the same networks have the same configs.
    """
    import tf_reference

    reset_names()
    right = tf_reference.KerasTwin
    own = type("Remembering", (Remembering,), {"twin": right, "traces": traces})
    tf_reference.KerasTwin = own
    try:
        yield
    finally:
        tf_reference.KerasTwin = right
