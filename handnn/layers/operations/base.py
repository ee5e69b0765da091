"""`Operation`: a layer without weights that `model.operations` lists and `model.layers` does not, as in Keras."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ...core.naming import auto_name
from ...core.trace import LayerTrace
from ..base import Layer, alongside


class Operation(Layer):
    """Base class.

    Args:
        name: by default the name of Keras' class, numbered.
        dtype: 'float32' or 'float64', of the values.
        settings: the arguments that Keras keeps in the operation's config; others are stored with the call.
    """

    builds = False
    is_operation = True
    supports_masking = False  # also of those that merge: in Keras an operation neither reads nor hands on a mask
    keras_module: ClassVar[str] = "keras.src.ops.numpy"
    keras_name: Any
    """Keras' class."""
    settings: ClassVar[tuple[str, ...]] = ()

    def __init__(self, name: str | None = None, dtype: Any = None, **settings: Any) -> None:
        Layer.__init__(self, name=name or auto_name(self.keras_name), dtype=dtype)
        for setting in self.settings:
            setattr(self, setting, settings.pop(setting))
        if settings:
            raise TypeError(f"{self.keras_name} has no argument {', '.join(map(repr, settings))}")

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name} | {setting: getattr(self, setting) for setting in self.settings}

    def serialized(self) -> dict[str, Any]:
        """Return Keras' form of the operation without its arguments."""
        return {
            "module": self.keras_module,
            "class_name": self.keras_name,
            "config": self.get_config(),
            "registered_name": self.keras_name,
        }

    def receive_masks(self, t: LayerTrace, masks: list[Any]) -> None:
        t.input_mask = t.output_mask = None

    def call_arguments(self, sources: list[Any]) -> tuple[Any, ...]:
        """Return the arguments of the call, with these forms of its tensors."""
        return tuple(sources)

    def copied(self) -> "Operation":
        """Return the same operation, not called yet."""
        return type(self)(dtype=self.dtype, **self.get_config())


def stored(number: Any) -> Any:
    """Return a number, or Keras' form of an array in a config."""
    if not isinstance(number, np.ndarray):
        return number
    return {"class_name": "__numpy__", "config": {"value": number.tolist(), "dtype": number.dtype.name}}


def read(form: Any) -> Any:
    """Return the number or array of its form in a config; None for another form."""
    if isinstance(form, Mapping) and form.get("class_name") == "__numpy__":
        return np.array(form["config"]["value"], form["config"]["dtype"])
    return form if isinstance(form, int | float) else None


class WithNumber(Operation):
    """Base class of an operation of x and a number c; `reverse` for c - x in place of x - c.

    c may be an array that is broadcast over the samples, if the operation acts on each element alone.
    """

    def __init__(self, number: Any, reverse: bool = False, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name, dtype)
        self.number, self.reverse = number, reverse
        if isinstance(number, np.ndarray):
            self.number = number.astype(self.dtype)  # Keras would compute in float64 with an array of float64

    def constant(self, x: Any) -> Any:
        return alongside(x, np.asarray(self.number, self.dtype))

    def call_arguments(self, sources: list[Any]) -> tuple[Any, ...]:
        number = stored(self.number)
        return (number, sources[0]) if self.reverse else (sources[0], number)

    def copied(self) -> Operation:
        return type(self)(self.number, self.reverse, self.name, self.dtype)


def axes_of_a_sample(axis: Any, rank: int, name: str) -> tuple[int, ...]:
    """Return axes from the front; raise ValueError if one does not exist or is the batch axis, which is kept."""
    given = tuple(axis) if isinstance(axis, list | tuple) else (axis,)
    if any(isinstance(own, bool) or not isinstance(own, int) or not -rank <= own < rank for own in given):
        raise ValueError(f"axis of {name} must be of a tensor of {rank} axes; received {axis!r}")
    found = tuple(own % rank for own in given)
    if 0 in found:
        raise ValueError(f"axis of {name} must not be the batch axis, which is kept; received {axis!r}")
    return found
