"""One step of a walkthrough: its formula, one element written out, both sides' numbers."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...core.variable import Array
from ..report import Row
from .expression import Expression, Writer, element
from .symbolic_array import Written
from .symbolic_pass import Known, symbol

PHASES = {
    "forward": "from x to the output: z from x, then a = f(z)",
    "loss": "how far the output is from y",
    "backward": "from the loss down: delta = dL/dz, and from it dL/dW, dL/db, dL/dx",
    "optimizer": "every weight takes its step",
    "wiring": "how the steps follow one another",
}


@dataclass(frozen=True)
class Element:
    """One element written out: with names, with numbers, evaluated stage by stage, and its value.

    `definitions` are the named parts of a long expression: [name, with names, with numbers, value].
    """

    name: str
    index: tuple[int, ...]
    symbols: str
    stages: list[str]
    value: float
    definitions: list[list[str]]

    def to_dict(self) -> dict[str, Any]:
        return {**vars(self), "index": list(self.index)}


@dataclass
class Step:
    """One tensor: the hand-computed value, TensorFlow's (or None), and the computation.

    A tensor that is `given` (x, y, a weight) has no formula. `yours` is the value of a user's function, and `yours_off`
    marks its wrong elements; None if its shape differs.
    """

    phase: str
    layer: str
    tensor: str
    formula: str
    found: Array
    reference: Array | None = None
    allowed: Array | None = None
    row: Row | None = None
    given: bool = False
    remarks: list[str] = field(default_factory=list)
    _written: tuple[Written, Known] | None = None
    yours: Array | None = None
    yours_off: Array | None = None
    at: tuple[int, ...] | None = None
    """The element that is written out, and the slice that is printed; None for the first ones."""

    @property
    def ok(self) -> bool:
        return (self.row is None or self.row.ok) and self.yours_ok

    @property
    def yours_ok(self) -> bool:
        return self.yours is None or (self.yours_off is not None and not self.yours_off.any())

    @property
    def outside(self) -> Array | None:
        """Which elements are outside their allowance; None if the two sides cannot be compared by element."""
        if self.reference is None or self.allowed is None or self.found.shape != self.reference.shape:
            return None
        same = (self.found == self.reference) | (np.isnan(self.found) & np.isnan(self.reference))
        with np.errstate(invalid="ignore"):
            near = np.abs(self.found.astype("float64") - self.reference.astype("float64")) <= self.allowed
        return ~(same | near)

    def element(self, digits: int = 5) -> Element | None:
        """Return one element written out: the worst one of a wrong step, otherwise an example."""
        if self._written is None or not self.found.size:
            return None
        written, known = self._written
        index = self._shown()
        if written.shape != self.found.shape or not _equal(written.value[index], self.found[index]):
            return None  # the code branched differently on plain arrays, so its arithmetic is unknown
        expression: Expression = written.at(index)
        writer = Writer(digits, known)
        shared = writer.shared(expression)
        definitions = [
            [name, *dict.fromkeys([writer.symbols(e), *writer.stages(e)[:1], writer.number(e.value)])]
            for name, e in reversed(shared)
        ]
        text = element(self.symbol, index)
        value = float(self.found[index])
        return Element(text, index, writer.symbols(expression), writer.stages(expression), value, definitions)

    def _shown(self) -> tuple[int, ...]:
        """Return the index of the worst element of a wrong step; otherwise [0,1], or the next one that is not 0."""
        shape = self.found.shape
        if self.at is not None and (self.row is None or self.row.ok):
            return self.at
        if self.row is not None and not self.row.ok and len(self.row.index) == len(shape):
            return self.row.index
        usual = tuple(0 if k == 0 and len(shape) > 1 else min(1, n - 1) for k, n in enumerate(shape))
        start = int(np.ravel_multi_index(usual, shape)) if shape else 0
        others = np.flatnonzero(self.found.reshape(-1)[start:])
        return tuple(int(i) for i in np.unravel_index(start + others[0], shape)) if others.size else usual

    @property
    def symbol(self) -> str:
        """The tensor's name in the written-out element."""
        weight, _, what = self.tensor.partition(" ")
        if self.at is not None:
            return self.tensor.replace(" ", "_")
        if what:
            return f"new {symbol(weight)}" if what == "stepped" else f"new {what}"
        return self.tensor

    def to_dict(self, digits: int = 5) -> dict[str, Any]:
        written = None if self.given else self.element(digits)
        ours, theirs = self.found.tolist(), None if self.reference is None else self.reference.tolist()
        numbers = ("error", "allowance", "ratio", "outside")
        user: dict[str, Any] = {}
        if self.yours is not None:
            off = None if self.yours_off is None else self.yours_off.tolist()
            user = {"yours": self.yours.tolist(), "yours_off": off, "yours_ok": self.yours_ok}
        return {
            "phase": self.phase, "layer": self.layer, "tensor": self.tensor, "given": self.given,
            "formula": self.formula, "remarks": self.remarks, "shape": list(self.found.shape),
            "dtype": self.found.dtype.name, "handnn": ours, "tensorflow": theirs,
            **{name: None if self.row is None else getattr(self.row, name) for name in numbers},
            "ok": None if self.row is None else self.row.ok, "element": written and written.to_dict(),
            **user,
        }  # fmt: skip


def _equal(a: Any, b: Any) -> bool:
    return bool(a == b or (np.isnan(a) and np.isnan(b)))
