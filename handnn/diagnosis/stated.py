"""Is a network, whatever holds its weights, the one that is said? Its output or cost is computed anew from its weights.

Used where the reference's own check cannot call it: networks as classes, and in several functions.
"""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..core.variable import Array
from .network.problem import Network, Problem, parse
from .network.replay import replay
from .user.protocols import Plain
from .user.source.words import is_bias

MOST, MOST_TURNED = 24, 8


def differs(found: Any, reference: str) -> str:
    """Return in what a network differs from a reference such as "4-5-3 tanh softmax mse", or why that is not known.

    Returns:
        '' if its output is the reference's, or its cost up to the scaling, on several draws.
    """
    try:
        network = parse(reference)
    except ValueError as error:
        return str(error)
    ratios: set[float] = set()
    for draw in [found, *itertools.islice(found.draws(), 2)]:
        compared = _compared(draw, network)
        if isinstance(compared, str):
            return compared
        ratios |= compared
    return "its cost is not that of the network that is said" if len(ratios) > 1 else ""


def _compared(draw: Any, network: Network) -> str | set[float]:
    """Return the ratio of the costs ({} where the outputs are equal), or in words why they cannot be compared."""
    if _data(draw, network) is None:
        return "its data was not found"
    probe = Plain()
    cost = draw.run(probe, False)[0]
    own = np.asarray(probe.result, "float64")
    why = "its weights could not be matched to the layers that are said"
    for problem in problems(network, draw):
        passed = replay(problem)
        output = passed.layers[-1].a
        if own.size == output.size and any(
            np.allclose(one.reshape(output.shape), output, rtol=1e-7, atol=1e-10) for one in (own, own.T)
        ):
            return set()
        if cost is not None and _labels(draw, network, len(output)) is not None:
            ratio = float(cost / passed.loss)
            if any(np.isclose(ratio, f, rtol=1e-6) for f in _scales(output.shape)):
                return {round(ratio, 6)}
        why = "its output is not that of the network that is said"
    return why


def _scales(shape: tuple[int, ...]) -> set[float]:
    """Return the factors between the mean of the samples' losses and what people take in its place."""
    n, k = shape
    return {a * b * c for a in (1.0, float(n)) for b in (1.0, 1 / k, float(k)) for c in (1.0, 0.5, 2.0)}


# ---- the weights of a draw as those of layers ------------------------------------------------------------------------


def problems(network: Network, draw: Any) -> Iterator[Problem]:
    """Yield the problems that a draw may be: its weights in every order that the shapes of the layers allow.

    Labels that cannot be read are 0.
    """
    x = _data(draw, network)
    if x is None:
        return
    y = _labels(draw, network, len(x))
    y = np.zeros((len(x), network.widths[-1])) if y is None else y
    y = np.argmax(y, axis=1) if network.loss.targets == "labels" else y
    weights = _in_layers(_weights(draw), network.widths)
    kernels, biases = [], []
    for inputs, units in itertools.pairwise(network.widths):
        kernels.append([i for i, w in enumerate(weights) if (w.ndim == 2 and set(w.shape) == {inputs, units})
                        or (w.ndim == 1 and units == 1 and w.size == inputs)])  # fmt: skip
        biases.append([*(i for i, w in enumerate(weights) if w.size == units and w.ndim < 3), None])
    for chosen in itertools.islice(itertools.product(*kernels), MOST):
        for added in itertools.islice(itertools.product(*biases), MOST):
            used = [i for i in (*chosen, *added) if i is not None]
            if len(set(used)) == len(used) == len(weights):
                given = [np.zeros(n) if i is None else weights[i].ravel()
                         for i, n in zip(added, network.widths[1:], strict=True)]  # fmt: skip
                for turned in itertools.islice(_turned(weights, network.widths, chosen), MOST_TURNED):
                    for rows in (x, x.T) if x.shape[0] == x.shape[1] else (x,):  # as many samples as inputs
                        yield Problem(network, turned, tuple(given), rows, y)


