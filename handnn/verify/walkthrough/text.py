"""A `Walkthrough` as text: headings, formulas, one element written out, and the numbers of both sides."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from .expression import number
from .step import PHASES, Element, Step

WIDTH = 80
INDENT = "    "
MOST_ROWS, MOST_COLUMNS = 8, 12
"""Of larger matrices only a corner is shown, as wide as fits beside TensorFlow's; smaller ones in blocks of columns."""
SIDES = ("handnn", "TensorFlow")
YOURS = "yours"
LONGEST_TEXT = 6 * WIDTH
"""A longer stage of an expression is omitted."""
TOO_LARGE = "This network is too large to print whole: of large matrices the corner is shown (… marks what is cut)."


GLUED = re.compile(r" (?=[*/] )|(?<=[\]\d]) (?=[A-Za-z])|(?<=\bnew) ")
"""Spaces at which an expression must not be broken: before * and /, and inside x[0,0] W[0,1]."""


class Line(NamedTuple):
    """One line of text and what it is: 'heading', 'title', 'remark', 'ok', 'wrong', 'note' or ''."""

    text: str
    kind: str = ""


class Steps(Protocol):
    """The parts of a `Walkthrough` that are printed."""

    compared: bool

    def __iter__(self) -> Iterator[Step]: ...
    def verdict(self) -> str: ...
    def yours(self) -> str: ...


def lines(walk: Steps, digits: int = 5, full: bool = False) -> Iterator[Line]:
    """Yield the walkthrough, no line longer than 80 columns."""
    if not full and any(_is_cut(step, digits) for step in walk):
        yield from _wrapped(TOO_LARGE, "", "note")
    phase = layer = ""
    remarked: set[tuple[str, str]] = set()
    for step in walk:
        if step.phase != phase:
            phase, layer = step.phase, ""
            yield from (Line(""), Line(f"{phase.upper():<10} {PHASES[phase]}", "heading"), Line("=" * WIDTH, "heading"))
        if step.layer != layer and step.layer:
            layer = step.layer
            yield from (Line(""), Line(f"{layer} ".ljust(WIDTH, "-"), "heading"))
        remarks = [remark for remark in step.remarks if (step.phase, remark) not in remarked]
        remarked |= {(step.phase, remark) for remark in remarks if step.phase == "optimizer"}
        yield Line("")
        yield from _step(step, remarks, digits, full)
    yield Line("")
    right = all(step.row is None or step.row.ok for step in walk)
    yield from _wrapped(walk.verdict(), "", "ok" if right and walk.compared else "" if right else "wrong")
    yield from _wrapped(walk.yours(), "", "ok" if all(step.yours_ok for step in walk) else "wrong")


def _step(step: Step, remarks: list[str], digits: int, full: bool) -> Iterator[Line]:
    shape = " x ".join(map(str, step.found.shape)) or "one number"
    title = f"{step.tensor} = {step.formula}" if step.phase != "optimizer" else f"{step.tensor}, by {step.formula}"
    if step.given:
        title, remarks = f"{step.tensor}, {step.remarks[0]}", []
    title = textwrap.shorten(title, WIDTH - len(shape) - 4, placeholder="…")
    yield Line(f"  {title}{shape:>{WIDTH - 2 - len(title)}}", "title")
    for remark in remarks:
        yield from _wrapped(remark, INDENT, "remark")
    written = None if step.given else step.element(digits)
    if written is not None:
        yield from _element(written, digits)
    yield from _numbers(step, digits, full)
    if step.row is not None:
        yield from _judged(step)
    if not step.yours_ok:
        yield from _wrapped(_yours(step), INDENT, "wrong")


def _element(written: Element, digits: int) -> Iterator[Line]:
    """Yield 'z[0,1] = names', then '= numbers' below it, and so on to the value."""
    stages = [text for text in (written.symbols, *written.stages) if len(text) <= LONGEST_TEXT]
    left = len(INDENT) + len(written.name)
    name = written.name
    for text in [*stages, number(written.value, digits)]:
        first = f"{INDENT}{name:<{left - len(INDENT)}} = "
        yield from (Line(part) for part in _broken(text, first, " " * (left + 3)))
        name = ""
    for k, (name, *texts) in enumerate(written.definitions):
        start = f"{INDENT}{'' if k else 'with':<5}{name}"
        line = " = ".join([start, *texts])
        if len(line) <= WIDTH:
            yield Line(line)
            continue
        for text in texts:
            yield from (Line(part) for part in _broken(text, f"{start} = ", " " * (len(start) + 3)))
            start = " " * len(start)


def _broken(text: str, first: str, rest: str) -> list[str]:
    """Return text in lines that break before an operator rather than inside brackets."""
    glued = GLUED.sub("\0", text) if len(first) + len(text) > WIDTH else text
    found = textwrap.wrap(
        glued, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False, break_long_words=False
    )
    short: list[str] = []
    for line in found:
        plain = line.replace("\0", " ")
        again = {"initial_indent": plain[: len(plain) - len(plain.lstrip())], "subsequent_indent": rest}
        if len(plain) <= WIDTH:
            short.append(plain)
        else:
            short += textwrap.wrap(plain.strip(), WIDTH, break_on_hyphens=False, **again)  # type: ignore[arg-type]
    return short


