"""`save_model`, `load_model`, `save_weights`, `load_weights`: which file, and what of it."""

import io
import json
import os
import secrets
import shutil
import time
from collections.abc import Collection
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ..core import atomic
from ..core.custom import CustomObjectScope
from ..core.functions import SafeModeScope
from ..core.stacking import is_handnns
from . import compiled, legacy, members, shards
from .members import CONFIG, METADATA, MOST_CONFIG, MOST_UNKNOWN, PREPARATION, WEIGHTS, Path, checked_path
from .savable import Savable
from .weights import Stored, check_declared, content, most_bytes

ENDINGS = (".keras", ".h5", ".hdf5")


# ---- writing ---------------------------------------------------------------------------------------------------------


def save_model(
    model: Savable, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **options: Any
) -> None:
    """Write a model: architecture, weights, loss, metrics, optimizer with slots, and training progress.

    A `.keras` file, also an open one, is Keras 3's; with zipped=False, its parts are files in a folder. A `.h5` file is
    Keras' older format, without training progress; `include_optimizer=False` leaves its compile arguments out. What is
    there is replaced atomically, after the new content is complete.

    Raises:
        ValueError: filepath has another ending, the model is not built, holds something that a file cannot hold, or an
            argument is unknown.
        FileExistsError: the file exists and overwrite is False.
        OSError: the folder does not exist, or the file cannot be written.
    """
    with_optimizer = options.pop("include_optimizer", True)
    if options:
        raise ValueError(f"save_model has no argument {', '.join(map(repr, options))}")
    if not members.is_file(filepath) and os.fspath(filepath).endswith((".h5", ".hdf5")):
        path = _target(model, filepath, (".h5", ".hdf5"), overwrite)
        atomic.write(path, legacy.content(model, with_optimizer))
    elif members.is_file(filepath):
        _check_built(model)
        filepath.write(members.zipped(_parts(model)))
    elif zipped is False:
        _write_folder(model, os.fspath(filepath), overwrite)
    else:
        path = _target(model, filepath, (".keras",), overwrite)
        atomic.write(path, members.zipped(_parts(model)))


def _parts(model: Savable) -> dict[str, bytes]:
    """Return the members of a saved model."""
    kept_at = time.strftime("%Y-%m-%d@%H:%M:%S")
    parts = {
        METADATA: json.dumps({"keras_version": _keras_version(), "date_saved": kept_at}).encode(),
        CONFIG: json.dumps(_serialized(model)).encode(),
        WEIGHTS: content(model),
    }
    if model.preparation is not None:
        parts[PREPARATION] = json.dumps(model.preparation, allow_nan=False).encode()
    return parts


def _write_folder(model: Savable, path: str, overwrite: bool) -> None:
    """Write the members as files; the folder appears when it is complete."""
    if path.endswith(ENDINGS):
        raise ValueError(f"filepath of a folder (zipped=False) must not end in {', '.join(ENDINGS)}; received {path}")
    _check_built(model)
    if os.path.exists(path) and not (overwrite and os.path.isdir(path)):
        raise FileExistsError(f"{path} already exists; give another name, or overwrite=True for a folder")
    parts, token = _parts(model), secrets.token_hex(4)
    new, old = (f"{path.rstrip('/')}.{token}.{state}" for state in ("new", "old"))
    os.mkdir(new)
    try:
        for name, data in parts.items():
            atomic.write(os.path.join(new, name), data)
        if os.path.exists(path):
            os.rename(path, old)
        os.rename(new, path)
    finally:
        for left in (new, old):
            shutil.rmtree(left, ignore_errors=True)


