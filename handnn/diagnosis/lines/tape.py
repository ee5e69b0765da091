"""The tape: every value of one run, with the operation and the values that it was computed from."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .operations import elements, gather, owner_of, same, scatter
from .sites import SITES, Site
from .subject import Array


@dataclass(frozen=True, slots=True)
class Ref:
    """A recorded value among the arguments of an operation."""

    node: int


@dataclass(frozen=True, slots=True)
class Index:
    """An index among the arguments of an operation: kept as it is."""

    index: Any


@dataclass(slots=True)
class Node:
    """A recorded value, or one state of an array that is changed in place."""

    value: Any
    function: Callable[..., Any] | None = None
    arguments: tuple[Any, ...] = ()
    named: dict[str, Any] = field(default_factory=dict)
    parents: tuple[int, ...] = ()
    name: str | None = None

    @property
    def array(self) -> Array:
        """The value as a plain array."""
        return np.asarray(self.value)


@dataclass(frozen=True, slots=True)
class Event:
    """A site had a value for the occurrence-th time; `owner` is the id of the array that a statement changed."""

    order: int
    site: int
    occurrence: int
    node: int
    owner: int = 0

    @property
    def place(self) -> Site:
        """The site."""
        return SITES[self.site]


def is_numeric(value: Any) -> bool:
    """Return whether a value is recorded: floats, and arrays and NumPy scalars of numbers."""
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.kind in "fciub"
    return isinstance(value, float | complex)


def held(value: Any) -> Any:
    """Return a copy that later changes in place do not reach."""
    return np.array(value, subok=True) if isinstance(value, np.ndarray) else value


class Tape:
    """Nodes, found by the identity of the objects that hold their values, and the events at sites."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.events: list[Event] = []
        self.leaves: dict[str, int] = {}
        self.split_at: int | None = None  # first node of the backward part
        self.split_event = 0
        self.output: int | None = None
        self._known: dict[int, tuple[int, int]] = {}  # id of an object: its node, the state of its memory then
        self._states: dict[int, int] = {}  # id of the owner of memory: how many times it was changed
        self._keep: list[Any] = []  # so that no id is used twice
        self._counts: dict[int, int] = {}

    def event(self, k: int, node: int, owner: int = 0) -> None:
        """Record that a site had a value."""
        occurrence = self._counts.get(k, 0)
        self._counts[k] = occurrence + 1
        self.events.append(Event(len(self.events), k, occurrence, node, owner))

    def register(self, value: Any, node: Node) -> int:
        """Add a node; the object is known by it from now on."""
        self.nodes.append(node)
        self._known[id(value)] = len(self.nodes) - 1, self._states.get(id(owner_of(value)), 0)
        self._keep.append(value)
        return len(self.nodes) - 1

    def source(self, value: Any, name: str | None = None) -> int:
        """Record a value that no operation made. A copy of a leaf is the leaf."""
        if name is None and isinstance(value, np.ndarray) and value.dtype.kind in "fc" and value.size:
            for leaf in self.leaves.values():
                known = self.nodes[leaf].array
                if known.shape == value.shape and np.array_equal(known, value):
                    return self.register(value, Node(held(value), same, (Ref(leaf),), {}, (leaf,)))
        return self.register(value, Node(held(value), name=name))

    def known(self, value: Any) -> int | None:
        """Return the node of an object whose value is the recorded one still."""
        found = self._known.get(id(value))
        if found is None or found[1] != self._states.get(id(owner_of(value)), 0):
            return None
        return found[0]

    def find(self, value: Any) -> int | None:
        """Return the node of an object or of the array it is a view of, None if neither is recorded."""
        node = self.known(value)
        owner = owner_of(value)
        if node is None and owner is not value and id(owner) in self._known:
            index = elements(value, owner)
            if index is not None:
                base = self._known[id(owner)][0]
                return self.register(value, Node(held(value), gather, (Ref(base), index), {}, (base,)))
        return node

    def node_of(self, value: Any) -> int:
        """Return the node of a numeric object, a new one if it comes from outside."""
        node = self.find(value)
        return self.source(value) if node is None else node

    def _reference(self, value: Any, parents: list[int]) -> Any:
        """Return an argument with every recorded value in it replaced by a reference."""
        if isinstance(value, Index):
            return value.index
        if isinstance(value, Ref):
            parents.append(value.node)
            return value
        if (isinstance(value, np.ndarray | np.generic) and is_numeric(value)) or id(value) in self._known:
            parents.append(self.node_of(value))
            return Ref(parents[-1])
        if type(value) in (list, tuple):
            return type(value)([self._reference(each, parents) for each in value])
        return value

    def _node(
        self, value: Any, function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> Node:
        parents: list[int] = []
        kept = tuple([self._reference(a, parents) for a in arguments])
        words = {name: self._reference(a, parents) for name, a in named.items()}
        return Node(held(value), function, kept, words, tuple(dict.fromkeys(parents)))

    def made(self, value: Any, function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> int:
        """Record the result of an operation; an object that is known already keeps its node."""
        known = self.known(value)
        return known if known is not None else self.register(value, self._node(value, function, arguments, named))

    def changed(self, container: Array, function: Callable[..., Any], arguments: tuple[Any, ...]) -> int:
        """Record the new state of an array that was changed in place, and of the array it is a view of."""
        owner = owner_of(container)
        before = self._known.get(id(owner))
        node = self._node(container, function, arguments, {})
        self._states[id(owner)] = self._states.get(id(owner), 0) + 1
        made = self.register(container, node)
        if owner is not container and before is not None:
            index = elements(container, owner)
            if index is not None:
                parts = (Ref(before[0]), Ref(made), index)
                self.register(owner, Node(held(owner), scatter, parts, {}, (before[0], made)))
        return made

    def fill(self, argument: Any, values: dict[int, Any] | None = None) -> Any:
        """Return an argument with the values of its references, or others in their place."""
        if isinstance(argument, Ref):
            if values is not None and argument.node in values:
                return values[argument.node]
            return self.nodes[argument.node].value
        if type(argument) in (list, tuple):
            return type(argument)([self.fill(each, values) for each in argument])
        return argument

    def compute(self, node: Node, values: dict[int, Any] | None = None) -> Any:
        """Do the operation of a node again, with other values for some of its parents."""
        assert node.function is not None
        words = {name: self.fill(a, values) for name, a in node.named.items()}
        return node.function(*(self.fill(a, values) for a in node.arguments), **words)

    def ancestors(self, *nodes: int) -> set[int]:
        """Return these nodes and all that they were computed from."""
        found: set[int] = set()
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            if node not in found:
                found.add(node)
                waiting.extend(self.nodes[node].parents)
        return found
