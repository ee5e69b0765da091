"""Models on disk, in Keras' file formats: `save_model`, `load_model`, `save_weights`, `load_weights` of `keras.saving`.

A `.keras` file is a zip with the config, the arguments of `compile`, and `model.weights.h5`, which has the weights and
the optimizer's slots; a `.weights.h5` file is only that last part. Keras reads the files written here, and vice versa.
State that Keras does not save and a bit-identical resumption needs (random generators, the position in the epoch) is
stored in the same HDF5 file as one JSON text named `handnn`, which Keras ignores. Nothing is ever pickled; a lambda is
only executed with `load_model(safe_mode=False)`. `.h5` is the older format of whole models (`legacy.py`).

`archive.py` has the files, `hdf5_paths.py` the paths in them, `weights.py` the HDF5 part, `training_state.py` the JSON
text, `progress.py` the position of a `fit`. `core/atomic.py` writes: a file is either complete or the previous one.
"""

from ..core.custom import (
    CustomObjectScope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from .archive import load_model, load_weights, read_preparation, save_model, save_weights

custom_object_scope = CustomObjectScope

__all__ = [
    "CustomObjectScope",
    "custom_object_scope",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "load_weights",
    "read_preparation",
    "register_keras_serializable",
    "save_model",
    "save_weights",
]
