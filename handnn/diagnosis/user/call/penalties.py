"""Penalties that no loss tells of: a rate times the weight itself in its gradient, where no loss is in the file."""

from dataclasses import replace
from typing import Any

import numpy as np

from ...lines.derive.study import Study, SubjectError
from ..protocols import Plain
from ..source.words import VALUE, bare
from .calling import frozen
from .subject import ProgramSubject

STEP, NEAR = 1e-5, 1e-2
"""Of the disturbance; rates along two directions that are so near are looked at."""
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
