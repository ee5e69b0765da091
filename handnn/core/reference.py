"""Whether TensorFlow and Keras are installed, and whose kernels run here: only what compares with them needs this."""

import sys
from importlib.util import find_spec

INSTALL = "pip install 'handnn[keras]'"
_FOUND: dict[str, bool] = {}


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


def computes_with_onednn(dtype: str) -> bool:
    """Return whether TensorFlow's convolutions of this dtype are oneDNN's on this machine.

    They are in float32 where the processor has AVX-512 VNNI or AMX and TF_ENABLE_ONEDNN_OPTS is not 0. One product
    shows it: in steps of 3, TensorFlow's own Conv3D reads the middle of three elements. False as long as TensorFlow is
    not imported: then nothing is compared.
    """
    tf = sys.modules.get("tensorflow")
    if dtype not in _FOUND and tf is not None:
        x, kernel = tf.reshape(tf.constant([1, 2, 3], dtype), (1, 3, 1, 1, 1)), tf.ones((1, 1, 1, 1, 1), dtype)
        _FOUND[dtype] = bool(tf.nn.conv3d(x, kernel, (1, 3, 1, 1, 1), "SAME").numpy().item() == 1)
    return _FOUND.get(dtype, False)
