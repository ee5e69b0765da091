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
        compare,
        config,
        constraints,
        data,
        diagnosis,
        initializers,
        layers,
        losses,
        metrics,
        models,
        ops,
        optimizers,
        random,
        regularizers,
        saving,
        tensorboard,
        testing,
        utils,
        verify,
    )
    from .core.trace import Trace
    from .core.variable import Variable
    from .data import datasets
    from .initializers import Initializer
    from .layers import Input, Layer
    from .layers.keras_tensor import KerasTensor
    from .losses import Loss
    from .metrics import Metric
    from .models import Model, Sequential
    from .optimizers import Optimizer
    from .regularizers import Regularizer
    from .rounding.allowances import Allowance, allowance
    from .rounding.explanation import explain_difference
    from .saving import load_model

_SUBMODULES = (
    "activations",
    "callbacks",
    "compare",
    "config",
    "constraints",
    "data",
    "diagnosis",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "random",
    "regularizers",
    "saving",
    "tensorboard",
    "testing",
    "utils",
    "verify",
)
_NAMES = {
    "Allowance": "rounding.allowances",
    "Initializer": "initializers",
    "Input": "layers",
    "KerasTensor": "layers.keras_tensor",
    "Layer": "layers",
    "Loss": "losses",
    "Metric": "metrics",
    "Model": "models",
    "Optimizer": "optimizers",
    "Regularizer": "regularizers",
    "Sequential": "models",
    "Trace": "core.trace",
    "Variable": "core.variable",
    "allowance": "rounding.allowances",
    "datasets": "data.datasets",
    "explain_difference": "rounding.explanation",
    "hessian_vector_product": "models.curvature",
    "load_model": "saving",
}

__all__ = [*_SUBMODULES, *_NAMES, "version"]


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return import_module(f"{__name__}.{name}")
    if name in _NAMES:
        module = import_module(f"{__name__}.{_NAMES[name]}")
        return module if _NAMES[name].endswith(f".{name}") else getattr(module, name)
    if name == "version":
        return lambda: __version__
    raise AttributeError(f"module 'handnn' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
