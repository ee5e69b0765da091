"""Initializer, regularizer and constraint of each weight, read from arguments and written into configs."""

from typing import Any

from .. import constraints, initializers, regularizers

KINDS: tuple[tuple[str, Any], ...] = (
    ("initializer", initializers),
    ("regularizer", regularizers),
    ("constraint", constraints),
)
Rules = dict[str, tuple[Any, Any, Any]]
"""By the prefix of the arguments: 'kernel' for kernel_initializer, kernel_regularizer and kernel_constraint."""


def of_arguments(given: dict[str, Any], *names: str) -> Rules:
    """Return the rules of the weights of these prefixes from a constructor's arguments by name (its `locals()`)."""
    return {name: tuple(given[f"{name}_{kind}"] for kind, _ in KINDS) for name in names}


def read(given: Rules) -> Rules:
    """Return the objects that the arguments name."""
    return {
        name: (initializers.get(initializer), regularizers.get(regularizer), constraints.get(constraint))
        for name, (initializer, regularizer, constraint) in given.items()
    }


def by_argument(rules: Rules) -> dict[str, Any]:
    """Return {argument: object}: kernel_initializer, bias_constraint, ...."""
    return {f"{name}_{kind}": own for name, rule in rules.items() for (kind, _), own in zip(KINDS, rule, strict=True)}


def config(rules: Rules) -> dict[str, Any]:
    """Return {argument: Keras' serialised form}."""
    written = {}
    for name, rule in rules.items():
        for (kind, family), own in zip(KINDS, rule, strict=True):
            written[f"{name}_{kind}"] = family.serialize(own)
    return written
