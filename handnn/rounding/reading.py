"""Exact numbers as a library reads them."""

from typing import Any

from . import allowance
from .bounded import Bounded


def as_read(given: Any) -> Bounded:
    """Return an exact array, of which TensorFlow may take the denormal numbers for 0."""
    return Bounded(given, allowance.of_reading(given))
