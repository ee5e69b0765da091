"""A model from Keras' config, whichever of the two kinds it is."""

from collections.abc import Mapping
from typing import Any

from .functional import Model
from .network import Network
from .sequential import Sequential


def model_from_config(config: Mapping[str, Any]) -> Network:
    """Return the Sequential or Model that a Keras config describes, with fresh weights."""
    return (Model if "input_layers" in config else Sequential).from_config(config)
