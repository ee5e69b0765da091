"""Networks for pictures by name, and networks that a Python file builds; both read rows, as `data.load` gives them."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .. import layers
from ..data.preparation import Shapes, apart
from .functional import Model
from .network import Network
from .sequential import Sequential

Picture = tuple[int, int]


def lenet(picture: Picture, outputs: int, output: str, dtype: str) -> Network:
    """Return LeNet-5 with ReLU and maxima: two convolutions with pooling, 120, 84. LeCun et al. (1998)."""
    kernel = 5 if min(picture) > 13 else 3
    options: dict[str, Any] = {"activation": "relu", "dtype": dtype}
    stack = [
        layers.Input((picture[0] * picture[1],), dtype=dtype, name="input"),
        layers.Reshape((*picture, 1), name="picture", dtype=dtype),
        layers.Conv2D(6, kernel, padding="same", name="conv_1", **options),
        layers.MaxPooling2D(name="pool_1", dtype=dtype),
        layers.Conv2D(16, kernel, name="conv_2", **options),
        layers.MaxPooling2D(name="pool_2", dtype=dtype),
        layers.Flatten(name="flatten", dtype=dtype),
        layers.Dense(120, name="hidden_1", **options),
        layers.Dense(84, name="hidden_2", **options),
        layers.Dense(outputs, output, name="output", dtype=dtype),
    ]
    return Sequential(stack, name="lenet")


def lstm(picture: Picture, outputs: int, output: str, dtype: str) -> Network:
    """Return an LSTM of 64 units that reads the rows of a picture as steps of time."""
    stack = [
        layers.Input((picture[0] * picture[1],), dtype=dtype, name="input"),
        layers.Reshape(picture, name="rows", dtype=dtype),
        layers.LSTM(64, name="lstm", dtype=dtype),
        layers.Dense(outputs, output, name="output", dtype=dtype),
    ]
    return Sequential(stack, name="lstm_of_rows")


def transformer(picture: Picture, outputs: int, output: str, dtype: str, width: int = 32, heads: int = 4) -> Network:
    """Return one Transformer block over the rows of a picture, normalised before each part (Xiong et al., 2020).

    A row becomes x W + P, with a learned P for each place.
    """
    given = layers.Input((picture[0] * picture[1],), dtype=dtype, name="input")
    rows = layers.Reshape(picture, name="rows", dtype=dtype)(given)
    embed = {"output_shape": (picture[0], width), "bias_axes": "bd", "bias_initializer": "random_normal"}
    x = layers.EinsumDense("abc,cd->abd", **embed, name="embed", dtype=dtype)(rows)  # type: ignore[arg-type]
    h = layers.LayerNormalization(name="norm_1", dtype=dtype)(x)
    h = layers.MultiHeadAttention(heads, width // heads, name="attention", dtype=dtype)(h, h)
    x = layers.Add(name="add_1", dtype=dtype)([x, h])
    h = layers.LayerNormalization(name="norm_2", dtype=dtype)(x)
    h = layers.Dense(2 * width, "gelu", name="feed_1", dtype=dtype)(h)
    x = layers.Add(name="add_2", dtype=dtype)([x, layers.Dense(width, name="feed_2", dtype=dtype)(h)])
    x = layers.LayerNormalization(name="norm_3", dtype=dtype)(x)
    x = layers.GlobalAveragePooling1D(name="mean", dtype=dtype)(x)
    return Model(given, layers.Dense(outputs, output, name="output", dtype=dtype)(x), name="transformer")


NAMED: dict[str, Callable[[Picture, int, str, str], Network]] = {
    "lenet": lenet,
    "lstm": lstm,
    "transformer": transformer,
}


def build(
    name: str,
    inputs: int,
    picture: Picture | None,
    outputs: int,
    output: str,
    dtype: str,
    data_name: str,
    arrays: Shapes = (),
) -> Network:
    """Return the network of a name, or of a Python file, with new weights.

    Args:
        name: one of `NAMED`, or FILE.py.
        inputs: elements of a sample. picture: (height, width) if a sample is one.
        outputs, output: of the last layer of a named network; a file decides its own.
        data_name: for messages.
        arrays: name and shape of each input, if there are several.

    Raises:
        ValueError: the name is unknown, the data are no pictures, or the file's network does not fit the data.
    """
    if name.endswith(".py"):
        return from_file(name, inputs, outputs, arrays)
    if name not in NAMED:
        raise ValueError(f"--model must be {', '.join(NAMED)} or FILE.py; received {name!r}")
    if picture is None or min(picture) < 8:
        raise ValueError(f"--model {name} reads pictures of 8 x 8 or more; {data_name} has {inputs} numbers a sample")
    return NAMED[name](picture, outputs, output, dtype)


def from_file(path: str, inputs: int, outputs: int, arrays: Shapes = ()) -> Network:
    """Return the network of a Python file: its `model`, or what its function `build()` returns. The file is run.

    Raises:
        ValueError: there is no such file or no network in it, it fails, or its network does not fit the data.
    """
    if not Path(path).is_file():
        raise ValueError(f"--model {path}: there is no such file")
    try:
        found = runpy.run_path(path)
        model = found["build"]() if callable(found.get("build")) else found.get("model")
    except Exception as error:
        raise ValueError(f"--model {path} fails: {type(error).__name__}: {' '.join(str(error).split())}") from None
    if not isinstance(model, Network):
        raise ValueError(
            f"--model {path} must define a handnn network: `model = ...` or a function `build()` that returns one"
        )
    if not model.built:
        raise ValueError(f"--model {path}: its network has no input shape yet; start it with an Input")
    if arrays:
        taken = {layer.name: tuple(layer.batch_shape[1:]) for layer in model.input_layers}
        if taken != dict(arrays):
            raise ValueError(
                f"--model {path}: its network takes {_by_name(taken)}, and the data have {_by_name(dict(arrays))}"
            )
    elif len(model.input_layers) != 1 or rows_shape(model, inputs) is None:
        raise ValueError(
            f"--model {path}: its network takes inputs of shape {model.input_shape}, and a sample has {inputs} numbers"
        )
    if len(model.output_nodes) != 1 or model.output_shape[-1] not in {outputs, *({1} if outputs == 2 else ())}:
        raise ValueError(
            f"--model {path}: its network gives {model.output_shape}, and the data ask for {outputs} outputs"
        )
    return model


def rows_shape(model: Network, inputs: int) -> tuple[int, ...] | None:
    """Return the shape of a sample that a network takes, if a row of so many numbers fills it."""
    shape = tuple(size or 0 for size in model.input_shape[1:])
    return shape if int(np.prod(shape)) == inputs else None


def _by_name(shapes: dict[str, tuple[int, ...]]) -> str:
    return "inputs " + ", ".join(f"{name} {shape}" for name, shape in shapes.items())


def reshaped(model: Network, x: Any, arrays: Shapes = ()) -> Any:
    """Return rows (samples, inputs) in the shape that a network takes; a list of arrays for several inputs by name."""
    if arrays:
        by_name = apart(x, arrays)
        return [by_name[layer.name] for layer in model.input_layers]
    shape = rows_shape(model, x.shape[-1]) if x.ndim == 2 and len(model.input_layers) == 1 else None
    return x if shape is None else x.reshape(len(x), *shape)
