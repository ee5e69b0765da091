"""Operations between layers: arithmetic, functions, reductions and slices of symbolic tensors.

Each is a layer without weights, with Keras' form in configs: `base`; formulas in `arithmetic`, `elementwise`, `shapes`
and `activations`; `symbolic` lets operators and NumPy's functions make them, `reading` reads them from configs.
"""

from . import symbolic as symbolic  # lets tensors be added
from .base import Operation
from .reading import is_operation, operation

__all__ = ["Operation", "is_operation", "operation"]
