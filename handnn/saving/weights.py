"""The HDF5 part of a file: written from a model, or read, checked against a model and only then applied."""

import io
import json
import math
import warnings
from collections.abc import Collection
from typing import Any

import numpy as np

from ..core.variable import Array, Variable, check_finite
from ..optimizers import Optimizer
from . import hdf5_paths
from .savable import Savable
from .training_state import TrainingState, text

TEXT = "handnn"
"""Name of the JSON text of `training_state.py` in the file."""

MOST_TEXT = 1_000_000
"""Bytes of a text of fixed length, which may be packed; handnn writes a reference of 16 bytes to the text itself."""


def content(model: Savable, skipped: Collection[Any] = ()) -> bytes:
    """Return a model's HDF5 file as bytes: weights, slots if it is compiled, and the JSON text.

    The weights of `skipped` layers are left out.
    """
    import h5py

    optimizer = None if model.optimizer is None else hdf5_paths.built(model.optimizer, model)
    of_layers = hdf5_paths.layer_groups(model)
    groups = [hdf5_paths.Group("", model.name, []), *(g for g, layer in of_layers if not _is_in(layer, skipped))]
    groups += [] if optimizer is None else hdf5_paths.optimizer_groups(optimizer)
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for path, name, variables in groups:
            folder = file.create_group(f"{path}/vars")
            folder.attrs["name"] = name
            for i, variable in enumerate(variables):
                folder[str(i)] = variable.value
        file[TEXT] = text(model, optimizer)
    return buffer.getvalue()


class Stored:
    """A file's weights and slots, checked against a model; `apply` assigns them.

    Args:
        data: the HDF5 file.
        model: a built model; slots are read if it has an optimizer.
        strict: whether slots are required; otherwise a file of another optimizer does not change them, as in Keras.
        skip_mismatch: skip layers whose arrays do not fit, with a warning.
        skipped: layers that keep their weights.

    Raises:
        ValueError: the file's arrays do not fit the model.
    """

    def __init__(
        self,
        data: bytes,
        model: Savable,
        strict: bool = False,
        skip_mismatch: bool = False,
        skipped: Collection[Any] = (),
    ) -> None:
        import h5py

        self.model, self.skip_mismatch, self.skipped = model, skip_mismatch, skipped
        self.slots: list[Array] | None = None
        with h5py.File(io.BytesIO(data), "r") as file:
            if "layers" not in file and "vars" not in file:
                raise ValueError("it holds no weights of Keras 3")
            self.weights = [pair for pairs in self._layers(file) for pair in pairs]
            self.state = TrainingState(_text(file), model)
            if model.optimizer is not None:
                self._read_slots(file, model.optimizer, strict)

    def _layers(self, file: Any) -> list[list[tuple[Variable, Array]]]:
        groups, found = hdf5_paths.layer_groups(self.model, reading=True), []
        for (path, name, variables), layer in groups:
            if _is_in(layer, self.skipped):
                continue
            try:
                pairs = list(zip(variables, _arrays(file, path, name, variables), strict=True))
                for variable, array in pairs:
                    check_finite(array, variable.path)
                found.append(pairs)
            except ValueError as error:
                if not self.skip_mismatch:
                    raise
                warnings.warn(f"{layer.name} is skipped: {error}", stacklevel=4)
        known = {path for (path, _, _), _ in groups}
        for name in _names(file, "layers"):
            if f"layers/{name}" not in known and _names(file, f"layers/{name}/vars") and not self.skip_mismatch:
                own = ", ".join(path.removeprefix("layers/") for path in sorted(known))
                raise ValueError(f"it holds weights of a layer {name}, but {self.model.name} has {own}")
        return found

    def _read_slots(self, file: Any, optimizer: Optimizer, strict: bool) -> None:
        fresh = hdf5_paths.built(optimizer, self.model)
        (path, name, variables), *_ = hdf5_paths.optimizer_groups(fresh)
        count = len(_names(file, f"{path}/vars"))
        if count != len(variables):
            untrained = count == len(optimizer.unbuilt().variables) and TEXT not in file
            if untrained and not optimizer.built:
                return  # Keras saves no slots before an optimizer's first step
            if not strict or self._is_of_other_weights(count):
                warnings.warn(
                    f"{name} is skipped: it has {len(variables)} variables, the file holds {count}", stacklevel=6
                )
                return
        arrays = iter(_arrays(file, path, name, variables))
        hidden = [id(variable) for variable in hdf5_paths.unlisted(fresh)]
        known = dict(zip(hidden, self.state.unlisted, strict=False))
        self.slots = []
        for variable in fresh.variables:
            if id(variable) in hidden:
                self.slots.append(np.asarray(known.get(id(variable), variable.value), variable.dtype))
            else:
                self.slots.append(next(arrays, variable.value))

    def _is_of_other_weights(self, count: int) -> bool:
        """Return whether the slots are those of another choice of trainable weights, as after freezing layers."""
        optimizer = self.model.optimizer
        assert optimizer is not None
        alone = len(optimizer.unbuilt().variables)
        fresh = optimizer.unbuilt()
        fresh.build(self.model.trainable_weights[:1])
        a_weight = len(fresh.variables) - alone
        if not a_weight or (count - alone) % a_weight:
            return False
        return 0 < (count - alone) // a_weight <= len(self.model.weights)

    def apply(self) -> None:
        """Assign weights, slots and the state of random generators."""
        for variable, array in self.weights:
            variable.value[...] = array
        if self.slots is not None:
            optimizer = self.model.optimizer
            assert optimizer is not None
            optimizer.build(self.model.trainable_weights)
            optimizer.set_weights(self.slots)
        self.state.apply(self.model)


