"""Comparison of a whole pass with TensorFlow's.

Rounding that is amplified on the way up and down has no useful bound, so the amplification is measured: the run is
repeated in float64 with every input, weight, activation and dx disturbed by a random relative sqrt(u), half the digits
there are: dx too, because below a BatchNormalization they add up to 0, and db is nothing but their rounding. Each step
is disturbed by its own allowance besides, in which stands what Keras' formula loses and handnn's does not (its own
losses and activations, a constant that it rounds), and what is left where a step cancels to nothing (softmax of one
class, a row of one number brought to length 1). Such errors may all have one sign, so two of the runs give them one.
What such a disturbance explains is rounding; a mistake is of the size of the tensors themselves. Where a step has no
finite allowance, what depends on it has none either and is left open. So is what depends on a layer whose output may
be any number: a slip that saturates the activations above explains less than a small one.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ..core.trace import Trace, gradient_name
from ..core.variable import Array
from ..models import structures
from ..models.from_config import model_from_config
from ..models.inputs import arrays
from ..models.network import Network
from ..rounding import allowance
from .comparison import Comparison
from .report import BLOCK
from .wiring import chain

DRAWS = 6
ONE_SIGN = (1.0, -1.0)
"""Of the steps' own errors in the first runs; in the others each has a sign at random."""

EXACT = ("z", "values", "upstream", "delta")
"""Disturbed by their step's allowance alone: what they are made of is disturbed already."""


class StepAllowances:
    """What each spliced step is allowed, kept while its comparisons pass by.

    Of the tensors that the next step reads every element is kept, of gradients the largest.
    """

    def __init__(self, comparisons: Iterable[Comparison] = ()) -> None:
        self.of: dict[tuple[str, str], Array] = {}
        for _ in self.watching(comparisons):
            pass

    def watching(self, comparisons: Iterable[Comparison]) -> Iterator[Comparison]:
        """Yield the comparisons, and keep their allowances."""
        for c in comparisons:
            whole = c.tensor in ("z", "a", *EXACT) or c.tensor.startswith("dx")
            allowed = c.allowed if whole else np.max(c.allowed, initial=0.0)
            self.of[c.layer, c.tensor] = np.where(np.isnan(allowed), np.inf, allowed)
            yield c


def whole(
    model: Network, x: Any, y: Array, weight: Array | None, reference: Trace, spliced: StepAllowances | None = None
) -> Iterator[Comparison]:
    """Yield comparisons of loss, output and gradients of the whole pass with TensorFlow's.

    Args:
        spliced: the allowances of the single steps.
    """
    of_step = {} if spliced is None else spliced.of
    largest = _largest_errors(model, x, y, weight, reference, of_step)
    found = _results(chain(model, x, y, weight, reference))
    for (layer, tensor), theirs in _results(reference).items():
        last_step = of_step.get((layer, tensor), np.zeros(())).max(initial=0.0)
        error = largest.get((layer, tensor), 0.0) + last_step
        value = np.asarray(theirs)
        allowed = allowance.of(np.inf if np.isnan(error) else error, value.dtype)
        mine = np.asarray(found.get((layer, tensor), np.empty(0, value.dtype)))  # a gradient missing is wrong
        yield Comparison(layer, f"{tensor} whole", "end to end", mine, value, np.broadcast_to(allowed, value.shape))


