"""Models and their files under the names of `keras.models`."""

from ..saving import load_model, save_model
from .from_config import clone_model, model_from_config, model_from_json
from .functional import Model
from .sequential import Sequential

__all__ = [
    "Model",
    "Sequential",
    "clone_model",
    "load_model",
    "model_from_config",
    "model_from_json",
    "save_model",
]
