"""The report of a comparison: an HTML page, Markdown, all steps and numbers in files, and TensorBoard logs.

    report.html  report.md  plots/*.png     the results, to read
    steps.csv                               the loss of every step of every run
    summary.csv  summary.json               the numbers of the report's tables, with all digits
    runs/  bands/                           TensorBoard

All files are written atomically.
"""

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..core import atomic
from ..core.text import finite
from . import html, plots, style, tensorboard_logs
from .report_tables import tables
from .results import Comparison
from .sentences import settings, tell
from .statistics import Entry, Spread

PLOTS = "plots"


def write(comparison: Comparison, directory: str | os.PathLike[str]) -> list[Path]:
    """Write all files below the directory, and return their paths."""
    top = Path(directory)
    (top / PLOTS).mkdir(parents=True, exist_ok=True)
    pictures = [html.Picture(f"{PLOTS}/{name}.png", style.png(figure), caption)
                for name, (figure, caption) in plots.pictures(comparison).items()]  # fmt: skip
    found = tables(comparison)
    files = {picture.name: picture.content for picture in pictures}
    files["report.html"] = html.html(comparison, found, pictures).encode()
    files["report.md"] = html.markdown(comparison, found, pictures).encode()
    files["summary.csv"] = summary_csv(comparison).encode()
    files["summary.json"] = json.dumps(finite(as_dict(comparison)), indent=2, allow_nan=False).encode() + b"\n"
    for name, content in files.items():
        atomic.write(top / name, content)
    with atomic.opened(top / "steps.csv") as file:
        for line in steps_csv(comparison):
            file.write(line.encode())
    return [*[top / name for name in files], top / "steps.csv", *tensorboard_logs.write(comparison, top)]


def as_dict(comparison: Comparison) -> dict[str, Any]:
    """Return plan, parity and all statistics; infinities are not replaced."""
    return {
        "plan": comparison.plan.to_dict(),
        "parity": comparison.parity,
        "excluded": comparison.excluded,
        "failed": {run.cell.key: run.failed for run in comparison.failed},
        "missing": [cell.key for cell in comparison.missing],
        **comparison.summary().to_dict(),
        **tell(comparison)._asdict(),
    }


def steps_csv(comparison: Comparison) -> Iterator[str]:
    """Yield the lines of steps.csv, run by run; a loss has all its digits."""
    yield "optimizer,learning_rate,seed,step,loss\n"
    for cell, run in comparison.runs.items():
        start = csv_line([cell.optimizer, cell.learning_rate, cell.seed])
        yield "".join(f"{start},{step},{loss!r}\n" for step, loss in enumerate(run.loss.tolist(), start=1))


def summary_csv(comparison: Comparison) -> str:
    """Return one row for each optimizer, best first, with the columns of the report's tables."""
    rows = [{"rank": i, **_row(entry)} for i, entry in enumerate(comparison.summary().entries, start=1)]
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["rank", "optimizer"]
    lines = [csv_line(names), *[csv_line([row.get(name, "") for name in names]) for row in rows]]
    return "".join(f"{line}\n" for line in lines)


def _row(entry: Entry) -> dict[str, Any]:
    row: dict[str, Any] = {"optimizer": entry.optimizer, "learning_rate": entry.rate, "edge": entry.edge}
    spreads: dict[str, Spread] = {"chosen_by_validation_loss": entry.selection}
    spreads |= {f"best_{name}": spread for name, spread in entry.best.items()}
    spreads |= {f"final_{name}": spread for name, spread in entry.final.items()}
    spreads |= {"steps_to_target": entry.steps, "seconds_to_target": entry.seconds, "step_seconds": entry.step_seconds}
    for name, spread in spreads.items():
        row |= {f"{name}_median": spread.median, f"{name}_lower": spread.lower, f"{name}_upper": spread.upper}
    row |= {"reached": entry.reached, "diverged": entry.diverged, "slot_bytes": entry.slot_bytes}
    row["off_by_one"] = entry.off_by_one
    row |= {"options": settings(entry.options)} if entry.options else {}
    row |= {"fastest_steps_median": entry.fastest_steps.median, "fastest_seconds_median": entry.fastest_seconds.median}
    if entry.untuned is not None:
        found = entry.untuned
        row |= {"default_learning_rate": found.rate, "default_test_loss_median": found.best["test_loss"].median}
        row |= {"default_steps_to_target_median": found.steps.median}
    for name, between in entry.to_leader.items():
        row |= {f"{name}_minus_best_mean": between.mean, f"{name}_minus_best_low": between.low}
        row |= {f"{name}_minus_best_high": between.high, f"{name}_verdict": between.verdict or between.reason}
        row |= {f"{name}_seeds_needed": between.seeds_needed, f"{name}_detectable": between.detectable}
    return row


def csv_line(cells: list[Any]) -> str:
    """Return one line of CSV, without a newline."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(["" if cell is None else cell for cell in cells])
    return text.getvalue()
