"""What readings need to know of a file."""

import functools
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from ..call.calling import Globals
from ..source.syntax import mentioned, used_globals

NOTHING: Mapping[str, str] = MappingProxyType({})


class Context:
    """What readings need to know of the file: module, its data, sources; and a maker of objects.

    Args:
        roles, links: what the file's own calls show of the arguments of functions that go together; see Deriving.
    """

    def __init__(
        self, module: ModuleType | None, sources: tuple[Path, ...], make: Callable[[], Any] | None = None,
        roles: Mapping[str, str] = NOTHING, links: Mapping[str, str] = NOTHING,
    ) -> None:  # fmt: skip
        self.module, self.sources, self.make, self.roles, self.links = module, sources, make, roles, links
        self.data = _data(module)

    def between(self, forward: Any, backward: Any) -> list[str]:
        """Return functions that turn scores into probabilities, where neither step calls them."""
        called = mentioned(forward) | mentioned(backward)
        known = vars(self.module) if self.module is not None else {}
        return [n for n in ("softmax", "sigmoid") if inspect.isfunction(known.get(n)) and n not in called]


@functools.lru_cache(maxsize=16)
def _data(module: ModuleType | None) -> Globals:
    """Return a module's data as it was before the first reading ran: programs leave it as their last run did."""
    return Globals(module, used_globals(module) if module else [])
