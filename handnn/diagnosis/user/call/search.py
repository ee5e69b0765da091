"""Choose among the readings of a program: the one that runs, in which most is found, and in which most is right.

Where a file leaves open how it is meant, the benefit of the doubt is the author's: a reading that makes the
derivatives right is what was meant.
"""

import re
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ...lines.deadline import SlowError, at_most, deadline
from ..protocols import Plain
from ..source.syntax import source_of
from ..source.words import STEPS, bare
from .calling import described
from .mapping import mapped
from .penalties import with_penalties
from .program import Program
from .steps import odd_steps
from .subject import ProgramSubject, Source, Unchecked, agreement
from .world import get, last_name

NEW = re.compile("new|updated|next")
WEIGHTS = re.compile(r"^(?!d|.*grad)(.*(param|weight|theta).*|w|ws|nn|net|network|model|layers)$")
FATAL = (KeyboardInterrupt, MemoryError, SlowError)
SECONDS = 6.0
MOST, ODD = 40, 0.2
"""So many readings are tried; one whose derivatives all have odd shapes counts for less: other data is meant."""
GOOD = 8
REST = 0.8
"""Seconds for other readings when all is found and right; three times as long when not all is right."""
MORE = 3


class NotRunningError(ValueError):
    """No reading runs; the message is what the most likely one raised."""


class Scored(NamedTuple):
    """How good a reading is; compared in this order.

    `claimed` is 1 with steps after each sample; `told` is whether its loss is its own, not one that would fit.
    """

    claimed: int
    loss: bool
    unchecked: int
    shapes: int
    batch: bool
    told: bool
    near: int
    many: bool
    right: int


def plausible(subject: ProgramSubject) -> int:
    """Count the derivatives whose shape is that of their leaf, or that with one more axis: not summed over samples.

    Of layers that take many samples, an exact shape counts twice: inputs of two shapes may be broadcast by chance.
    """
    found = 0
    for name, derivative in subject.run(Plain())[1].items():
        shape = [n for n in np.shape(subject.values[name]) if n > 1]
        given = [n for n in np.shape(derivative) if n > 1]
        summed = [given[:i] + given[i + 1 :] for i in range(len(given))]
        found += sorted(shape) == sorted(given) or shape in summed
        layer = subject.kind == "layer" and not subject.program.inputs  # of a network it would count more than its loss
        found += layer and shape == given and not subject.program.single
    return found


def _with_best_loss(subject: ProgramSubject) -> tuple[ProgramSubject, frozenset[str]]:
    """Return the subject with the loss that makes most right, and what is right then up to a factor."""
    subject.right, near = agreement(subject)
    found = subject, near
    for number, group in enumerate(subject.program.variants):
        for place, (words, loss) in enumerate(group):
            if number == place == 0 or len(found[0].right) == len(subject.claimed):
                continue
            program = replace(subject.program, loss=loss, words=(*subject.program.words[:-1], words))
            other = replace(subject, program=program)
            other.right, close = agreement(other)
            if (len(other.right), len(close)) > (len(found[0].right), len(found[1])):
                found = other, close
            if place == 0 and not close:
                break
    if len(found[0].right) < len(subject.claimed) and (other := with_penalties(found[0])) is not found[0]:
        other.right, near = agreement(other)
        found = (other, near) if len(other.right) > len(found[0].right) else found
    return found


def _otherwise(subject: ProgramSubject, near: frozenset[str]) -> tuple[ProgramSubject, frozenset[str]]:
    """Return the subject with its gradients taken from elsewhere, if that makes more of them right.

    They may be in the steps that it takes, times a constant of its own; or an object keeps the opposite of all.
    """
    if len(subject.right) == len(subject.claimed) or subject.kind == "activation":
        return subject, near
    kept = all(source.place is not None and source.place[0][1] == "self" for source in subject.origins.values())
    others = []
    if subject.stepped and subject.stepped >= set(subject.claimed):
        rates = (subject.program.rate,) if subject.program.rate else (1.0, *subject.program.rates)
        others = [{name: Source(None, rate) for name in subject.origins} for rate in rates]
    elif subject.kind == "network" and _of_each_sample(subject):
        origins = {name: source._replace(each=True) for name, source in subject.origins.items()}
        words = "derivatives of each sample, which are summed", *subject.program.words
        return _with_best_loss(replace(subject, origins=origins, program=replace(subject.program, words=words)))
    elif subject.kind == "layer" and (later := _summed_later(subject)):
        summed = {n: source._replace(each=n in later) for n, source in subject.origins.items()}
        other, close = _with_best_loss(replace(subject, origins=summed))
        return (other, close) if len(other.right) >= len(subject.right) else (subject, near)
    elif kept and not near and subject.kind == "network":
        others = [{name: source._replace(rate=-1.0) for name, source in subject.origins.items()}]
    for origins in others:
        other, close = _with_best_loss(replace(subject, origins=origins))
        enough = others[1:] or not subject.right or set(other.right) == set(other.claimed)
        if len(other.right) > len(subject.right) and enough:
            return other, close
    return subject, near


