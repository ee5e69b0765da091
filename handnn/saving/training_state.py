"""What Keras keeps nowhere, as one JSON text: random generators, the place of the training, what no config tells."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..optimizers import Optimizer
from . import hdf5_paths
from .progress import Progress, generator_from
from .savable import Savable


def generators(model: Savable) -> dict[str, np.random.Generator]:
    """Return the generators of layers that draw at random, by the layers' places: their names may be numbered anew."""
    found = {group.path: getattr(layer, "generator", None) for group, layer in hdf5_paths.layer_groups(model)}
    return {path: generator for path, generator in found.items() if isinstance(generator, np.random.Generator)}


def text(model: Savable, optimizer: Optimizer | None) -> str:
    """Return the JSON of a model; `optimizer` is its own, built."""
    progress = model.progress
    return json.dumps(
        {
            "random": {path: generator.bit_generator.state for path, generator in generators(model).items()},
            "progress": None if progress is None else progress.state([model.loss_tracker, *model.metrics]),
            "loss_dtype": None if model.loss is None else model.loss.dtype,
            "optimizer": None if optimizer is None else _of_optimizer(optimizer),
        }
    )


def _of_optimizer(optimizer: Optimizer) -> dict[str, Any]:
    everyone = hdf5_paths.every_optimizer(optimizer)
    return {
        "excluded": [[getattr(variable, "path", "") for variable in own.excluded] for own in everyone],
        "excluded_names": [list(own.excluded_names) for own in everyone],
        "unlisted": [float(variable.value) for variable in hdf5_paths.unlisted(optimizer)],
    }


class TrainingState:
    """The same text, read; all of it is looked at before `apply` changes anything."""

    def __init__(self, found: Mapping[str, Any], model: Savable) -> None:
        states = found.get("random", {})
        self.random = {path: generator_from(states[path]) for path in generators(model) if path in states}
        progress = found.get("progress")
        self.progress = None if progress is None else Progress.from_state(progress)
        self.loss_dtype: str | None = found.get("loss_dtype")
        of_optimizer = found.get("optimizer") or {}
        self.unlisted: list[float] = of_optimizer.get("unlisted", [])
        self.excluded: list[list[str]] = of_optimizer.get("excluded", [])
        self.excluded_names: list[list[str]] = of_optimizer.get("excluded_names", [])

    def apply(self, model: Savable) -> None:
        """Give the layers' generators their state, and the model its place."""
        for path, generator in generators(model).items():
            if path in self.random:
                generator.bit_generator.state = self.random[path].bit_generator.state
        model.progress = self.progress

    def spare(self, optimizer: Optimizer, model: Savable) -> None:
        """Spare the weights from weight decay that were, before the optimizer is built."""
        by_path = {weight.path: weight for weight in model.weights}
        everyone = hdf5_paths.every_optimizer(optimizer)
        for own, paths, names in zip(everyone, self.excluded, self.excluded_names, strict=False):
            if paths or names:
                own.exclude_from_weight_decay([by_path[path] for path in paths if path in by_path], names)