def save_weights(
    model: Savable,
    filepath: Path,
    overwrite: bool = True,
    max_shard_size: float | None = None,
    objects_to_skip: Any = None,
) -> None:
    """Write a `.weights.h5` file: weights, the optimizer's slots, and training progress. Raises as `save_model`.

    Args:
        max_shard_size: gigabytes; the arrays then go into several files of at most this size, and filepath, which ends
            in `.weights.json`, says which is where. It is written last.
        objects_to_skip: layers whose weights are left out.
    """
    if max_shard_size is not None:
        path = _target(model, filepath, (shards.INDEX,), overwrite)
        for name, data in shards.split(content(model, objects_to_skip or ()), path, max_shard_size).items():
            atomic.write(name, data)
        return
    atomic.write(_target(model, filepath, (".weights.h5",), overwrite), content(model, objects_to_skip or ()))


def _target(model: Savable, filepath: Path, endings: tuple[str, ...], overwrite: bool) -> str:
    path = checked_path(filepath, *endings)
    _check_built(model)
    if not overwrite and os.path.exists(path):
        raise FileExistsError(f"{path} already exists; give another name, or overwrite=True")
    folder = os.path.dirname(os.path.realpath(path))
    if os.path.isdir(path) or not os.path.isdir(folder):
        raise OSError(f"filepath must be a file in an existing folder; received {path}")
    return path


def _check_built(model: Savable) -> None:
    if not model.built:
        raise ValueError(f"{model.name} has no weights to save yet: start it with an Input or call it on data")
    for layer in model.layers:
        if hidden := [] if is_handnns(layer) else _hidden(layer):
            raise ValueError(
                f"{layer.name} holds layers whose weights would not be in the file: {', '.join(hidden)}; only a layer "
                "whose call is made of layers alone, without weights of its own, is saved with them"
            )


def _hidden(layer: Any) -> list[str]:
    """Return the names of the layers in a layer of the user's own whose weights it does not list."""
    listed = {id(weight) for weight in layer.weights}
    held: list[Any] = []
    for value in vars(layer).values():
        held += value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else [value]
    inside = [own for own in held if hasattr(own, "weights") and hasattr(own, "count_params")]  # layers and models
    return [own.name for own in inside if not {id(weight) for weight in own.weights} <= listed]


def _keras_version() -> str:
    try:
        return version("keras")
    except PackageNotFoundError:
        return "3.15.1"


def _serialized(model: Savable) -> dict[str, Any]:
    """Return Keras' serialised form of a model."""
    structure = import_module("handnn.models.structure")
    wanted = {} if model.optimizer is None else compiled.serialized(model)
    return structure.serialized(model) | {"compile_config": wanted}


# ---- reading ---------------------------------------------------------------------------------------------------------


def load_model(
    filepath: Any, custom_objects: dict[str, Any] | None = None, compile: bool = True, safe_mode: bool = True
) -> Any:
    """Return the model of a file, by Keras or by `save_model`, with weights, slots and training progress.

    Args:
        filepath: a `.keras` file, also an open one, the folder of zipped=False, or a `.h5` file.
        custom_objects: {name: class or function} of the user's own; registered ones are found without.
        compile: False omits loss, metrics and optimizer.
        safe_mode: False allows the code of a lambda in a `Lambda` layer; otherwise nothing in a file is executed.

    Raises:
        FileNotFoundError: there is no such file (then also a ValueError, as in Keras).
        ValueError: the file is damaged, or holds something that handnn does not have.
    """
    source = filepath if members.is_file(filepath) else os.fspath(filepath)
    if isinstance(source, str) and not os.path.isdir(source):
        checked_path(source, *ENDINGS)
    with CustomObjectScope(custom_objects), SafeModeScope(safe_mode), members.explained(source):
        if isinstance(source, str) and source.endswith((".h5", ".hdf5")):
            return legacy.load(members.read_bytes(source, MOST_UNKNOWN), compile)
        described = json.loads(members.member(source, CONFIG, MOST_CONFIG))
        model = _model_from_config(described | {"config": described["config"]})
        if not model.built:
            raise ValueError("it holds a network without an input shape; build it before saving")
        content = members.member(source, WEIGHTS, most_bytes(model))
        found = Stored(content, model)
        wanted = described.get("compile_config") if compile else None
        if wanted:
            compiled.restore(model, wanted, found.state)
            found = Stored(content, model, strict=True)
        found.apply()
        model.preparation = _preparation(source)
    return model


