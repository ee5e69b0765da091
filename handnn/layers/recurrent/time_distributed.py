"""TimeDistributed: a layer applied to every step of time."""

from typing import Any

import numpy as np

from ...core import masks as time_masks
from ...core.registry import serialize
from ...core.variable import Variable, as_array
from ..base import Layer, layers
from ..keras_tensor import Shape, is_symbolic
from ..reading import from_config
from .composite import Composite, Fold, Unfold, stored_parts


@layers.register()
class TimeDistributed(Composite):
    """A layer, or a model, applied to every step of time: the steps of all samples are its samples.

    Args:
        layer: it takes and returns what one step holds.

    Raises:
        ValueError: layer is none, or its training updates statistics, which Keras does step by step.
    """

    def __init__(self, layer: Any, **options: Any) -> None:
        super().__init__(**options)
        if not hasattr(layer, "weights") or not hasattr(layer, "compute_output_shape"):
            raise ValueError(f"layer must be a layer or a model; received {type(layer).__name__}")
        self.layer = layer
        self._parts = [layer]
        if not self._trainable:
            self.trainable = False

    @property
    def parts(self) -> list[Any]:
        return self._parts

    def build(self, input_shape: Any, path: str | None = None) -> None:
        """Create the layer's weights.

        Raises:
            ValueError: the input has fewer than three axes, or the layer does not take a step of it.
        """
        if len(input_shape) < 3:
            raise ValueError(f"{self.name} needs inputs (batch, time, ...); received {tuple(input_shape)}")
        self.input_shape = tuple(input_shape)
        own = f"{path}/{self.name}" if path else self.name
        if not self.layer.built:
            step = (input_shape[0], *input_shape[2:])
            self.layer.build(step, *(() if hasattr(self.layer, "nodes") else (own,)))
        self._add_nodes()

    def _add_nodes(self) -> None:
        if self.nodes:
            return
        fold, unfold = (cls(name=cls.__name__.lower(), dtype=self.dtype) for cls in (Fold, Unfold))
        fold.build(self.input_shape)
        inner = self.node(self.layer, *self.node(fold, -1))
        for layer, _ in self.nodes:
            if getattr(layer, "running_statistics", ()) and layer.trainable:
                raise ValueError(f"{self.name} cannot train {layer.name}: Keras updates its statistics at every step")
        unfold.input_shape = [self.input_shape, self.input_shape]
        self.output_nodes = self.node(unfold, *inner, -1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        step = self.layer.compute_output_shape((input_shape[0], *input_shape[2:]))
        return (step[0], input_shape[1], *step[1:])

    def __call__(self, x: Any = None, training: bool = False, mask: Any = None, inputs: Any = None) -> Any:
        """Return the output for an array or a `KerasTensor`. Raises as `build`."""
        x = inputs if x is None else x
        if is_symbolic(x):
            if not self.built:
                self.build(x.shape)
            return self.add_call([x], x.masked)
        own = time_masks.mask_of(x) if mask is None else as_array(mask) != 0
        x = as_array(x)
        if not self.built:
            self.build((None, *x.shape[1:]))
        if own is not None and own.shape[:2] != x.shape[:2]:
            raise ValueError(f"mask of {self.name} must have shape {x.shape[:2]}; received {own.shape}")
        found = np.asarray(self.layer(x.reshape(-1, *x.shape[2:]), training=training))
        return time_masks.with_mask(found.reshape(*x.shape[:2], *found.shape[1:]), own)

    def stored_parts(self) -> list[tuple[str, list[Variable]]]:
        return [(f"layer/{place}".rstrip("/"), own) for place, own in stored_parts(self.layer)]

    def get_config(self) -> dict[str, Any]:
        model = hasattr(self.layer, "serialized")
        own = self.layer.serialized() if model else serialize(self.layer, "keras.layers")
        return super().get_config() | {"layer": own}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Layer:
        return cls(**config | {"layer": from_config(config["layer"])})
