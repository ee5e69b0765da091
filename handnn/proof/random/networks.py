"""Correct networks at random: none of them may be called wrong. `python -m handnn.proof.random --count 200`.

`draw` covers every registered activation, layer, loss and optimizer, `Sequential` and `Model`, both dtypes, saturated
and tame weights, one sample and many. A network that `verify_model` calls wrong is a false alarm: either the allowance
lacks a term, or Keras does something other than its documentation says. Each is printed with the line that draws it
again. Its config must also be the same after the way to Keras and back.
"""

import argparse
import copy
import json
import math
import sys
import time
import warnings
from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from ... import layers, losses
from ...core.trace import LayerTrace
from ...core.variable import Array, Variable
from ...models.network import Network
from ...verify import sample_data
from ...verify.report import Report, Row
from . import layers as random_layers
from . import training as random_training
from .layers import HALVING, chance, log_uniform

Rng = np.random.Generator
SMALL_SCALE, LARGE_SCALE = 0.3, 4.0
"""Standard deviations of weights, divided by the square root of the inputs: from small to saturated."""

LARGEST = 1e6
"""Largest value of a tensor, so that squares and sums over the batch are far from float32's largest number."""

TABLE = 7
"""Number of rows of an Embedding."""

FARTHEST = 1e4
"""Largest mean of a BatchNormalization, in standard deviations."""

PROGRESS_EVERY = 50


class Drawn(NamedTuple):
    """A compiled network and one batch for it; x is a list if there are several inputs."""

    model: Network
    x: Any
    y: Array
    sample_weight: Array | None


def draw(rng: Rng, max_depth: int = 6, max_width: int = 300, max_batch: int = 256) -> Drawn:
    """Return a random network of up to max_depth Dense layers, compiled, and a batch of up to max_batch samples.

    One whose tensors grow without measure (exp of exp) is drawn again: there infinity is the right result.
    """
    while True:
        drawn = _draw(rng, max_depth, max_width, max_batch)
        if _tame(drawn):
            return drawn


def _tame(drawn: Drawn) -> bool:
    """Return whether the tensors of three training steps are moderate, with Dropout off or on."""
    batch = drawn.model.prepare_batch(drawn.x, drawn.y, drawn.sample_weight)
    everything = {x.name: np.array(1 / (1 - x.rate)) for x in drawn.model.layers if isinstance(x, layers.Dropout)}
    everything |= {x.name: np.array(1.0) for x in drawn.model.layers if isinstance(x, layers.AlphaDropout)}
    with np.errstate(all="ignore"):
        for masks in (everything, None):
            model = copy.deepcopy(drawn.model)
            for _ in range(3):
                trace = model.train_step(*batch, masks)
                tensors = [trace.loss, *(value for t in trace for _, value in t.tensors())]
                if not all(np.max(np.abs(value), initial=0.0) < LARGEST for value in tensors):
                    return False
                if any(_far_from_zero(node.layer, t) for node, t in zip(model.nodes, trace, strict=True)):
                    return False
    return True


def _far_from_zero(layer: layers.Layer, t: LayerTrace) -> bool:
    """Return whether a BatchNormalization has a mean that costs TensorFlow its digits (docs/keras-facts.md)."""
    if not isinstance(layer, layers.BatchNormalization):
        return False
    return bool(np.any(np.abs(t.cache["mean"]) > FARTHEST * np.sqrt(t.cache["variance"] + layer.epsilon)))


