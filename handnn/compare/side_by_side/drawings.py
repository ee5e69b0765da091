"""The pictures of a run: curves, heat maps over steps, and the histograms of both sides over each other."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from ...tensorboard import tags
from .. import style
from .read import Run, Series

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OVER = "#d1495b"
HAND, KERAS = style.COLOURS[0], style.COLOURS[1]
CURVE, MAP_WIDTH, HISTOGRAM = (4.6, 3.0), 5.6, (3.4, 2.0)
COLUMNS = 120
"""Steps of a heat map; more are drawn together, as their largest value."""
MOST_HISTOGRAMS = 240
"""Pictures of histograms on a page: the more tensors, the fewer epochs."""
MOST_TENSORS = 60
LOGARITHMIC = ("gradient_norm", "update_ratio", "activation_std")


def curves(run: Run) -> list[tuple[bytes, str]]:
    """Return a picture for each value per epoch, both sides and both parts."""
    names = [tag for tag in run.scalars.get("handnn/train", {}) if tag.startswith("epoch_")]
    found = []
    for tag in names:
        made, axes = style.figure(*CURVE)
        (ax,) = axes.flat
        for side, colour, width in (("keras", KERAS, 3.2), ("handnn", HAND, 1.3)):
            for part, dashes in (("train", "-"), ("validation", (0, (3, 1.5)))):
                values = run.scalars.get(f"{side}/{part}", {}).get(tag)
                if values:
                    label = f"{'Keras' if side == 'keras' else side}, {part}"
                    steps, numbers = _finite(values)
                    marker = "o" if len(steps) == 1 else None
                    ax.plot(steps + 1, numbers, color=colour, lw=width, ls=dashes, label=label, marker=marker)
        name = tag.removeprefix("epoch_").replace("_", " ")
        style.title(ax, name.capitalize())
        ax.set_xlabel("epoch", fontsize=9)
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.legend(fontsize=8, frameon=False)
        if len(ax.lines):
            found.append((style.png(made), f"{name} of each epoch; lines of both sides lie over each other"))
    return found


def drift(run: Run) -> bytes | None:
    """Return how far the freely trained weights of the two sides are apart, on a log scale."""
    return _logarithmic(run.drift(), "Drift of the weights", "largest difference", None)


def worst(run: Run) -> bytes | None:
    """Return the largest error / allowance of each step, with its limit."""
    values = run.scalars.get("parity", {}).get(tags.WORST_ERROR)
    return _logarithmic({"max": values} if values else {}, "Worst error / allowance", "error / allowance", 1.0)


def _logarithmic(lines: dict[str, Series], title: str, label: str, limit: float | None) -> bytes | None:
    if not lines:
        return None
    made, axes = style.figure(*CURVE)
    (ax,) = axes.flat
    for name, values in lines.items():
        steps, numbers = _finite(values)
        above = numbers > 0
        loud = name == "max"
        ax.plot(steps[above], numbers[above], color=HAND if loud else style.PALE, lw=1.4 if loud else 0.7,
                zorder=3 if loud else 2, label="largest" if loud else None)  # fmt: skip
    ax.set_yscale("log")
    if limit is not None:
        ax.axhline(limit, color=KERAS, lw=1.2, ls=(0, (3, 2)))
        ax.annotate("limit", (1, limit), (-4, 3), ax.get_yaxis_transform(), ha="right", textcoords="offset points",
                    fontsize=8.5, color=KERAS)  # fmt: skip
    style.title(ax, title)
    ax.set_xlabel("step", fontsize=9)
    ax.set_ylabel(label, fontsize=9)
    return style.png(made)


def parity_map(run: Run) -> bytes | None:
    """Return error / allowance of every tensor over the steps, from 0 to its limit 1."""
    rows = run.parity()
    if not rows:
        return None
    steps = np.array([step for step, _ in next(iter(rows.values()))])
    table = np.array([[value for _, value in values][: len(steps)] for values in rows.values()])
    return _map(list(rows), steps, table, "Error / allowance", 0.0, 1.0, over="the limit")


def health_maps(run: Run, words: dict[str, str]) -> list[tuple[bytes, str]]:
    """Return a heat map of layers and steps for each measure that is not 0 everywhere."""
    layers, steps = run.health.get("layers", {}), np.array(run.health.get("steps", []))
    found = []
    for measure, what in words.items():
        rows = {name: own[measure] for name, own in layers.items() if len(own.get(measure, ())) == len(steps)}
        if not rows or not len(steps):
            continue
        table = np.array([[np.nan if v is None else v for v in values] for values in rows.values()], dtype=np.float64)
        if not np.nan_to_num(table).any():
            continue
        title = measure.replace("_", " ").capitalize()
        if measure in LOGARITHMIC:
            with np.errstate(divide="ignore", invalid="ignore"):
                table = np.log10(np.where(table > 0, table, np.nan))
            picture = _map(list(rows), steps, table, f"{title}, log10", None, None)
        else:
            picture = _map(list(rows), steps, table, title, 0.0, 1.0)
        found.append((picture, what))
    return found


def _map(
    names: list[str], steps: np.ndarray, table: np.ndarray, title: str, low: float | None, high: float | None,
    over: str = "",
) -> bytes:  # fmt: skip
    from matplotlib.colors import PowerNorm

    bins = np.array_split(np.arange(len(steps)), min(COLUMNS, len(steps)))
    with np.errstate(invalid="ignore"):
        drawn = np.stack([_largest(table[:, own]) for own in bins], axis=1)
    made, axes = style.figure(MAP_WIDTH, 1.1 + 0.2 * len(names))
    (ax,) = axes.flat
    ax.grid(False)
    image = ax.imshow(drawn, aspect="auto", interpolation="nearest", cmap="viridis", vmin=low, vmax=high)
    if over:  # far below the limit shades should differ too
        image.set_norm(PowerNorm(0.5, low, high))
        image.set_cmap(image.get_cmap().with_extremes(over=OVER))
    ax.set_yticks(range(len(names)), names, fontsize=7.5)
    places = np.unique(np.linspace(0, len(bins) - 1, 6).astype(int))
    ax.set_xticks(places, [str(steps[bins[i][0]]) for i in places], fontsize=8)
    ax.set_xlabel("step", fontsize=9)
    style.title(ax, title)
    made.colorbar(image, ax=ax, fraction=0.04, pad=0.02, extend="max" if over else "neither").ax.tick_params(
        labelsize=8
    )
    return style.png(made)


def _largest(columns: np.ndarray) -> np.ndarray:
    """Return the largest number of each row; NaN only where a row has none."""
    lowest = np.where(np.isnan(columns), -np.inf, columns).max(axis=1)
    return np.where(np.isinf(lowest) & (lowest < 0), np.nan, lowest)


def _finite(values: Series) -> tuple[np.ndarray, np.ndarray]:
    steps, numbers = np.array([s for s, _ in values]), np.array([v for _, v in values], dtype=np.float64)
    kept = np.isfinite(numbers)
    return steps[kept], numbers[kept]


# ---- histograms ----------------------------------------------------------------------------------------------------


def histogram_tags(run: Run) -> list[str]:
    """Return the tensors to draw: all of them, or of a large network the weights alone."""
    found = list(run.histograms)
    if len(found) > MOST_TENSORS:
        found = [tag for tag in found if "/gradient/" not in tag and "/delta/" not in tag]
    return found[:MOST_TENSORS]


def shown_epochs(run: Run) -> list[int]:
    """Return the epochs to draw histograms of, the first and the last among them."""
    steps = sorted({step for sides in run.histograms.values() for own in sides.values() for step in own})
    most = max(2, MOST_HISTOGRAMS // max(1, len(histogram_tags(run))))
    if len(steps) <= most:
        return steps
    return [steps[i] for i in np.unique(np.linspace(0, len(steps) - 1, most).round().astype(int))]


def histograms(run: Run, tag: str, epochs: list[int]) -> list[bytes]:
    """Return a picture for each epoch: the elements of a tensor of both sides over each other, on one scale."""
    from matplotlib.figure import Figure

    sides = {side: run.histograms[tag].get(side, {}) for side in ("keras", "handnn")}
    every = [_density(buckets) for own in sides.values() for step, buckets in own.items() if step in epochs]
    low = min((edges[0] for edges, _ in every), default=0.0)
    high = max((edges[-1] for edges, _ in every), default=1.0)
    top = max((float(heights.max()) for _, heights in every), default=1.0)
    made = Figure(figsize=HISTOGRAM, dpi=100, facecolor="white")
    ax = made.add_axes((0.03, 0.14, 0.94, 0.84))
    ax.set_yticks([])
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(labelsize=8)
    ax.locator_params(axis="x", nbins=4)
    pictures = []
    for epoch in epochs:
        for patch in list(ax.patches):
            patch.remove()
        for side, buckets in ((side, own.get(epoch)) for side, own in sides.items()):
            if buckets is None:
                continue
            edges, heights = _density(buckets)
            if side == "handnn":
                ax.stairs(heights, edges, fill=True, color=HAND, alpha=0.45)
            else:
                ax.stairs(heights, edges, color=KERAS, lw=1.6)
        margin = 0.03 * (high - low) or 1.0
        ax.set_xlim(low - margin, high + margin)
        ax.set_ylim(0, 1.05 * top or 1.0)
        pictures.append(_small_png(made))
    return pictures


def _density(buckets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return edges (k + 1,) and the share of elements per unit of width (k,); a single value is a narrow bar."""
    known = buckets[np.isfinite(buckets).all(axis=1)] if buckets.size else buckets
    if not len(known):
        return np.array([0.0, 1.0]), np.zeros(1)
    left, right, counts = known.T
    edges = np.append(left, right[-1])
    total = counts.sum() or 1.0
    if edges[-1] <= edges[0]:
        width = max(abs(edges[0]), 1.0) * 0.01
        return np.array([edges[0] - width, edges[0] + width]), np.array([1 / (2 * width)])
    widths = np.diff(edges)
    return edges, np.divide(counts / total, widths, out=np.zeros_like(widths), where=widths > 0)


def _small_png(made: Figure) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas: Any = FigureCanvasAgg(made)
    canvas.draw()
    target = io.BytesIO()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    picture.quantize(32, dither=Image.Dither.NONE).save(target, "PNG", optimize=True)
    return target.getvalue()
