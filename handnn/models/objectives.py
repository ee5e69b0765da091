"""The losses of a compiled model: one for each output, with its weight in the sum, and how they are reported."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from .. import losses
from ..core.variable import Array

AUTOMATIC = ("crossentropy", "ce")
"""Names that stand for the cross-entropy that fits the labels."""


class OutputLoss(NamedTuple):
    """The loss of one output: on the a of a node, or from logits on its z.

    `index` is the output's, among the model's outputs; `weight` multiplies the loss in the sum.
    """

    loss: losses.Loss
    from_logits: bool
    node: int
    index: int = 0
    weight: float = 1.0


def by_output(given: Any, names: list[str], argument: str, leaf: Any) -> list[Any]:
    """Return one entry per output, from a list in their order, a dict by their names, or one entry for all.

    Args:
        leaf: says whether a value is an entry itself, though it is a list or dict.

    Raises:
        ValueError: the number of entries, or a name, is not the outputs'.
    """
    if given is None or leaf(given):
        return [given] * len(names)
    if isinstance(given, dict):
        unknown = sorted(set(given) - set(names))
        if unknown:
            raise ValueError(
                f"{argument} must have the names of outputs as keys, {', '.join(names)}; received {unknown[0]!r}"
            )
        return [given.get(name) for name in names]
    if isinstance(given, list | tuple):
        if len(given) != len(names):
            raise ValueError(
                f"{argument} must hold one entry for each of the {len(names)} outputs, {', '.join(names)}; "
                f"received {len(given)}"
            )
        return list(given)
    return [given] * len(names)


def is_loss(given: Any) -> bool:
    return not isinstance(given, list | tuple | dict) or (isinstance(given, dict) and "class_name" in given)


def weights(given: Any, names: list[str]) -> list[float]:
    """Return the weight of each output's loss, 1 by default; raise ValueError or TypeError if one is no number."""
    found = by_output(given, names, "loss_weights", lambda value: isinstance(value, int | float))
    for weight in found:
        if weight is not None and (isinstance(weight, bool) or not isinstance(weight, int | float)):
            raise TypeError(f"loss_weights must hold numbers; received {weight!r}")
    return [1.0 if weight is None else float(weight) for weight in found]


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
        yield own, of_output(y, own.index), of_output(weight, own.index)