def _draw(rng: Rng, max_depth: int, max_width: int, max_batch: int) -> Drawn:
    dtype = str(rng.choice(["float32", "float64"]))
    loss, output = random_training.loss_and_output(rng, dtype)
    units = [log_uniform(rng, max_width) for _ in range(rng.integers(1, max_depth + 1))]
    units[-1] = max(units[-1], 2) if output == "softmax" or random_training.of_several(loss) else units[-1]
    if output in HALVING:
        units[-1] *= 2
    model = random_layers.network(rng, units, output, dtype, max_width)
    model.compile(random_training.optimizer(rng), loss)
    largest = SMALL_SCALE if isinstance(loss, losses.CategoricalGeneralizedCrossEntropy) else LARGE_SCALE  # p^(q-1)
    scale = math.exp(rng.uniform(math.log(SMALL_SCALE), math.log(largest)))
    model.set_weights([_weight(rng, w, scale) for w in model.weights])
    batch = log_uniform(rng, max_batch)
    x = [_input(rng, layer, batch) for layer in model.input_layers]
    outputs = (batch, *_sizes(model.output_shape))
    takes_weights = 0 not in loss.axes(len(outputs)) or not loss.value_shape(outputs)
    weighted = takes_weights and chance(rng, 0.3)
    y, weights = sample_data.targets(loss, outputs, rng), _sample_weights(rng, batch) if weighted else None
    return Drawn(model, x if len(x) > 1 else x[0], y, weights)


def _weight(rng: Rng, weight: Variable, scale: float) -> Array:
    if weight.name.endswith("variance"):
        return rng.uniform(0.1, 2, weight.shape)
    if weight.name == "count":  # the number of samples that a Normalization has seen
        return np.ones(weight.shape)
    return rng.normal(size=weight.shape) * scale / math.sqrt(weight.shape[0] if weight.ndim > 1 else 4)


def _input(rng: Rng, layer: layers.InputLayer, batch: int) -> Array:
    """Return indices, or numbers; in half of the networks many are 0."""
    shape = (batch, *_sizes(layer.batch_shape))
    if layer.dtype == "int32":
        return rng.integers(0, TABLE, shape)
    x: Array = rng.normal(size=shape) * 10 ** rng.uniform(-1, 1)
    x[rng.random(shape) < rng.choice([0, 0.3])] = 0
    return x


def _sizes(shape: tuple[int | None, ...]) -> list[int]:
    return [size or 1 for size in shape[1:]]


def _sample_weights(rng: Rng, batch: int) -> Array:
    """Return sample weights from 0 to 3, some of them 0, not all."""
    weight = rng.uniform(0, 3, batch) * (rng.random(batch) < 0.8)
    return weight if weight.any() else np.ones(batch)


# ---- the command --------------------------------------------------------------------------------------------------


def network(seed: int, number: int, **sizes: int) -> Drawn:
    """Return one network of a run; it depends only on seed and number, so that a false alarm can be reproduced."""
    return draw(np.random.default_rng([seed, number]), **sizes)


def verify(drawn: Drawn) -> Report:
    """Verify a drawn network; a warning from either library is an error."""
    from ...verify.model import verify_model

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message="__array__ implementation doesn't accept a copy keyword")
        return verify_model(drawn.model, drawn.x, drawn.y, drawn.sample_weight)


def round_trip(model: Network) -> str:
    """Return what is different behind the way to Keras and back; nothing is.

    Config and weights, in their order with paths, shapes, dtypes and whether they are trained. Built from a config, the
    paths of a Keras Sequential lack the model's name.
    """
    import keras

    theirs = getattr(keras, model.class_name if model.class_name == "Sequential" else "Model")
    twin = theirs.from_config(_plain(model.get_config()))
    back = type(model).from_config(_plain(twin.get_config()))
    prefix = f"{model.name}/" if model.class_name == "Sequential" else ""
    for name, other, missing in (("Keras", twin, prefix), ("Keras and back", back, "")):
        if _plain(other.get_config()) != _plain(model.get_config()):
            return f"the config is another one behind {name}"
        if _described(other, missing) != _described(model):
            return f"the weights are others behind {name}: {_described(other, missing)}"
    return ""


def _plain(config: Any) -> Any:
    """Return a config after a round trip through a file."""
    return json.loads(json.dumps(config))


def _described(model: Any, prefix: str = "") -> list[tuple[Any, ...]]:
    return [(prefix + w.path, tuple(w.shape), str(w.dtype), w.trainable) for w in model.weights]


