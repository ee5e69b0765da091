"""Every line of anybody's backward part, held against the true derivative of their own forward part.

`judge` needs no reference: the forward part is run, recorded and differentiated exactly. A line is to blame if a
true derivative in its place makes wrong results right.
"""

from .against import Reference, ReferenceStudy, against
from .derive.study import Study, SubjectError
from .judge import judge
from .judgement import Blame, Judgement, LineNote
from .planted import planted
from .record.instrument import load
from .repair.forwards import OF_FORWARD
from .subject import Probe, Subject

__all__ = [
    "OF_FORWARD",
    "Blame",
    "Judgement",
    "LineNote",
    "Probe",
    "Reference",
    "ReferenceStudy",
    "Study",
    "Subject",
    "SubjectError",
    "against",
    "judge",
    "load",
    "planted",
]
