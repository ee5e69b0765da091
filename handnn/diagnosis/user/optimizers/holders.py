"""How an optimizer is given all parameters and gradients: lists, dicts, a layer, a network.

A holder returns the arguments, and a function that finds the parameters after the step. It is given a list that is the
same in every step: a layer or tensors stay the same objects, for an optimizer may keep them or keep its state there.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from ..protocols import Array

NAMES, GRADIENTS = ("W1", "b1"), ("dW1", "db1")
Holder = Callable[[list[Array], list[Array], list[Any]], tuple[list[Any], Callable[[], list[Any]]]]


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


def as_layer(xs: list[Array], gs: list[Array], held: list[Any]) -> tuple[list[Any], Callable[[], list[Any]]]:
    """As attributes of a layer"""
    held[:] = held or [SimpleNamespace()]
    layer = held[0]
    vars(layer).update(weights=xs[0], biases=xs[1], W=xs[0], b=xs[1], dweights=gs[0], dbiases=gs[1], dW=gs[0], db=gs[1])
    start = layer.W

    def after() -> list[Any]:
        changed = layer.weights is not start or layer.W is start
        return [layer.weights, layer.biases] if changed else [layer.W, layer.b]

    return [layer], after


def as_net(xs: list[Array], gs: list[Array], kept: Any = None) -> tuple[list[Any], Callable[[], list[Any]]]:
    """Of a network with params_and_grads()"""
    pairs = list(zip(xs, gs, strict=True))
    net = SimpleNamespace(params_and_grads=lambda: pairs, parameters=lambda: xs, params=xs, grads=gs)
    return [net], lambda: xs


def as_pairs(xs: list[Array], gs: list[Array], kept: Any = None) -> tuple[list[Any], Callable[[], list[Any]]]:
    """As pairs of parameter and gradient"""
    held = list(xs)
    return [list(zip(held, gs, strict=True))], lambda: held


def as_tensors(xs: list[Array], gs: list[Array], held: list[Any]) -> tuple[list[Any], Callable[[], list[Any]]]:
    """As objects with value and gradient"""
    held[:] = held or [SimpleNamespace() for _ in xs]
    for tensor, x, g in zip(held, xs, gs, strict=True):
        vars(tensor).update(data=x, value=x, values=x, grad=g, gradient=g)

    def after() -> list[Any]:
        return [next((v for v in (o.data, o.value, o.values) if v is not x), x) for o, x in zip(held, xs, strict=True)]

    return [held], after


def as_nested(xs: list[Array], gs: list[Array], kept: Any = None) -> tuple[list[Any], Callable[[], list[Any]]]:
    """In lists, one for each layer"""
    held = [list(xs)]
    return [held, [list(gs)]], lambda: held[0]
