"""Optimizers by label, a name with optional arguments: `adam`, `momentum`, `adam(beta_1=0.8, amsgrad=True)`.

The name may be a class in a file: `my_rules.py:MyAdam(beta_1=0.8)`.
"""

import ast
import math
import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from ..core.naming import snake_case, spelt_alike
from ..core.registry import nearest_or_all
from ..optimizers import SGD, Optimizer, optimizers, recent
from . import own_optimizer

MOMENTUM = 0.9

NAMES: dict[str, Callable[..., Optimizer]] = {
    **dict(optimizers.items()),
    "momentum": lambda **options: SGD(**{"momentum": MOMENTUM} | options),
    "nesterov": lambda **options: SGD(**{"momentum": MOMENTUM, "nesterov": True} | options),
    **dict(recent.items()),
}
"""The names that `--optimizer` and labels accept."""

USUAL_RATES_OF_RECENT = {
    "ademamix": 0.01,
    "adopt": 0.01,
    "mars": 0.01,
    "prodigy": 1.0,
    "shampoo": 0.1,
    "signum": 0.00316,
    "soap": 0.01,
    "sophiag": 0.00316,
    "sophiah": 0.00316,
}
"""The same for optimizers that Keras does not have: those of their nearest relatives, not measured."""

USUAL_RATES = {
    "adadelta": 10.0,
    "adafactor": 0.1,
    "adagrad": 0.1,
    "adam": 0.01,
    "adamax": 0.01,
    "adamw": 0.01,
    "ftrl": 0.316,
    "lamb": 0.01,
    "lion": 0.00316,
    "muon": 0.01,
    "nadam": 0.01,
    "rmsprop": 0.01,
    "schedulefreeadamw": 0.01,
    "sgd": 0.316,
}
"""The middle of each grid of learning rates, chosen for small networks and short training.

Measured: the geometric mean, to half a decade, of the best rates (lowest validation loss) for digits with 64-16-16-10
and spiral with 2-16-16-3, 20 epochs, and mnist5k with 784-32-10, 6 epochs. Each best rate is within a decade of it.
"""


def parse(label: str) -> tuple[str, dict[str, Any]]:
    """Return name and options of 'adam(beta_1=0.8)'.

    Raises:
        ValueError: the label is malformed, or the name is unknown; the message suggests similar names.
    """
    unlike = f"an optimizer must read like adam or adam(beta_1=0.8) or my_rules.py:MyAdam; received {label!r}"
    head, bracket, rest = label.partition("(")
    own = own_optimizer.place(head)
    if own is not None:
        name, options = f"{own.file}:{own.name}", parse(f"adam({rest}")[1] if bracket else {}
        return name, options
    try:
        tree = ast.parse(label.strip(), mode="eval").body
    except SyntaxError:
        raise ValueError(unlike) from None
    if isinstance(tree, ast.Name):
        return _known(tree.id), {}
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name) or tree.args:
        raise ValueError(unlike)
    name, options = _known(tree.func.id), {}
    for option in tree.keywords:
        if option.arg is None:  # **{...}
            raise ValueError(unlike)
        try:
            options[option.arg] = ast.literal_eval(option.value)
        except ValueError:
            raise ValueError(f"options of {name} must be numbers, True, False or None; received {label!r}") from None
    return name, options


def _known(name: str) -> str:
    """Return the registry's name of 'adam', 'Adam', 'schedule_free_adamw' or 'ScheduleFreeAdamW'."""
    known = spelt_alike(name, NAMES)
    if known is not None or name in OWN:
        return known or name
    spelt = {key: key for key in NAMES} | {
        snake_case(cls.__name__): key for key, cls in (*optimizers.items(), *recent.items())
    }
    nearest = dict.fromkeys(spelt[key] for key in get_close_matches(name.lower(), spelt, n=3, cutoff=0.4))
    raise ValueError(f"unknown optimizer {name!r}; {nearest_or_all(nearest, NAMES)}")


def canonical(label: str) -> str:
    """Return the canonical label: 'Adam( beta_1 = 0.80 )' -> 'adam(beta_1=0.8)'.

    Raises:
        ValueError: the label is malformed, or the optimizer does not have the options.
    """
    name, options = parse(label)
    make(label)
    if not options.get("learning_rate", 1) > 0:
        raise ValueError(f"{label}: learning_rate must be a number > 0")
    given = ", ".join(f"{option}={value!r}" for option, value in options.items())
    return f"{name}({given})" if given else name