@np.errstate(all="ignore")  # an infinite slip makes infinities, or NaN
def _largest_errors(
    model: Network, x: Any, y: Array, weight: Array | None, reference: Trace, of_step: dict[tuple[str, str], Array]
) -> dict[tuple[str, str], float]:
    """Return the largest change of an element of each result under the disturbances."""
    coarsest = max(
        map(
            allowance.unit_roundoff,
            (*(own.loss.dtype for own in model.output_losses(True)), *(node.layer.dtype for node in model.nodes)),
        )
    )
    disturbance, rng = float(np.sqrt(coarsest)), np.random.default_rng(0)
    double = in_float64(model)
    inputs = tuple(part.astype("float64") if part.dtype.kind == "f" else part for part in arrays(x))
    x64 = inputs if isinstance(x, tuple) else inputs[0]
    y64, w64 = _double(y), _double(weight)

    def disturb(array: Array, layer: str = "", tensor: str = "") -> Array:
        if array.dtype.kind != "f":
            return array
        disturbed = _moved(array, 0.0 if tensor in EXACT else disturbance, rng)
        slip = of_step.get((layer, tensor))
        if slip is not None and slip.shape == array.shape:
            widest = max(1.0, np.abs(array).max(initial=0.0))  # at 1 activations bend
            if tensor in ("z", "a") and slip.max(initial=0.0) > widest:
                slip = np.where(slip > widest, np.nan, slip)  # infinity would saturate, too
            disturbed += slip * (sign or rng.choice((-1.0, 1.0), array.shape))
        return disturbed

    sign = 0.0
    exact = _results(chain(double, x64, y64, w64, reference))
    spread, run = dict.fromkeys(exact, 0.0), None
    for draw in range(DRAWS):
        sign = ONE_SIGN[draw] if draw < len(ONE_SIGN) else 0.0
        for own, given in zip(double.weights, model.weights, strict=True):
            if given.value.dtype.kind == "f":
                _moved(given.value, disturbance, rng, own.value)
        run = chain(double, x64, y64, w64, reference, disturb, run)
        for t in run:
            t.cache = {}  # of attention it is large, and the next run only takes the gradients' arrays
        for where, value in _results(run).items():
            spread[where] = np.maximum(spread[where], _furthest(value, exact[where]))
    return {where: spread[where] + disturbance * np.abs(value).max(initial=0.0) for where, value in exact.items()}


def _moved(array: Array, share: float, rng: np.random.Generator, out: Array | None = None) -> Any:
    """Return the array in float64, each element changed by a random part of this share of it, block by block."""
    found, given = np.empty(array.shape) if out is None else out, np.reshape(array, -1)
    flat = found.reshape(-1, copy=False)
    for at in range(0, flat.size, BLOCK):
        part = flat[at : at + BLOCK]
        steps = np.frombuffer(rng.bytes(part.size), np.uint8)  # of 256 in this share: enough, and fast
        np.multiply(steps, 2 * share / 255, out=part)
        part += 1 - share
        part *= given[at : at + BLOCK]
    return found if array.ndim else found[()]


def _furthest(values: Any, others: Any) -> Any:
    """Return the largest difference of two arrays, block by block; NaN if one is NaN."""
    one, other = np.reshape(values, -1), np.reshape(others, -1)
    cuts = range(0, one.size, BLOCK)
    found = [np.abs(one[at : at + BLOCK] - other[at : at + BLOCK]).max() for at in cuts]
    return np.max(found, initial=0.0)


def _double(part: Any) -> Any:
    """Return an array, or each of a tuple, in float64; labels and None stay what they are."""
    if isinstance(part, tuple):
        return tuple(map(_double, part))
    return part if part is None or part.dtype.kind == "i" else part.astype("float64")


def _results(trace: Trace) -> dict[tuple[str, str], Any]:
    found: dict[tuple[str, str], Any] = {(trace.layers[-1].name, "loss"): trace.loss}
    for i in trace.outputs:
        found[trace.layers[i].name, "a"] = trace.layers[i].a
    for t in trace:
        if not t.first:
            continue
        found |= {(t.name, gradient_name(name)): value for name, value in t.gradients.items()}
    return found


def in_float64(model: Network) -> Network:
    """Return a copy of a compiled model that computes in float64."""
    config = _replace_dtype(model.description())
    double = model_from_config(config)
    assert model.loss is not None
    double.compile("sgd", structures.mapped(_doubled, model.loss), model.loss_weights)
    for training in (True, False):  # cast too: a loss whose dtype differs from the last layer's is not fused
        double._output_losses[training] = [
            found._replace(loss=found.loss.in_dtype("float64")) for found in model.output_losses(training)
        ]
    for own, given in zip(double.weights, model.weights, strict=True):
        own.value[...] = given.value
    return double


def _doubled(loss: Any) -> Any:
    return None if loss is None else loss.in_dtype("float64")


def _replace_dtype(config: Any) -> Any:
    if isinstance(config, dict):
        return {
            key: "float64" if value in ("float32", "float64") else _replace_dtype(value)
            for key, value in config.items()
        }
    if isinstance(config, list):
        return [_replace_dtype(value) for value in config]
    return config
