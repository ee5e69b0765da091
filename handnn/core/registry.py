"""Keras identifier -> handnn object: one registry for each kind of named object."""

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from typing import Any, Generic, TypeVar

from .custom import get_registered_name, get_registered_object
from .naming import snake_case

T = TypeVar("T")
C = TypeVar("C", bound=type)


class Registry(Generic[T]):
    """A dictionary of named objects that suggests similar names for unknown ones.

    `kind` ('activation', 'loss', ...) is used in messages. Entries are classes or instances, as each module chooses.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}
        self._canonical: list[str] = []

    def add(self, entry: T, name: str, *aliases: str) -> T:
        """Register `entry` under its canonical name and all aliases; raise ValueError if a name is taken."""
        for key in (name, *aliases):
            if key in self._entries:
                raise ValueError(f"{self.kind} {key!r} is already registered")
            self._entries[key] = entry
        self._canonical.append(name)
        return entry

    def register(self, *aliases: str) -> Callable[[C], C]:
        """Class decorator: `@losses.register("mse")` registers under CamelCase, snake_case and the aliases."""

        def add(cls: C) -> C:
            names = dict.fromkeys((snake_case(cls.__name__), cls.__name__, *aliases))  # 'sgd' once, not twice
            self.add(cls, *names)  # type: ignore[arg-type]
            return cls

        return add

    def __getitem__(self, name: str) -> T:
        if name in self._entries:
            return self._entries[name]
        own: Any = get_registered_object(str(name))
        if own is not None:
            return own
        known = {key.lower(): key for key in reversed([*self._canonical, *self._entries])}
        close = get_close_matches(str(name).lower(), known, n=3, cutoff=0.4)
        hint = nearest_or_all([known[key] for key in close], self._canonical)
        raise ValueError(f"unknown {self.kind} {name!r}; {hint}")

    def __contains__(self, name: object) -> bool:
        return name in self._entries or get_registered_object(str(name)) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._canonical)

    @property
    def names(self) -> list[str]:
        """All registered names, canonical names and aliases."""
        return list(self._entries)

    def items(self) -> list[tuple[str, T]]:
        """Return (canonical name, entry) pairs in order of registration; tests parametrise over them."""
        return [(name, self._entries[name]) for name in self._canonical]


def nearest_or_all(nearest: Iterable[str], known: Iterable[str]) -> str:
    """Return 'did you mean ...?' if there are similar names, otherwise the list of known names."""
    near = " or ".join(map(repr, nearest))
    return f"did you mean {near}?" if near else f"expected one of {', '.join(map(repr, known))}"


def class_and_config(identifier: dict[str, Any], kind: str) -> tuple[str, dict[str, Any]]:
    """Split Keras' serialised form {"class_name": ..., "config": {...}}; a function's config is its name.

    Raises:
        ValueError: there is no 'class_name'.
    """
    if "class_name" not in identifier:
        raise ValueError(f"a serialised {kind} needs the key 'class_name'; received {sorted(identifier)}")
    config = identifier.get("config", {})
    if isinstance(config, str):
        return config, {}
    registered = identifier.get("registered_name")
    if registered and get_registered_object(registered) is not None:
        return registered, dict(config)
    return identifier["class_name"], dict(config)


def serialize(entry: Any, module: str) -> dict[str, Any]:
    """Return Keras' serialised form of an object that has get_config(); a class of the user's has its own module.

    That of a built layer has the shape that it is built for.
    """
    cls = type(entry)
    own = not cls.__module__.startswith("handnn.")
    shape = {"build_config": entry.get_build_config()} if getattr(entry, "builds", False) and entry.built else {}
    return {
        "module": cls.__module__ if own else module,
        "class_name": cls.__name__,
        "config": entry.get_config(),
        "registered_name": get_registered_name(cls) if own else None,
    } | shape
