"""The result of a verification: one row per tensor, with its worst element, its error and its allowance."""

import functools
import math
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from ..core import html
from ..core.variable import Array
from .comparison import Comparison

OWN = "own forward"
"""The check of what TensorFlow does not have: against differences of its own forward pass."""


@dataclass(frozen=True)
class Row:
    """The worst element of one tensor. `ratio` is its error / allowance; up to 1 is rounding."""

    layer: str
    tensor: str
    formula: str
    shape: tuple[int, ...]
    dtype: str
    index: tuple[int, ...]
    found: float
    reference: float
    error: float
    allowance: float
    ratio: float
    outside: int
    check: str = "splice"
    vague: bool = False
    """Whether the allowance is everywhere as large as the tensor, so that none of its digits is certain."""

    @property
    def ok(self) -> bool:
        return self.ratio <= 1

    @property
    def undecided(self) -> bool:
        """Whether rounding alone may be all of the difference: there is no finite allowance to hold it against."""
        return not self.ok and not math.isfinite(self.allowance)

    @property
    def status(self) -> str:
        return "ok" if self.ok else "open" if self.undecided else "WRONG"

    @property
    def where(self) -> str:
        return f"{self.layer} {self.tensor}"

    def sentence(self) -> str:
        """Return one line that describes the error."""
        elements = int(np.prod(self.shape)) if self.shape else 1
        off = "is open" if self.undecided else "is off"
        last = f"but in {self.dtype} rounding alone may change it altogether" if self.undecided else ""
        return (
            f"{self.layer}: {self.tensor} = {self.formula} {off} in {self.outside} of {elements} elements; worst at "
            f"{list(self.index)}: {self.found:.9g} here, {self.reference:.9g} "
            f"{'by differences of the forward pass' if self.check == OWN else 'in TensorFlow'}, "
            f"error {self.error:.2g}, {last or f'allowed {self.allowance:.2g}'}"
        )


BLOCK = 1 << 17
"""Elements that are compared at once: their float64 arrays stay in the cache, however large the tensor is."""


def row(comparison: Comparison, check: str = "splice") -> Row:
    """Return the row of a comparison. Different shapes, or NaN or infinity on one side only, are infinitely wrong."""
    layer, tensor, formula, found, reference, allowed, *_ = comparison
    if found.shape != reference.shape or found.dtype != reference.dtype:
        wrong = f"{formula} [shape {found.shape} {found.dtype}, expected {reference.shape} {reference.dtype}]"
        where = (layer, tensor, wrong, reference.shape, reference.dtype.name, ())
        return Row(*where, np.nan, np.nan, np.inf, 0.0, np.inf, reference.size, check)
    if not found.size:
        where = (layer, tensor, formula, found.shape, found.dtype.name, ())
        return Row(*where, np.nan, np.nan, 0.0, 0.0, 0.0, 0, check)
    flat, other, limit = _flat(found), _flat(reference), _flat(allowed)
    blocks = [slice(at, at + BLOCK) for at in range(0, found.size, BLOCK)]
    worst, outside, vague = [], 0, True
    for at in blocks:
        element, off = _worst(flat[at], other[at], limit[at])
        worst.append((element.rank, element.size, -at.start, element))
        outside += off
        vague = vague and not limit[at.start] < abs(other[at.start]) and bool((limit[at] >= np.abs(other[at])).all())
    _, _, before, element = max(worst, key=lambda entry: entry[:3])
    place = element.place - before
    shape, index = comparison.place(place)
    return Row(
        layer,
        tensor,
        formula,
        shape,
        _name(found.dtype),
        index,
        float(flat[place]),
        float(other[place]),
        element.error,
        float(limit[place]),
        element.ratio,
        outside,
        check,
        vague and bool(other.any()),
    )


@functools.cache
def _name(dtype: Any) -> str:
    """Return the dtype's name, which NumPy puts together each time."""
    return str(dtype.name)


class _Element(NamedTuple):
    """The worst element of a block, to be compared with those of other blocks by rank and size."""

    rank: int
    size: float
    place: int
    error: float
    ratio: float


