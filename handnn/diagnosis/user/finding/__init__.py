"""Finding what a module derives: functions that go together, and classes."""

from .candidates import find
from .pairing import Candidate

__all__ = ["Candidate", "find"]
