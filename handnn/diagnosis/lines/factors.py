"""Factors that separate one person's convention from another's: N, 1/N, 2, -1 and their products."""

from dataclasses import dataclass, field

import numpy as np

from .study import Study
from .subject import Array


@dataclass(frozen=True, slots=True)
class Factor:
    """A number with the name that it has in a report."""

    name: str
    value: float

    def of(self, quantity: str) -> str:
        """Return 'N dL/d(Z)' for a quantity 'dL/d(Z)'."""
        if self.name in ("", "-"):
            return self.name + quantity
        return f"{self.name} {quantity}"


@dataclass(slots=True)
class Factors:
    """The factors that are plausible for a subject, by name; the simplest first."""

    known: dict[str, float] = field(default_factory=dict)
    _numbers: Array | None = None

    @classmethod
    def of(cls, study: Study) -> "Factors":
        """Collect the lengths of axes, 'N' for the one no leaf has, and the numbers of the source."""
        leaf_lengths = {n for a in study.subject.leaves.values() for n in getattr(a, "shape", ())}
        lengths: dict[int, int] = {}
        for node in study.tape.nodes[: study.tape.split_at]:
            for length in getattr(node.value, "shape", ()):
                lengths[length] = lengths.get(length, 0) + 1
        free = [n for n in sorted(lengths, key=lambda n: -lengths[n]) if n not in leaf_lengths and n > 1]
        names = {str(n): n for n in sorted(lengths) if n > 1}
        if free:
            names = {"N": free[0], **{word: n for word, n in names.items() if n != free[0]}}
        for word, a in list(names.items()):
            names.update({f"{word} {other}": a * b for other, b in list(names.items()) if " " not in other})
        known = {"": 1.0, "2": 2.0, "1/2": 0.5, "4": 4.0, "1/4": 0.25}
        for word, n in names.items():
            in_brackets = f"({word})" if " " in word else word
            known.update({word: float(n), f"1/{in_brackets}": 1.0 / n, f"2/{in_brackets}": 2.0 / n})
            known.update({f"{in_brackets}/2": n / 2.0, f"2 {word}": 2.0 * n, f"1/(2 {word})": 0.5 / n})
        numbers = {abs(node.value) for node in study.tape.nodes if isinstance(node.value, float)}
        for number in sorted(numbers)[:40]:
            if number != 1 and 1e-6 < number < 1e6:
                known.setdefault(f"{number:g}", number)
                known.setdefault(f"1/{number:g}", 1 / number)
        return cls(known)

    def named(self, value: float, tolerance: float = 1e-6) -> Factor | None:
        """Return the factor of a value, None if it is not a plausible one."""
        if self._numbers is None:
            self._numbers = np.array(list(self.known.values()))
        near = np.flatnonzero(np.abs(abs(value) - self._numbers) <= tolerance * self._numbers)
        if not near.size:
            return None
        name = list(self.known)[near[0]]
        return Factor("-" + name, -self.known[name]) if value < 0 else Factor(name, self.known[name])
