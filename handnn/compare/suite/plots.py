"""The performance profiles as a picture."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from .. import style
from ..plots import WIDTH
from ..results import Comparison
from .profiles import NAMES, TAU_MAX, WAYS, Profile

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def performance(found: Mapping[str, list[Profile]], comparisons: Mapping[str, Comparison]) -> "Figure":
    """Performance profiles: share of data sets (up) on which the target took at most tau times the fastest's steps."""
    looks = style.look(next(iter(comparisons.values())).plan.optimizers)
    longest = max((len(own.optimizer) for own in found[WAYS[0]]), default=1)
    columns = max(1, min(4, 66 // (longest + 5)))
    rows = -(-len(found[WAYS[0]]) // columns)
    made, axes = style.figure(WIDTH, 2.6 + 0.22 * rows, 1, len(WAYS), sharey=True)
    taus = np.geomspace(1, TAU_MAX, 241)
    for ax, way in zip(axes.flat, WAYS, strict=True):
        for i, own in enumerate(found[way]):
            heights = np.array([own.at(tau) for tau in taus])
            shift = 0.006 * (i - (len(found[way]) - 1) / 2)  # equal lines stay visible
            ax.step(taus, heights + shift, where="post", **looks[own.optimizer], linewidth=1.7,
                    label=own.optimizer if way == WAYS[0] else None)  # fmt: skip
        ax.set_xscale("log")
        style.log_ticks(ax.xaxis, 1, TAU_MAX)
        ax.set_xlim(1, TAU_MAX)
        ax.set_ylim(-0.05, 1.05)
        ax.set_xlabel("tau", fontsize=9.5)
        style.title(ax, NAMES[way])
    axes.flat[0].set_ylabel("share of data sets", fontsize=9.5)
    made.legend(
        loc="outside lower center",
        ncols=columns,
        frameon=False,
        fontsize=9.5,
        handlelength=3,
    )
    return made
