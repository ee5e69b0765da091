"""The hyperparameters of optimizers, under Keras' names and as people call them."""

import ast
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from inspect import Parameter
from typing import Any

from ..readings.roles import parameters
from ..source.syntax import nodes_of
from ..source.words import bare

ALIASES: dict[str, tuple[str, ...]] = {
    "learning_rate": ("learningrate", "lr", "eta", "alpha", "rate", "stepsize"),
    "beta_1": ("beta1", "b1"), "beta_2": ("beta2", "b2"),
    "rho": ("rho", "decayrate", "decay", "exponentialdecay", "gamma", "beta"),
    "epsilon": ("epsilon", "eps"), "momentum": ("momentum", "mu", "beta", "gamma", "mass"),
    "weight_decay": ("weightdecay", "wd", "lam", "lambda", "lambd"), "nesterov": ("nesterov",),
    "centered": ("centered", "centred"),
    "amsgrad": ("amsgrad",), "initial_accumulator_value": ("initialaccumulatorvalue", "initial"),
}  # fmt: skip
"""How people call Keras' hyperparameters."""
DEFAULTS = {"learning_rate": 0.01, "beta_1": 0.9, "beta_2": 0.999, "rho": 0.9, "epsilon": 1e-7, "momentum": 0.9}
SUFFIXES = re.compile("(coeff?(icient)?|factor|term|const(ant)?)$")
PENALTIES = re.compile("^(l[12]|reg|wd$|lam)|weightdecay|penalty")
SHARES = ("beta_1", "beta_2", "rho", "momentum")
COUNTERS = re.compile(r"t|i|n|k|it|time|timestep|counter|curstep|epoch|(num|globals?|cur)?(steps?|iter(ation)?s?)")


def taken(function: Any, hyper: Mapping[str, Any]) -> dict[str, Any]:
    """Return the hyperparameters that a function takes, under its own names."""
    key = getattr(function, "__func__", function)
    try:
        return dict(_taken(key, tuple(hyper.items()), key is function))
    except TypeError:  # not hashable
        return dict(_taken.__wrapped__(key, tuple(hyper.items()), key is function))


@functools.lru_cache(maxsize=256)
def _taken(function: Any, items: tuple[tuple[str, Any], ...], bound: bool) -> dict[str, Any]:
    hyper = dict(items)
    found = {}
    names = {bare(p.name) for p in parameters(function)}
    for p in parameters(function):
        own = SUFFIXES.sub("", bare(p.name))
        fits = (k for k in hyper if bare(k) == own or (bare(k) not in names and own in ALIASES.get(k, ())))
        key = next(fits, None)
        if key is not None and hyper[key] is not None:
            if not (key in SHARES and p.default == round(1 - hyper[key], 12)):  # it is what the new gradient counts
                found[p.name] = hyper[key]
        elif p.default is p.empty:
            key = next((k for k in DEFAULTS if own in ALIASES[k]), None)
            if key is not None:
                found[p.name] = DEFAULTS[key]
    return found


def wanted(function: Any, hyper: Mapping[str, Any]) -> list[str]:
    """Return the arguments that a function needs beside its hyperparameters."""
    return [p.name for p in parameters(function) if p.name not in taken(function, hyper) and p.default is p.empty]


def told(cls: Any, hyper: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a constructor takes beside the parameters: hyperparameters, and that nothing is penalised."""
    rest = wanted(cls, hyper)[1:]
    nothing: dict[str, Any] = {n: [] for n in rest if re.search("param|weights|vars", bare(n))}
    nothing |= {n: 0.0 for n in rest if n not in nothing and PENALTIES.search(bare(n))}
    return taken(cls, hyper) | nothing


def own_defaults(function: Any, has: Callable[[str], bool]) -> dict[str, Any]:
    """Return the numbers that a function or constructor has as defaults, by Keras' names.

    Args:
        has: whether the rule has a hyperparameter: each argument is the first of those that its name may mean.
    """
    found: dict[str, Any] = {}
    for name, value in [*((p.name, p.default) for p in parameters(function)), *_settled(function)]:
        if isinstance(value, tuple) and len(value) == 2 and bare(name) in ("beta", "betas"):
            found |= dict(zip(("beta_1", "beta_2"), value, strict=True))
        elif isinstance(value, int | float):
            own = bare(name), SUFFIXES.sub("", bare(name))
            meant = [k for k in ALIASES if own[0] == bare(k) or set(own) & set(ALIASES[k])]
            found |= {k: value for k in [key for key in meant if has(key)][:1] if k not in found}
    return found


def _settled(function: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a function takes where a dict that it is given has none: config.setdefault("rho", 0.9)."""
    for node in nodes_of(function):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("setdefault", "get")
        ):
            given = [part.value for part in node.args if isinstance(part, ast.Constant)]
            if len(given) == len(node.args) == len(("key", "value")) and isinstance(given[0], str):
                yield given[0], given[1]


def takes_a_rate(target: Any) -> bool:
    """Return whether a function, or a method of a class, takes a learning rate."""
    known = [target, *vars(target).values()] if isinstance(target, type) else [target]
    names = (bare(p.name) for function in known if callable(function) for p in parameters(function))
    return any(name in ALIASES["learning_rate"] for name in names)


def free_of(function: Any, hyper: Mapping[str, Any]) -> list[Parameter]:
    known = taken(function, hyper)
    return [p for p in parameters(function) if p.name not in known]


def counted(function: Any, hyper: Mapping[str, Any], t: int) -> dict[str, int]:
    """Return what counts the steps among the parameters of a function."""
    return {p.name: t for p in free_of(function, hyper) if COUNTERS.fullmatch(bare(p.name))}
