"""Names of layers, losses and optimizers, numbered as Keras numbers them: dense, dense_1, dense_2."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

_counts: defaultdict[str, int] = defaultdict(int)


def snake_case(name: str) -> str:
    """'BinaryCrossentropy' -> 'binary_crossentropy', by Keras' own two-step rule."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def spelt_alike(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that differs by capitals and underscores only: leaky_relu for LeakyReLU; None if none."""
    plain = name.replace("_", "").lower()
    return next((one for one in known if one.replace("_", "").lower() == plain), None)


def auto_name(class_name: str) -> str:
    """Return a name that has not been used since the last `reset_names`."""
    name = snake_case(class_name)
    number = _counts[name]
    _counts[name] += 1
    return f"{name}_{number}" if number else name


def reset_names() -> None:
    """Restart the numbering (`handnn.utils.clear_session`)."""
    _counts.clear()


def counted(parts: list[Any]) -> list[str]:
    """Return a name for each object by its class: dense, dense_1, dropout, dense_2."""
    used: dict[str, int] = {}
    names = []
    for part in parts:
        name = snake_case(getattr(part, "class_name", type(part).__name__))
        number = used[name] = used.get(name, -1) + 1
        names.append(f"{name}_{number}" if number else name)
    return names
