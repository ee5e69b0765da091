"""Looks up a metric by a name, a config, a class or an object."""

import inspect
from collections.abc import Callable
from typing import Any

from ..core.registry import class_and_config
from ..core.variable import Array
from .base import Metric, metrics


def lookup(identifier: Any) -> Any:
    """Return a metric from a name, a Keras config, a class or an instance; a function unchanged; None for None.

    Raises:
        TypeError: identifier is none of these.
        ValueError: the name is unknown; the message suggests similar names.
    """
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        found: Any = metrics[identifier]
        return found() if isinstance(found, type) else found
    if inspect.isclass(identifier) and issubclass(identifier, Metric):
        return identifier()
    if identifier is None or callable(identifier):
        return identifier
    raise TypeError(f"metric must be a name, a config or a Metric; received {type(identifier).__name__}")


def deserialize(config: dict[str, Any]) -> Metric | Callable[..., Array]:
    """Return the metric of Keras' serialised form."""
    name, options = class_and_config(config, "metric")
    found: Any = metrics[name]
    if not isinstance(found, type):  # a registered function
        return found
    cls: Any = found
    return cls.from_config(options)
