"""A place in an expression where an edit may be made."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .expression import Edit, Expression
from .scope import Scope


@dataclass(frozen=True)
class Place:
    """A node of an expression, with what its line can name. `called` are the nodes that are functions."""

    expression: Expression
    node: Any
    scope: Scope
    called: frozenset[ast.expr]

    @property
    def text(self) -> str:
        """The text of the node."""
        return self.expression.of(self.node)

    @property
    def tight(self) -> str:
        """The text of the node as an operand."""
        return self.expression.bracketed(self.node)

    @property
    def is_atom(self) -> bool:
        """Whether the node is a name, an attribute or an item."""
        return isinstance(self.node, ast.Name | ast.Attribute | ast.Subscript) and self.node not in self.called

    @property
    def is_value(self) -> bool:
        """Whether the node is a number or an array, as far as it is known: `np.r_` is none, and never ends."""
        if self.is_atom:
            return self.scope.value(self.text) is not None
        return isinstance(self.node, ast.BinOp | ast.UnaryOp | ast.Call)

    def put(self, new: str, did: str, cost: float) -> Edit:
        """Return the edit that puts a text in place of the node."""
        return self.expression.edit(self.node, new, did, cost)

    def swap(self, new: str, cost: float) -> Edit:
        """Return the edit that puts a text where the user wrote another."""
        return self.put(new, f"`{self.text}` where `{new}` belongs", cost)

    def at(self, node: ast.expr) -> "Place":
        """Return the place of another node."""
        return Place(self.expression, node, self.scope, self.called)


Edits = Iterator[Edit]


def places(expression: Expression, scope: Scope) -> Iterator[Place]:
    """Yield the places of an expression."""
    called = frozenset(node.func for node in ast.walk(expression.tree) if isinstance(node, ast.Call))
    for node in ast.walk(expression.tree):
        if isinstance(node, ast.expr) and not isinstance(node, ast.Tuple | ast.Slice):
            yield Place(expression, node, scope, called)
