"""The public symbols of each family, from the registries; the table has a row for each."""

from importlib import import_module
from typing import Any

from ...activations.base import without_defaults

FAMILIES = (
    *("activations", "losses", "layers", "regularizers", "constraints", "initializers", "metrics", "optimizers"),
    "schedules",
)


def symbols() -> dict[str, dict[str, Any]]:
    """Return {family: {symbol: registry entry}}; activations by the names of their functions, all others by class."""
    found = {}
    for family in FAMILIES:
        module = import_module("handnn.optimizers.schedules" if family == "schedules" else f"handnn.{family}")
        entries = getattr(module, family).items()
        found[family] = {name if family == "activations" else cls.__name__: cls for name, cls in entries}
    found["activations"] |= without_defaults
    return found