def _of_each_sample(subject: ProgramSubject) -> bool:
    """Return whether every derivative has one more axis than its leaf, of one length: one derivative a sample."""
    found = {n: np.shape(value) for n, value in subject.run(Plain())[1].items()}
    more = all(shape[1:] == np.shape(subject.values[n]) and shape for n, shape in found.items())
    kernels = any(np.ndim(subject.values[n]) > 1 for n in found)  # what lacks a sum is one sample's by chance
    return kernels and more and len({shape[0] for shape in found.values()}) == 1


def _summed_later(subject: ProgramSubject) -> set[str]:
    """Return the weights of which a layer has one gradient a step or sample, if the method that steps sums them."""
    cls = type(subject.world()[0].get("self"))
    steps = (source_of(method) for n, method in vars(cls).items() if bare(n) in STEPS)
    if not any(re.search(r"sum\((axis=)?0", text) for text in steps):
        return set()
    found = {n: np.shape(value) for n, value in subject.run(Plain())[1].items()}
    return {n for n, shape in found.items() if shape[1:] == np.shape(subject.values[n]) != shape}


def _best_of(subject: ProgramSubject) -> tuple[ProgramSubject, frozenset[str]]:
    """Return the subject with the loss, and its gradients taken from where, that make most right."""
    if not _returns_weights(subject):
        return _otherwise(*_with_best_loss(subject))
    world = subject.world()[0]
    if any(get(world, source.place) is world.get("output") for source in subject.origins.values() if source.place):
        raise ValueError("it returns the weights after the step; neither a loss nor an output was found")
    rates = (subject.program.rate,) if subject.program.rate else (1.0, *subject.program.rates)
    found = []
    for rate in rates:
        origins = {n: s._replace(rate=rate, updated=True) for n, s in subject.origins.items()}
        found.append(_with_best_loss(replace(subject, origins=origins)))
    return max(found, key=lambda one: (len(one[0].right), len(one[1])))


def _returns_weights(subject: ProgramSubject) -> bool:
    """Return whether what is returned as the gradients has the very names of the weights: it is what they are then."""
    names = subject.program.returned
    for leaf in subject.parts:
        source = subject.origins.get(leaf.name)
        if source is None:
            continue
        if source.place is None or source.place[0][1] not in ("forward", "backward"):
            return False
        own, key = {bare(last_name(p)) for p in leaf.places} | {bare(leaf.name)}, source.place[-1][1]
        if len(source.place) == 1:
            alike = len(names) == 1 and NEW.sub("", bare(names[0])) in own
        elif len(source.place) == 2 and isinstance(key, int):
            alike = key < len(names) and NEW.sub("", bare(names[key])) in own
        else:
            held = source.place[1][1] if len(source.place) > 2 else 0
            said = names[held] if isinstance(held, int) and held < len(names) else ""
            alike = WEIGHTS.search(bare(said)) is not None and isinstance(key, str) and NEW.sub("", bare(key)) in own
            alike |= NEW.fullmatch(bare(said)) is not None and source.place[2:] == leaf.places[0][2:]
        if not alike:
            return False
    return subject.kind == "network" and bool(subject.origins)


