"""Find what there is to check in a module: by `handnn:` lines, by names, and by what functions take and return."""

import ast
import inspect
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from ..call.world import walk
from ..optimizers.loops import is_generator, loop_of
from ..readings.elementwise import KNOWN
from ..readings.roles import parameters
from ..readings.ways import SUMMARY, Parts, is_step, is_value
from ..source import directive as directives
from ..source.directive import Directive
from ..source.starts import compared_in, moved_in, rated_steps
from ..source.syntax import (
    engine,
    has_operators,
    mentioned,
    moved,
    nodes_of,
    returned_names,
    source_of,
    tree_of,
    undecorated,
)
from ..source.words import CACHE, CONTAINERS, LOOP, NO_PROMISE, PROMISE, RATES, WAYS_BACK, bare, is_weight
from . import pairing
from .by_use import Deriving, Uses
from .contexts import goes_back, returns_its_backward, with_usual_names
from .in_place import in_place
from .of_classes import of_class, of_methods
from .pairing import LOSSES, OPTIMIZERS, Candidate, names_of, roles_of, triple_of

NETWORK = re.compile(
    "back_?prop|gradient|grads?$|train|fit|lossfun|propagate$|loss|cost|learn|update|step|iteration", re.IGNORECASE
)
BACKS = re.compile("back|^b(w|wd)?_?prop|gradient|grads|grad(_|$|(?-i:[A-Z]))", re.IGNORECASE)
FORWARDS = re.compile("forward|feed|predict|propagat|^fp", re.IGNORECASE)
WORK = re.compile(r"\.T\b|transpose|outer|einsum|grad|\bd[A-Z_]|delta|back|multiply", re.IGNORECASE)
RUNS_BACK = re.compile(r"\.(back\w*|bprop\w*)\(")
COSTS = ("loss", "cost", "J", "j", "totalloss", "total_loss", "l", "?")
OPEN = ("", "output", "upstream", "state")
OTHER_WAY = re.compile("_?(alt|alternative|fast|simple|simplified|vectori[sz]ed|efficient|v?2)$", re.IGNORECASE)
ALIKE = {"layer", "activation", "loss"}

UNUSED = Uses()


def find(module: ModuleType, given: Directive | None = None, uses: Uses = UNUSED) -> list[Candidate]:
    """Return what there is to check in a module, those with a `handnn:` line first.

    Args:
        given: what `--as` says of everything of its kind, in place of `handnn:` lines. uses: what the file does with
            what its functions return.
    """
    known = {n: v for n, v in vars(module).items() if inspect.isfunction(v) or inspect.isclass(v)}
    own = {n: v for n, v in known.items() if undecorated(v).__module__ == module.__name__}
    found: list[Candidate] = []
    used: set[str] = set()
    for name, value in own.items():
        try:
            said = directives.read(vars(value).get("__doc__") if inspect.isclass(value) else value.__doc__)
        except ValueError as error:
            if given is not None:
                continue
            found.append(Candidate(name, "unclear", value, why=str(error)))
            used.add(name)
            continue
        if said is not None:
            if given is not None and (given.kind in ("", said.kind) or {given.kind, said.kind} <= ALIKE):
                said = given.of(given.kind or said.kind, sure=False)
            candidate, names = _declared(name, value, said, own)
            found.append(candidate)
            used |= names
    rest = {n: v for n, v in own.items() if n not in used}
    guessed = _by_use(list(_guessed(rest, module, uses.methods)), rest, uses.deriving)
    if given is not None:
        guessed = [_told(candidate, given) for candidate in guessed]
        if not found and not guessed and own:
            name, value = next(iter(own.items()))
            kind = given.kind or ("layer" if inspect.isclass(value) else "network")
            guessed = [_declared(name, value, given.of(kind, sure=False), own)[0]]
    return [*found, *guessed]


