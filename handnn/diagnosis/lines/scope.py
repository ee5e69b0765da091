"""What a line of the user's code can name: numbers and arrays by the text that reads them, and functions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import FrameType, FunctionType, ModuleType
from typing import Any

import numpy as np

LONGEST_LIST = 6


@dataclass(slots=True)
class Scope:
    """Values by text, for evaluating variants of an expression at the place where it is evaluated."""

    variables: dict[str, Any]
    globals: dict[str, Any]
    numbers: dict[str, Any] = field(default_factory=dict)
    functions: dict[str, FunctionType] = field(default_factory=dict)

    @classmethod
    def of(cls, frame: FrameType, more: Mapping[str, Any] | None = None) -> "Scope":
        """Collect what a frame sees; `more` adds names of its own."""
        variables = dict(frame.f_locals)
        outer = frame
        while outer.f_code.co_name.startswith("<") and outer.f_back is not None:
            outer = outer.f_back
            if outer.f_globals is not frame.f_globals:
                break
            variables = {**outer.f_locals, **variables}
        variables.update(more or {})
        scope = cls(variables, frame.f_globals)
        for name, value in variables.items():
            if not name.startswith((".", "__")):
                scope._add(name, value, 0)
        for name, value in frame.f_globals.items():
            if name.startswith("_") or name in variables:
                continue
            if isinstance(value, FunctionType):
                scope.functions[name] = value
            elif not isinstance(value, ModuleType | type):
                scope._add(name, value, 2)
        return scope

    def _add(self, text: str, value: Any, depth: int) -> None:
        if isinstance(value, bool):
            return
        if isinstance(value, int | float | np.generic):
            self.numbers[text] = value
        elif isinstance(value, np.ndarray) and value.dtype.kind in "fciub":
            self.numbers[text] = value
        elif isinstance(value, FunctionType):
            self.functions[text] = value
        elif depth < 2:
            for part, each in _parts(value, text == "self"):
                self._add(text + part, each, depth + 1)

    def evaluate(self, code: Any) -> Any:
        """Evaluate compiled code as the line would."""
        return eval(code, self.globals, self.variables)


def _parts(value: Any, own: bool) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [(f"[{key!r}]", each) for key, each in list(value.items())[:40] if isinstance(key, str | int)]
    if isinstance(value, list | tuple) and len(value) <= LONGEST_LIST:
        return [(f"[{i}]", each) for i, each in enumerate(value)]
    if own and hasattr(value, "__dict__"):
        return [(f".{name}", each) for name, each in vars(value).items()]
    return []
