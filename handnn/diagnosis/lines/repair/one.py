"""The variants of an expression by one small edit."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..subject import Array
from .edits import edits_of, everywhere
from .expression import Expression
from .scope import Scope
from .variants import Variant, ratio
from .versions import WHOLE, Versions

TOLERANCE = 1e-6


def by_one_edit(expression: Expression, scope: Scope, versions: Versions, target: Array | None = None) -> list[Variant]:
    """Return the variants of an expression by one small edit, the smallest first."""
    made = []
    for edit in edits_of(expression, scope):
        text = expression.with_edits(edit)
        told = versions.meaning(text)
        odd = 0.5 * edit.did.startswith("the term") - 0.15 if told is not None else 0.0  # x - x_before is no slip
        made.append(Variant(text, told or edit.did, edit.cost + odd, edit.line))
    made += [Variant(text, did, cost) for text, did, cost in everywhere(expression, scope)]
    made += _missing_terms(expression, scope, target)
    if versions.whole is not None:
        made = [replace(v, whole=versions.whole, did=v.did.replace(WHOLE, versions.whole)) for v in made]
    return sorted(made, key=lambda v: v.cost)


def _missing_terms(expression: Expression, scope: Scope, target: Array | None) -> Iterator[Variant]:
    """Yield the expression with c times an array added, where that is what is missing."""
    value = scope.value(expression.text)
    if target is None or value is None or np.shape(value) != target.shape:
        return
    for name, array in scope.numbers.items():
        c = ratio(array, target - value, TOLERANCE) if np.shape(array) == target.shape else None
        word = scope.spelled(c) if c else None
        if word is not None:
            term = name if word == "1" else f"{word} * {name}"
            yield Variant(f"{expression.text} + {term}", f"the term `{term}` missing", 1.35)
