"""StackedRNNCells: the output of a cell is the input of the next one, at every step."""

from typing import Any

from ...core.naming import counted
from ...core.registry import serialize
from ...core.variable import Variable
from ..base import Layer, layers
from ..keras_tensor import Shape
from ..reading import from_config


@layers.register()
class StackedRNNCells(Layer):
    """Cells for `RNN`. As no cell looks at a later one, the steps of each can be computed before those of the next.

    Args:
        cells: in the order in which they read each other.

    Raises:
        ValueError: one of them is no cell.
    """

    def __init__(self, cells: Any, **options: Any) -> None:
        super().__init__(**options)
        for cell in cells:
            if not hasattr(cell, "state_size"):
                raise ValueError(f"cells must have a `state_size`; received {cell!r}")
        self.cells = list(cells)

    @property
    def state_size(self) -> list[Any]:
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> int:
        return output_size(self.cells[-1])

    def get_initial_state(self, batch_size: int) -> list[Any]:
        """Return the initial state of each cell."""
        return [cell.get_initial_state(batch_size) for cell in self.cells]

    def __call__(self, inputs: Any, states: Any, training: bool = False) -> Any:
        """Return (output, [new state of each cell]) of one step of arrays."""
        found = []
        for cell, state in zip(self.cells, states, strict=True):
            inputs, new = cell(inputs, state, training=training)
            found.append(new)
        return inputs, found

    def counted(self) -> list[tuple[str, Any]]:
        """Return each cell with the name under which Keras stores it: lstm_cell, lstm_cell_1."""
        return list(zip(counted(self.cells), self.cells, strict=True))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.output_size)

    @property
    def cell_weights(self) -> list[Variable]:
        return [weight for cell in self.cells for weight in cell.weights]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"cells": [serialize(cell, "keras.layers") for cell in self.cells]}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Layer:
        return cls(**config | {"cells": [from_config(cell) for cell in config["cells"]]})


def output_size(cell: Any) -> int:
    """Return the size of a cell's output; of a custom cell that does not say it, that of its first state."""
    own = getattr(cell, "output_size", None)
    sizes = cell.state_size if own is None else own
    return int(sizes[0] if isinstance(sizes, list | tuple) else sizes)
