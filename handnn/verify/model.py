"""`verify_model`: a whole network held against its Keras twin on one batch."""

from typing import TYPE_CHECKING, Any

import numpy as np

from ..network import Network
from ..optimizers import Optimizer
from ..training import count
from ..variable import Array
from . import bounds, end_to_end, steps, wiring
from .report import Report

if TYPE_CHECKING:
    from tf_reference import KerasTwin

LARGEST_BATCH = 32
"""Above this a wrong factor close to 1 can hide in the rounding of a sum over the batch."""

GRADIENT_SIZES = (1e-7, 1.0, 1e-4, 3.0)
"""Largest gradients of successive optimizer steps: equal ones would hide a misplaced epsilon or beta, and large ones
before small ones an epsilon, because the running average of the squares does not become small again."""


def verify_model(
    model: Network,
    x: Any,
    y: Any,
    sample_weight: Any = None,
    training: bool = True,
    optimizer: bool = True,
    whole: bool = True,
) -> Report:
    """Hold every step of a compiled model against TensorFlow on one batch.

    Args:
        model: compiled `Sequential` or `Model`; it is not changed.
        x, y: the batch, best of 32 samples or fewer. sample_weight: one weight a sample.
        training: whether Dropout is at work (under the mask that Keras drew).
        optimizer: also take optimizer steps on both sides, from TensorFlow's weights, slots and gradients.
        whole: also run both networks end to end, for mistakes in the wiring between correct steps.

    Returns:
        a `Report`: `report.ok`, `print(report)`, `report.first_failure`, `report.to_dict()`.
    """
    from tf_reference import KerasTwin

    x, y, weight = model._batch(x, y, sample_weight)
    twin = KerasTwin(model.get_config(), model.get_weights(), model.loss, model.optimizer if optimizer else None)
    reference = twin.trace(x, y, weight, training=training)
    report = Report(model.name)
    report.add(steps.network(model, reference, y, weight))
    report.notes += bounds.remarks([node.layer for node in model.nodes], reference)
    if whole and report.ok:  # with a wrong step the run can only repeat its mistake
        report.add(wiring.passes(model, x, y, weight, reference), "wiring")
        if not report.notes:  # where Keras errs in one step, its whole run does
            report.add(end_to_end.whole(model, x, y, weight, reference), "end to end")
    if optimizer and model.optimizer is not None and reference.gradients:
        report.add(_optimizer_steps(model, twin, reference.gradients), "optimizer")
        if report.ok and training:
            report.add(wiring.steps_taken(model, x, y, weight, reference), "wiring")
    if count(x) > LARGEST_BATCH:
        report.notes.append(f"The batch has {count(x)} samples; {LARGEST_BATCH} or fewer show smaller mistakes.")
    return report


def optimizer_state(twin: "KerasTwin") -> steps.OptimizerState:
    """Return copies of the twin's trainable weights, slots and step count."""
    weights = [variable.numpy() for variable in twin.model.trainable_variables]
    return steps.OptimizerState(weights, twin.slots(), twin.iterations)


def _optimizer_steps(model: Network, twin: "KerasTwin", gradients: list[Array]) -> list[steps.Comparison]:
    """Return the worst comparison of each weight and slot over several steps."""
    worst: dict[tuple[str, str], tuple[float, steps.Comparison]] = {}
    rng = np.random.default_rng(0)
    paths = [variable.path for variable in model.trainable_weights]
    for size in GRADIENT_SIZES:
        scaled = [_scaled(g, size, rng) for g in gradients]
        for comparison in spliced_step(model.optimizer, twin, scaled, paths):
            key = (comparison.layer, comparison.tensor)
            ratio = share(comparison)
            if key not in worst or ratio > worst[key][0]:
                worst[key] = (ratio, comparison)
    return [comparison for _, comparison in worst.values()]


def _scaled(gradient: Array, size: float, rng: np.random.Generator) -> Array:
    """Return the gradient with its largest element of this size, and random signs."""
    largest = float(np.max(np.abs(gradient), initial=0.0)) or 1.0
    return np.asarray(gradient / largest * size * rng.choice([-1.0, 1.0], gradient.shape), gradient.dtype)


def spliced_step(
    optimizer: Optimizer | None, twin: "KerasTwin", gradients: list[Array], paths: list[str]
) -> list[steps.Comparison]:
    """Let the twin take a step with these gradients, and compare the hand-written step from the same state."""
    assert optimizer is not None
    before = optimizer_state(twin)
    twin.apply(gradients)
    return list(steps.optimizer_step(optimizer, before, gradients, optimizer_state(twin), paths))


def share(comparison: steps.Comparison) -> float:
    """Return the largest error / allowance of a comparison."""
    from .report import row

    return row(comparison).ratio
