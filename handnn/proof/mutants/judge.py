"""Whether a mutant is detected, and by which comparison."""

import time
from typing import Any, NamedTuple

import numpy as np

from ...verify.comparison import Comparison
from ...verify.report import row
from ..parity.row import Line
from ..parity.table import MEASURES
from . import suite
from .equivalent import EQUIVALENT
from .operators import Change
from .record import Noticed, Record
from .targets import Target, targets
from .users import users


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
    """Finds what detects a change of one function: its symbols, then the tests; earlier detectors come first."""

    def __init__(self, family: str, target: Target, tf: Any, keras: Any, tests: bool = True) -> None:
        self.family, self.target, self.keras, self.tests = family, target, (tf, keras), tests and suite.available()
        self.symbols = users(family, target, tf, keras)
        self.failed: list[str] = []
        self.broken: list[str] = []

    def noticed(self, change: Change, before: Noticed | None = None) -> str:
        """Return the comparison that detects the change, otherwise the test; '' if none does, nor did `before`."""
        with self.target.changed(change):
            by = "" if before else self._by_symbol()
        if by or not self.tests or (self.target.title, str(change)) in EQUIVALENT:
            return by
        return self._by_test(change)

    def _by_symbol(self) -> str:
        for place, (symbol, entry) in enumerate(self.symbols):
            by = self._against_keras(symbol, entry)
            if by:
                self.symbols.insert(0, self.symbols.pop(place))
                return by
        return ""

    def _against_keras(self, symbol: str, entry: Any) -> str:
        try:
            line = Strict(symbol, wants_units=False)
            MEASURES[self.family](*self.keras, entry, line)
        except NoticedError as found:
            return str(found)
        except Exception as error:
            return f"{symbol}: {type(error).__name__}"
        return "" if line.ok else f"{symbol}: nothing could be compared"

    def _by_test(self, change: Change) -> str:
        own = self.symbols or self.target.symbols
        symbol = own[0][0] if len(own) == 1 else None
        while True:
            with self.target.changed(change):
                by = suite.failing_test(self.family, symbol, self.failed, self.broken)
            if not by or by in self.failed:
                return by
            sound = not suite.fails(by)  # on the right code
            (self.failed if sound else self.broken).append(by)
            if sound:
                return by


def run(family: str, number: int, tests: bool, record: str | None = None) -> list[Result]:
    """Try every change of one target of a family, except those recorded as detected."""
    import tf_reference  # noqa: F401, I001  # before Keras: it chooses the backend
    import keras
    import tensorflow as tf

    target, known = targets(family)[number], Record(record)
    found, judge = [], None
    for place, change in enumerate(target.changes()):
        key = known.key(family, target, place)
        outcome = before = known.get(key)
        if before is None or (tests and not before.by and (target.title, str(change)) not in EQUIVALENT):
            judge = judge or Judge(family, target, tf, keras, tests)
            began = time.perf_counter()
            by = judge.noticed(change, before)
            outcome = Noticed(by, round(time.perf_counter() - began + (before.seconds if before else 0), 2))
            known.add(key, str(change), outcome)
        assert outcome is not None
        found.append(Result(family, target.title, change.line, str(change), *outcome))
    keras.backend.clear_session()
    return found
