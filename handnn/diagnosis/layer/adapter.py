"""Somebody's layer object: its weights and their gradients found by name, a pass through it made safely."""

import copy
import inspect
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from ...core.variable import Array
from ..call.call import call
from .reference import ROLES

HOLDERS = ("params", "parameters", "weights")
GRADIENT_HOLDERS = ("grads", "gradients", "dparams", "d_params", "grad")
FLAGS = ("training", "train", "train_flg", "is_training", "train_flag")


class Pass(NamedTuple):
    """What a forward and a backward pass gave; `complaint` says why there is nothing."""

    a: Any = None
    dx: Any = None
    gradients: Mapping[str, Any] = MappingProxyType({})
    complaint: str = ""
    printed: str = ""


class NoPassError(Exception):
    """There is no forward and backward pass to judge; the message says why."""


class LayerObject:
    """A user's layer; weights are read and written by the user's names."""

    def __init__(self, given: Any, sample: Array) -> None:
        """Take a copy of the object, built on a sample if its weights are made in the first call."""
        self.object = copy.deepcopy(given)
        self.forward = next((n for n in ("forward", "__call__", "call") if callable(getattr(given, n, None))), "")
        if not self.forward or not callable(getattr(given, "backward", None)):
            raise TypeError(
                f"a layer must have the methods forward(x) and backward(upstream); received {type(given).__name__}"
            )
        if not self.weights():
            call(lambda: self.apply(sample.copy()), names=())

    def _holders(self) -> list[Any]:
        held = [getattr(self.object, name, None) for name in HOLDERS]
        return [h for h in held if isinstance(h, dict)] + [vars(self.object)]

    def weights(self) -> dict[str, Array]:
        """Return the weights by the user's names."""
        for holder in self._holders():
            found = {
                key: value
                for key, value in holder.items()
                if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size and _is_weight(key)
            }
            if found:
                return found
        return {}

    def set_weight(self, name: str, value: Array) -> None:
        for holder in self._holders():
            if name in holder and isinstance(holder[name], np.ndarray):
                holder[name] = value
                return

    def apply(self, x: Array) -> Any:
        """Return what forward returns, in training mode where it has one."""
        method = getattr(self.object, self.forward)
        try:
            known = inspect.signature(method).parameters
        except (TypeError, ValueError):
            known = {}  # type: ignore[assignment]
        return method(x, **{name: True for name in FLAGS if name in known})

    def output(self, x: Array) -> Any:
        """Return a, without the cache that some hand on."""
        returned = self.apply(x)
        return returned[0] if isinstance(returned, tuple) else returned

    def run(self, x: Array, upstream: Any) -> Pass:
        """Make a forward and a backward pass. `upstream` is a function of the output's shape."""
        printed: list[str] = []
        try:
            a, cache = self._called(printed, "x in forward", self.apply, x.copy())
            if not _numbers(a):
                raise NoPassError(f"forward returns {type(a).__name__}, not an array of numbers")
            a = np.array(a)
            dx, rest = self._called(printed, "upstream in backward", self.object.backward, upstream(a.shape), *cache)
            given: dict[str, Any] = {}
            if isinstance(dx, Mapping):
                given, dx = dict(dx), next((dx[key] for key in ("dx", "x", "dX", "X") if key in dx), None)
            if not _numbers(dx):
                why = "is a `return` missing?" if dx is None else f"received {type(dx).__name__}"
                raise NoPassError(f"backward must return dx; {why}")
            gradients = self._gradients(given, rest)
            missing = [name for name, value in gradients.items() if not _numbers(value)]
            if missing:
                text = f"no gradient of {', '.join(missing)} is found after backward, such as d{missing[0]}"
                raise NoPassError(text)
            arrays = {name: np.array(value, "float64") for name, value in gradients.items()}
            if not all(np.isfinite(value).all() for value in (a, dx, *arrays.values())):
                raise NoPassError("it returns NaN or infinity")
        except NoPassError as error:
            return Pass(complaint=str(error), printed="".join(printed))
        return Pass(a, np.array(dx, "float64"), arrays, "", "".join(printed))

    @staticmethod
    def _called(printed: list[str], name: str, function: Any, *arguments: Any) -> tuple[Any, list[Any]]:
        """Return the first of what a method returned, and the rest."""
        made = call(function, *arguments, names=(name,))
        printed.append(made.printed)
        if made.error or made.changed:
            raise NoPassError(made.error or f"it changes {made.changed[0]} in place")
        first, *rest = made.returned if isinstance(made.returned, tuple | list) else (made.returned,)
        return first, rest

    def _gradients(self, given: dict[str, Any], rest: list[Any]) -> dict[str, Any]:
        """Return each weight's gradient: returned by name, returned in order, or kept by the object."""
        names = list(self.weights())
        if len(rest) == 1 and isinstance(rest[0], Mapping):
            given, rest = dict(rest[0]), []
        if names and len(rest) == len(names):
            return _by_shape(self.weights(), rest)
        held = [getattr(self.object, name, None) for name in GRADIENT_HOLDERS]
        own = [given, *(h for h in held if isinstance(h, Mapping))]
        found = {}
        for name in names:
            bare = name.strip("_")
            marked = [form.format(bare) for form in GRADIENT_NAMES]
            places = [(place, [*marked, name]) for place in own] + [(vars(self.object), marked)]
            found[name] = next((place[key] for place, keys in places for key in keys if key in place), None)
        return found


def _by_shape(weights: dict[str, Array], given: list[Any]) -> dict[str, Any]:
    """Return gradients that came in some order: each goes to the first weight of its shape that has none yet."""
    found: dict[str, Any] = {}
    rest = list(given)
    for name, weight in weights.items():
        place = next((i for i, value in enumerate(rest) if np.shape(value) == weight.shape), 0)
        found[name] = rest.pop(place)
    return found


GRADIENT_NAMES = ("d{}", "d_{}", "grad_{}", "{}_grad", "{}_gradient", "gradient_{}", "g{}", "d{}s")


def _is_weight(name: str) -> bool:
    bare = name.strip("_").lower().rstrip("0123456789")
    return any(bare in names for names in ROLES.values())


def _numbers(value: Any) -> bool:
    return isinstance(value, np.ndarray | np.generic | float) and np.asarray(value).dtype.kind in "fiu"
