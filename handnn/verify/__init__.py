"""Proof that the hand-written formulas are right: `verify_model`, allowances, oracles.

Nothing here imports TensorFlow until `verify_model` is called.
"""

from .model import verify_model
from .report import Report, Row

__all__ = ["Report", "Row", "verify_model"]
