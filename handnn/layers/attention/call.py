"""Calls of layers with several named arguments, `layer(query, value, use_causal_mask=True)`, in graphs and on arrays.

A call is kept as {argument: what was given}, with `Part(k)` in the place of the k-th tensor. Tensors are counted as
Keras counts them: positional arguments in order, then the others by the alphabet.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from ..keras_tensor import KerasTensor

Given = tuple[tuple[Any, ...], dict[str, Any]]
"""Positional and named arguments."""


class Part(NamedTuple):
    """The place of a tensor among those of a call."""

    number: int


def _is_part(own: Any) -> bool:
    return isinstance(own, Part)


def flattened(given: Any, is_leaf: Callable[[Any], bool] = _is_part) -> Iterator[Any]:
    """Yield what a structure of tuples, lists and dicts holds, in Keras' order; `is_leaf` is not looked into."""
    if isinstance(given, Mapping) and not is_leaf(given):
        for key in sorted(given):
            yield from flattened(given[key], is_leaf)
    elif isinstance(given, list | tuple) and not is_leaf(given):
        for part in given:
            yield from flattened(part, is_leaf)
    else:
        yield given


def mapped(change: Callable[[Any], Any], given: Any, is_leaf: Callable[[Any], bool] = _is_part) -> Any:
    """Return the structure with `change` applied to what it holds, in Keras' order."""
    if isinstance(given, Mapping) and not is_leaf(given):
        found = {key: mapped(change, given[key], is_leaf) for key in sorted(given)}
        return {key: found[key] for key in given}
    if isinstance(given, list | tuple) and not is_leaf(given):
        return type(given)(mapped(change, part, is_leaf) for part in given)
    return change(given)


def taken_apart(given: Any, is_tensor: Any) -> tuple[list[Any], Any]:
    """Return the tensors of a structure, and the structure with a `Part` in the place of each."""
    tensors: list[Any] = []

    def part(own: Any) -> Any:
        if not is_tensor(own):
            return own
        tensors.append(own)
        return Part(len(tensors) - 1)

    return tensors, mapped(part, given)


def put_together(options: Any, tensors: Any) -> Any:
    """Return the structure with tensors in the place of its `Part`s."""
    return mapped(lambda own: tensors[own.number] if isinstance(own, Part) else own, options)


def bound(layer: str, names: Mapping[str, Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return {argument: value} of a call; `names` holds the defaults, `...` where there is none.

    Raises:
        TypeError: an argument is missing, unknown, or given twice.
    """
    if len(args) > len(names):
        raise TypeError(f"{layer} takes at most {len(names)} arguments, {', '.join(names)}; received {len(args)}")
    given = dict(zip(names, args, strict=False))
    for name, value in kwargs.items():
        if name not in names or name in given:
            known = f"received {name} twice" if name in given else f"its arguments are {', '.join(names)}"
            raise TypeError(f"{layer} was called with {name!r}; {known}")
        given[name] = value
    for name, default in names.items():
        if default is ... and given.get(name) is None:
            raise TypeError(f"{layer} must be called with {name}")
    return given


def is_symbolic(given: Given) -> bool:
    """Return whether a call holds a `KerasTensor`."""
    return any(isinstance(own, KerasTensor) for own in flattened(given))
