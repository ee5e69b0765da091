"""Reading tables: FILE.csv and FILE.tsv with any usual separator, FILE.parquet and FILE.feather with pandas."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from .checks import readable_file, wrong
from .preparation import fit_table
from .source import Source
from .table import Table, features_of, missing, number, parsed, short
from .targets import recognise

SEPARATORS = ("\t", ";", "|", ",")
SAMPLE = 100_000
"""Characters at the start of a file that tell its separator."""
BY_PANDAS = {".parquet": "read_parquet", ".feather": "read_feather"}

COMMA_DECIMAL = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")
POINT_DECIMAL = re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?")
LIKE_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")


def read_csv(
    name: str, path: str, target: str | int | None, task: str | None, features: Sequence[Any] | None = None
) -> Source:
    """Return the samples of a table: one a row, numbers, texts and gaps.

    Args:
        name: of the data set.
        path: the file.
        target: name or number (from 0) of the target's column; by default the last column.
        task: "classification" or "regression", to override the recognition: whole numbers and text are
            labels, other numbers are quantities.
        features: names or numbers of the columns to use, or of those to leave out with a minus before each.

    Rows without a target and columns without any value are left out; the data set's description says so.

    Raises:
        FileNotFoundError: no such file.
        ValueError: not a table, rows of different length, columns of dates or of numbers mixed with text, an
            unknown target or feature, or targets that `task` cannot have.
    """
    table = read_table(path, target)
    place = len(table.names) - 1 if target is None else table.place("target", target)
    table, notes = _with_targets(table, place)
    chosen = features_of(table, place, features)
    kinds = {column: table.kind(column) for column in chosen}
    numbers, texts, empty = (
        [column for column in chosen if kinds[column] == kind] for kind in ("number", "text", "nothing")
    )
    targets = recognise(table.where, {"train": _typed_target(table, place, task)}, task)
    return Source(
        name,
        {"train": (table, targets.parts["train"])},
        targets.task,
        targets.class_names,
        image_shape=None,
        divisor=None,
        fit=partial(fit_table, numbers=numbers, texts=texts, empty=empty),
        target=table.names[place],
        notes=notes,
    )


def read_table(path: str, target: str | int | None = None, header: bool | None = None) -> Table:
    """Return the cells of a table.

    The first row is a header when `target` is a name, when none of its cells is a number (and, in a table without any
    number, none occurs below it), or when its target cell is the only one in its column that is not a number.

    Args:
        path: the file, UTF-8 text or a file that pandas reads.
        target: name or number of the target's column, if it is known.
        header: whether the first row is a header, if that is known.

    Raises:
        FileNotFoundError: no such file.
        ValueError: not a table, or rows of different length.
    """
    where = f"data {path!r}"
    readable_file(where, path)
    if (ending := os.path.splitext(path)[1].lower()) in BY_PANDAS:
        return _table(where, _with_pandas(where, path, BY_PANDAS[ending]), ",", target, True)
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            text = file.read()
        return _table(where, text, _separator(text), target, header)
    except UnicodeDecodeError:
        raise wrong(where, "not text in UTF-8", "a CSV file") from None
    except csv.Error as error:
        raise wrong(where, f"not a CSV file: {error}", "comma-separated rows") from None


def _with_pandas(where: str, path: str, reader: str) -> str:
    """Return a file that pandas reads, as comma-separated text; numbers keep every digit."""
    try:
        import pandas
    except ImportError:
        raise wrong(where, "pandas is not installed", "pip install 'handnn[tables]' for this kind of file") from None
    try:
        frame = getattr(pandas, reader)(path)
        return frame.to_csv(index=False)
    except ImportError:
        raise wrong(where, "pyarrow is not installed", "pip install 'handnn[tables]' for this kind of file") from None
    except Exception as error:  # damaged files raise many kinds of errors in pyarrow
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise wrong(where, f"cannot be read: {reason}", "a table as pandas writes it") from None


def _rows(text: str, separator: str, strict: bool = True) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, cells) of every row that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=strict, skipinitialspace=True)
    for cells in reader:
        stripped = [cell.strip() for cell in cells]
        if len(stripped) > 1 or any(stripped):
            yield reader.line_num, stripped


def _separator(text: str) -> str:
    """Return the separator that cuts all rows into equally many cells, such that no cell holds another one."""
    sample = text if len(text) <= SAMPLE else text[: text.rfind("\n", 0, SAMPLE) + 1]
    clean: dict[str, float] = {}
    widths: dict[str, int] = {}
    for separator in SEPARATORS:
        try:
            rows = [cells for _, cells in _rows(sample, separator, strict=False)]
        except csv.Error:
            continue
        counts = {len(cells) for cells in rows}
        widths[separator] = len(rows[0]) if rows else 0
        if len(counts) == 1 and counts != {1}:
            cells = [cell for row in rows for cell in row]
            others = "".join(other for other in SEPARATORS if other != separator)
            whole = [COMMA_DECIMAL.fullmatch(cell) or not set(others) & set(cell) for cell in cells]
            clean[separator] = sum(map(bool, whole)) / len(cells)
    if clean:
        return max(clean, key=lambda separator: clean[separator])
    return max((",", *widths), key=lambda separator: widths.get(separator, 0))


def _table(where: str, text: str, separator: str, target: Any, header: bool | None) -> Table:
    rows = list(_rows(text, separator))
    if not rows or len(rows[0][1]) < 2:
        came = f"one column, {short(rows[0][1][0])} in row {rows[0][0]}" if rows else "no rows"
        raise wrong(where, came, "comma-separated features and a target in every row")
    for line, cells in rows:
        if len(cells) != len(rows[0][1]):
            came = f"row {line} has {len(cells)} cells"
            raise wrong(where, came, f"{len(rows[0][1])}, as the first row has")
    comma = separator != "," and _has_decimal_commas(where, rows)
    first = rows[0][1]
    if header is None:
        by_name = isinstance(target, str) and target.strip() in first and number(target) is None
        header = by_name or _is_header([cells for _, cells in rows], _target_place(first, target), comma)
    body = rows[1:] if header else rows
    if not body:
        raise wrong(where, "a header and zero samples", "at least one row of numbers")
    names = tuple(first) if header else tuple(map(str, range(len(first))))
    columns = tuple(np.array([cells[place] for _, cells in body], dtype=object) for place in range(len(first)))
    return Table(where, names, bool(header), columns, np.array([line for line, _ in body]), comma)


def _target_place(first: list[str], target: Any) -> int:
    """Return the position of the target, as far as the first row tells it."""
    given = str(target).strip()
    if re.fullmatch(r"-?\d+", given) and -len(first) <= int(given) < len(first):
        return int(given) % len(first)
    return len(first) - 1


def _is_header(rows: list[list[str]], target: int, comma: bool) -> bool:
    """Return whether the first row holds names."""
    first, below = rows[0], rows[1:]
    numeric = [number(cell, comma) is not None for cell in first]
    if not any(numeric[:target] + numeric[target + 1 :]):
        found = [[number(cell, comma) is not None for cell in cells] for cells in below]
        if any(any(row[:target] + row[target + 1 :]) for row in found):
            return True
        again = any(cells[place] == name for cells in below for place, name in enumerate(first))
        return not numeric[target] and (any(row[target] for row in found) or not again)
    return not numeric[target] and bool(below) and all(number(cells[target], comma) is not None for cells in below)


def _has_decimal_commas(where: str, rows: list[tuple[int, list[str]]]) -> bool:
    commas = {cell for _, cells in rows for cell in cells if "," in cell and COMMA_DECIMAL.fullmatch(cell)}
    if not commas:
        return False
    points = next((cell for _, cells in rows for cell in cells if "." in cell and POINT_DECIMAL.fullmatch(cell)), None)
    if points is not None:
        raise wrong(where, f"numbers with a comma ({min(commas)!r}) and with a point ({points!r})", "one kind")
    if all(LIKE_THOUSANDS.fullmatch(cell) for cell in commas):
        expected = "numbers without separators of thousands, or with another number of decimals"
        raise wrong(where, f"{min(commas)!r} can be a number of thousands or of decimals", expected)
    return True


def _with_targets(table: Table, place: int) -> tuple[Table, tuple[str, ...]]:
    """Return the rows that have a target, and a note about the others.

    Raises:
        ValueError: no row has one.
    """
    empty = missing(table.columns[place])
    if not empty.any():
        return table, ()
    found = dict.fromkeys(short(cell) if cell else "empty" for cell in table.columns[place][empty])
    told, row = " or ".join(found), table.lines[int(np.argmax(empty))]
    if empty.all():
        raise wrong(table.where, f"the target {short(table.names[place])} is {told} in every row", "labels or numbers")
    count = int(empty.sum())
    rows = f"{count} row{'' if count == 1 else 's'} whose target is {told}"
    return table[~empty], (f"{rows} left out{'' if count == 1 else ', the first'} (row {row} of the file)",)


def _typed_target(table: Table, place: int, task: str | None) -> np.ndarray:
    """Return the target as integers if all cells are, as text if no cell has a fraction, else as floats."""
    cells, where = table.columns[place], table.where
    values = parsed(cells, table.comma)
    text = np.isnan(values)
    fractions = ~text & (values != np.round(values))
    if text.any():
        if task == "regression" or fractions.any():
            row = int(np.argmax(text))
            came = f"the target in row {table.lines[row]} is {short(cells[row])}"
            raise wrong(where, came, "a number as in other rows" if fractions.any() else "a number")
        return cells.astype(str)
    if not np.isfinite(values).all():
        row = int(np.argmin(np.isfinite(values)))
        raise wrong(where, f"the target in row {table.lines[row]} is {values[row]}", "a finite number")
    if not fractions.any() and (np.abs(values) <= 2**53).all():  # above it, whole numbers would be rounded
        return values.astype(np.int64)
    return values
