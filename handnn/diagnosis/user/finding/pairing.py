"""Functions and their derivatives, matched by name."""

import functools
import inspect
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from ..readings.elementwise import KNOWN
from ..readings.roles import parameters, roles_among, with_containers
from ..readings.ways import Parts
from ..source.directive import Directive
from ..source.syntax import returned_names, source_of
from ..source.words import CACHE, DERIVATIVE, INPUTS, LABELS, PREDICTED, PROMISE, UPSTREAM, VALUE, bare, is_weight

LOSSES = re.compile(
    "loss|entropy|mse|mae|error|criterion|cost|hinge|huber|squared|bce|nll|dice|focal|diverg|kullback|tversky|triplet|contrastive",
    re.IGNORECASE,
)

FLAG = ("deriv", "derivative", "derive", "der", "grad", "prime", "gradient", "isderivative", "derivate", "diff")
OPTIMIZERS = re.compile(
    "sgd|adam|amsgrad|rmsprop|momentum|adagrad|adadelta|nesterov|optimi[sz]er|nadam|adamax|lion|gradientdescent|lamb$",
    re.IGNORECASE,
)


class Candidate(NamedTuple):
    """Something to check.

    Attributes:
        target: a class, a function, a Parts of network functions, or a pair (forward, derivative).
        why: why it cannot be checked; '' if it can.
        pair: the methods of a loss and of its step, of a class that may have several such pairs; ("step", "") if the
            loss is in the step.
        roles, links: what the file's own calls show of the arguments; see by_use.Deriving.
    """

    name: str
    kind: str
    target: Any
    directive: Directive | None = None
    why: str = ""
    pair: tuple[str, str] | None = None
    roles: Mapping[str, str] = MappingProxyType({})
    links: Mapping[str, str] = MappingProxyType({})


def partner_of(name: str, own: Mapping[str, Any]) -> str | None:
    """Return the name of the function that is the derivative of this one, if there is one."""
    return next((n for n, v in own.items() if n != name and inspect.isfunction(v) and base_of(n, [name]) == name), None)


def base_of(name: str, own: Any) -> str | None:
    """Return the function in `own` that a name says it is the derivative of; None if there is none."""
    exact = {bare(n): n for n in own if n != name}
    stems = {stem_of(n): n for n in own if n != name}
    swapped = re.sub(r"back(ward|prop(agation)?|_?pass)?", "forward", name, flags=re.IGNORECASE)
    if swapped != name and bare(swapped) in exact:
        return exact[bare(swapped)]
    named = re.match(r"(\w+?)_?back(ward|prop)?_\w+$", name)  # conv_backward_alt, conv_backward_fast
    if named and bare(f"{named[1]}forward") in exact:
        return exact[bare(f"{named[1]}forward")]
    cuts = [(name[: m.start()], name[m.end() :]) for m in DERIVATIVE.finditer(name)]
    left_over = [f"{before}_{after}" if before and after else before + after for before, after in cuts]
    left_over += [name[1:]] if re.fullmatch(r"d[a-z]\w*", name) else []
    for rest in left_over:
        found = exact.get(bare(rest)) or (stems.get(stem_of(rest)) if stem_of(rest) else None)
        if found is not None:
            return found
    return stems.get(stem_of(swapped)) if swapped != name else None


def stem_of(name: str) -> str:
    """Return a name without what says that it is a function: sigmoid_forward, sigmoid_activation -> sigmoid."""
    plain = bare(name)
    cut = re.sub(
        r"(forward(pass|prop|propagation)?|fwd|fw|function|func|activation|fn|naive|fprop)$|^(forward|fwd|act|calc(ulate)?|compute|get)",
        "",
        plain,
    )
    return cut or plain


def flagged(function: Any) -> Any:
    """Return the derivative that a function computes if a flag says so: sigmoid(x, deriv=True)."""
    if not inspect.isfunction(function):
        return None
    for p in parameters(function):
        if bare(p.name) in FLAG and (p.default is False or p.default in (0, None)):
            return functools.partial(function, **{p.name: True})
    return None


