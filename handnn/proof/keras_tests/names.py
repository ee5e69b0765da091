"""handnn's object for a name of Keras, or a stand-in that says that handnn does not have it."""

from importlib import import_module
from typing import Any

from ..not_supported import ABSENT

handnn: Any = import_module("handnn")
"""The package as a script sees it."""


class NotThereError(AttributeError):
    """handnn does not have a name of Keras.

    `kind`: 'absent' if `not_supported` lists it, 'public' if Keras exports it, else 'private'.
    """

    def __init__(self, name: str, kind: str) -> None:
        super().__init__(f"handnn has no {name}")
        self.name, self.kind = name, kind


class _Missing(type):
    """The type of stand-ins: importing one is allowed, using it raises NotThereError."""

    absence: tuple[str, str]

    def __call__(cls, *arguments: Any, **options: Any) -> Any:
        raise NotThereError(*cls.absence)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotThereError(*cls.absence)

    def __instancecheck__(cls, other: Any) -> bool:
        raise NotThereError(*cls.absence)


def missing(path: str, name: str, kind: str) -> Any:
    return _Missing(name, (), {"absence": (f"{path}.{name}", kind)})


def parts_of(path: str) -> list[str]:
    """Return 'keras.src.layers.core.dense' as ['layers', 'core', 'dense']."""
    return [part for part in path.split(".")[1:] if part not in ("src", "api")]


def namespace(parts: list[str]) -> str:
    """Return the public module of a path: 'layers', 'schedules', or '' for the top level."""
    if "schedules" in parts[:2] or parts[:2] == ["optimizers", "learning_rate_schedule"]:
        return "schedules"
    return parts[0] if parts else ""


def module_of(name: str) -> Any:
    """Return handnn's module for a public module of Keras, or None."""
    if name == "schedules":
        return handnn.optimizers.schedules
    return getattr(handnn, name) if name in handnn.__all__ else None if name else handnn


def is_public(keras: Any, parts: list[str], name: str) -> bool:
    """Return whether Keras exports the name, in the path's module, at the top, or in utils or saving."""
    own = namespace(parts)
    owner = keras.optimizers.schedules if own == "schedules" else getattr(keras, own, None) if own else keras
    return any(hasattr(module, name) for module in (owner, keras.utils, keras.saving, *([keras] if own else [])))


def kind_of(keras: Any, parts: list[str], name: str) -> str:
    """Return the `kind` of `NotThereError` for a name that handnn does not have."""
    own = namespace(parts)
    if name in ABSENT.get(own, {}) or own == "applications":
        return "absent"
    return "public" if is_public(keras, parts, name) else "private"


def find(keras: Any, parts: list[str], name: str) -> Any:
    """Return handnn's own object for keras.<parts>.<name>, or a stand-in if it has none."""
    own = namespace(parts)
    wanted = [(module_of(own), name)]
    if own == "models" and name == "Functional":
        wanted.append((module_of(own), "Model"))
    if own in ("", "models", "saving"):
        wanted.append((handnn, name))
    for owner, key in wanted:
        if owner is not None and not key.startswith("_") and hasattr(owner, key):
            return getattr(owner, key)
    return missing(".".join(["keras", *parts]), name, kind_of(keras, parts, name))
