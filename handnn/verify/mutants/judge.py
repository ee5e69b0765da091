"""Whether a mutant is noticed, and by which comparison."""

import time
from typing import Any, NamedTuple

import numpy as np

from ..parity.line import Line
from ..parity.table import MEASURES
from ..report import row
from ..steps import Comparison
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
    """What became of one mutant; `by` says who noticed, '' that nobody did."""

    family: str
    target: str
    line: int
    change: str
    by: str
    seconds: float = 0.0

    @property
    def killed(self) -> bool:
        return bool(self.by)

    @property
    def reason(self) -> str:
        """Return why a survivor makes no difference, '' where nobody has said so."""
        return EQUIVALENT.get((self.target, self.change), "")


def noticed(family: str, target: Target, change: Change, tf: Any, keras: Any, tests: bool = True) -> str:
    """Return which comparison notices the change, or else which of the symbol's tests; '' if none does."""
    using = users(family, target, tf, keras)
    with target.changed(change):
        for symbol, entry in using:
            try:
                line = Strict(symbol, wants_units=False)
                MEASURES[family](tf, keras, entry, line)
                if not line.ok:
                    return f"{symbol}: nothing could be compared"
            except NoticedError as found:
                return str(found)
            except Exception as error:
                return f"{symbol}: {type(error).__name__}"
        if not tests or (target.title, str(change)) in EQUIVALENT or not suite.available():
            return ""
        own = using or target.symbols
        return suite.failing_test(family, own[0][0] if len(own) == 1 else None)


def run(family: str, number: int, tests: bool, record: str | None = None) -> list[Result]:
    """Try every change of one target of a family, but for those that the record says were noticed."""
    import tf_reference  # noqa: F401, I001  # before Keras: it chooses the backend
    import keras
    import tensorflow as tf

    target, known = targets(family)[number], Record(record)
    found = []
    for place, change in enumerate(target.changes()):
        key = known.key(family, target, place)
        outcome = known.get(key)
        if outcome is None:
            began = time.perf_counter()
            by = noticed(family, target, change, tf, keras, tests)
            outcome = Noticed(by, round(time.perf_counter() - began, 2))
            known.add(key, str(change), outcome)
        found.append(Result(family, target.title, change.line, str(change), *outcome))
    keras.backend.clear_session()
    return found
