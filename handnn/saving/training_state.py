"""State that Keras does not save, as one JSON text: random generators, training progress, values missing in configs."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..optimizers import Optimizer
from . import hdf5_paths
from .progress import Progress, generator_from
from .savable import Savable


def generators(model: Savable) -> dict[str, np.random.Generator]:
    """Return the random generators by the indices of their layers, since the layers' names may change."""
    found = {group.path: getattr(layer, "generator", None) for group, layer in hdf5_paths.layer_groups(model)}
    return {path: generator for path, generator in found.items() if isinstance(generator, np.random.Generator)}


def text(model: Savable, optimizer: Optimizer | None) -> str:
    """Return the JSON text of a model; `optimizer` is the model's, built."""
    progress = model.progress
    return json.dumps(
        {
            "random": {path: generator.bit_generator.state for path, generator in generators(model).items()},
            "progress": None if progress is None else progress.state(model.tracked),
            "loss_dtype": _dtypes(model.loss),
            "optimizer": None if optimizer is None else _of_optimizer(optimizer),
        }
    )


def _dtypes(loss: Any) -> Any:
    """Return the dtype of a loss; a list for several outputs; None without one."""
    if isinstance(loss, list):
        return [_dtypes(own) for own in loss]
    return getattr(loss, "dtype", None)


def _of_optimizer(optimizer: Optimizer) -> dict[str, Any]:
    everyone = hdf5_paths.every_optimizer(optimizer)
    return {
        "excluded": [[getattr(variable, "path", "") for variable in own.excluded] for own in everyone],
        "excluded_names": [own.excluded_names for own in everyone],
        "unlisted": [float(variable.value) for variable in hdf5_paths.unlisted(optimizer)],
    }


class TrainingState:
    """The JSON text, parsed and checked; `apply` then restores it."""

    def __init__(self, found: Mapping[str, Any], model: Savable) -> None:
        states = found.get("random", {})
        self.random = {path: generator_from(states[path]) for path in generators(model) if path in states}
        progress = found.get("progress")
        self.progress = None if progress is None else Progress.from_state(progress)
        self.loss_dtype: Any = found.get("loss_dtype")
        of_optimizer = found.get("optimizer") or {}
        self.unlisted: list[float] = of_optimizer.get("unlisted", [])
        self.excluded: list[list[str]] = of_optimizer.get("excluded", [])
        self.excluded_names: list[list[str]] = of_optimizer.get("excluded_names", [])

    def apply(self, model: Savable) -> None:
        """Restore the state of the layers' generators and the model's progress."""
        for path, generator in generators(model).items():
            if path in self.random:
                generator.bit_generator.state = self.random[path].bit_generator.state
        model.progress = self.progress

    def spare(self, optimizer: Optimizer, model: Savable) -> None:
        """Restore the exclusions from weight decay, before the optimizer is built."""
        by_path = {weight.path: weight for weight in model.weights}
        everyone = hdf5_paths.every_optimizer(optimizer)
        for own, paths, names in zip(everyone, self.excluded, self.excluded_names, strict=False):
            if paths or names:
                own.exclude_from_weight_decay([by_path[path] for path in paths if path in by_path], names)
