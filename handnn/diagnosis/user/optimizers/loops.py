"""Functions that run a whole optimization: adam(model, xs, ys) asks the model for gradients and sets its weights.

The function runs in a thread of its own, which waits wherever it asks the model for the next gradients.
"""

import queue
import re
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from ..protocols import Array
from ..readings.roles import parameters
from ..source.syntax import source_of

SAMPLES = (1.0, 2.0, 3.0)


class Loop(NamedTuple):
    """The names of the model among the arguments, of its method for gradients, and of its weights."""

    model: str
    gradient: str
    weights: str


def loop_of(function: Any) -> Loop | None:
    """Return how a function runs an optimization; None if it does not."""
    source = source_of(function)
    for parameter in parameters(function):
        asked = re.search(rf"= {parameter.name}\.(\w*(?:deriv|grad)\w*)\(", source)
        moved = re.search(rf"\b{parameter.name}\.(\w+) [-+*]?= ", source)
        if asked and moved:
            return Loop(parameter.name, asked[1], moved[1])
    return None


class _Ended(BaseException):
    """No more gradients are given."""


class _Running:
    """A function that runs up to its next request for gradients."""

    def __init__(self, function: Callable[..., Any], loop: Loop, named: dict[str, Any], xs: list[Array]) -> None:
        self.given: queue.Queue[Any] = queue.Queue()
        asked: queue.Queue[Any] = queue.Queue()
        given, self.asked = self.given, asked

        def gradient(*arguments: Any, **options: Any) -> Any:
            asked.put(None)
            gradients = given.get()
            if gradients is None:
                raise _Ended
            return gradients

        self.model = model = type("Model", (), {loop.gradient: staticmethod(gradient)})()
        setattr(model, loop.weights, list(xs))
        free = [p for p in parameters(function) if p.default is p.empty and p.name not in named]
        arguments = {p.name: model if p.name == loop.model else list(SAMPLES) for p in free}

        def run() -> None:
            try:
                function(**arguments, **named)
                asked.put(ValueError("it ended before its steps"))
            except _Ended:
                pass
            except BaseException as problem:
                asked.put(problem)

        threading.Thread(target=run, daemon=True).start()
        self._wait()

    def _wait(self) -> None:
        problem = self.asked.get()
        if problem is not None:
            raise problem

    def step(self, gs: list[Array]) -> None:
        """Hand over gradients and wait until the next are wanted."""
        self.given.put(list(gs))
        self._wait()

    def __del__(self) -> None:
        self.given.put(None)


def steps_of_loop(function: Any, loop: Loop, named: dict[str, Any]) -> Callable[[list[Array], list[Array], int], Any]:
    """Return a step with a state of its own."""
    running: list[_Running] = []

    def step(xs: list[Array], gs: list[Array], t: int) -> list[Any]:
        if not running:
            running.append(_Running(function, loop, named, xs))
        running[0].step(gs)
        return list(getattr(running[0].model, loop.weights))

    return step