def is_own(label: str) -> bool:
    """Return whether the label names a class in a file, or an object that `own` was given."""
    name = parse(label)[0]
    return name in OWN or own_optimizer.place(name) is not None


OWN: dict[str, Any] = {}
"""Classes and functions of this process by label, which `handnn.compare.run` was given."""


def own(label: str, file: str | None = None) -> Any:
    """Return the class or function of one's own that a label names; `file` is where its file is now."""
    name = parse(label)[0]
    if name in OWN:
        return OWN[name]
    place = own_optimizer.place(name)
    assert place is not None
    return own_optimizer.load(place if file is None else place._replace(file=file))


def make(
    label: str, learning_rate: float | None = None, file: str | None = None, more: dict[str, Any] | None = None
) -> Optimizer:
    """Return a new optimizer. Its rate is learning_rate, else the label's, else Keras' default; `more` are options.

    Raises:
        ValueError: the label is malformed, or the optimizer refuses an option.
    """
    name, options = parse(label)
    options |= more or {}
    if learning_rate is not None:
        options["learning_rate"] = learning_rate
    if name not in NAMES:
        return own_optimizer.adapted(own(label, file), options, name)
    try:
        return NAMES[name](**options)
    except TypeError as error:  # an unknown option
        message = str(error).partition("__init__() ")[2] or str(error)
        raise ValueError(f"{label}: {message}") from None
    except ValueError as error:
        raise ValueError(f"{label}: {error}") from None


def usual_rate(label: str) -> float:
    """Return the middle of the label's grid: its learning_rate if it has one, else its optimizer's usual rate.

    Momentum mu makes the steps of SGD 1 / (1 - mu) times as long, so the usual rate is multiplied by 1 - mu.
    """
    name, options = parse(label)
    if "learning_rate" in options:
        return rounded(float(options["learning_rate"]))
    if name in ("sgd", "momentum", "nesterov"):
        mu = float(options.get("momentum", 0.0 if name == "sgd" else MOMENTUM))
        return half_decade(USUAL_RATES["sgd"] * max(1 - mu, 1e-3))
    if name not in NAMES:
        return half_decade(own_optimizer.default_rate(own(label)))
    return (USUAL_RATES | USUAL_RATES_OF_RECENT)[name]


def default_rate(label: str) -> float:
    """Return the learning rate of a label that nobody tuned: its own, else the default of its class."""
    name, options = parse(label)
    if "learning_rate" in options:
        return rounded(float(options["learning_rate"]))
    if name not in NAMES:
        return rounded(own_optimizer.default_rate(own(label)))
    return rounded(float(make(label).learning_rate))


def half_decade(rate: float) -> float:
    """Return the nearest of ..., 0.01, 0.0316, 0.1, 0.316, ..."""
    return rounded(10 ** (round(2 * math.log10(rate)) / 2))


def grid(middle: float, count: int, step: float) -> tuple[float, ...]:
    """Return `count` rates, each 10**step times the one before, around the middle (the upper one of two)."""
    exponent = _exponent(middle)
    return tuple(rounded(10 ** (exponent + step * (i - count // 2))) for i in range(count))


def beyond(edge: float, inner: float) -> float:
    """Return the next rate of a grid after its edge, as far from it as the rate `inner` of it."""
    return rounded(10 ** (2 * _exponent(edge) - _exponent(inner)))


def _exponent(rate: float) -> float:
    exponent = math.log10(rate)
    return round(2 * exponent) / 2 if half_decade(rate) == rate else exponent  # 0.0316 means 10**-1.5


def rounded(rate: float) -> float:
    """Return a rate rounded to three digits, so that it is readable and the same wherever it is written."""
    return float(f"{rate:.3g}")


def split(text: str) -> list[str]:
    """Return the canonical labels of 'sgd, adam(beta_1=0.8, beta_2=0.9)'; 'all' means all names.

    Raises:
        ValueError: a label is malformed or occurs twice.
    """
    if text.strip() == "all":
        return list(NAMES)
    found = [canonical(part) for part in re.split(r",(?![^()]*\))", text)]
    for label in found:
        if found.count(label) > 1:
            raise ValueError(f"--optimizers must differ; received {label} {found.count(label)} times")
    return found
