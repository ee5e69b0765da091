"""Whole models in one HDF5 file, `.h5`: Keras' older format, with configs as attributes and weights by layers' names.

attributes          model_config, training_config: JSON
model_weights       a group for each layer; its attribute weight_names lists the datasets in it
optimizer_weights   the variables of the optimizer, listed the same way
"""

import io
import json
import warnings
from importlib import import_module
from typing import Any

import numpy as np

from ..core.variable import Array, Variable, check_finite
from . import compiled, hdf5_paths, older
from .savable import Savable
from .training_state import TrainingState
from .weights import check_declared, most_bytes, refuse_links

MOST_OF_ATTRIBUTE = 64_000
"""Bytes that an attribute can hold; longer lists of names are in several, name0, name1, ..."""


def content(model: Savable, with_optimizer: bool = True) -> bytes:
    """Return a model's file as bytes: weights, and, if it is compiled, compile arguments and the optimizer's slots."""
    import h5py

    optimizer = model.optimizer if with_optimizer else None
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs["model_config"] = json.dumps(import_module("handnn.models.structure").serialized(model)).encode()
        file.attrs["keras_version"], file.attrs["backend"] = b"3.0.0", b"tensorflow"
        folder = file.create_group("model_weights")
        _write_names(folder, "layer_names", [layer.name for layer in model.layers])
        for layer in sorted(model.layers, key=lambda layer: layer.name):
            _write(folder.create_group(layer.name), _ordered(layer))
        _write(folder.create_group("top_level_model_weights"), [])
        if optimizer is not None:
            wanted = compiled.serialized(model)
            wanted["optimizer_config"] = wanted.pop("optimizer")
            file.attrs["training_config"] = json.dumps(wanted).encode()
            group = hdf5_paths.optimizer_groups(hdf5_paths.built(optimizer, model))[0]
            _write(file.create_group("optimizer_weights"), group.variables)
    return buffer.getvalue()


def _ordered(layer: Any) -> list[Variable]:
    """Return a layer's weights, those that are trained first, as the format lists them."""
    trained = {id(weight) for weight in layer.trainable_weights}
    return sorted(layer.weights, key=lambda weight: id(weight) not in trained)


def _write(folder: Any, variables: list[Variable]) -> None:
    names = [variable.path for variable in variables]
    if len(set(names)) < len(names):
        names = [f"{i}/{name}" for i, name in enumerate(names)]
    _write_names(folder, "weight_names", names)
    for name, variable in zip(names, variables, strict=True):
        folder[name] = variable.value


def _write_names(folder: Any, attribute: str, names: list[str]) -> None:
    parts: list[list[bytes]] = [[]]
    for name in (own.encode() for own in names):
        if (len(parts[-1]) + 1) * max(map(len, [*parts[-1], name])) > MOST_OF_ATTRIBUTE:
            parts.append([])
        parts[-1].append(name)
    for k, part in enumerate(parts):
        folder.attrs[attribute if len(parts) == 1 else f"{attribute}{k}"] = np.array(part, "S") if part else []


def load(data: bytes, compile: bool) -> Any:
    """Return the model of a file's content.

    Raises:
        ValueError: it holds something that handnn does not have, or arrays that do not fit.
    """
    import h5py

    with h5py.File(io.BytesIO(data), "r") as file:
        config = _json(file, "model_config")
        if config is None:
            raise ValueError("it holds no model, only weights: use load_weights")
        model = import_module("handnn.models").model_from_config(_as_now(config))
        if not model.built:
            raise ValueError("it holds a network without an input shape; build it before saving")
        check_declared(file, most_bytes(model))
        pairs = _pairs(file, model)
        wanted = _as_now(_json(file, "training_config")) if compile else None
        slots = None
        if wanted:
            wanted["optimizer"] = older.optimizer(wanted.pop("optimizer_config", wanted.get("optimizer")))
            compiled.restore(model, wanted, TrainingState({}, model))
            slots = _slots(file, model)
        _assign(pairs)
        if slots is not None:
            model.optimizer.build(model.trainable_weights)
            model.optimizer.set_weights(slots)
    return model


def load_weights(data: bytes, model: Savable, by_name: bool, skip_mismatch: bool) -> None:
    """Assign a file's weights to a model; nothing changes on errors. Raises as `load`."""
    import h5py

    with h5py.File(io.BytesIO(data), "r") as file:
        check_declared(file, most_bytes(model))
        _assign(_pairs(file, model, by_name, skip_mismatch))


