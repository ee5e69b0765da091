"""Builds a Sequential or a Model from Keras' config."""

from collections.abc import Mapping
from typing import Any

from .functional import Model
from .network import Network
from .sequential import Sequential


def model_from_config(config: Mapping[str, Any]) -> Network:
    """Return the Sequential or Model that a Keras config describes, with newly initialized weights.

    Raises:
        ValueError: the config is neither, or holds something that handnn does not have.
    """
    return (Model if "input_layers" in config else Sequential).from_config(config)
