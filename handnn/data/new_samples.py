"""Raw samples for a trained network: read as its own data were, prepared by what it learned from them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from .checks import finite, held_by, must_be, wrong
from .csv_file import BY_PANDAS, read_table
from .npz import SUFFIXES, read_members
from .preparation import Columns, Preparation, apart, side_by_side
from .source import split_parts
from .table import Table, missing, parsed, short

TABLES = (".csv", ".tsv", *BY_PANDAS)
PARTS = ("all", "train", "validation", "test")


@dataclass(frozen=True)
class NewSamples:
    """Samples as a network takes them.

    Attributes:
        x: (samples, inputs), or a list with an array for each input.
        y: labels (n,) or quantities (n, outputs) of those samples that have one; None if none has.
        answered: the samples in x that have a target, in the order of y.
        rows: number of each sample in the file, from 0.
        notes: what a reader should know, such as texts that did not occur in training.
    """

    x: Any
    y: np.ndarray | None
    answered: np.ndarray
    rows: np.ndarray
    notes: list[str]


def read_new(
    path: str, preparation: Preparation | None, inputs: dict[str, tuple[Any, ...]], dtype: str, part: str = "all"
) -> NewSamples:
    """Return the samples of FILE.csv, .tsv, .parquet, .feather or .npz, prepared for a network.

    Args:
        path: the file. A table has the columns that the network was trained on, in any order; the target may be absent.
            An .npz file has x or an array for each input by its name, and optionally y.
        preparation: of the network's file, or None for samples as they are (.npz only).
        inputs: name -> shape of a sample, of each input of the network.
        dtype: of x.
        part: "all", or the part of the training file that the split put aside: "train", "validation" or "test".

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file, its columns or arrays do not fit; one line names them.
    """
    where = f"data {path!r}"
    if os.path.splitext(path)[1].lower() in TABLES:
        if preparation is None or not isinstance(preparation.inputs, Columns):
            expected = "an .npz file: the network's file does not say how columns become its inputs"
            raise wrong(where, "a table", expected)
        return _from_table(path, preparation, dtype, part)
    if not path.lower().endswith(".npz"):
        raise wrong(where, "a file of unknown kind", "FILE.npz, or a table such as FILE.csv")
    if preparation is not None and isinstance(preparation.inputs, Columns):
        raise wrong(where, "arrays", "a table with the columns that the network was trained on, such as FILE.csv")
    return _from_arrays(where, path, preparation, inputs, dtype, part)


def _from_table(path: str, preparation: Preparation, dtype: str, part: str) -> NewSamples:
    columns = preparation.inputs
    assert isinstance(columns, Columns)
    table = read_table(path, preparation.target if columns.named else None, header=columns.named)
    if not columns.named:
        table = _with_places(table, columns.width, int(preparation.target))
    known = _has_answer(table, preparation)
    kept = np.arange(len(table)) if part == "all" else np.flatnonzero(known)  # training left the others out
    table, known = table[kept], known[kept]
    y = _answers(table[known], preparation) if known.any() else None
    rows = _rows(table.where, len(table), y, preparation, part)
    x, notes = columns.apply(table[rows], dtype)
    if y is None or known.all():
        return NewSamples(x, None if y is None else y[rows], np.flatnonzero(known[rows]), kept[rows], notes)
    notes.append(f"{int((~known).sum())} of {len(known)} rows have no target; only the others can be compared with it")
    return NewSamples(x, y, np.flatnonzero(known), kept, notes)


def _with_places(table: Table, width: int, target: int) -> Table:
    """Name the columns of a table without header by their positions in the training file."""
    found = len(table.names)
    if found not in (width, width - 1):
        raise wrong(table.where, f"{found} columns", f"{width}, or {width - 1} without the target")
    places = [place for place in range(width) if found == width or place != target]
    return Table(table.where, tuple(map(str, places)), False, table.columns, table.lines, table.comma)


def _has_answer(table: Table, preparation: Preparation) -> np.ndarray:
    """Return which rows have a target; none if there is no such column."""
    if table.names.count(preparation.target) != 1:
        return np.zeros(len(table), dtype=bool)
    return ~missing(table.columns[table.names.index(preparation.target)])


def _answers(table: Table, preparation: Preparation) -> np.ndarray:
    """Return the targets of rows that have one."""
    cells = table.columns[table.names.index(preparation.target)]
    if preparation.task == "regression":
        return table.numbers(table.names.index(preparation.target))[:, np.newaxis]
    values = parsed(cells, table.comma)
    whole = (values == np.round(values)) & (np.abs(values) <= 2**53)
    texts = [
        str(int(value)) if is_whole else str(cell) for value, is_whole, cell in zip(values, whole, cells, strict=True)
    ]
    known = set(preparation.class_names or ())
    return _numbered(
        table.where, [cell if cell in known else text for cell, text in zip(cells, texts, strict=True)], preparation
    )


def _numbered(where: str, labels: list[str], preparation: Preparation) -> np.ndarray:
    names = list(preparation.class_names or ())
    for i, label in enumerate(labels):
        if label not in names:
            known = ", ".join(map(short, names[:10]))
            raise wrong(where, f"label {short(label)} at sample {i} (from 0)", f"one of the network's classes: {known}")
    return np.array([names.index(label) for label in labels], dtype=np.int64)


def _rows(where: str, count: int, y: np.ndarray | None, preparation: Preparation | None, part: str) -> np.ndarray:
    """Return the rows of a part; the split is made again as it was in training."""
    if part == "all":
        return np.arange(count)
    split = None if preparation is None else preparation.split
    if split is None or preparation is None or part not in ("train", *split["fractions"]):
        raise must_be("--part", "all: the network's file knows of no such part", part)
    if count != split["samples"] or y is None:
        came = f"{count} samples" if y is not None else "no targets"
        raise wrong(where, f"{came}, so not the file of the training", f"its {split['samples']} samples, or --part all")
    strata = y if preparation.task == "classification" else np.zeros(len(y), dtype=np.int64)
    return split_parts(where, strata, split["fractions"], split["seed"])[part]


def _from_arrays(
    where: str,
    path: str,
    preparation: Preparation | None,
    inputs: dict[str, tuple[Any, ...]],
    dtype: str,
    part: str,
) -> NewSamples:
    found = read_members(where, path)
    lower = {key.lower(): key for key in found}
    suffixes = SUFFIXES["train"] if part == "all" else SUFFIXES[part]
    own = next((suffix for suffix in suffixes if f"x{suffix}" in lower), None)
    arrays = () if preparation is None else getattr(preparation.inputs, "arrays", ())
    whole = own is None and part != "all" and ("x" in lower or bool(arrays))
    suffix = "" if whole and not arrays else own
    if len(inputs) > 1 or suffix is None:
        absent = [name for name in inputs if name not in found]
        if absent:
            held = ", ".join(map(repr, list(found)[:20])) or "nothing"
            wanted = ", ".join(map(repr, inputs))
            raise wrong(
                where, f"holds {held}", f"{wanted}" + ("" if len(inputs) > 1 else ", or x") + ", and optionally y"
            )
        raw = [found[name] for name in inputs]
        targets = found[lower["y"]] if "y" in lower else None
    else:
        raw = [found[lower[f"x{suffix}"]]]
        targets = found[lower[f"y{suffix}"]] if f"y{suffix}" in lower else None
    for name, array in zip(inputs, raw, strict=True):
        if array.dtype.kind not in "buif" or not array.ndim or not len(array):
            raise wrong(f"{where}, {name}", f"shape {array.shape} of {array.dtype}", "an array of samples")
        finite(f"{where}, {name}", array)
    counts = {len(array) for array in raw} | ({len(targets)} if targets is not None and targets.ndim else set())
    if len(counts) > 1:
        raise wrong(where, f"arrays of {sorted(counts)} samples", "equally many")
    y = _array_answers(where, targets, preparation)
    rows = _rows(where, len(raw[0]), y, preparation, part if whole else "all")
    if preparation is None:
        x = [array[rows] for array in raw]
    elif arrays:
        for name, shape in arrays:
            if name not in inputs or found[name].shape[1:] != shape:
                came = f"shape {found[name].shape}" if name in found else "no such array"
                raise wrong(f"{where}, {name!r}", came, f"(samples, {', '.join(map(str, shape))}), as in training")
        scaled, _ = preparation.inputs.apply(side_by_side(found, arrays)[rows], dtype)
        by_name = apart(held_by(f"{where}, inputs", scaled, np.dtype(dtype)), arrays)
        x = [by_name[name] for name in inputs]
    else:
        scaled, _ = preparation.inputs.apply(raw[0][rows].reshape(len(rows), -1), dtype)
        x = [held_by(f"{where}, x", scaled, np.dtype(dtype))]
    answered = np.arange(0 if y is None else len(rows))
    return NewSamples(x if len(x) > 1 else x[0], None if y is None else y[rows], answered, rows, [])


def _array_answers(where: str, y: np.ndarray | None, preparation: Preparation | None) -> np.ndarray | None:
    if y is None or preparation is None:
        return y
    finite(f"{where}, y", y)
    if preparation.task == "regression":
        return y.reshape(len(y), -1)
    if y.ndim == 2 and y.shape[1] > 1:
        return y.argmax(axis=1)
    if y.dtype.kind == "S":
        y = np.char.decode(y, "utf-8", "backslashreplace")
    return _numbered(where, [str(int(v)) if y.dtype.kind == "f" else str(v) for v in y.reshape(-1)], preparation)
