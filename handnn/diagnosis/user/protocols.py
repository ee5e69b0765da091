"""The protocols that this package and the judge of lines share.

To be replaced by an import from `handnn.diagnosis.lines` when that package is there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]
Load = Callable[[Path], ModuleType]
"""Imports a file; the judge's own rewrites the source on the way."""


class Probe(Protocol):
    """What a run reports to."""

    def leaf(self, name: str, value: Any) -> Any:
        """Announce a value that derivatives are taken by; return the value to use instead."""

    def split(self) -> None:
        """Mark the end of the forward part. Networks in one function never call it."""

    def output(self, value: Any) -> None:
        """Announce the forward output."""


class Subject(Protocol):
    """A program that computes a loss and derivatives of it."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str:
        """One of network, layer, activation, loss, optimizer."""

    @property
    def sources(self) -> Sequence[Path]: ...

    @property
    def leaves(self) -> Mapping[str, Array]:
        """All leaf values of this draw."""

    @property
    def claimed(self) -> Sequence[str]:
        """Leaves of which the backward part gives a derivative."""

    def run(self, probe: Probe, backward: bool = True) -> tuple[Any, dict[str, Array]]:
        """Return the loss and {leaf: derivative that the user computed}; deterministic, on copies."""

    def draws(self) -> Iterator["Subject"]:
        """Yield the same program on other data and, where possible, other sizes."""


class Plain:
    """A probe that records nothing; it can shift one leaf."""

    def __init__(self, name: str = "", shift: Any = 0.0) -> None:
        self.name, self.shift = name, shift
        self.result: Any = None

    def leaf(self, name: str, value: Any) -> Any:
        return value + self.shift if name == self.name else value

    def split(self) -> None:
        """Record nothing."""

    def output(self, value: Any) -> None:
        self.result = value
