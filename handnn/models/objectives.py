"""The losses of a compiled model: one for each output, with its weight in the sum, and how they are reported."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from .. import losses
from ..core.variable import Array
from . import structures

AUTOMATIC = ("crossentropy", "ce")
"""Names that stand for the cross-entropy that fits the labels."""


class OutputLoss(NamedTuple):
    """The loss of one output: on the a of a node, or from logits on its z.

    `place` is the output's, among the model's outputs; `weight` multiplies the loss in the sum.
    """

    loss: losses.Loss
    from_logits: bool
    node: int
    place: int = 0
    weight: float = 1.0


class UnknownOutputError(ValueError, KeyError):
    """A dict of losses has a key that no output has: a ValueError, as everywhere here, and a KeyError, as in Keras."""

    __str__ = ValueError.__str__


def is_nested(given: Any) -> bool:
    """Return whether a value is a structure of losses, weights or metrics, and no single one."""
    return isinstance(given, list | tuple) or (isinstance(given, dict) and "class_name" not in given)


def by_output(given: Any, names: list[str], form: Any, argument: str) -> list[list[Any]]:
    """Return the entries of each output: none, one, or several where a list stands for an output.

    Args:
        given: one entry for every output; a list in their order; a dict by their names; or the structure of the
            outputs (`form`), in which a list may stand at the place of an output.

    Raises:
        ValueError: the number of entries, or a name, is not the outputs'.
    """
    if not is_nested(given):
        return [[] if given is None else [given] for _ in names]
    if isinstance(given, dict) and set(given) <= set(names):
        return [_of_one(given.get(name), argument) for name in names]
    if isinstance(given, list | tuple) and len(given) == len(names):
        found = [own if is_nested(own) else [own] for own in given]
        if not any(is_nested(own) for entries in found for own in entries):
            return [_of_one(own, argument) for own in found]
    return list(_walk(given, form, names, argument))


def _walk(given: Any, form: Any, names: list[str], argument: str) -> Iterator[list[Any]]:
    """Yield the entries of each output, of a structure beside that of the outputs."""
    if not is_nested(form):
        yield _of_one(given, argument)
        return
    if not is_nested(given):
        yield from ([] if given is None else [given] for _ in structures.flattened(form))
    elif isinstance(form, dict) and isinstance(given, dict) and set(given) <= set(form):
        for key in structures.keys_of(form):
            yield from _walk(given.get(key), form[key], names, argument)
    elif isinstance(form, list | tuple) and isinstance(given, list | tuple) and len(given) == len(form):
        for own, part in zip(given, form, strict=True):
            yield from _walk(own, part, names, argument)
    else:
        raise _misfit(given, form, names, argument)


def _misfit(given: Any, form: Any, names: list[str], argument: str) -> ValueError:
    if isinstance(given, dict):
        known = set(form) if isinstance(form, dict) else set(names)
        unknown = next((key for key in given if key not in known), None)
        return UnknownOutputError(
            f"{argument} must have the names of outputs as keys, {', '.join(names)}; received {unknown!r}"
        )
    return ValueError(
        f"{argument} must hold one entry for each of the {len(names)} outputs, {', '.join(names)}; "
        f"received {len(given)}"
    )


def _of_one(given: Any, argument: str) -> list[Any]:
    """Return the entries of one output, of which None is none."""
    entries = list(given) if isinstance(given, list | tuple) else [given]
    for own in entries:
        if is_nested(own):
            raise ValueError(f"{argument} of one output must be an entry, or a list of entries; received {given!r}")
    return [own for own in entries if own is not None]


def leaves(given: Any) -> list[Any]:
    """Return the entries of a structure of losses, in Keras' order."""
    return structures.flattened(given, lambda own: not is_nested(own))


def weights(given: Any, losses: list[list[Any]], names: list[str], form: Any, loss: Any) -> list[list[float]]:
    """Return the weight of each loss of each output, 1 by default.

    Raises:
        ValueError: their number is not that of the losses. TypeError: one is no number.
    """
    for weight in leaves(given):
        if weight is not None and (isinstance(weight, bool) or not isinstance(weight, int | float)):
            raise TypeError(f"loss_weights must hold numbers; received {weight!r}")
    flat = leaves(given)
    if isinstance(given, list | tuple) and is_nested(loss) and len(flat) == len(leaves(loss)):
        rest = iter(flat)
        paired = structures.mapped(lambda _: next(rest), loss, lambda own: not is_nested(own))
        found = by_output(paired, names, form, "loss_weights")
    else:
        found = by_output(given, names, form, "loss_weights")
    for k, (own, wanted) in enumerate(zip(found, losses, strict=True)):
        if len(own) < 2:
            found[k] = (own or [1.0]) * len(wanted)
        elif len(own) != len(wanted):
            entries = "one entry" if len(wanted) < 2 else f"{len(wanted)} entries"
            raise ValueError(f"loss_weights must hold {entries} for output {names[k]}; received {len(own)}")
    return [[float(weight) for weight in own] for own in found]


def crossentropy(y: Array, output_shape: tuple[int | None, ...]) -> str:
    """Return the name of the cross-entropy that Keras chooses for these labels and this output."""
    if output_shape[-1] == 1:
        return "binary_crossentropy"
    sparse = y.ndim < len(output_shape) or y.shape[-1] == 1
    return "sparse_categorical_crossentropy" if sparse else "categorical_crossentropy"


def of_output(values: Any, index: int) -> Any:
    """Return the part of one output: of a tuple for several outputs, or the value itself."""
    return values[index] if isinstance(values, tuple) else values


def each(found: list[OutputLoss], y: Any, weight: Any) -> Iterator[tuple[OutputLoss, Any, Any]]:
    """Yield the loss of every output with its targets and sample weights."""
    for own in found:
        yield own, of_output(y, own.place), of_output(weight, own.place)
