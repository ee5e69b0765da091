"""What a run found, one line of JSON for each network, so that it can go on where it was stopped."""

import functools
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ...verify import sample_data
from ...verify.report import Report, Row
from .. import cases

Line = dict[str, Any]
"""One network: `seed`, `number`, `generator`, `weights`, `alarm` ('' if none), `crash`, `unjudged`, and `kinds`: of
each kind of tensor how many, how many undecided, how many vague, and the worst error / allowance of the others."""


@functools.cache
def generator(**sizes: int) -> str:
    """Return a digest of the code and the limits of drawing. Where it differs, a number gives another network."""
    here = Path(__file__).parent
    files = [here / "layers.py", here / "networks.py", here / "training.py", Path(sample_data.__file__)]
    files += [path for folder in cases.__path__ for path in sorted(Path(folder).glob("*.py"))]
    limits = repr(sizes).encode() if sizes else b""
    return hashlib.sha256(b"".join(path.read_bytes() for path in files) + limits).hexdigest()[:12]


def lines(path: str | Path) -> Iterator[Line]:
    """Yield the lines of a record. A line that a killed process left unfinished is skipped."""
    for text in Path(path).read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(text)
        except ValueError:
            continue


class Record:
    """A file to which the result of each network is appended at once; without a path nothing is stored."""

    def __init__(self, path: str | None) -> None:
        self.path = path

    def known(self, seed: int, drawn_by: str) -> dict[int, Line]:
        """Return what is known of a seed's networks of a generator, by number; one called wrong is tried again."""
        if not self.path or not Path(self.path).exists():
            return {}
        found = [line for line in lines(self.path) if (line["seed"], line["generator"]) == (seed, drawn_by)]
        return {line["number"]: line for line in found if not line["alarm"]}

    def add(self, line: Line) -> None:
        if self.path:
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")


class Kind:
    """All tensors of one kind: how many, how many undecided and vague, the worst ratio, and in which network."""

    def __init__(self) -> None:
        self.tensors = self.undecided = self.vague = 0
        self.worst, self.network = -1.0, 0

    def add(self, numbers: tuple[int, int, int, float], network: int) -> None:
        tensors, undecided, vague, worst = numbers
        self.tensors += tensors
        self.undecided += undecided
        self.vague += vague
        if worst > self.worst:
            self.worst, self.network = worst, network

    def numbers(self) -> tuple[int, int, int, float]:
        return self.tensors, self.undecided, self.vague, self.worst


def by_kind(report: Report, kind: Callable[[Row], str]) -> dict[str, tuple[int, int, int, float]]:
    """Return the numbers of each kind of tensor in a report; `kind(row)` names it."""
    found: dict[str, Kind] = {}
    for row in report:
        # The ratio of an undecided tensor is infinite and would hide the others.
        worst = -1.0 if row.undecided else row.ratio
        found.setdefault(kind(row), Kind()).add((1, row.undecided, row.vague, worst), 0)
    return {name: numbers.numbers() for name, numbers in found.items()}


class Tally:
    """The sum of many lines."""

    def __init__(self) -> None:
        self.kinds: dict[str, Kind] = {}
        self.networks = self.large = self.alarms = self.crashes = self.unjudged = 0

    def see(self, line: Line, large: int) -> None:
        """Add a network; it is large from this many weights on."""
        self.networks += 1
        self.large += line["weights"] > large
        self.alarms += bool(line["alarm"]) and not line["crash"]
        self.crashes += line["crash"]
        self.unjudged += line["unjudged"]
        for name, numbers in line["kinds"].items():
            self.kinds.setdefault(name, Kind()).add(numbers, line["number"])

    def total(self) -> Kind:
        """Return the sum over all kinds."""
        found = Kind()
        for kind in self.kinds.values():
            found.add(kind.numbers(), kind.network)
        return found

    def table(self) -> str:
        lines = [f"{'kind of tensor':<52} {'tensors':>8} {'open':>5} {'worst':>7}  network"]
        for name, kind in sorted(self.kinds.items()):
            lines.append(f"{name:<52} {kind.tensors:>8} {kind.undecided:>5} {kind.worst:>7.3f}  {kind.network}")
        return "\n".join(lines)

    def __str__(self) -> str:
        total = self.total()
        share = 100 * total.undecided / max(1, total.tensors)
        return (
            f"{self.networks} networks ({self.large} of them large), {total.tensors} tensors, "
            f"{self.alarms} false alarms, {self.crashes} crashes\n{total.undecided} tensors ({share:.3f} %) UNDECIDED, "
            f"{total.vague} without a certain digit; {self.unjudged} optimizers that fail in Keras itself"
        )
