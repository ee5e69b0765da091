"""Pictures of paths on the test surfaces: one picture per surface, one panel per optimizer."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...core.variable import Array
from .. import style
from .functions import Surface, surfaces
from .trajectories import Paths

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 4
LINE, DOT, GOAL = "#d55e00", "#0b3c5d", "#f0c400"
LEVELS = 16
"""Number of contours, spaced by enclosed area rather than by height."""

SPACING = 0.035
"""Distance between the drawn points of Keras, as a share of the window; all points are checked."""


def surface_figure(paths: Sequence[Paths]) -> "Figure":
    """Return the picture of one surface: the hand-written paths as lines, Keras' as dots."""
    from matplotlib.lines import Line2D

    surface = surfaces[paths[0].surface]
    columns = min(COLUMNS, len(paths))
    rows = math.ceil(len(paths) / columns)
    made, axes = style.figure(2.75 * columns, 2.75 * rows + 0.9, rows, columns, sharex=True, sharey=True)
    for ax, drawn in zip(axes.flat, paths, strict=False):
        _panel(ax, surface, drawn)
    style.hide_rest(axes, len(paths))
    steps = len(paths[0].hand) - 1
    worst = max(p.worst.ratio for p in paths)
    made.suptitle(
        f"{surface.title}: {steps} steps of each optimizer, at the learning rate that leads it lowest\n"
        f"Of every step the largest error / allowance against Keras is {worst:.2f}",
        x=0.01, ha="left", fontsize=11.5, color=style.INK,
    )  # fmt: skip
    known = [
        Line2D([], [], color=LINE, linewidth=1.6, label="handnn"),
        Line2D([], [], color=DOT, linestyle="", marker="o", markersize=3.5, label="Keras"),
        Line2D([], [], color="white", linestyle="", marker="o", markersize=6, markeredgecolor=style.INK, label="start"),
        Line2D([], [], color=GOAL, linestyle="", marker="*", markersize=10, markeredgecolor=style.INK, label="minimum"),
    ]
    made.legend(handles=known, loc="outside lower center", ncols=len(known), frameon=False, fontsize=9.5)
    return made


def _panel(ax: Any, surface: Surface, drawn: Paths) -> None:
    """Draw contours, both paths, the start and the minima."""
    from matplotlib.colors import BoundaryNorm

    (left, right), (low, high) = surface.window
    x, y = np.linspace(left, right, 240), np.linspace(low, high, 240)
    height = surface.value(np.stack(np.meshgrid(x, y)))
    levels = np.unique(np.quantile(height, np.linspace(0, 1, LEVELS) ** 2))
    shades = BoundaryNorm(levels, 256)
    ax.grid(False)
    ax.contourf(x, y, height, levels, cmap="Blues_r", norm=shades, alpha=0.4)
    ax.contour(x, y, height, levels, colors="white", linewidths=0.5)
    ax.plot(*drawn.hand.T, color=LINE, linewidth=1.6, zorder=3)
    ax.plot(*_spaced(drawn.keras, surface).T, linestyle="", marker="o", markersize=2.6, color=DOT, zorder=4)
    ax.plot(*np.transpose(surface.minima), linestyle="", marker="*", markersize=11, color=GOAL,
            markeredgecolor=style.INK, markeredgewidth=0.7, zorder=5)  # fmt: skip
    ax.plot(*surface.start, marker="o", markersize=6, color="white", markeredgecolor=style.INK, zorder=6)
    ax.set_xlim(left, right)
    ax.set_ylim(low, high)
    ax.tick_params(labelsize=8)
    apart = "the same" if drawn.apart == 0 else f"{drawn.apart:.0e} apart" if np.isfinite(drawn.apart) else "diverged"
    colour = style.INK if drawn.ok else "#c00000"
    mark = "" if drawn.ok else " NOT KERAS'"
    ax.set_title(f"{style.wrapped(drawn.optimizer)}{mark}", loc="left", fontsize=10, fontweight="bold", color=colour)
    ax.set_title(f"{drawn.learning_rate:g}, {apart}", loc="right", fontsize=8, color="#555555")


def _spaced(path: Array, surface: Surface) -> Array:
    """Return points of a path in order, each at least the given distance from the previous one."""
    size = np.array([right - left for left, right in surface.window])
    kept = [path[0]]
    for point in path[1:]:
        if not np.hypot(*((point - kept[-1]) / size)) < SPACING:
            kept.append(point)
    return np.array([*kept, path[-1]])
