"""The protocols that this package and the judge of lines share."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from ..lines.derive.session import RunProbe
from ..lines.subject import Array, Probe, Subject

__all__ = ["Array", "Load", "Plain", "Probe", "Subject"]

Load = Callable[[Path], ModuleType]
"""Imports a file; the judge's own rewrites the source on the way."""


class Plain(RunProbe):
    """A probe that records nothing; it can shift one leaf. `result` is the output."""

    def __init__(self, name: str = "", shift: Any = 0.0) -> None:
        super().__init__({name: shift}, None)
