"""What a line of the user's code can name: numbers and arrays by the text that reads them, and functions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, FunctionType, ModuleType
from typing import Any

import numpy as np

from ..record.sites import SOURCES, constants_of, divisors_of, factors_of

LONGEST_LIST = 6


@dataclass(slots=True)
class Scope:
    """Values by text, for evaluating variants of an expression at the place where it is evaluated."""

    variables: dict[str, Any]
    globals: dict[str, Any]
    numbers: dict[str, Any] = field(default_factory=dict)
    functions: dict[str, FunctionType] = field(default_factory=dict)
    numbers_elsewhere: dict[str, Any] = field(default_factory=dict)
    constants: tuple[float, ...] = ()
    """The numbers that the file writes out."""
    factors: tuple[str, ...] = ()
    divisors: tuple[str, ...] = ()
    """What the file multiplies by, and what it divides by."""

    @classmethod
    def plain(cls, frame: FrameType, more: Mapping[str, Any] | None = None) -> "Scope":
        """Return what a frame sees, for evaluating only; `more` adds names of its own."""
        variables = dict(frame.f_locals)
        outer = frame
        while outer.f_code.co_name.startswith("<") and outer.f_back is not None:
            outer = outer.f_back
            if outer.f_globals is not frame.f_globals:
                break
            variables = {**outer.f_locals, **variables}
        variables.update(more or {})
        return cls(variables, frame.f_globals)

    @classmethod
    def of(cls, frame: FrameType, more: Mapping[str, Any] | None = None) -> "Scope":
        """Return what a frame sees, with the texts of all numbers and functions in reach."""
        scope = cls.plain(frame, more)
        path = Path(frame.f_code.co_filename)
        scope.constants = constants_of(path)
        if path in SOURCES:
            scope.factors, scope.divisors = factors_of(path), divisors_of(path)
        for name, value in scope.variables.items():
            if name != "_" and not name.startswith((".", "__")):
                scope._add(name, value, 0)
        scope._count()
        for name, value in frame.f_globals.items():
            if name.startswith("_") or name in scope.variables:
                continue
            if isinstance(value, FunctionType):
                scope.functions[name] = value
            elif not isinstance(value, ModuleType | type):
                scope._add(name, value, 2 - scope._is_own(value))
        return scope

    def _is_own(self, value: Any) -> bool:
        """Return whether a value is an object of a class of the file."""
        return type(value).__module__ == self.globals.get("__name__") and hasattr(value, "__dict__")

    def _add(self, text: str, value: Any, depth: int) -> None:
        if isinstance(value, bool):
            return
        if isinstance(value, int | float | np.generic) or (
            isinstance(value, np.ndarray) and value.dtype.kind in "fciub"
        ):
            self.numbers[text] = value
        elif isinstance(value, FunctionType):
            self.functions[text] = value
        elif depth < 2:
            for part, each in self._parts(value):
                self._add(text + part, each, depth + 1)

    def _parts(self, value: Any) -> list[tuple[str, Any]]:
        """Return the items of a dict, list or tuple, and the attributes of an object, by how they are read.

        Of a dict that is gone through by its keys, only the item of this round.
        """
        if isinstance(value, dict):
            keys = [n for n, key in self.variables.items() if isinstance(key, str) and key in value]
            plain = [(repr(key), key) for key in list(value)[:40] if isinstance(key, str | int)]
            return [(f"[{n}]", value[self.variables[n]]) for n in keys] or [(f"[{n}]", value[k]) for n, k in plain]
        if isinstance(value, list | tuple) and len(value) <= LONGEST_LIST:
            return [(f"[{i}]", each) for i, each in enumerate(value)]
        if hasattr(value, "__dict__") and not isinstance(value, ModuleType | type | FunctionType):
            return [(f".{name}", each) for name, each in vars(value).items() if not name.startswith("_handnn")]
        return []

    @property
    def counters(self) -> list[str]:
        """The short names of whole numbers."""
        return [n for n, v in self.numbers.items() if type(v) is int and n.isidentifier() and len(n) <= 3]

    def _count(self) -> None:
        """Add the items of long lists and dicts that a counter points at: `weights[l]`."""
        counters = self.counters
        for name, value in list(self.variables.items()):
            own = [(name, value)]
            if name == "self":
                own = [(f"self.{n}", v) for n, v in getattr(value, "__dict__", {}).items()]
            for text, each in own:
                if isinstance(each, list | tuple | dict):
                    for counter in counters:
                        for index in (counter, f"{counter} - 1", f"{counter} + 1"):
                            try:
                                part = each[eval(index, {}, self.variables)]
                            except Exception:
                                continue
                            self._add(f"{text}[{index}]", part, 1)

    def spelled(self, value: float) -> str | None:
        """Return a number as the line could write it: whole, a half, with a number that it can name, or a small share.

        A sign and a share together are two mistakes.
        """
        for name, made in self._spellings():
            if abs(value - made) < 1e-7 * abs(value):
                return name
        return None

    def _spellings(self) -> Iterator[tuple[str, float]]:
        """Yield numbers as a line could write them."""
        yield from ((f"{n}", n) for n in (-1, 1, -2, 2, -3, 3, -4, 4, -5, 5, -6, 6))
        yield "1 / 2", 0.5
        for name, number in self.numbers.items():
            if np.ndim(number) == 0 and isinstance(number, int | float) and abs(number) > 1e-9:
                yield from ((name, number), (f"(1 / {name})", 1 / number), (f"(2 / {name})", 2 / number))
                if isinstance(number, float):  # of a penalty
                    yield from ((f"2 * {name}", 2 * number), (f"{name} / 2", number / 2))
        for name, array in self.numbers.items():
            shape = np.shape(array)
            sizes = [(f"{name}.shape[{axis}]", length) for axis, length in enumerate(shape[:2])] if shape[1:] else []
            for size, length in [*sizes, (f"{name}.size", np.size(array))] if shape else ():
                yield from ((size, length), (f"(1 / {size})", 1 / max(length, 1)))
        yield from ((f"{n} / {low}", n / low) for low in (2, 3, 4) for n in range(1, 7) if n % low)

    def value(self, text: str) -> Any:
        """Return the value of a text that is not among the numbers, None if it has none."""
        if text not in self.numbers and text not in self.numbers_elsewhere:
            try:
                made = eval(text, self.globals, self.variables)
            except Exception:
                made = None
            self.numbers_elsewhere[text] = made if isinstance(made, int | float | np.ndarray | np.generic) else None
        return self.numbers.get(text, self.numbers_elsewhere.get(text))

    def evaluate(self, code: Any) -> Any:
        """Evaluate compiled code as the line would."""
        return eval(code, self.globals, self.variables)
