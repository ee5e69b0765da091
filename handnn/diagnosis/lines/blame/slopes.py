"""Slopes: how one forward value moves with another, element by element: what the helpers of a backward part are."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from ..derive.rules import BINARY, ELEMENTWISE, SYNONYMS, pull_back, quiet
from ..derive.study import Study
from ..subject import Array
from .families import Family, label_of

MOST_NODES, MOST_BASES = 400, 24


class Slopes:
    """The slopes d(F)/d(G) of forward values, and the forward values themselves."""

    def __init__(self, study: Study) -> None:
        self.study = study

    @cached_property
    def families(self) -> list[Family]:
        """The slopes of named forward values by those that they were computed from; none for long programs."""
        study = self.study
        if study.adjoint is None or len(study.forward_nodes) > MOST_NODES:
            return []
        with quiet():
            return list(self._between_named())

    def _between_named(self) -> Iterator[Family]:
        tape = self.study.tape
        named = {node: name for name, node in tape.leaves.items()}
        for event in self.study.forward_events:
            if event.place.root and event.place.target:
                named.setdefault(event.node, label_of(event)[0])
        order = sorted(self.study.forward_nodes)
        for base in sorted(named)[:MOST_BASES]:
            value = tape.nodes[base].array
            if value.dtype.kind != "f" or value.size < 2:
                continue
            for node, slope in self._from(base, order).items():
                if node != base and node in named and slope.shape == value.shape:
                    key = ("slope", named[node], named[base])
                    yield Family(key, f"d({named[node]})/d({named[base]})", "", (slope,), 5)

    def _from(self, base: int, order: list[int]) -> dict[int, Array]:
        """Return the slopes of all nodes by one, as far as each element depends on one alone."""
        tape = self.study.tape
        found: dict[int, Array] = {base: np.ones(tape.nodes[base].array.shape)}
        for index in order:
            node = tape.nodes[index]
            moving = [p for p in node.parents if p in found]
            if index <= base or not moving:
                continue
            name = getattr(node.function, "__name__", "")
            elementwise = SYNONYMS.get(name, name) in ELEMENTWISE or SYNONYMS.get(name, name) in BINARY
            shape = node.array.shape
            if not (elementwise or name == "same") or any(found[p].shape != shape for p in moving):
                continue
            parts = pull_back(tape, node, np.ones(shape))
            found[index] = sum((np.asarray(parts[p]) * found[p] for p in moving if p in parts), np.zeros(shape))
        return found

    @cached_property
    def _values(self) -> list[Array]:
        nodes = self.study.tape.nodes
        return [nodes[i].array for i in self.study.forward_nodes if nodes[i].array.dtype.kind == "f"]

    def known(self, value: Array) -> bool:
        """Return whether a value is a forward value or a slope: a helper that is right."""
        slopes = (family.arrays[0] for family in self.families)
        return any(_same(value, other) for other in (*self._values, *slopes))

    def named(self, value: Array) -> Family | None:
        """Return the slope that a value is."""
        return next((family for family in self.families if _same(value, family.arrays[0])), None)


def _same(value: Array, other: Array) -> bool:
    return value.shape == other.shape and np.allclose(value, other, rtol=1e-7, atol=1e-12)