MOST_BESIDE = 64_000_000
"""Bytes that a file may take besides its weights."""

BYTES_A_WEIGHT = 200
"""Of a weight, its slots in eight bytes each, and it and its average once more as text."""


def most_bytes(model: Savable) -> int:
    """Return how large the weights of a file for this model may be, before any of it is read."""
    return MOST_BESIDE + BYTES_A_WEIGHT * sum(weight.size for weight in model.weights)


def check_declared(file: Any, most: int) -> None:
    """Raise ValueError if what a file's datasets unpack to, or the chunks in which they are unpacked, takes more."""
    total = 0

    def add(name: str, found: Any) -> None:
        nonlocal total
        if hasattr(found, "nbytes"):
            total += max(found.nbytes, _chunk_bytes(found))

    file.visititems(add)
    if total > most:
        raise ValueError(
            f"its arrays take {total:,} bytes unpacked, of which the network needs at most {most:,}; nothing was read"
        )


def _chunk_bytes(dataset: Any) -> int:
    """Return what is unpacked at once; a dataset that may grow can have a chunk far larger than itself."""
    return math.prod(dataset.chunks) * dataset.dtype.itemsize if dataset.chunks else 0


def _arrays(file: Any, path: str, name: str, variables: list[Variable]) -> list[Array]:
    """Return a group's arrays in the variables' dtypes; raise ValueError if their number or shapes differ."""
    where, stored = f"{path} ({name})", _names(file, f"{path}/vars")
    found = []
    for i, variable in enumerate(variables):
        refuse_links(file, f"{path}/vars/{i}")
        dataset = file.get(f"{path}/vars/{i}")
        if dataset is None or not hasattr(dataset, "shape"):
            raise ValueError(f"{where} lacks array {i}, {variable.name}")
        if dataset.shape != variable.shape:
            raise ValueError(f"{where} holds {variable.name} of shape {dataset.shape}; expected {variable.shape}")
        if dataset.dtype.kind not in "fiu" or dataset.is_virtual or dataset.external:
            raise ValueError(f"{where} must hold {variable.name} as plain numbers; it has dtype {dataset.dtype}")
        if _chunk_bytes(dataset) > max(MOST_BESIDE, dataset.nbytes):
            raise ValueError(f"{where} unpacks {variable.name} in {_chunk_bytes(dataset):,} bytes; nothing was read")
        found.append(np.asarray(dataset[()]).astype(variable.dtype))
    if len(stored) != len(variables):
        raise ValueError(f"{where} holds {len(stored)} arrays; expected {len(variables)}")
    return found


def _is_in(layer: Any, layers: Collection[Any]) -> bool:
    return any(layer is own for own in layers)


def _names(file: Any, path: str) -> list[str]:
    """Return the names in a group; an empty list if there is no such group."""
    refuse_links(file, path)
    folder = file.get(path)
    return list(folder) if hasattr(folder, "keys") else []


def refuse_links(file: Any, path: str) -> None:
    """Raise ValueError if a part of the path is a link, which could lead out of the file; Keras refuses them too."""
    import h5py

    parts = path.split("/")
    for i in range(len(parts)):
        part = "/".join(parts[: i + 1])
        if isinstance(file.get(part, getlink=True), h5py.SoftLink | h5py.ExternalLink):
            raise ValueError(f"{part} is a link, which a file of weights does not hold")


def _text(file: Any) -> Any:
    """Return what the text says, {} in a file by Keras."""
    if TEXT not in file:
        return {}
    if file[TEXT].nbytes > MOST_TEXT:
        raise ValueError(f"its text {TEXT!r} takes {file[TEXT].nbytes:,} bytes; nothing of it was read")
    return json.loads(file[TEXT].asstr()[()])