def best(readings: Iterable[Program], seconds: float = SECONDS) -> ProgramSubject:
    """Return the best reading as a subject, within about so many seconds of computing.

    Raises:
        NotRunningError: none of them runs, forward and backward.
    """
    found = _Found()
    try:
        with deadline(1.25 * seconds):
            _try_all(readings, found, time.process_time() + seconds)
    except SlowError as error:
        found.first = found.first or str(error)
    if found.subject is None:
        raise NotRunningError(found.first or "no way to call it was found")
    guessed = found.subject.program.guessed
    if guessed and (misfit(found.subject) or (found.subject.unchecked and not found.subject.right)):
        raise NotRunningError("the shapes of its arguments were found by trying, and its gradients have others")
    steps = [Unchecked(f"the step of {name}", why) for name, why in odd_steps(found.subject).items()]
    found.subject.unchecked = [*found.subject.unchecked, *steps]
    if any(source.place is not None and source.rate < 0 for source in found.subject.origins.values()):
        why = "every one is the opposite of the cost's: right if it is added to the weights, which nothing here does"
        found.subject.unchecked = [*found.subject.unchecked, Unchecked("the sign of the gradients", why)]
    return found.subject


def misfit(subject: ProgramSubject) -> bool:
    """Return whether a derivative has another shape than its leaf."""
    results = subject.run(Plain())[1]
    return any(np.shape(value) != np.shape(subject.values[name]) for name, value in results.items())


def _same_output(subject: ProgramSubject) -> bool:
    """Return whether the output of a layer is no larger for more samples: what is given as samples is none."""
    program = subject.program
    if program.single or program.redraw is None or subject.kind != "layer":
        return False
    try:
        more = program.redraw(0, MORE)
        grown = _values_in(more) != _values_in(program)
        return grown and subject.output_shapes() == replace(subject, program=more).output_shapes()
    except Exception:  # a user's code may raise anything
        return False


def _values_in(program: Program) -> int:
    return sum(int(np.size(v)) for v in program.arguments.values())


def _updates_each(subject: ProgramSubject, near: frozenset[str]) -> bool:
    """Return whether it may take a step after each sample: its steps on many are no multiple of the gradient."""
    data = [v for n, v in subject.program.arguments.items() if n in subject.program.inputs]
    arrays = [v for v in subject.program.arguments.values() if isinstance(v, np.ndarray)]
    alone = subject.program.single and all(np.squeeze(v).ndim < 2 for v in arrays)
    one = alone or (bool(data) and all(hasattr(v, "__len__") and len(v) == 1 for v in data))
    return not (near or one) and bool(subject.claimed) and subject.stepped >= set(subject.claimed)


class _Found:
    """The best reading so far, its score, and what the first that failed raised."""

    @property
    def made_by_a_call(self) -> bool:
        """Whether the best reading has weights that a first call made."""
        parts = self.subject.parts if self.subject is not None and self.subject.program.grown else ()
        return any(leaf.places[0][0][1] == "self" for leaf in parts)

    def __init__(self) -> None:
        self.subject: ProgramSubject | None = None
        self.score: Scored | None = None
        self.first = ""


def _try_all(readings: Iterable[Program], found: _Found, end: float) -> None:
    after = 0.0
    for program in readings:
        if found.made_by_a_call and not program.grown:
            continue  # its weights would be drawn anew in every call
        if time.process_time() > end or after >= MOST:
            return
        try:
            subject, near = _best_of(mapped(program))
        except FATAL:
            raise
        except BaseException as error:  # a user's code may raise anything, also SystemExit
            found.first = found.first or described(error, {str(source) for source in program.sources})
            continue
        subject.program.single |= _same_output(subject)
        many = not subject.program.single
        batches = subject.program.batches or subject.kind == "layer"
        each = _updates_each(subject, near)
        score = Scored(
            0 if not subject.claimed else 1 if each else 2, subject.has_loss, -len(subject.unchecked),
            plausible(subject), many and batches and not each, not subject.program.variants, len(near), many,
            2 * len(subject.right) + len(subject.opposite),
        )  # fmt: skip
        after += 1 if score.shapes or not subject.claimed else ODD
        if found.score is None or score > found.score:
            found.subject, found.score = subject, score
        if many and subject.kind == "layer" and not subject.unchecked and score.shapes == 2 * len(subject.claimed):
            after += MOST // GOOD  # it is read well: few others are tried
        whole = bool(subject.claimed) and not subject.unchecked
        perfect = whole and len(subject.right) == len(subject.claimed)
        if perfect and (many or not batches):
            return
        if whole and score.shapes >= len(subject.claimed):  # all is found: little is left to be gained
            at_most(REST if perfect else 3 * REST)
