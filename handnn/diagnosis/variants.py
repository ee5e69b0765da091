"""Forms of the same mathematics that are right, and in which handnn's own numbers differ: searched before 'wrong'."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from .reference import usual
from .verdict import Verdict, found_right


class Factor(NamedTuple):
    """What a loss may be multiplied by: a constant of N samples and K outputs, to the power `outputs` in K."""

    of: Callable[[int, int], float]
    words: str
    outputs: int = 0


SUMMED = "the loss is summed over the samples, not averaged: N times as large"
HALVED = "the loss has 1/2 in front"
OVER_OUTPUTS = "the loss is summed over the outputs, not averaged: K times as large"
AVERAGED = "the loss is averaged over the outputs too: 1/K of it"
FACTORS = (
    Factor(lambda n, k: 1.0, ""),
    Factor(lambda n, k: n, SUMMED),
    Factor(lambda n, k: 0.5, HALVED),
    Factor(lambda n, k: n / 2, f"{SUMMED}; {HALVED}"),
    Factor(lambda n, k: k, OVER_OUTPUTS, 1),
    Factor(lambda n, k: n * k, f"{SUMMED}; {OVER_OUTPUTS}", 1),
    Factor(lambda n, k: k / 2, f"{OVER_OUTPUTS}; {HALVED}", 1),
    Factor(lambda n, k: n * k / 2, f"{SUMMED}; {OVER_OUTPUTS}; {HALVED}", 1),
    Factor(lambda n, k: 1 / k, AVERAGED, -1),
    Factor(lambda n, k: n / k, f"{SUMMED}; {AVERAGED}", -1),
)
SMALL = "it agrees as far as float32 can tell: a constant is rounded, an epsilon added, or float32 used inside"


def as_far_as_float32(said: Verdict, dtype: str, check: Callable[[str], Verdict]) -> Verdict:
    """Return what the check says in float32, where in float64 nothing explains the difference."""
    if dtype != "float64" or not said.unknown:
        return said
    single = check("float32")
    if single.ok:
        return found_right(said.subject, "", [*single.convention, SMALL], said.notes)
    if single.verdict == "unstable":
        single.notes.append(SMALL)
        return single
    return said


def of_network(network: Any) -> Iterator[tuple[Any, str]]:
    """Yield the network with one activation in another form wherever it occurs, and that in words."""
    for entry in dict.fromkeys(network.activations):
        for other, words in usual(entry):
            changed = tuple(other if f is entry else f for f in network.activations)
            yield replace(network, activations=changed), f"{entry.name} with {words}"
