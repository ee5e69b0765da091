"""TensorBoard logs of a network: weights and biases as histograms and trends, deltas, images."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.trace import Trace
from . import tags
from .pictures import decision_boundary, enlarge, weight_tiles
from .writer import EventWriter

LARGEST_PICTURE = 256
"""Pictures are enlarged up to this side length in pixels."""


def log_weights(writer: EventWriter, model: Any, trace: Trace | None, step: int) -> None:
    """Write histograms and trends of every weight, and histograms of the trace's gradients and deltas."""
    trends: dict[str, float] = {}
    for weight in model.weights:
        writer.histogram(tags.histogram(weight.path), weight.value, step)
        for name, statistic in STATISTICS.items():
            trends[tags.trend(weight.path, name)] = float(statistic(weight.value))
    writer.scalars(trends, step)
    for t in trace or ():
        writer.histogram(tags.delta_histogram(model.name, t.name), t.delta, step)
        for name, gradient in t.gradients.items():
            writer.histogram(tags.gradient_histogram(f"{model.name}/{t.name}/{name}"), gradient, step)


STATISTICS: dict[str, Callable[..., Any]] = {
    "mean": np.mean,
    "std": np.std,
    "norm": np.linalg.norm,
    "min": np.min,
    "max": np.max,
}


def pictures(model: Any, kernel: np.ndarray, predict: Any, data: Any) -> dict[str, np.ndarray]:
    """Return {tag: pixels}: first-layer weights if inputs are images, the decision boundary if there are two features.

    Args:
        model: for the names. data: a `data.Dataset`.
        kernel: (inputs, units), of the first layer. predict: (n, inputs) -> (n, outputs).
    """
    if data.image_shape is not None and kernel.ndim == 2 and len(kernel) == data.inputs:
        return {tags.image(model.weights[0].path): enlarge_to_fit(weight_tiles(kernel, data.image_shape))}
    if data.inputs == 2 and data.task == "classification":
        return {f"{model.name}/decision_boundary": decision_boundary(predict, data.x_validation, data.y_validation)}
    return {}


def enlarge_to_fit(pixels: np.ndarray) -> np.ndarray:
    """Enlarge small tiles so that single weights can be seen."""
    return enlarge(pixels, max(1, LARGEST_PICTURE // max(pixels.shape[:2])))
