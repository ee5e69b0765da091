"""Many trials: how often an enclosure was violated, and how much wider than the errors it is, for each rule."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from .catalogue import CASES, WHOLE
from .emulated import Arithmetic
from .trial import Trial, trial

FORMATS = ("float16", "bfloat16", "float32", "float64", "tf32", "float8_e4m3fn", "float8_e5m2")
MIXED = (
    Arithmetic("bfloat16", "float32"),
    Arithmetic("float16", "float32"),
    Arithmetic("float32", "float64"),
    Arithmetic("float8_e4m3fn", "float32"),
    Arithmetic("float32", order="sequential"),
    Arithmetic("float32", order="tree"),
    Arithmetic("float32", order="blocked:8"),
    Arithmetic("bfloat16", "float32", "blocked:8"),
    Arithmetic("float32", order="sequential", fma=True),
)
WITHOUT_NEIGHBOURS = ("tf32",)
"""Formats without `np.nextafter`, so without stochastic arithmetic."""
STOCHASTIC_RUNS = 8
STOCHASTIC_ROUNDS = 2


class Found(NamedTuple):
    """All trials of a rule in one arithmetic."""

    elements: int
    compared: int
    violations: int
    unknown: int
    ratios: np.ndarray[Any, Any]
    spread: np.ndarray[Any, Any]


def combinations() -> Iterator[tuple[str, Arithmetic]]:
    """Yield every rule with every arithmetic that matters to it."""
    for name in CASES:
        yield from ((name, Arithmetic(dtype)) for dtype in FORMATS)
        if name in WHOLE:
            yield from ((name, own) for own in MIXED)


def run(
    count: int, seed: int = 0, shown: Callable[[str], None] = lambda line: None
) -> tuple[dict[tuple[str, str], Found], list[str]]:
    """Try until `count` elements were evaluated; return what was found, and the first violations in words."""
    kept: dict[tuple[str, str], list[Trial]] = defaultdict(list)
    done, rounds, said, began = 0, 0, [], time.monotonic()
    while done < count:
        for k, (name, own) in enumerate(combinations()):
            rng = np.random.default_rng((seed, rounds, k))
            random = rounds < STOCHASTIC_ROUNDS and own.dtype not in WITHOUT_NEIGHBOURS
            found = trial(CASES[name], own, rng, STOCHASTIC_RUNS if random else 0)
            if found is not None:
                done += found.elements
                kept[name, own.name].append(found)
                said += [f"{name}, {own.name}: {found.first}"] if found.violations else []
        rounds += 1
        shown(f"round {rounds}: {done:,} elements in {time.monotonic() - began:.0f} s, {len(said)} trials violated")
    return {key: _joined(trials) for key, trials in kept.items()}, said


def _joined(trials: list[Trial]) -> Found:
    sums = [sum(getattr(t, name) for t in trials) for name in ("elements", "compared", "violations", "unknown")]
    ratios, spread = (np.concatenate([getattr(t, name) for t in trials]) for name in ("ratios", "spread"))
    return Found(sums[0], sums[1], sums[2], sums[3], ratios, spread)
