"""The interface of models that saving needs, so that `saving` does not import `models`."""

from typing import Any, Protocol

from ..core.variable import Variable
from ..layers import Layer
from ..metrics import Metric
from ..optimizers import Optimizer
from .progress import Progress


class Savable(Protocol):
    """A model with layers and, if compiled, with loss, metrics and optimizer."""

    name: str
    class_name: Any
    built: bool
    layers: list[Layer]
    loss: Any
    loss_weights: Any
    optimizer: Optimizer | None
    progress: Progress | None
    preparation: dict[str, Any] | None
    compiled_metrics: Any
    loss_tracker: Metric

    @property
    def input_shape(self) -> Any: ...
    @property
    def weights(self) -> list[Variable]: ...
    @property
    def trainable_weights(self) -> Any: ...
    @property
    def tracked(self) -> list[Metric]: ...
    def as_outputs(self, values: Any) -> Any: ...
    def get_config(self) -> dict[str, Any]: ...
    def compile(self, optimizer: Any = ..., loss: Any = ...) -> None: ...