def _by_use(guessed: list[Candidate], own: Mapping[str, Any], uses: Sequence[Deriving]) -> list[Candidate]:
    """Return the candidates with functions that weights are moved by, where names tell less."""
    functions = {n: v for n, v in own.items() if inspect.isfunction(v)}
    for name, forward, roles, links in uses:
        back = functions.get(name)
        known = [c for c in guessed if c.name == name or (isinstance(c.target, tuple) and back in c.target)]
        paired = [c for c in known if not c.why and _parts(c) != [back] and getattr(c.target, "main", None) is not back]
        if back is None or paired or forward not in (*functions, ""):
            continue
        if forward and not (known and _returns_loss(back)):
            parts = triple_of(functions, forward, name)
            names = {name, *names_of(parts, functions)}
            guessed = [c for c in guessed if c.name not in names or inspect.isclass(c.target)]
            guessed.append(Candidate(forward, "network", parts, roles=roles, links=links))
        elif known:
            packed = {bare(n) for n, role in roles.items() if role == "weight"} & set(CONTAINERS)
            for c in (c for c in known if c.name == name and not c.roles and not forward):
                whole = packed and c.kind == "loss"  # no loss of two arguments: one of them has all weights
                other = c._replace(kind="network", target=Parts(back)) if whole else c
                guessed[guessed.index(c)] = other._replace(roles=roles)
        elif not any(
            name in mentioned(part) or (_parts(c)[1:] and getattr(part, "__name__", "") in mentioned(back))
            for c in guessed
            for part in _parts(c)
        ):
            guessed.append(Candidate(name, "network", Parts(back), roles=roles))
    return guessed


def _parts(candidate: Candidate) -> list[Any]:
    return [part for part in candidate.target if part] if isinstance(candidate.target, tuple) else [candidate.target]


def _returns_loss(function: Any) -> bool:
    first = next(iter(returned_names(function)), "?")
    return first != "?" and (bare(first) in COSTS or LOSSES.search(first) is not None)


def _told(candidate: Candidate, given: Directive) -> Candidate:
    if candidate.kind == "unclear" and given.kind == "network" and inspect.isfunction(candidate.target):
        return Candidate(candidate.name, "network", Parts(candidate.target), given)
    if candidate.why or not (given.kind in ("", candidate.kind) or {given.kind, candidate.kind} <= ALIKE):
        return candidate
    kind = given.kind or candidate.kind
    return candidate._replace(directive=given.of(kind, sure=False), kind=kind)


def _declared(name: str, value: Any, said: Directive, own: Mapping[str, Any]) -> tuple[Candidate, set[str]]:
    """Return the candidate of a `handnn:` line, and the names that belong to it."""
    if inspect.isclass(value) or said.kind == "optimizer":
        return Candidate(name, said.kind, value, said), {name}
    partner = pairing.partner_of(name, own)
    names = {name} if partner is None else {name, partner}
    if said.kind == "network" and partner is None and _needs_forward(value):
        forwards = [n for n, v in own.items() if n != name and inspect.isfunction(v) and _is_forward(n, v)]
        if forwards:
            parts = triple_of({n: v for n, v in own.items() if inspect.isfunction(v)}, forwards[-1], name)
            return Candidate(name, "network", parts, said), {name, *names_of(parts, own)}
    if said.kind == "network":
        computes = LOSSES.search(name) or NETWORK.search(name) or "x" not in roles_of(value).values()
        if partner is None or computes:
            return Candidate(name, "network", Parts(value), said), {name}
        parts = triple_of(own, name, partner)
        return Candidate(name, "network", parts, said), {*names, *names_of(parts, own)}
    derivative = own[partner] if partner is not None else pairing.flagged(value)
    both = said.kind == "loss" and len(returned_names(value)) > 1
    why = "" if derivative is not None or both else "no derivative of it was found in the file"
    return Candidate(name, said.kind, (value, derivative), said, why=why), names


def _needs_forward(function: Any) -> bool:
    """Return whether a backward function is given what a forward function kept or returned."""
    roles = roles_of(function)
    return bool({bare(n) for n in roles} & set(CACHE)) or "output" in roles.values()


def _is_forward(name: str, function: Any) -> bool:
    roles = set(roles_of(function).values())
    return FORWARDS.search(name) is not None and PROMISE.search(name) is None and {"x"} < roles


