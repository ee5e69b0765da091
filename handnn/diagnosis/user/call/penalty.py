"""The derivative of a penalty in gradients beside which no cost is computed: a multiple of the weight itself."""

from dataclasses import replace

import numpy as np

from ..protocols import Plain
from .program import samples_of
from .subject import Decay, ProgramSubject

STEP, ALIKE, DRAWS = 1e-5, 1e-4, 3
WORDS = "a penalty on {}, which no cost has, is taken as it is in their gradients"


def penalized(subject: ProgramSubject) -> ProgramSubject:
    """Return a network without a cost of its own with the multiples of its kernels taken from their gradients.

    Only if a gradient is wrong by nothing else, with any number of samples; others that are wrong have it too.
    """
    wrong = [n for n in subject.claimed if n not in subject.right and np.ndim(subject.values[n]) > 1]
    if subject.kind != "network" or not subject.program.variants or not wrong or not subject.right:
        return subject
    try:
        several = [subject, *_others(subject)]
        decays = (_as_decay([_multiple(one, name) for one in several]) for name in wrong)
        decay = next((decay for decay in decays if decay is not None), None)
    except Exception:  # a user's code may raise anything
        return subject
    if decay is None:
        return subject
    origins = {n: s._replace(decay=decay) if n in wrong else s for n, s in subject.origins.items()}
    words = (*subject.program.words, WORDS.format(", ".join(wrong)))
    return replace(subject, origins=origins, program=replace(subject.program, words=words))


def _others(subject: ProgramSubject) -> list[ProgramSubject]:
    return [draw for _, draw in zip(range(DRAWS - 1), subject.draws(), strict=False)]


def _multiple(subject: ProgramSubject, name: str) -> tuple[int, float | None]:
    """Return the number of samples, and by which multiple of a weight its gradient is off; None if by none."""
    derivative, value, found = subject.run(Plain())[1][name], subject.values[name], []
    for seed in (1, 2):
        r = np.random.default_rng(seed).normal(size=np.shape(value))
        up, down = (subject.run(Plain(name, sign * STEP * r), backward=False)[0] for sign in (1, -1))
        off = float(np.sum(np.asarray(derivative) * r)) - (up - down) / (2 * STEP)
        found.append(off / float(np.sum(value * r)))
    same = np.isfinite(found).all() and np.ptp(found) <= ALIKE * max(map(abs, found))
    return samples_of(subject.program), float(np.mean(found)) if same else None


def _as_decay(found: list[tuple[int, float | None]]) -> Decay | None:
    """Return the multiple as a constant, or as one over the number of samples; None if it is none on a draw."""
    known = [(n, c) for n, c in found if c is not None]
    if len(known) < len(found) or len(known) < DRAWS:
        return None
    n, c = known[0]
    return next(
        (d for d in (Decay(c, False), Decay(c * n, True)) if all(np.isclose(d.of(k), o, ALIKE) for k, o in known)), None
    )