def _worst(found: Array, reference: Array, allowed: Array) -> tuple[_Element, int]:
    """Return the worst element of a block, and how many are outside their allowances.

    The worst is the one with the largest ratio, of those with a finite allowance if one is outside it (rank 2),
    otherwise of all (rank 1); if nothing is off, the one that may be off most (rank 0).
    """
    same = found == reference
    if same.all():
        return _Element(0, *_largest(allowed), 0.0, 0.0), 0
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        error = np.abs(np.subtract(found, reference, dtype="float64"))
        ratio = error / allowed
    size, place = _largest(ratio)
    if 0 < size < np.inf and allowed.max() < np.inf:
        rank, outside = (2, int((ratio > 1).sum())) if size > 1 else (1, 0)
        return _Element(rank, size, place, float(error[place]), size), outside
    same |= np.isnan(found) & np.isnan(reference)
    error = np.where(same, 0.0, np.where(np.isnan(error), np.inf, error))
    unproved = np.isinf(error) | ~np.isfinite(allowed) | (allowed == 0)  # an infinite allowance proves nothing
    ratio = np.where(error == 0, 0.0, np.where(unproved, np.inf, ratio))
    proved = np.where(np.isfinite(allowed), ratio, 0.0)
    rank, shown = (2, proved) if (proved > 1).any() else (1, ratio) if ratio.any() else (0, allowed)
    size, place = _largest(shown)
    return _Element(rank, size, place, float(error[place]), float(ratio[place])), int((ratio > 1).sum())


def _largest(values: Array) -> tuple[float, int]:
    """Return the largest value, and where it is first; NaN counts as infinite."""
    place = int(values.argmax())
    size = float(values[place])
    return np.inf if np.isnan(size) else size, place


def _flat(array: Any) -> Array:
    """Return an array with one axis, without copying a contiguous or a constant one."""
    given = np.asarray(array)
    if given.size > 1 and not any(given.strides):
        return np.broadcast_to(given[(0,) * given.ndim], given.size)
    return given.reshape(-1)


def merged(rows: Iterable[Row]) -> list[Row]:
    """Return one row for each tensor that was compared in blocks, in place of the rows of its blocks."""
    found: dict[tuple[str, str, str], Row] = {}
    for own in rows:
        key = (own.layer, own.tensor, own.check)
        if key not in found:
            found[key] = own
            continue
        first = found[key]
        worse = max(first, own, key=lambda part: (not part.ok and not part.undecided, part.ratio, part.allowance))
        found[key] = replace(worse, outside=first.outside + own.outside, vague=first.vague and own.vague)
    return list(found.values())


