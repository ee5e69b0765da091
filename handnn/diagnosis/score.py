"""How good the diagnosis is, measured: `python -m handnn.diagnosis.score --tries 2000`.

Correct derivations in random conventions must never be called wrong. Each mistake of the bank, planted where it makes a
difference, must be detected, at the right layer and tensor, by its right name; pairs too. With a mistake taken out of
the bank it must be called unknown, not by another's name.
"""

import argparse
import sys
import time
from collections import defaultdict
from typing import Any, NamedTuple

import numpy as np

from .. import activations, losses
from .authors import CONTAINERS, written
from .bank import mistakes
from .conventions import CHOICES, Convention
from .network import check_network, factors, search_of, tensor_name
from .problem import Network, draw, one_number_a_sample
from .replay import BACKWARD, FORWARD, Plant, replay
from .search import Judge, Search

Rng = np.random.Generator
DEEPEST = 5
TINY, HUGE = 1e-6, 1e4
LOSSES = [name for name, cls in losses.losses.items() if one_number_a_sample(cls())]
HIDDEN = [name for name, f in activations.activations.items() if f.compute_output_shape((None, 2)) == (None, 2)]


class Try(NamedTuple):
    """A network, the convention of its author and how the gradients are packed."""

    network: Network
    convention: Convention
    container: str
    dtype: str
    factor: int


def random_network(rng: Rng) -> Network:
    """Return a network of 1 to 5 layers with any activation and loss of the registries."""
    depth = int(rng.integers(1, DEEPEST + 1))
    widths = [int(width) for width in rng.permutation(np.arange(2, 9))[: depth + 1]]
    if depth > 1:  # a square layer, or some mistakes cannot be made
        i = int(rng.integers(0, depth - 1))
        widths[i + 1] = widths[i]
    loss = losses.losses[str(rng.choice(LOSSES))](dtype="float64")
    hidden = [activations.get(str(rng.choice(HIDDEN))) for _ in range(depth - 1)]
    network = Network(tuple(widths), (*hidden, output_for(loss, rng)), loss)
    with np.errstate(all="ignore"):
        sizes = [np.abs(tensor).max() for _, _, tensor in replay(draw(network)).tensors()]
    return network if all(TINY < size < HUGE for size in sizes) else random_network(rng)  # else nothing can be told


def output_for(loss: Any, rng: Rng) -> Any:
    """Return an output activation whose numbers the loss takes."""
    if loss.targets in ("one_hot", "labels"):
        return activations.softmax
    if loss.predictions in ("probability", "positive") or loss.targets == "binary":
        return activations.sigmoid
    return activations.get(str(rng.choice(["linear", "sigmoid", "tanh"])))


def random_try(rng: Rng) -> Try:
    network = random_network(rng)
    labelled = network.loss.targets in ("one_hot", "labels")
    choices = {name: str(rng.choice(values)) for name, values in CHOICES.items()}
    if not labelled:
        choices["labels"] = "as drawn"
    if choices["folded"] != "no":
        choices["bias"], choices["parameters"] = "flat", str(rng.choice(["list", "flat"]))
    dtype = str(rng.choice(["float32", "float64"]))
    options = factors(draw(network), network)
    return Try(network, Convention(**choices), str(rng.choice(CONTAINERS)), dtype, int(rng.integers(len(options))))


def author(drawn: Try, plants: tuple[Plant, ...] = ()) -> Any:
    """Return the function that somebody of these habits would write."""

    def factor(n: int, k: int) -> float:
        problem = draw(drawn.network, samples=n)
        return factors(problem, drawn.network)[drawn.factor][0]

    return written(drawn.network, drawn.convention, plants, factor, drawn.container)


def plants_for(search: Search, rng: Rng) -> dict[str, Plant]:
    """Return one plant of each mistake that makes a difference here, at a random place."""
    by_name: dict[str, list[Plant]] = defaultdict(list)
    for plant in search.candidates:
        by_name[plant.mistake.name].append(plant)
    return {name: plants[rng.integers(len(plants))] for name, plants in by_name.items()}


class Score:
    """Counts of one kind of trial: how many, and of how many of them each thing is true."""

    def __init__(self) -> None:
        self.counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self.failures: list[str] = []

    def see(self, name: str, **true: bool) -> None:
        self.counts[name]["tries"] += 1
        for key, value in true.items():
            self.counts[name][key] += bool(value)

    def share(self, key: str) -> float:
        tries = sum(count["tries"] for count in self.counts.values())
        return sum(count[key] for count in self.counts.values()) / tries if tries else float("nan")


def place(plant: Plant, judge: Judge) -> str:
    """Return where backpropagation meets a mistake first, as a verdict says it."""
    layers = [at.layer for at in judge.right.layers if plant.mistake.applies(at)]
    layer = max(layers) if plant.layer is None else plant.layer
    if plant.mistake.step in ("values", "loss", "slopes"):
        layer = judge.right.layers[-1].layer
    return f"layer {layer + 1} {tensor_name(plant.mistake.step)}"


def twins(plant: Plant, search: Search) -> list[Plant]:
    """Return the plants that give the same numbers as this one, itself among them."""
    own, judge = search.passes[plant], search.judges[0]
    assert own is not None
    return [p for p in search.candidates if (other := search.passes[p]) is not None and judge.same(own, other)]


def acceptable(verdict: Any, plants: tuple[Plant, ...]) -> bool:
    """Return whether the verdict names these mistakes, be it as one of several that give the same numbers."""
    names = sorted(plant.mistake.name for plant in plants)
    if sorted(verdict.mistakes) == names:
        return True
    return any(sorted(text.split(" in layer ")[0] for text in group) == names for group in verdict.alternatives)