def _guessed(own: dict[str, Any], module: ModuleType, methods: Sequence[tuple[str, str]]) -> Iterator[Candidate]:
    """Yield candidates that names and arguments suggest."""
    functions = {n: v for n, v in own.items() if inspect.isfunction(v)}
    used: set[str] = set()
    slopes: set[str] = set()
    for name, value in own.items():
        if inspect.isclass(value):
            other = list(of_class(name, value)) or list(of_class(name, with_usual_names(value, methods)))
            yield from other or of_methods(name, value)
    for name, value in functions.items():
        if returns_its_backward(value):
            used.add(name)
            yield Candidate(name, "layer", (value, goes_back))
    for name in functions:
        base = pairing.base_of(name, functions)
        if base is None or name in used or base in used or NO_PROMISE.search(name):
            continue
        candidate = pairing.pair_of(base, name, functions)
        if candidate is not None:
            used |= {base, name}
            slopes |= {base, name} if candidate.kind == "activation" else set()
            used |= set(names_of(candidate.target, functions)) if isinstance(candidate.target, Parts) else set()
            yield candidate
    for name, value in functions.items():
        derivative = pairing.flagged(value)
        kind = {1: "activation", 2: "loss" if pairing.is_loss(name, value) else ""}.get(len(roles_of(value)))
        if name not in used and derivative is not None and kind:
            used.add(name)
            slopes |= {name} if kind == "activation" else set()
            yield Candidate(name, kind, (value, derivative))
    kept = in_place({n: v for n, v in functions.items() if n not in used}, FORWARDS, BACKS)
    for candidate in itertools.chain(kept, _other_ways(functions, used), _rest(functions, used, slopes, module)):
        used |= {candidate.name, *(names_of(candidate.target, functions) if candidate.kind == "network" else ())}
        yield candidate
    for name, value in functions.items():
        promises = PROMISE.search(name) or (re.match("d_?[a-z]", name) and pairing.stem_of(name[1:]) in KNOWN)
        if name not in used and promises and not NO_PROMISE.search(name) and parameters(value):
            yield pairing.lonely(name, value)


def _other_ways(functions: dict[str, Any], used: set[str]) -> Iterator[Candidate]:
    """Yield second ways back of layers: batchnorm_backward_alt, beside batchnorm_backward."""
    for name in [n for n in functions if n not in used]:
        first = OTHER_WAY.sub("", name)
        base = pairing.base_of(first, functions) if first in used else None
        candidate = pairing.pair_of(base, name, functions) if base in used else None
        if candidate is not None and candidate.kind == "layer":
            yield candidate._replace(name=name)


def _is_given_its_gradient(function: Any) -> bool:
    """Return whether a function is given the function that derives: `descend(X, y, w, gradient_function)`."""
    given = {p.name for p in parameters(function) if BACKS.search(p.name)}
    calls = (node.func for node in nodes_of(function) if isinstance(node, ast.Call))
    return any(isinstance(called, ast.Name) and called.id in given for called in calls)


