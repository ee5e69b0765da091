"""The rules by NumPy function, and the decorator that adds one.

    from handnn.rounding.enclosure import Enclosure, increasing, rule

    increasing(np.arcsinh, units=9)             # an increasing function with an error of at most 9 u |f(x)|

    @rule(my_module.cube)                       # anything that NumPy dispatches; called with Enclosures
    def cube(x):
        return x * x * x

A rule may combine other rules, or return `Enclosure.of(mid, low, high, precision)`: an interval with the exact result
and every result that the precision allows.
"""

from collections.abc import Callable
from typing import Any

UFUNCS: dict[str, Callable[..., Any]] = {}
"""By name, so that SciPy's are found without importing it."""
REDUCTIONS: dict[str, Callable[..., Any]] = {}
"""`ufunc.reduce`, by the name of the ufunc."""
FUNCTIONS: dict[Any, Callable[..., Any]] = {}

WHERE_TO_ADD = "a rule is one function with @handnn.rounding.enclosure.rule(...)"


class NoRuleError(TypeError):
    """A formula uses an operation without a rule, or one whose result rounding decides."""


def rule(*functions: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator: the function becomes the rule of these NumPy functions or ufuncs."""

    def add(own: Callable[..., Any]) -> Callable[..., Any]:
        for function in functions:
            if hasattr(function, "nin") and hasattr(function, "reduce"):
                UFUNCS[function.__name__] = own
            else:
                FUNCTIONS[function] = own
        return own

    return add


def reduction(*ufuncs: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator: the function becomes the rule of `ufunc.reduce`."""

    def add(own: Callable[..., Any]) -> Callable[..., Any]:
        REDUCTIONS.update({ufunc.__name__: own for ufunc in ufuncs})
        return own

    return add


def refused(name: str, why: str = "") -> NoRuleError:
    """Return the error that names an operation without a rule."""
    return NoRuleError(f"numpy.{name} has no rounding rule{': ' + why if why else ''}; {WHERE_TO_ADD}")
