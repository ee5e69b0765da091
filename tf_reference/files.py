"""Networks saved by Keras."""

import os
import warnings
import zipfile
from typing import Any, NamedTuple

import keras
import numpy as np


class Saved(NamedTuple):
    """The content of a `.keras` file; loss and optimizer are serialised, None if the model was not compiled."""

    config: dict[str, Any]
    weights: list[np.ndarray]
    loss: Any
    optimizer: Any


def load(path: str) -> Saved:
    """Read a `.keras` file of a Sequential or functional model; nothing in it is executed (Keras' safe mode).

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file does not hold such a model.
    """
    if not os.path.exists(path):
        raise FileNotFoundError(f"{path}: no such file; expected a network saved by Keras as MODEL.keras")
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path}: not a .keras file, or a truncated one; expected a network saved by Keras 3")
    try:
        with warnings.catch_warnings():  # about optimizer slots that were never built: they are not used
            warnings.simplefilter("ignore")
            model = keras.saving.load_model(path, safe_mode=True)
    except Exception as error:  # damaged files raise many kinds of errors in zipfile, h5py and Keras
        reason = " ".join(str(error).split())[:200]
        raise ValueError(f"{path}: Keras cannot load it: {reason}") from None
    if not isinstance(model, keras.Sequential) and "input_layers" not in model.get_config():
        raise ValueError(f"{path}: holds a {type(model).__name__}; expected a keras.Sequential or functional Model")
    compiled = model.get_compile_config() or {}
    loss = compiled.get("loss")
    if isinstance(loss, dict) and isinstance(loss.get("config"), str):
        loss = loss["config"]
    return Saved(model.get_config(), model.get_weights(), loss, compiled.get("optimizer"))
