"""A picture of a model's layers and what they read, drawn with matplotlib: `utils.plot_model`."""

import os
from typing import Any

WIDE, HIGH, GAP = 2.9, 0.62, 0.42
"""Inches: the least width of a box, its height, and the space between two."""
LINE = 0.2
"""Inches that another line of text takes."""


class Box:
    """One call of a layer: its lines of text, what it reads, and its place (row, column).

    Without lines it is a bend of an arrow that passes a row.
    """

    def __init__(self, lines: list[str], parents: list["Box"], row: int | None = None) -> None:
        self.lines, self.parents = lines, parents
        self.row: int = 1 + max((parent.row for parent in parents), default=-1) if row is None else row
        self.column = 0.0

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in inches."""
        if not self.lines:
            return 0.0, 0.0
        return max(WIDE, 0.085 * max(map(len, self.lines)) + 0.3), HIGH + LINE * (len(self.lines) - 1)


def boxes(model: Any, describe: Any) -> list[Box]:
    """Return the boxes of a model, inputs first; `describe(layer, name, shape_in, shape_out)` returns their lines."""
    shapes = model.output_shapes
    inputs = [Box(describe(own, own.name, own.batch_shape, own.batch_shape), []) for own in model.input_layers]
    found: list[Box] = []
    for number, (layer, parents) in enumerate(model.nodes):
        read = [inputs[~parent] if parent < 0 else found[parent] for parent in parents]
        given = [model.input_layers[~p].batch_shape if p < 0 else shapes[p] for p in parents]
        lines = describe(layer, layer.name, given[0] if len(given) == 1 else given, shapes[number])
        found.append(Box(lines, read))
    everything = [*inputs, *found]
    bends: list[Box] = []
    for box in everything:
        box.parents = [_bent(parent, box.row, bends) for parent in box.parents]
    everything += bends
    for row in range(1 + max((box.row for box in everything), default=0)):
        level = [box for box in everything if box.row == row]
        if row:  # below what they read
            level.sort(key=lambda box: sum(parent.column for parent in box.parents) / len(box.parents))
        for k, box in enumerate(level):
            box.column = k - (len(level) - 1) / 2
    return everything


def _bent(parent: Box, row: int, bends: list[Box]) -> Box:
    """Return what a box in this row reads in the row before: the parent, or a bend of the arrow from it."""
    for between in range(parent.row + 1, row):
        parent = Box([], [parent], between)
        bends.append(parent)
    return parent


def draw(model: Any, to_file: Any, describe: Any, across: bool, dpi: float) -> None:
    """Draw the boxes, rows from top to bottom or, with `across`, from left to right, and save the picture."""
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyBboxPatch

    every = boxes(model, describe)
    width = max(box.size[0] for box in every) + GAP
    height = max(box.size[1] for box in every) + GAP

    def centre(box: Box) -> tuple[float, float]:
        return (box.row * width, -box.column * height) if across else (box.column * width, -box.row * height)

    places = [centre(box) for box in every]
    left, right = min(x for x, _ in places) - width / 2, max(x for x, _ in places) + width / 2
    low, top = min(y for _, y in places) - height / 2, max(y for _, y in places) + height / 2
    figure = Figure(figsize=(right - left, top - low), dpi=dpi)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(left, right)
    axes.set_ylim(low, top)
    axes.axis("off")
    for box, (x, y) in zip(every, places, strict=True):
        w, h = box.size
        if not box.lines:
            px, py = centre(box.parents[0])
            pw, ph = box.parents[0].size
            axes.plot([px + pw / 2 if across else px, x], [py if across else py - ph / 2, y], color="#33475b", lw=1)
            continue
        style: dict[str, Any] = {
            "boxstyle": "round,pad=0,rounding_size=0.06",
            "facecolor": "#f3f6fa",
            "edgecolor": "#33475b",
        }
        axes.add_patch(FancyBboxPatch((x - w / 2, y - h / 2), w, h, zorder=2, **style))
        axes.text(x, y, "\n".join(box.lines), ha="center", va="center", fontsize=8, zorder=3)
        for parent in box.parents:
            px, py = centre(parent)
            start = (px + parent.size[0] / 2, py) if across else (px, py - parent.size[1] / 2)
            end = (x - w / 2, y) if across else (x, y + h / 2)
            arrow = {"arrowstyle": "->", "color": "#33475b", "lw": 1, "shrinkA": 0, "shrinkB": 0}
            axes.annotate("", end, start, arrowprops=arrow, zorder=1)
    name = os.fspath(to_file)
    figure.savefig(name if os.path.splitext(name)[1] else f"{name}.png")
