"""TensorBoard logs of a network: weights and biases as histograms and trends, deltas, images."""

import math
from collections.abc import Callable, Iterator
from typing import Any, cast

import numpy as np

from ..core.trace import Trace
from . import tags
from .activity import lit_up, units_of
from .pictures import decision_boundary, enlarge, weight_tiles
from .writer import EventWriter

LARGEST_PICTURE = 256
"""Pictures are enlarged up to this side length in pixels."""


def log_weights(
    writer: EventWriter, model: Any, trace: Trace | None, step: int, written: Callable[[str], bool] = lambda tag: False
) -> None:
    """Write histograms and trends of every weight, and histograms of the trace's z, a, delta and gradients.

    Tags for which `written` is true are skipped: a run that is resumed has them.
    """
    trends: dict[str, float] = {}
    for weight in model.weights:
        for name, statistic in STATISTICS.items():
            trends[tags.trend(weight.path, name)] = float(statistic(weight.value))
    writer.scalars({tag: value for tag, value in trends.items() if not written(tag)}, step)
    for tag, array in _histograms(model, trace):
        if not written(tag):
            writer.histogram(tag, array, step)


def _histograms(model: Any, trace: Trace | None) -> Iterator[tuple[str, Any]]:
    for weight in model.weights:
        yield tags.histogram(weight.path), weight.value
    for t in trace or ():
        for name in TENSORS:
            if getattr(t, name) is not None:
                yield tags.tensor_histogram(model.name, t.name, name), getattr(t, name)
        for gate, delta in t.gate_deltas().items():
            yield tags.tensor_histogram(model.name, t.name, f"delta_{gate}"), delta
        for name, gradient in t.gradients.items():
            yield tags.gradient_histogram(f"{model.name}/{t.name}/{name}"), gradient


TENSORS = ("z", "a", "delta")
"""The intermediates of a layer that are logged."""

STATISTICS: dict[str, Callable[..., Any]] = {
    "mean": np.mean,
    "std": np.std,
    "norm": np.linalg.norm,
    "min": np.min,
    "max": np.max,
}


Inner = dict[str, tuple[Any, Any]]
"""{layer: (its outputs, (samples, ...), the weights of its attention or None)}, of a few samples."""

DIGITS, NOISE = 5, 3
"""Samples and pictures of noise that are drawn with the layers that they light up."""


