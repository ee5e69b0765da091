"""What all convolutions share: sizes along the spatial axes, the data format, kernels with their rules, bias."""

from typing import Any, ClassVar

import numpy as np

from ... import activations, regularizers
from ...config import DATA_FORMATS, image_data_format
from ...core.trace import LayerTrace
from ...core.variable import Variable
from .. import rules as weight_rules
from ..base import IntegerError, Layer, check_built_for
from ..keras_errors import ADDED, added_elsewhere
from ..keras_tensor import Shape
from .windows import Windows, padded_axis, places


def along_axes(value: Any, rank: int, argument: str, least: int = 1) -> tuple[int, ...]:
    """Return one integer for each spatial axis, from one for all or a sequence.

    Raises:
        ValueError: value is neither, or holds a number below `least`.
    """
    numbers = (value,) * rank if isinstance(value, int | np.integer) else value
    fits = isinstance(numbers, list | tuple) and len(numbers) == rank
    if fits and all(isinstance(n, int | np.integer) and not isinstance(n, bool) and n >= least for n in numbers):
        return tuple(int(n) for n in numbers)
    raise ValueError(f"{argument} must be an integer >= {least} or {rank} of them; received {value!r}")


def data_format_of(value: Any) -> str:
    """Return 'channels_last' or 'channels_first'; for None the one that `handnn.config` says.

    Raises:
        ValueError: value is none of these.
    """
    value = image_data_format() if value is None else value
    if value not in DATA_FORMATS:
        raise ValueError(f"data_format must be 'channels_last' or 'channels_first'; received {value!r}")
    return str(value)


def one_of(argument: str, value: Any, known: tuple[str, ...]) -> str:
    """Return the text in lower case if it is known.

    Raises:
        ValueError: it is not.
    """
    found = value.lower() if isinstance(value, str) else value
    if found not in known:
        raise ValueError(f"{argument} must be one of {', '.join(map(repr, known))}; received {value!r}")
    return str(found)


def at_least_one(argument: str, value: Any) -> int:
    """Return an integer >= 1.

    Raises:
        IntegerError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise IntegerError(f"{argument} must be an integer >= 1; received {value!r}")
    return int(value)


class Spatial(Layer):
    """Base class of layers that read windows of (batch, *spatial, channels).

    Attributes:
        rank: the number of spatial axes.
        data_format: where the channels are: the last axis or the first after the batch.
    """

    rank: ClassVar[int]
    data_format: str
    kernel_size: tuple[int, ...]
    strides: tuple[int, ...]
    dilation_rate: tuple[int, ...]
    padding: str

    @property
    def channel_axis(self) -> int:
        return 1 if self.data_format == "channels_first" else -1

    def last(self, x: Any) -> Any:
        """Return x with its channels last."""
        return np.moveaxis(x, 1, -1) if self.data_format == "channels_first" else x

    def placed(self, x: Any) -> Any:
        """Return an array whose channels are last in the layer's data format."""
        return np.moveaxis(x, -1, 1) if self.data_format == "channels_first" else x

    def shape_last(self, shape: Any) -> Any:
        """Return a shape with its channels last."""
        shape = tuple(shape)
        return (shape[0], *shape[2:], shape[1]) if self.data_format == "channels_first" else shape

    def shape_placed(self, shape: Any) -> Shape:
        """Return a shape whose channels are last in the layer's data format."""
        return (shape[0], shape[-1], *shape[1:-1]) if self.data_format == "channels_first" else tuple(shape)

    def build(self, input_shape: Any, path: str | None = None) -> None:
        """Check rank and sizes, then create the weights.

        Raises:
            ValueError: the input has another rank, unknown channels, or is smaller than a window.
        """
        if len(input_shape) != self.rank + 2:
            axes = "(batch, channels, *sizes)" if self.channel_axis == 1 else "(batch, *sizes, channels)"
            raise ValueError(f"{self.name} needs inputs of {self.rank + 2} axes, {axes}; received {tuple(input_shape)}")
        if self.weights_need_channels and input_shape[self.channel_axis] is None:
            raise ValueError(f"{self.name} needs a known number of channels; its input shape is {tuple(input_shape)}")
        self.compute_output_shape(input_shape)
        super().build(input_shape, path)

    weights_need_channels: ClassVar[bool] = False

    def fitted(self, shape: tuple[int | None, ...]) -> Layer:
        check_built_for(self, shape, (self.channel_axis,) if self.weights_need_channels else ())
        return self

    def windows(self, sizes: Any) -> Windows:
        """Return the windows of an input with these spatial sizes."""
        read = zip(sizes, self.kernel_size, self.strides, self.dilation_rate, strict=True)
        return Windows([padded_axis(*axis, self.padding) for axis in read])

    def window_places(self, sizes: Any) -> tuple[int | None, ...]:
        """Return the number of places along each axis.

        Raises:
            ValueError: a window does not fit into the input.
        """
        read = zip(sizes, self.kernel_size, self.strides, self.dilation_rate, strict=True)
        found = tuple(places(*axis, self.padding) for axis in read)
        if any(count is not None and count < 1 for count in found):
            raise ValueError(
                f"a window of {self.name} must fit into its input; received sizes {tuple(sizes)} for a window of "
                f"{self.kernel_size}, dilation {self.dilation_rate}, padding {self.padding!r}"
            )
        return found


