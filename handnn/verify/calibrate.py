"""The old path of `python -m handnn.rounding.calibrate`; it is there for one release."""

from ..core.moved import run_moved

run_moved(__name__, "handnn.verify.calibrate", "handnn.rounding.calibrate")
