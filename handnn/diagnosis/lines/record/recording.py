"""The mode that records: each hook does what the source says and writes it on the tape."""

import copy
import sys
from collections.abc import Callable, Iterable
from operator import add, getitem
from types import FrameType, GeneratorType
from typing import Any

import numpy as np

from .operations import (
    JOINERS,
    at,
    in_array,
    joined,
    method,
    not_in_place,
    overwrite,
    owner_of,
    part,
    same,
    with_words,
)
from .recorder import Plan, Planned, called, changed_by, fitted
from .sites import SITES
from .tape import Index, Ref, Tape, is_numeric

ITERATING = (zip, enumerate, reversed, list, tuple, iter, map)


class Recording(Planned):
    """The mode that records on `tape`; a plan may replace values at the same time."""

    def __init__(self, plan: Plan | None = None) -> None:
        super().__init__(plan or {})
        self.tape = Tape()

    def _ref(self, value: Any) -> Any:
        """Return a reference to a value as it is before a statement changes it."""
        return Ref(self.tape.node_of(value)) if is_numeric(value) else value

    def _done(
        self, k: int, value: Any, function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> Any:
        """Record what a site computed; return that, or what the plan puts in its place."""
        if is_numeric(value):
            self.tape.event(k, self.tape.made(value, function, arguments, named))
        elif isinstance(value, list | tuple | dict):
            self._parts(value, function, arguments, named)
        return self._planned(k, value, sys._getframe(2))

    def _parts(self, values: Any, function: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        """Record the parts of a result that is a list, such as that of `np.split`."""
        if function in (copy.deepcopy, copy.copy):
            for old, new in zip(_numbers(arguments[0]), _numbers(values), strict=False):
                self.tape.made(new, same, (old,), {})
        elif isinstance(values, list | tuple) and not hasattr(function, "__code__"):
            for i, each in enumerate(values):
                if is_numeric(each) and self.tape.known(each) is None:
                    self.tape.made(each, part(function, i), arguments, named)

    def _seen(self, k: int, value: Any) -> Any:
        if is_numeric(value):
            self.tape.event(k, self.tape.node_of(value))
        return self._planned(k, value, sys._getframe(2))

    def _planned(self, k: int, value: Any, frame: FrameType) -> Any:
        """Return what the plan puts in place of a value; a step that is added to it is recorded."""
        if k not in self.plan:
            return value
        new, added = self.plan[k].replace(value, frame), self.plan[k].added
        if added is not None and is_numeric(value):
            self.tape.made(new, add, (value, added), {})
        return new

    # --- expressions

    def apply(self, k: int, *operands: Any) -> Any:
        site, operator = SITES[k], SITES[k].operator
        assert operator is not None
        value = operator(*operands)
        if site.role in ("item", "attribute"):
            operands = in_array(*operands) if isinstance(operands[0], np.flatiter) else operands
            if isinstance(operands[0], JOINERS):
                return self._done(k, value, joined, operands, {})
            if not isinstance(operands[0], np.ndarray):
                return self._seen(k, value)
            operands = (operands[0], *(Index(copy.deepcopy(index)) for index in operands[1:]))
        return self._done(k, value, operator, operands, {})

    def call(self, k: int, function: Any, /, *arguments: Any, **named: Any) -> Any:
        if function in ITERATING:
            arguments = tuple([self._rows(a) for a in arguments])
        elif not hasattr(function, "__code__"):
            arguments = tuple([list(a) if isinstance(a, GeneratorType | zip | map) else a for a in arguments])
        change = self._change(function, arguments, named)
        value, arguments = called(function, arguments, named)
        if change is not None:
            array, record = change
            self.tape.event(k, record(), id(owner_of(array)))
            self._replaced(k, array, sys._getframe(1))
            return value
        owner = getattr(function, "__self__", None)
        if isinstance(owner, np.ndarray | np.generic):
            return self._done(k, value, method(function.__name__), (owner, *arguments), named)
        return self._done(k, value, function, arguments, named)

    def _change(
        self, function: Any, arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> tuple[Any, Callable[[], int]] | None:
        """Return the array that a call changes in place, and what records the change."""
        array = changed_by(function, arguments, named)
        if array is None:
            return None
        name = getattr(function, "__name__", "")
        if name == "at":
            old, index, *new = arguments
            refs = (self._ref(old), *map(self._ref, new), Index(copy.deepcopy(index)))
            return array, lambda: self.tape.changed(array, at(function.__self__), refs)
        if name == "fill":
            return array, lambda: self.tape.changed(array, same, (np.array(array),))
        inputs = tuple(map(self._ref, arguments[1:] if function is np.copyto else arguments))
        words = {word: a for word, a in named.items() if word != "out"}
        operation = same if function is np.copyto else with_words(function, words)
        return array, lambda: self.tape.changed(array, operation, inputs)

    def value(self, k: int, value: Any) -> Any:
        return self._seen(k, value)

    # --- statements that change something in place

    def augment(self, k: int, target: Any, value: Any) -> Any:
        operator, frame, box = SITES[k].operator, sys._getframe(1), [target]
        assert operator is not None
        refs = (self._ref(target), self._ref(value))
        if k not in self.plan or not self.plan[k].perform(box, 0, value, frame):
            box[0] = operator(target, value)
        self._augmented(k, target, box[0], not_in_place(operator), refs)
        return self._replaced(k, box[0], frame)

    def _augmented(self, k: int, old: Any, new: Any, function: Callable[..., Any], refs: tuple[Any, ...]) -> None:
        if new is old and isinstance(new, np.ndarray):
            self.tape.event(k, self.tape.changed(new, function, refs), id(owner_of(new)))
        elif is_numeric(new):
            self.tape.event(k, self.tape.made(new, function, refs, {}))

    def set_item(self, k: int, value: Any, container: Any, index: Any) -> None:
        container, index = in_array(container, index)
        value = fitted(container, index, value)
        frame, array = sys._getframe(1), isinstance(container, np.ndarray)
        refs = (self._ref(container), self._ref(value)) if array else ()
        if k not in self.plan or not self.plan[k].perform(container, index, value, frame):
            container[index] = value
        if array:
            self._overwritten(k, container, (*refs, Index(copy.deepcopy(index))), frame)

    def augment_item(self, k: int, container: Any, index: Any, value: Any) -> None:
        container, index = in_array(container, index)
        value = fitted(container, index, value)
        operator, frame = SITES[k].operator, sys._getframe(1)
        assert operator is not None
        array, old = isinstance(container, np.ndarray), container[index]
        new = self._ref(value)
        if not array:
            refs = (self._ref(old), new)
        else:
            whole, place = self._ref(container), Index(copy.deepcopy(index))
            before = self.tape.made(old, getitem, (whole, place), {})
        if k not in self.plan or not self.plan[k].perform(container, index, value, frame):
            container[index] = operator(old, value)
        if array:
            after = self.tape.made(np.array(container[index]), not_in_place(operator), (Ref(before), new), {})
            self._overwritten(k, container, (whole, Ref(after), place), frame)
        else:
            self._augmented(k, old, container[index], not_in_place(operator), refs)
            replaced = self._replaced(k, container[index], frame)
            if replaced is not container[index]:
                container[index] = replaced

    def _overwritten(self, k: int, container: Any, refs: tuple[Any, ...], frame: FrameType) -> None:
        self.tape.event(k, self.tape.changed(container, overwrite, refs), id(owner_of(container)))
        self._replaced(k, container, frame)

    def _replaced(self, k: int, value: Any, frame: FrameType) -> Any:
        """Put what the plan has in place of a value that a statement changed."""
        new = self.plan[k].replace(value, frame) if k in self.plan else value
        if new is value or not isinstance(value, np.ndarray) or np.shape(new) != value.shape:
            return new
        value[...] = new
        self.tape.changed(value, same, (np.array(value),))
        return value

    # --- names and loops

    def names(self, k: int, *values: Any) -> None:
        for name, value in zip((SITES[k].target or "").split(), values, strict=True):
            if isinstance(value, np.ndarray) and is_numeric(value) and self.tape.find(value) is None:
                self.tape.nodes[self.tape.source(value)].name = name

    def loop(self, k: int, items: Iterable[Any]) -> Iterable[Any]:
        return self._rows(self.plan[k].replace(items, sys._getframe(1)) if k in self.plan else items)

    def _rows(self, items: Iterable[Any]) -> Iterable[Any]:
        """Return the rows of an array, on the tape; anything else as it is."""
        if not isinstance(items, np.ndarray) or not is_numeric(items) or not items.ndim:
            return items
        rows = list(items)
        for i, row in enumerate(rows):
            self.tape.made(row, getitem, (items, Index(i)), {})
        return rows


def _numbers(tree: Any) -> list[Any]:
    """Return the numeric values in nested lists, tuples and dicts, in order."""
    if is_numeric(tree):
        return [tree]
    parts = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list | tuple) else ()
    return [number for each in parts for number in _numbers(each)]
