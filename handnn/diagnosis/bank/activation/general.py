"""Mistakes in any activation."""

import math
from typing import Any

import numpy as np

from .spot import GATED, Spot, curved, elementwise, mistake, of, slope, vjp


@mistake(
    "derivative of another activation",
    "delta",
    "delta = upstream * g'(z)",
    "delta = upstream * f'(z)",
    "it is the derivative of {other}",
    applies=lambda at: at.f.elementwise == at.other.elementwise,
)
def of_another(at: Spot, delta: Any) -> Any:
    return at.other.backward(at.upstream, at.z, at.other.forward(at.z))


@mistake(
    "derivative of another activation, in terms of a",
    "delta",
    "delta = upstream * g'(a)",
    "delta = upstream * f'(z)",
    "it is the derivative of {other}, written with this activation's output for that of {other}",
    applies=lambda at: elementwise(at) and at.other.elementwise,
)
def of_another_in_a(at: Spot, delta: Any) -> Any:
    return at.other.backward(at.upstream, at.z, at.a)


@mistake("f itself for f'", "delta", "delta = upstream * f(z)", "delta = upstream * f'(z)",
         "the function is returned where its derivative belongs", applies=elementwise)  # fmt: skip
def not_derived(at: Spot, delta: Any) -> Any:
    return at.upstream * at.a


@mistake("upstream forgotten", "delta", "delta = f'(z)", "delta = upstream * f'(z)",
         "the gradient from above is not multiplied in")  # fmt: skip
def upstream_forgotten(at: Spot, delta: Any) -> Any:
    return slope(at)


@mistake("factor 2 in f'", "delta", "delta = 2 upstream * f'(z)", "delta = upstream * f'(z)",
         "a factor 2 too many")  # fmt: skip
def twice(at: Spot, delta: Any) -> Any:
    return 2 * delta


@mistake("factor 1/2 in f'", "delta", "delta = upstream * f'(z) / 2", "delta = upstream * f'(z)",
         "a factor 2 is missing")  # fmt: skip
def half(at: Spot, delta: Any) -> Any:
    return delta / 2


@mistake("f' at -z", "delta", "delta = upstream * f'(-z)", "delta = upstream * f'(z)",
         "the derivative is taken at -z: a sign is wrong in an exponent or a comparison", applies=curved)  # fmt: skip
def slope_at_minus_z(at: Spot, delta: Any) -> Any:
    return vjp(at, -at.z)


@mistake("factor z too many in f'", "delta", "delta = upstream * z f'(z)", "delta = upstream * f'(z)",
         "z is multiplied in once too often", applies=elementwise)  # fmt: skip
def times_z(at: Spot, delta: Any) -> Any:
    return delta * at.z


@mistake("-f for f", "a", "a = -f(z)", "a = f(z)", "the sign is wrong")
def negated(at: Spot, a: Any) -> Any:
    return -a


@mistake("f(-z) for f(z)", "a", "a = f(-z)", "a = f(z)", "the sign of z is wrong, in an exponent or a comparison",
         applies=curved)  # fmt: skip
def mirrored(at: Spot, a: Any) -> Any:
    return at.f.forward(-at.z)


@mistake("another activation", "a", "a = g(z)", "a = f(z)", "it is {other}",
         applies=lambda at: at.f.elementwise == at.other.elementwise)  # fmt: skip
def another(at: Spot, a: Any) -> Any:
    return at.other.forward(at.z)


@mistake("base 2 for e", "a", "a = f with 2^z for e^z", "a = f(z)", "powers of 2 stand where powers of e belong",
         applies=curved)  # fmt: skip
def powers_of_two(at: Spot, a: Any) -> Any:
    inner = at.f.forward(at.z * math.log(2))
    return inner / math.log(2) if at.f.name in GATED else inner


@mistake("base 10 for e", "a", "a = f with 10^z for e^z", "a = f(z)", "powers of 10 stand where powers of e belong",
         applies=curved)  # fmt: skip
def powers_of_ten(at: Spot, a: Any) -> Any:
    inner = at.f.forward(at.z * math.log(10))
    return inner / math.log(10) if at.f.name in GATED else inner


@mistake("base-2 logarithm", "a", "log2(...)", "log(...)", "log2 stands where the natural logarithm belongs",
         applies=of("softplus", "log_sigmoid", "log_softmax"))  # fmt: skip
def log2(at: Spot, a: Any) -> Any:
    return a / math.log(2)


@mistake("base-10 logarithm", "a", "log10(...)", "log(...)", "log10 stands where the natural logarithm belongs",
         applies=of("softplus", "log_sigmoid", "log_softmax"))  # fmt: skip
def log10(at: Spot, a: Any) -> Any:
    return a / math.log(10)


@mistake("degrees for radians", "a", "a = f(pi z / 180)", "a = f(z)", "z is taken for an angle in degrees",
         applies=curved)  # fmt: skip
def degrees(at: Spot, a: Any) -> Any:
    return at.f.forward(at.z * (math.pi / 180))


@mistake("radians turned into degrees", "a", "a = f(180 z / pi)", "a = f(z)", "z is turned into degrees first",
         applies=curved)  # fmt: skip
def into_degrees(at: Spot, a: Any) -> Any:
    return at.f.forward(at.z * (180 / math.pi))


@mistake("integer division", "a", "a = floor(f(z))", "a = f(z)", "// divides without a remainder; / is meant")
def integer_division(at: Spot, a: Any) -> Any:
    return np.floor(a)


@mistake("2 z for z", "a", "a = f(2 z)", "a = f(z)", "z is doubled", applies=curved)
def doubled_z(at: Spot, a: Any) -> Any:
    return at.f.forward(2 * at.z)


@mistake("z/2 for z", "a", "a = f(z/2)", "a = f(z)", "z is halved: a factor 2 in an exponent is missing",
         applies=curved)  # fmt: skip
def halved_z(at: Spot, a: Any) -> Any:
    return at.f.forward(at.z / 2)
