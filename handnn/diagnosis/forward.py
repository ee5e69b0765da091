"""Is the forward part what it is said to be, line by line? Its values are held against the reference's own.

A reference is run on the very data that the user's forward part is given; what it computes on the way (means, weighted
inputs, activations) says which line of the user's is the first that differs.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np

from .. import activations
from ..core.variable import Array
from ..layers import Dropout, Layer
from . import layer_reference, lines
from .loss.check import resolve as resolve_loss
from .network.layout import problems
from .network.problem import parse
from .network.replay import replay
from .user.protocols import Plain

SECONDS = 6.0
STEP, TOLERANCE = 1e-6, 1e-4
"""Of the central differences that say whose derivative a backward part is."""
FAR, NEAR = 4.0, 1e-6
UNKNOWN = ("input_shape", "samples")
Truth = Callable[[Any], lines.Reference]


_last: list[Any] = [None, "", None]
"""The subject and the reference that were judged last, and how."""


def judged(found: Any, reference: str) -> lines.Judgement | None:
    """Return how the forward part compares with the reference's; None where it cannot be held against one."""
    if _last[0] is not found or _last[1] != reference:  # it is asked twice: for the verdict, and for the lines
        _last[:] = [found, reference, _judged(found, reference)]
    return _last[2]


def _judged(found: Any, reference: str) -> lines.Judgement | None:
    try:
        truth, made = _truth(found, reference), None
        for subject in _spread(found, reference):
            made = lines.against(subject, truth, SECONDS, backward=False)
            if made.wrong:
                break
        return made
    except Exception:  # no such reference, other options, weights that have no partner
        return None


def _spread(found: Any, reference: str) -> Iterator[Any]:
    """Yield the subject, and where it takes any numbers the same with larger ones: pieces of functions lie far out."""
    yield found
    (name, value), *others = found.leaves.items()
    real = found.kind == "activation" or (found.kind == "loss" and _loss(found, reference).predictions == "real")
    if real and not others:
        yield replace(found, values={name: FAR * (value - np.mean(value))})


def unlike(found: Any, reference: str) -> str:
    """Return why a network is not known to be the one that is said; '' if its cost is that one's, up to a constant."""
    judgement = judged(found, reference)
    if judgement is None:
        return "its weights could not be matched to the layers that are said"
    return "" if judgement.ok else "its cost is not that of the network that is said"


def blamed(found: Any, reference: str, otherwise: list[lines.Blame]) -> list[lines.Blame]:
    """Return the lines of a forward part that are not the reference's, or others if none are found.

    The backward part's lines are blamed besides, unless it is the right derivative of the reference.
    """
    judgement = judged(found, reference)
    own = [blame for blame in judgement.blamed if not _tiny(blame)] if judgement is not None else []
    if not own:
        return otherwise
    return own if _derives_reference(found, reference) else own + otherwise


def _tiny(blame: lines.Blame) -> bool:
    """Return whether a line differs by a constant too small to matter, such as a clip at 1e-7."""
    return blame.here is not None and blame.there is not None and bool(np.isclose(blame.here, blame.there, NEAR, NEAR))


def _truth(found: Any, reference: str) -> Truth:
    truths: dict[str, Callable[[Any, str], Truth]] = {
        "activation": _of_activation,
        "loss": _of_loss,
        "layer": _of_layer,
        "network": _of_network,
    }
    return truths[found.kind](found, reference)


def _derives_reference(found: Any, reference: str) -> bool:
    """Return whether every derivative of the user's is that of the reference, in a random direction."""
    truth, rng = _truth(found, reference), np.random.default_rng(4)
    _, derivatives = found.run(Plain())
    upstream = found.cotangents

    def value(leaves: Mapping[str, Array]) -> float:
        results = truth(replace(found, values=dict(leaves))).results
        return float(results["loss"] if "loss" in results else np.sum(results["output"] * upstream[0]))

    for name, derivative in derivatives.items():
        direction = rng.normal(size=np.shape(found.leaves[name]))
        up, down = (value({**found.leaves, name: found.leaves[name] + h * direction}) for h in (STEP, -STEP))
        expected, given = (up - down) / (2 * STEP), float(np.sum(np.asarray(derivative, "float64") * direction))
        if not abs(expected - given) <= TOLERANCE * max(abs(expected), abs(given), 1.0):
            return False
    return bool(derivatives)


def _of_activation(found: Any, reference: str) -> Truth:
    own = type(activations.get(reference))(**found.options)
    return lambda draw: lines.Reference({"output": own.forward(draw.leaves["z"])}, {})


def _loss(found: Any, reference: str) -> Any:
    return resolve_loss(reference, {key: value for key, value in found.options.items() if key not in UNKNOWN})


