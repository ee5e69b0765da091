"""Reading FILE.csv: one sample per row, numbers in every column except the target, optionally a header."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from difflib import get_close_matches
from typing import NamedTuple

import numpy as np

from .checks import must_be, readable_file, wrong
from .source import Source, divisor_for
from .targets import recognise


class Table(NamedTuple):
    """The rows after the header: `target` has their target cells, `lines` their line numbers in the file."""

    features: np.ndarray
    target: list[str]
    lines: list[int]


def read_csv(name: str, path: str, target: str | None, task: str | None) -> Source:
    """Return the samples of a comma-separated file in UTF-8.

    The first row is a header when `target` is given, when none of its feature cells is a number, or when
    its target cell is the only one in its column that is not a number.

    Args:
        name: of the data set.
        path: the file.
        target: name of the target's column; by default the last column.
        task: "classification" or "regression", to override the recognition: whole numbers and text are
            labels, other numbers are quantities.

    Raises:
        FileNotFoundError: no such file.
        ValueError: not a CSV file, rows of different length, cells that are not finite numbers, an
            unknown target, or targets that `task` cannot have.
    """
    where = f"data {path!r}"
    readable_file(where, path)
    try:
        table = _table(where, path, target)
    except UnicodeDecodeError:
        raise wrong(where, "not text in UTF-8", "a CSV file") from None
    except csv.Error as error:
        raise wrong(where, f"not a CSV file: {error}", "comma-separated rows") from None
    _check_finite(where, table)
    targets = recognise(where, {"train": _typed_target(where, table, task)}, task)
    parts = {"train": (table.features, targets.parts["train"])}
    return Source(name, parts, targets.task, targets.class_names, None, divisor_for([table.features]))


def _rows(path: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, cells) of every row that is not blank."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file, strict=True, skipinitialspace=True)
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if len(stripped) > 1 or any(stripped):
                yield reader.line_num, stripped


def _table(where: str, path: str, target: str | None) -> Table:
    rows = _rows(path)
    first_line, first = next(rows, (0, []))
    if len(first) < 2:
        came = f"one column, {_short(first[0])} in row {first_line}" if first else "no rows"
        raise wrong(where, came, "comma-separated features and a target in every row")
    column = _target_column(first, target)
    features, targets, lines = [], [], []
    for line, cells in rows:
        features.append(_numbers(where, line, cells, column, first))
        targets.append(cells[column])
        lines.append(line)
    if target is None and not _is_header(first, column, targets):
        features.insert(0, _numbers(where, first_line, first, column, first))
        targets.insert(0, first[column])
        lines.insert(0, first_line)
    if not lines:
        raise wrong(where, "a header and zero samples", "at least one row of numbers")
    return Table(np.array(features), targets, lines)


def _target_column(first: list[str], target: str | None) -> int:
    if target is None:
        return len(first) - 1
    if not isinstance(target, str) or first.count(target) != 1:
        near = get_close_matches(str(target), first, n=3) or first[:20]
        raise must_be("target", f"the name of one column, such as {' or '.join(map(_short, near))}", target)
    return first.index(target)


def _is_header(first: list[str], column: int, targets: list[str]) -> bool:
    """Return whether the first row holds names; `targets` are the target cells of the rows below it."""
    numeric = [_number(cell) is not None for cell in first]
    if not any(numeric[:column] + numeric[column + 1 :]):
        return True
    return not numeric[column] and bool(targets) and all(_number(cell) is not None for cell in targets)


def _number(cell: str) -> float | None:
    """Return the cell's number, possibly NaN or infinity; None for anything else, such as 1_000."""
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None


def _numbers(where: str, line: int, cells: list[str], column: int, first: list[str]) -> np.ndarray:
    """Return the features of one row, (columns - 1,) float64."""
    if len(cells) != len(first):
        raise wrong(where, f"row {line} has {len(cells)} cells", f"{len(first)}, as the first row has")
    numbers = [_number(cell) for position, cell in enumerate(cells) if position != column]
    if None not in numbers:
        return np.array(numbers, dtype=np.float64)
    place = numbers.index(None)
    place += place >= column
    came = f"{_short(cells[place])} in row {line}, column {place + 1}{_column_name(first, place)}"
    hint = " (if row 1 is a header, name the target: target='...')" if cells is first else ""
    raise wrong(where, came, f"a number{hint}")


def _check_finite(where: str, table: Table) -> None:
    holes = ~np.isfinite(table.features)
    if holes.any():
        row, feature = np.argwhere(holes)[0]
        came = f"{int(holes.sum())} features are NaN or infinite, the first in row {table.lines[row]}, "
        raise wrong(where, f"{came}feature {feature + 1}", "finite numbers")


def _typed_target(where: str, table: Table, task: str | None) -> np.ndarray:
    """Return the target as integers if all cells are, as text if no cell has a fraction, else as floats."""
    numbers = [_number(cell) for cell in table.target]
    fractions = [number is not None and not number.is_integer() for number in numbers]
    text = [number is None for number in numbers]
    if not all(table.target):
        line = table.lines[table.target.index("")]
        raise wrong(where, f"the target in row {line} is empty", "a label or a number")
    if any(text):
        if task == "regression" or any(fractions):
            row = text.index(True)
            came = f"the target in row {table.lines[row]} is {_short(table.target[row])}"
            raise wrong(where, came, "a number as in other rows" if any(fractions) else "a number")
        return np.array(table.target)
    values = np.array(numbers, dtype=np.float64)
    if not any(fractions) and (np.abs(values) <= 2**53).all():  # above it, whole numbers would be rounded
        return values.astype(np.int64)
    if not np.isfinite(values).all():
        row = int(np.argmin(np.isfinite(values)))
        raise wrong(where, f"the target in row {table.lines[row]} is {values[row]}", "a finite number")
    return values


def _column_name(first: list[str], place: int) -> str:
    return f" ({_short(first[place])})" if _number(first[place]) is None else ""


def _short(cell: str) -> str:
    return repr(cell if len(cell) <= 40 else cell[:40] + "...")
