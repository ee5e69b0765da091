"""A pass written out step by step: the arithmetic, recorded from the running code, and the numbers of both sides."""

from .step import PHASES, Element, Step
from .text import Line, lines
from .walk import Walkthrough, walkthrough

__all__ = ["PHASES", "Element", "Line", "Step", "Walkthrough", "lines", "walkthrough"]
