"""Global numeric settings, with the names of `keras.config`."""

_floatx = "float32"
_epsilon = 1e-7

FLOAT_TYPES = ("float32", "float64")
INPUT_TYPES = (*FLOAT_TYPES, "int32", "int64", "uint8")
"""What an `Input` may hold: integers are for layers that look them up, the others cast them."""


def floatx() -> str:
    """Return the default dtype of layers and losses, 'float32' unless `set_floatx` changed it."""
    return _floatx


def set_floatx(value: str) -> None:
    """Set the default dtype to 'float32' or 'float64'."""
    global _floatx
    _floatx = check_dtype(value, "value")


def epsilon() -> float:
    """Return the fuzz factor 1e-7 at which probabilities are clipped before a logarithm."""
    return _epsilon


def check_dtype(dtype: object, argument: str = "dtype", known: tuple[str, ...] = FLOAT_TYPES) -> str:
    """Return the dtype's name if handnn computes in it; accept a name, a NumPy dtype or a Keras policy config."""
    if dtype is None:
        return _floatx
    if isinstance(dtype, dict):  # Keras' {"class_name": "DTypePolicy", "config": {"name": "float32"}}
        dtype = dtype.get("config", {}).get("name")
    name = getattr(dtype, "name", None) or getattr(dtype, "__name__", None) or str(dtype)
    if name not in known:
        raise ValueError(f"{argument} must be one of {', '.join(known)}; received {name}")
    return name
