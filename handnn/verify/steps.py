"""Comparison of single steps ("splicing"): each hand-written step runs on TensorFlow's tensors.

A network is a list of steps (z, a, loss, upstream, delta, dW, db, dx). Each takes its inputs from the reference trace,
so that only its own rounding remains, and a failure names the layer, tensor and formula. The training code runs each
step twice: on plain arrays for its result, on `Bounded` arrays for its allowance.
"""

import copy
from collections.abc import Generator, Iterator
from typing import Any, NamedTuple

import numpy as np

from ..core.formulas import FORMULAS
from ..core.trace import LayerTrace, Trace, gradient_name
from ..core.variable import Array
from ..layers import Layer
from ..layers.keras_errors import keras_wrong
from ..models.network import Network
from ..models.objectives import OutputLoss, of_output
from ..rounding import allowance, loss_bounds
from ..rounding.activation_bounds import activation_bound, only_where_keras_is_right, residual_bound
from ..rounding.bounded import Bounded
from ..rounding.reading import as_read
from . import mask_law as chance
from . import time_steps
from .comparison import Comparison, compare, exactly


def network(model: Network, reference: Trace, y: Array, weight: Array | None) -> Iterator[Comparison]:
    """Yield every step of a forward and backward pass. The model's weights must be the reference's."""
    pairs = [(node.layer, reference[name]) for node, name in zip(model.nodes, model.node_names, strict=True)]
    for (_, t), options in zip(pairs, model.node_options, strict=True):
        t.options = options
    moved: dict[int, dict[str, Any]] = {}
    for layer, t in pairs:
        yield from _forward(layer, t)
        yield from _penalty(layer, t)
        yield from _moved(layer, t, moved.get(id(layer), {}))
        moved[id(layer)] = t.new_statistics
    paths, parts = Paths(model, reference), Places()
    losses = model.losses_by_node(reference.training)
    for i, (layer, t) in reversed(list(enumerate(pairs))):
        slopes: list[Slopes] = []
        for own in losses.get(i, ()):
            slopes.append((yield from _loss(model, own, t, reference, y, weight)))
        yield from _residual(paths, i, layer, t, _together(slopes))
        if t.delta is not None:
            yield from _backward(layer, t, parts)
        elif t.first and id(layer) in parts.later:
            yield from parts.compare(layer, t, [])
    yield from _sum_of_losses(model, reference)


class Places:
    """The gradients of layers in several places, from the tensors of each; TensorFlow knows only their sum."""

    def __init__(self) -> None:
        self.later: dict[int, list[tuple[dict[str, Any], dict[str, Any]]]] = {}

    def compare(self, layer: Layer, t: LayerTrace, own: list[Any]) -> Iterator[Comparison]:
        """Yield the gradients of a layer, summed over the later places and its `own` first one."""
        found, wrong = own + self.later.get(id(layer), []), keras_wrong(layer, t)
        for name, reference in t.gradients.items():  # a frozen layer has none
            tensor = gradient_name(name)
            if tensor in wrong:
                continue
            formula = layer.formulas.get(tensor, FORMULAS.get(tensor, ""))
            gradients = [plain.get(name) for plain, _ in found]
            bounds = [bounded.get(name) for _, bounded in found]
            total, bound = gradients[0], bounds[0]
            if len(found) > 1:
                total, bound = sum(gradients[1:], gradients[0]), in_any_order(bounds)
            yield compare(t.name, tensor, formula, total, reference, bound)


class Slopes(NamedTuple):
    """The loss' own derivative: with respect to z of the output layer if fused, otherwise to a."""

    found: Array
    bounded: Bounded
    fused: bool


def spliced(t: LayerTrace, kind: Any, *names: str) -> LayerTrace:
    """Return a record with copies of the reference's tensors as inputs, as plain or `Bounded` arrays."""
    own = LayerTrace(t.name)
    own.mask, own.training, own.penalty_count, own.first = t.mask, t.training, t.penalty_count, t.first
    own.input_mask, own.options, own.shapes = t.input_mask, t.options, t.shapes
    for name in names:
        setattr(own, name, _as(kind, getattr(t, name)))
    return own


