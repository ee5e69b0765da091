"""Mistakes in delta = upstream * f'(z), whatever f is."""

from typing import Any

from ..base import mistake
from .at import At
from .conditions import slope, with_slope


@mistake(
    "f' left out",
    "delta",
    "delta = upstream",
    "delta = upstream * f'(z)",
    "the derivative of the activation is missing",
    applies=with_slope,
    equivalent="linear layers",
)
def slope_left_out(at: At, delta: Any) -> Any:
    return at.upstream


@mistake(
    "f' taken at a",
    "delta",
    "delta = upstream * f'(a)",
    "delta = upstream * f'(z)",
    "the derivative is taken at the output a instead of the weighted input z",
    applies=lambda at: with_slope(at) and at.f.name not in ("relu",),
    equivalent="linear and ReLU",
)
def slope_at_a(at: At, delta: Any) -> Any:
    return slope(at.f, at.a, at.upstream)


@mistake(
    "f' applied twice",
    "delta",
    "delta = upstream * f'(z) * f'(z)",
    "delta = upstream * f'(z)",
    "the derivative of the activation is multiplied in twice",
    applies=lambda at: with_slope(at) and at.f.name not in ("relu",),
    equivalent="linear and ReLU",
)
def slope_twice(at: At, delta: Any) -> Any:
    return at.f.backward(delta, at.z, at.a)


@mistake(
    "activation's derivative after a fused loss",
    "delta",
    "delta = (p - y) f'(z)",
    "delta = p - y",
    "p - y is dL/dz already: the derivative of the output activation is in it",
    applies=lambda at: at.output and at.fused,
)
def slope_after_fused(at: At, delta: Any) -> Any:
    return at.f.backward(delta, at.z, at.a)


@mistake(
    "a(1 - a) after a fused softmax",
    "delta",
    "delta = (p - y) p (1 - p)",
    "delta = p - y",
    "the derivative of a sigmoid is multiplied in, though p - y is dL/dz already",
    applies=lambda at: at.output and at.fused and at.f.name == "softmax",
)
def diagonal_after_fused(at: At, delta: Any) -> Any:
    return delta * at.a * (1 - at.a)


@mistake(
    "a after a fused loss",
    "delta",
    "delta = (p - y) p",
    "delta = p - y",
    "the output is multiplied in, as if it were the derivative; p - y is dL/dz already",
    applies=lambda at: at.output and at.fused,
)
def output_after_fused(at: At, delta: Any) -> Any:
    return delta * at.a


@mistake(
    "derivative of sigmoid",
    "delta",
    "delta = upstream * a (1 - a)",
    "delta = upstream * f'(z)",
    "a (1 - a) is the derivative of sigmoid, the layer's activation is another",
    applies=lambda at: with_slope(at) and at.f.name not in ("sigmoid", "softmax"),
)
def slope_of_sigmoid(at: At, delta: Any) -> Any:
    return at.upstream * at.a * (1 - at.a)


@mistake(
    "derivative of tanh",
    "delta",
    "delta = upstream * (1 - a^2)",
    "delta = upstream * f'(z)",
    "1 - a^2 is the derivative of tanh, the layer's activation is another",
    applies=lambda at: with_slope(at) and at.f.name != "tanh",
)
def slope_of_tanh(at: At, delta: Any) -> Any:
    return at.upstream * (1 - at.a * at.a)


@mistake(
    "derivative of ReLU",
    "delta",
    "delta = upstream * (z > 0)",
    "delta = upstream * f'(z)",
    "z > 0 is the derivative of ReLU, the layer's activation is another",
    applies=lambda at: with_slope(at) and at.f.name != "relu",
)
def slope_of_relu(at: At, delta: Any) -> Any:
    return at.upstream * (at.z > 0)
