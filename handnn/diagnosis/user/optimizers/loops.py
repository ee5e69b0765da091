"""Functions that run a whole optimization: adam(model, xs, ys) asks the model for gradients and sets its weights.

Others, adam(grad, x), are given the gradient as a function, and the start. The function runs in a thread of its own,
which waits wherever it asks for the next gradients. A generator is sent each gradient where it yields the parameters.
"""

import ast
import inspect
import itertools
import queue
import re
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from ..protocols import Array
from ..readings.roles import parameters
from ..source.syntax import moves, nodes_of, source_of
from ..source.words import is_gradient
from .holders import moved

Stepped = Callable[[list[Array], list[Array], int], list[Any]]
SAMPLES = (1.0, 2.0, 3.0)
STEPS = 1000
"""What arguments without a default are given beside a function of the gradient: a number of steps."""


class Loop(NamedTuple):
    """The names of the model among the arguments, of its method for gradients, and of its weights.

    Without a model ('') the gradient and the weights are arguments themselves.
    """

    model: str
    gradient: str
    weights: str


def loop_of(function: Any) -> Loop | None:
    """Return how a function runs an optimization; None if it does not."""
    source = source_of(function)
    names = [p.name for p in parameters(function)]
    for name in names:
        asked = re.search(rf"= {name}\.(\w*(?:deriv|grad)\w*)\(", source)
        moved = re.search(rf"\b{name}\.(\w+) [-+*]?= ", source)
        if asked and moved:
            return Loop(name, asked[1], moved[1])
        start = _start(function, name, names) if re.search("grad|deriv|^d?f$", name) else ""
        if start:
            return Loop("", name, start)
    return None


def _start(function: Any, gradient: str, names: list[str]) -> str:
    """Return the argument that what a function of the gradient is given begins as, if it is moved; '' if none is."""
    moved = {ast.unparse(target) for target, *_ in moves(nodes_of(function))}
    calls = [n for n in nodes_of(function) if isinstance(n, ast.Call) and ast.unparse(n.func) == gradient and n.args]
    for point in {ast.unparse(call.args[0]) for call in calls} & moved:
        made = (ast.walk(value) for target, value in _assigned(function) if ast.unparse(target) == point)
        began = [part.id for part in itertools.chain.from_iterable(made) if isinstance(part, ast.Name)]
        return point if point in names else next((n for n in began if n in names), "")
    return ""


class _Ended(BaseException):
    """No more gradients are given."""


class _Running:
    """A function that runs up to its next request for gradients."""

    def __init__(self, function: Callable[..., Any], loop: Loop, named: dict[str, Any], xs: Any) -> None:
        self.given: queue.Queue[Any] = queue.Queue()
        asked: queue.Queue[Any] = queue.Queue()
        given, self.asked = self.given, asked
        self.now = now = [xs]

        def gradient(*arguments: Any, **options: Any) -> Any:
            if not loop.model:
                now[0] = arguments[0]
            asked.put(None)
            gradients = given.get()
            if gradients is None:
                raise _Ended
            return gradients

        self.model = model = type("Model", (), {loop.gradient: staticmethod(gradient)})()
        setattr(model, loop.weights, xs)
        own = {loop.model: model} if loop.model else {loop.gradient: gradient, loop.weights: xs}
        free = [p for p in parameters(function) if p.default is p.empty and p.name not in named]
        rest = list(SAMPLES) if loop.model else STEPS
        arguments = {p.name: own.get(p.name, rest) for p in free}

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

    def step(self, gs: Any) -> None:
        """Hand over gradients and wait until the next are wanted."""
        self.given.put(gs)
        self._wait()

    def __del__(self) -> None:
        self.given.put(None)


def steps_of_loop(function: Any, loop: Loop, named: dict[str, Any]) -> Stepped:
    """Return a step with a state of its own."""
    running: list[_Running] = []

    def step(xs: list[Array], gs: list[Array], t: int) -> list[Any]:
        if loop.model:
            running.extend([] if running else [_Running(function, loop, named, list(xs))])
            running[0].step(list(gs))
            return list(getattr(running[0].model, loop.weights))
        running.extend(_Running(function, loop, named, x) for x in xs[len(running) :])
        for each, g in zip(running, gs, strict=True):
            each.step(g)
        return [each.now[0] for each in running]

    return step


def steps_of_generator(function: Any, given: bool, together: bool, named: dict[str, Any]) -> Stepped:
    """Return a step of a generator that is sent gradients, and what it yields: parameters or updates.

    Args:
        given: whether it is started from the parameters. together: from all of them.
    """
    wanted = next(target for target, value in _assigned(function) if isinstance(value, ast.Yield))
    names = [ast.unparse(part) for part in wanted.elts] if isinstance(wanted, ast.Tuple) else []
    running: list[Any] = []
    signs: list[float] = []

    def sent(one: Any, x: Any, g: Any) -> Any:
        both = (g, x) if names and is_gradient(names[0]) else (x, g)
        found = one.send(both if len(names) > 1 else g)
        found = x if found is None else found
        return found if given or names else moved(x, found, g, signs)

    def step(xs: list[Array], gs: list[Array], t: int) -> list[Any]:
        all_, gradients = ([xs], [gs]) if together else (xs, gs)
        if not running:
            running.extend(function(*([x] if given else []), **named) for x in all_)
            for one in running:
                next(one)
        found = [sent(one, x, g) for one, x, g in zip(running, all_, gradients, strict=True)]
        return list(found[0]) if together else found

    return step


def is_generator(function: Any) -> bool:
    """Return whether a function is a generator that is sent gradients."""
    sent = [target for target, value in _assigned(function) if isinstance(value, ast.Yield)]
    names = [part.id for target in sent for part in ast.walk(target) if isinstance(part, ast.Name)]
    return inspect.isgeneratorfunction(function) and any(map(is_gradient, names))


def _assigned(function: Any) -> list[tuple[ast.expr, ast.expr]]:
    return [(node.targets[0], node.value) for node in nodes_of(function) if isinstance(node, ast.Assign)]
