"""The old path of `python -m handnn.diagnosis.score.catalogue`; it is there for one release."""

from ..core.moved import run_moved

run_moved(__name__, "handnn.diagnosis.catalogue", "handnn.diagnosis.score.catalogue")