def kind(row: Row, drawn: Drawn) -> str:
    """Return the kind of a row: 'a, tanh', 'delta, CategoricalCrossentropy from logits', 'Adam velocity'."""
    if row.check == "optimizer":
        return f"{row.formula} {row.tensor.rpartition(' ')[2]}"
    if row.check != "splice":
        return row.check
    head = f"{row.tensor}, {type(drawn.model.output_loss(training=True).loss).__name__}"
    if row.tensor in ("values", "loss", "upstream") or "fused" in row.formula:
        return f"{head}{' from logits' * drawn.model.output_loss(training=True).loss.from_logits}"
    layer = drawn.model.get_layer(row.layer)
    if row.tensor in ("a", "delta"):
        return f"{row.tensor}, {layer.activation.name}"
    return f"{row.tensor}, {type(layer).__name__}"


def describe(drawn: Drawn) -> str:
    """Return the network in one line."""
    model, loss = drawn.model, drawn.model.loss
    assert loss is not None
    stack = " ".join(
        f"{layer.name}({','.join(_source(model, k) for k in parents)}; {_about(layer)})"
        for layer, parents in model.nodes
    )
    shapes = [part.shape for part in drawn.x] if isinstance(drawn.x, list) else drawn.x.shape
    weighted = "" if drawn.sample_weight is None else ", sample weights"
    return (
        f"{model.class_name}, x {shapes} {model.layers[-1].dtype}, {stack}, {type(loss).__name__} {loss.get_config()} "
        f"{loss.dtype}, {type(model.optimizer).__name__}{weighted}"
    )


def _source(model: Network, parent: int) -> str:
    return model.nodes[parent].layer.name if parent >= 0 else model.input_layers[~parent].name


def _about(layer: layers.Layer) -> str:
    units = getattr(layer, "units", None)
    return f"{'' if units is None else f'{units} '}{layer.activation.name}{'' if layer.trainable else ' frozen'}"


class Tally:
    """The worst error / allowance of each kind of tensor, their number, and the network with the worst."""

    def __init__(self) -> None:
        self.kinds: dict[str, tuple[float, int]] = {}
        self.counts: Counter[str] = Counter()

    def see(self, number: int, drawn: Drawn, report: Report) -> None:
        for row in report:
            name = kind(row, drawn)
            self.counts[name] += 1
            self.kinds[name] = max(self.kinds.get(name, (-1.0, 0)), (row.ratio, number))

    def __str__(self) -> str:
        lines = [f"{'kind of tensor':<52} {'tensors':>8} {'worst':>7}  network"]
        for name, (ratio, number) in sorted(self.kinds.items()):
            lines.append(f"{name:<52} {self.counts[name]:>8} {ratio:>7.3f}  {number}")
        return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Verify random networks, print the worst error / allowance of each kind of tensor and every false alarm."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200, help="how many networks (200)")
    parser.add_argument("--seed", type=int, default=0, help="first half of each network's seed (0)")
    parser.add_argument("--start", type=int, default=0, help="number of the first network (0)")
    given = parser.parse_args(arguments)
    tally, alarms, begun, live = Tally(), 0, time.perf_counter(), sys.stderr.isatty()
    for done, number in enumerate(range(given.start, given.start + given.count), start=1):
        drawn = network(given.seed, number)
        try:
            report = verify(drawn)
            tally.see(number, drawn, report)
            wrong = round_trip(drawn.model) if report.ok else report.verdict()
        except Exception as error:  # any error: a correct network must not cause one
            wrong = f"{type(error).__name__}: {error}"
        if wrong:
            alarms += 1
            again = f"random_networks.network({given.seed}, {number})"
            print(f"FALSE ALARM {again}: {wrong}\n  {describe(drawn)}", flush=True)
        if live or done % PROGRESS_EVERY == 0:
            print(f"{done} of {given.count}, {alarms} false alarms", end="\r" if live else "\n", file=sys.stderr)
    tensors, seconds = tally.counts.total(), time.perf_counter() - begun
    print(f"{tally}\n{given.count} networks, {tensors} tensors, {alarms} false alarms, {seconds:.0f} s")
    return 1 if alarms else 0


if __name__ == "__main__":
    sys.exit(main())
