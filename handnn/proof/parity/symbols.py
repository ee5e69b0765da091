"""The public symbols of each family, from the registries; the table has a row for each."""

from importlib import import_module
from typing import Any

from ...activations.base import without_defaults

FAMILIES = (
    *("activations", "losses", "layers", "regularizers", "constraints", "initializers", "metrics", "optimizers"),
    "schedules",
)


def symbols() -> dict[str, dict[str, Any]]:
    """Return {family: {symbol: registry entry}}; activations by the names of their functions, all others by class.

    Cells are parts of recurrent layers and have no rows of their own.
    """
    found = {}
    for family in FAMILIES:
        module = import_module("handnn.optimizers.schedules" if family == "schedules" else f"handnn.{family}")
        entries = [(name, own) for name, own in getattr(module, family).items() if not hasattr(own, "state_size")]
        found[family] = {name if family == "activations" else cls.__name__: cls for name, cls in entries}
    found["activations"] |= without_defaults
    return found
