"""One symbol's row of the table: the worst that was measured."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..report import row
from ..steps import Comparison, compare

DTYPES = ("float32", "float64")


@dataclass
class Units:
    """Worst distance from mpmath in units u |f|, by library, and where TensorFlow's is."""

    handnn: float = 0.0
    tensorflow: float = 0.0
    where: str = ""

    def add(self, handnn: Any, tensorflow: Any, where: list[str]) -> None:
        """Add the units of some points; `where` names each of TensorFlow's."""
        self.handnn = max(self.handnn, float(np.max(handnn)))
        if np.max(tensorflow) > self.tensorflow:
            self.tensorflow, self.where = float(np.max(tensorflow)), where[int(np.argmax(tensorflow))]


@dataclass
class Line:
    """Row of a symbol. `ratios` is the worst error / allowance by dtype; `agree` and `judge` collect it."""

    symbol: str
    ratios: dict[str, float] = field(default_factory=dict)
    compared: int = 0
    units: dict[str, Units] = field(default_factory=dict)
    kinks: str = ""
    remarks: list[str] = field(default_factory=list)

    def judge(self, comparison: Comparison) -> None:
        """Keep the ratio if it is the worst of its dtype; an allowance that is not finite counts as infinitely bad."""
        blind = np.any(~np.isfinite(comparison.allowed) & np.isfinite(comparison.reference))
        self.worse(comparison.reference.dtype, np.inf if blind else row(comparison).ratio)

    def agree(self, what: str, found: Any, reference: Any, bounded: Any) -> None:
        """Do what the tests' fixture of this name does, but keep the ratio."""
        self.judge(compare(what, "", "", found, np.asarray(reference), bounded))

    def worse(self, dtype: Any, ratio: float) -> None:
        """Keep a ratio; that of integers, which are equal or not, counts in every dtype if it is not 0."""
        self.compared += 1
        name = np.dtype(dtype).name
        for concerned in (name,) if name in DTYPES else DTYPES if ratio else ():
            self.ratios[concerned] = max(self.ratios.get(concerned, 0.0), float(ratio))

    @property
    def ok(self) -> bool:
        return bool(self.ratios) and all(ratio <= 1 for ratio in self.ratios.values())