def _judged(step: Step) -> Iterator[Line]:
    assert step.row is not None
    row = step.row
    if row.ok:
        at = f" at [{','.join(map(str, row.index))}]" if row.index else ""
        text = f"ok     error {row.error:.2g}, allowed {row.allowance:.2g}{at}: error / allowed {row.ratio:.3f}"
        yield Line(INDENT + text, "ok")
    else:
        yield from _wrapped(f"{row.status.upper():<5}  {row.sentence()}", INDENT, "wrong")


def _yours(step: Step) -> str:
    assert step.yours is not None
    if step.yours_off is None:
        shapes = [" x ".join(map(str, side.shape)) or "one number" for side in (step.yours, step.found)]
        return f"YOURS  has shape {shapes[0]}, expected {shapes[1]}"
    return f"YOURS  differs in {int(step.yours_off.sum())} of {step.yours_off.size} elements, marked !"


def _wrapped(text: str, indent: str, kind: str) -> Iterator[Line]:
    for part in textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False):
        yield Line(part, kind)


# ---- matrices ------------------------------------------------------------------------------------------------------


def _numbers(step: Step, digits: int, full: bool) -> Iterator[Line]:
    """Yield the hand-written matrix and TensorFlow's side by side, row by row."""
    marks = step.outside if step.outside is not None and step.outside.any() else None
    sides = [step.found] if step.reference is None else [step.found, step.reference]
    names, marked = list(SIDES[: len(sides)]), [marks] * len(sides)
    if step.yours is not None:
        sides, names = [step.yours, *sides], [YOURS, *names]
        marked = [None if step.yours_ok else step.yours_off, *marked]
    if len({side.shape for side in sides}) > 1:
        for name, side in zip(names, sides, strict=True):
            yield Line(f"{INDENT}{name}, {' x '.join(map(str, side.shape)) or 'one number'}")
            yield from _side_by_side([side], [None], digits, full, "")
        return
    yield from _side_by_side(sides, marked, digits, full, names if len(sides) > 1 else "", step.at)


def _side_by_side(
    sides: Sequence[Any],
    marks: Sequence[Any],
    digits: int,
    full: bool,
    names: Sequence[str],
    at: tuple[int, ...] | None = None,
) -> Iterator[Line]:
    shape = sides[0].shape
    if not sides[0].size:
        yield Line(f"{INDENT}(nothing)")
        return
    leading = list(np.ndindex(shape[:-2])) if len(shape) > 2 else [()]
    shown = leading if full else [at[:-2]] if at and len(shape) > 2 else leading[:1]
    for where in shown:
        flat = [np.atleast_2d(side[where]) for side in sides]
        label = f"[{','.join(map(str, where))},:,:]" if where else ""
        wrong = [None if mark is None else np.atleast_2d(mark[where]) for mark in marks]
        yield from _slice(flat, wrong, digits, full, names, label)
    if len(shown) < len(leading):
        yield Line(f"{INDENT}… {len(leading) - 1} more such slices")


def _slice(
    sides: list[Any], marks: list[Any], digits: int, full: bool, names: Sequence[str], label: str
) -> Iterator[Line]:
    rows, columns = sides[0].shape
    full = full or (rows <= MOST_ROWS and columns <= MOST_COLUMNS)
    height = rows if full else min(rows, MOST_ROWS)
    texts = [_texts(side[:height], mark, digits) for side, mark in zip(sides, marks, strict=True)]
    width = max(len(text) for side in texts for line in side for text in line)
    room = (WIDTH - len(INDENT) - 4 * (len(sides) - 1)) // len(sides)
    fit = max(1, (room + 2 - 3) // (width + 2)) if columns * (width + 2) - 2 > room else columns
    fit = -(-columns // -(-columns // fit)) if full else fit  # blocks of equal width
    for start in range(0, columns, fit) if full else [0]:
        stop = min(start + fit, columns)
        cut = stop < columns and not full
        part = [["  ".join(f"{t:>{width}}" for t in line[start:stop]) + (" …" if cut else "") for line in side]
                for side in texts]  # fmt: skip
        size = max(len(line) for line in part[0])
        size = max(size, *map(len, names)) if names else size
        block = f"columns {start} to {stop - 1}" if stop - start > 1 else f"column {start}"
        if label or (full and fit < columns):
            yield Line(INDENT + " ".join(filter(None, [label, block if full and fit < columns else ""])), "remark")
        if names:
            yield Line((INDENT + (" " * 4).join(f"{name:<{size}}" for name in names)).rstrip(), "remark")
        for row in zip(*part, strict=True):
            yield Line((INDENT + (" " * 4).join(f"{text:<{size}}" for text in row)).rstrip())
        if height < rows:
            yield Line(f"{INDENT}… {rows - height} more rows")


def _texts(side: Any, marks: Any, digits: int) -> list[list[str]]:
    """Return the numbers of a matrix with aligned decimal points; '!' marks wrong ones."""
    plain = [[number(value, digits) for value in line] for line in side]
    tails = [[len(text) - (text + ".").index(".") for text in line] for line in plain]
    longest = max(tail for line in tails for tail in line)
    found = [
        [text + " " * (longest - tail) for text, tail in zip(line, ends, strict=True)]
        for line, ends in zip(plain, tails, strict=True)
    ]
    if marks is None:
        return found
    return [
        [text + ("!" if wrong else " ") for text, wrong in zip(line, row, strict=True)]
        for line, row in zip(found, marks, strict=False)
    ]


def _is_cut(step: Step, digits: int) -> bool:
    return any("…" in line.text for line in _numbers(step, digits, full=False))
