"""Is a network, whatever holds its weights, the one that is said? Its output or cost is computed anew from its weights.

Used where the reference's own check cannot call it: networks as classes, and in several functions.
"""

import itertools
import re
from typing import Any

import numpy as np

from .. import activations, losses
from .user.protocols import Plain

Array = np.ndarray[Any, Any]
WIDTHS = r"\d+(?:-\d+)+"


def differs(found: Any, reference: str) -> str:
    """Return in what a network differs from a reference such as "4-5-3 tanh softmax mse", or why that is not known.

    Returns:
        '' if its output is the reference's, or its cost up to the scaling, on several draws.
    """
    said = re.match(WIDTHS, reference)
    if said is None:
        return "the widths of its layers are not said"
    widths = [int(n) for n in said[0].split("-")]
    words = reference[said.end() :].split()
    if len(words) != len(widths):
        return f"{len(widths) - 1} activations and a loss must be said"
    try:
        functions = [activations.get(word) for word in words[:-1]]
        loss = losses.get(words[-1])
    except (KeyError, ValueError) as error:
        return str(error)
    ratios: set[float] = set()
    for draw in [found, *itertools.islice(found.draws(), 2)]:
        compared = _compared(draw, widths, functions, loss)
        if isinstance(compared, str):
            return compared
        ratios |= compared
    if len(ratios) > 1:
        return "its cost is not that of the network that is said"
    return ""


def _compared(draw: Any, widths: list[int], functions: list[Any], loss: Any) -> str | set[float]:
    """Return the ratio of the costs ({} where the outputs are equal), or in words why they cannot be compared."""
    x = next((v for n, v in draw.program.arguments.items() if n in draw.program.inputs and np.ndim(v) in (1, 2)), None)
    x = draw.values.get(next((n for n in draw.values if n in draw.program.inputs), ""), x)
    if x is None or widths[0] not in np.shape(x):
        return "its data was not found"
    rows = np.atleast_2d(x) if np.shape(x)[-1] == widths[0] else np.transpose(x)
    probe = Plain()
    cost = draw.run(probe, False)[0]
    why = "its weights could not be matched to the layers that are said"
    for layers in _layers(draw, widths):
        output = rows
        for (kernel, bias), function in zip(layers, functions, strict=True):
            output = function.forward(output @ kernel + bias)
        own = np.asarray(probe.result, "float64")
        shapes = own if own.size == output.size else None
        if shapes is not None and any(
            np.allclose(one.reshape(output.shape), output, rtol=1e-7, atol=1e-10) for one in (own, own.T)
        ):
            return set()
        target = _target(draw, output)
        if target is not None and cost is not None:
            ratio = float(cost / _mean(loss, target, output))
            if any(np.isclose(ratio, f, rtol=1e-6) for f in _scales(output.shape)):
                return {round(ratio, 6)}
        why = "its output is not that of the network that is said"
    return why


def _mean(loss: Any, target: Array, output: Array) -> float:
    """Return the mean of a loss; of one that takes classes, for those that are one hot."""
    classes = type(loss).__name__.startswith("Sparse")
    return float(np.mean(loss(np.argmax(target, axis=1) if classes else target, output)))


def _scales(shape: tuple[int, ...]) -> set[float]:
    """Return the factors between the mean of the samples' losses and what people take in its place."""
    n, k = shape
    return {a * b * c for a in (1.0, float(n)) for b in (1.0, 1 / k, float(k)) for c in (1.0, 0.5, 2.0)}


def _target(draw: Any, output: Array) -> Array | None:
    """Return the labels in rows, one column for each output."""
    name = next((n for n in draw.program.passive if np.size(draw.program.arguments.get(n, ())) >= len(output)), None)
    y = np.asarray(draw.program.arguments.get(name)) if name is not None else None
    if y is None or y.dtype.kind not in "iuf":
        return None
    if y.size == output.size:
        columns = y.ndim == 2 and y.shape != output.shape and y.T.shape == output.shape
        return y.T.astype("float64") if columns else y.reshape(output.shape).astype("float64")
    return np.eye(output.shape[1])[y.ravel()] if y.dtype.kind in "iu" and y.size == len(output) else None


def _layers(draw: Any, widths: list[int]) -> Any:
    """Yield kernels and biases for the layers, in every order that their shapes allow."""
    weights = [v for n, v in draw.values.items() if n not in draw.program.inputs]
    kernels, biases = [], []
    for inputs, units in itertools.pairwise(widths):
        kernels.append([i for i, w in enumerate(weights) if (w.ndim == 2 and set(w.shape) == {inputs, units})
                        or (w.ndim == 1 and units == 1 and w.size == inputs)])  # fmt: skip
        biases.append([*(i for i, w in enumerate(weights) if w.size == units and w.ndim < 3), None])
    for chosen in itertools.islice(itertools.product(*kernels), 24):
        for added in itertools.islice(itertools.product(*biases), 24):
            used = [i for i in (*chosen, *added) if i is not None]
            if len(set(used)) != len(used) or len(used) != len(weights):
                continue
            yield from itertools.islice(_turned(weights, widths, chosen, added), 8)


def _turned(weights: list[Any], widths: list[int], chosen: Any, added: Any) -> Any:
    """Yield the kernels as (inputs, units); square ones both ways."""
    ways = []
    for (inputs, units), i, j in zip(itertools.pairwise(widths), chosen, added, strict=True):
        w = weights[i].reshape(inputs, units) if weights[i].ndim == 1 else weights[i]
        bias = 0.0 if j is None else np.ravel(weights[j])
        ways.append([(k, bias) for k in ([w, w.T] if inputs == units else [w if w.shape == (inputs, units) else w.T])])
    return itertools.product(*ways)
