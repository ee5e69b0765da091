"""One try of the score: a random network, an author of random habits, mistakes planted in it, and what the check says.

A try draws everything from its own seed [seed, number], so that its result does not depend on the others.
"""

from collections import defaultdict
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from ... import activations, losses
from ..network.check import check_network, search_of
from ..network.expected import Judge
from ..network.explain import place
from ..network.layout import CHOICES
from ..network.problem import Network, draw, one_number_a_sample
from ..network.reading import SEEDS, every_factor, factors, judge_of
from ..network.replay import BACKWARD, FORWARD, Planted, replay
from ..network.search import Search
from .synthetic_code import CONTAINERS, Convention, written

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


def author(drawn: Try, plants: tuple[Planted, ...] = ()) -> Any:
    """Return the function that somebody of these habits would write."""
    words = factors(draw(drawn.network), drawn.network)[drawn.factor][1]

    @cache
    def factor(n: int, k: int) -> float:
        problem = draw(drawn.network, samples=n)
        return next(own for own, said in every_factor(problem, drawn.network) if said == words)

    return written(drawn.network, drawn.convention, plants, factor, drawn.container)


def plants_for(search: Search, rng: Rng) -> dict[str, Planted]:
    """Return one plant of each mistake that makes a difference here, at a random place."""
    by_name: dict[str, list[Planted]] = defaultdict(list)
    for plant in search.candidates:
        by_name[plant.mistake.name].append(plant)
    return {name: plants[rng.integers(len(plants))] for name, plants in by_name.items()}


class Seen(NamedTuple):
    """One trial: its kind ('correct', 'single', ...), what was planted, what of it is true, the text of a failure."""

    kind: str
    name: str
    true: dict[str, bool]
    failure: str = ""


def twins(plant: Planted, search: Search) -> list[Planted]:
    """Return the plants that give the same numbers as this one, itself among them."""
    own, judge = search.passes[plant], search.judges[0]
    assert own is not None
    return [p for p in search.candidates if (other := search.passes[p]) is not None and judge.same(own, other)]


def acceptable(verdict: Any, plants: tuple[Planted, ...]) -> bool:
    """Return whether the verdict names these mistakes, be it as one of several that give the same numbers."""
    names = sorted(plant.mistake.name for plant in plants)
    if sorted(verdict.mistakes) == names:
        return True
    return any(sorted(text.split(" in layer ")[0] for text in group) == names for group in verdict.alternatives)


def one_try(seed: int, number: int) -> list[Seen]:
    """Return what is seen in one try: nothing planted, a mistake, one that the bank does not know, and a pair."""
    rng = np.random.default_rng([seed, number])
    with np.errstate(all="ignore"):
        drawn = random_try(rng)
        found = [_correct(drawn, number)]
        search = search_of(drawn.network, drawn.dtype, hard(drawn))
        chosen = {name: p for name, p in plants_for(search, rng).items() if writable(drawn, (p,))}
        names = list(chosen)
        if not names:
            return found
        found.append(_single(drawn, chosen[names[number % len(names)]], search.judges[0], number))
        found += _unknown(drawn, chosen[names[(number + 1) % len(names)]], search, number)
        if len(names) > 1:
            one, two = (chosen[str(name)] for name in rng.choice(names, 2, replace=False))
            found += _pair(drawn, (one, two), search, number)
    return found


def hard(drawn: Try) -> bool:
    """Return whether labels are 0 and 1."""
    return drawn.convention.labels != "as drawn"


def writable(drawn: Try, plants: tuple[Planted, ...]) -> bool:
    """Return whether the author's own function runs and gives numbers.

    Folded into W, some wrong shapes cannot even be written down; others overflow. Both end as 'broken'.
    """
    with_bias = drawn.convention.folded != "no"
    for seed in SEEDS:
        problem = judge_of(drawn.network, drawn.dtype, seed, hard(drawn)).problem
        try:
            result = replay(problem, plants, cast=lambda array: np.asarray(array, drawn.dtype))
        except ValueError:
            return False
        if not all(np.isfinite(part).all() for part in (result.loss, *result.kernels, *result.biases)):
            return False
        pairs = zip(result.kernels, result.biases, problem.kernels, problem.biases, strict=True)
        if with_bias and any((dW.shape, db.shape) != (W.shape, b.shape) for dW, db, W, b in pairs):
            return False
    return True


def _check(drawn: Try, plants: tuple[Planted, ...] = (), without: tuple[str, ...] = ()) -> Any:
    return check_network(author(drawn, plants), drawn.network, dtype=drawn.dtype, without=without)


def _correct(drawn: Try, number: int) -> Seen:
    verdict = _check(drawn)
    failure = f"{number} {drawn.network} {drawn.convention} {drawn.container}: {verdict}"
    return Seen("correct", drawn.network.loss.name, {"right": verdict.ok}, "" if verdict.ok else failure)


def _single(drawn: Try, plant: Planted, judge: Judge, number: int) -> Seen:
    verdict = _check(drawn, (plant,))
    named = acceptable(verdict, (plant,))
    located = verdict.where == place(plant, judge) or (named and verdict.mistakes != [plant.mistake.name])
    true = {"detected": not verdict.ok, "located": located, "named": named}
    failure = "" if all(true.values()) else f"{number} {plant} in {drawn.network} {drawn.convention}: {verdict}"
    return Seen("single", plant.mistake.name, true, failure)


def _unknown(drawn: Try, plant: Planted, search: Search, number: int) -> list[Seen]:
    """Take a mistake out of the bank; those that give the same numbers are rightly named in its place."""
    if any(twin.mistake is not plant.mistake for twin in twins(plant, search)):
        return []
    verdict = _check(drawn, (plant,), without=(plant.mistake.name,))
    if any(plant.mistake.name in group for group in verdict.alternatives):
        return []  # a sign of db that may be a bias subtracted
    if plant.mistake.name == "bias subtracted" and verdict.mistakes == ["sign of db"]:
        return []  # the same numbers, read as a threshold or as a bias
    unknown = verdict.unknown or verdict.verdict == "broken"
    failure = "" if unknown else f"{number} without {plant} in {drawn.network} {drawn.convention}: {verdict}"
    return [Seen("unknown", plant.mistake.name, {"unknown": unknown}, failure)]


def _pair(drawn: Try, plants: tuple[Planted, Planted], search: Search, number: int) -> list[Seen]:
    steps = (*FORWARD, *BACKWARD)
    ordered = tuple(sorted(plants, key=lambda plant: steps.index(plant.mistake.step)))
    both = search.replay(ordered)
    alone = [search.passes[plant] for plant in ordered]
    judge = search.judges[0]
    if both is None or judge.same(both, judge.right) or any(r is None or judge.same(both, r) for r in alone):
        return []  # one hides the other
    if not writable(drawn, ordered):
        return []
    verdict = _check(drawn, ordered)
    true = {"detected": not verdict.ok, "named": acceptable(verdict, ordered)}
    failure = "" if all(true.values()) else f"{number} {' and '.join(map(str, ordered))} in {drawn.network}: {verdict}"
    return [Seen("pair", "pairs", true, failure)]
