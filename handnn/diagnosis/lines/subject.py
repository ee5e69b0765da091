"""What the judge is given: a forward and a backward part that can be run again and again on the same data."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]


class Probe(Protocol):
    """What a subject reports to while it runs."""

    def leaf(self, name: str, value: Any) -> Any:
        """Announce a value the derivatives are taken by; return the value to use in its place."""

    def split(self) -> None:
        """Say that the forward part ends here. One function that does both parts never calls it."""

    def output(self, value: Any, cotangent: Array | None = None) -> None:
        """Announce the forward output; with the derivative of the loss by it, where the loss is computed elsewhere."""

    def compute(self, function: Any, *arguments: Any) -> Any:
        """Return function(*arguments), on the record: what a subject itself does to the user's values."""


class Subject(Protocol):
    """A derivation on data.

    `run` must use the very objects that `probe.leaf` returns: a copy made afterwards is found again by its value only.
    What it makes of the output itself, such as the loss sum(output * U), is computed by `probe.compute`.
    """

    name: str
    kind: str
    sources: Sequence[Path]
    leaves: Mapping[str, Array]
    claimed: Sequence[str]

    def run(self, probe: Probe, backward: bool = True) -> tuple[Any, dict[str, Array]]:
        """Return the loss and the derivatives by leaf name; the same values at every call."""

    def draws(self) -> Iterator["Subject"]:
        """Yield the same subject on other data."""