@dataclass(repr=False)
class Report:
    """All rows of a verification, in the order of computation; `print(report)` prints the table."""

    name: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)
    """What could not be compared, and why."""

    def add(self, comparisons: Iterable[Comparison], check: str = "splice") -> None:
        self.rows.extend(row(comparison, check) for comparison in comparisons)

    @property
    def ok(self) -> bool:
        """Whether every tensor is within its allowance (and there is one)."""
        return bool(self.rows) and not self.unjudged and all(row.ok for row in self.rows)

    @property
    def wrong(self) -> list[Row]:
        """The rows that no rounding explains."""
        return [row for row in self.rows if not row.ok and not row.undecided]

    @property
    def failures(self) -> list[Row]:
        return [row for row in self.rows if not row.ok]

    @property
    def first_failure(self) -> Row | None:
        """The first wrong step; single steps come before the end-to-end pass, which repeats their mistakes."""
        return next(iter(self.failures), None)

    @property
    def worst(self) -> Row | None:
        return max(self.rows, key=lambda row: row.ratio, default=None)

    def __bool__(self) -> bool:
        return self.ok

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __getitem__(self, where: str) -> Row:
        """Return the row of 'layer tensor', such as 'hidden_1 dW'."""
        for row in self.rows:
            if row.where == where:
                return row
        raise KeyError(f"no row {where!r}; the rows are {', '.join(row.where for row in self.rows)}")

    @property
    def judge(self) -> str:
        """What the tensors are held against."""
        return "differences of their own forward pass" if any(r.check == OWN for r in self.rows) else "TensorFlow"

    def verdict(self) -> str:
        """Return the result in one line."""
        if not self.rows:
            return f"{self.name}: nothing was compared{''.join(f'; {why}' for why in self.unjudged)}"
        assert self.worst is not None
        if self.ok:
            return (
                f"verified: {len(self.rows)} tensors agree with {self.judge}; worst error / allowance "
                f"{self.worst.ratio:.3f} ({self.worst.where})"
            )
        wrong = self.wrong
        if not self.failures:
            return f"INCOMPLETE: {len(self.rows)} tensors agree with {self.judge}, but {'; '.join(self.unjudged)}"
        if not wrong:
            return (
                f"UNDECIDED in {len(self.failures)} of {len(self.rows)} tensors, the others agree with {self.judge}; "
                f"use float64, or numbers closer to 0 and to each other. First {self.failures[0].sentence()}"
            )
        return f"MISMATCH in {len(wrong)} of {len(self.rows)} tensors, first {wrong[0].sentence()}"

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain Python objects for JSON; infinity and NaN become None."""
        rows = [_finite(asdict(row)) | {"ok": row.ok, "undecided": row.undecided} for row in self.rows]
        return {
            "name": self.name,
            "ok": self.ok,
            "verdict": self.verdict(),
            "notes": self.notes,
            "unjudged": self.unjudged,
            "rows": rows,
        }

    def _repr_html_(self) -> str:
        """The verdict and the table in a notebook."""
        kind = "good" if self.ok else "bad"
        rows = [
            [
                r.layer,
                r.tensor,
                f"{r.error:.1e}",
                f"{r.allowance:.1e}",
                html.element("span", f"{r.ratio:.3f}", "" if r.ok else "bad"),
            ]
            for r in self.rows
        ]
        headings = ["layer", "tensor", "error", "allowed", "error / allowance"]
        return html.fragment([html.element("p", self.verdict(), kind), html.table(headings, rows)])

    def _shown(self) -> list[Row]:
        """Return the rows to print. Rows of the wiring check repeat every tensor; only wrong ones are printed."""
        return [row for row in self.rows if row.check != "wiring" or not row.ok]

    def _closing(self) -> list[str]:
        wired = sum(row.check == "wiring" and row.ok for row in self.rows)
        hidden = f"wiring: {wired} tensors of the training pass are its own steps chained, bit for bit"
        vague = list(dict.fromkeys(row.where for row in self.rows if row.vague and row.ok and row.check == "splice"))
        names = ", ".join(vague[:3]) + (f" and {len(vague) - 3} more" if len(vague) > 3 else "")
        doubt = (
            f"no digit of {names} is certain: the allowance is as large as the tensor, so a mistake would not be "
            "visible; use float64 or numbers closer to 0, unless the tensor is only rounding"
        )
        return [*([hidden] if wired else []), *([doubt] if vague else []), *self.notes, self.verdict()]

    def _cells(self) -> list[list[str]]:
        return [
            [
                row.layer,
                row.tensor,
                row.formula,
                " x ".join(map(str, row.shape)) or "scalar",
                f"{row.error:.1e}",
                f"{row.allowance:.1e}",
                f"{row.ratio:.3f}",
                row.status,
            ]
            for row in self._shown()
        ]

    def to_markdown(self) -> str:
        lines = ["| " + " | ".join(HEADINGS) + " |", "|" + " --- |" * len(HEADINGS)]
        lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |" for cells in self._cells()]
        return "\n".join([*lines, "", *self._closing()])

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        """The table, at most 80 columns wide; long names are shortened."""
        cells = [list(HEADINGS), *self._cells()]
        limits = (15, 17, 17, 11, 8, 8, 6, 5)
        short = [
            [_cut(cell, limit, i) for i, (cell, limit) in enumerate(zip(line, limits, strict=True))] for line in cells
        ]
        widths = [max(len(line[i]) for line in short) for i in range(len(limits))]
        while sum(widths) + len(widths) - 1 > TABLE_WIDTH:
            widths[max((0, 1, 2), key=lambda i: widths[i])] -= 1
        lines = []
        for line in short:
            parts = [_cut(cell, width, i) for i, (cell, width) in enumerate(zip(line, widths, strict=True))]
            left = [part.ljust(width) for part, width in zip(parts[:NUMBERS_FROM], widths, strict=False)]
            right = [part.rjust(width) for part, width in zip(parts[NUMBERS_FROM:], widths[NUMBERS_FROM:], strict=True)]
            lines.append(" ".join([*left, *right]).rstrip())
        lines.insert(1, "-" * max(map(len, lines)))
        return "\n".join([*lines, "", *(part for line in self._closing() for part in textwrap.wrap(line, TABLE_WIDTH))])


HEADINGS = ("layer", "tensor", "formula", "shape", "error", "allowed", "ratio", "")
TABLE_WIDTH = 80
NUMBERS_FROM = 4


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}


def _cut(text: str, width: int, column: int) -> str:
    """Shorten a cell to fit; a layer's name keeps both ends, because its number is at the end."""
    end = min(5, (width - 1) // 2) if column == 0 else 0
    return text if len(text) <= width else text[: max(1, width - 1 - end)] + "…" + text[len(text) - end :]
