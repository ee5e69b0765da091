"""Penalties that no loss tells of: a rate times the weight itself in its gradient, where no loss is in the file."""

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ...lines.derive.study import Study, SubjectError
from ..protocols import Array, Plain
from ..source.syntax import source_of
from ..source.words import VALUE, bare, is_bias
from .calling import frozen
from .subject import ProgramSubject
from .world import World, get, plain

STEP, NEAR = 1e-5, 1e-2
"""Of the disturbance; rates along two directions that are so near are looked at."""
SUMS = r"sum\(|norm\("
SAME = 1e-6
"""Rates that differ by less are one."""


def with_penalties(subject: ProgramSubject) -> ProgramSubject:
    """Return a network with its gradients taken without the weight's own multiple that they have besides; or it itself.

    The loss is not in the file, so that nothing tells whether one belongs there. A rate is positive and not 1: a weight
    that is added as it stands is a slip. Where all rates are one, it is taken from other wrong kernels' gradients too.
    """
    wrong = [name for name in subject.claimed if name not in subject.right and np.size(subject.values[name]) > 1]
    if wrong and _has_a_loss(subject):
        return subject
    if subject.kind != "network" or not subject.program.variants or not any(_may_have_one(subject, n) for n in wrong):
        return subject
    rates = _rates(subject, wrong)
    if not rates:
        return subject
    rate = next(iter(rates.values()))
    if all(abs(other - rate) <= SAME * rate for other in rates.values()):
        kernels = {np.ndim(np.squeeze(subject.values[name])) for name in rates}
        rates = {name: rate for name in wrong if np.ndim(np.squeeze(subject.values[name])) in kernels} | rates
    origins = {name: source._replace(penalty=rates.get(name, 0.0)) for name, source in subject.origins.items()}
    return replace(subject, origins=origins, adapt=_adapted)


def _has_a_loss(subject: ProgramSubject) -> bool:
    """Return whether the object of a program has a method for its loss, which tells of penalties."""
    if subject.program.make is None:
        return False
    with frozen(subject.program.module):
        cls: Any = type(subject.program.build()["self"])
    return any(bare(name).strip("_") in VALUE and callable(getattr(cls, name)) for name in dir(cls))


def _adapted(subject: ProgramSubject) -> ProgramSubject:
    """Return the same network on other data, where a rate may be another: lambda / m."""
    names = [name for name, source in subject.origins.items() if source.penalty]
    if not names:
        return subject
    plain = replace(subject, origins={n: source._replace(penalty=0.0) for n, source in subject.origins.items()})
    rates = _rates(plain, names)
    rate = next(iter(rates.values()), 0.0)
    origins = {n: s._replace(penalty=rates.get(n, rate) if s.penalty else 0.0) for n, s in subject.origins.items()}
    return replace(subject, origins=origins)


def _may_have_one(subject: ProgramSubject, name: str) -> bool:
    """Return whether a gradient and the slope of the loss differ by one multiple of the weight in two directions."""
    derivative, value = subject.run(Plain())[1][name], np.asarray(subject.values[name])
    if np.shape(derivative) != value.shape:
        return False
    rng, rates = np.random.default_rng(4), []
    for direction in (rng.normal(size=value.shape), value + 0.3 * rng.normal(size=value.shape)):
        ends = [subject.run(Plain(name, step * direction), backward=False)[0] for step in (STEP, -STEP)]
        if None in ends:
            return False
        slope = (ends[0] - ends[1]) / (2 * STEP)
        rates.append(float((np.vdot(derivative, direction) - slope) / np.vdot(value, direction)))
    return bool(min(rates) > 0 and abs(rates[0] - rates[1]) <= NEAR * max(rates))


