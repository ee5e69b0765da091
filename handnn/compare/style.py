"""The style of a comparison's pictures: colours, lines, labels at line ends. No pyplot, no global state."""

import io
import math
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, PALE, GRID = "#222222", "#9a9a9a", "#e6e6e6"

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#b8860b", "#000000", "#882255")
"""Okabe and Ito's colours, distinguishable with red-green colour blindness; their yellow, which is hard to see on
white, is replaced by darker ones."""

DASHES = ("-", (0, (5, 1.2)), (0, (1.6, 1)), (0, (7, 1.2, 1.6, 1.2)))
"""Dashes keep overlapping lines visible, and distinguish repeated colours."""

DPI = 130


def look(labels: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return colour and dashes of each label's line."""
    return {
        label: {"color": COLOURS[i % len(COLOURS)], "linestyle": DASHES[(i + i // len(COLOURS)) % len(DASHES)]}
        for i, label in enumerate(labels)
    }


def figure(width: float, height: float, rows: int = 1, columns: int = 1, **options: Any) -> tuple["Figure", Any]:
    """Return a figure, size in inches, and its axes, an array (rows, columns)."""
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height), dpi=DPI, layout="constrained", facecolor="white")
    axes = made.subplots(rows, columns, squeeze=False, **options)
    for ax in axes.flat:
        ax.spines[["top", "right"]].set_visible(False)
        ax.spines[["left", "bottom"]].set_color(PALE)
        ax.tick_params(labelcolor=INK, labelsize=9, color=PALE, which="both")
        ax.grid(True, color=GRID, linewidth=0.7)
        ax.set_axisbelow(True)
    return made, axes


def hide_rest(axes: Any, count: int) -> None:
    """Hide the panels after the first `count`, and give the ones above them the numbers of their axis."""
    for ax in axes.flat[count:]:
        ax.set_visible(False)
    for i in range(max(count - axes.shape[1], 0), count):
        axes.flat[i].tick_params(labelbottom=True)


def title(ax: "Axes", text: str, below: str = "") -> None:
    """Write a title on the left above an axes, with an explanation in small letters."""
    ax.set_title(text, loc="left", fontsize=11.5, fontweight="bold", color=INK, pad=22 if below else 8)
    if below:
        ax.annotate(below, (0, 1), (0, 7), "axes fraction", textcoords="offset points", fontsize=9, color="#555555")


def end_labels(
    ax: "Axes", names: Iterable[str], ys: Iterable[float], colours: Iterable[str], size: float = 9.5
) -> None:
    """Write each line's name at its end, right of the axes, moved apart if they would overlap.

    The axes' limits must be set. A line that ends above or below them is named at their edge.
    """
    low, high = ax.get_ylim()
    bottom, top = ax.transAxes.transform([(0, 0), (0, 1)])[:, 1]
    ends = np.clip(np.nan_to_num(np.asarray(list(ys), float), nan=high, posinf=high, neginf=low), low, high)
    starts = np.full(len(ends), ax.get_xlim()[0])
    own = (ax.transData.transform(np.stack([starts, ends], axis=1))[:, 1] - bottom) / (top - bottom)
    gap = 1.35 * size / 72 * ax.figure.dpi / (top - bottom)
    placed = apart(own, gap, 1.0)
    for name, y, at, colour in zip(names, own, placed, colours, strict=True):
        ax.annotate(
            name, (1, y), (1.03, at), "axes fraction", "axes fraction", fontsize=size, color=colour, va="center",
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.7, "shrinkA": 1, "shrinkB": 1,
                        "relpos": (0, 0.5)},
            annotation_clip=False,
        )  # fmt: skip


def apart(places: Any, gap: float, top: float) -> Any:
    """Return the places moved as little as needed to be at least `gap` apart, in the same order, from 0 to `top`."""
    order, last = np.argsort(places, kind="stable"), max(len(places) - 1, 0)
    gap = min(gap, top / max(last, 1))
    groups: list[tuple[float, int]] = []  # neighbours that touch move as one: sum of their wanted first places, count
    for i, wanted in enumerate(np.asarray(places, float)[order]):
        total, count = min(max(wanted - i * gap, 0.0), top - last * gap), 1
        while groups and groups[-1][0] / groups[-1][1] >= total / count:
            before, more = groups.pop()
            total, count = total + before, count + more
        groups.append((total, count))
    moved = np.repeat([total / count for total, count in groups], [count for _, count in groups])
    found = np.empty(len(order))
    found[order] = moved + np.arange(len(order)) * gap
    return found


def log_ticks(axis: Any, low: float, high: float) -> None:
    """Label a logarithmic axis with plain numbers, with fewer per decade if there are more decades."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

    span = high / low if low > 0 else math.inf
    subs = tuple(range(1, 10)) if span < 5 else (1, 2, 5) if span < 300 else (1,)
    axis.set_major_locator(LogLocator(subs=subs, numticks=12))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
    if len(subs) > 1:
        axis.set_minor_locator(NullLocator())


def wrapped(label: str, width: int = 20) -> str:
    """Return a label with options in lines of about this width."""
    return "\n".join(textwrap.wrap(label, width, break_long_words=False)) or label


def png(made: "Figure") -> bytes:
    """Return a figure as PNG with a palette: visually the same at a third of the size."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas = FigureCanvasAgg(made)
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    target = io.BytesIO()
    few = picture.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)  # rare colours are kept
    few.save(target, "PNG", optimize=True, dpi=(DPI, DPI))
    return target.getvalue()
