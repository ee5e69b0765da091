"""`keras.datasets`, from files of the user's: nothing is downloaded."""

from typing import Any

import numpy as np

from .pictures import read_mnist

Arrays = tuple[tuple[Any, Any], tuple[Any, Any]]


class mnist:  # noqa: N801  # Keras' name
    """MNIST's 70,000 digits."""

    @staticmethod
    def load_data(path: str = "mnist.npz") -> Arrays:
        """Return (x_train, y_train), (x_test, y_test): pictures (samples, 28, 28) and labels, uint8.

        Args:
            path: has no effect; the file is Keras' cache or HANDNN_MNIST names it.

        Raises:
            FileNotFoundError: there is no such file.
        """
        parts = read_mnist().parts
        found = [(x.reshape(-1, 28, 28).astype("uint8"), np.asarray(y, "uint8")) for x, y in parts.values()]
        return found[0], found[1]