def read_preparation(filepath: Path) -> dict[str, Any] | None:
    """Return how raw samples become the inputs of a `.keras` file's network, None if the file does not say.

    It is JSON of `handnn.data.preparation`. Raises as `load_model`.
    """
    path = checked_path(filepath, ".keras")
    with members.explained(path):
        return _preparation(path)


def _preparation(source: Any) -> dict[str, Any] | None:
    return json.loads(members.member(source, PREPARATION, MOST_CONFIG)) if members.has(source, PREPARATION) else None


def _model_from_config(config: dict[str, Any]) -> Any:
    """Return the model of a config. `models` imports `saving`, so it is imported here only when needed."""
    return import_module("handnn.models").model_from_config(config)


def load_weights(
    model: Savable,
    filepath: Path,
    skip_mismatch: bool = False,
    objects_to_skip: Any = None,
    by_name: bool = False,
    **options: Any,
) -> None:
    """Read weights into a model of the same architecture, and slots into its optimizer. Nothing changes on errors.

    Args:
        model: a built model. If it is compiled with the same kind of optimizer, that gets the slots.
        filepath: `.weights.h5`, `.weights.json` of several files, or `.keras`, by Keras or by handnn, or the older
            `.h5`.
        skip_mismatch: skip layers whose arrays do not fit, with a warning.
        objects_to_skip: layers that keep their weights, of a `.weights.h5` file.
        by_name: find layers by their names, of a `.h5` file; others keep their weights.

    Raises:
        FileNotFoundError: there is no such file (then also a ValueError, as in Keras).
        ValueError: the model is not built, the file is damaged, an array does not fit, or an argument is unknown.
    """
    if options:
        raise ValueError(f"load_weights has no argument {', '.join(map(repr, options))}")
    path = checked_path(filepath, ".weights.h5", shards.INDEX, *ENDINGS)
    if objects_to_skip is not None and not path.endswith((".weights.h5", shards.INDEX)):
        raise ValueError(f"objects_to_skip is only for .weights.h5 files; received {path}")
    older = path.endswith((".h5", ".hdf5")) and not path.endswith(".weights.h5")
    if by_name and not older:
        raise ValueError(f"by_name is only for .h5 and .hdf5 files of the older format; received {path}")
    if not model.built:
        raise ValueError(f"{model.name} has no weights yet: start it with an Input or call it on data")
    if older:
        with members.explained(path):
            legacy.load_weights(members.read_bytes(path, most_bytes(model)), model, by_name, skip_mismatch)
        return
    stored(model, path, strict=False, skip_mismatch=skip_mismatch, skipped=objects_to_skip or ()).apply()


def stored(
    model: Savable, path: str, strict: bool = True, skip_mismatch: bool = False, skipped: Collection[Any] = ()
) -> Stored:
    """Return a file's content for a model, checked but not yet applied."""
    with members.explained(path):
        most = most_bytes(model)
        if path.endswith(".keras"):
            data = members.member(path, WEIGHTS, most)
        elif path.endswith(shards.INDEX):
            data = shards.joined(path, most)
        else:
            data = members.read_bytes(path, most)
        return Stored(data, model, strict, skip_mismatch, skipped)


def check_size(path: str) -> None:
    """Raise ValueError in one line where a `.keras` file's weights are larger than the network in it can need.

    Of a network that handnn does not have, they may take MOST_UNKNOWN bytes.
    """
    import h5py

    with members.explained(path):
        config = json.loads(members.member(path, CONFIG, MOST_CONFIG))
        try:
            most = most_bytes(_model_from_config(config))
        except (ValueError, TypeError, KeyError, AttributeError):
            most = MOST_UNKNOWN
        with h5py.File(io.BytesIO(members.member(path, WEIGHTS, most)), "r") as file:
            check_declared(file, most)
