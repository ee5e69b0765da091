"""The old path of `python -m handnn.proof.mutants`; it is there for one release."""

from ..core.moved import run_moved

run_moved(__name__, "handnn.verify.mutants", "handnn.proof.mutants")
