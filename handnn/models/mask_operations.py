"""The operations by which Keras computes masks: read from configs and left out, since here layers hand masks on.

A functional model of Keras lists them among its layers and names their results as the layers' `mask`.
"""

from collections.abc import Mapping
from typing import Any

from . import structures
from .structure import is_tensor


def removed(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a functional config without these operations; itself if there are none.

    Raises:
        ValueError: a layer is called with another mask than its input's own.
    """
    operations = {e["name"] for e in config["layers"] if str(e.get("module", "")).startswith("keras.src.ops")}
    if not operations:
        return config
    entries = {entry["name"]: entry for entry in config["layers"]}
    needed = {name for name in entries if name not in operations}
    needed |= {own[0] for own in structures.flattened(config["output_layers"], _is_history) if _is_history(own)}
    waiting = list(needed)
    while waiting:
        for call in _calls(entries.get(waiting.pop(), {})):
            others = {key: given for key, given in call.get("kwargs", {}).items() if key != "mask"}
            found = set(_names([call.get("args"), others])) - needed
            needed |= found
            waiting += found
    kept = [entry for entry in config["layers"] if entry["name"] in needed]
    for entry in kept:
        for call in _calls(entry):
            for name in _names(call.get("kwargs", {}).get("mask")):
                if name in needed:
                    own = f"{entry['name']} is called with a mask of its own, {name}"
                    raise ValueError(f"{own}, which is not supported")
    if len(kept) == len(entries):
        return config
    return {**config, "layers": [_with_own_masks(entry) for entry in kept]}


def _with_own_masks(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a layer's entry with True in the place of its masks."""
    calls = [
        call | {"kwargs": call["kwargs"] | {"mask": True}} if _names(call.get("kwargs", {}).get("mask")) else call
        for call in _calls(entry)
    ]
    return {**entry, "inbound_nodes": calls}


def _calls(entry: Mapping[str, Any]) -> list[Any]:
    found = entry.get("inbound_nodes", [])
    return found if isinstance(found, list) else []


def _is_history(own: Any) -> bool:
    return isinstance(own, list | tuple) and len(own) == 3 and isinstance(own[0], str)


def _names(given: Any) -> list[str]:
    """Return the names of the layers whose outputs a serialised argument holds."""
    if is_tensor(given):
        return [given["config"]["keras_history"][0]]
    if isinstance(given, Mapping):
        given = list(given.values())
    return [name for part in given for name in _names(part)] if isinstance(given, list | tuple) else []
