"""A network in one line: widths, activations, loss. All commands and checks use this parser.

    widths [activation ...] [loss]           '4-5-3 tanh softmax categorical_crossentropy'

Widths run from input to output. One activation applies to the hidden layers, two to hidden and output layers; otherwise
there is one for each layer. Commas may replace spaces. The caller chooses what is omitted.
"""

import re
from difflib import get_close_matches
from typing import NamedTuple

from .. import activations, losses
from ..core.registry import nearest_or_all

OUTPUT_FOR = {
    "CategoricalCrossentropy": "softmax",
    "SparseCategoricalCrossentropy": "softmax",
    "BinaryCrossentropy": "sigmoid",
}
LOSS_FOR = {"softmax": "categorical_crossentropy", "sigmoid": "binary_crossentropy"}


class Description(NamedTuple):
    """A parsed line: all widths, the named activations, and the loss or ''."""

    widths: list[int]
    activations: list[str]
    loss: str

    @property
    def depth(self) -> int:
        """Number of layers with weights."""
        return len(self.widths) - 1

    def each_layer(self, hidden: str, output: str) -> list[str]:
        """Return one activation for each layer; `hidden` and `output` are the defaults."""
        if len(self.activations) == self.depth:
            return list(self.activations)
        first, last = [*self.activations, *[hidden, output][len(self.activations) :]]
        return [first] * (self.depth - 1) + [last]


def parse(text: str) -> Description:
    """Parse '4-5-3 tanh softmax categorical_crossentropy'.

    Raises:
        ValueError: a word is unknown, or the number of activations does not fit; the message suggests similar names.
    """
    first, *words = text.replace(",", " ").split() or [""]
    widths = parse_widths(first)
    if widths is None or len(widths) < 2:
        raise ValueError(
            f"the network must begin with its widths, integers >= 1 joined by '-', such as 4-5-3; received {text!r}"
        )
    found, loss = [], ""
    for i, word in enumerate(words):
        last = i == len(words) - 1
        if last and word in losses.losses:
            loss = word
        elif word in activations.activations:
            found.append(word)
        else:
            known = [*activations.activations.names, *losses.losses.names]
            nearest = get_close_matches(word, known, n=3, cutoff=0.4)
            raise ValueError(
                f"{word!r} in {text!r} is not an activation{', or a loss at the end' if last else ''}; "
                f"{nearest_or_all(nearest, [*activations.activations, *losses.losses])}"
            )
    if (len(found) > 2 and len(found) != len(widths) - 1) or (len(found) == 2 and len(widths) == 2):
        raise ValueError(f"{text!r} names {len(found)} activations for {len(widths) - 1} layers")
    return Description(widths, found, loss)


def parse_widths(text: str) -> list[int] | None:
    """Return the widths of '784-16-10', or None if the text is not positive integers joined by '-'."""
    if not re.fullmatch(r"[0-9]+(-[0-9]+)*", text) or any(int(width) == 0 for width in text.split("-")):
        return None
    return [int(width) for width in text.split("-")]


def complete(described: Description, hidden: str, output: str, loss: str) -> tuple[list[str], str]:
    """Return one activation for each layer, and the loss. 'auto' chooses an output or a loss that fits the other.

    Args:
        described: the parsed line. hidden, output, loss: the defaults.
    """
    loss, kinds = described.loss or loss, described.each_layer(hidden, output)
    if kinds[-1] == "auto":
        kinds[-1] = OUTPUT_FOR.get(type(losses.get(loss)).__name__, "linear") if loss != "auto" else "softmax"
        if loss == "auto" and described.widths[-1] == 1:
            kinds[-1] = "sigmoid"
    return kinds, LOSS_FOR.get(kinds[-1], "mean_squared_error") if loss == "auto" else loss


def loss_behind(output: str, name: str, dtype: str) -> losses.Loss:
    """Return the loss; after an output without activation, a cross-entropy takes logits."""
    found = losses.get(name, dtype=dtype)
    if output == "linear" and "from_logits" in found.get_config():
        return type(found)(**(found.get_config() | {"from_logits": True, "dtype": dtype}))
    return found