def _weights(draw: Any) -> dict[tuple[Any, ...], Array]:
    """Return the weights by place; numbers in lists, and the neurons of a layer, put together."""
    found = {part.places[0]: np.asarray(draw.values[part.name]) for part in draw.parts
             if part.name not in draw.program.inputs}  # fmt: skip
    numbers = {place for place, value in found.items() if not value.ndim}
    for ndim in (0, 1):
        groups: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
        for place, value in found.items():
            indices = [i for i, (_, key) in enumerate(place) if isinstance(key, int)]
            if indices and value.ndim == ndim and (place in numbers or len(indices) > 1):
                groups.setdefault(place[: indices[-1]], []).append(place)
        for head, places in groups.items():
            if len({found[place].shape for place in places}) == 1:
                found[head] = np.stack([found.pop(place) for place in places])
                numbers |= {head} if set(places) <= numbers else set()
    return found


def _in_layers(found: dict[tuple[Any, ...], Array], widths: tuple[int, ...]) -> list[Array]:
    """Return the weights as arrays of layers: also numbers that have names of their own, and biases within kernels."""
    weights, layers = list(found.values()), list(itertools.pairwise(widths))
    if not any(w.ndim for w in weights) and len(weights) == sum((n + 1) * k for n, k in layers):
        named = {str(place[-1][1]): value for place, value in found.items()}
        ordered = sorted(named, key=lambda n: (is_bias(n), len(n), n))
        numbers, weights = iter([named[n] for n in ordered]), []
        for n, k in layers:
            weights.append(np.array([next(numbers) for _ in range(n * k)]).reshape(k, n).T)
        return [*weights, *(np.array([next(numbers) for _ in range(k)]) for _, k in layers)]
    if len(weights) == len(layers):
        folded = [w.shape == (k, n + 1) for (n, k), w in zip(layers, weights, strict=True)]
        weights += [w[:, -1] for w, also in zip(weights, folded, strict=True) if also]
        weights[: len(layers)] = [w[:, :-1] if also else w for w, also in zip(weights, folded, strict=False)]
    return weights


def _turned(weights: list[Array], widths: tuple[int, ...], chosen: tuple[int, ...]) -> Iterator[tuple[Array, ...]]:
    """Return the kernels as (inputs, units); square ones both ways."""
    ways = []
    for (inputs, units), i in zip(itertools.pairwise(widths), chosen, strict=True):
        w = weights[i].reshape(inputs, units) if weights[i].ndim == 1 else weights[i]
        ways.append([w, w.T] if inputs == units else [w if w.shape == (inputs, units) else w.T])
    return itertools.product(*ways)


def _data(draw: Any, network: Network) -> Array | None:
    """Return the samples in rows; None if they are not found."""
    known = {**draw.program.arguments, **draw.values}
    x = next((known[n] for n in (*draw.values, *known) if n in draw.program.inputs and np.ndim(known[n]) in (1, 2)), ())
    if network.widths[0] not in np.shape(x):
        return None
    return np.atleast_2d(x) if np.shape(x)[-1] == network.widths[0] else np.transpose(x)


def _labels(draw: Any, network: Network, samples: int) -> Array | None:
    """Return the labels in rows, one column for each output; None if they cannot be read."""
    shape = samples, network.widths[-1]
    given = (draw.program.arguments.get(n, ()) for n in draw.program.passive)
    y = np.asarray(next((v for v in given if np.size(v) >= samples), ()))
    if y.dtype.kind in "iuf" and y.size == samples * shape[1]:
        columns = y.ndim == 2 and y.shape != shape and y.T.shape == shape
        return (y.T if columns else y.reshape(shape)).astype("float64")
    return np.eye(shape[1])[y.ravel()] if y.dtype.kind in "iu" and y.size == samples else None
