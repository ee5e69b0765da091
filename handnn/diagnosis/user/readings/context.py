"""What readings need to know of a file."""

import inspect
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from ..call.calling import Globals
from ..source.syntax import mentioned, used_globals


class Context:
    """What readings need to know of the file: module, its data, sources; and a maker of objects."""

    def __init__(
        self, module: ModuleType | None, sources: tuple[Path, ...], make: Callable[[], Any] | None = None
    ) -> None:
        self.module, self.sources, self.make = module, sources, make
        self.data = Globals(module, used_globals(module) if module else [])

    def between(self, forward: Any, backward: Any) -> list[str]:
        """Return functions that turn scores into probabilities, where neither step calls them."""
        called = mentioned(forward) | mentioned(backward)
        known = vars(self.module) if self.module is not None else {}
        return [n for n in ("softmax", "sigmoid") if inspect.isfunction(known.get(n)) and n not in called]
