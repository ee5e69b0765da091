"""How far a right derivative may be from the true one: rounding, and what the source itself rounds.

- A difference with the best step, eps^(1/3), knows a derivative to eps^(2/3): nothing finer is claimed.
- Rounding is measured: moving the leaves by a few units in the last place moves (result - truth) by rounding only.
- A constant written with six digits stands for every number that is rounded to it: the allowance is what half a
  unit of its last digit changes.
- A tiny number added against log(0) or a division by zero may be left out of the derivative, or be on the other side
  of a minus there: what it changes.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from ..record.recorder import Action
from ..record.rewrite import digits
from ..record.sites import SITES
from ..record.tape import Tape
from ..subject import Array

TINY = 1e-6
FINE, SLIGHT, FARTHER = 1e-10, 1e-3, (1e-6, 1e-5, 1e-4)
"""1 - a, where a is nearly 1, is rounded alike at points that are very near: in float64, results that are nearly right
are looked at farther away, on both sides."""
LEFT_OUT = 2.5
Distances = Mapping[str, Array]
Measure = Callable[[Mapping[int, Any], Mapping[str, Array]], tuple[Distances, Distances] | None]
"""Plan and moves: result - truth and truth, by leaf; None if that run failed."""


class Shift(Action):
    """A plan's action: add a number to every value at a site."""

    def __init__(self, step: float) -> None:
        self.added = step

    def replace(self, value: Any, frame: Any) -> Any:
        """Return value + step."""
        return value + self.added


def precision(tape: Tape) -> float:
    """Return the coarsest rounding of the floats on a tape."""
    kinds = {node.array.dtype for node in tape.nodes if node.array.dtype.kind in "fc"}
    return max((float(np.finfo(kind).eps) for kind in kinds), default=float(np.finfo(float).eps))


def rounding(measure: Measure, base: Distances, truth: Distances, leaves: Mapping[str, Array], eps: float) -> Distances:
    """Return the allowance for rounding, by leaf.

    It is measured only where the least that is claimed does not do. What another run on the same data changes, in a
    program that visits a set in the order of addresses, is no rounding.
    """
    least = {n: np.asarray(8 * eps ** (2 / 3) * np.max(np.abs(truth[n]), initial=0.0)) for n in base}
    if all(np.all(np.abs(base[n]) <= least[n]) for n in base):
        return least
    noise = {name: np.zeros(np.shape(d)) for name, d in base.items()}
    random = np.random.default_rng(7)
    for _ in range(2):
        moved = measure({}, _moves(leaves, 4 * eps, random))
        if moved is not None:
            noise = {n: np.maximum(noise[n], _apart(moved[0].get(n), base[n])) for n in noise}
    sizes = {n: float(np.max(np.abs(truth[n]), initial=0.0)) for n in base}
    slight = [n for n in base if np.max(np.abs(base[n]), initial=0.0) <= SLIGHT * sizes[n]]
    for step in FARTHER if slight and eps < FINE else ():
        moves = _moves(leaves, step, random)
        sides = [measure({}, moves), measure({}, {name: -move for name, move in moves.items()})]
        there = _between(*(side[0] for side in sides if side is not None)) if None not in sides else {}
        noise |= {n: np.maximum(noise[n], _apart(there.get(n), base[n])) for n in slight}
    share = max((np.max(noise[n], initial=0.0) / sizes[n] for n in slight if sizes[n]), default=0.0)
    for n in noise.keys() - set(slight):  # of a wrong one nothing shows
        noise[n] = np.maximum(noise[n], share * sizes[n])
    again = measure({}, {}) if any(np.any(64 * noise[n] > np.abs(base[n])) for n in noise) else None
    if again is not None:
        noise = {n: noise[n] * (not np.any(_apart(again[0].get(n), base[n]))) for n in noise}
    return {n: least[n] + 64 * np.max(noise[n], initial=0.0) for n in base}


def cancelled(tape: Tape, value: Any, eps: float) -> float:
    """Return the rounding of a result that is a small difference of large numbers: a step that a weight has taken."""
    found, scale = tape.find(value), 1.0
    while found is not None and (node := tape.nodes[found]).function in (np.subtract, np.divide):
        operands = [np.asarray(tape.fill(argument)) for argument in node.arguments]
        if node.function is np.subtract:
            return 4 * eps * scale * max(float(np.max(np.abs(one), initial=0.0)) for one in operands)
        if operands[1].size != 1 or not operands[1]:
            break
        scale, found = scale / abs(float(operands[1])), node.parents[0]
    return 0.0


def written(measure: Measure, tape: Tape, base: Distances, truth: Distances) -> Distances:
    """Return what rounded constants and tiny numbers of the source may change, by leaf."""
    total = {name: np.zeros(np.shape(d)) for name, d in base.items()}
    for k in {e.site for e in tape.events if e.place.role == "literal"}:
        value = float(SITES[k].text)
        exponent = Decimal(repr(value)).as_tuple().exponent
        if digits(value) > 15 or not isinstance(exponent, int):
            continue
        moved = measure({k: Shift(0.5 * 10.0**exponent)}, {})
        if moved is not None:
            total = {n: total[n] + _apart(moved[0].get(n), base[n]) for n in total}
    for k, number in tiny(tape).items():
        without = measure({k: Shift(-number)}, {})
        if without is not None:
            most = {n: np.max(_apart(without[1].get(n), truth[n]), initial=0.0) for n in total}  # of all elements
            total = {n: total[n] + LEFT_OUT * most[n] for n in total}
    return total


def tiny(tape: Tape) -> dict[int, float]:
    """Return the sites that add a tiny number, and the number."""
    found = {}
    for event in tape.events:
        node = tape.nodes[event.node]
        if getattr(node.function, "__name__", "") != "add" or event.place.role != "binary":
            continue
        for argument in map(tape.fill, node.arguments):
            if np.ndim(argument) == 0 and 0 < abs(float(np.real(argument))) <= TINY:
                found[event.site] = float(np.real(argument))
    return found


def _moves(leaves: Mapping[str, Array], step: float, random: np.random.Generator) -> dict[str, Array]:
    return {name: step * a * random.choice([-1.0, 1.0], size=np.shape(a)) for name, a in leaves.items()}


def _between(one: Distances, other: Distances) -> Distances:
    """Return what is half way: a mistake that grows with what it is computed from grows alike on both sides."""
    return {n: (one[n] + other[n]) / 2 for n in one if n in other and np.shape(one[n]) == np.shape(other[n])}


def _apart(a: Any, b: Array) -> Array:
    if a is None or np.shape(a) != np.shape(b):
        return np.zeros(np.shape(b))
    return np.nan_to_num(np.abs(np.asarray(a) - b), nan=0.0, posinf=0.0)
