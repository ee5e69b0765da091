"""What the arguments of a network's functions are, and the readings that are tried."""

import re
from collections.abc import Iterator
from typing import Any

from ..call import binding
from ..call.making import rule_of
from ..call.program import Program
from ..source.words import CACHE, CONTAINERS, INPUTS, LABELS, PREDICTED, RATES, TRAINING, bare, is_weight

ONCE = re.compile(r"(n_?|num_?|max_?)?(epochs?|iter(ation)?s?|steps)")


OTHER_LABELS = {"t", "d", "target", "targets", "label", "labels", "ytrue"}


class Tries:
    """Passes readings on and swallows what those raise that do not fit; `tell` raises the first if none did."""

    def __init__(self) -> None:
        self.first: Exception | None = None
        self.any = False

    def __call__(self, readings: Iterator[Program]) -> Iterator[Program]:
        try:
            for program in readings:
                self.any = True
                yield program
        except Exception as error:  # a user's code may raise anything
            self.first = self.first or error

    def tell(self) -> None:
        """Raise what the first reading raised, if there was none that runs."""
        if not self.any and self.first is not None:
            raise self.first


def needed_by(function: Any) -> list[Any]:
    return [p for p in binding.parameters(function) if p.default is p.empty or bare(p.name) in ("y", "labels")]


def role_of(name: str, names: list[str]) -> str:  # noqa: PLR0911 (one return a role)
    """Return what an argument of a network's function is: x, y, weight, container (of weights), output, cache, ..."""
    own, others = bare(name), {bare(n) for n in names if n != name}
    if own in RATES:
        return "rate"
    if own in TRAINING:
        return "flag"
    if ONCE.fullmatch(name.lower()):
        return "once"
    if own in ("x", "inputs", "input", "data", "img", "image") or (own in INPUTS and not is_weight(name)):
        return "x"
    if own in CACHE:
        return "cache"
    if "num" not in own and own not in PREDICTED:
        if re.search("(inputs?|features|samples)$", own) and not own.startswith(("n", "d", "w")):
            return "x"
        if re.search("(outputs|targets?|labels?|expected)$", own) and len(own) > 8:
            return "y"
    if own in CONTAINERS and not any(n != name and is_weight(n) for n in names):
        return "container"
    if is_weight(name) and own not in ("v", "u"):
        return "weight"
    if own in LABELS and not (own == "y" and others & OTHER_LABELS):
        return "y"
    if own in PREDICTED or own == "y" or re.fullmatch(r"(al|a\d|h\d|z\d|yhat|output\d?)", own):
        return "output"
    return "state" if own in ("hprev", "hprevious", "h0") else "setting"


def sample_count(widths: list[int], wanted: int) -> int:
    return wanted if wanted else next(n for n in (6, 7, 8, 9, 10, 11, 12) if n not in widths)


SETTINGS = (
    (r"lambd|lambda|reg|l2|lam|regularization|regstrength|weightdecay", 0.1), (r"m|n|numsamples|batchsize", 6),
    (r"keepprob", 0.8), (r".*(verbose|print|debug).*", False), (r".*act.*", "tanh"),
)  # fmt: skip


def setting(name: str, widths: list[int]) -> Any:
    """Return a value for what is neither data nor weights: sizes, a penalty, layer sizes."""
    own = bare(name)
    known = next((value for pattern, value in SETTINGS if re.fullmatch(pattern, own)), None)
    if known is not None:
        return known
    if re.search("layers?dims|dims|sizes|layersizes", own):
        return list(widths)
    place = -1 if re.search("label|class|output|^k$", own) else 1 if "hid" in own else 0 if "in" in own else None
    return widths[place] if place is not None else (rule_of(name) or (1.0,))[0]
