"""What of a program's own steps does not go with the gradients that were found beside them."""

from dataclasses import replace

import numpy as np

from ..protocols import Array, Plain
from ..source.words import bare
from .gradients import candidates_in, found_at
from .subject import ProgramSubject
from .visits import after_the_step, moved_as
from .world import get, last_name

SMALL, MOST_SIGNS = 1e-3, 0.9
"""Numbers of a gradient that are smaller than its largest by so much count as 0; nearly all others give their sign."""


def odd_steps(subject: ProgramSubject) -> dict[str, str]:
    """Return the weights whose steps do not go with their gradients, or are not judged by these, each with why."""
    along = "it is taken along the gradient, not against it"
    looks = {
        _upwards: along,
        _turned: along,
        _unrated: "it does not grow with the rate as the others do",
        _astray: "it does not follow the gradient that was found beside it",
        _uneven: "it is not the multiple of its gradient that the steps of the others are",
        _by_rules: "the rule that it takes is not judged here, only the gradient in it",
    }
    found: dict[str, str] = {}
    for look, why in looks.items():
        found = dict.fromkeys(look(subject), why) | found
    return found


def _upwards(subject: ProgramSubject) -> list[str]:
    """Return the weights that are returned beside their gradients with a multiple of these added to them."""
    if subject.kind != "network" or subject.program.loss is None:
        return []
    found, (world, before) = [], subject.world()
    returned = [c for c in candidates_in(subject, world, before, None) if c.returned]
    for leaf in subject.parts:
        source = subject.origins.get(leaf.name)
        if source is None or source.place is None:
            continue
        gradient = np.asarray(found_at(world, source.place))
        for candidate in returned:
            alike = bare(last_name(candidate.place)) == bare(last_name(leaf.places[0]))
            sizes = {np.size(candidate.value), np.size(leaf.value), gradient.size}
            if not alike or candidate.place == source.place or len(sizes) > 1:
                continue
            rate = _rate(np.ravel(candidate.value) - np.ravel(leaf.value), gradient)
            if rate is not None and rate > 0:
                found.append(leaf.name)
    return found


def _unrated(subject: ProgramSubject) -> list[str]:
    """Return the weights whose steps do not grow with the rate as those of others do: it is left out, or divided by."""
    steps = [name for name, source in subject.origins.items() if source.place is None]
    if len(steps) < 2 or not set(steps) <= subject.right:
        return []
    whole = subject.run(Plain())[1]
    half = replace(subject, program=replace(subject.program, given_rate=0.5)).run(Plain())[1]
    follow = {name for name in steps if np.any(whole[name]) and np.allclose(2 * np.asarray(half[name]), whole[name])}
    return [name for name in steps if follow and name not in follow and np.any(whole[name])]


def _astray(subject: ProgramSubject) -> list[str]:
    """Return the weights that a network moves itself, beside their gradients, by what has not the signs of these.

    Any rule's first step has them, but for a penalty: steps are compared with the gradient and the weight.
    """
    places = {n: source.place for n, source in subject.origins.items() if source.place and not source.updated}
    if subject.kind != "network" or not places or not subject.stepped >= set(places):
        return []
    found, world = [], subject.world()[0]
    for leaf in subject.parts:
        if leaf.name not in places or subject.program.loss is None:
            continue
        own, gradient = np.ravel(subject.values[leaf.name]), np.ravel(found_at(world, places[leaf.name]))
        step = own - np.ravel(get(world, leaf.places[0]))
        if gradient.shape != own.shape or not np.any(gradient):
            continue
        rates = np.linalg.lstsq(np.stack([gradient, own], axis=1), step, rcond=None)[0]
        rest, large = step - rates[1] * own, np.abs(gradient) > SMALL * np.abs(gradient).max()
        agree = [np.mean(np.sign(s[large]) == np.sign(gradient[large])) for s in (step, rest)]
        found += [leaf.name] if max(agree) < MOST_SIGNS else []
    return found


def _uneven(subject: ProgramSubject) -> list[str]:
    """Return the weights whose steps are no multiple of their gradients, or another one, than those of most others."""
    rates = _rates(subject)
    known = [rate for rate in rates.values() if rate is not None]
    usual = float(np.median(known)) if len(known) > 1 else 0.0
    found = [name for name, rate in rates.items() if rate is None or not np.isclose(rate, usual)]
    kernels = any(max(np.shape(subject.values[name]), default=1) < np.size(subject.values[name]) for name in found)
    return found if 2 * len(found) < len(rates) + (not kernels) else []  # a penalty is on kernels


def _turned(subject: ProgramSubject) -> list[str]:
    """Return the weights that are moved along their gradients, where others are moved against theirs."""
    rates = {name: rate for name, rate in _rates(subject).items() if rate is not None}
    return [name for name, rate in rates.items() if rate < 0 < max(rates.values())]


def _rates(subject: ProgramSubject) -> dict[str, float | None]:
    """Return of what multiple of its gradient the step of each weight is; None if it is none."""
    places = {n: source.place for n, source in subject.origins.items() if source.place and not source.updated}
    world, rates = subject.world()[0], dict[str, float | None]()
    for leaf in subject.parts:
        if leaf.name not in subject.stepped & set(places):
            continue
        gradient = np.ravel(found_at(world, places[leaf.name]))
        step = np.ravel(subject.values[leaf.name]) - np.ravel(get(world, leaf.places[0]))
        if gradient.shape == step.shape and np.any(gradient) and np.any(step):
            rates[leaf.name] = _rate(step, gradient)
    return rates


def _by_rules(subject: ProgramSubject) -> list[str]:
    """Return the weights that are moved by a rule whose first step is no multiple of the gradient."""
    found, world = [], subject.world()[0]
    for leaf in subject.parts:
        source = subject.origins.get(leaf.name)
        if source is None or source.place is None or not moved_as(leaf, subject.program.moved_by):
            continue
        gradient = np.ravel(found_at(world, source.place))
        step = np.ravel(subject.values[leaf.name]) - np.ravel(get(world, after_the_step(subject, leaf)))
        found += [leaf.name] if _rate(step, gradient) is None else []
    return found


def _rate(step: Array, gradient: Array) -> float | None:
    """Return of what multiple of a gradient a step is; None if it is none."""
    gradient = gradient.ravel()
    rate = float(gradient @ step) / max(float(gradient @ gradient), 1e-300)
    return rate if np.allclose(step, rate * gradient, rtol=1e-6, atol=1e-12) else None
