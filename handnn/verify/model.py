"""`verify_model`: compares a whole network with its Keras twin on one batch."""

import traceback
from pathlib import Path
from typing import Any

import numpy as np

from .. import losses
from ..models import structures
from ..models.from_config import model_from_config
from ..models.inputs import sample_count
from ..models.network import Network
from ..optimizers import recent
from ..rounding import activation_bounds as bounds
from . import end_to_end, own_forward, steps, wiring
from .keras_optimizer import AsOneVector, takes_one_vector
from .optimizer_steps import spliced_steps
from .report import Report, Row

LARGEST_BATCH = 32
"""In larger batches, a wrong factor close to 1 can hide in the rounding of a sum over the batch."""


@np.errstate(all="ignore")  # what overflows is compared like everything else
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

    A model with a layer, activation or loss of the user's own is held against differences of its own forward pass.

    Args:
        model: compiled `Sequential` or `Model`, of handnn or of Keras (converted by its config, with its weights, loss
            and optimizer); it is not changed.
        x, y: the batch, best of 32 samples or fewer. sample_weight: one weight a sample.
        training: whether Dropout is at work (under the mask that Keras drew).
        optimizer: also take optimizer steps on both sides, from TensorFlow's weights, slots and gradients.
        whole: also run both networks end to end, to find mistakes in the wiring between correct steps.

    Returns:
        a `Report`: `report.ok`, `print(report)`, `report.first_failure`, `report.to_dict()`.

    Raises:
        ValueError: the model is not compiled, or x, y or sample_weight does not fit.
        ImportError: TensorFlow or Keras is not installed.
    """
    if not isinstance(model, Network):
        model = from_keras(model)
    x, y, weight = model.prepare_batch(x, y, sample_weight)
    _check_statistics(model)
    if own := own_forward.parts(model):
        return own_forward.report(model, x, y, weight, training, own)
    weights = [weight.value for weight in model.weights]
    given = model.description(), weights, model.loss, model.optimizer if optimizer else None
    from tf_reference import KerasTwin

    weighted = any(weight != 1 for weight in structures.flattened(model.loss_weights))
    twin = KerasTwin(*given, **({"loss_weights": model.loss_weights} if weighted else {}))
    pairs = zip(model.node_names, model.nodes, strict=True)
    if kept := {name: states for name, node in pairs if (states := getattr(node.layer, "states", None))}:
        twin.set_states({name: [state.value for state in states] for name, states in kept.items()})
    reference = twin.trace(x, y, weight, training=training)
    report, spliced = Report(model.name), end_to_end.StepAllowances()
    report.add(spliced.watching(steps.network(model, reference, y, weight)))
    report.notes += bounds.remarks([node.layer for node in model.nodes], reference)
    if whole and report.ok:  # with a wrong step, the whole pass would only repeat its mistake
        report.add(wiring.passes(model, x, y, weight, reference), "wiring")
        if not report.notes:  # if Keras is wrong in one step, its whole pass is
            report.add(end_to_end.whole(model, x, y, weight, reference, spliced), "end to end")
    if optimizer and type(model.optimizer).__name__ in recent:
        report.unjudged.append(f"Keras has no {type(model.optimizer).__name__}, so its steps were not compared")
    elif optimizer and model.optimizer is not None and reference.gradients:
        wiring.give_back(model)
        try:
            report.rows += _optimizer_steps(model, twin, reference.gradients)
        except Exception as error:
            if not in_keras(error):
                raise
            why = " ".join(str(error).split())
            report.unjudged.append(f"Keras' own {type(model.optimizer).__name__} fails on its step: {why}")
        del twin, given  # a large one's memory is needed below
        if report.ok and training:
            report.add(wiring.steps_taken(model, x, y, weight, reference), "wiring")
    if sample_count(x) > LARGEST_BATCH:
        report.notes.append(f"The batch has {sample_count(x)} samples; {LARGEST_BATCH} or fewer show smaller mistakes.")
    return report


def _optimizer_steps(model: Network, twin: Any, gradients: Any) -> list[Row]:
    """Return the rows of optimizer steps, which Keras takes of all weights laid end to end where it may."""
    rule, weights = model.optimizer, model.trainable_weights
    assert rule is not None
    return spliced_steps(
        rule, AsOneVector(rule, weights) if takes_one_vector(rule, weights) else twin, gradients, weights
    )


def _check_statistics(model: Network) -> None:
    """Raise ValueError for batch renormalization in several places: its z depends on the update of the first."""
    layers = [node.layer for node in model.nodes]
    for layer in layers:
        if getattr(layer, "renorm", False) and sum(layer is other for other in layers) > 1:
            raise ValueError(f"{layer.name} has renorm=True and several places, which cannot be verified")


def from_keras(model: Any) -> Network:
    """Return the handnn model of a compiled Keras `Sequential` or functional `Model`, with its weights.

    Raises:
        TypeError: it is neither. ValueError: it has no input shape or loss yet, or something that handnn does not have.
    """
    if not all(hasattr(model, name) for name in ("get_config", "get_weights", "get_compile_config")):
        raise TypeError(f"model must be a handnn or Keras model; received {type(model).__name__}")
    if not model.built:
        raise ValueError(f"{model.name} has no weights yet: start it with an Input or call it on data")
    config = model.get_config()
    if "layers" not in config:
        raise TypeError(f"model must be a Sequential or functional Model; received a {type(model).__name__}")
    wanted = model.get_compile_config() or {}
    if wanted.get("loss") is None:
        raise ValueError(f"{model.name} has no loss yet: call compile(loss=...) first")
    found = model_from_config(config)
    found.set_weights_as_stored(model.get_weights())
    found.compile(wanted.get("optimizer") or "sgd", _loss(model.loss, wanted["loss"]))
    return found


def _loss(given: Any, wanted: Any) -> Any:
    """Return a loss as `compile` takes it: an object of Keras computes in its own dtype, which no config tells."""
    dtype = getattr(given, "dtype", None)
    return losses.get(wanted, dtype=dtype) if isinstance(wanted, dict) and isinstance(dtype, str) else wanted


def in_keras(error: BaseException) -> bool:
    """Return whether an exception was raised by code of Keras or TensorFlow."""
    where = traceback.extract_tb(error.__traceback__)[-1].filename
    return bool({"keras", "tensorflow"} & set(Path(where).parts))