def _rates(subject: Any, names: list[str]) -> dict[str, float]:
    """Return the rates of penalties, of the names that have one."""
    try:
        study = Study(subject)
    except SubjectError:
        return {}
    found = {}
    for name, distance in study.distances.items():
        value = np.asarray(subject.values[name], "float64")
        rate = float(np.vdot(value, distance) / max(np.vdot(value, value), 1e-300))
        rest = study.truth[name] + distance - rate * value
        if name in names and rate > 0 and not np.isclose(rate, 1) and study.agrees(name, rest):
            found[name] = rate
    return found


def penalties_of(found: ProgramSubject, name: str, rate: float) -> list[Callable[[World], Any]]:
    """Return the losses of a layer with a penalty: as the file has it, or else the usual ones of its kernels or biases.

    Args:
        name: of the setting, such as weight_regularizer_l2. rate: which it has.
    """
    told = _told_penalty(type(found.world()[0]["self"]), found.program.module, name)
    biases = "bias" in name
    places = [leaf.places[0] for leaf in found.parts if leaf.places[0][0][1] == "self" and is_bias(leaf.name) == biases]

    def squares(world: World) -> Any:
        return sum(world["compute"](np.sum, world["compute"](np.square, get(world, place))) for place in places)

    def sizes(world: World) -> Any:
        return sum(world["compute"](np.sum, world["compute"](np.abs, get(world, place))) for place in places)

    usual = [lambda w: rate * squares(w), lambda w: rate / 2 * squares(w), lambda w: rate * sizes(w)]
    return [partial(_with_penalty, made) for made in ([told] if told is not None else usual if places else [])]


def adds_to_gradients(found: ProgramSubject, others: Sequence[ProgramSubject], name: str) -> bool:
    """Return whether a layer adds a penalty to its gradients, and which one is said, or it is none of the usual ones.

    Args:
        others: it with the losses that may be meant; one if the file says it. name: of the setting.
    """
    if len(others) == 1:
        world = found.world()[0]
        return any(f"self.{name}" in source_of(call.function(world)) for call in found.program.backward)
    with_it = others[0].run(Plain())[1] if others else {}
    pairs = {n: (np.asarray(g), np.asarray(with_it[n])) for n, g in found.run(Plain())[1].items() if n in with_it}
    added = {n: np.ravel(after - before) for n, (before, after) in pairs.items() if not np.allclose(before, after)}
    return not all(_is_usual(more, found.values[n]) for n, more in added.items())


def _is_usual(added: Array, value: Array) -> bool:
    """Return whether something is a positive multiple of a weight, or of its signs."""
    own = np.ravel(value)
    rates = added / own, added / np.sign(own)
    return any(np.all(rate > 0) and np.allclose(rate, rate[0]) for rate in rates)


def _with_penalty(penalty: Callable[[World], Any], world: World) -> Any:
    """Return the sum of an output, times the gradients from above, and of a penalty."""
    output = world["output"][0] if isinstance(world["output"], tuple) else world["output"]
    compute = world["compute"]
    return compute(np.add, compute(np.sum, compute(np.multiply, plain(output), world["upstream"][0])), penalty(world))


def _told_penalty(cls: Any, module: Any, name: str) -> Callable[[World], Any] | None:
    """Return what computes the penalty of a layer: a method of it that takes nothing, or a function that takes it."""
    asks = re.compile(rf"\.{name}\b")

    def tells(function: Any, given: int) -> bool:
        text = source_of(function) if inspect.isfunction(function) else ""
        penalizes = asks.search(text) is not None and re.search(SUMS, text) is not None
        return penalizes and len(inspect.signature(function).parameters) == given

    for method in (n for n, v in vars(cls).items() if not n.startswith("__") and tells(v, 1)):
        return lambda world: getattr(world["self"], method)()
    for value in vars(module).values() if module is not None else ():
        own = inspect.isclass(value) and value.__module__ == module.__name__ and value is not cls
        for function in vars(value).values() if own else ():
            if tells(function, 2):
                return lambda world, f=function, c=value: f(object.__new__(c), world["self"])  # type: ignore[misc]
        if inspect.isfunction(value) and tells(value, 1):
            return lambda world, f=value: f(world["self"])  # type: ignore[misc]
    return None
