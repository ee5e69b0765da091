"""What a class of a user's file is: an optimizer, a loss, a network, an activation or a layer."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

from ..readings.roles import parameters
from ..readings.ways import (
    TRAINING,
    is_network,
    losses_with,
    method,
    methods_with_labels,
    steps_of,
    way_back,
)
from ..source.arguments import is_loss
from ..source.syntax import returned_names, stub
from ..source.words import BACKWARD, FORWARD, LABELS, PREDICTED, STEPS, UPSTREAM, VALUE, bare, is_gradient, is_pass
from .contexts import as_layer, with_two
from .pairing import LOSSES, OPTIMIZERS, Candidate, base_of, pair_of

SLOPES = ("prime", "derivative", "deriv")
"""A derivative of a function, beside the method that goes back."""


def of_class(name: str, cls: Any) -> Iterator[Candidate]:
    """Yield what a class is, and the pairs of functions among its static methods."""
    other = as_layer(cls)
    if other is not None:
        yield Candidate(name, "layer", other)
        return
    cls = with_two(cls)
    yield from _pairs(name, {n: getattr(cls, n) for n, v in vars(cls).items() if isinstance(v, staticmethod)})
    if issubclass(cls, BaseException) or stub(cls, FORWARD):
        return
    forward = method(cls, FORWARD)
    back = way_back(cls, forward)
    if back is not None and stub(cls, (bare(back),)):
        return
    step = method(cls, STEPS[:-3]) if forward in (None, "__call__") else None
    if OPTIMIZERS.search(name):
        step = next(iter(steps_of(cls)), None)
    takes = [p.name for p in _taken(cls, forward) if p.default is p.empty] if forward else []
    pairs = losses_with(cls, "step")
    pairs = pairs if pairs[1:] or not methods_with_labels(cls) else []
    own = methods_with_labels(cls)
    derives = bool(losses_with(cls, "gradient")) or any(n != step and not TRAINING.match(bare(n)) for n in own)
    derives |= step in own and is_loss(returned_names(getattr(cls, str(step))))  # and applies what it finds
    labelled = len(takes) == 2 and any(bare(n) in LABELS for n in takes)
    takes_gradients = step is not None and len(parameters(getattr(cls, step))) > 2 and not derives
    if step is not None and back is None and (OPTIMIZERS.search(name) or takes_gradients):
        yield Candidate(name, "optimizer", cls)
    elif forward and back and labelled and (LOSSES.search(name) or bare(forward) in VALUE):
        yield Candidate(name, "loss", cls)
    elif pairs or is_network(cls) or (forward and back and LOSSES.search(name) and _of_itself(cls, back, takes)):
        yield from (Candidate(name, "network", cls, pair=pair) for pair in pairs or (None,))
    elif forward and back and len(takes) == 1 and _of_input(cls, back, takes[0]):
        yield Candidate(name, "activation", cls)
    elif forward and back:
        yield Candidate(name, "layer", cls)
        held = _made(cls) if "__init__" not in vars(cls) and len(takes) == 1 else None
        for slope in (n for n in vars(cls) if held is not None and bare(n) in SLOPES and n != back):
            yield Candidate(f"{name}.{slope}", "activation", (getattr(held, forward), getattr(held, slope)))


def _made(cls: Any) -> Any:
    """Return an object of a class without a constructor of its own: as one that it inherits makes it, if that can."""
    try:
        return cls()
    except Exception:  # a user's code may raise anything
        return object.__new__(cls)


def of_methods(name: str, cls: Any) -> Iterator[Candidate]:
    """Yield the activations and losses among the methods of a class that is nothing else: tanh(self, z)."""
    try:
        held = object.__new__(cls)
    except TypeError:
        return
    passes = (*FORWARD, *BACKWARD)  # of a class that others are made of
    own = {n: v for n, v in vars(cls).items() if inspect.isfunction(v) and not n.startswith("__")}
    own = {n: getattr(held, n) for n in own if bare(n).strip("_") not in passes}
    yield from (pair for pair in _pairs(name, own) if pair.kind in ("activation", "loss"))


def _pairs(name: str, own: dict[str, Any]) -> Iterator[Candidate]:
    for back in own:
        base = base_of(back, own)
        pair = pair_of(base, back, own) if base is not None else None
        if pair is not None:
            yield pair._replace(name=f"{name}.{base}")


def _taken(cls: Any, name: str) -> list[inspect.Parameter]:
    """Return the parameters that a method is called with."""
    own = parameters(getattr(cls, name))
    return own if isinstance(inspect.getattr_static(cls, name), staticmethod) else own[1:]


def _of_itself(cls: Any, back: str, takes: list[str]) -> bool:
    """Return whether a loss takes one argument, as its gradient does: it has no labels."""
    return len(takes) == 1 and [p.name for p in _taken(cls, back)] == takes


def _of_input(cls: Any, back: str, first: str) -> bool:
    """Return whether a method takes what the function takes, or nothing: no gradient from above."""
    names = [bare(p.name) for p in _taken(cls, back) if p.default is p.empty or is_gradient(p.name)]
    known = len(names) == 1 and names[0] not in UPSTREAM and not re.match("d[a-z]|grad|err", names[0])
    return not names or (known and (not is_pass(back) or names[0] in PREDICTED or names[0] == bare(first)))