def _as(kind: Any, given: Any) -> Any:
    """Return copies of an array, or of a tuple of arrays, as plain or `Bounded` arrays; integers stay plain."""
    if given is None:
        return None
    if isinstance(given, np.ndarray) and given.dtype.kind != "f":
        return given.copy()
    return tuple(_as(kind, part) for part in given) if isinstance(given, tuple) else kind(np.array(given))


def _both(layer: Layer, t: LayerTrace, names: tuple[str, ...], *methods: str) -> tuple[Any, Any, list[Comparison]]:
    """Run methods of the layer on the reference's tensors, plain and bounded; return also the overwritten inputs."""
    plain, bounded = spliced(t, np.asarray, *names), spliced(t, as_read, *names)
    given = {name: getattr(plain, name) for name in names}
    for method in methods:
        getattr(layer, method)(plain)
        getattr(layer, method)(bounded)
    if any(hasattr(layer, f"keras_{method}") for method in methods):
        _widen(bounded, layer, spliced(t, as_read, *names), methods)
    return plain, bounded, [c for name in names for c in _overwritten(t.name, name, given[name], getattr(t, name))]


def _widen(bounded: LayerTrace, layer: Layer, theirs: LayerTrace, methods: tuple[str, ...]) -> None:
    """Give every result the larger of two bounds: of handnn's formula and of TensorFlow's (`keras_...`).

    A layer has the latter if TensorFlow's formula loses digits that handnn's keeps.
    """
    for method in methods:
        getattr(layer, f"keras_{method}", getattr(layer, method))(theirs)
    pairs = [(bounded.z, theirs.z), *zip(_parts_of(bounded.dx), _parts_of(theirs.dx), strict=True)]
    pairs += [(found, theirs.gradients.get(name)) for name, found in bounded.gradients.items()]
    for found, other in pairs:
        if isinstance(found, Bounded) and isinstance(other, Bounded) and found.shape == other.shape:
            found.error = np.maximum(found.error, other.error)


def _parts_of(dx: Any) -> tuple[Any, ...]:
    return dx if isinstance(dx, tuple) else (dx,)


def _overwritten(layer: str, tensor: str, found: Any, before: Any) -> Iterator[Comparison]:
    """Yield an input that has been changed."""
    if isinstance(before, tuple):
        for k, (part, kept) in enumerate(zip(found, before, strict=True)):
            yield from _overwritten(layer, f"{tensor}[{k}]", part, kept)
    elif not _same(found, before):
        yield Comparison(layer, f"{tensor} kept", "an input, unchanged", found, before, exactly(before.shape))


def _same(found: Array, before: Array) -> bool:
    """Return whether two arrays are equal; NaN equals NaN, which is asked only where it matters."""
    same = found.shape == before.shape and bool((found == before).all())
    return same or np.array_equal(found, before, equal_nan=before.dtype.kind == "f")


def _forward(layer: Layer, t: LayerTrace) -> Iterator[Comparison]:
    if t.mask is not None and t.mask.any():  # a mask of zeros does not show the scale
        yield from (time_steps.masks(layer, t) if hasattr(layer, "mask_parts") else _mask(layer, t))
    yield from time_steps.forward(layer, t)
    plain, bounded, overwritten = _both(layer, t, ("x",), "forward")
    yield from overwritten
    if not _passed_on(plain.z, plain.x, t.z, t.x) and "z" not in keras_wrong(layer, t):
        yield compare(t.name, "z", layer.formulas.get("z", FORMULAS["z"]), plain.z, t.z, bounded.z)
    layer.hand_on_mask(plain)
    if plain.output_mask is not None or t.output_mask is not None:
        yield _same_mask(t.name, plain.output_mask, t.output_mask)
    plain, _, overwritten = _both(layer, t, ("z",), "activate")
    yield from overwritten
    if not _passed_on(plain.a, plain.z, t.a, t.z):
        f = layer.output_activation
        found, reference = only_where_keras_is_right(f, t.z, plain.a, t.a)
        formula = f"{f.name}(z)" if reference is t.a else f"{f.name}(z), where Keras is right"
        yield compare(t.name, "a", formula, found, reference, activation_bound(f, t.z))


