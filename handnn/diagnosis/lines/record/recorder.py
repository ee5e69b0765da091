"""The switchboard that rewritten code calls: each operation passes through the mode that is switched on.

Rewritten code calls `__r__.apply(site, left, right)` for `left + right`, and so on. Off, an operation costs
two Python calls more. A mode may replace values (`Planned`) or record them as well (`recording.Recording`).
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import numpy as np

from .sites import SITES

HOOKS = ("apply", "compare", "call", "value", "augment", "set_item", "augment_item", "names", "loop")


class Action:
    """What a plan does at one site.

    Attributes:
        added: what it adds to the value, so that a tape can follow it; None for a value of another origin.
    """

    added: float | None = None

    def start(self) -> None:
        """Prepare for a new run."""

    def replace(self, value: Any, frame: FrameType) -> Any:
        """Return the value to use in place of this one."""
        return value

    def perform(self, container: Any, index: Any, value: Any, frame: FrameType) -> bool:
        """Do a statement in another way; return False to have it done as it is written."""
        return False


class Both(Action):
    """Two actions at a site, one after the other; the first has begun already."""

    def __init__(self, first: Action, second: Action) -> None:
        self.first, self.second, self.added = first, second, first.added

    def start(self) -> None:
        self.second.start()

    def replace(self, value: Any, frame: FrameType) -> Any:
        return self.second.replace(self.first.replace(value, frame), frame)

    def perform(self, container: Any, index: Any, value: Any, frame: FrameType) -> bool:
        return self.first.perform(container, index, value, frame)


class Catch(Action):
    """Keep every value of a site in a list."""

    def __init__(self, values: list[Any]) -> None:
        self.values = values

    def replace(self, value: Any, frame: FrameType) -> Any:
        self.values.append(value)
        return value


Plan = Mapping[int, Action]


NUMBERS = "0-dimensional arrays can be converted"
"""What NumPy 2.4 says of code that takes arrays of one element for numbers, as it did itself before."""


def number(value: Any) -> Any:
    """Return an array of one element as one without axes; other values as they are."""
    return value.reshape(()) if isinstance(value, np.ndarray) and value.size == 1 and value.ndim else value


def fitted(container: Any, index: Any, value: Any) -> Any:
    """Return what is put at an index: the number of an array of one element where there is room for a number."""
    if not (isinstance(value, np.ndarray) and value.size == 1 and value.ndim and isinstance(container, np.ndarray)):
        return value
    return value if np.ndim(container[index]) else number(value)


def called(function: Any, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> tuple[Any, tuple[Any, ...]]:
    """Call a function; return what it gives and its arguments, in which arrays of one element may be numbers."""
    try:
        return function(*arguments, **named), arguments
    except SystemExit as error:  # exit() where an argument is not what is meant
        raise RuntimeError(f"SystemExit: {error.code}") from error
    except TypeError as error:
        own = hasattr(function, "__code__") or (isinstance(function, type) and function.__module__ != "builtins")
        if own or NUMBERS not in str(error):
            raise
        numbers = tuple(map(number, arguments))
        return function(*numbers, **named), numbers


class Planned:
    """The mode that does what the source says, but for the sites of a plan, whose values it replaces.

    At a statement that changes an array in place the array as a whole, after the change, is the value.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        for action in plan.values():
            action.start()

    def names(self, k: int, *values: Any) -> None:
        """The arguments of a function at its start."""

    def loop(self, k: int, items: Iterable[Any]) -> Iterable[Any]:
        """What a loop runs over."""
        return self.plan[k].replace(items, sys._getframe(1)) if k in self.plan else items

    def _seen(self, k: int, value: Any) -> Any:
        return self.plan[k].replace(value, sys._getframe(2)) if k in self.plan else value

    def apply(self, k: int, *operands: Any) -> Any:
        """Left (op) right, -operand, container[index], owner.T."""
        return self._seen(k, SITES[k].operator(*operands))  # type: ignore[misc]

    def compare(self, k: int, left: Any, right: Any) -> Any:
        """Left < right and the like."""
        return SITES[k].operator(left, right)  # type: ignore[misc]

    def call(self, k: int, function: Any, /, *arguments: Any, **named: Any) -> Any:
        """function(*arguments, **named)."""
        value, arguments = called(function, arguments, named)
        array = changed_by(function, arguments, named) if k in self.plan else None
        if array is None:
            return self._seen(k, value)
        put(array, self.plan[k].replace(array, sys._getframe(1)))
        return value

    def value(self, k: int, value: Any) -> Any:
        """A name or another expression that is assigned or returned."""
        return self._seen(k, value)

    def augment(self, k: int, target: Any, value: Any) -> Any:
        """Target += value; return what the target is then."""
        if k not in self.plan:
            return SITES[k].operator(target, value)  # type: ignore[misc]
        frame = sys._getframe(1)
        box = [target]
        if not self.plan[k].perform(box, 0, value, frame):
            box[0] = SITES[k].operator(target, value)  # type: ignore[misc]
        return put(box[0], self.plan[k].replace(box[0], frame))

    def set_item(self, k: int, value: Any, container: Any, index: Any) -> None:
        """container[index] = value."""
        value = fitted(container, index, value)
        if k not in self.plan or not self.plan[k].perform(container, index, value, sys._getframe(1)):
            container[index] = value
        if k in self.plan and isinstance(container, np.ndarray):
            put(container, self.plan[k].replace(container, sys._getframe(1)))

    def augment_item(self, k: int, container: Any, index: Any, value: Any) -> None:
        """container[index] += value."""
        value = fitted(container, index, value)
        if k not in self.plan or not self.plan[k].perform(container, index, value, sys._getframe(1)):
            container[index] = SITES[k].operator(container[index], value)  # type: ignore[misc]
        if k not in self.plan:
            return
        if isinstance(container, np.ndarray):
            put(container, self.plan[k].replace(container, sys._getframe(1)))
        else:
            container[index] = self.plan[k].replace(container[index], sys._getframe(1))


