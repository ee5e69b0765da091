"""Weights in a dict, their shapes found by trying: of each key when the function first asks for it."""

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from ..call.calling import frozen
from ..call.making import HIDDEN, IN, SAMPLES, TIME
from ..call.world import walk
from ..source.words import is_bias
from .data import Data
from .roles import is_scale, roles_of, setting

Shape = tuple[int, ...]
ROWS: tuple[Shape, ...] = ((SAMPLES, IN), (2, TIME, IN))
VECTORS: tuple[Shape, ...] = ((IN,), (HIDDEN,))
KERNELS: tuple[Shape, ...] = ((IN, HIDDEN), (HIDDEN, IN), (IN, IN), (HIDDEN, HIDDEN))
RUNS, ENOUGH = 600, 3


Keys = tuple[str, ...]


class _AskedError(Exception):
    """The function asks for a key that has no shape yet."""


class _Dict(dict[str, Any]):
    """Weights by key; `keys_to` are the keys that lead to it, where dicts are in dicts."""

    keys_to: Keys = ()

    def __missing__(self, key: str) -> Any:
        raise _AskedError(*self.keys_to, key)


def keyed(function: Any, roles: dict[str, str], module: ModuleType | None) -> Iterator[Data]:
    """Yield data on which a forward function runs that takes a dict of weights, and no labels.

    What it returns has the width of its input, as blocks have it that add their input, or any other.
    """
    own = roles_of(function)
    containers = [n for n in own if roles.get(n) == "container"]
    data = [n for n, role in own.items() if role == "x"]
    if len(containers) != 1 or len(data) != 1 or "y" in own.values():
        return
    for rows in ROWS:
        search = _Search(function, (data[0], rows), containers[0], module)
        yield from itertools.islice(search.found({}), ENOUGH)


@dataclass
class _Search:
    """A search for the shapes of all keys; `left` counts the runs that it may still take."""

    function: Any
    data: tuple[str, Shape]
    container: str
    module: ModuleType | None
    left: int = RUNS

    def found(self, known: dict[Keys, Shape | None]) -> Iterator[Data]:
        """Yield data with which the function runs; None in place of a shape is a dict."""
        self.left -= 1
        if self.left < 0:
            return
        data = self._data(known)
        try:
            with frozen(self.module):
                returned = self.function(**data.draw(0, 0))
        except _AskedError as asked:
            key = asked.args[-1]
            for shape in (*VECTORS, None) if is_bias(key) or is_scale(key) else (*KERNELS, *VECTORS, None):
                yield from self.found(known | {asked.args: shape})
        except Exception:  # a user's code may raise anything
            return
        else:
            arrays = [array for _, array in walk(returned)]
            if known and arrays and all(np.isfinite(array).all() for array in arrays):
                yield data

    def _data(self, known: dict[Keys, Shape | None]) -> Data:
        def draw(seed: int, samples: int) -> dict[str, Any]:
            given = {n: setting(n, [IN, HIDDEN]) for n in roles_of(self.function)}
            name, (count, *rest) = self.data
            given[name] = np.random.default_rng([seed, 60]).normal(size=(samples or count, *rest))
            held = given[self.container] = _Dict()
            for place, (keys, shape) in enumerate(known.items()):
                holder = functools.reduce(lambda part, key: part[key], keys[:-1], held)
                array = 0.6 * np.random.default_rng([seed, 61, place]).normal(size=shape)
                holder[keys[-1]] = array if shape is not None else _Dict()
                if shape is None:
                    holder[keys[-1]].keys_to = keys
            return given

        said = [self.data, *((".".join(keys), shape) for keys, shape in known.items() if shape is not None)]
        return Data(draw, "shapes " + ", ".join(f"{n} {shape}" for n, shape in said), guessed=True)
