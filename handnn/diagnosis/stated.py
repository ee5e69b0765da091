"""Is a network, whatever holds its weights, the one that is said? Its output or cost is computed anew from its weights.

Used where the reference's own check cannot call it: networks as classes, and in several functions.
"""

import itertools
from typing import Any

import numpy as np

from .network.layout import labels, problems
from .network.problem import Network, parse
from .network.replay import replay
from .user.protocols import Plain


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
        if cost is not None and labels(draw, network, len(output)) is not None:
            ratio = float(cost / passed.loss)
            if any(np.isclose(ratio, f, rtol=1e-6) for f in _scales(output.shape)):
                return {round(ratio, 6)}
        why = "its output is not that of the network that is said"
    return why


def _scales(shape: tuple[int, ...]) -> set[float]:
    """Return the factors between the mean of the samples' losses and what people take in its place."""
    n, k = shape
    return {a * b * c for a in (1.0, float(n)) for b in (1.0, 1 / k, float(k)) for c in (1.0, 0.5, 2.0)}
