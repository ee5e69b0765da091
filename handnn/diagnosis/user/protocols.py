"""The protocols that this package and the judge of lines share."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from ..lines.subject import Array, Probe, Subject

__all__ = ["Array", "Load", "Plain", "Probe", "Subject"]

Load = Callable[[Path], ModuleType]
"""Imports a file; the judge's own rewrites the source on the way."""


class Plain:
    """A probe that records nothing; it can shift one leaf."""

    def __init__(self, name: str = "", shift: Any = 0.0) -> None:
        self.name, self.shift = name, shift
        self.result: Any = None

    def leaf(self, name: str, value: Any) -> Any:
        return value + self.shift if name == self.name else value

    def split(self) -> None:
        """Record nothing."""

    def output(self, value: Any, cotangent: Array | None = None) -> None:
        self.result = value

    def compute(self, function: Any, *arguments: Any) -> Any:
        return function(*arguments)