def _same_mask(layer: str, found: Any, reference: Any) -> Comparison:
    """Return the comparison of the masks that are handed on; none at all is one of shape ()."""
    found, reference = (np.asarray(mask is not None if mask is None else mask) for mask in (found, reference))
    return Comparison(layer, "mask out", "steps that count", found, reference, exactly(reference.shape))


def _penalty(layer: Layer, t: LayerTrace) -> Iterator[Comparison]:
    """Yield the layer's penalties: R(W) of its weights, and R(a) / n."""
    if t.penalty is not None:
        plain, bounded = spliced(t, np.asarray, "a"), spliced(t, as_read, "a")
        found, bound = layer.penalty(plain), layer.penalty(bounded, Bounded)
        yield compare(t.name, "penalty", "R(W) + R(a) / n", found, t.penalty, bound)


def _moved(layer: Layer, t: LayerTrace, before: dict[str, Any]) -> Iterator[Comparison]:
    """Yield the weights that training updates without a gradient.

    Args:
        before: their values where the layer has an earlier place, which updated them.
    """
    if t.new_statistics:
        start = {weight.name: weight.numpy() for weight in layer.weights if weight.name in before}
        layer.assign_statistics(before)
        plain, bounded, _ = _both(layer, t, ("x",), "forward", "update_running_statistics")
        layer.assign_statistics(start)
        for name, reference in t.new_statistics.items():
            formula = layer.formulas.get(name, "moved by training")
            yield compare(
                t.name,
                name,
                formula,
                plain.new_statistics.get(name, ()),
                reference,
                bounded.new_statistics.get(name),
            )


def _mask(layer: Any, t: LayerTrace) -> Iterator[Comparison]:
    """Yield a mask drawn by the layer: for dropout, every element must be 0 or the value in Keras' mask.

    The distribution of its values must be the layer's.
    """
    if "mask" in layer.formulas:
        own = copy.deepcopy(layer).draw(t.mask.shape)
        expected = (own != 0) * np.max(t.mask)
        allowed = allowance.of(allowance.unit_roundoff(own.dtype) * np.abs(expected), own.dtype)
        yield Comparison(t.name, "mask", layer.formulas["mask"], own, expected.astype(own.dtype), allowed)
    found, expected, apart = chance.shares(chance.drawn(layer, t.mask.shape), chance.law(layer))
    yield Comparison(t.name, "mask law", "share of values up to v", found, expected, np.full(found.shape, apart))


class Paths:
    """The upstream of every node, from the reference's dx of the layers above it."""

    def __init__(self, model: Network, reference: Trace) -> None:
        self.model = model
        records = [reference[name] for name in model.node_names]
        self.plain = Trace([spliced(t, np.asarray, "a", "dx") for t in records])
        self.bounded = Trace([spliced(t, as_read, "a", "dx") for t in records])
        losses = model.output_losses(reference.training)
        squashing = [own.node for own in losses if own.from_logits and hasattr(own.loss, "squash")]
        if squashing and len(losses) > 1:
            raise ValueError("a focal loss on logits can only be verified in a model of one output")
        self.through_a = squashing[0] if squashing else len(records)
        """From this node on, a fused loss also has a path through a, which is part of handnn's dL/dz."""
        for trace in (self.plain, self.bounded):
            self._without_loss(trace)

    def _without_loss(self, trace: Trace) -> None:
        """Leave only the penalties in the dx of the layers above, which pass their upstream on unchanged."""
        total: Any = None
        for i in range(len(trace) - 1, self.through_a, -1):
            layer, t = self.model.nodes[i].layer, trace.layers[i]
            if layer.activity_regularizer is not None:
                slope = layer.activity_gradient(t)
                total = slope if total is None else total + slope
            t.dx = total

    def upstream(self, i: int, slopes: Slopes | None) -> tuple[Any, Any, bool]:
        """Return upstream, plain and bounded, and whether there was anything to compute."""
        found = self.model.upstream(i, self.plain, slopes and slopes.found)
        bound = in_any_order(self.model.paths(i, self.bounded, slopes and slopes.bounded))
        given = [dx for t in self.plain for dx in (t.dx if isinstance(t.dx, tuple) else (t.dx,))]
        return found, bound, not any(found is dx for dx in given)


