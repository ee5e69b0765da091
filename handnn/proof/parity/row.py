"""One symbol's row of the table, with the worst measured errors."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...verify.comparison import Comparison, compare
from ...verify.report import row

DTYPES = ("float32", "float64")


@dataclass
class Units:
    """The worst distance of one side from mpmath in units u |f|, and its place."""

    worst: float = 0.0
    where: str = ""

    def add(self, off: Any, where: list[str]) -> None:
        """Add some points, named by `where`."""
        if np.max(off) > self.worst:
            self.worst, self.where = float(np.max(off)), where[int(np.argmax(off))]


@dataclass
class Line:
    """The row of a symbol. `ratios` is the worst error / allowance by dtype; `agree` and `judge` collect it.

    `units` are the errors of handnn and of TensorFlow by dtype, if they are measured.
    """

    symbol: str
    ratios: dict[str, float] = field(default_factory=dict)
    compared: int = 0
    units: dict[str, tuple[Units, Units]] = field(default_factory=dict)
    kinks: str = ""
    remarks: list[str] = field(default_factory=list)
    wants_units: bool = True

    def judge(self, comparison: Comparison) -> None:
        """Record the ratio if it is the worst of its dtype; an infinite allowance counts as infinitely bad."""
        blind = np.any(~np.isfinite(comparison.allowed) & np.isfinite(comparison.reference))
        self.worse(comparison.reference.dtype, np.inf if blind else row(comparison).ratio)

    def agree(self, what: str, found: Any, reference: Any, bounded: Any) -> None:
        """Do the same as the tests' fixture of this name, but record the ratio."""
        self.judge(compare(what, "", "", found, np.asarray(reference), bounded))

    def worse(self, dtype: Any, ratio: float) -> None:
        """Record a ratio; for integers, which are equal or not, a ratio above 0 counts in every dtype."""
        self.compared += 1
        name = np.dtype(dtype).name
        for concerned in (name,) if name in DTYPES else DTYPES if ratio else ():
            self.ratios[concerned] = max(self.ratios.get(concerned, 0.0), float(ratio))

    @property
    def ok(self) -> bool:
        return bool(self.ratios) and all(ratio <= 1 for ratio in self.ratios.values())
