"""`verify_model`: compares a whole network with its Keras twin on one batch."""

from typing import Any

from ..models.inputs import sample_count
from ..models.network import Network
from ..rounding import activation_bounds as bounds
from . import end_to_end, steps, wiring
from .optimizer_steps import spliced_steps
from .report import Report

LARGEST_BATCH = 32
"""In larger batches, a wrong factor close to 1 can hide in the rounding of a sum over the batch."""


def verify_model(
    model: Network,
    x: Any,
    y: Any,
    sample_weight: Any = None,
    training: bool = True,
    optimizer: bool = True,
    whole: bool = True,
) -> Report:
    """Compare every step of a compiled model with TensorFlow's on one batch.

    Args:
        model: compiled `Sequential` or `Model`; it does not change.
        x, y: the batch, preferably at most 32 samples. sample_weight: one weight per sample.
        training: whether layers such as Dropout behave as in training (with the mask that Keras drew).
        optimizer: also take optimizer steps on both sides, from TensorFlow's weights, slots and gradients.
        whole: also run both networks end to end, to find mistakes in the wiring between correct steps.

    Returns:
        a `Report`: `report.ok`, `print(report)`, `report.first_failure`, `report.to_dict()`.

    Raises:
        ValueError: the model is not compiled, or x, y or sample_weight does not fit.
        ImportError: TensorFlow or Keras is not installed.
    """
    from tf_reference import KerasTwin

    x, y, weight = model.prepare_batch(x, y, sample_weight)
    twin = KerasTwin(model.get_config(), model.get_weights(), model.loss, model.optimizer if optimizer else None)
    reference = twin.trace(x, y, weight, training=training)
    report = Report(model.name)
    spliced = list(steps.network(model, reference, y, weight))
    report.add(spliced)
    report.notes += bounds.remarks([node.layer for node in model.nodes], reference)
    if whole and report.ok:  # with a wrong step, the whole pass would only repeat its mistake
        report.add(wiring.passes(model, x, y, weight, reference), "wiring")
        if not report.notes:  # if Keras is wrong in one step, its whole pass is
            report.add(end_to_end.whole(model, x, y, weight, reference, spliced), "end to end")
    if optimizer and model.optimizer is not None and reference.gradients:
        report.add(spliced_steps(model.optimizer, twin, reference.gradients, model.trainable_weights), "optimizer")
        if report.ok and training:
            report.add(wiring.steps_taken(model, x, y, weight, reference), "wiring")
    if sample_count(x) > LARGEST_BATCH:
        report.notes.append(f"The batch has {sample_count(x)} samples; {LARGEST_BATCH} or fewer show smaller mistakes.")
    return report