def _rest(
    functions: dict[str, Any], used: set[str], slopes: set[str], module: ModuleType
) -> Iterator[Candidate]:  # fmt: skip
    """Yield networks, losses that return their gradient, and optimizers among the functions that are left.

    Args:
        used: functions that belong to candidates. slopes: those of activations.
    """
    backs = [n for n in functions if n not in used and BACKS.search(n) and not NO_PROMISE.search(n)]
    backs += [n for n in functions if n not in used and is_step(functions[n]) and moved(functions[n])]
    helpers = {n for m in backs if {"x", "y", "weight"} <= set(roles_of(functions[m]).values())
               for n in mentioned(functions[m]) if n != m}  # fmt: skip
    for name in [n for n in backs if n not in helpers]:
        roles = roles_of(functions[name])
        parts = {bare(n) for n in roles}
        others = [n for n in functions if n not in used and n != name and FORWARDS.search(n)]
        forwards = [n for n in others if "x" in roles_of(functions[n]).values()]
        needs = parts & set(CACHE) or "output" in roles.values()
        cost, links = _cost_of(name, functions, used)
        moves = is_step(functions[name]) and moved(functions[name]) & set(roles)
        gives = len(roles) > 2 or (not needs and {"x", "y"} <= set(roles.values()))
        returned = returned_names(functions[name])
        each = len(returned) == max(1, list(roles.values()).count("weight"))  # no loss before the gradients
        if cost and (moves or (gives and (each or returned[:1] not in ([n] for n in COSTS)))):
            used |= {name, cost}
            held = _weights_of(functions[name], links)
            yield Candidate(name, "network", Parts(functions[cost], None, functions[name]), roles=held, links=links)
        elif forwards and needs and name not in used:
            found = triple_of(functions, forwards[0], name)
            used |= {name, *names_of(found, functions)}
            yield Candidate(name, "network", found)
    for name, value in functions.items():
        if name in used or _only_told(name, functions):
            continue
        roles = roles_of(value)
        kinds = set(roles.values())
        derives = {n for n in (used - slopes) & mentioned(value) if NETWORK.search(n) or "forward" in n.lower()}
        weights = kinds & {"container", "weight"}
        returned = returned_names(value)
        gives = any(re.match(r"d[A-Z_\w]|grad|g\d|nabla|g[A-Z]", n) for n in returned) or len(returned) > 1
        given = [n for n in map(bare, roles) if n.startswith(("d", "grad", "g")) and n not in ("d", "data", "gamma")]
        steps = (OPTIMIZERS.search(name) and len(roles) >= 2) or (re.search("step$|update", name) and weights)
        shown = _trained(value, roles)
        global_ = any(isinstance(node, ast.Global) for node in nodes_of(value))  # it moves its weights
        labels = global_ or "y" in {*kinds, *shown.values()}
        takes = (
            labels
            and not _is_given_its_gradient(value)
            and (name == LOOP or "x" in kinds)
            and (weights or "weight" in shown.values() or _global_weights(module, value))
        )
        trains = bool(moved_in(tree_of(value) or ast.Module([], [])) & set(roles))
        runs = gives and engine(value) is not None and any(f".{word}()" in source_of(value) for word in WAYS_BACK)
        runs_on = is_generator(value) or (OPTIMIZERS.search(bare(name)) and loop_of(value) is not None)
        if (given and steps) or runs_on:
            yield Candidate(name, "optimizer", value)
        elif (
            runs
            or (LOSSES.search(name) and _of_engine(name, value, functions, module))
            or (
                takes
                and WORK.search(source_of(value))
                and not SUMMARY.search(name)
                and (gives or trains or NETWORK.search(name))
                and not derives
            )
        ):
            beside = "" if runs else _cost_beside(name, functions, used)
            used |= {beside} - {""}
            whole = Parts(functions[beside], None, value) if beside else Parts(value)
            yield Candidate(beside or name, "network", whole, roles=shown)
        elif LOSSES.search(name) and len(roles) == 2 and len(returned) == 2 and gives:
            yield Candidate(name, "loss", (value, None))
        elif roles and not SUMMARY.search(name) and _with_gradients(value, returned, len(roles)):
            yield Candidate(name, "network", Parts(value), roles=_weights_of(value, {}))


def _cost_of(name: str, functions: dict[str, Any], used: set[str]) -> tuple[str, dict[str, str]]:
    """Return the cost of the arguments of a step but its rate, and links to it where these are called alike.

    b_current in the step is b in the cost then. '' if there is none.
    """

    def taken(function: str) -> list[str]:
        return [n for n in roles_of(functions[function]) if bare(n) not in RATES]

    own = taken(name)
    losses = [n for n in functions if n not in used and n != name and (LOSSES.search(n) or is_value(functions[n]))]
    given = {n: taken(n) for n in losses if not returned_names(functions[n])[1:]}  # of the loss alone
    alike = [n for n in given if set(given[n]) == set(own)]
    if alike:  # of several that whose name ends alike: nll_binomial for gr_binomial
        return max(alike, key=lambda n: [a == b for a, b in zip(reversed(n), reversed(name), strict=False)]), {}
    for cost, names in given.items():
        if len(names) == len(own) and all(bare(n) in bare(o) for n, o in zip(names, own, strict=True)):
            return cost, {o: f"given:{n}" for n, o in zip(names, own, strict=True)}
    return "", {}


