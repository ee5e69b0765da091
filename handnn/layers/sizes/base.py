"""What layers share that change the spatial sizes of (batch, *spatial, channels)."""

from typing import Any, ClassVar

from ..base import Layer, check_built_for
from ..convolution.base import data_format_of
from ..keras_tensor import Shape


class Resized(Layer):
    """Base class of layers that change the sizes of the spatial axes.

    Args:
        data_format: 'channels_last' (default) or 'channels_first'.
    """

    rank: ClassVar[int]

    def __init__(self, data_format: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.data_format = data_format_of(data_format)

    def build(self, input_shape: Any, path: str | None = None) -> None:
        """Check the rank.

        Raises:
            ValueError: the input has another one, or is smaller than what is cropped.
        """
        if len(input_shape) != self.rank + 2:
            raise ValueError(f"{self.name} needs inputs of {self.rank + 2} axes; received {tuple(input_shape)}")
        self.compute_output_shape(input_shape)
        super().build(input_shape, path)

    def fitted(self, shape: tuple[int | None, ...]) -> Layer:
        check_built_for(self, shape)
        self.compute_output_shape(shape)
        return self

    @property
    def first(self) -> int:
        """The first spatial axis."""
        return 2 if self.data_format == "channels_first" else 1

    def around(self, inside: tuple[slice, ...]) -> tuple[slice, ...]:
        """Return an index of the spatial axes as one of the whole array."""
        return (*(slice(None),) * self.first, *inside)

    def resized(self, size: int, axis: int) -> int:
        """Return the new size of a spatial axis."""
        raise NotImplementedError

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        found = list(input_shape)
        for axis in range(self.rank):
            size = found[self.first + axis]
            found[self.first + axis] = None if size is None else self.resized(size, axis)
        return tuple(found)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"data_format": self.data_format}


class OneAxis:
    """Mixin: Keras' class for one axis has no data_format, so the config has none."""

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()  # type: ignore[misc]
        del config["data_format"]
        return config
