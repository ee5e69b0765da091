"""How an optimizer is given all parameters and gradients: lists, dicts, a layer, a network.

A holder returns the arguments, and a function that finds the parameters after the step. It is given a list that is the
same in every step: a layer or tensors stay the same objects, for an optimizer may keep them or keep its state there.
"""

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..protocols import Array
from ..source.syntax import attributes_of_parts
from ..source.words import is_bias, is_weight

NAMES, GRADIENTS = ("W1", "b1"), ("dW1", "db1")
GRADIENT = re.compile("_?grad(ient)?s?(_|$)|nabla|^d_?(?=w|b|k|p|theta)|^delta", re.IGNORECASE)
WEIGHT = re.compile(
    "^(?!.*(cache|moment|veloc|hist|prev|last|decay|count)).*(param|weight|bias|kernel|theta|variable)", re.IGNORECASE
)
PAIRS = re.compile("and|pairs", re.IGNORECASE)
LAYERS = re.compile("layers|modules|blocks", re.IGNORECASE)
VALUES, GRADS = ("data", "value", "values"), ("grad", "gradient")
SWITCHES = ("trainable", "requires_grad")
Holder = Callable[[list[Array], list[Array], list[Any]], tuple[list[Any], Callable[[], list[Any]]]]


def moved(x: Array, update: Any, g: Array, signs: list[float]) -> Any:
    """Return a parameter after an update that was returned: it is subtracted, or added if its first goes downhill."""
    if not signs:
        signs.append(-1.0 if np.vdot(update, g) > 0 else 1.0)
    return x + signs[0] * np.asarray(update)


def as_list(xs: list[Array], gs: list[Array], kept: Any = None) -> tuple[list[Any], Callable[[], list[Any]]]:
    """In lists"""
    held = list(xs)
    return [held, list(gs)], lambda: held


def as_dict(xs: list[Array], gs: list[Array], kept: Any = None) -> tuple[list[Any], Callable[[], list[Any]]]:
    """In dicts"""
    held = dict(zip(NAMES, xs, strict=True))
    return [held, dict(zip(NAMES, gs, strict=True))], lambda: list(held.values())


def as_keyed_gradients(xs: list[Array], gs: list[Array], kept: Any = None) -> tuple[list[Any], Callable[[], list[Any]]]:
    """In dicts, gradients as dW1"""
    held = dict(zip(NAMES, xs, strict=True))
    return [held, dict(zip(GRADIENTS, gs, strict=True))], lambda: list(held.values())


def as_pairs(xs: list[Array], gs: list[Array], kept: Any) -> tuple[list[Any], Callable[[], list[Any]]]:
    """As pairs of parameter and gradient"""
    held = list(xs)
    kept[:] = list(zip(held, gs, strict=True))  # one list: it may have been given when it was made
    return [kept], lambda: held


def as_nested(xs: list[Array], gs: list[Array], kept: Any = None) -> tuple[list[Any], Callable[[], list[Any]]]:
    """In lists, one for each layer"""
    held = [list(xs)]
    return [held, [list(gs)]], lambda: held[0]


# ---- objects with the attributes that an optimizer reads ---------------------------------------------------------


class Keyed(dict[str, Any]):
    """Gradients by the names of their parameters, or by these with a d before them."""

    def __missing__(self, key: str) -> Any:
        name = re.sub("^(d_?|grad_?)(?=.)", "", key)
        if name == key:
            raise KeyError(key)
        return self[name]


class Called(SimpleNamespace):
    """An object that is iterated over as its layers are."""

    def __iter__(self) -> Any:
        return iter(self.layers)


def as_read(target: Any, kind: str, listed: bool) -> Holder:
    """Return a holder of layers, networks or tensors: objects with those attributes that an optimizer reads.

    Args:
        target: the optimizer. kind: what holds parameters and gradients: dict, list, array or tensor. listed: whether
            the object is handed over in a list.
    """
    read, called = attributes_of_parts(target)
    read = read - set(SWITCHES)
    gradients = {n for n in read if GRADIENT.search(n) and not PAIRS.search(n)}
    weights = {n for n in read - gradients if WEIGHT.search(n) or is_weight(n)} - {"v", "u"}
    if kind == "tensor":
        weights = {n for n in weights if n not in VALUES}

    def holder(xs: list[Array], gs: list[Array], held: list[Any]) -> tuple[list[Any], Callable[[], list[Any]]]:
        held[:] = held or [Called(), [SimpleNamespace() for _ in xs], [], {}]
        whole, tensors, xs_of, by_name = held
        xs_of[:] = xs
        by_name.update(zip(NAMES, xs, strict=True))
        for tensor, x, g in zip(tensors, xs, gs, strict=True):
            vars(tensor).update(dict.fromkeys(VALUES, x) | dict.fromkeys(GRADS, g) | dict.fromkeys(SWITCHES, True))
        values: dict[str, Any] = {n: [whole] for n in read if LAYERS.search(n)} | dict.fromkeys(SWITCHES, True)
        values |= {n: list(zip(xs, gs, strict=True)) for n in read if PAIRS.search(n)}
        values["layers"] = [whole]
        for names, arrays, several in (
            (weights, xs, (by_name, xs_of)),
            (gradients, gs, (Keyed(zip(NAMES, gs, strict=True)), list(gs))),
        ):
            for name in names:
                one = arrays[is_bias(GRADIENT.sub("", name).strip("_"))]
                values[name] = {"dict": several[0], "list": several[1], "tensor": tensors, "array": one}[kind]
        for name, value in values.items():
            setattr(whole, name, (lambda value=value: value) if name in called else value)
        given = tensors if kind == "tensor" and not weights else [whole] if listed else whole

        def after() -> list[Any]:
            if kind == "array":
                now = [[getattr(whole, n) for n in sorted(weights) if is_bias(n) == bias] for bias in (False, True)]
            elif kind == "tensor":
                now = [[getattr(tensor, n) for n in VALUES] for tensor in tensors]
            else:
                now = [[by_name[n], xs_of[i]] for i, n in enumerate(NAMES)]
            return [next((v for v in places if v is not x), x) for places, x in zip(now, xs, strict=True)]

        return [given], after

    return holder