def _assign(pairs: list[tuple[Variable, Array]]) -> None:
    for variable, array in pairs:
        variable.value[...] = array


def _json(file: Any, attribute: str) -> Any:
    text = file.attrs.get(attribute)
    return None if text is None else json.loads(text.decode() if isinstance(text, bytes) else str(text))


def _as_now(config: Any) -> Any:
    """Return a config of the format in today's form: its tuples are written as lists; Keras 2 had other arguments."""
    if isinstance(config, dict):
        if config.get("class_name") == "__tuple__":
            return tuple(map(_as_now, config["items"]))
        return {key: _as_now(value) for key, value in older.of_keras_3(config).items()}
    return [_as_now(value) for value in config] if isinstance(config, list) else config


def _pairs(
    file: Any, model: Savable, by_name: bool = False, skip_mismatch: bool = False
) -> list[tuple[Variable, Array]]:
    """Return the model's weights with the file's arrays: layer after layer, or by the layers' names."""
    refuse_links(file, "model_weights")
    folder = file.get("model_weights", file)
    stored = [name for name in _names(folder, "layer_names") if _weight_names(folder, name)]
    layers = [layer for layer in model.layers if layer.weights]
    if by_name:
        matched = [(layer, layer.name) for layer in layers if layer.name in stored]
    elif len(stored) != len(layers):
        raise ValueError(f"it holds weights of {len(stored)} layers; {model.name} has {len(layers)}")
    else:
        matched = list(zip(layers, stored, strict=True))
    found: list[tuple[Variable, Array]] = []
    for layer, name in matched:
        try:
            found += _of_layer(folder[name], name, _ordered(layer))
        except ValueError as error:
            if not skip_mismatch:
                raise
            warnings.warn(f"{layer.name} is skipped: {error}", stacklevel=4)
    return found


def _of_layer(folder: Any, name: str, variables: list[Variable]) -> list[tuple[Variable, Array]]:
    names = _names(folder, "weight_names")
    if len(names) != len(variables):
        raise ValueError(f"{name} holds {len(names)} arrays; expected {len(variables)}")
    found = []
    for own, variable in zip(names, variables, strict=True):
        array = _array(folder, own, variable)
        check_finite(array, variable.path)
        found.append((variable, array))
    return found


def _array(folder: Any, name: str, variable: Variable) -> Array:
    refuse_links(folder, name)
    dataset = folder.get(name)
    if dataset is None or not hasattr(dataset, "shape"):
        raise ValueError(f"it lacks the array {name}")
    if dataset.shape != variable.shape:
        raise ValueError(f"it holds {name} of shape {dataset.shape}; expected {variable.shape}")
    if dataset.dtype.kind not in "fiu" or dataset.is_virtual or dataset.external:
        raise ValueError(f"it must hold {name} as plain numbers; it has dtype {dataset.dtype}")
    return np.asarray(dataset[()]).astype(variable.dtype)


def _slots(file: Any, model: Savable) -> list[Array] | None:
    """Return the values of the optimizer's variables, None if the file has none that fit."""
    if model.optimizer is None or "optimizer_weights" not in file:
        return None
    refuse_links(file, "optimizer_weights")
    fresh = hdf5_paths.built(model.optimizer, model)
    names, folder = _names(file["optimizer_weights"], "weight_names"), file["optimizer_weights"]
    variables = hdf5_paths.optimizer_groups(fresh)[0].variables
    if len(names) != len(variables):
        warnings.warn(f"the optimizer starts anew: it has {len(variables)} variables, not {len(names)}", stacklevel=5)
        return None
    arrays = iter([_array(folder, name, v) for name, v in zip(names, variables, strict=True)])
    hidden = [id(variable) for variable in hdf5_paths.unlisted(fresh)]
    return [v.value if id(v) in hidden else next(arrays) for v in fresh.variables]


def _weight_names(folder: Any, name: str) -> list[str]:
    refuse_links(folder, name)
    return _names(folder[name], "weight_names") if name in folder else []


def _names(folder: Any, attribute: str) -> list[str]:
    """Return the names in an attribute, or in its parts."""
    found: list[Any] = []
    if attribute in folder.attrs:
        found = list(folder.attrs[attribute])
    else:
        k = 0
        while f"{attribute}{k}" in folder.attrs:
            found += list(folder.attrs[f"{attribute}{k}"])
            k += 1
    return [own.decode() if isinstance(own, bytes) else str(own) for own in found]
