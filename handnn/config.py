"""Global numeric settings, with the names of `keras.config`."""

_floatx = "float32"
_epsilon = 1e-7

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
    """Return 'channels_last'."""
    return "channels_last"


def dtype_policy() -> str:
    """Return the name of the default policy: floatx."""
    return _floatx
