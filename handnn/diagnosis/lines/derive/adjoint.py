"""The true derivative of every recorded forward value, by reverse accumulation over the tape."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..record.recorder import Plan
from ..record.tape import Tape
from ..subject import Array, Subject
from .rules import pull_back, quiet
from .session import run, scalar


@dataclass(slots=True)
class Adjoint:
    """Derivatives of the loss: by node, and by one use of a node that has several (node, consumer)."""

    seed: int
    nodes: dict[int, Array]
    uses: dict[tuple[int, int], Array] = field(default_factory=dict)

    def leaf(self, tape: Tape, name: str) -> Array:
        """Return the derivative by a leaf; zeros if the loss does not depend on it."""
        node = tape.leaves[name]
        found = self.nodes.get(node)
        return np.zeros(np.shape(tape.nodes[node].value)) if found is None else found


def accumulate(tape: Tape, seeds: Mapping[int, Array], first: int = 0, still: frozenset[int] = frozenset()) -> Adjoint:
    """Return the derivatives of sum over the seeds of (seed node * its cotangent).

    Args:
        first: the first of the nodes that they are taken by. still: nodes that are held still.
    """
    last = max(seeds)
    found: dict[int, Array] = {node: np.asarray(value, dtype=float) for node, value in seeds.items()}
    shares: dict[tuple[int, int], Array] = {}
    with quiet():
        for index in range(last, first - 1, -1):
            node = tape.nodes[index]
            if index not in found or index in still or node.function is None or node.array.dtype.kind not in "fc":
                continue
            for parent, gradient in pull_back(tape, node, found[index]).items():
                if parent < first or tape.nodes[parent].array.dtype.kind not in "fc":
                    continue
                share = np.asarray(gradient).reshape(np.shape(tape.nodes[parent].value))
                shares[parent, index] = share
                found[parent] = found[parent] + share if parent in found else share
    users: dict[int, int] = {}
    for parent, _ in shares:
        users[parent] = users.get(parent, 0) + 1
    return Adjoint(last, found, {key: value for key, value in shares.items() if users[key[0]] > 1})


def seeds_of(tape: Tape, loss: object) -> dict[int, Array] | None:
    """Return the node that is the loss, or the output with its cotangent; None if it is not on the tape."""
    if tape.output is not None and tape.cotangent is not None:
        return {tape.output: np.asarray(tape.cotangent)}
    value, end = scalar(loss), tape.split_at if tape.split_at is not None else len(tape.nodes)
    fits = [i for i in reached(tape, end) if tape.nodes[i].array.size == 1 and scalar(tape.nodes[i].value) == value]
    return {fits[-1]: np.ones(np.shape(tape.nodes[fits[-1]].value))} if fits else None


def reached(tape: Tape, end: int) -> list[int]:
    """Return the nodes, in order, that were computed from a leaf."""
    reached = set(tape.leaves.values())
    for index, node in enumerate(tape.nodes[:end]):
        if any(parent in reached for parent in node.parents):
            reached.add(index)
    return sorted(reached)


def disturbed(
    subject: Subject, moves: Mapping[str, Array], plan: Plan, eps: float = float(np.finfo(float).eps)
) -> tuple[float, float]:
    """Return the derivative of the loss along a move of the leaves, and its error.

    Central differences with steps h and h / 2, extrapolated; their distance bounds what is left of order h^2.

    Args:
        eps: the rounding of the coarsest floats that the subject computes with.
    """

    def slope(h: float) -> float:
        ends = [
            run(subject, plan=plan, moves={n: h * m for n, m in moves.items()}, backward=False).loss for h in (h, -h)
        ]
        return (scalar(ends[0]) - scalar(ends[1])) / (2 * h)

    size = max((float(np.max(np.abs(a))) for a in subject.leaves.values() if np.size(a)), default=1.0)
    h = eps ** (1 / 4) * max(1.0, size)
    wide, narrow = slope(h), slope(h / 2)
    return (4 * narrow - wide) / 3, abs(wide - narrow) + eps**0.5 * abs(narrow)
