"""The pictures of a comparison, each a matplotlib Figure; `pictures` returns all of them.

They show the results of statistics.py; nothing is chosen or concluded here.
"""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.variable import Array
from . import style
from .curves import Band, band, chosen_runs, diverged
from .results import Comparison
from .sentences import count, number
from .statistics import Difference, Entry, Summary
from .terminal_table import interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 5.6
"""Inches: the letters of 9 points are still read where a page is 400 pixels wide."""
COLUMNS = 3
FAR = 6.0
"""Differences beyond this multiple of the median one leave the axis, which ends at half of it."""
HEADROOM = 2.0
"""A loss axis ends at this multiple of the loss before training; higher losses have diverged."""


def pictures(comparison: Comparison) -> "dict[str, tuple[Figure, str]]":
    """Return {file name without suffix: (figure, caption)}, in the order of the report."""
    if not comparison.summary().entries:
        return {}
    found: dict[str, tuple[Figure, str]] = {}
    for name, make in FIGURES.items():
        made = make(comparison)
        if made is not None:
            found[name] = (made, (make.__doc__ or "").partition("\n")[0])
    return found


def validation(comparison: Comparison) -> "Figure":
    """Validation loss over the training steps: median of the seeds, with the quartiles as a band."""
    summary, looks = _looks(comparison)
    made, axes = style.figure(WIDTH, 4.9)
    (ax,) = axes.flat
    ax.margins(x=0)
    ends = []
    for entry in summary.entries:
        found = band(chosen_runs(comparison, entry), "val_loss")
        if found is not None:
            _draw(ax, found, looks[entry.optimizer])
            ends.append((entry, found.median[-1]))
    _loss_axis(ax, comparison, [line for e in summary.entries for line in _medians(comparison, e, "val_loss")])
    low, high = ax.get_ylim()
    if low < comparison.plan.target < high:
        ax.axhline(comparison.plan.target, color=style.PALE, linewidth=1, linestyle=(0, (2, 2)), zorder=1)
        ax.annotate("target", (1, comparison.plan.target), (-4, 3), ax.get_yaxis_transform(), ha="right",
                    textcoords="offset points", fontsize=8.5, color="#555555")  # fmt: skip
    ax.set_xlabel("training steps", fontsize=9.5)
    style.title(ax, "Validation loss", f"{_seeds(summary)}, each optimizer at its chosen learning rate")
    made.draw_without_rendering()  # the layout, which the labels need
    style.end_labels(
        ax, [e.optimizer for e, _ in ends], [y for _, y in ends], [looks[e.optimizer]["color"] for e, _ in ends]
    )
    return made


def training(comparison: Comparison) -> "Figure":
    """Training loss of every step: median of the seeds with the quartiles as a band; in grey the other optimizers."""
    summary, looks = _looks(comparison)
    columns = min(COLUMNS, len(summary.entries))
    rows = math.ceil(len(summary.entries) / columns)
    made, axes = style.figure(WIDTH, 1.9 * rows + 1.0, rows, columns, sharex=True, sharey=True)
    bands = {e.optimizer: band(chosen_runs(comparison, e), "loss") for e in summary.entries}
    smooth = {name: _smooth(found) for name, found in bands.items() if found is not None}
    for ax, entry in zip(axes.flat, summary.entries, strict=False):
        for name, line in smooth.items():
            if name != entry.optimizer:
                ax.plot(line.at, line.median, color="#d0d0d0", linewidth=0.7, zorder=1)
        found = bands[entry.optimizer]
        if found is not None:
            colour = looks[entry.optimizer]["color"]
            ax.fill_between(found.at, found.lower, found.upper, color=colour, alpha=0.3, linewidth=0, zorder=2)
            ax.plot(found.at, found.median, color=colour, linewidth=0.5, alpha=0.6, zorder=3)
            ax.plot(*smooth[entry.optimizer][:2], color=colour, linewidth=1.6, zorder=4)
        else:
            ax.text(0.5, 0.5, "failed", transform=ax.transAxes, ha="center", fontsize=10, color=style.INK)
        _panel_title(ax, entry, looks[entry.optimizer]["color"])
    style.hide_rest(axes, len(summary.entries))
    _loss_axis(axes.flat[0], comparison, [found.lower for found in smooth.values()])
    told = f"Training loss: every step, {_seeds(summary)};\nthe thick line is the median of short stretches"
    made.suptitle(told, x=0.01, ha="left", fontsize=10.5, color=style.INK)
    made.supxlabel("training steps", fontsize=9.5)
    return made