def in_any_order(parts: list[Any]) -> Any:
    """Return the sum of `Bounded` arrays with the bound gamma(n-1) sum |part|: TensorFlow adds in another order."""
    parts = [part if isinstance(part, Bounded) else Bounded(part) for part in parts]  # a zero part is a plain array
    if len(parts) < 3:
        return sum(parts[1:], parts[0]) if parts else None
    total = sum(parts[1:], parts[0])
    growth = allowance.gamma(len(parts) - 1, allowance.unit_roundoff(total.dtype))
    return Bounded(total.value, sum(part.error + growth * np.abs(part.value) for part in parts))


def _residual(paths: Paths, i: int, layer: Layer, t: LayerTrace, slopes: Slopes | None) -> Iterator[Comparison]:
    """Yield delta, and upstream unless it is a single dx.

    A fused loss gives delta itself. If a penalty R(a) reaches the same layer, its part of delta comes through f.
    """
    fused = slopes if slopes is not None and slopes.fused else None
    if i > paths.through_a:
        return
    upstream, bound, computed = paths.upstream(i, slopes if fused is None else None)
    if upstream is None:
        if fused is not None:
            yield compare(t.name, "delta", "dL/dz, fused", fused.found, t.delta, fused.bounded)
        return
    if i == paths.through_a:
        t = copy.copy(t)
        t.upstream = upstream
    elif computed or not (t.upstream is None or np.array_equal(upstream, t.upstream, equal_nan=True)):
        if t.penalty is not None and not np.isfinite(t.penalty):  # then 2 a, the slope of a^2, may overflow, too
            bound = Bounded(bound.value, np.inf)
        yield compare(t.name, "upstream", FORMULAS["upstream"], upstream, t.upstream, bound)
    given = copy.copy(t)
    given.upstream = np.zeros_like(t.a) if t.upstream is None else t.upstream
    plain, _, overwritten = _both(layer, given, ("upstream", "z", "a"), "residual")
    yield from overwritten
    own = residual_bound(layer.output_activation, given.upstream, t.z, t.a)
    if fused is not None:
        yield compare(t.name, "delta", "dL/dz, fused + R'", plain.delta + fused.found, t.delta, own + fused.bounded)
    elif not _passed_on(plain.delta, plain.upstream, t.delta, t.upstream):
        found, reference = only_where_keras_is_right(layer.output_activation, t.z, plain.delta, t.delta)
        yield compare(t.name, "delta", FORMULAS["delta"], found, reference, own)


def _together(slopes: list[Slopes]) -> Slopes | None:
    """Return the derivative of several losses on one node: their sum."""
    if len(slopes) < 2:
        return slopes[0] if slopes else None
    found = sum((own.found for own in slopes[1:]), slopes[0].found)
    return Slopes(found, in_any_order([own.bounded for own in slopes]), slopes[0].fused)


def _backward(layer: Layer, t: LayerTrace, places: Places) -> Iterator[Comparison]:
    yield from time_steps.backward(layer, t)
    steps = ("forward", "backward", "penalize") if layer.uses_cache else ("backward", "penalize")
    plain, bounded, overwritten = _both(layer, t, ("x", "delta"), *steps)
    yield from overwritten
    own = (plain.gradients, bounded.gradients)
    if t.first:
        yield from places.compare(layer, t, [own])
    else:
        places.later.setdefault(id(layer), []).append(own)
    formula, wrong = layer.formulas.get("dx", FORMULAS["dx"]), keras_wrong(layer, t)
    if isinstance(t.x, tuple):
        for k, reference in enumerate(t.dx):
            if f"dx[{k}]" in wrong or (plain.dx[k] is None and reference is None):  # None: of a mask
                continue
            if not _passed_on(plain.dx[k], plain.delta, reference, t.delta):
                yield compare(t.name, f"dx[{k}]", formula, plain.dx[k], reference, bounded.dx[k])
    elif "dx" in wrong or (plain.dx is None and t.dx is None):
        return
    elif not _passed_on(plain.dx, plain.delta, t.dx, t.delta):
        yield compare(t.name, "dx", formula, plain.dx, t.dx, bounded.dx)


