"""A reference layer: made from text or an object, given the user's weights, run on the user's data."""

import ast
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from .. import layers
from ..core.trace import LayerTrace, gradient_name
from ..core.variable import Array
from ..rounding import allowance
from ..rounding.bounded import Bounded

ROLES: dict[str, tuple[str, ...]] = {
    "kernel": ("kernel", "w", "weight", "weights", "theta"),
    "bias": ("bias", "b", "biases", "beta", "offset"),
    "gamma": ("gamma", "scale", "weight", "w"),
    "beta": ("beta", "offset", "shift", "bias", "b"),
    "alpha": ("alpha", "slope"),
    "embeddings": ("embeddings", "embedding", "w", "weight", "weights", "table"),
}
"""How people call Keras' weights."""
UNSAID = ("name", "trainable", "dtype", "_initializer")
"""How the names end of what the config of a layer has besides that which makes its output."""
NO_OTHERS: Mapping[str, Any] = MappingProxyType({})


class Right(NamedTuple):
    """What a tensor should be, and its allowance."""

    value: Array
    allowed: Array


def made(given: Any, dtype: str, others: Mapping[str, Any] = NO_OTHERS) -> Any:
    """Return handnn's layer of a text such as "Dense(5, activation='tanh')", or of a handnn or Keras layer's config.

    Args:
        others: classes of names that handnn has no layer of: Keras'. An object of another class is made anew with them.
    """
    if isinstance(given, str):
        name, arguments, options = parsed(given)
        home = others if name in others and name not in layers.layers else layers.layers
        return home[name](*arguments, **(options | {"dtype": dtype}))
    if not hasattr(given, "get_config"):
        raise TypeError(f"reference must be a layer or text such as 'Dense(5)'; received {type(given).__name__}")
    name, config = type(given).__name__, given.get_config() | {"dtype": dtype}
    if others and name not in layers.layers:
        return type(given).from_config(config)
    return layers.from_config({"class_name": name, "config": config})


def text(given: Any) -> str:
    """Return a reference as text: `Dense(units=5, activation='tanh')` of a layer.

    Raises:
        TypeError, ValueError: it is no layer, or text that cannot be read.
    """
    if isinstance(given, str):
        parsed(given)
        return given
    config = made(given, "float64").get_config()
    said = (f"{key}={value!r}" for key, value in config.items() if value is not None and not key.endswith(UNSAID))
    return f"{type(given).__name__}({', '.join(said)})"


def parsed(text: str) -> tuple[str, list[Any], dict[str, Any]]:
    """Return name and arguments of a text such as "Dense(5, activation='tanh')"."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        call = tree if isinstance(tree, ast.Call) else ast.Call(tree, [], [])
        assert isinstance(call.func, ast.Name)
        keywords = {word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg}
        return call.func.id, [ast.literal_eval(argument) for argument in call.args], keywords
    except (SyntaxError, ValueError, AssertionError):
        raise ValueError(f"reference must read like \"Dense(5, activation='tanh')\"; received {text!r}") from None


def fill(layer: Any, shape: Sequence[int], weights: Mapping[str, Array], roles: Any = None) -> dict[str, Any]:
    """Build a layer for samples of this shape and give it the user's weights; return the roles that these have.

    Args:
        roles: as of `roles_of`, from names and shapes and the user's weights. Without it only trained weights count.

    Raises:
        ValueError: one of its weights has no partner.
    """
    layer.build((None, *shape))
    own = [*layer.trainable_weights, *(() if roles is None else layer.non_trainable_weights)]
    found: dict[str, tuple[str, bool]] = (roles or roles_of)([(w.name, tuple(w.shape)) for w in own], weights)
    for weight in own:
        name, turned = found[weight.name]
        weight.assign((weights[name].T if turned else weights[name]).reshape(tuple(weight.shape)))
    return found


def passed(layer: Any, x: Any, training: bool = True) -> Any:
    """Return the trace of a forward pass of handnn's layer."""
    t: Any = LayerTrace("layer")
    t.training, t.x = training, x
    with np.errstate(all="ignore"):
        layer.randomize(t)
        layer.forward(t)
        layer.activate(t)
    return t


def right(tensor: Any, dtype: Any = None) -> Right:
    """Return a tensor in float64 with the allowance for two computations of it."""
    bounded = tensor if isinstance(tensor, Bounded) else Bounded(np.asarray(tensor, dtype))
    value = bounded.value.astype("float64")
    error = bounded.error + allowance.unit_roundoff(bounded.dtype) * np.abs(value)
    return Right(value, allowance.of(error, bounded.dtype))


def roles_of(wanted: list[tuple[str, tuple[int, ...]]], given: Mapping[str, Array]) -> dict[str, tuple[str, bool]]:
    """Return for each weight of the reference the user's name, and whether it is the transpose.

    Raises:
        ValueError: a weight has no partner.
    """
    found: dict[str, tuple[str, bool]] = {}
    for role, shape in wanted:
        free = [name for name in given if name not in [used for used, _ in found.values()]]
        bare = {name: name.strip("_").lower().rstrip("0123456789") for name in free}
        by_name = [name for word in ROLES.get(role, ()) for name in free if bare[name] == word]
        for name in (*by_name, *free):
            own, size = given[name].shape, given[name].size
            vector = len(shape) == 1 and size == shape[0] == max(own, default=0)
            if own in (shape, shape[::-1]) or vector:
                found[role] = (name, own != shape and not vector)
                break
        if role not in found:
            raise ValueError(f"the layer has no weight for {gradient_name(role)[1:]} of shape {shape}")
    return found
