"""What a derivation is checked on: a small network, random weights and samples on which mistakes can be told apart.

All numbers are float64; what a user's function gets is cast from them.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ... import activations, losses
from ...activations import Activation
from ...core.variable import Array
from ...losses import Loss
from ...specs import network as specs
from ...verify.sample_data import targets

SAMPLES = (7, 11, 13, 17, 5, 19, 23)
"""Preferred batch sizes: primes, so that 1/N is no product of other factors, and none that is a width, so that axes
cannot be confused unseen. Each draw of a network takes another one."""

SCALE, SHRINKING = 1.5, 0.85


@dataclass(frozen=True)
class Network:
    """Dense layers: widths from input to output, one activation for each layer but the input, and a loss."""

    widths: tuple[int, ...]
    activations: tuple[Activation, ...]
    loss: Loss
    l2: float = 0.0

    @property
    def depth(self) -> int:
        return len(self.activations)

    @cached_property
    def head(self) -> Loss:
        """The loss where it meets the last layer: in its from_logits form behind softmax or sigmoid."""
        return self.loss.on_logits() if self.activations[-1].has_logits else self.loss

    @property
    def fused(self) -> bool:
        return self.head is not self.loss

    def __str__(self) -> str:
        names = [activation.name for activation in self.activations]
        hidden = " ".join(dict.fromkeys(names[:-1]))
        return " ".join(filter(None, ["-".join(map(str, self.widths)), hidden, names[-1], self.loss.name]))


@dataclass(frozen=True)
class Problem:
    """A network with weights and a batch. `kernels` are (inputs, units), `biases` (units,), x (N, inputs)."""

    network: Network
    kernels: tuple[Array, ...]
    biases: tuple[Array, ...]
    x: Array
    y: Array
    dtype: str = "float64"
    seed: int = field(default=0, compare=False)

    @property
    def samples(self) -> int:
        return len(self.x)

    @property
    def outputs(self) -> int:
        return self.network.widths[-1]


def parse(text: str, l2: float = 0.0) -> Network:
    """Return the network of a line such as '4-5-3 tanh softmax mse'; one activation is that of every layer.

    Raises:
        ValueError: the line cannot be read, lacks a name, or has a loss that is not one number for each sample.
    """
    described = specs.parse(text)
    if not described.activations or not described.loss:
        expected = "hidden activation(s), output activation, loss" if described.depth > 1 else "activation and loss"
        raise ValueError(f"network must name {expected} after the widths; received {text!r}")
    names = described.each_layer("", described.activations[0])
    loss = losses.get(described.loss, dtype="float64")
    if not one_number_a_sample(loss):
        raise ValueError(f"network must have a loss with one number for each sample; {loss.name} is not made so")
    return Network(tuple(described.widths), tuple(activations.get(name) for name in names), loss, l2)


def one_number_a_sample(loss: Loss) -> bool:
    """Return whether a loss of rows has one value for each row, made of what a network gives."""
    return loss.value_shape((SAMPLES[0], 2)) == (SAMPLES[0],) and loss.predictions != "unit"


def draw(
    network: Network, seed: int = 0, dtype: str = "float64", one_hot: bool = False, samples: int = 0, again: int = 0
) -> Problem:
    """Return random weights and samples: biases not zero, soft labels unless `one_hot`, nothing saturated.

    `again` 1, 2, ... give other draws of as many samples, with smaller and smaller weights.
    """
    rng = np.random.default_rng([seed, *network.widths, *[again] * (again > 0)])
    scale = SCALE * SHRINKING**again
    free = [n for n in SAMPLES if n not in network.widths]
    count = samples or free[seed % len(free)] if free else max(network.widths) + 2 + seed
    kernels = [
        rng.normal(size=(inputs, units)) * scale / np.sqrt(inputs)
        for inputs, units in zip(network.widths, network.widths[1:], strict=False)
    ]
    biases = [rng.normal(size=units) * 0.5 for units in network.widths[1:]]
    x, outputs = rng.normal(size=(count, network.widths[0])), network.widths[-1]

    def cast(array: Any) -> Array:
        return np.asarray(array, dtype).astype("float64")

    y = _targets(network.loss, rng, (count, outputs), one_hot, cast)
    return Problem(network, tuple(map(cast, kernels)), tuple(map(cast, biases)), cast(x), y, dtype, seed)


def _targets(loss: Loss, rng: np.random.Generator, shape: tuple[int, int], one_hot: bool, cast: Any) -> Array:
    """Return labels of the kind the loss wants; soft ones where it allows them, because they tell more apart."""
    y = targets(loss, shape, rng, "hard" if one_hot else "soft")
    if loss.targets == "labels":
        return y
    y = cast(y)
    if loss.targets == "one_hot":
        y[:, -1] = 1 - y[:, :-1].sum(axis=1)  # in float64, whatever the cast did to the sum
    return y
