"""What a run's folder holds: run.json, health.json and the event files of both sides."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...tensorboard import tags
from ...tensorboard.read import series

SIDES = ("handnn", "keras")
Series = list[tuple[int, Any]]


@dataclass(frozen=True)
class Run:
    """A run of `handnn train`.

    Attributes:
        name: of its folder.
        result: run.json. health: health.json, or {}.
        scalars: {part: {tag: [(step, number), ...]}}, part such as "handnn/train" or "parity".
        histograms: {tag: {side: {step: buckets (k, 3)}}}, the tags in the order of the network.
    """

    name: str
    result: dict[str, Any]
    health: dict[str, Any]
    scalars: dict[str, dict[str, Series]]
    histograms: dict[str, dict[str, dict[int, np.ndarray]]]

    @property
    def has_keras(self) -> bool:
        """Whether the twin was trained too."""
        return "keras/train" in self.scalars

    def parity(self) -> dict[str, Series]:
        """Return error / allowance of every tensor: {"hidden_1 dW": [(step, ratio), ...]}."""
        found = self.scalars.get("parity", {})
        return {
            tag.removeprefix("parity/").replace("/", " "): values
            for tag, values in found.items()
            if tag.startswith("parity/") and tag != tags.FIRST_OUTSIDE
        }

    def drift(self) -> dict[str, Series]:
        """Return the distance of the two sides of every weight, and the largest: {"max": ..., "digits/...": ...}."""
        found = self.scalars.get("parity", {})
        own = {tag.removeprefix("drift/"): values for tag, values in found.items() if tag.startswith("drift/")}
        return own | ({"max": found[tags.DRIFT_MAX]} if tags.DRIFT_MAX in found else {})


def read(folder: str) -> Run:
    """Return the run of a folder.

    Raises:
        ValueError: the folder is not there, or is not that of a finished run of `handnn train`.
    """
    if not os.path.isdir(folder):
        raise ValueError(
            f"RUN must be the folder of a run, such as logs/digits-...; received {folder}, which is not there"
        )
    result = _json(folder, "run.json")
    if result is None or "epochs" not in result:
        raise ValueError(
            f"RUN must be the folder of a finished run of handnn train, with its run.json; received {folder}"
        )
    scalars: dict[str, dict[str, Series]] = {}
    histograms: dict[str, dict[str, dict[int, np.ndarray]]] = {}
    for part in ("handnn/train", "handnn/validation", "keras/train", "keras/validation", "parity"):
        path = os.path.join(folder, part)
        if not os.path.isdir(path):
            continue
        scalars[part] = {}
        for tag, values in series(path).items():
            if tag.endswith("/histogram"):
                side = histograms.setdefault(tag, {}).setdefault(part.partition("/")[0], {})
                side.update((step, np.asarray(value)) for step, value in values)
            elif isinstance(values[0][1], float):
                scalars[part][tag] = values
    name = os.path.basename(os.path.normpath(folder))
    return Run(name, result, _json(folder, "health.json") or {}, scalars, histograms)


def _json(folder: str, name: str) -> dict[str, Any] | None:
    path = os.path.join(folder, name)
    if not os.path.isfile(path):
        return None
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except ValueError as error:
        raise ValueError(f"{path} is damaged: {' '.join(str(error).split())}") from None
    return found if isinstance(found, dict) else None