def roles_of(function: Any) -> dict[str, str]:
    names = [p.name for p in parameters(function) if p.default is p.empty or bare(p.name) in ("y", "labels")]
    return with_containers(function, roles_among(names))


def pair_of(base: str, name: str, functions: Mapping[str, Any]) -> Candidate | None:
    """Return what a function and its derivative are: an activation, a loss, a layer or a network."""
    forward, back = functions[base], functions[name]
    roles, other = roles_of(forward), roles_of(back)
    labels = [n for n in other if bare(n) in LABELS and n not in UPSTREAM]
    labels = labels if len(other) > 1 else []  # sigmoid_der(y) is of the output
    scores = labels and other.keys() == roles.keys() and not any(bare(n) in INPUTS or is_weight(n) for n in roles)
    if scores and len(roles) == 2 and len(returned_names(back)) == 1:  # of scores, whatever these are called
        return Candidate(base, "loss", (forward, back))
    alone = len(roles) == 1 and roles == other and not re.search(r" @ |dot\(|matmul\(", source_of(forward))
    given = {"x"} <= set(roles.values()) and labels and LOSSES.search(base) is None
    if ("container" in roles.values() and not alone) or given:
        return Candidate(base, "network", triple_of(functions, base, name))
    first = next(iter(roles), "")
    by_both = len(returned_names(back)) == 2 and not any(bare(n) in LABELS for n in roles)  # two inputs, no labels
    if len(roles) == 2 and is_loss(base, forward) and not by_both:
        return Candidate(base, "loss", (forward, back))
    keeps = any(bare(n) in CACHE for n in other) or len(returned_names(forward)) > 1
    if len(roles) == 1 and (bare(first) in ("z", "x", "v") or not keeps):
        return Candidate(base, "activation", (forward, back))
    if len(roles) > 2 and other.keys() == roles.keys() and LOSSES.search(base):  # triplets: it is derived by them all
        return Candidate(base, "network", Parts(forward, None, back))
    return Candidate(base, "layer", (forward, back)) if roles else None


def is_loss(name: str, function: Any) -> bool:
    """Return whether a function of two arguments is a loss, by its name or by theirs."""
    roles = roles_of(function)
    of_two = any(bare(n) in LABELS for n in roles) and any(bare(n) in PREDICTED for n in roles)
    return of_two or LOSSES.search(name) is not None


def triple_of(functions: Mapping[str, Any], forward: str, back: str) -> Parts:
    """Return the parts of a network: its forward and backward functions and the cost between them."""
    others = [n for n in functions if n not in (forward, back) and not PROMISE.search(n)]
    costs = (n for n in others if bare(n) in VALUE or LOSSES.search(n))
    cost = next((n for n in costs if {"y"} <= set(roles_of(functions[n]).values())), None)
    given = set(roles_of(functions[back]).values())
    if cost and {"upstream", "y"} & given == {"upstream"} and partner_of(cost, functions):
        cost = None  # it is given the derivative of the cost, which is judged by itself
    return Parts(functions[forward], functions[cost] if cost else None, functions[back])


def names_of(parts: Parts, functions: Mapping[str, Any]) -> list[str]:
    return [n for n, v in functions.items() if v in parts]


def lonely(name: str, function: Any) -> Candidate:
    """Return a derivative without its function: held against a well-known function, or unclear."""
    for rest in [*(name[: m.start()] + name[m.end() :] for m in DERIVATIVE.finditer(name)), name[1:]]:
        stem = stem_of(rest)
        if stem in KNOWN and len(roles_of(function)) <= 2:
            return Candidate(name, "activation", (KNOWN[stem], function))
    why = "its name promises a derivative; no function that it is the derivative of was found"
    return Candidate(name, "unclear", function, why=why)