def few_pictures(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the pictures whose way through the network is drawn: a few samples, and noise after them.

    Args:
        x: validation samples, as the network takes them. y: their labels (n,), one sample each, or numbers.
    """
    chosen = [int(np.argmax(y == label)) for label in np.unique(y)[:DIGITS]] if y.ndim == 1 else slice(DIGITS)
    return np.concatenate([x[chosen], noise_like(x, NOISE)])


def noise_like(x: np.ndarray, count: int) -> np.ndarray:
    """Return samples of uniform noise between the smallest and the largest number of x."""
    found = np.random.default_rng(0).uniform(x.min(), x.max(), (count, *x.shape[1:]))
    return found.astype(x.dtype)


def inner(model: Any, x: np.ndarray) -> Inner:
    """Return what the hand-written layers make of samples x."""
    trace = model.new_trace(False, wants_dx=False)
    model.forward_pass(x, trace)
    found = {}
    for (layer, _), t in zip(model.nodes, trace, strict=True):
        found[t.name] = t.a, layer.shown_weights(t) if t.attention is not None else None
    return found


def pictures(
    model: Any,
    weights: list[np.ndarray],
    made: Inner,
    predict: Any,
    data: Any,
    x: Any = None,
    trace: Trace | None = None,
) -> dict[str, np.ndarray]:
    """Return {tag: pixels} of one side.

    First-layer weights and their gradient if the inputs are images, and the layers that a few of these and noise light
    up; the filters and the feature maps of the first convolution, the weights of attention, and the decision boundary
    of two features.

    Args:
        model: for the names. weights: in its order. made: of x. data: a `data.Dataset`.
        predict: (n, inputs) -> (n, outputs).
        x: of `few_pictures`, or other samples. trace: of the last batch, for the gradient.
    """
    found: dict[str, np.ndarray] = {}
    if not weights:
        return found
    kernel, path = weights[0], model.weights[0].path
    tiles = _tiles(kernel, data)
    if tiles is not None:
        found[tags.image(path)] = tiles
        gradients = trace.gradients if trace is not None else []
        if gradients and gradients[0] is not None and gradients[0].shape == kernel.shape:
            found[tags.gradient_image(path)] = cast(np.ndarray, _tiles(-gradients[0], data))
    if data.image_shape is not None and x is not None and len(x) > NOISE:
        layers = [units_of(made[layer.name][0]) for layer, _ in model.nodes if layer.weights and layer.name in made]
        shown = np.asarray(x, dtype=np.float64).reshape(len(x), *data.image_shape)
        for name, rows in (("lit_up", slice(-NOISE)), ("noise", slice(-NOISE, None))):
            found[tags.activity(model.name, name)] = lit_up(shown[rows], [a[rows] for a in layers])
    if kernel.ndim == 4:
        layer = path.split("/")[-2]
        if layer in made:
            found[tags.feature_maps(model.name, layer)] = channels(made[layer][0][0])
    if data.inputs == 2 and len(model.input_layers) == 1 and data.task == "classification":
        boundary = decision_boundary(predict, data.x_validation, data.y_validation)
        found[f"{model.name}/decision_boundary"] = boundary
    for name, (_, attention) in made.items():
        if attention is not None and 3 <= attention.ndim <= 4:
            heads = attention[0].reshape(-1, *attention.shape[-2:])
            found[tags.attention(model.name, name)] = channels(np.moveaxis(heads, 0, -1))
    return {tag: enlarge_to_fit(pixels) for tag, pixels in found.items()}


def _tiles(kernel: np.ndarray, data: Any) -> np.ndarray | None:
    """Draw the weights of a first layer that reads pictures or is a convolution, a tile for each unit; else None."""
    if data.image_shape is not None and kernel.ndim == 2 and len(kernel) == data.inputs:
        return weight_tiles(kernel, data.image_shape)
    if kernel.ndim == 4:  # of a convolution: (height, width, channels, filters)
        return weight_tiles(kernel.reshape(-1, math.prod(kernel.shape[2:])), kernel.shape[:2])
    return None


def largest_gradients(model: Any, trace: Trace, count: int = 10) -> str:
    """Return a Markdown table of the components of the gradient that matter most, the largest first."""
    named = [(t.name, name, g) for t in trace if t.first for name, g in t.gradients.items() if g is not None and g.size]
    if not named:
        return ""
    every = np.concatenate([np.asarray(g, dtype=np.float64).reshape(-1) for _, _, g in named])
    total = float(np.sum(every**2)) or 1.0
    count = min(count, len(every))
    largest = np.argpartition(-np.abs(every), count - 1)[:count]
    largest = largest[np.argsort(-np.abs(every[largest]), kind="stable")]
    ends = np.cumsum([g.size for _, _, g in named])
    lines = ["| component | -dL/dw | share of the squared norm |", "| --- | ---: | ---: |"]
    for place in largest:
        i = int(np.searchsorted(ends, place, side="right"))
        layer, weight, gradient = named[i]
        index = np.unravel_index(int(place) - int(ends[i] - gradient.size), gradient.shape)
        where = f"{layer} {weight}[{', '.join(map(str, map(int, index)))}]"
        lines.append(f"| {where} | {-every[place]:.3g} | {every[place] ** 2 / total:.1%} |")
    share = float(np.sum(every[largest] ** 2)) / total
    return "\n".join([f"{count} of {len(every):,} components hold {share:.0%} of the squared norm.", "", *lines])


def channels(picture: np.ndarray) -> np.ndarray:
    """Draw (height, width, channels) as tiles, one for each channel."""
    return weight_tiles(picture.reshape(-1, picture.shape[-1]), picture.shape[:2])


def enlarge_to_fit(pixels: np.ndarray) -> np.ndarray:
    """Enlarge small tiles so that single weights can be seen."""
    return enlarge(pixels, max(1, LARGEST_PICTURE // max(pixels.shape[:2])))
