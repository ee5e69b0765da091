"""Calling a layer: on arrays, which computes at once, and on symbolic tensors, which builds a graph."""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..config import FLOAT_TYPES
from ..core import masks
from ..core.trace import LayerTrace
from ..core.variable import Array, as_array
from .in_tf_data import NotConverted, in_tf_data
from .keras_tensor import KerasTensor, is_symbolic
from .masks import HandsOnMasks

following: ContextVar[Callable[[Any], KerasTensor] | None] = ContextVar("following", default=None)
"""While the `call` of a layer of one's own is followed: returns the symbolic tensor of an array."""


class Calls(HandsOnMasks, NotConverted):
    """Base class of layers: `layer(x)`."""

    name: str
    dtype: str
    merges: Any
    composes: ClassVar[bool]
    gives_integers: ClassVar[bool] = False
    """Whether a config lists the output for integer inputs as integers."""
    activity_regularizer: Any
    calls: list[KerasTensor]
    tensor: KerasTensor | None
    _activity_loss: float | None

    if TYPE_CHECKING:  # provided by the layer
        built: Any
        build: Any
        fitted: Any
        cast: Any
        randomize: Any
        forward: Any
        activate: Any
        update_running_statistics: Any
        assign_statistics: Any
        compute_output_shape: Any

    def dtype_of(self, dtype: str) -> str:
        """Return the output's dtype for inputs of a dtype."""
        return dtype if self.gives_integers and dtype not in FLOAT_TYPES else self.dtype

    @in_tf_data
    def __call__(self, x: Any = None, training: bool = False, mask: Any = None, inputs: Any = None) -> Any:
        """Return the layer's output a for x; build the weights first if necessary.

        Args:
            x: an array, batch first, or a `KerasTensor`; for a layer that merges, a list of them. A `KerasTensor`
                gives a `KerasTensor`.
            training: whether masks are drawn and running statistics updated.
            mask: (batch, time), False where a step of x is padding; by default the mask that x carries from the layer
                that made it. For a layer that merges, a list of masks.
            inputs: Keras' name for x.

        Raises:
            TypeError: arrays and `KerasTensor`s are mixed, or x holds no numbers.
            ValueError: x has a shape that the layer cannot take, or it is a `KerasTensor` and a mask is given.
        """
        x = inputs if x is None else x
        if self.composes and isinstance(x, list | tuple) and all(hasattr(part, "shape") for part in x):
            self.merges = True
        if isinstance(training, np.ndarray):  # of GlobalAveragePooling1D, Keras' second argument is the mask
            training, mask = False, training
        if not is_symbolic(x) and (symbolic := following.get()) is not None:
            x = symbolic(x)
        if is_symbolic(x):
            if mask is not None:
                raise ValueError(f"mask of {self.name} must be None on KerasTensors: masks are handed on by themselves")
            return self._connect(x)
        t = LayerTrace(self.name)
        t.training = training
        t.x = tuple(self.cast(as_array(part)) for part in x) if self.merges else self.cast(as_array(x))
        self.receive_masks(t, self._given_masks(x, mask))
        if not self.built:
            self.build([(None, *part.shape[1:]) for part in t.x] if self.merges else (None, *t.x.shape[1:]))
        elif not self.merges:
            return self.fitted(t.x.shape)._run(t)
        return self._run(t)

    def on_each(self, parts: Sequence[Any]) -> Any:
        """Return the call's result for the tensors that it reads, given side by side."""
        return self(list(parts) if self.merges else parts[0])

    def _given_masks(self, x: Any, mask: Any) -> list[Any]:
        """Return the mask of each input: given, or carried by it."""
        given = list(x) if self.merges else [x]
        if mask is None:
            return [masks.mask_of(part) for part in given]
        return [None if own is None else as_array(own) != 0 for own in (mask if self.merges else [mask])]

    def _run(self, t: LayerTrace) -> Array:
        """Return a for t.x."""
        self.randomize(t)
        self.forward(t)
        self.hand_on_mask(t)
        self.activate(t)
        if t.training:
            self.update_running_statistics(t)
            self.assign_statistics(t.new_statistics)
        if self.activity_regularizer is not None:
            self._activity_loss = float(self.activity_regularizer(t.a) / max(len(t.a), 1))
        return masks.with_mask(t.a, t.output_mask)

    def _connect(self, x: Any) -> KerasTensor:
        sources = list(x) if self.merges and isinstance(x, list | tuple) else [x]
        if not all(isinstance(source, KerasTensor) for source in sources):
            raise TypeError(f"{type(self).__name__} {self.name} must be called on KerasTensors; received {x!r}")
        shapes: Any = [source.shape for source in sources] if self.merges else sources[0].shape
        if not self.built:
            self.build(shapes)
        elif not self.merges and (fitted := self.fitted(shapes)) is not self:
            if self.calls:
                raise ValueError(
                    f"{self.name} is called on inputs of different ranks: {self.calls[0].sources[0].shape} and {shapes}"
                )
            vars(self).update(vars(fitted))
        shape = self.compute_output_shape(shapes)
        found = KerasTensor(shape, self.dtype_of(sources[0].dtype), self, sources, self.merges, call=len(self.calls))
        found.masked = self.supports_masking and (self.creates_mask or found.masked)
        self.calls.append(found)
        self.tensor = found if self.tensor is None else self.tensor
        return found
