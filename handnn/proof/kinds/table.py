"""All kinds of model, and the page docs/kinds-of-model.md."""

from collections.abc import Sequence

from . import pictures, points, sequences, tables  # noqa: F401  each registers its kinds
from .base import Result, kinds

HEAD = """
# Which models run

Written by `python -m handnn.proof.kinds --write`. These are the kinds of network that keras.io's examples train with
plain `fit`, without a layer, a loop or a pretrained network of their own; what is done to the data before the network
is left out. Each was built small in this project's own code (`handnn/proof/kinds`), trained for two steps, and every
tensor of both steps was held against Keras. The suite runs them too: `tests/proof/test_kinds.py`.
""".strip()


def counted(found: Sequence[Result]) -> str:
    """Return how many are verified."""
    return f"{sum(own.ok for own in found)} of {len(found)} kinds of model build, train and verify"


def page(found: Sequence[Result]) -> str:
    """Return the page."""
    lines = [HEAD, "", f"{counted(found)}.", "", "| model | layers | tensors | worst error / allowance |"]
    lines += ["| --- | --- | ---: | ---: |"]
    for own in found:
        about = " ".join((kinds[own.name].__doc__ or "").split()).rstrip(".")
        numbers = f"{own.tensors} | {own.worst:.3f}" if own.ok else f"| not: {own.wrong}"
        lines.append(f"| {about} | {', '.join(own.layers)} | {numbers} |")
    return "\n".join(lines) + "\n"