def sensitivity(comparison: Comparison) -> "Figure | None":
    """Validation loss against the learning rate; the chosen rate is the large dot, diverged rates are at the top."""
    summary, looks = _looks(comparison)
    if all(len(entry.by_rate) < 2 for entry in summary.entries):
        return None
    scattered = comparison.plan.search == "sobol"  # trials differ in other options too: no line
    if scattered or len(summary.entries) > len(style.COLOURS):
        return _sensitivity_panels(comparison, scattered)
    made, axes = style.figure(WIDTH, 4.9)
    (ax,) = axes.flat
    top = _rates_and_losses(ax, comparison)
    gone = [_trials(ax, comparison, entry, looks[entry.optimizer], top) for entry in summary.entries]
    if any(gone):
        ax.annotate("x at the top edge: diverged", (1, 1), (0, 7), "axes fraction", textcoords="offset points",
                    ha="right", fontsize=9, color="#555555")  # fmt: skip
    ax.set_xlabel("learning rate", fontsize=9.5)
    style.title(ax, "Sensitivity to the learning rate", f"median validation loss of {_seeds(summary)}, best epoch")
    longest = max(len(entry.optimizer) for entry in summary.entries)
    made.legend(loc="outside lower center", ncols=max(1, min(4, 60 // (longest + 6))), frameon=False, fontsize=9.5,
                handlelength=3)  # fmt: skip
    return made


def _sensitivity_panels(comparison: Comparison, scattered: bool) -> "Figure":
    """Draw a panel for each optimizer, with the trials of the others in grey: more than the colours, or scattered."""
    summary, looks = _looks(comparison)
    columns = min(COLUMNS, len(summary.entries))
    rows = math.ceil(len(summary.entries) / columns)
    made, axes = style.figure(WIDTH, 1.9 * rows + 1.0, rows, columns, sharex=True, sharey=True)
    top = _rates_and_losses(axes.flat[0], comparison)
    every = np.array([(rate, s.median) for entry in summary.entries for rate, s in entry.by_rate.items()])
    for ax, entry in zip(axes.flat, summary.entries, strict=False):
        ax.plot(*every.T, linestyle="", marker=".", markersize=3, color="#d0d0d0", zorder=1)
        _trials(ax, comparison, entry, looks[entry.optimizer], top, scattered)
        _panel_title(ax, entry, looks[entry.optimizer]["color"])
    style.hide_rest(axes, len(summary.entries))
    told = f"Sensitivity: median validation loss of {_seeds(summary)}, best epoch;\nx at the top edge: diverged"
    made.suptitle(told, x=0.01, ha="left", fontsize=10.5, color=style.INK)
    made.supxlabel("learning rate", fontsize=9.5)
    return made


def _panel_title(ax: "Axes", entry: Entry, colour: str) -> None:
    """Write an optimizer above its panel, in letters that leave room for its chosen rate on the right."""
    name = style.wrapped(entry.optimizer, 18)
    size = min(10.0, 130 / max(map(len, name.split("\n"))))
    ax.set_title(name, loc="left", fontsize=size, fontweight="bold", color=colour)
    ax.set_title(f"{entry.rate:g}", loc="right", fontsize=8.5, color="#555555")


def _rates_and_losses(ax: "Axes", comparison: Comparison) -> float:
    """Set the axes of learning rates and losses; return the upper end of the losses."""
    ax.set_xscale("log")
    spreads = [spread for entry in comparison.summary().entries for spread in entry.by_rate.values()]
    top = _loss_axis(ax, comparison, [np.array([s.median for s in spreads])])
    style.log_ticks(ax.xaxis, 0, 1)
    return top


def _trials(
    ax: "Axes", comparison: Comparison, entry: Entry, look: dict[str, Any], top: float, scattered: bool = False
) -> bool:
    """Draw the trials of an optimizer; return whether one of them diverged."""
    rates = np.array(sorted(entry.by_rate))
    losses = np.array([entry.by_rate[rate].median for rate in rates])
    gone = np.array([diverged(comparison, entry.optimizer, rate) for rate in rates]) | ~(losses < top)
    shown, place = np.where(gone, top, losses), int(np.searchsorted(rates, entry.rate))
    line = {"linestyle": "", "marker": "."} if scattered else {"linestyle": look["linestyle"], "linewidth": 1.7}
    ax.plot(rates, shown, color=look["color"], **line, label=entry.optimizer, zorder=3)
    ax.plot(rates[~gone], shown[~gone], linestyle="", marker="o", markersize=3.4, color=look["color"], zorder=4)
    if gone.any():
        ax.plot(rates[gone], shown[gone], linestyle="", marker="X", markersize=8, color=look["color"],
                markeredgecolor="white", clip_on=False, zorder=6)  # fmt: skip
    ax.plot(rates[place], shown[place], marker="o", markersize=9, color=look["color"], markeredgecolor="white",
            clip_on=False, zorder=5)  # fmt: skip
    return bool(gone.any())


def target(comparison: Comparison) -> "Figure":
    """Steps and seconds until the validation loss reaches the target; hatched where most seeds never did."""
    summary, looks = _looks(comparison)
    made, axes = style.figure(WIDTH, 0.36 * len(summary.entries) + 1.5, 1, 2, sharey=True)
    for ax, curve, unit in zip(axes.flat, ("steps", "seconds"), ("training steps", "seconds of training"), strict=True):
        _bars(ax, summary, looks, curve)
        ax.set_xlabel(unit, fontsize=9.5)
    ax = axes.flat[0]
    ax.set_yticks(range(len(summary.entries)), [style.wrapped(e.optimizer) for e in summary.entries], fontsize=9.5)
    ax.set_ylim(len(summary.entries) - 0.5, -0.5)
    below = f"validation loss {number(comparison.plan.target)}; median and quartiles of {_seeds(summary)}"
    style.title(ax, "Time to the target", below)
    return made


def differences(comparison: Comparison) -> "Figure | None":
    """Test loss minus the best one's, paired by seed: every seed as a dot, the mean and its interval as a bar."""
    summary, looks = _looks(comparison)
    if len(summary.entries) < 2:
        return None
    others = summary.entries[1:]
    made, axes = style.figure(WIDTH, 0.36 * len(others) + 1.5)
    (ax,) = axes.flat
    ax.axvline(0, color=style.INK, linewidth=1)
    reach = _reach([entry.to_leader["loss"] for entry in others])
    for row, entry in enumerate(others):
        found, colour = entry.to_leader["loss"], looks[entry.optimizer]["color"]
        finite = [v for v in found.values if math.isfinite(v)]
        ax.plot(finite, [row + 0.25] * len(finite), linestyle="", marker="o", markersize=3.5, color=colour, alpha=0.7)
        if found.low is not None and found.high is not None:
            ax.plot([found.low, found.high], [row, row], color=colour, linewidth=2.4, solid_capstyle="butt")
            far = (
                {"marker": ">" if found.mean > 0 else "<", "clip_on": False}
                if abs(found.mean) > reach
                else {"marker": "D"}
            )
            ax.plot(np.clip(found.mean, -reach, reach), row, markersize=6, color=colour, markeredgecolor="white", **far)
        told = (
            found.reason
            if not found.verdict
            else {"undecided": "cannot be told apart"}.get(found.verdict, found.verdict)
        )
        if found.low is not None and max(abs(found.low), abs(found.high or 0.0)) > reach:
            told += f": {interval(found)}"  # the bar goes on beyond the edge
        ax.annotate(told, (1, row), (6, 0), ax.get_yaxis_transform(), textcoords="offset points", va="center",
                    fontsize=9, color=style.INK, annotation_clip=False)  # fmt: skip
    ax.set_yticks(range(len(others)), [style.wrapped(e.optimizer) for e in others], fontsize=9.5)
    ax.set_ylim(len(others) - 0.5, -0.5)
    if math.isfinite(reach):
        ax.set_xlim(max(-reach, ax.get_xlim()[0]), min(reach, ax.get_xlim()[1]))
    ax.set_xlabel(f"test loss more than that of {summary.entries[0].optimizer}", fontsize=9.5)
    level = f"{summary.level:.0%} intervals, all together" if len(summary.seeds) > 1 else "one seed: no intervals"
    style.title(ax, "Differences to the best", f"{_seeds(summary)}, paired; {level}")
    return made


def _reach(found: Sequence[Difference]) -> float:
    """Return how far an axis of differences goes: to the end, unless a few are so large that nothing else is seen."""
    ends = [max(abs(d.low), abs(d.high)) for d in found if d.low is not None and d.high is not None]
    typical = float(np.median(ends)) if ends else math.inf
    return FAR / 2 * typical if max(ends, default=0.0) > FAR * typical > 0 else math.inf


FIGURES: "dict[str, Callable[[Comparison], Figure | None]]" = {
    "validation": validation,
    "training": training,
    "sensitivity": sensitivity,
    "differences": differences,
    "target": target,
}


# ---- parts ------------------------------------------------------------------------------------------------------


def _looks(comparison: Comparison) -> tuple[Summary, dict[str, dict[str, Any]]]:
    """Return the summary, and each optimizer's line style, the same in all pictures of this plan."""
    return comparison.summary(), style.look(comparison.plan.optimizers)


def _seeds(summary: Summary) -> str:
    return count(len(summary.seeds), "seed")


def _medians(comparison: Comparison, entry: Entry, curve: str) -> list[Array]:
    found = band(chosen_runs(comparison, entry), curve)
    return [] if found is None else [found.median]


def _draw(ax: "Axes", found: Band, look: dict[str, Any]) -> None:
    ax.fill_between(found.at, found.lower, found.upper, color=look["color"], alpha=0.15, linewidth=0, zorder=2)
    ax.plot(found.at, found.median, **look, linewidth=1.7, zorder=3)


def _smooth(found: Band, parts: int = 80) -> Band:
    """Return the medians of short stretches of a curve."""
    stretches = np.array_split(np.arange(len(found.at)), min(parts, len(found.at)))
    at, median, lower, upper = (np.array([np.median(line[part]) for part in stretches]) for line in found)
    return Band(at, median, lower, upper)


def _loss_axis(ax: "Axes", comparison: Comparison, lines: Sequence[Array]) -> float:
    """Set the limits of a loss axis, logarithmic if the losses are positive, and return its upper end."""
    finite = np.concatenate([line[np.isfinite(line)] for line in lines] or [np.zeros(0)])
    starts = [run.val_loss[0] for run in comparison.runs.values() if run.val_loss.size and np.isfinite(run.val_loss[0])]
    if not finite.size or not starts:
        return ax.get_ylim()[1]
    low, start = float(finite.min()), float(np.median(starts))
    if low > 0:
        ax.set_yscale("log")
        low, top = low / 1.25, min(float(finite.max()) * 1.15, HEADROOM * start)
        top = max(top, 1.5 * low)
        style.log_ticks(ax.yaxis, low, top)
    else:
        reach = max(start - low, 1e-12)
        low, top = low - 0.05 * reach, min(float(finite.max()) + 0.05 * reach, low + HEADROOM * reach)
    ax.set_ylim(low, top)
    ax.set_ylabel("loss", fontsize=9.5)
    return top


def _bars(ax: "Axes", summary: Summary, looks: dict[str, dict[str, Any]], curve: str) -> None:
    """Draw a bar to the median, a line over the quartiles; hatched to the edge where the median is infinite."""
    spreads = [getattr(entry, curve) for entry in summary.entries]
    known = [v for s in spreads for v in (s.median, s.upper) if math.isfinite(v)]
    if known:
        ax.locator_params(axis="x", nbins=4)
    else:
        ax.set_xticks([])
    edge = max(known, default=1.0) * 1.12 or 1.0
    for row, (entry, spread) in enumerate(zip(summary.entries, spreads, strict=True)):
        colour, reached = looks[entry.optimizer]["color"], math.isfinite(spread.median)
        if reached:
            ax.barh(row, spread.median, height=0.62, color=colour, alpha=0.8)
            for colour, width in (("white", 3.0), (style.INK, 1.4)):  # an edge that is seen on dark bars
                ax.plot([spread.lower, min(spread.upper, edge)], [row, row], color=colour, linewidth=width)
        else:
            ax.barh(row, edge, height=0.62, facecolor="white", edgecolor=colour, hatch="////", linewidth=0)
        if entry.reached < len(summary.seeds):
            told = "never" if not entry.reached else f"{entry.reached} of {_seeds(summary)}"
            beside = reached and spread.median < 0.5 * edge  # there is room right of the bar
            x = max(spread.median, min(spread.upper, 0.5 * edge)) + 0.02 * edge if beside else 0.985 * edge
            ax.text(x, row,
                    told, ha="left" if beside else "right", va="center", fontsize=9, color=style.INK,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5})  # fmt: skip
    ax.set_xlim(0, edge)
    ax.grid(False, axis="y")
