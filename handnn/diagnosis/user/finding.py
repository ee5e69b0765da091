"""Find what there is to check in a module: by `handnn:` lines, by names, and by what functions take and return."""

import functools
import inspect
import re
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from . import directive as directives
from .binding import parameters
from .classes import SUMMARY, is_network
from .directive import Directive
from .functions import KNOWN
from .layers import method
from .networks import Parts, _role
from .source import mentioned, returned_names, stub
from .words import (
    BACKWARD,
    CACHE,
    DERIVATIVE,
    FORWARD,
    LABELS,
    NO_PROMISE,
    PREDICTED,
    PROMISE,
    STEPS,
    UPSTREAM,
    VALUE,
    bare,
    is_weight,
)

LOSSES = re.compile("loss|entropy|mse|mae|error|criterion|cost|hinge|huber|squared|bce|nll|dice", re.IGNORECASE)
OPTIMIZERS = re.compile(
    "sgd|adam|rmsprop|momentum|adagrad|adadelta|nesterov|optimi[sz]er|nadam|adamax|lion|gradientdescent|lamb$",
    re.IGNORECASE,
)
FLAG = ("deriv", "derivative", "derive", "der", "grad", "prime", "gradient", "isderivative", "derivate", "diff")
NETWORK = re.compile(
    r"backprop|back_?prop|gradient|grads?$|train|fit|lossfun|propagate$|loss|cost|nn_?cost|learn|update|step|iteration",
    re.IGNORECASE,
)
WORK = re.compile(r"\.T\b|transpose|outer|einsum|grad|\bd[A-Z_]|delta|back|multiply", re.IGNORECASE)


class Candidate(NamedTuple):
    """Something to check.

    Attributes:
        target: a class, a function, a Parts of network functions, or a pair (forward, derivative).
        owner: the class whose methods the functions are; None for functions of the module.
        why: why it cannot be checked; '' if it can.
    """

    name: str
    kind: str
    target: Any
    directive: Directive | None = None
    owner: Any = None
    why: str = ""


def find(module: ModuleType, given: Directive | None = None) -> list[Candidate]:
    """Return what there is to check in a module, those with a `handnn:` line first.

    Args:
        given: what `--as` says of everything that says nothing itself.
    """
    own = {n: v for n, v in vars(module).items()
           if getattr(v, "__module__", None) == module.__name__ and (inspect.isfunction(v) or inspect.isclass(v))}  # fmt: skip
    found: list[Candidate] = []
    used: set[str] = set()
    for name, value in own.items():
        try:
            said = directives.read(vars(value).get("__doc__") if inspect.isclass(value) else value.__doc__)
        except ValueError as error:
            found.append(Candidate(name, "unclear", value, why=str(error)))
            used.add(name)
            continue
        if said is not None:
            candidate, names = _declared(name, value, said, own)
            found.append(candidate)
            used |= names
    rest = {n: v for n, v in own.items() if n not in used}
    guessed = list(_guessed(rest, module))
    if given is not None:
        guessed = [_told(candidate, given) for candidate in guessed]
        if not found and not guessed:
            guessed = [_declared(n, v, given._replace(kind=given.kind or ("layer" if inspect.isclass(v) else "network")), own)[0]
                       for n, v in own.items()][:1]  # fmt: skip
    return [*found, *guessed]


def _told(candidate: Candidate, given: Directive) -> Candidate:
    fits = given.kind in ("", candidate.kind) or {given.kind, candidate.kind} <= {"layer", "activation", "loss"}
    return (
        candidate._replace(directive=given, kind=given.kind or candidate.kind)
        if fits and not candidate.why
        else candidate
    )


