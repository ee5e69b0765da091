"""Models and their files under the names of `keras.models`."""

from ..saving import load_model, save_model
from .from_config import model_from_config
from .functional import Model
from .sequential import Sequential

__all__ = ["Model", "Sequential", "load_model", "model_from_config", "save_model"]
