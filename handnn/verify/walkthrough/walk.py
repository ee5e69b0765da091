"""`walkthrough`: one pass of a network, step by step, each number with its arithmetic.

Every step shows its formula, one element written out (names, numbers, value), the hand-written tensor and TensorFlow's,
and the error with its allowance. The steps are those of `steps`, each computed from TensorFlow's tensors.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.trace import Trace
from ...core.variable import Array
from ...layers.recurrent.rnn import RNN
from ...models.inputs import arrays
from ...models.network import Network
from .. import optimizer_steps, steps, wiring
from ..comparison import Comparison
from ..optimizer_steps import OptimizerState
from ..report import Report, row
from . import annotations, recurrent
from .step import Step
from .symbolic_array import Written
from .symbolic_pass import Known, Sheet, symbol
from .text import lines

LOSS_STEPS = ("values", "loss", "total")


@dataclass
class Walkthrough:
    """All steps in the order of computation. `print(walkthrough)` prints them, 80 columns wide."""

    name: str
    steps: list[Step]
    compared: bool

    @property
    def ok(self) -> bool:
        """Whether all compared steps are within their allowances."""
        return all(step.ok for step in self.steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __getitem__(self, where: str) -> Step:
        """Return the step of 'layer tensor', such as 'hidden_1 dW'."""
        for step in self.steps:
            if f"{step.layer} {step.tensor}" == where:
                return step
        known = ", ".join(f"{step.layer} {step.tensor}" for step in self.steps)
        raise KeyError(f"no step {where!r}; the steps are {known}")

    def verdict(self) -> str:
        """Return the result in one line."""
        computed = [step for step in self.steps if not step.given]
        if not self.compared:
            return f"{len(computed)} tensors computed by hand; they were not compared with TensorFlow"
        return Report(self.name, [step.row for step in computed if step.row is not None]).verdict()

    def beside(self, tensors: dict[tuple[str, str], tuple[Array, Array | None]]) -> None:
        """Add a user's tensors: (layer, tensor) -> (array, mask of its wrong elements)."""
        for step in self.steps:
            if (step.layer, step.tensor) in tensors and not step.given:
                step.yours, step.yours_off = tensors[step.layer, step.tensor]

    def yours(self) -> str:
        """Return one line about a user's numbers; empty if there are none."""
        held = [step for step in self.steps if step.yours is not None]
        wrong = [step for step in held if not step.yours_ok]
        if not held:
            return ""
        if not wrong:
            return f"yours: {len(held)} tensors agree with the hand-derived ones to rounding"
        backward = [s for s in wrong if s.phase == "loss"] or wrong
        return (
            f"yours: {len(wrong)} of {len(held)} tensors differ; the first is {backward[0].layer} {backward[0].tensor}"
        )

    def to_dict(self, digits: int = 5) -> dict[str, Any]:
        """Return the walkthrough as plain Python objects, for JSON."""
        every = [step.to_dict(digits) for step in self.steps]
        return {"name": self.name, "ok": self.ok, "compared": self.compared, "verdict": self.verdict(), "steps": every}

    def __str__(self) -> str:
        return "\n".join(line.text for line in lines(self))


def walkthrough(
    model: Network, x: Any, y: Any, sample_weight: Any = None, training: bool = True, reference: bool = True
) -> Walkthrough:
    """Return one forward and backward pass and one optimizer step of a compiled model, step by step.

    Args:
        model: compiled `Sequential` or `Model`; it does not change.
        x, y: the batch; two or three samples can be followed on paper. sample_weight: one weight per sample.
        training: whether layers such as Dropout behave as in training (with the mask that Keras drew).
        reference: whether to compare every step with TensorFlow; if not, TensorFlow is not imported.

    Raises:
        ValueError: the model is not compiled, or x, y or sample_weight does not fit.
    """
    x, y, weight = model.prepare_batch(x, y, sample_weight)
    twin = None
    if reference:
        from tf_reference import KerasTwin

        twin = KerasTwin(model.description(), model.get_weights(), model.loss, model.optimizer)
        trace = twin.trace(x, y, weight, training=training)
    else:
        trace = _own_trace(model, x, y, weight, training)
    sheet = Sheet(model, trace, y, weight)
    found = list(_passes(model, trace, x, y, weight, sheet))
    if reference and all(step.ok for step in found):
        found += [_step("wiring", c) for c in wiring.passes(model, x, y, weight, trace) if not row(c).ok]
    if model.optimizer is not None and model.trainable_weights:
        found += _optimizer(model, trace, twin, sheet)
    if not reference:
        for step in found:
            step.reference = step.allowed = step.row = None
    return Walkthrough(model.name, found, reference)


def _own_trace(model: Network, x: Any, y: Array, weight: Array | None, training: bool) -> Trace:
    with recurrent.recorded(model):
        trace = model.trace(x, y, weight, training=training)
    for node, t in zip(model.nodes, trace, strict=True):
        recurrent.record(t)
        if training and node.layer.running_statistics and node.layer.trainable:
            node.layer.update_running_statistics(t)
    return trace


