"""What of a file is judged as a part of something else: layers of a network, functions that others call."""

import inspect
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .call.subject import ProgramSubject
from .finding import Candidate
from .protocols import Plain
from .readings.ways import pair_of_methods
from .source.syntax import engine, mentioned, source_of
from .source.words import PROMISE

RUNS_LAYERS = re.compile(r"(?<!self)(?<!super\(\))\.(forward|backward|back_?prop|begin_update)\w*\(")
NOTHING = "it runs, but no derivative was found in what it returns or keeps"


@dataclass
class Unread:
    """What cannot be checked, and why in one line; of kind 'helper' if it claims no derivative by itself."""

    name: str
    kind: str
    why: str
    reference: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    target: Any = None


def as_helper(found: Unread, candidate: Candidate) -> Unread:
    """Return what could not be read, as kind 'helper' if it claims nothing by itself.

    What runs the layers that it is given has no derivation.
    """
    parts = candidate.target if isinstance(candidate.target, tuple) else (candidate.target,)
    target, named = parts[0], any(PROMISE.search(getattr(part, "__name__", "")) for part in parts)
    numbers = engine(target)
    promises = named or (inspect.isclass(target) and pair_of_methods(target)[1] is not None)
    if found.why == NOTHING and not promises and not candidate.name.startswith(f"{numbers and numbers.__name__}_"):
        return Unread(found.name, "helper", found.why)
    runs = candidate.kind in ("network", "layer") and numbers is None and RUNS_LAYERS.search(source_of(target))
    if runs and not _makes_layers(target):
        return Unread(found.name, "helper", f"it runs the layers that it is given; by itself: {found.why}")
    return found


def _makes_layers(target: Any) -> bool:
    """Return whether the constructor of a class makes objects of other classes of its file."""
    known = vars(sys.modules.get(getattr(target, "__module__", ""), re))
    own = {n for n, v in known.items() if inspect.isclass(v) and v.__module__ == target.__module__}
    return inspect.isclass(target) and bool(own & mentioned(target.__init__))


def callers_of(candidates: list[Candidate]) -> dict[str, set[str]]:
    """Return the candidates without a `handnn:` line that others call, with the names of those."""
    found: dict[str, set[str]] = {}
    silent = {c.name for c in candidates if c.directive is None}
    calls = {c.name: _mentioned_in(c) & silent - {c.name} for c in candidates}
    for name, inner in calls.items():
        for one in inner:
            found.setdefault(one, set()).add(name)
    for name in list(found):  # and what those call in turn
        for one in calls[name]:
            found.setdefault(one, set()).update(found[name])
    return found


def _mentioned_in(candidate: Candidate) -> set[str]:
    """Return the names that the functions, or the class, of a candidate mention."""
    parts = candidate.target if isinstance(candidate.target, tuple) else (candidate.target,)
    known = (part for part in parts if inspect.isfunction(part) or inspect.isclass(part))
    return set().union(*map(mentioned, known))


def parts_of_others(
    parts: Sequence[ProgramSubject | Unread], callers: Mapping[str, set[str]], judged: Mapping[str, Any],
    told: Collection[str], begin: Callable[[str], None],
) -> Iterator[ProgramSubject | Unread]:  # fmt: skip
    """Yield as helpers what is judged where it is used, anything else as it is.

    Args:
        parts: layers that are partly right, and what could not be read. callers: by name, what uses it.
        judged: what could be read, by name. told: of what there is a verdict. begin: is called with each name.
    """
    for found in parts:
        begin(found.name)
        if isinstance(found, Unread):
            whole = sorted(callers[found.name] & set(told))
            why = f"judged where it is called; by itself: {found.why}"
        else:
            whole = [name for name in sorted(callers[found.name] & set(judged)) if _shows(judged[name], found)]
            why = f"judged as a part of {', '.join(whole)}"
        yield Unread(found.name, "helper", why) if whole else found


def _shows(whole: Any, part: ProgramSubject) -> bool:
    """Return whether something is right and would not be if a part of it, a layer, handed on something else.

    A layer may be wrong by itself and right there: its gradients are means, or it hands on what another wants. But
    what the first layer hands on shows nowhere.
    """
    if not isinstance(whole, ProgramSubject):
        return False
    if not inspect.isclass(part.target):  # functions that share lines with it
        return True
    if set(whole.right) < set(whole.claimed):
        return False
    wrong = {leaf.places[0][0][1] for leaf in part.parts if leaf.name in set(part.claimed) - set(part.right)}
    back = pair_of_methods(part.target)[1]
    if "arguments" not in wrong or back is None:
        return True
    own, original = back in vars(part.target), getattr(part.target, back)

    def other(self: Any, *given: Any, **named: Any) -> Any:
        return _other(original(self, *given, **named))

    setattr(part.target, back, other)
    try:
        changed = whole.run(Plain())[1]
    except Exception:  # a user's code may raise anything
        return True
    finally:
        setattr(part.target, back, original) if own else delattr(part.target, back)
    as_it_is = whole.run(Plain())[1]
    return any(not np.array_equal(as_it_is[name], changed[name]) for name in as_it_is)


def _other(returned: Any) -> Any:
    """Return twice what a method returned."""
    if isinstance(returned, tuple | list):
        return type(returned)(map(_other, returned))
    return 2 * returned if isinstance(returned, np.ndarray | float) else returned
