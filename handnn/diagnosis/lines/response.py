"""How wrong results respond to values of the backward part: reverse accumulation over the backward tape.

Backward parts are linear in the derivatives they hand on. So c times an array in place of a value makes a result
right only if c fits one number: what a random combination of the result's elements gains. No run is needed for that.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from .groups import Group
from .rules import pull_back, quiet
from .session import Run
from .study import Study
from .subject import Array
from .tape import Tape


class Responses:
    """The tape of a run, with the causes found so far mended, and its results' distances from the truth."""

    def __init__(self, study: Study, tape: Tape, ran: Run, wrong: frozenset[str]) -> None:
        self.tape, self.wrong = tape, sorted(wrong)
        self.nodes = {name: tape.find(study.returned_by(ran, name)) for name in self.wrong}
        self.linked = all(node is not None for node in self.nodes.values())
        random = np.random.default_rng(13)
        self.combination = {n: random.normal(size=np.shape(study.truth[n])) for n in self.wrong}
        self.missing: dict[str, float] = {}
        for name, node in self.nodes.items():
            value = None if node is None else tape.nodes[node].array
            truth = study.truth[name]
            if value is not None and value.size == truth.size:
                gap = truth.ravel() - value.ravel()
                self.missing[name] = float(np.sum(self.combination[name].ravel() * gap))
        self.events = {(e.site, e.occurrence): e for e in tape.events}

    def slopes(self, group: Group) -> dict[str, list[Array | None]]:
        """Return, by wrong result, how its combination moves with each value of a group, the others held still."""
        places = [self.events.get((e.site, e.occurrence)) for e in group.events]
        cut = {e.node for e in places if e is not None}
        if not cut:
            return {}
        found = {}
        for name in self.missing:
            node = self.nodes[name]
            assert node is not None
            seed = self.combination[name].reshape(np.shape(self.tape.nodes[node].value))
            reached = self._back(node, seed, cut)
            if reached:
                found[name] = [None if e is None else reached.get(e.node) for e in places]
        return found

    def _back(self, node: int, seed: Array, cut: set[int]) -> dict[int, Array]:
        found, first = {node: seed}, min(cut)
        with quiet():
            for index in range(node, first - 1, -1):
                made = self.tape.nodes[index]
                if index not in found or index in cut or made.function is None or made.array.dtype.kind not in "fc":
                    continue
                for parent, gradient in pull_back(self.tape, made, found[index]).items():
                    if parent >= first and self.tape.nodes[parent].array.dtype.kind in "fc":
                        share = np.asarray(gradient).reshape(np.shape(self.tape.nodes[parent].value))
                        found[parent] = found[parent] + share if parent in found else share
        return {index: found[index] for index in cut if index in found}

    def ratios(
        self, slopes: Mapping[str, Sequence[Array | None]], group: Group, arrays: Sequence[Array]
    ) -> dict[str, float]:
        """Return, by wrong result, the c for which c * arrays in place of the group's values could make it right."""
        found = {}
        for name, parts in slopes.items():
            full = now = 0.0
            for slope, event, array in zip(parts, group.events, arrays, strict=True):
                here = self.events.get((event.site, event.occurrence))
                if slope is not None and here is not None:
                    full += float(np.sum(slope.ravel() * array.ravel()))
                    now += float(np.sum(slope.ravel() * self.tape.nodes[here.node].array.ravel()))
            if abs(full) > 1e-14:
                found[name] = (self.missing[name] + now) / full
        return found
