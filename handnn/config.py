"""Global numeric settings, with the names of `keras.config`."""

import os
from collections.abc import Mapping
from typing import Any

_floatx = "float32"
_epsilon = 1e-7
_image_data_format = "channels_last"
_limits: dict[str, int | None] = {"max_epochs": None, "max_steps_per_epoch": None}

DATA_FORMATS = ("channels_last", "channels_first")
FLOAT_TYPES = ("float32", "float64")
INPUT_TYPES = (*FLOAT_TYPES, "int32", "int64", "uint8", "bool")
"""The dtypes of an `Input`. Integers are for Embedding, bool for masks; other layers cast them."""


def floatx() -> str:
    """Return the default dtype of layers and losses, 'float32' unless `set_floatx` changed it."""
    return _floatx


def set_floatx(value: str) -> None:
    """Set the default dtype to 'float32' or 'float64'; raise ValueError for others."""
    global _floatx
    _floatx = check_dtype(value, "value")


def epsilon() -> float:
    """Return the constant 1e-7 to which probabilities are clipped before a logarithm."""
    return _epsilon


def check_dtype(dtype: object, argument: str = "dtype", known: tuple[str, ...] = FLOAT_TYPES) -> str:
    """Return the dtype's name; raise ValueError if it is not one of `known`.

    Accepts a name, a NumPy dtype or the config of a Keras dtype policy.
    """
    if dtype is None:
        return _floatx
    if isinstance(dtype, dict):  # Keras' {"class_name": "DTypePolicy", "config": {"name": "float32"}}
        dtype = dtype.get("config", {}).get("name")
    name = getattr(dtype, "name", None) or getattr(dtype, "__name__", None) or str(dtype)
    if name not in known:
        raise ValueError(f"{argument} must be one of {', '.join(known)}; received {name}")
    return name


def set_epsilon(value: float) -> None:
    """Set the constant of `epsilon`. The formulas keep 1e-7, as Keras' own tests of them do."""
    global _epsilon
    _epsilon = float(value)


def backend() -> str:
    """Return 'numpy': what computes."""
    return "numpy"


def image_data_format() -> str:
    """Return where layers without a `data_format` look for channels, 'channels_last' unless set otherwise."""
    return _image_data_format


def set_image_data_format(data_format: str) -> None:
    """Set the default of `data_format` to 'channels_last' or 'channels_first'; raise ValueError for others."""
    global _image_data_format
    name = str(data_format).lower()
    if name not in DATA_FORMATS:
        raise ValueError(f"data_format must be one of {', '.join(DATA_FORMATS)}; received {data_format!r}")
    _image_data_format = name


def max_epochs() -> int | None:
    """Return the limit on the epochs of every `fit`, or None."""
    return _limits["max_epochs"]


def set_max_epochs(max_epochs: int | None) -> None:
    """Limit the epochs of every `fit`, to try a script quickly; None takes the limit away."""
    _set_limit("max_epochs", max_epochs)


def max_steps_per_epoch() -> int | None:
    """Return the limit on the batches in an epoch of `fit`, `evaluate` and `predict`, or None."""
    return _limits["max_steps_per_epoch"]


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Limit the batches in an epoch of `fit`, `evaluate` and `predict`; None takes the limit away."""
    _set_limit("max_steps_per_epoch", max_steps_per_epoch)


def _set_limit(argument: str, value: Any) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ValueError(f"{argument} must be an integer >= 1 or None; received {value!r}")
    _limits[argument] = value


def read_environment(environment: Mapping[str, str]) -> None:
    """Read the limits KERAS_MAX_EPOCHS and KERAS_MAX_STEPS_PER_EPOCH, as Keras does when it is imported."""
    for argument in _limits:
        given = environment.get(f"KERAS_{argument.upper()}")
        if given:
            _set_limit(argument, int(given) if given.isdigit() else given)


def dtype_policy() -> str:
    """Return the name of the default policy: floatx."""
    return _floatx


read_environment(os.environ)
