"""`Table`: the cells of a file with named columns, as text, and the numbers or texts in a column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

import numpy as np

from .checks import must_be, wrong

MISSING = frozenset(("", "na", "n/a", "#n/a", "nan", "null", "none", "?"))
"""Cells without a value, in small letters."""

DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}([T ].*)?|\d{1,2}:\d{2}(:\d{2}.*)?"
)
GROUPED = re.compile(r"[+-]?\d{1,3}([.,' ]\d{3})+([.,]\d+)?")
"""A number whose thousands are set apart."""

LEAVE_OUT = "or leave it out of the features"


@dataclass(frozen=True)
class Table:
    """Rows of cells below the header.

    Attributes:
        where: the source, for messages.
        names: of the columns; "0", "1", ... if the file has no header.
        named: whether the file has a header.
        columns: for each column its cells, stripped text.
        lines: the line number in the file of each row.
        comma: whether numbers have decimal commas.
    """

    where: str
    names: tuple[str, ...]
    named: bool
    columns: tuple[np.ndarray, ...]
    lines: np.ndarray
    comma: bool = False

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, rows: Any) -> Table:
        """Return the table of some rows: a slice or an array of row numbers."""
        return replace(self, columns=tuple(cells[rows] for cells in self.columns), lines=self.lines[rows])

    def place(self, argument: str, wanted: Any) -> int:
        """Return the position of a column by name or number (from 0, or from -1 backwards).

        Raises:
            ValueError: no column or several have this name, or the number is beyond the table.
        """
        given, count = str(wanted).strip(), len(self.names)
        if self.names.count(given) == 1:
            return self.names.index(given)
        if re.fullmatch(r"-?\d+", given) and -count <= int(given) < count and given not in self.names:
            return int(given) % count
        near = get_close_matches(given, self.names, n=3) or self.names[:20]
        number = f"a column's number from 0 to {count - 1}"
        named = f"{number}, or the name of one column, such as {' or '.join(map(short, near))}"
        raise must_be(argument, named if self.named else number, wanted)

    def kind(self, place: int) -> str:
        """Return what a column holds, "number", "text", or "nothing" if no row has a value.

        Raises:
            ValueError: it holds dates, numbers mixed with text, grouped thousands, or infinity.
        """
        if not self.has_values(place):
            return "nothing"
        cells = self.columns[place]
        gaps = missing(cells)
        numbers = parsed(cells, self.comma)
        texts = np.isnan(numbers) & ~gaps
        if not texts.any():
            self._check_finite(place, numbers)
            return "number"
        words = cells[texts]
        if all(DATE.fullmatch(cell) for cell in words):
            expected = f"numbers or text; turn them into numbers, such as days, {LEAVE_OUT}"
            raise wrong(self.where, self._at(place, texts, "a date or time"), expected)
        if all(GROUPED.fullmatch(cell) for cell in words):
            raise wrong(self.where, self._at(place, texts, "with thousands set apart"), "numbers without separators")
        if 2 * texts.sum() <= (~gaps).sum():
            raise wrong(self.where, self._at(place, texts), f"a number, as in other rows{self._hint(texts)}")
        return "text"

    def has_values(self, place: int) -> bool:
        """Return whether a column has a value in some row."""
        return not missing(self.columns[place]).all()

    def numbers(self, place: int) -> np.ndarray:
        """Return the numbers of a column, float64 with NaN for gaps; raise ValueError for any other cell."""
        cells = self.columns[place]
        numbers = parsed(cells, self.comma)
        texts = np.isnan(numbers) & ~missing(cells)
        if texts.any():
            raise wrong(self.where, self._at(place, texts), "a number")
        self._check_finite(place, numbers)
        return numbers

    def texts(self, place: int) -> np.ndarray:
        """Return the texts of a column, with None for gaps."""
        cells = self.columns[place].astype(object)
        cells[missing(self.columns[place])] = None
        return cells

    def _check_finite(self, place: int, numbers: np.ndarray) -> None:
        infinite = np.isinf(numbers)
        if infinite.any():
            raise wrong(self.where, self._at(place, infinite), "a finite number, or an empty cell for none")

    def _at(self, place: int, chosen: np.ndarray, what: str = "") -> str:
        row = int(np.argmax(chosen))
        cell = short(self.columns[place][row])
        return f"{cell}{what and f', {what},'} in row {self.lines[row]}, column {place + 1}{self._called(place)}"

    def _called(self, place: int) -> str:
        return f" ({short(self.names[place])})" if self.named else ""

    def _hint(self, texts: np.ndarray) -> str:
        header = not self.named and int(np.argmax(texts)) == 0
        return " (if row 1 is a header, name the target: target='...')" if header else f"; correct it, {LEAVE_OUT}"


def features_of(table: Table, target: int | None, wanted: Sequence[Any] | None) -> list[int]:
    """Return the positions of the feature columns, in the table's order.

    Args:
        table: the table.
        target: position of the target.
        wanted: names or numbers of columns; with a minus in front of every one, all columns but these. None for all.

    Raises:
        ValueError: a column is not there or is the target, no column is left, or some names have a minus and others
            do not.
    """
    every = [place for place in range(len(table.names)) if place != target]
    if wanted is None:
        return _unique(table, every)
    given = [str(name).strip() for name in wanted]
    minus = [name.startswith("-") and name not in table.names for name in given]
    if not given or any(minus) != all(minus):
        raise must_be("features", "columns to use, or with a minus before each those to leave out", ",".join(given))
    places = [table.place("features", name[1:] if all(minus) else name) for name in given]
    if target in places and not all(minus):
        raise must_be("features", f"columns other than the target {table.names[target or 0]!r}", ",".join(given))
    found = [place for place in every if (place in places) != all(minus)]
    if not found:
        raise must_be("features", "such that a column is left", ",".join(given))
    return _unique(table, found)


def _unique(table: Table, places: list[int]) -> list[int]:
    names = [table.names[place] for place in places]
    again = next((name for name in names if names.count(name) > 1), None)
    if again is not None:
        raise wrong(table.where, f"several columns are called {short(again)}", "a name of its own for each feature")
    return places


def missing(cells: np.ndarray) -> np.ndarray:
    """Return which cells hold no value."""
    return np.array([cell.casefold() in MISSING for cell in cells], dtype=bool)


def parsed(cells: np.ndarray, comma: bool) -> np.ndarray:
    """Return the number of each cell as float64, NaN where it is none."""
    return np.array([np.nan if (found := number(cell, comma)) is None else found for cell in cells], dtype=np.float64)


def number(cell: str, comma: bool = False) -> float | None:
    """Return the cell's number, possibly NaN or infinity; None for anything else, such as 1_000."""
    try:
        return None if "_" in cell else float(cell.replace(",", ".") if comma else cell)
    except ValueError:
        return None


def short(cell: str) -> str:
    """Return a cell in quotes, cut if it is long."""
    return repr(cell if len(cell) <= 40 else cell[:40] + "...")
