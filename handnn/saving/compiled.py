"""The arguments of `compile` in a file: written from a model, and given to `compile` again."""

from collections.abc import Iterator
from typing import Any

from .. import losses, metrics, optimizers
from ..core.custom import get_registered_name
from ..metrics import Metric
from .savable import Savable
from .training_state import TrainingState


def serialized(model: Savable) -> dict[str, Any]:
    """Return Keras' serialised form of the arguments of `compile`."""
    weights = model.as_outputs(model.loss_weights)
    return {
        "optimizer": optimizers.serialize(model.optimizer),
        "loss": _loss(model.as_outputs(model.loss)),
        "loss_weights": weights if weights != [1.0] else None,
        "metrics": _metrics(model.compiled_metrics.wanted) or None,
        "weighted_metrics": _metrics(model.compiled_metrics.wanted_weighted) or None,
        "run_eagerly": False,
        "steps_per_execution": 1,
        "jit_compile": False,
    }


def _loss(loss: Any) -> Any:
    """Return a loss' serialised form; the outputs' structure for several."""
    if isinstance(loss, list | tuple):
        return [_loss(own) for own in loss]
    if isinstance(loss, dict):
        return {name: _loss(own) for name, own in loss.items()}
    return None if loss is None else losses.serialize(loss)


def _metrics(given: Any) -> Any:
    """Return the serialised form of metrics in nested lists and dicts."""
    if isinstance(given, list | tuple):
        return [_metrics(own) for own in given]
    if isinstance(given, dict) and "class_name" not in given:
        return {name: _metrics(own) for name, own in given.items()}
    return None if given is None else _metric(given)


def _metric(given: Any) -> Any:
    """Return a metric's serialised form: a name or a config."""
    if isinstance(given, str | dict):
        return given
    found = metrics.get(given)
    if isinstance(found, Metric):
        return metrics.serialize(found)
    name = get_registered_name(found)
    if name not in metrics.metrics:
        raise ValueError(f"metrics holds a custom function, {name!r}, which a file cannot hold; use save_weights")
    return name


def _read_metrics(given: Any) -> Any:
    """Return metrics in nested lists and dicts, made from their configs while the file's classes are known."""
    if isinstance(given, list):
        return [_read_metrics(own) for own in given]
    if isinstance(given, dict):
        if "class_name" in given:
            return metrics.get(given)
        return {name: _read_metrics(own) for name, own in given.items()}
    return given


def _read_loss(loss: Any, dtypes: Iterator[Any]) -> Any:
    """Return the losses of a structure, each in its dtype; these are in the order of the outputs."""
    if isinstance(loss, list):
        return [_read_loss(own, dtypes) for own in loss]
    if isinstance(loss, dict) and "class_name" not in loss:
        read = {name: _read_loss(loss[name], dtypes) for name in sorted(loss)}
        return {name: read[name] for name in loss}
    dtype = next(dtypes, None)
    return losses.get(loss, dtype=dtype) if isinstance(loss, dict) and dtype is not None else loss


def restore(model: Savable, wanted: dict[str, Any], state: TrainingState) -> None:
    """Compile the model with the file's loss, metrics and optimizer."""
    dtypes = state.loss_dtype if isinstance(state.loss_dtype, list) else [state.loss_dtype]
    loss = _read_loss(wanted.get("loss"), iter(dtypes))
    given = {name: _read_metrics(wanted.get(name)) for name in ("metrics", "weighted_metrics")}
    given["loss_weights"] = wanted.get("loss_weights")
    model.compile(wanted.get("optimizer"), loss, **given)
    _ = model.loss  # raises now if the file's losses do not fit its outputs
    if model.optimizer is not None:
        state.spare(model.optimizer, model)