def _cost_beside(name: str, functions: dict[str, Any], used: set[str]) -> str:
    """Return the cost of the very arguments of a gradient that neither returns one nor moves anything; '' if none."""
    told = moved(functions[name]) or bare(next(iter(returned_names(functions[name])), "")) in COSTS
    cost, renamed = ("", {"": ""}) if told else _cost_of(name, functions, used)
    return "" if renamed else cost


def _weights_of(step: Any, links: Mapping[str, str]) -> dict[str, str]:
    """Return the roles of a cost's arguments that a step moves, or has under other names."""
    renamed = {n.removeprefix("given:") for o, n in links.items() if n != f"given:{o}"}
    stepped = {n.partition("[")[0] for n, _ in rated_steps(tree_of(step))}
    return dict.fromkeys(renamed or stepped & set(roles_of(step)), "weight")


def _only_told(name: str, functions: dict[str, Any]) -> bool:
    """Return whether a function gives a loss alone, which another that moves its own arguments tells."""
    if not LOSSES.search(name) or returned_names(functions[name])[1:]:
        return False
    callers = [v for n, v in functions.items() if n != name and name in mentioned(v)]
    return any(moved_in(tree) & set(roles_of(v)) for v in callers if (tree := tree_of(v)) is not None)


def _trained(function: Any, roles: dict[str, str]) -> dict[str, str]:
    """Return the arguments that a function moves as weights, and the one that it compares with something as labels."""
    tree = tree_of(function)
    moved_ = moved_in(tree) & set(roles) if tree is not None else set()
    if tree is None or not moved_:
        return {}
    open_ = [n for n in compared_in(tree) & set(roles) - moved_ if roles[n] == ""]
    labels = open_ if len(open_) == 1 and "y" not in roles.values() else []
    return {n: "weight" for n in moved_ if roles[n] in OPEN} | dict.fromkeys(labels, "y")


def _of_engine(name: str, function: Any, functions: dict[str, Any], module: ModuleType) -> bool:
    """Return whether a function that no other calls may return an object, of an engine of the file, that goes back."""
    engines = (v for v in vars(module).values() if has_operators(v) and any(hasattr(v, word) for word in WAYS_BACK))
    called = any(name in mentioned(other) for n, other in functions.items() if n != name)
    return bool(parameters(function)) and not called and next(engines, None) is not None


def _with_gradients(function: Any, returned: list[str], arguments: int) -> bool:
    """Return whether a function returns its loss and derivatives by its own arguments, or moves some of these."""
    if _returns_loss(function) and _weights_of(function, {}):
        return True  # of places in tables: it has no labels
    if len(returned) < 2 or not (bare(returned[0]) in COSTS or LOSSES.search(returned[0])):
        return False
    ends = [node for node in nodes_of(function) if isinstance(node, ast.Return)]
    called = {node.func for node in ast.walk(ends[-1]) if isinstance(node, ast.Call)}
    names = [node.id for node in ast.walk(ends[-1]) if isinstance(node, ast.Name) and node not in called]
    given = {p.name for p in parameters(function)}
    derived = any(re.match(r"d_?[a-zA-Z]|grad|g_|nabla", n) for n in names if n not in given)
    return len(returned) == 1 + arguments or derived


def _global_weights(module: ModuleType, function: Any) -> bool:
    held = {n: vars(module)[n] for n in mentioned(function) if n in vars(module)}
    own = [v for v in held.values() if type(v).__module__ == module.__name__]  # layers, or a network
    goes = RUNS_BACK.search(source_of(function)) is not None and any(True for one in own for _ in walk(one))
    if goes or (own and function.__name__ == LOOP):
        return True
    return any(isinstance(v, np.ndarray) or (is_weight(n) and isinstance(v, dict | list)) for n, v in held.items())