def _step(phase: str, comparison: Comparison, written: tuple[Written, Known] | None = None) -> Step:
    c = comparison
    return Step(phase, c.layer, c.tensor, c.formula, c.found, c.reference, c.allowed, row(c), _written=written)


def _given(phase: str, layer: str, name: str, array: Any, remark: str) -> Step:
    return Step(phase, layer, name, "", np.asarray(array), given=True, remarks=[remark])


def _passes(model: Network, trace: Trace, x: Any, y: Array, weight: Array | None, sheet: Sheet) -> Iterator[Step]:
    """Yield the steps of the pass, and before each step its given tensors, when first used."""
    for source, part in zip(model.input_layers, arrays(x), strict=True):
        yield _given("forward", source.name, "x", part, "what goes in")
    nodes = {node.layer.name: node for node in model.nodes}
    phase, met = "forward", set()
    for comparison in steps.network(model, trace, y, weight):
        if comparison.tensor in LOSS_STEPS:
            if phase == "forward":
                yield _given("loss", "", "y", y, "what should come out")
                if weight is not None:
                    yield _given("loss", "", "weight", weight, "how much each sample counts")
            phase = "loss"
        elif phase == "loss":
            phase = "backward"
        layer = nodes[comparison.layer].layer
        if phase == "forward" and layer.name not in met:
            met.add(layer.name)
            yield from (_given("forward", layer.name, symbol(w.name), w.value, f"its {w.name}") for w in layer.weights)
            mask = trace[layer.name].mask
            if isinstance(mask, np.ndarray):
                yield _given("forward", layer.name, "mask", mask, "drawn at random")
            yield from _inner(layer, trace[layer.name], sheet)
        yield from _within_step(phase, layer, comparison, sheet)
        step = _step(phase, comparison, sheet[comparison.layer, comparison.tensor])
        if isinstance(layer, RNN) and step.found.ndim == 3 and sheet[comparison.layer, comparison.tensor]:
            step.at = recurrent.shown(step.found)
        step.remarks += annotations.of(model, trace, step.layer, step.tensor)
        yield step


def _inner(layer: Any, t: Any, sheet: Sheet) -> Iterator[Step]:
    """Yield what a layer computes on its way to z: scores and weights of attention. TensorFlow does not show them."""
    inner = getattr(layer, "inner", {})
    if inner:
        own = steps.spliced(t, np.asarray, "x")
        layer.forward(own)
        for name, formula in inner.items():
            yield Step("forward", layer.name, name, formula, own.cache[name], _written=sheet[layer.name, name])


def _within_step(phase: str, layer: Any, comparison: Comparison, sheet: Sheet) -> Iterator[Step]:
    """Yield what a recurrent layer's steps compute on their way to this tensor: gates, dL/dc."""
    prefix = comparison.tensor.removesuffix(comparison.tensor.split(" ")[-1]) if " " in comparison.tensor else ""
    prefix = prefix if prefix.startswith("cell") else ""
    for name in recurrent.inner(layer, comparison.tensor):
        written = sheet[comparison.layer, f"{prefix}{name}"]
        if written is not None:
            found, formula = written[0].value, recurrent.FORMULAS[name]
            at = recurrent.shown(found)
            yield Step(phase, comparison.layer, f"{prefix}{name}", formula, found, _written=written, at=at)


def _optimizer(model: Network, trace: Trace, twin: Any, sheet: Sheet) -> Iterator[Step]:
    """Yield one optimizer step with the pass' gradients."""
    assert model.optimizer is not None
    optimizer, weights = model.optimizer, model.trainable_weights
    gradients = [trace[node.layer.name].gradients[w.name] for node in model.nodes for w in node.layer.trainable_weights]
    before = _start(optimizer, weights) if twin is None else optimizer_steps.optimizer_state(twin)
    sheet.step(optimizer, before, gradients, weights)
    if twin is not None:
        twin.apply(gradients)
        after = optimizer_steps.optimizer_state(twin)
    else:
        stepped, own = optimizer_steps.step_taken(optimizer, before, gradients, weights)
        after = OptimizerState([variable.value for variable in stepped], [v.value for v in own.variables])
    remark = annotations.of_optimizer(optimizer)
    for comparison in optimizer_steps.optimizer_step(optimizer, before, gradients, after, weights):
        step = _step("optimizer", comparison, sheet[comparison.layer, comparison.tensor])
        step.remarks.append(remark)
        yield step


def _start(optimizer: Any, weights: list[Any]) -> OptimizerState:
    """Return the state of a new optimizer."""
    own = optimizer.unbuilt()
    own.build(weights)
    return OptimizerState([w.numpy() for w in weights], [v.value for v in own.variables])
