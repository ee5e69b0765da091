"""The identical Keras model: what TensorFlow computes from the same config, weights and batch.

Of handnn it uses only names and records (`handnn.trace`, `handnn.tensorboard.tags`), none of the mathematics: a
shared bug would agree with itself.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up remarks drown our output
os.environ["KERAS_BACKEND"] = "tensorflow"

from .twin import KerasTwin

__all__ = ["KerasTwin"]
