"""Forms of the same mathematics that are right, and in which handnn's own numbers differ: searched before 'wrong'."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from ..activations import Activation
from .reference import PARAMETER_VALUES, arguments
from .verdict import Verdict

SMALL = "it agrees as far as float32 can tell: a constant is rounded, an epsilon added, or float32 used inside"


def as_far_as_float32(said: Verdict, dtype: str, check: Callable[[str], Verdict]) -> Verdict:
    """Return what the check says in float32, where in float64 nothing explains the difference."""
    if dtype != "float64" or not said.unknown:
        return said
    single = check("float32")
    if single.ok:
        words = [*single.convention, SMALL]
        text = "right, in another convention"
        return Verdict(said.subject, "other convention", text, convention=words, notes=said.notes)
    if single.verdict == "unstable":
        single.notes.append(SMALL)
        return single
    return said


def of_activation(entry: Activation) -> Iterator[tuple[Activation, str]]:
    """Yield the activation with one argument changed to a usual value, and that in words."""
    own = arguments(entry)
    for name, value in own.items():
        if isinstance(value, bool):
            values: tuple[Any, ...] = (not value,)
        else:
            values = PARAMETER_VALUES if isinstance(value, float | int) and name != "axis" else ()
        for other in values:
            try:
                yield type(entry)(**(own | {name: other})), f"{name}={other!r}"
            except ValueError:
                continue


def of_network(network: Any) -> Iterator[tuple[Any, str]]:
    """Yield the network with one activation in another form wherever it occurs, and that in words."""
    for entry in dict.fromkeys(network.activations):
        for other, words in of_activation(entry):
            changed = tuple(other if f is entry else f for f in network.activations)
            yield replace(network, activations=changed), f"{entry.name} with {words}"
