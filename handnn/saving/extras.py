"""What Keras keeps nowhere, as one JSON text: random generators, the place of the training, what no config tells."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..network import Network
from ..optimizers import Optimizer
from ..progress import Progress, generator_from
from . import layout


def generators(model: Network) -> dict[str, np.random.Generator]:
    """Return the generators of layers that draw at random, by the layers' names."""
    found = {layer.name: getattr(layer, "generator", None) for layer in model.layers}
    return {name: generator for name, generator in found.items() if isinstance(generator, np.random.Generator)}


def text(model: Network, optimizer: Optimizer | None) -> str:
    """Return the JSON of a model; `optimizer` is its own, built."""
    progress = model.progress
    return json.dumps(
        {
            "random": {name: generator.bit_generator.state for name, generator in generators(model).items()},
            "progress": None if progress is None else progress.state([model._loss_tracker, *model.metrics]),
            "loss_dtype": None if model.loss is None else model.loss.dtype,
            "optimizer": None if optimizer is None else _of_optimizer(optimizer),
        }
    )


def _of_optimizer(optimizer: Optimizer) -> dict[str, Any]:
    everyone = layout.every_optimizer(optimizer)
    return {
        "excluded": [[getattr(variable, "path", "") for variable in own.excluded] for own in everyone],
        "excluded_names": [list(own.excluded_names) for own in everyone],
        "unlisted": [float(variable.value) for variable in layout.unlisted(optimizer)],
    }


class Extras:
    """The same text, read; all of it is looked at before `apply` changes anything."""

    def __init__(self, found: Mapping[str, Any], model: Network) -> None:
        states = found.get("random", {})
        self.random = {name: generator_from(states[name]) for name in generators(model) if name in states}
        progress = found.get("progress")
        self.progress = None if progress is None else Progress.from_state(progress)
        self.loss_dtype: str | None = found.get("loss_dtype")
        of_optimizer = found.get("optimizer") or {}
        self.unlisted: list[float] = of_optimizer.get("unlisted", [])
        self.excluded: list[list[str]] = of_optimizer.get("excluded", [])
        self.excluded_names: list[list[str]] = of_optimizer.get("excluded_names", [])

    def apply(self, model: Network) -> None:
        """Give the layers' generators their state, and the model its place."""
        for name, generator in generators(model).items():
            if name in self.random:
                generator.bit_generator.state = self.random[name].bit_generator.state
        model.progress = self.progress

    def spare(self, optimizer: Optimizer, model: Network) -> None:
        """Spare the weights from weight decay that were, before the optimizer is built."""
        by_path = {weight.path: weight for weight in model.weights}
        everyone = layout.every_optimizer(optimizer)
        for own, paths, names in zip(everyone, self.excluded, self.excluded_names, strict=False):
            if paths or names:
                own.exclude_from_weight_decay([by_path[path] for path in paths if path in by_path], names)
