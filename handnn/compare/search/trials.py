"""The trials of each optimizer, the same number for all: points of a grid, or of Sobol's sequence."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ...specs import optimizer as optimizer_spec
from .space import ranges, rate_range

SEARCHES = ("grid", "sobol")
SOBOL_TRIALS = 16
"""Trials of a quasi-random search unless a number is given: a power of 2 keeps Sobol's sequence balanced."""
EXTENSION = 4
"""Learning rates that a grid may get beyond its edge, for each optimizer, unless a number is given."""


def chosen(
    labels: Iterable[str],
    search: str = "grid",
    count: int | None = None,
    step: float = 0.5,
    given: Sequence[float] | None = None,
    extend: int | None = None,
) -> dict[str, Any]:
    """Return the fields of a `Plan` that say what is tried: search, rates, options, defaults and extend.

    Args:
        search: "grid" or "sobol". count: trials of each optimizer, 5 of a grid and 16 of Sobol's sequence by default.
        step: distance of two rates of a grid in decades.
        given: the rates of the grid; of Sobol's sequence, the lowest and the highest are the ends of its range.
        extend: how many rates a grid may get beyond its edge; by default 4, and none where the rates are given.

    Raises:
        ValueError: an argument is not one of these.
    """
    names = list(labels)
    if search not in SEARCHES:
        raise ValueError(f"search must be {' or '.join(SEARCHES)}; received {search!r}")
    if given is not None and search == "sobol" and len(set(given)) < 2:
        raise ValueError(f"learning rates of search sobol must be its lowest and its highest; received {given}")
    defaults = {label: optimizer_spec.default_rate(label) for label in names}
    if search == "sobol":
        if extend:
            raise ValueError(f"extend is for a grid, not for search sobol; received {extend}")
        found = {label: sobol(label, count or SOBOL_TRIALS, tuple(given or ()), defaults[label]) for label in names}
        rates = {label: tuple(rate for rate, _ in own) for label, own in found.items()}
        options = {label: tuple(option for _, option in own) for label, own in found.items()}
        return {"search": search, "rates": rates, "options": options, "defaults": defaults}
    if given is not None:
        rates = dict.fromkeys(names, tuple(sorted(map(float, given))))
    else:
        rates = {label: optimizer_spec.grid(optimizer_spec.usual_rate(label), count or 5, step) for label in names}
    allowed = (EXTENSION if given is None else 0) if extend is None else extend
    return {"search": search, "rates": rates, "defaults": defaults, "extend": allowed}


def sobol(
    label: str, count: int, given: tuple[float, ...] = (), taken: float = math.nan
) -> list[tuple[float, dict[str, float]]]:
    """Return `count` trials (learning rate, options), sorted by rate; no two have the same rate, none has `taken`.

    Owen's scrambling with a fixed seed; Sobol (1967), Bergstra and Bengio (2012) on why not a grid.
    """
    from scipy.stats import qmc  # 0.5 s to import

    searched = {"learning_rate": rate_range(label, given), **ranges(label)}
    sequence = qmc.Sobol(len(searched), scramble=True, rng=np.random.default_rng(0))
    points = sequence.random_base2(math.ceil(math.log2(count)) if count > 1 else 0)[:count]
    found: dict[float, dict[str, float]] = {}
    for point in points:
        options = {name: own.at(float(share)) for (name, own), share in zip(searched.items(), point, strict=True)}
        rate = options.pop("learning_rate")
        while rate in found or rate == taken:  # a trial is known by its rate
            rate = optimizer_spec.rounded(rate * 1.01)
        found[rate] = options
    return sorted(found.items(), key=lambda trial: trial[0])
