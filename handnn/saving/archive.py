"""Reading and writing of `.keras` (a zip) and `.weights.h5` files."""

import io
import json
import os
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from .. import losses, metrics, optimizers
from ..core import atomic
from ..core.custom import CustomObjectScope, get_registered_name
from ..metrics import Metric
from .savable import Savable
from .training_state import TrainingState
from .weights import Stored, check_declared, content, most_bytes

METADATA, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
PREPARATION = "preparation.json"
"""How raw samples become inputs; Keras ignores it."""
Path = str | os.PathLike[str]


# ---- writing ---------------------------------------------------------------------------------------------------------


def save_model(model: Savable, filepath: Path, overwrite: bool = True, zipped: bool | None = None) -> None:
    """Write a `.keras` file: architecture, weights, loss, metrics, optimizer with slots, and training progress.

    An existing file is replaced atomically, after the new content is complete.

    Raises:
        ValueError: filepath has another ending, the model is not built, or holds something that a file cannot hold.
        FileExistsError: the file exists and overwrite is False.
        OSError: the folder does not exist, or the file cannot be written.
    """
    if zipped not in (None, True):
        raise ValueError(f"zipped must be None or True: handnn writes no folders; received {zipped!r}")
    path = _target(model, filepath, ".keras", overwrite)
    kept_at = time.strftime("%Y-%m-%d@%H:%M:%S")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(METADATA, json.dumps({"keras_version": _keras_version(), "date_saved": kept_at}))
        archive.writestr(CONFIG, json.dumps(_serialized(model)))
        archive.writestr(WEIGHTS, content(model))
        if model.preparation is not None:
            archive.writestr(PREPARATION, json.dumps(model.preparation, allow_nan=False))
    atomic.write(path, buffer.getvalue())


def save_weights(model: Savable, filepath: Path, overwrite: bool = True, max_shard_size: None = None) -> None:
    """Write a `.weights.h5` file: weights, the optimizer's slots, and training progress. Raises as `save_model`."""
    if max_shard_size is not None:
        raise ValueError(f"max_shard_size is not supported and must be None; received {max_shard_size!r}")
    atomic.write(_target(model, filepath, ".weights.h5", overwrite), content(model))


def _target(model: Savable, filepath: Path, ending: str, overwrite: bool) -> str:
    path = checked_path(filepath, ending)
    if not model.built:
        raise ValueError(f"{model.name} has no weights to save yet: start it with an Input or call it on data")
    if not overwrite and os.path.exists(path):
        raise FileExistsError(f"{path} already exists; give another name, or overwrite=True")
    folder = os.path.dirname(os.path.realpath(path))
    if os.path.isdir(path) or not os.path.isdir(folder):
        raise OSError(f"filepath must be a file in an existing folder; received {path}")
    return path


def checked_path(filepath: Path, *endings: str) -> str:
    """Return the path as a string; raise ValueError if it has another ending."""
    path = os.fspath(filepath)
    if not path.endswith(endings):
        raise ValueError(f"filepath must end in {' or '.join(endings)}; received {path}")
    return path


def _keras_version() -> str:
    try:
        return version("keras")
    except PackageNotFoundError:
        return "3.15.1"


def _serialized(model: Savable) -> dict[str, Any]:
    """Return Keras' serialised form of a model."""
    structure = import_module("handnn.models.structure")
    return structure.serialized(model) | {"compile_config": {} if model.optimizer is None else _compiled(model)}


