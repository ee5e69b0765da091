"""Random correct networks, none of which may be called wrong. `python -m handnn.proof.random --count 200`.

`draw` covers every registered activation, layer, loss and optimizer, `Sequential` and `Model`, both dtypes, one sample
and many. Half of the networks are extreme: up to 20 layers deep, inputs and weights from 1e-6 to 1e4, constant and zero
columns, labels of 0 and 1 behind saturated outputs, learning rates from 1e-8 to 1e6. Nothing is left out because it
overflows. A network that `verify_model` calls wrong is a false alarm: either the allowance lacks a term, or Keras does
something other than its documentation says. Each is printed with the line that draws it again, and the share of
tensors that could not be decided. The config must also be the same after a round trip through Keras.
"""

import json
import math
import warnings
from typing import Any, NamedTuple

import numpy as np

from ... import layers
from ...core.variable import Array, Variable
from ...models.network import Network
from ...verify import sample_data
from ...verify.report import Report, Row
from ..cases.recurrent import STACKED
from . import layers as random_layers
from . import training as random_training
from .layers import HALVING, MADE_OF_LAYERS, chance, log_uniform

Rng = np.random.Generator
SMALL_SCALE, LARGE_SCALE = 0.3, 4.0
"""Standard deviations of weights, divided by the square root of the inputs: from small to saturated."""

EXTREMES = (-6.0, 4.0)
"""Powers of ten from which an extreme network draws the size of each weight and input."""

DEPTH, EXTREME_DEPTH = 6, 20
MOST_WEIGHTS, LARGEST = 10**6, 4 * 10**6
"""Most weights of a network, and of the large ones, which have more than the others."""

LARGE_EVERY = 20
"""One network in so many of a run is large."""

LOSES_MASK = "Layer '.*was passed an input with a mask"
"""Keras' warning where a layer that supports no masks, such as Flatten, reads one."""

TABLE = 7
"""Number of rows of an Embedding."""


class Drawn(NamedTuple):
    """A compiled network and one batch for it; x is a list if there are several inputs."""

    model: Network
    x: Any
    y: Array
    sample_weight: Array | None


def draw(
    rng: Rng,
    max_width: int = 1000,
    max_batch: int = 256,
    weights: tuple[int, int] = (0, MOST_WEIGHTS),
    extreme: bool | None = None,
) -> Drawn:
    """Return a random network, compiled, and a batch of up to max_batch samples.

    Args:
        weights: least and largest number of weights; outside, another network is drawn.
        extreme: whether its numbers are drawn over many powers of ten; None draws that too.
    """
    while True:
        drawn = _draw(rng, max_width, max_batch, chance(rng, 0.5) if extreme is None else extreme)
        if weights[0] <= drawn.model.count_params() <= weights[1]:
            return drawn


def _draw(rng: Rng, max_width: int, max_batch: int, extreme: bool) -> Drawn:
    dtype = str(rng.choice(["float32", "float64"]))
    loss, output = random_training.loss_and_output(rng, dtype)
    depth = EXTREME_DEPTH if extreme and chance(rng, 0.3) else DEPTH
    units = [log_uniform(rng, max_width) for _ in range(rng.integers(1, depth + 1))]
    units[-1] = max(units[-1], 2) if output == "softmax" or random_training.of_several(loss) else units[-1]
    if output in HALVING:
        units[-1] *= 2
    model = random_layers.network(rng, units, output, dtype, max_width)
    model.compile(random_training.optimizer(rng, extreme), loss)
    sizes = EXTREMES if extreme else np.log10((SMALL_SCALE, LARGE_SCALE))
    one_size = chance(rng, 0.5)
    scale = float(10 ** rng.uniform(*sizes))
    model.set_weights([_weight(rng, w, scale if one_size else float(10 ** rng.uniform(*sizes))) for w in model.weights])
    batch = log_uniform(rng, max_batch)
    x = [_input(rng, layer, batch, extreme) for layer in model.input_layers]
    outputs = (batch, *_sizes(model.output_shape))
    takes_weights = 0 not in loss.axes(len(outputs)) or not loss.value_shape(outputs)
    weighted = takes_weights and chance(rng, 0.3)
    y, weights = sample_data.targets(loss, outputs, rng), _sample_weights(rng, batch) if weighted else None
    if extreme and loss.targets in ("binary", "one_hot") and chance(rng, 0.7):
        y = np.eye(y.shape[-1])[y.argmax(-1)] if loss.targets == "one_hot" else np.round(y)
    return Drawn(model, x if len(x) > 1 else x[0], y, weights)


def _weight(rng: Rng, weight: Variable, scale: float) -> Array:
    if weight.name.endswith("variance"):
        return rng.uniform(0.1, 2, weight.shape)
    if weight.name == "count":  # the number of samples that a Normalization has seen
        return np.ones(weight.shape)
    return rng.normal(size=weight.shape) * scale / math.sqrt(weight.shape[0] if weight.ndim > 1 else 4)


def _input(rng: Rng, layer: layers.InputLayer, batch: int, extreme: bool) -> Array:
    """Return indices, or numbers of which many are 0 in every other network, and columns constant in an extreme one."""
    shape = (batch, *_sizes(layer.batch_shape))
    if layer.dtype == "int32":
        return rng.integers(0, TABLE, shape)
    x: Array = rng.normal(size=shape) * 10 ** rng.uniform(*(EXTREMES if extreme else (-1, 1)))
    x[rng.random(shape) < rng.choice([0, 0.3])] = 0
    if extreme:
        constant = rng.random(shape[1:]) < rng.choice([0, 0.3])
        x[:, constant] = x[0, constant] * rng.integers(0, 2)
    return x


