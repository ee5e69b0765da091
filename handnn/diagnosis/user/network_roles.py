"""What the arguments of a network's functions are, and the readings that are tried."""

import re
from collections.abc import Iterator
from typing import Any

from . import binding
from .making import _rule
from .program import Program
from .words import CACHE, CONTAINERS, INPUTS, LABELS, PREDICTED, RATES, TRAINING, bare, is_weight

ONCE = re.compile(r"(n_?|num_?|max_?)?(epochs?|iter(ation)?s?|steps)")


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


def role_of(name: str, names: list[str]) -> str:
    """Return what an argument of a network's function is."""
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
    if own in CONTAINERS and not any(n != name and is_weight(n) for n in names):
        return "container"
    if is_weight(name) and own not in ("v", "u"):
        return "weight"
    if own in LABELS and not (own == "y" and others & {"t", "d", "target", "targets", "label", "labels", "ytrue"}):
        return "y"
    if own in PREDICTED or own == "y" or re.fullmatch(r"(al|a\d|h\d|z\d|yhat|output\d?)", own):
        return "output"
    if own in ("hprev", "hprevious", "h0"):
        return "state"
    return "setting"


def sample_count(widths: list[int], wanted: int) -> int:
    return wanted if wanted else next(n for n in (6, 7, 8, 9, 10, 11, 12) if n not in widths)


def setting(name: str, widths: list[int]) -> Any:
    """Return a number for what is neither data nor weights: sizes, a penalty, layer sizes."""
    own = bare(name)
    if own in ("lambd", "lambda", "reg", "l2", "lam", "regularization", "regstrength", "weightdecay"):
        return 0.1
    if own in ("m", "n", "numsamples", "batchsize"):
        return 6
    if own in ("keepprob",):
        return 0.8
    if re.search("label|class|output|^k$", own):
        return widths[-1]
    if re.search("hid", own):
        return widths[1]
    if re.search("activ|verbose|print|debug", own):
        return False if "act" not in own else "tanh"
    if re.search("layers?dims|dims|sizes|layersizes", own):
        return list(widths)
    return widths[0] if re.search("in", own) else (_rule(name) or (1.0,))[0]
