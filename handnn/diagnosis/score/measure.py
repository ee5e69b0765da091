"""How good the diagnosis is, measured: `python -m handnn.diagnosis.score --tries 2000 --jobs 2`.

Correct derivations in random conventions must never be called wrong. Each mistake of the bank, planted where it makes a
difference, must be detected, at the right layer and tensor, by its right name; pairs too. With a mistake taken out of
the bank it must be called unknown, not by another's name. The banks of activations, losses and optimizers are gone
through from end to end: each entry in every reference in which it makes a difference.
"""

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ..bank import REGISTRIES
from . import bank_trials as entries
from . import network_trials as tries
from .network_trials import Seen


class Score:
    """Counts of one kind of trial: how many, and of how many of them each thing is true."""

    def __init__(self) -> None:
        self.tries = 0
        self.true: dict[str, int] = defaultdict(int)
        self.failures: list[str] = []

    def see(self, seen: Seen) -> None:
        self.tries += 1
        for key, value in seen.true.items():
            self.true[key] += bool(value)
        if seen.failure:
            self.failures.append(seen.failure)

    def share(self, key: str) -> float:
        return self.true[key] / self.tries if self.tries else float("nan")


Scores = dict[str, Score]
"""By kind, such as 'single', or 'activation single'."""


class Criterion(NamedTuple):
    """What must be true of a share of the trials of a kind."""

    words: str
    kind: str
    key: str
    least: float


CRITERIA = {
    "network": (
        Criterion("correct derivations not called wrong", "correct", "right", 1.0),
        Criterion("mistakes detected", "single", "detected", 0.995),
        Criterion("at the right layer and tensor", "single", "located", 0.99),
        Criterion("by the right name", "single", "named", 0.95),
        Criterion("pairs detected", "pair", "detected", 0.99),
        Criterion("both of a pair named", "pair", "named", 0.8),
        Criterion("called unknown, taken out of the bank", "unknown", "unknown", 0.98),
    ),
} | {
    made_in: (
        Criterion("correct ones not called wrong", f"{made_in} correct", "right", 1.0),
        Criterion("mistakes detected", f"{made_in} single", "detected", 0.995),
        Criterion("by the right name", f"{made_in} single", "named", 0.95),
        Criterion("called unknown, taken out of the bank", f"{made_in} unknown", "unknown", 0.98),
    )
    for made_in in entries.CASES
}


def measure(
    count: int,
    seed: int,
    jobs: int = 1,
    banks: Iterable[str] = CRITERIA,
    quiet: bool = False,
    places: int | None = None,
) -> Scores:
    """Run the trials and return their scores, which do not depend on `jobs`.

    Args:
        count: how many random networks. seed: first half of each one's seed.
        jobs: processes. banks: which of network, activation, loss, optimizer. quiet: no progress on stderr.
        places: in how many activations, losses or rules each mistake of those banks is made, drawn at random; None
            for all.
    """
    banks, work = set(banks), []
    if "network" in banks:
        work += [(tries.one_try, seed, number) for number in range(count)]
    for made_in, cases in entries.CASES.items():
        if made_in in banks:
            work += [(entries.one_case, made_in, *case) for case in drawn(list(cases()), places, seed)]
    found: Scores = defaultdict(Score)
    for seen in _done(work, jobs, quiet):
        for one in seen:
            found[one.kind].see(one)
    return found


def drawn(cases: list[tuple[Any, ...]], places: int | None, seed: int) -> list[tuple[Any, ...]]:
    """Return at most so many cases of each mistake, the last of a case's arguments; all of those without one."""
    if places is None:
        return cases
    rng, of = np.random.default_rng([seed, places]), defaultdict[str, list[int]](list)
    for i in rng.permutation(len(cases)):
        of[cases[i][-1]].append(int(i))
    kept = sorted(i for name, found in of.items() for i in (found[:places] if name else found))
    return [cases[i] for i in kept]


def _done(work: list[tuple[Any, ...]], jobs: int, quiet: bool) -> Iterator[list[Seen]]:
    """Yield the results in the order of the work, with BLAS on one thread in each process."""
    from joblib import Parallel, delayed, parallel_config
    from rich.console import Console
    from rich.progress import track
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), parallel_config("loky", n_jobs=jobs, inner_max_num_threads=1):
        calls = (delayed(function)(*arguments) for function, *arguments in work)
        results = Parallel(return_as="generator")(calls)
        yield from track(results, "measuring", len(work), console=Console(stderr=True), disable=quiet)


def table(scores: Scores) -> str:
    """Return the result as Markdown."""
    lines = ["| what | tries | share | wanted | |", "| --- | --- | --- | --- | --- |"]
    for made_in, criteria in CRITERIA.items():
        for criterion in criteria:
            if criterion.kind not in scores:
                continue
            score = scores[criterion.kind]
            share = score.share(criterion.key)
            met = "met" if share >= criterion.least else "**not met**"
            words = f"{made_in}: {criterion.words}"
            lines.append(f"| {words} | {score.tries} | {share:.4f} | {criterion.least:g} | {met} |")
    return "\n".join(lines)


def met(scores: Scores) -> bool:
    """Return whether every criterion that was measured is met."""
    every = [c for criteria in CRITERIA.values() for c in criteria if c.kind in scores]
    return all(scores[c.kind].share(c.key) >= c.least for c in every)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table, and every failure with the number that draws it again."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=200, help="networks (200)")
    parser.add_argument("--seed", type=int, default=0, help="first half of each network's seed (0)")
    parser.add_argument("--jobs", type=int, default=1, help="processes (1); the result does not depend on it")
    parser.add_argument("--banks", nargs="+", choices=list(CRITERIA), default=list(CRITERIA), help="which banks (all)")
    parser.add_argument("--places", type=int, help="make each mistake of the other banks in so many places (all)")
    parser.add_argument("--failures", action="store_true", help="print every failure")
    given = parser.parse_args(arguments)
    began = time.perf_counter()
    scores = measure(given.tries, given.seed, given.jobs, given.banks, places=given.places)
    if given.failures:
        for kind, score in scores.items():
            for failure in score.failures:
                print(f"{kind}: {failure}\n")
    print(table(scores))
    sizes = ", ".join(f"{len(registry.items())} of {name}" for name, registry in REGISTRIES.items())
    networks = f"{given.tries} networks, " if "network" in given.banks else ""
    print(f"\n{networks}mistakes in the bank: {sizes}; {time.perf_counter() - began:.0f} s")
    return 0 if met(scores) else 1


if __name__ == "__main__":
    sys.exit(main())
