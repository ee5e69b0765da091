"""The judge: is a backward part the derivative of its forward part, and if not, which line breaks it?"""

from collections.abc import Iterator, Sequence
from itertools import islice
from time import perf_counter

import numpy as np

from .blame import Budget, Cause, Search, put_plan
from .families import derivative_families
from .judgement import Blame, Judgement
from .notes import notes_of
from .repair import Fix, Repairs
from .study import Study, SubjectError
from .subject import Subject
from .transfer import transferred

SECONDS_A_FIX = 4.0
DRAWS = 2
"""Draws that must agree; more are looked at only for results that none of these can test."""
MOST_DRAWS = 5
MOST_COMPARED = 5
"""Places that would mend as much: so many are searched for an edit before one is blamed."""


def judge(subject: Subject, seconds: float = 20.0) -> Judgement:
    """Judge a subject within a number of seconds.

    Results are held against the true derivatives on several draws. If one is wrong, the lines to blame are searched
    on the smallest draw that shows it. Raises SubjectError if the subject cannot be run on its own data.
    """
    begin = perf_counter()
    budget = Budget(seconds)
    studies = list(_studies(subject, budget))
    made = _verdict(subject, studies)
    if made.wrong:
        telling = [s for s in studies if s.wrong]
        worst = max(len(s.wrong) for s in telling)
        first = min((s for s in telling if len(s.wrong) == worst), key=lambda s: len(s.tape.nodes))
        _locate(first, [s for s in telling if s is not first][:1], made, budget)
    else:
        made.lines = notes_of(Search(studies[0], derivative_families(studies[0]), budget), [])
    made.complete = not budget.exceeded
    if budget.exceeded and made.wrong:
        made.skipped.append("the search for lines and fixes ended with the time")
    made.seconds = perf_counter() - begin
    return made


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


def _verdict(subject: Subject, studies: list[Study]) -> Judgement:
    wrong = sorted(set().union(*(s.wrong for s in studies)))
    checked, unchecked = [], []
    for name in subject.claimed:
        if name not in studies[0].truth:
            unchecked.append((name, "the forward part was not given it"))
        elif name not in studies[0].returned:
            unchecked.append((name, "the backward part gives no derivative by it"))
        elif name not in wrong and not any(name in s.telling for s in studies):
            unchecked.append((name, "the loss does not depend on it on any draw"))
        elif name not in wrong and any(not np.all(np.isfinite(s.truth[name])) for s in studies):
            unchecked.append((name, "its true derivative is not finite"))
        else:
            checked.append(name)
    return Judgement(ok=not wrong and not unchecked, checked=checked, unchecked=unchecked, wrong=wrong)


def _locate(study: Study, others: list[Study], made: Judgement, budget: Budget) -> None:
    search = Search(study, derivative_families(study), budget)
    second = [Search(s, derivative_families(s), budget) for s in others]
    fixes: dict[Cause, Fix | None] = {}

    def choose(causes: Sequence[Cause]) -> Cause:
        """Take the cause that the smallest edit explains; of those that none explains, the likeliest."""
        for cause in causes[:MOST_COMPARED]:
            fixes[cause] = _repairs(cause, search, second, budget).quick()
        explained = [c for c in causes[:MOST_COMPARED] if fixes[c] is not None]
        return min(explained, key=lambda c: round(_cost(fixes[c]) + 0.5 * c.preference[0], 1), default=causes[0])

    causes = search.causes_of_wrong(choose)
    for cause in causes:
        if fixes.get(cause) is None:
            fixes[cause] = _repairs(cause, search, second, budget).thorough(SECONDS_A_FIX)
    made.blamed = _merged([_blame(cause, fixes[cause]) for cause in causes])
    left = study.returned - study.right(search.run({}))
    made.skipped += [f"no line was found for {name}" for name in sorted(left)]
    made.lines = notes_of(search, made.blamed)


def _cost(fix: Fix | None) -> float:
    return 9.0 if fix is None else fix.cost


def _repairs(cause: Cause, search: Search, second: Sequence[Search], budget: Budget) -> Repairs:
    rest = [c for c in search.causes if c is not cause]
    searches, plans = [search], [put_plan(rest)]
    for other in second:
        moved = transferred(rest, other)
        if moved is not None:
            searches.append(other)
            plans.append(put_plan(moved))
    return Repairs(searches, cause, plans, budget)


def _blame(cause: Cause, fix: Fix | None) -> Blame:
    site = cause.group.site if fix is None else fix.site
    code = " ".join(site.text.split())
    here = np.concatenate([np.ravel(v).astype(float) for v in cause.group.values])
    there = np.concatenate([np.ravel(a).astype(float) for a in cause.arrays])
    worst = int(np.argmax(np.abs(here - there))) if here.shape == there.shape else None
    return Blame(
        file=site.path,
        line=site.line if fix is None else site.line + fix.line,
        end_line=site.end_line,
        code=code,
        must_be=cause.must_be.shown_in_full if cause.must_be else "the derivative, element by element",
        fix=None if fix is None else fix.text,
        did=None if fix is None or not fix.did else fix.did,
        here=None if worst is None else float(here[worst]),
        there=None if worst is None else float(there[worst]),
        results=tuple(sorted(cause.mends)),
    )


def _merged(blamed: list[Blame]) -> list[Blame]:
    """Return one blame for each place, in the order of the source."""
    kept: dict[tuple[object, ...], Blame] = {}
    for blame in blamed:
        key = (blame.file, blame.line, blame.code)
        known = kept.get(key)
        if known is None or (known.fix is None and blame.fix is not None):
            results = blame.results + (known.results if known else ())
            kept[key] = Blame(**{**vars(blame), "results": tuple(sorted(set(results)))})
    return sorted(kept.values(), key=lambda b: (str(b.file), b.line))
