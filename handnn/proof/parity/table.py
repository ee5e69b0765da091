"""The page: a table for each family, and the omitted names."""

import math
import platform
import re
from collections import defaultdict
from datetime import date
from importlib import import_module
from typing import Any

from ... import __version__
from ..not_supported import ABSENT
from . import activations, layers, losses, metrics, optimizers, weights
from .row import DTYPES, Line
from .symbols import symbols

COMMAND = "python -m handnn.proof.parity"
MEASURES: dict[str, Any] = {
    "activations": activations.measure,
    "losses": losses.measure,
    "layers": layers.measure,
    "regularizers": weights.regularizer,
    "constraints": weights.constraint,
    "initializers": weights.initializer,
    "metrics": metrics.measure,
    "optimizers": optimizers.optimizer,
    "schedules": optimizers.schedule,
}
HOW = {
    "activations": activations.HOW,
    "losses": losses.HOW,
    "layers": layers.HOW,
    "metrics": metrics.HOW,
    **weights.HOW,
    **optimizers.HOW,
}
WORSE = 2
"""A remark is made if one side's units exceed this multiple of the other's."""

HEAD = f"""# Parity with TensorFlow

Written by `{COMMAND} --output docs/parity.md` on {{date}}, with
{{versions}}.
`--check docs/parity.md` compares the file with a new run, numbers aside.

**float32, float64**: the worst error / allowance over everything that was compared, {{compared}} tensors in all. The
allowance is [derived](derivations/allowance.md) from rounding, operation by operation; up to 1 the two sides differ by
rounding only. 0 means bit for bit. **Units**: the worst distance from mpmath's 50 digits in units u |f| of the last
place, of handnn and of TensorFlow. A remark tells where one side's is more than {WORSE} times the other's, and
more than a unit. No entry: there is no such number.
"""


def measured(family: str, symbol: str, entry: Any, tf: Any, keras: Any) -> Line:
    """Compare one symbol with TensorFlow."""
    line = Line(symbol)
    MEASURES[family](tf, keras, entry, line)
    line.remarks += _digits_lost(line)
    return line


def _digits_lost(line: Line) -> list[str]:
    """Return where one side's units are more than WORSE times the other's, counting at least half a unit."""
    found: dict[str, list[str]] = defaultdict(list)
    for dtype, (ours, theirs) in line.units.items():
        if theirs.worst > WORSE * max(ours.worst, 0.5):
            found[f"TensorFlow loses digits {theirs.where}"].append(dtype)
        if ours.worst > WORSE * max(theirs.worst, 0.5):
            found[f"handnn loses digits {ours.where}"].append(dtype)
    return [text if len(dtypes) == len(line.units) else f"{dtypes[0]}: {text}" for text, dtypes in found.items()]


def number(value: float) -> str:
    """Return a number with at most three digits."""
    return f"{value:.2g}" if value >= 1000 or not math.isfinite(value) else f"{value:.1f}"


def share(ratio: float) -> str:
    """Return error / allowance as text; 0 means bit-identical."""
    return "0" if ratio == 0 else f"{ratio:.3f}" if ratio >= 0.001 else f"{ratio:.0e}"


def versions() -> str:
    """Return the versions on which the numbers depend."""
    names = ("NumPy", "TensorFlow", "Keras", "mpmath")
    known = [f"{name} {import_module(name.lower()).__version__}" for name in names]
    return ", ".join([f"handnn {__version__}", f"Python {platform.python_version()}", *known, platform.machine()])


def page(lines: dict[str, list[Line]]) -> str:
    """Return the whole page in Markdown."""
    compared = f"{sum(line.compared for family in lines.values() for line in family):,}"
    parts = [HEAD.format(date=date.today().isoformat(), versions=versions(), compared=compared)]
    parts += [_family(family, rows) for family, rows in lines.items()]
    return "\n".join([*parts, _left_out()])


def _family(family: str, lines: list[Line]) -> str:
    with_units = any(line.units for line in lines)
    heads = ["symbol", "tensors", *DTYPES]
    if with_units:
        heads += [f"units, {dtype}: {side}" for dtype in DTYPES for side in ("handnn", "TensorFlow")] + ["kinks"]
    text = [
        f"## {family.capitalize()}",
        "",
        HOW[family],
        "",
        _row([*heads, "remarks"]),
        "|" + " --- |" * (len(heads) + 1),
    ]
    for line in lines:
        cells = [f"`{line.symbol}`", str(line.compared)]
        cells += [share(line.ratios[dtype]) if dtype in line.ratios else "" for dtype in DTYPES]
        if with_units:
            for dtype in DTYPES:
                cells += [number(side.worst) for side in line.units[dtype]] if dtype in line.units else ["", ""]
            cells.append(line.kinks)
        text.append(_row([*cells, "; ".join(line.remarks)]))
    return "\n".join([*text, ""])


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _left_out() -> str:
    text = ["## Left out", "", "Public names of Keras that handnn has not, with the reason.", ""]
    text += [_row(["module", "names", "why"]), "| --- | --- | --- |"]
    for module, reasons in ABSENT.items():
        names = defaultdict(list)
        for name, reason in reasons.items():
            names[reason].append(f"`{name}`")
        text += [_row([module, " ".join(found), reason]) for reason, found in names.items()]
    return "\n".join([*text, ""])


# ---- comparing pages

NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d[\d,.]*(?:e[-+]?\d+)?|inf|nan)(?!\w)")


def without_numbers(text: str) -> list[str]:
    """Return the page's lines with # in place of numbers and versions, which differ from run to run."""
    lines = [line for line in text.splitlines() if "handnn " + __version__ not in line]
    return [NUMBER.sub("#", line) for line in lines]


def listed(text: str) -> dict[str, list[str]]:
    """Return {family: symbols} of a page."""
    found: dict[str, list[str]] = {}
    family = ""
    for line in text.splitlines():
        if line.startswith("## "):
            family = line.removeprefix("## ").lower()
        elif line.startswith("| `"):
            found.setdefault(family, []).append(line.split("`")[1])
    return found


def missing(text: str) -> str:
    """Return a line on missing or superfluous symbols of a page, and the command to run; empty if there are none."""
    expected = {(family, symbol) for family, entries in symbols().items() for symbol in entries}
    found = {(family, symbol) for family, rows in listed(text).items() for symbol in rows}
    if expected == found:
        return ""
    parts = [f"{what} {', '.join(f'{f}.{s}' for f, s in sorted(names))}" for what, names in
             (("lacks", expected - found), ("still has", found - expected)) if names]  # fmt: skip
    return f"docs/parity.md {' and '.join(parts)}: run `{COMMAND} --output docs/parity.md`"
