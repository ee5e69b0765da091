"""Whether TensorFlow and Keras are installed: only what compares with them needs them."""

from importlib.util import find_spec

INSTALL = "pip install 'handnn[keras]'"


def is_installed() -> bool:
    """Return whether both can be imported; neither is."""
    return find_spec("tensorflow") is not None and find_spec("keras") is not None


def require(what: str, otherwise: str = "") -> None:
    """Raise ModuleNotFoundError with the one line to type, if TensorFlow or Keras is missing.

    Args:
        what: needs them, such as 'handnn verify'. otherwise: what can be done without them.
    """
    if not is_installed():
        line = f"{what} needs TensorFlow and Keras, which are not installed: {INSTALL}"
        raise ModuleNotFoundError(f"{line}; {otherwise}" if otherwise else line, name="tensorflow")
