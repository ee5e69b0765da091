"""The page of a run: verdict, data, curves, parity, drift, histograms with a slider, health, configuration."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from ...callbacks.health.measure import MEASURES
from ...core import atomic
from ...core import html as page
from . import drawings
from .read import Run, read


def write(folder: str, target: str, progress: Callable[[int, int], None] = lambda done, all: None) -> int:
    """Write the page of a run's folder to a file, replacing it atomically; return its size in bytes.

    Args:
        folder: of the run. target: path of the HTML file.
        progress: called with the number of tensors drawn, and of all.

    Raises:
        ValueError: the folder holds no finished run, or a damaged one.
        OSError: the page cannot be written.
    """
    content = html(read(folder), progress).encode()
    atomic.write(Path(target), content)
    return len(content)


def html(run: Run, progress: Callable[[int, int], None] = lambda done, all: None) -> str:
    """Return the page; it needs no other file and no network."""
    parts = [
        page.box(*_verdict(run)),
        page.facts(_facts(run)),
        _table(run),
        page.grid([page.picture(*one) for one in drawings.curves(run)]),
        *_parity(run),
        *_histograms(run, progress),
        *_health(run),
        *_configuration(run),
    ]
    return page.page(f"Training on {run.result.get('data', '').partition(':')[0]}", parts, f"Run {run.name}, handnn")


def _verdict(run: Run) -> tuple[list[str], str]:
    """Return the first sentences, and the kind of their box."""
    result = run.result
    first, lines = result.get("first_mismatch"), []
    if result.get("diverged"):
        lines.append(f"Training diverged after {result['steps']} steps.")
    if first:
        lines.append(f"Not verified. Step {first['step']}: {first['what']}.")
    elif result.get("checked_steps"):
        lines.append(
            f"Verified: {result['tensors_checked']:,} tensors of {result['checked_steps']:,} steps agree with "
            f"TensorFlow's; the worst error is {result['worst_error_over_allowance']:.3f} of its allowance "
            f"({result['worst_at']})."
        )
    else:
        lines.append("The hand-written side alone: nothing was compared with TensorFlow.")
    if result.get("interrupted"):
        lines.append(f"Interrupted after {result['steps']} steps.")
    lines += [f"But {remark}" for remark in result.get("remarks", [])]
    return lines, "but" if first or result.get("diverged") else "told"


def _facts(run: Run) -> list[tuple[str, str]]:
    result = run.result
    drift = result.get("drift")
    told = [
        ("command", result.get("command", "")),
        ("data", result.get("data", "")),
        ("network", result.get("network", "")),
        ("steps", f"{result['steps']:,}"),
        (
            "drift",
            f"the freely trained weights are at most {drift:.1e} apart" if run.has_keras and drift is not None else "",
        ),
        ("baseline", "; ".join(f"{n} {_numbers(s)}" for n, s in result.get("baselines", {}).items())),
    ]
    return [(name, text) for name, text in told if text]


def _numbers(scores: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in scores.items())


def _table(run: Run) -> str:
    """Return the results of the last epoch of both sides."""
    sides = {side: (run.result["epochs"].get(side) or [{}])[-1] for side in ("handnn", "keras")}
    scores = run.result.get("scores", {})
    rows = [
        (name.replace("val_", "validation "), *(own.get(name) for own in sides.values())) for name in sides["handnn"]
    ]
    rows += [
        (f"validation {name}", *(scores.get(side, {}).get(name) for side in sides)) for name in scores.get("handnn", {})
    ]
    times = run.result.get("seconds_per_step", {})
    cells = [[name, *("" if v is None else f"{v:.4f}" for v in values)] for name, *values in rows]
    cells.append(["microseconds per step", *("" if (t := times.get(s)) is None else f"{1e6 * t:.0f}" for s in sides)])
    width = 3 if run.has_keras else 2
    return page.table(["", "handnn", "Keras"][:width], [row[:width] for row in cells])


def _parity(run: Run) -> list[str]:
    found = drawings.parity_map(run)
    if found is None:
        return []
    apart = "how far both sides' weights are apart when each trains alone: blue the largest, grey the single tensors"
    lines = [
        (drawings.worst(run), "the largest over all tensors of each step; above 1 a tensor is wrong"),
        (drawings.drift(run), apart),
    ]
    return [
        page.element("h2", "Agreement with TensorFlow"),
        page.figure(found, "error as a share of what rounding may cause, of every tensor and step; red is beyond it"),
        page.grid([page.picture(png, caption) for png, caption in lines if png is not None]),
    ]


def _histograms(run: Run, progress: Callable[[int, int], None]) -> list[str]:
    tags, epochs = drawings.histogram_tags(run), drawings.shown_epochs(run)
    if not tags or not epochs:
        return []
    panels = []
    for i, tag in enumerate(tags):
        name = tag.partition("/")[2].removesuffix("/histogram")
        panels.append((name, drawings.histograms(run, tag, epochs)))
        progress(i + 1, len(tags))
    both = "handnn filled in blue, Keras as an orange line" if run.has_keras else "of the hand-written side"
    return [
        page.element("h2", "Weights, biases and gradients"),
        page.element("p", f"Histograms of all elements, {both}; the scale of a tensor is that of all epochs.", "note"),
        page.frames([f"epoch {epoch + 1}" for epoch in epochs], panels),
    ]


def _health(run: Run) -> list[str]:
    maps = drawings.health_maps(run, MEASURES)
    findings = run.result.get("doctor")
    parts: list[str] = [page.element("h2", "Health")] if maps or findings is not None else []
    if findings:
        parts.append(page.box([f["text"] if not f["layer"] else f"{f['layer']}: {f['text']}" for f in findings], "but"))
    elif findings is not None:
        parts.append(page.element("p", "The doctor's rules found no fault."))
    return [*parts, page.grid([page.picture(*one) for one in maps])]


def _configuration(run: Run) -> list[str]:
    known = run.result.get("settings")
    if not known:
        return []
    told = json.dumps(known, indent=1)
    return [
        page.element("h2", "Configuration"),
        page.folded("optimizer, loss and every layer", page.element("pre", told)),
    ]
