"""Nested structures of inputs and outputs: lists, tuples, dicts, flattened in Keras' order (dicts by sorted keys)."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

LEAF = None
"""What stands for an input or output in a form."""


def keys_of(given: dict[Any, Any]) -> list[Any]:
    """Return the keys of a dict in the order in which it is flattened."""
    return list(given) if isinstance(given, OrderedDict) else sorted(given)


def mapped(function: Callable[[Any], Any], given: Any, is_leaf: Callable[[Any], bool] | None = None) -> Any:
    """Return the structure with each leaf replaced, in order; by default a leaf is what is no list, tuple or dict."""
    if is_leaf is not None and is_leaf(given):
        return function(given)
    if isinstance(given, dict):
        new = {key: mapped(function, given[key], is_leaf) for key in keys_of(given)}
        return type(given)((key, new[key]) for key in given)
    if isinstance(given, tuple) and hasattr(given, "_fields"):
        return type(given)(*(mapped(function, part, is_leaf) for part in given))
    if isinstance(given, list | tuple):
        return type(given)(mapped(function, part, is_leaf) for part in given)
    return function(given)


def flattened(given: Any, is_leaf: Callable[[Any], bool] | None = None) -> list[Any]:
    """Return the leaves, in order."""
    found: list[Any] = []
    mapped(found.append, given, is_leaf)
    return found


def form_of(given: Any) -> Any:
    """Return the structure with LEAF for each leaf."""
    return mapped(lambda _: LEAF, given)


def packed(form: Any, leaves: list[Any]) -> Any:
    """Return the leaves in a form's structure."""
    rest = iter(leaves)
    return mapped(lambda _: next(rest), form)


def along(form: Any, given: Any) -> list[Any] | None:
    """Return the parts of a value at the leaves of a form, None if it has another structure; extra keys are ignored."""
    try:
        return list(_along(form, given))
    except ValueError:
        return None


def _along(form: Any, given: Any) -> Iterator[Any]:
    if isinstance(form, dict):
        if not isinstance(given, dict) or not set(form) <= set(given):
            raise ValueError(given)
        for key in keys_of(form):
            yield from _along(form[key], given[key])
    elif isinstance(form, list | tuple):
        if not isinstance(given, list | tuple) or len(given) != len(form):
            raise ValueError(given)
        for own, part in zip(form, given, strict=True):
            yield from _along(own, part)
    else:
        yield given


def names_of(form: Any, leaf: str) -> list[str]:
    """Return a name for each leaf of a dict's form: its keys, joined by '/'; a list's numbers the same way."""
    if isinstance(form, dict):
        return [f"{key}/{name}".rstrip("/") for key in keys_of(form) for name in names_of(form[key], "")]
    if isinstance(form, list | tuple):
        return [f"{i}/{name}".rstrip("/") for i, own in enumerate(form) for name in names_of(own, "")]
    return [leaf]
