"""One entry of the bank: a mistake that people make, as a replacement of one step.

`wrong(at, right)` gives the wrong result from what the step may read: `replay.At` in a network, `activation.Spot` or
`loss.Spot` where an activation or a loss is checked alone.
"""

from collections.abc import Callable
from typing import Any

from ...core.registry import Registry

mistakes: Registry["Mistake"] = Registry("mistake")
"""Those in the steps of a network, which `search` replays."""
activation_mistakes: Registry["Mistake"] = Registry("mistake in an activation")
loss_mistakes: Registry["Mistake"] = Registry("mistake in a loss")
optimizer_mistakes: Registry["Mistake"] = Registry("optimizer mistake")
optimizer_variants: Registry["Mistake"] = Registry("optimizer variant")
"""Rules that are published somewhere: another convention, not a mistake."""

REGISTRIES = {
    "network": mistakes,
    "activation": activation_mistakes,
    "loss": loss_mistakes,
    "optimizer": optimizer_mistakes,
}
"""Every known mistake, by what it is made in."""


class Mistake:
    """A known mistake.

    Attributes:
        name: short, in words.
        step: the step that it replaces, see `replay`.
        because: one line that says what happened.
        wrong_line, right_line: the line of mathematics as it was and as it should be.
        equivalent: where the mistake makes no difference, in words; empty if it always does.
    """

    def __init__(
        self,
        name: str,
        step: str,
        wrong: Callable[[Any, Any], Any],
        wrong_line: str,
        right_line: str,
        because: str,
        applies: Callable[[Any], bool] = lambda at: True,
        equivalent: str = "",
    ) -> None:
        self.name, self.step, self.wrong, self.because = name, step, wrong, because
        self.wrong_line, self.right_line, self.equivalent = wrong_line, right_line, equivalent
        self.applies = applies

    def __repr__(self) -> str:
        return f"<Mistake {self.name}>"


def mistake(
    name: str, step: str, wrong_line: str, right_line: str, because: str, made_in: str = "network", **options: Any
) -> Any:
    """Register the decorated function (at, right) -> wrong as a mistake made in a network, an activation or a loss."""

    def add(wrong: Callable[[Any, Any], Any]) -> Mistake:
        return REGISTRIES[made_in].add(Mistake(name, step, wrong, wrong_line, right_line, because, **options), name)

    return add
