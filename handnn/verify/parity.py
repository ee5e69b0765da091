"""The old path of `python -m handnn.proof.parity`; it is there for one release."""

from ..core.moved import run_moved

run_moved(__name__, "handnn.verify.parity", "handnn.proof.parity")
