"""handnn: neural networks in NumPy, every gradient derived by hand and compared with Keras.

Names are the same as in Keras 3: `handnn.Sequential`, `handnn.layers.Dense`, `handnn.losses.get("mse")`.
Submodules load on first use, so that `import handnn` is fast and the command line can choose BLAS kernels before NumPy
is loaded. handnn itself never imports TensorFlow.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from . import (
        activations,
        callbacks,
        config,
        constraints,
        data,
        diagnosis,
        initializers,
        layers,
        losses,
        metrics,
        models,
        optimizers,
        regularizers,
        saving,
        tensorboard,
        testing,
        utils,
        verify,
    )
    from .core.trace import Trace
    from .core.variable import Variable
    from .layers import Input
    from .layers.keras_tensor import KerasTensor
    from .models import Model, Sequential
    from .saving import load_model

_SUBMODULES = (
    "activations",
    "callbacks",
    "config",
    "constraints",
    "data",
    "diagnosis",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "regularizers",
    "saving",
    "tensorboard",
    "testing",
    "utils",
    "verify",
)
_NAMES = {
    "Input": "layers",
    "KerasTensor": "layers.keras_tensor",
    "Model": "models",
    "Sequential": "models",
    "Trace": "core.trace",
    "Variable": "core.variable",
    "load_model": "saving",
}

__all__ = [*_SUBMODULES, *_NAMES]


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return import_module(f"{__name__}.{name}")
    if name in _NAMES:
        return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
    raise AttributeError(f"module 'handnn' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
