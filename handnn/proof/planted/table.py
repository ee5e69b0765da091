"""All plants, and the page docs/planted.md."""

from collections.abc import Sequence

from . import attention, convolution, pooling, recurrent
from .base import Found

PLANTS = [*convolution.PLANTS, *pooling.PLANTS, *recurrent.PLANTS, *attention.PLANTS]
FAMILIES = ("convolution", "pooling", "recurrent", "attention")
HEAD = """
# Where `verify` sees a mistake

Written by `python -m handnn.proof.planted --write`. Each mistake is planted alone in handnn's own code, in a small
network, and `verify_model` runs every step from Keras' own tensors. *Seen at* is the first tensor that leaves its
allowance, *and at* the others that the same step computes from it; no other tensor is off. `delta forget` is the
residual of a gate at every step of time, `dh before` what a step hands back.
`tests/proof/test_planted.py::test_a_mistake_is_located` plants them in the suite.
""".strip()


def totals(found: Sequence[Found]) -> str:
    """Return how many were located."""
    return f"{sum(own.located for own in found)} of {len(found)} planted mistakes located at their tensor"


def page(found: Sequence[Found]) -> str:
    """Return the page."""
    lines = [HEAD, "", f"{totals(found)}."]
    for family in FAMILIES:
        lines += ["", f"## [{family.capitalize()}](derivations/{family}.md)", ""]
        lines += ["| mistake | planted in | seen at | and at |", "| --- | --- | --- | --- |"]
        for own in found:
            if own.plant.family == family:
                rest = ", ".join(sorted(where.split(" ", 1)[1] for where in own.every - {own.first}))
                where = own.first + ("" if own.located else " (NOT located)")
                lines.append(f"| {own.plant.name} | `{place(own)}` | {where} | {rest} |")
    return "\n".join(lines) + "\n"


def place(found: Found) -> str:
    """Return 'Class.function' or 'module.function'."""
    return f"{found.plant.owner.__name__.rpartition('.')[2]}.{found.plant.attribute}"