def _passed_on(found: Array, given: Array, reference: Array, reference_given: Array) -> bool:
    """Return whether a step does nothing on both sides; the hand-written one returns its argument itself."""
    return found is given and np.array_equal(reference, reference_given)


def _loss(
    model: Network, own: OutputLoss, t: LayerTrace, reference: Trace, y: Any, weight: Any
) -> Generator[Comparison, None, Slopes]:
    """Yield the values and the loss of one output; return the loss' gradient."""
    loss: Any = own.loss  # Any, because it takes `Bounded` arrays too
    fused, top, y = own.from_logits, own.node, of_output(y, own.place)
    weight = model.weight_of(own, reference, of_output(weight, own.place))
    number = model.output_losses(reference.training).index(own)
    values = reference.values[number] if isinstance(reference.values, tuple) else reference.values
    data_loss = reference.data_loss
    if _is_sum(model, reference):
        data_loss = reference.output_losses[number]
    dtype = model.nodes[top].layer.dtype
    output = (t.z if fused else t.a).astype(loss.dtype)
    labels = y if y.dtype.kind == "i" else as_read(y)  # label smoothing rounds them
    weights = None if weight is None else as_read(weight)  # 'mean_with_sample_weight' sums them
    found, bound = loss.values(y, output), loss_bounds.values(loss, labels, as_read(output))
    yield compare(t.name, "values", FORMULAS["values"], found, values, bound)
    found, bound = loss.reduce(values, weight, y), loss.reduce(as_read(values), weights, y)
    yield compare(t.name, "loss", FORMULAS["loss"], found, data_loss, bound)
    given = output.copy()
    found, bound = (
        loss.gradient_of_reduced(y, given, weight),
        loss_bounds.slopes(loss, labels, as_read(output), weights),
    )
    yield from _overwritten(t.name, "z" if fused else "a", given, output)
    # One rounding more: Keras multiplies by the rounded 1/n where handnn divides by n, and a loss may be cast.
    u = max(allowance.unit_roundoff(loss.dtype), allowance.unit_roundoff(dtype))
    found = np.asarray(found)
    error = getattr(bound, "error", 0.0) + u * np.abs(found)
    if own.weight != 1:
        scale = found.dtype.type(own.weight)
        found, error = found * scale, np.abs(scale) * error + 2 * u * np.abs(found * scale)
    return Slopes(found.astype(dtype), Bounded(found.astype(dtype), error), fused)


def _is_sum(model: Network, reference: Trace) -> bool:
    """Return whether the loss is a weighted sum."""
    losses = model.output_losses(reference.training)
    return len(model.output_nodes) > 1 or losses[0].weight != 1


def _sum_of_losses(model: Network, reference: Trace) -> Iterator[Comparison]:
    """Yield the weighted sum of several outputs' losses, and the loss with penalties."""
    losses, last = model.output_losses(reference.training), reference.layers[-1].name
    dtype = losses[0].loss.dtype
    if _is_sum(model, reference):
        pairs = [
            (own.weight, np.asarray(part).astype(dtype))
            for own, part in zip(losses, reference.output_losses, strict=True)
        ]
        found = sum(np.asarray(part * part.dtype.type(weight)) for weight, part in pairs)
        terms = [Bounded(part) * Bounded(np.asarray(weight, dtype)) for weight, part in pairs]
        yield compare(last, "loss", "sum of weighted losses", found, reference.data_loss, in_any_order(terms))
    penalties = [own.penalty.astype(dtype) for own in reference if own.penalty is not None]
    if penalties:
        found = sum(penalties, reference.data_loss)
        bound = in_any_order([reference.data_loss, *penalties])
        yield compare(last, "total", "loss + penalties", found, reference.loss, bound)
