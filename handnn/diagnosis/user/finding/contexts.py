"""Where backward is found elsewhere than beside forward: functions with a context, and functions that are returned."""

import ast
import functools
import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

from ..readings.roles import parameters
from ..readings.ways import method, way_back
from ..source.syntax import source_of, tree_of, unpacked
from ..source.words import CACHE, FORWARD, LABELS, bare

OF_ONE = "(x|in|inputs?|data|prev|params?|parameters|weights?|w|bias(es)?|b|theta)"
GRADIENT_OF = re.compile(
    f"(acc)?(grad(ient)?s?|d|back(ward|prop)?)(wrt|of|update)?{OF_ONE}|{OF_ONE}(grad(ient)?s?|back(ward)?)"
)
"""Methods that give a part of the gradients: grad_params, backward_weights."""


class Saved:
    """A context that keeps what is saved, under the names that people read it by."""

    def save_for_backward(self, *values: Any) -> None:
        """Keep values for the way back."""
        self.saved_tensors = self.saved_variables = self.saved = self.saved_values = values


def takes_context(cls: Any) -> bool:
    """Return whether a class has static methods forward and backward that take a context first."""
    methods = [vars(cls).get(name) for name in ("forward", "backward")]
    if not all(isinstance(method, staticmethod) for method in methods):
        return False
    names = [list(inspect.signature(getattr(cls, name)).parameters) for name in ("forward", "backward")]
    return all(len(own) > 1 and bare(own[0]) in CACHE for own in names)


def with_context(cls: Any, context: Callable[[], Any]) -> type:
    """Return a class whose objects hold a context and hand it to both methods of another class."""

    def bound(name: str) -> Any:
        function = getattr(cls, name)

        @functools.wraps(function)
        def call(self: Any, *given: Any) -> Any:
            return function(self.ctx, *given)

        own = inspect.signature(function)
        first = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        call.__signature__ = own.replace(parameters=[first, *list(own.parameters.values())[1:]])  # type: ignore[attr-defined]
        return call

    def start(self: Any) -> None:
        self.ctx = context()

    members = {"__init__": start, "forward": bound("forward"), "backward": bound("backward"), "__doc__": cls.__doc__}
    return type(cls.__name__, (), {**members, "__module__": cls.__module__})


def as_layer(cls: Any) -> type | None:
    """Return a class with methods forward and backward, of one in another form; None if it is in no other form."""
    if takes_context(cls):
        makers = (v for n, v in vars(inspect.getmodule(cls)).items() if bare(n) in CACHE and inspect.isclass(v))
        return with_context(cls, next(makers, Saved))
    forward = method(cls, FORWARD)
    if forward and returns_its_backward(getattr(cls, forward)):
        return with_way_back(cls, forward)
    parts = gradients_in_parts(cls, forward) if forward else []
    return with_parts(cls, parts) if parts else None


def gradients_in_parts(cls: Any, forward: str) -> list[str]:
    """Return the methods that together go back, each for a part of the gradients; [] if one does it all."""
    back = way_back(cls, forward)
    methods = {n: v for n, v in vars(cls).items() if inspect.isfunction(v)}
    own = [n for n in methods if GRADIENT_OF.fullmatch(bare(n).strip("_"))]
    found = list(dict.fromkeys([*([back] if back else []), *own]))
    taken = {tuple(bare(p.name) for p in parameters(getattr(cls, n))) for n in found}
    apart = not any(f"self.{one}(" in source_of(v) for v in methods.values() for one in own)
    return found if len(found) > 1 and len(taken) == 1 and apart and not set(*taken) & set(LABELS) else []


def with_parts(cls: Any, parts: list[str]) -> type:
    """Return a class whose method backward gives what several methods give."""
    first = getattr(cls, parts[0])

    def backward(self: Any, *given: Any) -> Any:
        return tuple(getattr(cls, part)(self, *given) for part in parts)

    backward.__signature__ = inspect.signature(first)  # type: ignore[attr-defined]
    return type(cls.__name__, (cls,), {"backward": backward, "__module__": cls.__module__})


def labelled_pair(function: Any) -> list[str]:
    """Return the names of the two that a method unpacks its one needed argument into, labels among them; [] if none."""
    free = [p.name for p in parameters(function)[1:] if p.default is p.empty]
    names = unpacked(function, free[0]) if len(free) == 1 else []
    return names if len(names) == 2 and set(map(bare, names)) & set(LABELS) else []


def with_two(cls: Any) -> Any:
    """Return a class, whose methods forward and backward take two arguments where they take a pair with labels."""
    forward = method(cls, FORWARD)
    back = way_back(cls, forward)
    names = labelled_pair(getattr(cls, forward)) if forward and back else []
    if not names or labelled_pair(getattr(cls, str(back))) != names:
        return cls

    def taking(name: str) -> Any:
        def call(self: Any, first: Any, second: Any) -> Any:
            return getattr(cls, name)(self, (first, second))

        own = [inspect.Parameter(one, inspect.Parameter.POSITIONAL_OR_KEYWORD) for one in ("self", *names)]
        call.__signature__ = inspect.Signature(own)  # type: ignore[attr-defined]
        return call

    members = {str(name): taking(str(name)) for name in (forward, back)}
    return type(cls.__name__, (cls,), {**members, "__module__": cls.__module__, "__doc__": cls.__doc__})


def goes_back(upstream: Any, cache: Any) -> Any:
    """Return what the function gives that a forward function has returned beside its output."""
    return cache(upstream)


def returns_its_backward(function: Any) -> bool:
    """Return whether a function or method returns its output and a function of its own that goes back."""
    tree = tree_of(function)
    body = tree.body if isinstance(tree, ast.FunctionDef) else []
    inner = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    last = body[-1].value if body and isinstance(body[-1], ast.Return) else None
    second = last.elts[1] if isinstance(last, ast.Tuple) and len(last.elts) == 2 else None
    return isinstance(second, ast.Lambda) or (isinstance(second, ast.Name) and second.id in inner)


def with_way_back(cls: Any, forward: str) -> type:
    """Return a class with methods forward and backward, of one whose method `forward` returns its way back."""
    function = getattr(cls, forward)

    @functools.wraps(function)
    def call(self: Any, *given: Any) -> Any:
        output, self.way_back = function(self, *given)
        return output

    def backward(self: Any, upstream: Any) -> Any:
        return self.way_back(upstream)

    return type(cls.__name__, (cls,), {"forward": call, "backward": backward, "__module__": cls.__module__})


NO_WAY_BACK = re.compile("decode|predict|reconstruct|generate|sample|loss|cost|score|accuracy|output", re.IGNORECASE)


def with_usual_names(cls: Any, pairs: Sequence[tuple[str, str]]) -> type:
    """Return a class with methods forward and backward, of one in which the first pair that it has are these.

    Args:
        pairs: methods, the second of which is given something made of what the first returned.
    """
    own = {n: v for n, v in vars(cls).items() if inspect.isfunction(v)}
    named = ((one, other) for one, other in pairs if one in own and other in own and not NO_WAY_BACK.search(other))
    first, back = next(named, ("", ""))
    names = {"forward": own[first], "backward": own[back]} if first else {}
    return type(cls.__name__, (cls,), {**names, "__module__": cls.__module__}) if names else cls
