"""The line that computes what a known mistake computes: where a rule with the mistake in it first leaves the rule."""

from collections.abc import Mapping, Sequence

import numpy as np

from .blame.groups import groups_of
from .derive.study import SubjectError
from .judgement import Blame
from .record.sites import Site
from .subject import Array, Subject
from .against import Reference, ReferenceStudy

CLOSE = 1e-6


def planted(
    subject: Subject, reference: Reference, mistaken: Mapping[str, Sequence[Array]], right: Mapping[str, Sequence[Array]]
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
        here, there = (np.concatenate([np.ravel(np.asarray(v, float)) for v in values]) for values in (series, right[name]))
        if here.shape != there.shape or np.allclose(here, there, rtol=CLOSE, atol=0, equal_nan=True):
            continue
        worst = int(np.argmax(np.abs(here - there)))
        for group in groups:
            found = np.concatenate([np.ravel(v) for v in group.values])
            if found.shape == here.shape and any(np.allclose(found, s * here, rtol=CLOSE, atol=1e-14) for s in (1, -1)):
                return _blame(group.site, name, float(here[worst]), float(there[worst]))
    return None


def _blame(site: Site, name: str, here: float, there: float) -> Blame:
    code = " ".join(site.text.split())
    return Blame(site.path, site.line, site.end_line, code, must_be=name, here=here, there=there)
