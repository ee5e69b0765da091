"""The line that computes what a known mistake computes: where a rule with the mistake in it first leaves the rule."""

from collections.abc import Mapping, Sequence

import numpy as np

from .against import Reference, ReferenceStudy
from .blame.groups import Group, groups_of
from .derive.study import SubjectError
from .judgement import Blame
from .record.sites import Site
from .subject import Array, Subject

CLOSE = 1e-6


def planted(
    subject: Subject,
    reference: Reference,
    mistaken: Mapping[str, Sequence[Array]],
    right: Mapping[str, Sequence[Array]],
) -> Blame | None:
    """Return the first place whose values are mistaken ones and not the right ones, None if there is none.

    Args:
        mistaken, right: by name what is computed with and without the mistake, in the order of computing; one array
            for each time.
    """
    try:
        study = ReferenceStudy(subject, reference, True)
    except SubjectError:
        return None
    groups = groups_of(study, study.backward_events)
    for name, series in mistaken.items():
        here, there = _flat(series), _flat(right[name])
        if here.shape != there.shape or np.allclose(here, there, rtol=CLOSE, atol=0, equal_nan=True):
            continue
        worst = int(np.argmax(np.abs(here - there)))
        fitting = [g for g in groups if _same(g, series)]
        strange = [g for g in fitting if not any(_same(g, values) for values in right.values())]
        if fitting:  # what is right as another quantity is wrong where it is used last
            last = fitting[-1]
            group = strange[0] if strange else last if _idle(study, last) else _user(study, groups, last, right) or last
            return _blame(group.site, name, float(here[worst]), float(there[worst]))
    return None


def _flat(values: Sequence[Array]) -> Array:
    return np.concatenate([np.ravel(np.asarray(value, float)) for value in values])


def _same(group: Group, series: Sequence[Array]) -> bool:
    """Return whether a group's values are these, or their opposites; of a sum the last."""
    found, values = _flat(group.values), _flat(series[-len(group.events) :] if group.kind == "last" else series)
    return found.shape == values.shape and any(np.allclose(found, s * values, rtol=CLOSE, atol=1e-14) for s in (1, -1))


def _user(
    study: ReferenceStudy, groups: Sequence[Group], used: Group, right: Mapping[str, Sequence[Array]]
) -> Group | None:
    """Return the first group that is computed from another's values, each from each, and is nothing that is right."""

    def uses(group: Group) -> bool:
        pairs = list(zip(reversed(group.events), reversed(used.events), strict=False))
        whole = group.kind == "last" or len(group.events) == len(used.events)  # of a sum the last values
        return whole and all(e.order > u.order and u.node in study.tape.ancestors(e.node) for e, u in pairs)

    later = (g for g in groups if g is not used and uses(g))
    return next((g for g in later if not any(_same(g, values) for values in right.values())), None)


def _idle(study: ReferenceStudy, group: Group) -> bool:
    """Return whether a group's operation gives what it is given: np.maximum(zeros, v)."""

    def same(node: int) -> bool:
        found = study.tape.nodes[node]
        return any(np.array_equal(study.tape.nodes[parent].array, found.array) for parent in found.parents)

    return all(same(event.node) for event in group.events)


def _blame(site: Site, name: str, here: float, there: float) -> Blame:
    code = " ".join(site.text.split())
    return Blame(site.path, site.line, site.end_line, code, must_be=name, here=here, there=there)
