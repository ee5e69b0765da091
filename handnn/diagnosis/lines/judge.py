"""The judge: is a backward part the derivative of its forward part, and if not, which line breaks it?"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice
from time import perf_counter

import numpy as np

from .blame.causes import Budget
from .blame.families import derivative_families
from .blame.search import Search
from .deadline import within
from .derive.margins import Taken
from .derive.study import Study, SubjectError
from .judgement import Judgement
from .locate import locate
from .notes import notes_of
from .repair.forwards import forward_slip
from .subject import Subject

DRAWS = 2
"""Draws that must agree; more are looked at only for results that none of these can test."""
MOST_DRAWS = 5
SECONDS_OF_FORWARD = 5.0
MANY = 2
"""Where more lines are blamed one slip of the forward part is likelier."""
LATE = 1.5
"""What does not look at the time is ended after so many times the seconds."""
FAR = (2.0, 4.0, 8.0, 16.0, 1 / 4, 1 / 32, -4.0)
"""By how much data is enlarged, or turned, to take the other side of a margin."""


def judge(subject: Subject, seconds: float = 20.0) -> Judgement:
    """Judge a subject within a number of seconds.

    Results are held against the true derivatives on several draws. If one is wrong, the lines to blame are searched
    on the smallest draw that shows it. Raises SubjectError if the subject cannot be run on its own data.
    """
    begin = perf_counter()
    budget = Budget(seconds)
    studies = list(_studies(subject, budget))
    unmet = []
    if not any(study.wrong for study in studies):
        taken = Taken(studies)
        studies += taken.beyond(_others(subject, budget))
        unmet = taken.words
    made = _verdict(subject, studies)
    if not made.wrong:
        made.unmet, made.ok = unmet, made.ok and not unmet
    unfinished = made.zero and any("TODO" in path.read_text("utf-8", "replace") for path in subject.sources)
    if unfinished and set(made.wrong) == set(made.zero):
        return made  # what is still to be derived is not given away
    if made.wrong:
        telling = [s.exact() for s in studies if s.wrong]
        worst = max(len(s.wrong) for s in telling)
        first = min((s for s in telling if len(s.wrong) == worst), key=lambda s: len(s.tape.nodes))
        rest = [*_of_another_size(subject, telling), *(s for s in telling if s is not first)]
        others = [Search(s, derivative_families(s), budget) for s in rest[:1]]
        within(LATE * seconds, lambda: locate(Search(first, derivative_families(first), budget), others, made))
        shares = len(made.blamed) == 1 and set(made.blamed[0].results) == set(made.wrong)  # one line spoils all
        several = len(made.blamed) > MANY or (len(made.blamed) > 1 and not all(blame.fix for blame in made.blamed))
        if shares or not made.blamed or several:
            told = [first, *(s for s in telling if s is not first)]
            slip = forward_slip(told, budget.share(SECONDS_OF_FORWARD), shares)
            made.blamed = made.blamed if slip is None else [slip]
        if unfinished:
            made.blamed = [blame for blame in made.blamed if not set(blame.results) <= set(made.zero)]
    else:
        made.lines = notes_of(Search(studies[0], derivative_families(studies[0]), budget), [])
    made.complete = not budget.exceeded
    made.seconds = perf_counter() - begin
    return made


SMALL = 100_000
"""Numbers on a tape; larger ones are not recorded once more."""
NOTHING_SHOWS = "the loss does not depend on it on any draw"


def _studies(subject: Subject, budget: Budget) -> Iterator[Study]:
    """Yield studies of draws until every result was tested on enough of them."""
    first = Study(subject)
    yield first
    tested = {name: int(name in first.telling) for name in first.returned}
    wrong, count = set(first.wrong), 1
    for draw in islice(subject.draws(), MOST_DRAWS - 1):
        if all(n >= DRAWS for n in tested.values()) and (wrong or count >= DRAWS):
            break
        if not budget.left():
            break
        try:
            study = Study(draw)
        except SubjectError:
            continue
        count += 1
        for name in study.telling & set(tested):
            tested[name] += 1
        wrong |= study.wrong
        yield study


def _of_another_size(subject: Subject, telling: list[Study]) -> list[Study]:
    """Return a wrong study of another number of samples, if all have one: in six of three classes a half is a ratio."""
    sizes = {_size(study) for study in telling}
    for draw in islice(subject.draws(), 1, DRAWS + 1) if len(sizes) == 1 and max(sizes) < SMALL else ():
        try:
            study = Study(draw)
        except SubjectError:
            continue
        alike = study.wrong == telling[0].wrong and _misfits(study) == _misfits(telling[0])
        if alike and _size(study) not in sizes:
            return [study.exact()]
    return []


def _misfits(study: Study) -> set[str]:
    """Return the results of another size than what they are derived by: the size itself may be the fault."""
    return {name for name, value in study.results(study.run).items() if value is None}


def _size(study: Study) -> int:
    return sum(node.array.size for node in study.tape.nodes)


def _others(subject: Subject, budget: Budget) -> Iterator[Subject]:
    """Yield the draws that are left, then the first with larger and smaller numbers."""
    far = (replace(subject, values={n: f * v for n, v in subject.leaves.items()}) for f in FAR)  # type: ignore[type-var]
    for draw in chain(islice(subject.draws(), DRAWS - 1, None), far if hasattr(subject, "values") else ()):
        if not budget.left():
            return
        yield draw


def _verdict(subject: Subject, studies: list[Study]) -> Judgement:
    wrong = sorted(set().union(*(s.wrong for s in studies)))
    checked, unchecked = [], []
    for name in subject.claimed:
        if name not in studies[0].truth:
            unchecked.append((name, "the forward part was not given it"))
        elif name not in studies[0].returned:
            unchecked.append((name, "the backward part gives no derivative by it"))
        elif name not in wrong and not any(name in s.telling for s in studies):
            lost = any(np.any(s.truth[name]) for s in studies if np.all(np.isfinite(s.truth[name])))
            why = "what rounding may change in it is as large as it is" if lost else NOTHING_SHOWS
            unchecked.append((name, why))
        elif name not in wrong and any(not np.all(np.isfinite(s.truth[name])) for s in studies):
            unchecked.append((name, "its true derivative is not finite"))
        else:
            checked.append(name)
    results = [study.results(study.run) for study in studies]
    zero = [n for n in wrong if not any(found.get(n) is None or np.any(found[n]) for found in results)]
    return Judgement(ok=not wrong and not unchecked, checked=checked, unchecked=unchecked, wrong=wrong, zero=zero)
