"""Networks on disk, in Keras' own files: `save_model`, `load_model`, `save_weights`, `load_weights` of `keras.saving`.

A `.keras` file is a zip with the config, how the network was compiled, and `model.weights.h5`, which has the weights
and the optimizer's slots; a `.weights.h5` file is that last part alone. Keras reads what is written here, and the
other way round. What Keras keeps nowhere and a run needs to go on bit for bit (the state of random generators, the
place within the epoch) is in the same HDF5 file as one text, JSON, under the name `handnn`, which Keras does not look
at. Nothing is ever pickled or executed.

`archive.py` has the files, `hdf5_paths.py` the places in them, `weights.py` the HDF5 part,
`training_state.py` the text, `progress.py` the place of a `fit`;
`core/atomic.py` writes: a file is whole or it is the previous one.
"""

from .archive import load_model, load_weights, save_model, save_weights

__all__ = ["load_model", "load_weights", "save_model", "save_weights"]