def changed_by(function: Any, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
    """Return the array that a call changes in place: `np.add.at`, `np.copyto`, `a.fill`, `out=`; None for others."""
    owner, name = getattr(function, "__self__", None), getattr(function, "__name__", "")
    if (name == "at" and isinstance(owner, np.ufunc)) or function is np.copyto:
        array = arguments[0]
    elif name == "fill":
        array = owner
    else:
        array = named.get("out")
    return array if isinstance(array, np.ndarray) else None


def put(old: Any, new: Any) -> Any:
    """Write a replacement into the array that it replaces, so that every name of it sees it."""
    if new is old or not isinstance(old, np.ndarray) or np.shape(new) != old.shape or not old.flags.writeable:
        return new
    old[...] = new
    return old


PLAIN = Planned({})


class Recorder:
    """What `__r__` is in a rewritten module: the hooks of the mode that is on."""

    def __init__(self) -> None:
        self.use(PLAIN)

    def use(self, mode: Planned) -> None:
        """Let every operation pass through this mode."""
        self.mode = mode
        for hook in HOOKS:
            setattr(self, hook, getattr(mode, hook))

    @contextmanager
    def using(self, mode: Planned) -> Iterator[None]:
        """Switch a mode on for a while."""
        before = self.mode
        self.use(mode)
        try:
            yield
        finally:
            self.use(before)

    @contextmanager
    def planning(self, plan: Plan) -> Iterator[None]:
        """Let the mode that is on follow another plan as well for a while, after its own."""
        mode, own = self.mode, self.mode.plan
        more = {k: Both(own[k], action) if k in own else action for k, action in plan.items()}
        for action in more.values():
            action.start()
        mode.plan = {**own, **more}
        try:
            yield
        finally:
            mode.plan = own


RECORDER = Recorder()
