"""The tables of the report: headings and cells as text, the same for every format."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from ..core.text import seconds
from .context.baseline import r2, r2_scale
from .curves import diverged
from .results import Comparison
from .sentences import count, number, settings
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
    found = [results(summary, r2_scale(comparison.plan)), costs(summary, comparison), last_epoch(summary)]
    found += [untuned(summary)] if any(entry.untuned for entry in summary.entries) else []
    found += [trials(comparison) if comparison.plan.search == "sobol" else rates(comparison)]
    return [*found, parity(comparison)] if comparison.parity else found


def results(summary: Summary, scale: float | None = None) -> Table:
    """The ranking: results at the learning rates and epochs chosen on validation data.

    Args:
        scale: of R2, for a regression; see `r2_scale`.
    """
    accurate = "test_accuracy" in summary.entries[0].best
    headings = ["optimizer", "learning rate", "validation loss", "test loss"]
    headings += ["test accuracy"] if accurate else ["test R2"] if scale else []
    with_defaults = any(entry.untuned for entry in summary.entries)
    headings += ["at its defaults"] if with_defaults else []
    if len(summary.entries) > 1:
        headings += [f"test loss above {summary.entries[0].optimizer}", "verdict"]
    rows = []
    for entry in summary.entries:
        cells = [entry.optimizer, _rate(entry), _spread(entry.selection), _spread(entry.best["test_loss"])]
        cells += [_spread(entry.best["test_accuracy"], percent)] if accurate else []
        cells += [_spread(r2(entry.best["test_loss"], scale))] if scale and not accurate else []
        cells += [_at_defaults(entry)] if with_defaults else []
        if len(summary.entries) > 1:
            cells += _compared(entry.to_leader.get("loss"), summary)
        rows.append(cells)
    note = f"Median [quartiles] of {count(len(summary.seeds), 'seed')}, best on validation data first."
    if summary.comparisons and len(summary.seeds) > 1:
        note += f" The {summary.level:.0%} intervals of the differences hold for all rows together."
    if len(summary.seeds) > 1 and len(summary.equals) > 1:
        note += " Undecided: these seeds cannot tell it from the first one; in brackets how many more might."
    if any(entry.edge for entry in summary.entries):
        note += " A star: the lowest or highest rate tried."
    if with_defaults:
        note += " At its defaults: median test loss at the rate and options of the class."
    return Table("Results", note, headings, rows)


def costs(summary: Summary, comparison: Comparison) -> Table:
    """Steps and seconds to the target, time of a step, memory."""
    rows, tuned = [], any(len(entry.by_rate) > 1 for entry in summary.entries)
    for entry in summary.entries:
        cells = [entry.optimizer, _spread(entry.steps, whole), _spread(entry.seconds, duration)]
        cells += [_spread(entry.fastest_steps, whole), _at_defaults(entry, steps=True)] if tuned else []
        cells += [f"{entry.reached} of {len(summary.seeds)}", _spread(entry.step_seconds, seconds)]
        rows.append([*cells, size(entry.slot_bytes)])
    note = (
        f"Until the validation loss is at most {number(comparison.plan.target)}, seen at the end of an epoch, without "
        "the time of evaluation. Seconds are the processor's, of a run alone. Slots are the arrays that the optimizer "
        "keeps."
    )
    headings = ["optimizer", "steps to target", "seconds to target"]
    headings += ["steps of the fastest trial", "steps at its defaults"] if tuned else []
    headings += ["reached in", "time a step", "slots"]
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


def untuned(summary: Summary) -> Table:
    """Results at the defaults of each class, beside those of the chosen trial."""
    accurate = "test_accuracy" in summary.entries[0].best
    headings = ["optimizer", "learning rate", "test loss", *(["test accuracy"] if accurate else [])]
    headings += ["above the chosen trial", "steps to target", "diverged in"]
    rows = []
    for entry in summary.entries:
        own = entry.untuned
        if own is None:
            continue
        cells = [entry.optimizer, f"{own.rate:g}", _spread(own.best["test_loss"])]
        cells += [_spread(own.best["test_accuracy"], percent)] if accurate else []
        rows.append(
            [*cells, number(own.increase), _spread(own.steps, whole), f"{own.diverged} of {len(summary.seeds)}"]
        )
    note = "What each does if nobody chooses its learning rate and options: the defaults of its class."
    return Table("At the defaults", note, headings, rows)


def trials(comparison: Comparison, most: int = 5) -> Table:
    """The best trials of a quasi-random search, with their options."""
    summary = comparison.summary()
    rows = []
    for entry in summary.entries:
        best = sorted(entry.by_rate.items(), key=lambda trial: trial[1].median)[:most]
        for rate, found in best:
            options = settings(comparison.plan.trial(entry.optimizer, rate))
            rows.append([entry.optimizer, f"{rate:g}", options, _spread(found)])
    note = f"The {most} trials of each with the lowest median validation loss, of {len(entry.by_rate)}."
    return Table("Trials", note, ["optimizer", "learning rate", "options", "validation loss"], rows)


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


def _at_defaults(entry: Entry, steps: bool = False) -> str:
    """Return the test loss, or the steps to the target, at the defaults."""
    if entry.untuned is None:
        return ""
    return whole(entry.untuned.steps.median) if steps else number(entry.untuned.best["test_loss"].median)


def _compared(found: Difference | None, summary: Summary) -> list[str]:
    """Return the interval to the leader and the verdict; no optimizer is the best that others may equal."""
    if found is None:
        others = len(summary.equals) - 1
        return ["", "best" if not others and len(summary.seeds) > 1 else "lowest validation loss"]
    if found.verdict == "undecided":
        return [interval(found), f"undecided{_needed(found)}"]
    return [interval(found), found.verdict or found.reason]


def _needed(found: Difference) -> str:
    if found.seeds_needed is None:
        return ""
    more = found.seeds_needed - len(found.values)
    return (
        f" (+{more:,.0f} {'seed' if more == 1 else 'seeds'})" if math.isfinite(more) else " (+10,000 seeds are too few)"
    )
