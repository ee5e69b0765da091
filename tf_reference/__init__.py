"""The identical Keras model: what TensorFlow computes from the same config, weights and batch.

Of handnn it uses only names and records (`handnn.core.trace`, `handnn.tensorboard.tags`), none of the mathematics: a
shared bug would agree with itself.
"""

import os

from .quiet import quiet_start

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

with quiet_start():
    from .run import KerasRun
    from .twin import KerasTwin

__all__ = ["KerasRun", "KerasTwin"]
