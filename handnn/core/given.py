"""The arguments with which an object of the user's own class was made, for its config."""

import inspect
from typing import Any

PLAIN = (str, int, float, bool, type(None))


class Given:
    """Base class: `given_config` returns the arguments of the constructor, for classes outside handnn."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        made = super().__new__(cls)
        if not cls.__module__.startswith("handnn."):
            try:
                bound = inspect.signature(cls.__init__).bind(made, *args, **kwargs)
            except TypeError:  # the constructor says so in its own words; a copy is made without arguments
                return made
            made._given = list(bound.arguments.items())[1:]
        return made

    def given_config(self, base: dict[str, Any]) -> dict[str, Any]:
        """Return a config for a class without get_config: its constructor's arguments, and what it takes of `base`.

        Raises:
            ValueError: an argument is no number, string, list or dict; then get_config must be written.
        """
        cls: Any = type(self)
        known = inspect.signature(cls.__init__).parameters
        if cls.__module__.startswith("handnn.") or not hasattr(self, "_given"):
            return base
        takes_all = any(p.kind is p.VAR_KEYWORD for p in known.values())
        config = {key: value for key, value in base.items() if takes_all or key in known}
        for name, value in self._given:
            kind = known[name].kind
            if kind is inspect.Parameter.VAR_POSITIONAL:
                raise ValueError(f"{cls.__name__} takes *{name}, so it must define get_config to be saved")
            config = config | (value if kind is inspect.Parameter.VAR_KEYWORD else {name: value})
        for name, value in config.items():
            if name not in base and not is_plain(value):
                raise ValueError(
                    f"{cls.__name__} must define get_config to be saved: {name} is a {type(value).__name__}"
                )
        return config | {key: base[key] for key in base if key in config}

    def given_names(self) -> list[str]:
        """Return the names of the constructor's arguments."""
        return list(inspect.signature(type(self).__init__).parameters)

    _given: list[tuple[str, Any]]


def is_plain(value: Any) -> bool:
    """Return whether a config can hold a value as it is."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and is_plain(own) for key, own in value.items())
    if isinstance(value, list | tuple):
        return all(map(is_plain, value))
    return isinstance(value, PLAIN)