def _declared(name: str, value: Any, said: Directive, own: Mapping[str, Any]) -> tuple[Candidate, set[str]]:
    """Return the candidate of a `handnn:` line, and the names that belong to it."""
    if inspect.isclass(value):
        return Candidate(name, said.kind, value, said), {name}
    partner = partner_of(name, own)
    if said.kind in ("activation", "loss"):
        if partner is not None:
            return Candidate(name, said.kind, (value, own[partner]), said), {name, partner}
        flagged = _flagged(value)
        if flagged is not None:
            return Candidate(name, said.kind, (value, flagged), said), {name}
        if said.kind == "loss" and len(returned_names(value)) > 1:
            return Candidate(name, said.kind, (value, None), said), {name}
        return Candidate(name, said.kind, (value, None), said, why="no derivative of it was found in the file"), {name}
    if said.kind == "layer":
        if partner is None:
            return Candidate(name, said.kind, value, said, why="no backward function of it was found in the file"), {
                name
            }
        return Candidate(name, said.kind, (value, own[partner]), said), {name, partner}
    if said.kind == "network":
        others = {n: v for n, v in own.items() if n != name and inspect.isfunction(v)}
        if partner is not None and "x" in _roles(value).values() and not (LOSSES.search(name) or NETWORK.search(name)):
            parts = _triple(own, name, partner)
            return Candidate(name, "network", parts, said), {name, partner, *_names_of(parts, others)}
        return Candidate(name, "network", Parts(value), said), {name}
    return Candidate(name, said.kind, value, said), {name}


def partner_of(name: str, own: Mapping[str, Any]) -> str | None:
    """Return the name of the function that is the derivative of this one, if there is one."""
    return next((n for n, v in own.items() if n != name and inspect.isfunction(v) and base_of(n, [name]) == name), None)


def base_of(name: str, own: Any) -> str | None:
    """Return the function in `own` that a name says it is the derivative of; None if there is none."""
    exact = {bare(n): n for n in own if n != name}
    stems = {_stem(n): n for n in own if n != name}
    swapped = re.sub(r"back(ward|prop(agation)?|_?pass)?", "forward", name, flags=re.IGNORECASE)
    if swapped != name and bare(swapped) in exact:
        return exact[bare(swapped)]
    left_over = [
        name[: m.start()] + ("_" if m.start() and m.end() < len(name) else "") + name[m.end() :]
        for m in DERIVATIVE.finditer(name)
    ]
    left_over += [name[1:]] if re.fullmatch(r"d[a-z]\w*", name) else []
    for rest in left_over:
        found = exact.get(bare(rest)) or (stems.get(_stem(rest)) if _stem(rest) else None)
        if found is not None:
            return found
    return stems.get(_stem(swapped)) if swapped != name else None


def _stem(name: str) -> str:
    """Return a name without what says that it is a function: sigmoid_forward, sigmoid_activation -> sigmoid."""
    plain = bare(name)
    cut = re.sub(
        r"(forward(pass|prop|propagation)?|fwd|function|func|activation|fn|naive|fprop)$|^(forward|fwd|act|calc(ulate)?|compute|get)",
        "",
        plain,
    )
    return cut or plain


def _flagged(function: Any) -> Any:
    """Return the derivative that a function computes if a flag says so: sigmoid(x, deriv=True)."""
    if not inspect.isfunction(function):
        return None
    for p in parameters(function):
        if bare(p.name) in FLAG and (p.default is False or p.default in (0, None)):
            return functools.partial(function, **{p.name: True})
    return None


def _roles(function: Any) -> dict[str, str]:
    names = [p.name for p in parameters(function) if p.default is p.empty or bare(p.name) in ("y", "labels")]
    return {n: _role(n, names) for n in names}