def _sizes(shape: tuple[int | None, ...]) -> list[int]:
    return [size or 1 for size in shape[1:]]


def _sample_weights(rng: Rng, batch: int) -> Array:
    """Return sample weights from 0 to 3, some of them 0, not all."""
    weight = rng.uniform(0, 3, batch) * (rng.random(batch) < 0.8)
    return weight if weight.any() else np.ones(batch)


# ---- the networks of a run ------------------------------------------------------------------------------------------


def network(seed: int, number: int, **sizes: Any) -> Drawn:
    """Return one network of a run; seed and number alone decide it, so that a false alarm can be drawn again.

    Args:
        sizes: other limits, as of `draw`; then none is large.
    """
    large = number % LARGE_EVERY == LARGE_EVERY - 1 and not sizes
    weights = (MOST_WEIGHTS + 1, LARGEST) if large else (0, MOST_WEIGHTS)
    return draw(np.random.default_rng([seed, number]), **{"weights": weights} | sizes)


def verify(drawn: Drawn) -> Report:
    """Verify a drawn network; a warning from either library is an error."""
    from ...verify.model import verify_model

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message="__array__ implementation doesn't accept a copy keyword")
        warnings.filterwarnings("ignore", message="You are using a softmax over axis")  # of size 1: always 1
        warnings.filterwarnings("ignore", message=LOSES_MASK)
        return verify_model(drawn.model, drawn.x, drawn.y, drawn.sample_weight)


def round_trip(model: Network) -> str:
    """Return the differences after a round trip through Keras; '' for a correct network.

    Compared are config and weights: order, paths, shapes, dtypes and trainability, which in Keras does not reach the
    layers inside a frozen one by itself. If built from a config, the paths of
    a Keras Sequential lack the model's name, and those of layers inside others the name of these.
    """
    import keras

    from tf_reference.objects import frozen

    theirs = getattr(keras, model.class_name if model.class_name == "Sequential" else "Model")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=LOSES_MASK)
        twin = frozen(theirs.from_config(_plain(model.get_config())))
    back = type(model).from_config(_plain(twin.get_config()))
    prefix = f"{model.name}/" if model.class_name == "Sequential" else ""
    for name, other, missing in (("Keras", twin, prefix), ("Keras and back", back, "")):
        if _plain(other.get_config()) != _plain(model.get_config()):
            return f"the config is another one behind {name}"
        outer = [layer.name for layer in model.layers if type(layer) in MADE_OF_LAYERS] if other is twin else []
        if _described(other, missing, outer) != _described(model, "", outer):
            return f"the weights are others behind {name}: {_described(other, missing, outer)}"
    return ""


def _plain(config: Any) -> Any:
    """Return a config after a round trip through a file."""
    return json.loads(json.dumps(config))


def _described(model: Any, prefix: str, outer: list[str]) -> list[tuple[Any, ...]]:
    """Return path, shape, dtype and trainability of every weight; paths without the names of outer layers."""
    return [(_path(prefix + w.path, outer), tuple(w.shape), str(w.dtype), w.trainable) for w in model.weights]


def _path(path: str, outer: list[str]) -> str:
    return "/".join(part for part in path.split("/") if part not in (*outer, STACKED))


def kind(row: Row, drawn: Drawn) -> str:
    """Return the kind of a row: 'a, tanh', 'delta, CategoricalCrossentropy from logits', 'Adam velocity'."""
    if row.check == "optimizer":
        return f"{row.formula} {row.tensor.rpartition(' ')[2]}"
    if row.check != "splice":
        return row.check
    head = f"{row.tensor}, {type(drawn.model.output_loss(training=True).loss).__name__}"
    if row.tensor in ("values", "loss", "upstream") or "fused" in row.formula:
        return f"{head}{' from logits' * drawn.model.output_loss(training=True).loss.from_logits}"
    layer = drawn.model.nodes[drawn.model.node_names.index(row.layer)].layer
    if row.tensor in ("a", "delta"):
        return f"{row.tensor}, {layer.output_activation.name}"
    return f"{row.tensor}, {type(layer).__name__}"


def describe(drawn: Drawn) -> str:
    """Return the network in one line."""
    model, loss = drawn.model, drawn.model.loss
    assert loss is not None
    stack = " ".join(
        f"{name}({','.join(_source(model, k) for k in parents)}; {_about(layer)})"
        for name, (layer, parents) in zip(model.node_names, model.nodes, strict=True)
    )
    shapes = [part.shape for part in drawn.x] if isinstance(drawn.x, list) else drawn.x.shape
    weighted = "" if drawn.sample_weight is None else ", sample weights"
    return (
        f"{model.class_name}, x {shapes} {model.layers[-1].dtype}, {stack}, {type(loss).__name__} {loss.get_config()} "
        f"{loss.dtype}, {type(model.optimizer).__name__}{weighted}"
    )


def _source(model: Network, parent: int) -> str:
    return model.node_names[parent] if parent >= 0 else model.input_layers[~parent].name


def _about(layer: layers.Layer) -> str:
    units = getattr(layer, "units", None)
    return f"{'' if units is None else f'{units} '}{layer.output_activation.name}{'' if layer.trainable else ' frozen'}"