class Convolution(Spatial):
    """Base class of the convolutions: kernels and bias with their initializers, regularizers and constraints."""

    weights_need_channels = True
    paddings: ClassVar[tuple[str, ...]] = ("valid", "same")

    def __init__(
        self,
        kernel_size: Any,
        strides: Any,
        padding: str,
        data_format: str | None,
        dilation_rate: Any,
        activation: Any,
        use_bias: bool,
        rules: dict[str, tuple[Any, Any, Any]],
        activity_regularizer: Any = None,
        **options: Any,
    ) -> None:
        """Read the common arguments; rules: by prefix, (initializer, regularizer, constraint) of a weight."""
        super().__init__(activity_regularizer=activity_regularizer, **options)
        self.kernel_size = along_axes(kernel_size, self.rank, "kernel_size")
        self.strides = along_axes(strides, self.rank, "strides")
        self.dilation_rate = along_axes(dilation_rate, self.rank, "dilation_rate")
        self.padding = one_of("padding", padding, self.paddings)
        self.data_format = data_format_of(data_format)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.rules = weight_rules.read(rules)
        vars(self).update(weight_rules.by_argument(self.rules))  # kernel_initializer, bias_constraint, ...
        self.bias: Variable | None = None

    def no_stride_with_dilation(self) -> None:
        """Raise ValueError where both are above 1, as Keras does."""
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"strides > 1 and dilation_rate > 1 exclude each other; received strides {self.strides}, "
                f"dilation_rate {self.dilation_rate}"
            )

    def make_bias(self, path: str, size: int) -> None:
        if self.use_bias:
            self.bias = self.new_weight(path, "bias", (size,), *self.rules["bias"])

    def add_bias(self, z: Any) -> Any:
        """Return z + b, b along the last axis."""
        if self.bias is not None:
            z += self.bias.value
        return z

    def sum_to_bias(self, t: LayerTrace, delta: Any) -> None:
        """Write db = the sum of delta over the batch and all places."""
        if self.bias is not None:
            rows = delta.reshape(-1, delta.shape[-1])
            t.gradients["bias"] = np.dot(t.ones(len(rows)), rows, out=t.gradients.get("bias"))

    def keras_wrong(self, t: LayerTrace) -> dict[str, str]:
        """With channels first, Keras adds b along the last axis if that has as many elements as there are channels."""
        if self.bias is None or self.channel_axis != 1:
            return {}
        wrong = added_elsewhere(t.z.shape, (1, self.bias.shape[0], *(1,) * self.rank))
        return dict.fromkeys(("z", "db"), ADDED) if wrong else {}

    def get_config(self) -> dict[str, Any]:
        config = super().get_config() | {
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
        }
        return config | weight_rules.config(self.rules)


def stored(gradients: dict[str, Any], name: str, value: Any) -> None:
    """Write a gradient into the array that is there from the step before, or keep the new one."""
    before = gradients.get(name)
    if isinstance(before, np.ndarray) and isinstance(value, np.ndarray) and before.shape == value.shape:
        before[...] = value
    else:
        gradients[name] = value
