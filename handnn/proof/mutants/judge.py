"""Whether a mutant is detected, and by which comparison."""

import time
from typing import Any, NamedTuple

import numpy as np

from ...verify.comparison import Comparison
from ...verify.report import row
from ..parity.row import Line
from ..parity.table import MEASURES
from .equivalent import EQUIVALENT
from .operators import Change
from .record import Noticed, Record
from .remembered import remembered
from .targets import Target, table_of, targets
from .users import users

TRACES: dict[str, Any] = {}
"""Of this process: what Keras makes of the networks of all comparisons."""


class NoticedError(Exception):
    """A comparison is outside its allowance."""


class Strict(Line):
    """A row of the parity table that stops at the first comparison outside its allowance."""

    def judge(self, comparison: Comparison) -> None:
        blind = np.any(~np.isfinite(comparison.allowed) & np.isfinite(comparison.reference))
        if blind or not row(comparison).ok:
            raise NoticedError(f"{self.symbol}: {' '.join(filter(None, (comparison.layer, comparison.tensor)))}")
        super().judge(comparison)

    def worse(self, dtype: Any, ratio: float) -> None:
        if not ratio <= 1:
            raise NoticedError(f"{self.symbol}: a tensor of its layer")
        super().worse(dtype, ratio)


class Result(NamedTuple):
    """The result of one mutant; `by` is the symbol or test that detected it, '' if none did."""

    family: str
    target: str
    line: int
    change: str
    by: str
    seconds: float = 0.0
    explained: str = ""

    @property
    def killed(self) -> bool:
        return bool(self.by)

    @property
    def by_test(self) -> bool:
        return self.by.startswith("tests/")

    @property
    def reason(self) -> str:
        """Return the known reason why a survivor makes no difference, '' if there is none."""
        return "" if self.killed else self.explained or EQUIVALENT.get((self.target, self.change), "")


class Judge:
    """Finds the symbol whose comparison with Keras detects a change of one function; earlier detectors come first."""

    def __init__(self, family: str, target: Target, tf: Any, keras: Any) -> None:
        self.family, self.target, self.keras = family, target, (tf, keras)
        self.symbols = users(family, target, tf, keras)

    def noticed(self, change: Change) -> str:
        """Return the comparison that detects the change, '' if none does."""
        with self.target.changed(change):
            for place, (symbol, entry) in enumerate(self.symbols):
                by = self._against_keras(symbol, entry)
                if by:
                    self.symbols.insert(0, self.symbols.pop(place))
                    return by
        return ""

    def _against_keras(self, symbol: str, entry: Any) -> str:
        try:
            line = Strict(symbol, wants_units=False)
            with remembered(TRACES):
                MEASURES[table_of(self.family)](*self.keras, entry, line)
        except NoticedError as found:
            return str(found)
        except Exception as error:
            return f"{symbol}: {type(error).__name__}"
        return "" if line.ok else f"{symbol}: nothing could be compared"


def run(family: str, number: int, record: str | None = None, recorded: bool = False) -> list[tuple[int, Result]]:
    """Compare every change of one target of a family with Keras, except those recorded; return (place, result).

    With `recorded` nothing is tried: the results are what the record has.
    """
    target, known = targets(family)[number], Record(record)
    found, judge = [], None
    for place, change in enumerate(target.changes()):
        key = known.key(family, target, place)
        outcome = known.get(key)
        if outcome is None and recorded:
            continue
        if outcome is None:
            judge = judge or _judge(family, target)
            began = time.perf_counter()
            outcome = Noticed(judge.noticed(change), round(time.perf_counter() - began, 2))
            known.add(key, str(change), outcome)
        found.append((place, Result(family, target.title, change.line, str(change), *outcome)))
    if judge is not None:
        judge.keras[1].backend.clear_session()
    return found


def _judge(family: str, target: Target) -> Judge:
    import tf_reference  # noqa: F401, I001  # before Keras: it chooses the backend
    import keras
    import tensorflow as tf

    return Judge(family, target, tf, keras)
