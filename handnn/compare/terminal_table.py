"""The final table in the terminal, 80 columns wide; the report has the details."""

import math

from rich.table import Table

from .sentences import number
from .statistics import Difference, Entry, Summary


def table(summary: Summary) -> Table:
    """Return one row for each optimizer, the best one first."""
    accurate = bool(summary.leader) and "test_accuracy" in summary.entries[0].best
    found = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    found.add_column("", overflow="fold")  # a long label takes several lines
    headings = ["rate", "test loss", *(["accuracy"] if accurate else []), "worse by", "steps", "a step", "slots"]
    for heading in headings:
        found.add_column(heading, justify="right", no_wrap=True)
    for entry in summary.entries:
        found.add_row(*_cells(entry, summary, accurate))
    return found


def legend(summary: Summary) -> list[str]:
    """Return the explanation of the columns."""
    lines = [f"Medians over {len(summary.seeds)} seed{'s' if len(summary.seeds) > 1 else ''} on test data."]
    if any(entry.to_leader and entry.to_leader["loss"].low is not None for entry in summary.entries):
        lines.append(
            f"worse by: {summary.level:.0%} interval of the loss above the first one's, for all rows together."
        )
    lines.append("steps: until the target was reached.")
    if any(entry.edge for entry in summary.entries):
        lines.append("* the lowest or highest rate tried")
    return lines


def _cells(entry: Entry, summary: Summary, accurate: bool) -> list[str]:
    cells = [entry.optimizer, f"{entry.rate:g}{'*' if entry.edge else ''}", number(entry.best["test_loss"].median)]
    if accurate:
        accuracy = entry.best["test_accuracy"].median
        cells.append(f"{accuracy:.1%}" if math.isfinite(accuracy) else "-")
    cells.append(interval(entry.to_leader.get("loss")))
    cells.append(f"{entry.steps.median:.0f}" if entry.steps.median < math.inf else "never")
    cells.append(duration(entry.step_seconds.median))
    cells.append(size(entry.slot_bytes))
    return cells


def interval(d: Difference | None) -> str:
    """Return '0.0121..0.0345', three digits of the larger one; '' for the leader."""
    if d is None:
        return ""
    if d.low is None or d.high is None:
        return "-"
    scale = max(abs(d.low), abs(d.high))
    if scale and not 1e-3 <= scale < 1e4:
        return f"{d.low:.1e}..{d.high:.1e}"
    digits = max(0, 2 - math.floor(math.log10(scale))) if scale else 0
    return f"{d.low:.{digits}f}..{d.high:.{digits}f}"


def size(bytes_: int) -> str:
    """Return '0', '11.6 kB', '1.2 MB'."""
    for unit, scale in (("MB", 1e6), ("kB", 1e3)):
        if bytes_ >= scale:
            return f"{bytes_ / scale:.3g} {unit}"
    return str(bytes_)


def duration(seconds: float) -> str:
    """Return '85 us', '2.3 ms', '1.4 s'; '-' if it is not finite."""
    if not math.isfinite(seconds):
        return "-"
    for unit, scale in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds * 1e6:.0f} us"
