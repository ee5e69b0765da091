"""TensorBoard logs of a network: weights and biases as histograms and trends, deltas, images."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..core.trace import Trace
from . import tags
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
"""{layer: (its output for one sample, (1, ...), the weights of its attention or None)}."""


def inner(model: Any, x: np.ndarray) -> Inner:
    """Return what the hand-written layers make of samples x."""
    trace = model.new_trace(False, wants_dx=False)
    model.forward_pass(x, trace)
    found = {}
    for (layer, _), t in zip(model.nodes, trace, strict=True):
        found[t.name] = t.a, layer.shown_weights(t) if t.attention is not None else None
    return found


def pictures(model: Any, weights: list[np.ndarray], made: Inner, predict: Any, data: Any) -> dict[str, np.ndarray]:
    """Return {tag: pixels} of one side.

    First-layer weights if the inputs are images, the filters and the feature maps of the first convolution, the
    weights of attention, and the decision boundary of two features.

    Args:
        model: for the names. weights: in its order. made: of the first validation sample. data: a `data.Dataset`.
        predict: (n, inputs) -> (n, outputs).
    """
    found: dict[str, np.ndarray] = {}
    if not weights:
        return found
    kernel, path = weights[0], model.weights[0].path
    if data.image_shape is not None and kernel.ndim == 2 and len(kernel) == data.inputs:
        found[tags.image(path)] = weight_tiles(kernel, data.image_shape)
    elif kernel.ndim == 4:  # of a convolution: (height, width, channels, filters)
        found[tags.image(path)] = weight_tiles(kernel.reshape(-1, math.prod(kernel.shape[2:])), kernel.shape[:2])
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


def channels(picture: np.ndarray) -> np.ndarray:
    """Draw (height, width, channels) as tiles, one for each channel."""
    return weight_tiles(picture.reshape(-1, picture.shape[-1]), picture.shape[:2])


def enlarge_to_fit(pixels: np.ndarray) -> np.ndarray:
    """Enlarge small tiles so that single weights can be seen."""
    return enlarge(pixels, max(1, LARGEST_PICTURE // max(pixels.shape[:2])))
