"""Comparison of a whole pass with TensorFlow's.

Rounding errors that are amplified by later steps have no useful bound, so the amplification is measured. The pass is
repeated in float64 with random relative disturbances of size sqrt(u) (half the digits) on every input, weight,
activation and dx. dx is included because below a BatchNormalization the dx sum to 0, so that db is only their rounding.
If a delta or dx cancels completely in its own step (softmax of one class, a row of one number scaled to length 1), only
the rounding of that step remains; so both are also disturbed by their step's allowance. Differences of the size of such
disturbances are rounding; a mistake has the size of the tensors themselves.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ..core.trace import Trace, gradient_name
from ..core.variable import Array
from ..models.inputs import arrays
from ..models.network import Network
from ..rounding import allowance
from .steps import Comparison
from .wiring import chain

DRAWS = 6
CANCELLING = ("delta", "dx")


def whole(
    model: Network, x: Any, y: Array, weight: Array | None, reference: Trace, spliced: Iterable[Comparison] = ()
) -> Iterator[Comparison]:
    """Yield comparisons of loss, output and gradients of the whole pass with TensorFlow's.

    Args:
        spliced: the comparisons of the single steps, for their allowances.
    """
    of_step = {(c.layer, c.tensor): np.where(np.isfinite(c.allowed), c.allowed, 0) for c in spliced}
    found = _results(chain(model, x, y, weight, reference))
    coarsest = max(
        map(
            allowance.unit_roundoff,
            (model.output_loss(training=True).loss.dtype, *(node.layer.dtype for node in model.nodes)),
        )
    )
    disturbance, rng = float(np.sqrt(coarsest)), np.random.default_rng(0)
    double = in_float64(model)
    inputs = tuple(part.astype("float64") if part.dtype.kind == "f" else part for part in arrays(x))
    x64, y64 = inputs if isinstance(x, tuple) else inputs[0], y if y.dtype.kind == "i" else y.astype("float64")
    w64 = None if weight is None else weight.astype("float64")

    def disturb(array: Array, layer: str = "", tensor: str = "") -> Array:
        if array.dtype.kind != "f":
            return array
        relative = np.abs(array) * (0 if tensor == "delta" else disturbance)
        slip = of_step.get((layer, tensor)) if tensor in CANCELLING or tensor.startswith("dx[") else None
        noise = relative if slip is None or slip.shape != array.shape else relative + slip
        return array + noise * rng.uniform(-1, 1, array.shape)

    exact = _results(chain(double, x64, y64, w64, reference))
    spread = {where: np.zeros(np.shape(value)) for where, value in exact.items()}
    kept = double.get_weights()
    for _ in range(DRAWS):
        double.set_weights([disturb(w) for w in kept])
        for where, value in _results(chain(double, x64, y64, w64, reference, disturb)).items():
            spread[where] = np.maximum(spread[where], np.abs(value - exact[where]))
    for (layer, tensor), theirs in _results(reference).items():
        size = np.abs(exact.get((layer, tensor), np.zeros(()))).max(initial=0.0)
        last_step = of_step.get((layer, tensor), np.zeros(())).max(initial=0.0)
        largest = spread.get((layer, tensor), np.zeros(())).max(initial=0.0) + disturbance * size + last_step
        value = np.asarray(theirs)
        allowed = np.full(value.shape, allowance.of(largest, value.dtype))
        mine = np.asarray(found.get((layer, tensor), np.empty(0, value.dtype)))  # a missing gradient is wrong
        yield Comparison(layer, f"{tensor} whole", "end to end", mine, value, allowed)


def _results(trace: Trace) -> dict[tuple[str, str], Any]:
    last = trace.layers[-1]
    found: dict[tuple[str, str], Any] = {(last.name, "loss"): trace.loss, (last.name, "a"): last.a}
    for t in trace:
        found |= {(t.name, gradient_name(name)): value for name, value in t.gradients.items()}
    return found


def in_float64(model: Network) -> Network:
    """Return a copy of a compiled model that computes in float64."""
    config = _replace_dtype(model.get_config())
    double = type(model).from_config(config)
    assert model.loss is not None
    double.compile("sgd", model.loss.in_dtype("float64"))
    for training in (True, False):  # cast too: a loss whose dtype differs from the last layer's is not fused
        found = model.output_loss(training)
        double._output_losses[training] = found._replace(loss=found.loss.in_dtype("float64"))
    double.set_weights([w.astype("float64") for w in model.get_weights()])
    return double


def _replace_dtype(config: Any) -> Any:
    if isinstance(config, dict):
        return {
            key: "float64" if value in ("float32", "float64") else _replace_dtype(value)
            for key, value in config.items()
        }
    if isinstance(config, list):
        return [_replace_dtype(value) for value in config]
    return config
