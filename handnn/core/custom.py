"""Classes and functions of the user's own, registered under names, so that configs and files can hold them.

As in Keras, `register_keras_serializable` registers for good, a `CustomObjectScope` for a block.
"""

import functools
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

_registered: dict[str, Any] = {}
_scopes: list[dict[str, Any]] = []
_names: dict[int, str] = {}


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[Any], Any]:
    """Decorator: register a class (with `get_config`) or a function as `package>name`, its own name by default.

    Raises:
        ValueError: a class has no `get_config`.
    """

    def register(entry: Any) -> Any:
        own = name or entry.__name__
        if isinstance(entry, type) and not hasattr(entry, "get_config"):
            raise ValueError(f"{own} needs a get_config method to be registered")
        _registered[f"{package}>{own}"] = entry
        _names[id(entry)] = f"{package}>{own}"
        return entry

    return register


def get_registered_name(entry: Any) -> str:
    """Return the registered name of a class or function, `package>name`; its own name if it is not registered."""
    return _names.get(id(entry), getattr(entry, "__name__", str(entry)))


def get_custom_objects() -> dict[str, Any]:
    """Return the registered classes and functions by name; what is added to the dictionary is registered too."""
    return _registered


class CustomObjectScope(AbstractContextManager[Any]):
    """Within the block, configs may name these classes and functions: {name: object}."""

    def __init__(self, custom_objects: Mapping[str, Any] | None = None) -> None:
        self.custom_objects = dict(custom_objects or {})

    def __enter__(self) -> "CustomObjectScope":
        _scopes.append(self.custom_objects)
        return self

    def __exit__(self, *_: object) -> None:
        _scopes.remove(self.custom_objects)


def with_custom_objects(from_config: Any) -> Any:
    """Let a `from_config(cls, config)` take Keras' `custom_objects`, which the config may name."""

    @functools.wraps(from_config)
    def within(cls: Any, config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
        with CustomObjectScope(custom_objects):
            return from_config(cls, config)

    return within


def get_registered_object(
    name: str, custom_objects: Mapping[str, Any] | None = None, module_objects: Mapping[str, Any] | None = None
) -> Any:
    """Return the class or function of a name, from the scopes or the registered ones, or None."""
    known = {key.rpartition(">")[2]: entry for key, entry in _registered.items()}
    for place in (custom_objects, *reversed(_scopes), _registered, known, module_objects):
        for key in (name, name.rpartition(">")[2]):
            if place and key in place:
                return place[key]
    return None
