"""Verification of the hand-written formulas: `verify_model`, `walkthrough`, allowances, numeric gradients.

Nothing here imports TensorFlow until `verify_model` or `walkthrough` is called.
"""

from .model import verify_model
from .report import Report, Row
from .walkthrough.walk import walkthrough

__all__ = ["Report", "Row", "verify_model", "walkthrough"]
