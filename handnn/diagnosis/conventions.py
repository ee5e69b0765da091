"""Gradients that are right in another convention: means over the samples, with a penalty, of one output, by logits.

The loss of a layer is sum(output * U). What people add or divide by besides belongs to the loss that they have in mind,
and so does which numbers of U may differ from 0.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from . import lines
from .lines.blame.factors import Factors
from .lines.subject import Array
from .user.call.world import get
from .user.protocols import Plain
from .user.readings.data import shape_of
from .user.source.syntax import source_of
from .user.source.words import is_weight

MOST_DRAWS, MOST_OUTPUTS, FEWEST_TELLING, LARGE = 4, 12, 3, 30.0
MEAN = "the gradients of the weights are means over the samples"
MEAN_OF_LOSSES = "the function gives the loss of each sample, and the derivative is that of their mean"
PENALTY = "the gradients of {} have a term that the gradient from above does not change: a penalty, or momentum"
LEFT_OUT = "the derivative of its {} is left out: right only behind a loss whose gradient is by what goes into it"
THROUGH = "the gradient from above is put through a function: a derivative multiplies it"
ONE_OUTPUT = "right for one output of each sample; with several, the derivative is another"
ONE_SAMPLE = "it is right for one sample at a time; over several, the gradients of {} are not summed"
ONE = "only one number of the gradient from above may differ from 0, as that of a cross-entropy: no others are used"


def of_layer(found: Any, judgement: lines.Judgement) -> list[str]:
    """Return in words how the wrong gradients of a layer differ from the derivatives; [] if by a mistake.

    Args:
        found: the layer. judgement: what the lines say of it.
    """
    if found.program.loss is not None:
        return []
    return _besides(found, judgement) or ([ONE] if _of_one_output(found) else [])


def of_one_sample(found: Any, wrong: Sequence[str]) -> Any:
    """Return a layer on one sample, if it was written for one: its source counts and sums none, and gradients show it.

    Those have one more axis, or a longer one, than what they are of; of one sample they have its shape. None otherwise.
    """
    program, results = found.program, found.run(Plain())[1]
    longer = [n for n in wrong if np.size(results[n]) > np.size(found.values[n]) and found.origins[n].place is not None]
    if program.batches or program.redraw is None or not longer:
        return None

    def drawn(seed: int, samples: int) -> Any:
        one = program.redraw(seed, 1)
        return replace(one, redraw=drawn, single=True, words=(*one.words, "one sample"))

    one = found.on(drawn(found.seed, 1), found.seed)
    world = one.world()[0]
    fit = all(np.shape(get(world, one.origins[n].place)) == np.shape(one.values[n]) for n in longer)
    return one if fit else None


def leaves_out(found: Any) -> str:
    """Return in words which activation at its end the wrong gradients of a layer leave out; '' if none.

    They are the derivatives then if the gradient from above is taken as that by what goes into it, also for means over
    the samples. It is compared where there is one above that gives it: u / p behind a softmax, for u that adds up to
    0, and u / (p (1 - p)) behind a sigmoid.
    """
    p = found.world()[0].get("output")
    if (
        found.program.loss is not None
        or not isinstance(p, np.ndarray)
        or p.ndim == 0
        or not (np.all(p > 0) and np.all(p < 1))
    ):
        return ""
    axes = [axis for axis in range(p.ndim) if np.allclose(p.sum(axis), 1)] + ([None] if np.isclose(p.sum(), 1) else [])
    u: Any = np.random.default_rng(6).normal(size=p.shape)
    above = [("softmax", v := u - u.mean(axis, keepdims=True), v / p) for axis in axes]
    for name, given, there in above or [("sigmoid", u, u / (p * (1 - p)))]:
        mine, true = replace(found), replace(found)
        mine._cotangents, true._cotangents = [given], [there]
        results, study = mine.run(Plain())[1], lines.Study(true)
        if all(any(study.agrees(n, k * np.asarray(results[n], "float64")) for k in (1, len(p))) for n in found.claimed):
            return LEFT_OUT.format(name)
    return ""


def left_out(found: Any, judgement: lines.Judgement) -> tuple[lines.Judgement, list[str]] | None:
    """Say of a wrong layer that it leaves out the activation at its end, if that is all; right if its class means that.

    Where a method takes labels from its result, the gradient from above is by what goes into the activation.
    """
    said = leaves_out(found) if judgement.wrong and not judgement.unchecked else ""
    if said and _takes_labels_away(found):
        return lines.Judgement(True, judgement.checked, judgement.unchecked, []), [said]
    if said:
        judgement.blamed = [replace(blame, fix=None, did=said) for blame in judgement.blamed[-1:]]
    return None


def put_through(found: Any, judgement: lines.Judgement) -> None:
    """Say of the one line to blame that it puts the gradient from above through a function, if no other mend is known.

    The wrong gradients do not grow with it evenly then, as all derivatives do.
    """
    blamed = judgement.blamed
    if found.program.loss is not None or len(blamed) != 1 or blamed[0].fix or blamed[0].did:
        return
    runs = []
    for times in (1.0, 2.0, 3.0):
        other = replace(found)
        other._cotangents = [times * c for c in found.cotangents]
        runs.append({n: np.asarray(v) for n, v in other.run(Plain())[1].items()})
    one, two, three = runs
    if not any(np.allclose(three[n] - two[n], two[n] - one[n], rtol=1e-3) for n in judgement.wrong):
        judgement.blamed = [replace(blamed[0], did=THROUGH)]


def _takes_labels_away(found: Any) -> bool:
    """Return whether a method of the class gets its own forward result and takes something, labels, from it."""
    if not isinstance(found.target, type):
        return False
    text = source_of(found.target)
    names = re.findall(r"(\w+)(?:, \w+)* = self\.\w*(?:forward|predict|feed)\w*\(", text)
    return any(re.search(rf"subtract\({name},|\b{name} - ", text) for name in names)


def _of_one_output(found: Any) -> bool:
    """Return whether all gradients are right for each gradient from above with one number that is not 0.

    A backward part that is linear in it would be right for all then. Numbers are large: a limit on gradients is no
    choice. Some of them must tell: behind a relu that is 0 every gradient is right.
    """
    size = sum(np.size(c) for c in found.cotangents)
    if not size > 1 or len(found.cotangents) > 1 or _adds_up(found):
        return False
    told = 0
    for place in np.linspace(0, size - 1, min(size, MOST_OUTPUTS)).astype(int):
        study = lines.Study(_only(found, lambda places, place=place: LARGE * (places == place)))  # type: ignore[misc]
        if study.wrong:
            return False
        told += set(found.claimed) <= study.telling
    return told >= FEWEST_TELLING


def _only(found: Any, weights: Callable[[Array], Array]) -> Any:
    """Return the subject with the numbers of the gradient from above times weights, given by their places."""
    other = replace(found)
    other._cotangents = [c * np.reshape(weights(np.arange(c.size)), c.shape) for c in found.cotangents]
    return other


def _adds_up(found: Any) -> bool:
    """Return whether the gradients for all of the gradient from above are those for both halves of it together."""
    runs = [_only(found, lambda places, k=k: 1.0 * (places % 2 == k)).run(Plain())[1] for k in (0, 1)]  # type: ignore[misc]
    whole = _only(found, np.ones_like).run(Plain())[1]
    return all(np.allclose(whole[name], runs[0][name] + runs[1][name]) for name in found.claimed)


def _besides(found: Any, judgement: lines.Judgement) -> list[str]:
    """Return what the gradients of the weights are divided by, or have, besides the derivatives."""
    others = set(found.claimed) - set(judgement.wrong)
    if "x" in judgement.wrong or not others:
        return []
    sizes: set[float] = set()
    terms: set[str] = set()
    for draw in [found, *islice(found.draws(), MOST_DRAWS)]:
        study = lines.Study(draw)
        if not study.wrong:
            continue
        results, own = study.results(study.run), _own_terms(draw, study.wrong)
        scales = set()
        for name in study.wrong:
            given = results[name]
            if given is None or own.get(name) is None or not _is_penalty(draw, name, own[name]):
                return []
            rest = given - own[name]
            scale = float(np.vdot(study.truth[name], rest) / max(np.vdot(rest, rest), 1e-300))
            scale = round(scale, 6)
            if not study.agrees(name, scale * rest):
                return []
            scales.add(scale)
            terms |= {name} if np.any(own[name]) else set()
        if len(scales) > 1:
            return []
        sizes |= scales
    lengths = {n for v in found.program.arguments.values() for n in shape_of(v)}
    mean = sizes != {1.0}
    arguments = {leaf.name for leaf in found.parts if leaf.places[0][0][1] == "arguments" and not is_weight(leaf.name)}
    if mean and (len(sizes) < 2 or not others <= arguments or not sizes & lengths or any(s % 1 for s in sizes)):
        return []
    return [MEAN] * mean + [PENALTY.format(", ".join(sorted(terms)))] * bool(terms)


def _is_penalty(draw: Any, name: str, term: Array) -> bool:
    """Return whether a term is 0, or a rate times the weight (l2), its signs (l1) or what is kept (momentum).

    A rate is positive and not 1: a weight that is added as it stands, or taken away, is a slip.
    """
    if not np.any(term):
        return True
    value = np.asarray(draw.values[name], "float64")
    kept = [v for n, v in draw.values.items() if n not in draw.claimed and np.shape(v) == value.shape]
    columns = [np.ravel(v).astype("float64") for v in (value, np.sign(value), *kept)]
    turned = replace(draw, values={**draw.values, name: -value})
    turned._cotangents = draw.cotangents
    odd = np.allclose(_own_terms(turned, frozenset({name})).get(name, np.nan), -term)  # 0 where the weight is
    for basis in ([columns[0]], [columns[1]], columns[:2]) if odd else ([column] for column in columns[2:]):
        matrix = np.stack(basis, axis=1)
        rates = np.linalg.lstsq(matrix, np.ravel(term), rcond=None)[0]
        if np.allclose(matrix @ rates, np.ravel(term)):
            return bool(np.all(rates > 0) and not np.any(np.isclose(rates, 1)))
    return False


def is_of_the_mean(found: Any) -> bool:
    """Return whether a loss gives one number a sample, and its derivative is that of their mean."""
    for draw in [found, *islice(found.draws(), 1)]:
        program, study = draw.program, lines.Study(draw)
        each = np.shape(program.loss(draw.world()[0])) if program.loss is not None else ()
        given = study.results(study.run).get("y_pred")
        if given is None or not each or each[0] < 2 or not study.agrees("y_pred", each[0] * given):
            return False
    return True


def of_loss(found: Any) -> str:
    """Return in words what the wrong derivative of a loss is a constant times of; '' if of nothing known."""
    study = lines.Study(found)
    truth, given = study.truth["y_pred"], study.results(study.run)["y_pred"]
    if given is None:
        return ""
    p = np.asarray(found.values["y_pred"], "float64")
    meant = [(truth, "the derivative"), (p * (1 - p) * truth, "the derivative by what went into a sigmoid before it")]
    for axis in range(p.ndim):
        shares = p * (truth - (p * truth).sum(axis, keepdims=True))
        meant.append((shares, "the derivative by what went into a softmax before it"))
    for value, words in meant:
        scale = float(np.vdot(value, given) / max(np.vdot(value, value), 1e-300))
        factor = Factors.of(study).named(scale, 1e-5)
        if factor is not None and np.allclose(given, scale * value, rtol=0, atol=1e-6 * float(np.max(np.abs(given)))):
            name = factor.name.replace(" ", " * ") + ("1" if factor.name in ("", "-") else "")
            return f"it is {name} times {words}"
    return ""


def _own_terms(draw: Any, names: frozenset[str]) -> dict[str, Array]:
    """Return what the gradients of weights are where the gradient from above is 0, if no data changes it."""
    found = []
    for shift in (0.0, 0.7):
        values = {n: v if n in names else v + shift for n, v in draw.values.items()}
        still = replace(draw, values=values)
        still._cotangents = [np.zeros_like(c) for c in draw.cotangents]
        found.append(still.run(Plain())[1])
    return {n: np.asarray(found[0][n], "float64") for n in names
            if n in found[0] and np.array_equal(found[0][n], found[1][n], equal_nan=True)}  # fmt: skip
