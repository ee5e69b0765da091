"""The symbols that use a function: those whose comparison with Keras calls it, the fastest first."""

import sys
import time
from functools import cache, partial
from types import CodeType, FrameType
from typing import Any

from ..parity.row import Line
from ..parity.table import MEASURES
from .targets import Target, plain, symbols_of, table_of


def users(family: str, target: Target, tf: Any, keras: Any) -> list[tuple[str, Any]]:
    """Return the symbols that must detect a change of this function; call it only on the unchanged library."""
    if len(target.symbols) == 1:
        return list(target.symbols)
    code, known = plain(vars(target.owner)[target.name]).__code__, called(family, tf, keras)
    return sorted((item for item in target.symbols if code in known[item[0]][1]), key=lambda item: known[item[0]][0])


@cache
def called(family: str, tf: Any, keras: Any) -> dict[str, tuple[float, set[CodeType]]]:
    """Return for each symbol the seconds of its comparison with Keras, and the functions that it calls."""
    found = {}
    for symbol, entry in symbols_of(family).items():
        codes: set[CodeType] = set()
        began = time.perf_counter()
        sys.setprofile(partial(_collect, codes))
        try:
            MEASURES[table_of(family)](tf, keras, entry, Line(symbol, wants_units=False))
        finally:
            sys.setprofile(None)
        found[symbol] = time.perf_counter() - began, codes
    return found


def _collect(codes: set[CodeType], frame: FrameType, event: str, _: Any) -> None:
    if event == "call":
        codes.add(frame.f_code)
