"""The identical Keras model: what TensorFlow computes from the same config, weights and batch.

Of handnn it uses only names and records (`handnn.core.trace`, `handnn.tensorboard.tags`), none of the mathematics: a
shared bug would agree with itself.
"""

import os
from importlib.util import find_spec

from .quiet import quiet_start

if find_spec("tensorflow") is None or find_spec("keras") is None:
    raise ModuleNotFoundError(
        "comparing with TensorFlow and Keras needs both, and they are not installed: pip install 'handnn[keras]'",
        name="tensorflow",
    )
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"
# Where oneDNN runs, its own allocator keeps what is freed: 20.3 times the weights in place of 14.1 (docs/speed.md).
os.environ.setdefault("TF_ONEDNN_USE_SYSTEM_ALLOCATOR", "1")

with quiet_start():
    from .one_vector import OneVector
    from .run import KerasRun
    from .twin import KerasTwin

__all__ = ["KerasRun", "KerasTwin", "OneVector"]
