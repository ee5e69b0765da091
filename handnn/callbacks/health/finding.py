"""A finding of the doctor, and the thresholds behind the findings with their sources."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple


class Threshold(NamedTuple):
    """A number and who published it."""

    value: float
    source: str


AUTOTRAINER = "AutoTrainer (Zhang et al., ICSE 2021)"
DEEPCHECKER = "TheDeepChecker (Ben Braiek and Khomh, TOSEM 2023)"
UMLAUT = "UMLAUT (Schoop et al., CHI 2021)"
NEURALINT = "NeuraLint (Nikanjam et al., TOSEM 2021)"
HE = "He et al., ICCV 2015; Glorot and Bengio, AISTATS 2010"
OWN = "handnn's own, docs/doctor.md"

THRESHOLDS = {
    "vanishing ratio": Threshold(1e-3, AUTOTRAINER),
    "vanishing gradient": Threshold(1e-4, AUTOTRAINER),
    "exploding ratio": Threshold(70.0, AUTOTRAINER),
    "zero gradients": Threshold(0.7, AUTOTRAINER),
    "swing": Threshold(0.03, AUTOTRAINER),
    "swinging epochs": Threshold(0.2, AUTOTRAINER),
    "dead output": Threshold(1e-5, DEEPCHECKER),
    "dead units": Threshold(0.5, DEEPCHECKER),
    "saturation": Threshold(0.85, DEEPCHECKER),
    "smallest update": Threshold(-4.0, DEEPCHECKER),
    "largest update": Threshold(-1.0, DEEPCHECKER),
    "first updates": Threshold(0.3, OWN),
    "overfitted samples": Threshold(16, DEEPCHECKER),
    "balance": Threshold(0.5, DEEPCHECKER),
    "largest feature": Threshold(5.0, OWN + "; " + UMLAUT + " has 1, which standardised features exceed"),
    "dropout": Threshold(0.5, UMLAUT),
    "widest weights": Threshold(10.0, HE),
    "narrowest weights": Threshold(0.01, HE),
    "largest bias": Threshold(1.0, OWN),
    "largest target": Threshold(100.0, OWN),
    "learned": Threshold(0.5, OWN),
    "still falling": Threshold(0.03, OWN),
    "overfitting": Threshold(1.3, OWN),
}
"""Every threshold of the rules, by name."""


@dataclass(frozen=True)
class Finding:
    """What the doctor says.

    Attributes:
        kind: of the cause: activation, loss, learning rate, optimizer, epochs, scaling, initialisation, labels,
            dropout, or unknown.
        symptom: its published name, such as "vanishing gradients".
        sentence: what was seen, with the number.
        cure: the usual one.
        number, threshold: what was measured, and the name of its limit in THRESHOLDS; None for rules without a number.
        layer: of the network, or "".
    """

    kind: str
    symptom: str
    sentence: str
    cure: str
    number: float | None = None
    threshold: str | None = None
    layer: str = ""

    def __str__(self) -> str:
        return f"{self.symptom}: {self.sentence}{self.limit}. {self.cure}"

    @property
    def limit(self) -> str:
        """The threshold and its source, in brackets."""
        if self.threshold is None:
            return ""
        value, source = THRESHOLDS[self.threshold]
        power = "10^" if "update" in self.threshold else ""
        return f" (limit {power}{value:g}: {source.partition(';')[0]})"

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as JSON has it."""
        limit = None if self.threshold is None else THRESHOLDS[self.threshold]._asdict()
        return asdict(self) | {"threshold": limit}


def limit(name: str) -> float:
    """Return a threshold's number."""
    return THRESHOLDS[name].value