def _compiled(model: Savable) -> dict[str, Any]:
    """Return Keras' serialised form of the arguments of `compile`."""
    weights = model.as_outputs(model.loss_weights)
    return {
        "optimizer": optimizers.serialize(model.optimizer),
        "loss": _loss(model.as_outputs(model.loss)),
        "loss_weights": weights if isinstance(model.loss, list) or weights != [1.0] else None,
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
    return loss if loss is None or isinstance(loss, str) else losses.serialize(loss)


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


# ---- reading ---------------------------------------------------------------------------------------------------------


def load_model(
    filepath: Path, custom_objects: dict[str, Any] | None = None, compile: bool = True, safe_mode: bool = True
) -> Any:
    """Return the model of a `.keras` file, by Keras or by `save_model`, with weights, slots and training progress.

    Args:
        filepath: the file.
        custom_objects: {name: class or function} of the user's own; registered ones are found without.
        compile: False omits loss, metrics and optimizer.
        safe_mode: has no effect; nothing in a file is ever executed.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, or holds something that handnn does not have.
    """
    path = checked_path(filepath, ".keras")
    with CustomObjectScope(custom_objects), _explained(path):
        described = json.loads(_member(path, CONFIG, MOST_CONFIG))
        model = _model_from_config(described["config"])
        if not model.built:
            raise ValueError("it holds a network without an input shape; build it before saving")
        content = _member(path, WEIGHTS, most_bytes(model))
        found = Stored(content, model)
        wanted = described.get("compile_config") if compile else None
        if wanted:
            _compile(model, wanted, found.state)
            found = Stored(content, model, strict=True)
        found.apply()
    model.preparation = read_preparation(path)
    return model


def read_preparation(filepath: Path) -> dict[str, Any] | None:
    """Return how raw samples become the inputs of a `.keras` file's network, None if the file does not say.

    It is JSON of `handnn.data.preparation`. Raises as `load_model`.
    """
    path = checked_path(filepath, ".keras")
    with _explained(path):
        with zipfile.ZipFile(path) as archive:
            if PREPARATION not in archive.namelist():
                return None
        return json.loads(_member(path, PREPARATION, MOST_CONFIG))


def _model_from_config(config: dict[str, Any]) -> Any:
    """Return the model of a config. `models` imports `saving`, so it is imported here only when needed."""
    return import_module("handnn.models").model_from_config(config)


def load_weights(model: Savable, filepath: Path, skip_mismatch: bool = False) -> None:
    """Read weights into a model of the same architecture, and slots into its optimizer. Nothing changes on errors.

    Args:
        model: a built model. If it is compiled with the same kind of optimizer, that gets the slots.
        filepath: `.weights.h5` or `.keras`, by Keras or by handnn.
        skip_mismatch: skip layers whose arrays do not fit, with a warning.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the model is not built, the file is damaged, or an array does not fit.
    """
    path = checked_path(filepath, ".weights.h5", ".keras")
    if not model.built:
        raise ValueError(f"{model.name} has no weights yet: start it with an Input or call it on data")
    stored(model, path, strict=False, skip_mismatch=skip_mismatch).apply()


def stored(model: Savable, path: str, strict: bool = True, skip_mismatch: bool = False) -> Stored:
    """Return a file's content for a model, checked but not yet applied."""
    with _explained(path):
        most = most_bytes(model)
        data = _member(path, WEIGHTS, most) if path.endswith(".keras") else _bytes(path, most)
        return Stored(data, model, strict, skip_mismatch)


MOST_CONFIG, MOST_UNKNOWN = 16_000_000, 500_000_000
"""Bytes of a config, and of the weights of a network that handnn does not have."""


def check_size(path: str) -> None:
    """Raise ValueError in one line where a `.keras` file's weights are larger than the network in it can need.

    Of a network that handnn does not have, they may take MOST_UNKNOWN bytes.
    """
    import h5py

    with _explained(path):
        config = json.loads(_member(path, CONFIG, MOST_CONFIG))
        try:
            most = most_bytes(_model_from_config(config["config"]))
        except (ValueError, TypeError, KeyError, AttributeError):
            most = MOST_UNKNOWN
        with h5py.File(io.BytesIO(_member(path, WEIGHTS, most)), "r") as file:
            check_declared(file, most)


def _bytes(path: str, most: int) -> bytes:
    _check_bytes("it", os.path.getsize(path), most)
    with open(path, "rb") as file:
        return file.read()


def _check_bytes(name: str, size: int, most: int) -> None:
    if size > most:
        raise ValueError(f"{name} takes {size:,} bytes, of which the network needs at most {most:,}; nothing was read")


def _member(path: str, name: str, most: int) -> bytes:
    """Return a member; the zip's own check sums say whether it is whole."""
    with open(path, "rb") as file:
        if not zipfile.is_zipfile(file):
            raise ValueError("it is not a .keras file, or a truncated one; expected a network saved by Keras 3")
        with zipfile.ZipFile(file) as archive:
            missing = [wanted for wanted in (CONFIG, WEIGHTS) if wanted not in archive.namelist()]
            if missing:
                raise ValueError(f"it has no {missing[0]}; expected a network saved by Keras 3")
            _check_bytes(name, archive.getinfo(name).file_size, most)
            return archive.read(name)


@contextmanager
def _explained(path: str) -> Iterator[None]:
    """Turn the many errors of zipfile, h5py and json for damaged files into a one-line ValueError."""
    if not os.path.isfile(path):
        raise FileNotFoundError(f"{path}: no such file")
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError) and error.errno:  # an error of the system, such as 'permission denied'
            raise
        reason = " ".join(str(error).split())[:300]
        known = type(error) in (ValueError, TypeError)
        raise ValueError(f"{path}: {reason if known else f'damaged ({reason or type(error).__name__})'}") from error


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


def _flat(dtypes: Any) -> Iterator[Any]:
    for own in dtypes if isinstance(dtypes, list) else [dtypes]:
        yield from _flat(own) if isinstance(own, list) else [own]


def _compile(model: Savable, wanted: dict[str, Any], state: TrainingState) -> None:
    """Compile the model with the file's loss, metrics and optimizer."""
    loss = _read_loss(wanted.get("loss"), _flat(state.loss_dtype))
    given = {name: _read_metrics(wanted.get(name)) for name in ("metrics", "weighted_metrics")}
    given["loss_weights"] = wanted.get("loss_weights")
    model.compile(wanted.get("optimizer"), loss, **given)
    _ = model.loss  # raises now if the file's losses do not fit its outputs
    if model.optimizer is not None:
        state.spare(model.optimizer, model)
