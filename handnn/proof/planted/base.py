"""A planted mistake: which function of handnn computes something else, in which network, and where that is seen."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple
from unittest import mock

import numpy as np

from ... import layers
from ...models.network import Network
from ...models.sequential import Sequential

DTYPE = "float64"
SAMPLES = 3


class Batch(NamedTuple):
    """A compiled network with a layer to spoil, and a batch for it."""

    model: Network
    x: Any
    y: Any


@dataclass(frozen=True)
class Plant:
    """A mistake.

    Attributes:
        name: what is wrong. family: the page of its layers in docs/derivations.
        network: makes the network and its batch.
        owner, attribute: the module or class, and its function. wrong: makes the wrong one from the right one.
        at: 'layer tensor' in whose formula the mistake is. also: further tensors that the same step computes from it.
    """

    name: str
    family: str
    network: Callable[[], Batch]
    owner: Any
    attribute: str
    wrong: Callable[[Any], Any]
    at: str
    also: frozenset[str] = frozenset()

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Let handnn make the mistake."""
        with mock.patch.object(self.owner, self.attribute, self.wrong(getattr(self.owner, self.attribute))):
            yield


class Found(NamedTuple):
    """What `verify_model` says of a plant: the first tensor that is off ('' if none), and all of them."""

    plant: Plant
    first: str
    every: frozenset[str]

    @property
    def located(self) -> bool:
        """Whether the first is the tensor with the mistake, and no other is off than those that follow from it."""
        return self.first == self.plant.at and self.every == {self.plant.at} | self.plant.also


def verified(plant: Plant) -> Found:
    """Plant a mistake and verify its network. Every step starts from Keras' own tensors."""
    from ...verify.model import verify_model

    batch = plant.network()
    with plant.planted():
        try:
            report = verify_model(*batch, optimizer=False, whole=False)
        except Exception as error:  # whatever it is, the tensor is not named
            return Found(plant, f"{type(error).__name__}: {error}", frozenset())
    first = report.first_failure
    return Found(plant, "" if first is None else first.where, frozenset(row.where for row in report.failures))


def between(layer: layers.Layer, shape: tuple[int, ...], masked: bool = False, below: str = "tanh") -> Batch:
    """Return a network with the layer between two Dense layers.

    Args:
        masked: whether x has steps of zeros, which a Masking layer masks. below: activation of the lower Dense layer.
    """
    rng, dtype = np.random.default_rng(0), layer.dtype
    stack: list[Any] = [layers.Input(shape, dtype=dtype)]
    stack += [layers.Dense(shape[-1], below, use_bias=not masked, dtype=dtype, name="below")]
    stack += [layers.Masking(dtype=dtype, name="masking")] if masked else []
    stack += [layer, layers.Flatten(dtype=dtype), layers.Dense(2, dtype=dtype, name="top")]
    model = Sequential(stack, name="net")
    model.compile("sgd", "mse")
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    x = rng.normal(size=(SAMPLES, *shape))
    if masked:
        x[0, 3:] = x[1, 0] = x[2, 1] = 0
    return Batch(model, x, rng.normal(size=(SAMPLES, 2)))
