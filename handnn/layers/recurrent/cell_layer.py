"""The base class of LSTM, GRU and SimpleRNN: a recurrent layer that makes its cell."""

import inspect
from typing import Any

from ... import regularizers
from ...core.naming import snake_case
from ..base import Layer
from .cell import Cell
from .rnn import RNN


class CellLayer(RNN):
    """Base class of LSTM, GRU and SimpleRNN: makes its cell, and shows the cell's attributes as its own."""

    def __init__(self, cell: Cell, activity_regularizer: Any, **options: Any) -> None:
        super().__init__(cell, activity_regularizer=activity_regularizer, **options)

    def __getattr__(self, name: str) -> Any:
        cell = vars(self).get("cell")
        if cell is None or name.startswith("_") or name not in vars(cell):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return vars(cell)[name]

    @property
    def activation(self) -> Any:
        """The cell's activation, as in Keras."""
        return self.cell.activation

    @activation.setter
    def activation(self, value: Any) -> None:
        self.cell.activation = value

    def get_config(self) -> dict[str, Any]:
        config = Layer.get_config(self) | self.loop_config() | self.cell.own_config()
        return config | {"activity_regularizer": regularizers.serialize(self.activity_regularizer)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Layer:
        return cls(**config)


def of_cell(cls: Any, given: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a layer that are its cell's; `implementation` is taken out of the other options."""
    found = {name: given[name] for name in inspect.signature(cls).parameters if name in given and name != "options"}
    for name in ("dtype", "trainable"):
        if name in options:
            found[name] = options[name]
    if "implementation" in options:
        found["implementation"] = options.pop("implementation")
    return found | {"name": snake_case(cls.__name__)}
