"""Networks that are a list of neurons: functions that keep outputs and deltas in it, and one that moves its weights."""

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from ..readings.roles import parameters
from ..readings.ways import Parts
from ..source.syntax import nodes_of, returned_names
from ..source.words import RATES, bare
from .pairing import Candidate, roles_of

OF_FORWARD = 2


def in_place(functions: Mapping[str, Any], forwards: Any, backs: Any) -> Iterator[Candidate]:
    """Yield the networks of functions that are given the network first and change it.

    `forward_propagate(network, row)`, `backward_propagate_error(network, expected)`, which returns nothing, and
    `update_weights(network, row, l_rate)`.

    Args:
        forwards, backs: patterns of their names.
    """
    for name, function in functions.items():
        network, *rest = [p.name for p in parameters(function)] or [""]
        if not backs.search(name) or not rest or returned_names(function) or not _changes(function, network):
            continue
        alike = [(n, v) for n, v in functions.items() if n != name and [p.name for p in parameters(v)][:1] == [network]]
        given = (v for n, v in alike if forwards.search(n) and len(parameters(v)) == OF_FORWARD)
        first = next((v for v in given if returned_names(v)), None)
        rated = (v for _, v in alike if any(bare(p.name) in RATES for p in parameters(v)) and _moves(v))
        update = next(rated, None)
        if first is not None and (update is not None or _moves(function)):
            yield Candidate(
                first.__name__, "network", Parts(first, None, function, update), roles=_roles(first, function)
            )


def _roles(forward: Any, backward: Any) -> dict[str, str]:
    network, row = [p.name for p in parameters(forward)]
    labels = [n for n, role in roles_of(backward).items() if n not in (network, row) and bare(n) not in RATES]
    return {network: "container", row: "x"} | dict.fromkeys(labels[:1], "y")


def _stored(function: Any) -> list[ast.Subscript]:
    """Return the items that a function stores: of what is given, or of what is gone through."""
    nodes = nodes_of(function)
    targets = [t for node in nodes if isinstance(node, ast.Assign) for t in node.targets]
    targets += [node.target for node in nodes if isinstance(node, ast.AugAssign)]
    return [target for target in targets if isinstance(target, ast.Subscript)]


def _changes(function: Any, network: str) -> bool:
    """Return whether a function stores something by name in what it goes through: neuron["delta"] = ..."""
    named = [t for t in _stored(function) if isinstance(t.slice, ast.Constant) and isinstance(t.slice.value, str)]
    return bool(named) and any(isinstance(n, ast.Name) and n.id == network for n in nodes_of(function))


def _moves(function: Any) -> bool:
    """Return whether a function moves items: neuron["weights"][j] -= ..."""
    return any(
        isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Subscript) for node in nodes_of(function)
    )