def measure(tries: int, seed: int, quiet: bool = False) -> dict[str, Score]:
    """Run the trials; every fourth one plants a mistake, a pair, a mistake the bank does not know, or none."""
    scores = {kind: Score() for kind in ("correct", "single", "pair", "unknown")}
    began = time.perf_counter()
    for number in range(tries):
        rng = np.random.default_rng([seed, number])
        drawn = random_try(rng)
        _try_correct(drawn, scores["correct"], number)
        search = search_of(drawn.network, drawn.dtype, drawn.convention.labels != "as drawn", ())
        chosen = plants_for(search, rng)
        chosen = {name: plant for name, plant in chosen.items() if writable(drawn, (plant,))}
        names = list(chosen)
        if not names:
            continue
        _try_single(drawn, chosen[names[number % len(names)]], search.judges[0], scores["single"], number)
        _try_unknown(drawn, chosen[names[(number + 1) % len(names)]], search, scores["unknown"], number)
        if len(names) > 1:
            one, two = (chosen[str(name)] for name in rng.choice(names, 2, replace=False))
            _try_pair(drawn, (one, two), search, scores["pair"], number)
        if not quiet and (number + 1) % 50 == 0:
            print(f"{number + 1} of {tries}, {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    return scores


def writable(drawn: Try, plants: tuple[Plant, ...]) -> bool:
    """Return whether the author's own function runs: folded into W, some wrong shapes cannot even be written down."""
    problem = draw(drawn.network, 0, drawn.dtype, drawn.convention.labels != "as drawn")
    try:
        author(drawn, plants)(*drawn.convention.arguments(problem))
    except ValueError:
        return False
    return True


def _check(drawn: Try, plants: tuple[Plant, ...] = (), without: tuple[str, ...] = ()) -> Any:
    return check_network(author(drawn, plants), drawn.network, dtype=drawn.dtype, without=without)


def _try_correct(drawn: Try, score: Score, number: int) -> None:
    verdict = _check(drawn)
    score.see(drawn.network.loss.name, right=verdict.ok)
    if not verdict.ok:
        score.failures.append(f"{number} {drawn.network} {drawn.convention} {drawn.container}: {verdict}")


def _try_single(drawn: Try, plant: Plant, judge: Judge, score: Score, number: int) -> None:
    verdict = _check(drawn, (plant,))
    named = acceptable(verdict, (plant,))
    located = verdict.where == place(plant, judge) or (named and verdict.mistakes != [plant.mistake.name])
    score.see(plant.mistake.name, detected=not verdict.ok, located=located, named=named)
    if verdict.ok or not named or not located:
        score.failures.append(f"{number} {plant} in {drawn.network} {drawn.convention}: {verdict}")


def _try_unknown(drawn: Try, plant: Plant, search: Search, score: Score, number: int) -> None:
    """Take a mistake out of the bank; those that give the same numbers are rightly named in its place."""
    if any(twin.mistake is not plant.mistake for twin in twins(plant, search)):
        return
    verdict = _check(drawn, (plant,), without=(plant.mistake.name,))
    score.see(plant.mistake.name, detected=not verdict.ok, unknown=verdict.unknown or verdict.verdict == "broken")
    if not verdict.unknown:
        score.failures.append(f"{number} without {plant} in {drawn.network} {drawn.convention}: {verdict}")


def _try_pair(drawn: Try, plants: tuple[Plant, Plant], search: Search, score: Score, number: int) -> None:
    steps = (*FORWARD, *BACKWARD)
    ordered = tuple(sorted(plants, key=lambda plant: steps.index(plant.mistake.step)))
    both = search._replay(0, ordered)
    alone = [search.passes[plant] for plant in ordered]
    judge = search.judges[0]
    if both is None or judge.same(both, judge.right) or any(r is None or judge.same(both, r) for r in alone):
        return  # one hides the other
    if not writable(drawn, ordered):
        return
    verdict = _check(drawn, ordered)
    score.see("pairs", detected=not verdict.ok, named=acceptable(verdict, ordered))
    if verdict.ok or not acceptable(verdict, ordered):
        score.failures.append(f"{number} {' and '.join(map(str, ordered))} in {drawn.network}: {verdict}")


def table(scores: dict[str, Score]) -> str:
    """Return the result as Markdown."""
    single, correct = scores["single"], scores["correct"]
    tries = {kind: sum(c["tries"] for c in score.counts.values()) for kind, score in scores.items()}
    lines = [
        "| what | tries | share |",
        "| --- | --- | --- |",
        f"| correct derivations not called wrong | {tries['correct']} | {correct.share('right'):.4f} |",
        f"| mistakes detected | {tries['single']} | {single.share('detected'):.4f} |",
        f"| at the right layer and tensor | {tries['single']} | {single.share('located'):.4f} |",
        f"| by the right name | {tries['single']} | {single.share('named'):.4f} |",
        f"| pairs detected | {tries['pair']} | {scores['pair'].share('detected'):.4f} |",
        f"| both of a pair named | {tries['pair']} | {scores['pair'].share('named'):.4f} |",
        f"| called unknown, taken out of the bank | {tries['unknown']} | {scores['unknown'].share('unknown'):.4f} |",
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table, and every failure with the number that draws it again."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=200, help="networks (200)")
    parser.add_argument("--seed", type=int, default=0, help="first half of each network's seed (0)")
    parser.add_argument("--failures", action="store_true", help="print every failure")
    given = parser.parse_args(arguments)
    began = time.perf_counter()
    scores = measure(given.tries, given.seed)
    if given.failures:
        for kind, score in scores.items():
            for failure in score.failures:
                print(f"{kind}: {failure}\n")
    print(table(scores))
    print(f"\n{given.tries} networks, bank of {len(list(mistakes))} mistakes, {time.perf_counter() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