def _guessed(own: dict[str, Any], module: ModuleType) -> Iterator[Candidate]:
    """Yield candidates that names and arguments suggest."""
    functions = {n: v for n, v in own.items() if inspect.isfunction(v)}
    used: set[str] = set()
    for name, value in own.items():
        if inspect.isclass(value):
            yield from _of_class(name, value)
    for name in functions:
        base = base_of(name, functions)
        if base is None or name in used or base in used or NO_PROMISE.search(name):
            continue
        candidate = _pair(base, name, functions)
        if candidate is not None:
            used |= {
                base,
                name,
                *(_names_of(candidate.target, functions) if isinstance(candidate.target, Parts) else ()),
            }
            yield candidate
    for name, value in functions.items():
        flagged = _flagged(value)
        if name not in used and flagged is not None and len(_roles(value)) == 1:
            used.add(name)
            yield Candidate(name, "activation", (value, flagged))
    for candidate in _rest(functions, used, module):
        used.add(candidate.name)
        yield candidate
    for name in functions:
        promises = PROMISE.search(name) or (re.match("d_?[a-z]", name) and _stem(name[1:]) in KNOWN)
        if name not in used and promises and not NO_PROMISE.search(name) and parameters(functions[name]):
            yield _lonely(name, functions[name])


def _pair(base: str, name: str, functions: Mapping[str, Any]) -> Candidate | None:
    """Return what a function and its derivative are: an activation, a loss, a layer or a network."""
    forward, back = functions[base], functions[name]
    roles, other = _roles(forward), _roles(back)
    labels = [n for n in other if bare(n) in LABELS and n not in UPSTREAM]
    if "container" in roles.values() or ({"x"} <= set(roles.values()) and labels and (LOSSES.search(base) is None)):
        return Candidate(base, "network", _triple(functions, base, name))
    first = next(iter(roles), "")
    if len(roles) == 2 and (
        LOSSES.search(base) or (any(bare(n) in LABELS for n in roles) and any(bare(n) in PREDICTED for n in roles))
    ):
        return Candidate(base, "loss", (forward, back))
    if (len(roles) == 1 and not any(bare(n) in CACHE for n in other)) or (
        len(roles) == 1 and bare(first) in ("z", "x", "v")
    ):
        return Candidate(base, "activation", (forward, back))
    return Candidate(base, "layer", (forward, back)) if roles else None


def _triple(functions: Mapping[str, Any], forward: str, back: str) -> Parts:
    """Return the parts of a network: its forward and backward functions and the cost between them."""
    costs = [
        n
        for n in functions
        if n not in (forward, back) and (bare(n) in VALUE or LOSSES.search(n)) and not PROMISE.search(n)
    ]
    cost = next((n for n in costs if {"y"} <= set(_roles(functions[n]).values())), None)
    return Parts(functions[forward], functions[cost] if cost else None, functions[back])


def _names_of(parts: Parts, functions: Mapping[str, Any]) -> list[str]:
    return [n for n, v in functions.items() if v in parts]


def _rest(functions: dict[str, Any], used: set[str], module: ModuleType) -> Iterator[Candidate]:
    """Yield networks, losses that return their gradient, and optimizers among the functions that are left."""
    backs = [
        n
        for n in functions
        if n not in used and re.search(r"back|gradient|grads", n, re.IGNORECASE) and not NO_PROMISE.search(n)
    ]
    for name in backs:
        roles = _roles(functions[name])
        parts = {bare(n) for n in roles}
        forwards = [n for n in functions if n not in used and n != name and re.search("forward|feed|predict|propagat|^fp", n, re.IGNORECASE)
                    and "x" in _roles(functions[n]).values()]  # fmt: skip
        needs = parts & set(CACHE) or "output" in roles.values()
        if forwards and needs and name not in used:
            found = _triple(functions, forwards[0], name)
            used |= {name, *_names_of(found, functions)}
            yield Candidate(name, "network", found)
    for name, value in functions.items():
        if name in used:
            continue
        roles = _roles(value)
        kinds = set(roles.values())
        work = WORK.search(inspect.getsource(value)) is not None
        calls_found = bool(
            mentioned(value) & used & {n for n in functions if NETWORK.search(n) or "forward" in n.lower()}
        )
        weights = kinds & {"container", "weight"}
        returned = returned_names(value)
        gives = any(re.match(r"d[A-Z_\w]|grad|g\d|nabla|g[A-Z]", n) for n in returned) or len(returned) > 1
        gradient_arguments = [
            n for n in roles if bare(n).startswith(("d", "grad", "g")) and bare(n) not in ("d", "data", "gamma")
        ]
        if (OPTIMIZERS.search(name) and len(roles) >= 2 and gradient_arguments) or (
            re.search("step$|update", name) and gradient_arguments and weights
        ):
            yield Candidate(name, "optimizer", value)
        elif (
            {"x", "y"} <= kinds
            and (weights or _global_weights(module, value))
            and work
            and not SUMMARY.search(name)
            and (gives or NETWORK.search(name))
            and not calls_found
        ):
            yield Candidate(name, "network", Parts(value))
        elif LOSSES.search(name) and len(roles) == 2 and len(returned) == 2 and gives:
            yield Candidate(name, "loss", (value, None))