def _of_loss(found: Any, reference: str) -> Truth:
    own = _loss(found, reference)

    def truth(draw: Any) -> lines.Reference:
        p = draw.leaves["y_pred"]
        y = next(value for value in _data(draw) if value.shape in (p.shape, p.shape[:-1]))
        each = np.asarray(own.values(y, p))
        factor = _factor(draw, np.mean(each), len(p), p.shape[-1]) or 1.0
        return lines.Reference({"loss": factor * np.mean(each)}, {"the loss of each sample": [each]})

    return truth


def _factor(draw: Any, loss: Any, n: int, k: int) -> float | None:
    """Return what the user's loss is multiplied by: a constant of conventions, such as N or 1/2; None if by none."""
    ratio = float(draw.run(Plain(), False)[0] or 0.0) / float(loss)
    known = (1, n, 0.5, n / 2, k, n * k, k / 2, n * k / 2, 1 / k, n / k, 1 / (2 * k))
    return next((c for c in known if abs(ratio - c) <= NEAR * c), None)


def _data(draw: Any) -> list[Array]:
    """Return the arrays that are given and are no leaves: labels."""
    given = [part.places[0][-1][1] for part in draw.parts if part.places[0][0][1] == "arguments"]
    found = []
    for name, value in draw.program.arguments.items():
        try:
            array = np.asarray(value)
        except ValueError:  # lists of different lengths: weights
            continue
        if name not in given and array.ndim and array.dtype.kind in "fiub":
            found.append(array)
    return found


# ---- layers and networks ---------------------------------------------------------------------------------------------


def _of_layer(found: Any, reference: str) -> Truth:
    def truth(draw: Any) -> lines.Reference:
        x = draw.leaves["x"] if "x" in draw.leaves else np.asarray(next(iter(draw.program.arguments.values())))
        turned = any(word.startswith("samples in columns") for word in draw.program.words)
        weights = {name: value for name, value in draw.leaves.items() if name != "x"}
        output, values = _passed(reference, x.T if turned else x, weights, draw)
        if turned:
            output, values = output.T, {name: [value.T for value in series] for name, series in values.items()}
        return lines.Reference({"output": output}, values, dict(_parts(output)))

    return truth


def _passed(given: str, x: Array, weights: Mapping[str, Array], draw: Any) -> tuple[Array, dict[str, list[Array]]]:
    """Return the output of a layer with the user's weights, and what it computes on the way, by name.

    Of dropout what the user's own drops is dropped.
    """
    keras = sys.modules.get("keras")
    made = layer_reference.made(given, "float64", vars(keras.layers) if keras is not None else {})
    layer_reference.fill(made, x.shape[1:], weights)
    if not isinstance(made, Layer):
        return np.asarray(made(x)), {}
    t = layer_reference.passed(made, x)
    if isinstance(made, Dropout):
        probe = Plain()
        draw.run(probe, False)
        t.mask = (np.asarray(probe.result) != 0) / (1 - made.rate)
        made.forward(t)
        made.activate(t)
    elif t.mask is not None:
        raise ValueError("a layer with random numbers has no output to compare")
    kept = {"the weighted input": t.z, "the mask": t.mask, **{f"its {key}": value for key, value in t.cache.items()}}
    arrays = {key: value for key, value in kept.items() if isinstance(value, np.ndarray)}
    return np.asarray(t.a), {key: [value] for key, value in arrays.items() if not np.array_equal(value, t.a)}


def _parts(output: Array) -> Iterator[tuple[str, list[Array]]]:
    """Yield what a loop may compute of an output: samples, time steps, single elements in the orders of loops.

    Each series comes twice: some layers are called once before, to make their weights.
    """
    yield "the output", [output]
    if output.ndim < 2:
        return
    yield "one sample of the output", 2 * list(output)
    yield "one step of the output", 2 * list(np.moveaxis(output, 1, 0))
    for axes in permutations(range(1, output.ndim)):
        ordered = np.transpose(output, (0, *axes)).reshape(-1)
        yield f"an element of the output (loops over axes {(0, *axes)})", 2 * [np.asarray(value) for value in ordered]


def _of_network(found: Any, reference: str) -> Truth:
    network = parse(reference, float(found.options.get("l2", 0.0)))

    def truth(draw: Any) -> lines.Reference:
        passes = [(problem, replay(problem)) for problem in problems(network, draw)]
        factors = [_factor(draw, passed.loss, problem.samples, problem.outputs) for problem, passed in passes]
        place = next((i for i, factor in enumerate(factors) if factor), 0)
        passed, factor = passes[place][1], factors[place] or 1.0
        series: dict[str, list[Array]] = {"the loss": [np.asarray(passed.loss)]}
        for i, at in enumerate(passed.layers, 1):
            series |= {f"z of layer {i}": [at.z], f"a of layer {i}": [at.a]}
        return lines.Reference({"loss": factor * np.asarray(passed.loss)}, series)

    return truth
