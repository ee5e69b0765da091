"""The tables of the report: headings and cells as text, the same for every format."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from ..core.text import seconds
from .curves import diverged
from .results import Comparison
from .sentences import count, number
from .statistics import Difference, Entry, Spread, Summary
from .terminal_table import interval, size


@dataclass(frozen=True)
class Table:
    """A table; the first cell of a row names an optimizer."""

    title: str
    note: str
    headings: list[str]
    rows: list[list[str]]


def tables(comparison: Comparison) -> list[Table]:
    """Return the tables in the order of the report; none without a finished seed."""
    summary = comparison.summary()
    if not summary.entries:
        return [parity(comparison)] if comparison.parity else []
    found = [results(summary), costs(summary, comparison), last_epoch(summary), rates(comparison)]
    return [*found, parity(comparison)] if comparison.parity else found


def results(summary: Summary) -> Table:
    """The ranking: results at the learning rates and epochs chosen on validation data."""
    accurate = "test_accuracy" in summary.entries[0].best
    headings = ["optimizer", "learning rate", "validation loss", "test loss"]
    headings += ["test accuracy"] if accurate else []
    if len(summary.entries) > 1:
        headings += [f"test loss above {summary.entries[0].optimizer}", "verdict"]
    rows = []
    for entry in summary.entries:
        cells = [entry.optimizer, _rate(entry), _spread(entry.selection), _spread(entry.best["test_loss"])]
        cells += [_spread(entry.best["test_accuracy"], percent)] if accurate else []
        if len(summary.entries) > 1:
            cells += _compared(entry.to_leader.get("loss"))
        rows.append(cells)
    note = f"Median [quartiles] of {count(len(summary.seeds), 'seed')}, best on validation data first."
    if summary.comparisons and len(summary.seeds) > 1:
        note += f" The {summary.level:.0%} intervals of the differences hold for all rows together."
    if any(entry.edge for entry in summary.entries):
        note += " A star: the lowest or highest rate tried."
    return Table("Results", note, headings, rows)


def costs(summary: Summary, comparison: Comparison) -> Table:
    """Steps and seconds to the target, time of a step, memory."""
    rows = []
    for entry in summary.entries:
        cells = [entry.optimizer, _spread(entry.steps, whole), _spread(entry.seconds, duration)]
        cells += [f"{entry.reached} of {len(summary.seeds)}", _spread(entry.step_seconds, seconds)]
        rows.append([*cells, size(entry.slot_bytes)])
    note = (
        f"Until the validation loss is at most {number(comparison.plan.target)}, seen at the end of an epoch, without "
        "the time of evaluation. Slots are the arrays that the optimizer keeps."
    )
    headings = ["optimizer", "steps to target", "seconds to target", "reached in", "time a step", "slots"]
    return Table("Cost", note, headings, rows)


def last_epoch(summary: Summary) -> Table:
    """Results of the same runs after their last epoch."""
    curves = [
        name for name in ("train_loss", "val_loss", "test_loss", "test_accuracy") if name in summary.entries[0].final
    ]
    rows = []
    for entry in summary.entries:
        cells = [_spread(entry.final[name], percent if name.endswith("accuracy") else number) for name in curves]
        rows.append([entry.optimizer, *cells, f"{entry.diverged} of {len(summary.seeds)}"])
    names = [name.replace("val_", "validation_").replace("train_", "training_").replace("_", " ") for name in curves]
    note = "Median [quartiles] after the last epoch, at the chosen learning rates."
    return Table("After the last epoch", note, ["optimizer", *names, "diverged in"], rows)


def rates(comparison: Comparison) -> Table:
    """Validation loss at every learning rate."""
    summary = comparison.summary()
    most = max(len(entry.by_rate) for entry in summary.entries)
    rows = []
    for entry in summary.entries:
        gone = {rate for rate in entry.by_rate if diverged(comparison, entry.optimizer, rate)}
        cells = [f"{rate:g}: {'diverged' if rate in gone else number(spread.median)}"
                 for rate, spread in sorted(entry.by_rate.items())]  # fmt: skip
        rows.append(
            [entry.optimizer, *cells, *[""] * (most - len(cells)), number(entry.off_by_one) if most > 1 else ""]
        )
    note = (
        "Each rate with its median validation loss. The last column is the increase of that loss at the worse "
        "neighbouring rate."
    )
    headings = ["optimizer", *[f"rate {i + 1}" for i in range(most)], "off by one"]
    return Table("Sensitivity to the learning rate", note, headings, rows)


def parity(comparison: Comparison) -> Table:
    """Results of the comparison with Keras before training."""
    rows = [
        [
            label,
            f"{found['worst']:.3f}" if found.get("worst") is not None else "",
            "yes" if found["ok"] else "NO",
            found["sentence"],
        ]
        for label, found in comparison.parity.items()
    ]
    note = "Each optimizer's steps beside those of keras.optimizers, before the first run; up to 1 is rounding."
    return Table("Parity with Keras", note, ["optimizer", "error / allowance", "agrees", "found"], rows)


# ---- numbers in words -------------------------------------------------------------------------------------------


def percent(value: float) -> str:
    """Return '96.4%'."""
    return f"{value:.1%}" if math.isfinite(value) else "-"


def whole(value: float) -> str:
    """Return a number of steps; 'never' for infinity."""
    return f"{value:,.0f}" if math.isfinite(value) else "never"


def duration(value: float) -> str:
    """Return seconds; 'never' for infinity."""
    return seconds(value) if math.isfinite(value) else "never"


def _spread(found: Spread, text: Callable[[float], str] = number) -> str:
    if len(found.values) < 2 or found.lower == found.upper:
        return text(found.median)
    return f"{text(found.median)} [{text(found.lower)}, {text(found.upper)}]"


def _rate(entry: Entry) -> str:
    return f"{entry.rate:g}{'*' if entry.edge else ''}"


def _compared(found: Difference | None) -> list[str]:
    if found is None:
        return ["", "best"]
    return [interval(found), {"undecided": "cannot be told apart", "": found.reason}.get(found.verdict, found.verdict)]