def _global_weights(module: ModuleType, function: Any) -> bool:
    return any(isinstance(getattr(module, n, None), np.ndarray | dict | list) and (is_weight(n) or isinstance(getattr(module, n), np.ndarray))
               for n in mentioned(function))  # fmt: skip


def _lonely(name: str, function: Any) -> Candidate:
    """Return a derivative without its function: held against a well-known function, or unclear."""
    for rest in [*(name[: m.start()] + name[m.end() :] for m in DERIVATIVE.finditer(name)), name[1:]]:
        stem = _stem(rest)
        if stem in KNOWN and len(_roles(function)) <= 2:
            return Candidate(name, "activation", (KNOWN[stem], function))
    return Candidate(
        name,
        "unclear",
        function,
        why="its name promises a derivative; no function that it is the derivative of was found",
    )


def _of_class(name: str, cls: Any) -> Iterator[Candidate]:
    """Yield what a class is, and the pairs of functions among its static methods."""
    own = {n: getattr(cls, n) for n, v in vars(cls).items() if isinstance(v, staticmethod)}
    for back in own:
        base = base_of(back, own)
        if base is not None:
            pair = _pair(base, back, own)
            if pair is not None:
                yield pair._replace(name=f"{name}.{base}")
    if issubclass(cls, BaseException) or stub(cls, FORWARD):
        return
    forward = method(cls, FORWARD)
    back = method(cls, [w for w in BACKWARD if forward is None or w != bare(forward)])
    step = (
        method(cls, STEPS)
        if OPTIMIZERS.search(name)
        else method(cls, STEPS[:-3])
        if forward in (None, "__call__")
        else None
    )
    takes = [p.name for p in parameters(getattr(cls, forward))[1:] if p.default is p.empty] if forward else []
    if step is not None and back is None and (OPTIMIZERS.search(name) or len(parameters(getattr(cls, step))) > 2):
        yield Candidate(name, "optimizer", cls)
    elif (
        forward
        and back
        and len(takes) == 2
        and any(bare(n) in LABELS for n in takes)
        and (LOSSES.search(name) or bare(forward) in VALUE)
    ):
        yield Candidate(name, "loss", cls)
    elif is_network(cls):
        yield Candidate(name, "network", cls)
    elif (
        forward
        and back
        and len(takes) == 1
        and bare(back) not in ("backward", "backwardpass", "backprop")
        and _of_input(cls, back, takes[0])
    ):
        yield Candidate(name, "activation", cls)
    elif forward and back and not stub(cls, BACKWARD):
        yield Candidate(name, "layer", cls)


def _of_input(cls: Any, back: str, first: str) -> bool:
    """Return whether a method `gradient(x)` takes what the function takes, not a gradient from above."""
    names = [bare(p.name) for p in parameters(getattr(cls, back))[1:] if p.default is p.empty]
    return len(names) == 1 and names[0] not in UPSTREAM and not re.match("d[a-z]|grad|err", names[0])
