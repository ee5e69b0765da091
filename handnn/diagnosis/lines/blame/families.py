"""Families: what a value of the backward part could be, one array for each time that a site was visited.

A family is the derivative by the values of one forward site, by one use of them, or by a leaf; or the values of a
quantity that a reference names.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from ..derive.rules import slopes_of
from ..derive.study import Study
from ..record.sites import SITES
from ..record.tape import Event
from ..subject import Array

FEW_USES, MANY_USES = 3, 12
Picked = TypeVar("Picked")


@dataclass(frozen=True, eq=False)
class Family:
    """Arrays by occurrence. `key` finds the same family on another draw; a lower `rank` has the better name.

    `nodes` are those that the arrays are derivatives by, where these have all uses, or all but one. A share of a
    derivative has the name of the `whole`, and of what it goes `through`.
    """

    key: tuple[object, ...]
    name: str
    detail: str
    arrays: tuple[Array, ...]
    rank: int
    whole: str = ""
    nodes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Pairing:
    """Which occurrences of a family belong to those of a group: from `start`, every `step`-th, or from the end."""

    start: int = 0
    step: int = 1
    reverse: bool = False

    def pick(self, arrays: Sequence[Picked], count: int) -> list[Picked] | None:
        """Return `count` of the arrays, or of what goes with them, None if there are not so many."""
        ordered = arrays[::-1] if self.reverse else arrays
        chosen = ordered[self.start :: self.step][:count]
        return list(chosen) if len(chosen) == count else None


def pairings(count: int, available: int) -> Iterator[Pairing]:
    """Yield the ways in which loops are run: alike, backwards, some left out at an end, every n-th."""
    if count == 1:
        yield from (Pairing(j) for j in range(min(available, 40)))
        return
    for reverse in (True, False):
        for start in range(min(available - count + 1, 3)):
            yield Pairing(start, 1, reverse)
        step = available // count
        if step > 1:
            yield from (Pairing(start, step, reverse) for start in range(step))


def label_of(event: Event) -> tuple[str, str, int]:
    """Return a name, what defines it, and a rank."""
    site = event.place
    flat = " ".join(site.text.split())
    if site.mutates:
        target = (site.target or "").split("[")[0]
        return target, flat, 2
    if site.root and site.target and "," not in site.target:
        return site.target, f"{site.target} = {flat}" if site.target != flat else "", 1
    return flat, "", 3 if site.root else 4


def derivative_families(study: Study) -> list[Family]:
    """Return the derivatives by leaves, by forward values and by single uses of them, without repetitions."""
    if study.adjoint is None:
        return [Family(("leaf", n), f"dL/d({n})", "", (t,), 0) for n, t in study.truth.items()]
    adjoint, tape = study.adjoint, study.tape
    leaves = tape.leaves.items()
    families = [Family(("leaf", n), f"dL/d({n})", "", (adjoint.leaf(tape, n),), 0, nodes=(node,)) for n, node in leaves]
    by_site: dict[int, list[Event]] = {}
    site_of: dict[int, Event] = {}
    for event in study.forward_events:
        if tape.nodes[event.node].array.dtype.kind in "fc" and event.place.role != "literal":
            by_site.setdefault(event.site, []).append(event)
        site_of.setdefault(event.node, event)
    for number, events in by_site.items():
        arrays = tuple(_derivative(study, e.node) for e in events)
        if any(np.any(a) for a in arrays):
            name, detail, rank = label_of(events[-1])
            nodes = tuple(e.node for e in events)
            families.append(Family(("node", place_of(number)), f"dL/d({name})", detail, arrays, rank, nodes=nodes))
    names = {node: name for name, node in tape.leaves.items()}
    uses: dict[tuple[object, ...], list[tuple[int, Array, str, str]]] = {}
    for (parent, consumer), share in adjoint.uses.items():
        if consumer in site_of and (parent in names or parent in site_of):
            whole = names.get(parent) or label_of(site_of[parent])[0]
            user = site_of[consumer]
            uses.setdefault(("use", whole, place_of(user.site)), []).append(
                (user.order, share, whole, label_of(user)[0])
            )
    for key, found in uses.items():
        found.sort(key=lambda part: part[0])
        _, _, whole, user_name = found[0]
        shares = tuple(share for _, share, _, _ in found)
        name = f"dL/d({whole})"
        families.append(Family(key, f"{name} through {user_name}", "", shares, 6, name))
    return _distinct([*families, *_but_one_use(study, site_of, names), *_unsummed(study)])


def _but_one_use(study: Study, site_of: dict[int, Event], names: dict[int, str]) -> Iterator[Family]:
    """Yield the derivatives by values of many uses without one of these: what a later time step hands back.

    To the state before the first step it hands the whole derivative, if that has the other uses only.
    """
    assert study.adjoint is not None
    uses: dict[int, dict[int, Array]] = {}
    of_leaves: dict[str, set[int]] = {}
    for (parent, consumer), share in study.adjoint.uses.items():
        if consumer in site_of and parent in names:
            of_leaves.setdefault(names[parent], set()).add(site_of[consumer].site)
        elif consumer in site_of and parent in site_of:
            uses.setdefault(parent, {})[consumer] = share
    found: dict[tuple[object, ...], list[tuple[int, Array, str, str, int]]] = {}
    others: dict[tuple[object, ...], set[int]] = {}
    for parent, shares in uses.items():
        if not FEW_USES <= len(shares) <= MANY_USES:
            continue
        whole, place = label_of(site_of[parent])[0], place_of(site_of[parent].site)
        for consumer, share in shares.items():
            user = site_of[consumer]
            rest = study.adjoint.nodes[parent] - share
            part = (site_of[parent].order, rest, whole, label_of(user)[0], parent)
            key: tuple[object, ...] = ("but", place, place_of(user.site))
            found.setdefault(key, []).append(part)
            others[key] = others.get(key, set()) | {site_of[c].site for c in shares} - {user.site}
    for key, parts in found.items():
        parts.sort(key=lambda part: part[0])
        _, first, whole, user_name, _ = parts[0]
        leaves = [(study.adjoint.leaf(study.tape, n), study.tape.leaves[n]) for n, s in of_leaves.items()
                  if s == others[key]]  # fmt: skip
        parts[:0] = [(-1, s, whole, user_name, node) for s, node in leaves if np.shape(s) == np.shape(first)][:1]
        arrays, nodes = tuple(part[1] for part in parts), tuple(part[4] for part in parts)
        name = f"dL/d({whole})"
        yield Family(key, f"{name}, but not through {user_name}", "", arrays, 6, name, nodes=nodes)


def _unsummed(study: Study) -> Iterator[Family]:
    """Yield the derivatives by leaves that are broadcast, before they are summed: one for each element."""
    adjoint, tape = study.adjoint, study.tape
    assert adjoint is not None
    names = {node: name for name, node in tape.leaves.items()}
    found: dict[tuple[str, int], list[Array]] = {}
    for event in study.forward_events:
        node = tape.nodes[event.node]
        for argument, part in zip(node.arguments, slopes_of(tape, node), strict=False):
            name = names.get(getattr(argument, "node", -1))
            wide = part is not None and np.shape(tape.fill(argument)) != np.shape(node.value)
            if name is not None and wide and event.node in adjoint.nodes:
                found.setdefault((name, event.site), []).append(adjoint.nodes[event.node] * part)
    for (name, site), arrays in found.items():
        yield Family(("unsummed", name, place_of(site)), f"dL/d({name}), not summed yet,", "", tuple(arrays), 7)


def place_of(site: int) -> tuple[object, ...]:
    """Return what a site is known by in the keys of families."""
    place = SITES[site]
    return str(place.path), place.line, place.column, place.end_line, place.end_column, place.role


def _derivative(study: Study, node: int) -> Array:
    assert study.adjoint is not None
    found = study.adjoint.nodes.get(node)
    return np.zeros(np.shape(study.tape.nodes[node].value)) if found is None else found


def _distinct(families: list[Family]) -> list[Family]:
    """Return the families without those that repeat another of a better name."""
    kept: dict[tuple[object, ...], Family] = {}
    outermost_first = families[::-1]
    for family in sorted(outermost_first, key=lambda f: f.rank):
        shapes = tuple(np.shape(a) for a in family.arrays)
        numbers = tuple(f"{float(np.sum(np.ravel(a) * np.arange(1, np.size(a) + 1))):.9e}" for a in family.arrays)
        kept.setdefault((shapes, numbers), family)
    return list(kept.values())
