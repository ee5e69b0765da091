"""Choose among the readings of a program: the one that runs, in which most is found, and in which most is right.

Where a file leaves open how it is meant, the benefit of the doubt is the author's: a reading that makes the
derivatives right is what was meant.
"""

import time
from collections.abc import Iterable
from typing import NamedTuple

from .calling import described
from .mapping import mapped
from .program import Program
from .subject import ProgramSubject, agreement
from .world import Path

FATAL = (KeyboardInterrupt, MemoryError)


class Failed(ValueError):
    """No reading runs; the message is what the most likely one raised."""


class Scored(NamedTuple):
    """How good a reading is; compared in this order."""

    claimed: int
    unchecked: int
    right: int


def best(readings: Iterable[Program], names: dict[Path, str] | None = None, seconds: float = 4.0) -> ProgramSubject:
    """Return the best reading as a subject.

    Raises:
        Failed: none of them runs, forward and backward.
    """
    found: tuple[Scored, ProgramSubject] | None = None
    first, end, after = "", time.monotonic() + seconds, 0
    for program in readings:
        if time.monotonic() > end:
            first = first or "no reading of it ran in time"
            break
        try:
            subject = mapped(program, names)
            subject.right = agreement(subject)
        except FATAL:
            raise
        except BaseException as error:  # a user's code may raise anything, also SystemExit
            first = first or described(error, {str(source) for source in program.sources})
            continue
        score = Scored(bool(subject.claimed), -len(subject.unchecked), len(subject.right))
        if found is None or score > found[0]:
            found = score, subject
        if score.claimed and not subject.unchecked and len(subject.right) == len(subject.claimed):
            break
        after += 1
        if after == 40:
            break
    if found is None:
        raise Failed(first or "no way to call it was found")
    return found[1]
