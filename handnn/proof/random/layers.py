"""Random stacks and graphs of layers."""

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import activations, constraints, initializers, layers, regularizers
from ...layers.keras_tensor import KerasTensor
from ...layers.merging.base import Merge
from ...layers.recurrent.composite import Composite
from ...layers.recurrent.rnn import RNN
from ...models.functional import Model
from ...models.network import Network
from ...models.sequential import Sequential
from ..cases.layers import OPTIONS, only_float32
from ..keras.attention import ATTENDING, connected

Rng = np.random.Generator

HALVING = [n for n, f in activations.activations.items() if f.compute_output_shape((None, 2)) != (None, 2)]
"""Activations that only the last layer may have, because Keras' Dense does not account for the changed width."""

MERGING = [name for name, cls in layers.layers.items() if issubclass(cls, Merge)]
MADE_OF_LAYERS = (layers.RNN, layers.Bidirectional, layers.TimeDistributed)
"""Their options depend on the dtype, because they hold layers."""
DRAWN_APART = (layers.InputLayer, layers.Embedding, layers.Dense)
BETWEEN = [
    name
    for name, cls in layers.layers.items()
    if not cls.merges and cls not in DRAWN_APART and not hasattr(cls, "state_size")
]
"""Layers that may be anywhere between Dense layers."""

SPATIAL = [name for name in BETWEEN if hasattr(layers.layers[name], "rank") or issubclass(layers.layers[name], RNN)]
"""Those that fit one number of axes only; drawn more often, because few tensors have that many."""

RECURRENT = [n for n in BETWEEN if issubclass(layers.layers[n], (RNN, Composite, layers.Masking))]
"""Those that read sequences; drawn more often of them."""

MOST_AXES = 5
"""Largest number of axes of a tensor, including the batch."""

INITIALIZERS = [name for name in initializers.initializers if name != "constant"]  # Keras does not know that name

OF_ANY_SHAPE = ["zeros", "ones", "random_normal", "random_uniform", "truncated_normal"]

REGULARIZERS: tuple[Callable[[float], regularizers.Regularizer], ...] = (
    regularizers.L1,
    regularizers.L2,
    lambda factor: regularizers.L1L2(factor, factor / 3),
)

CONSTRAINTS: tuple[Callable[[], constraints.Constraint], ...] = (
    constraints.NonNeg,
    lambda: constraints.MaxNorm(0.7),
    constraints.UnitNorm,
    lambda: constraints.MinMaxNorm(0.2, 0.9, 0.5),
)


def chance(rng: Rng, probability: float) -> bool:
    return bool(rng.random() < probability)


def log_uniform(rng: Rng, largest: int) -> int:
    return int(math.exp(rng.uniform(0, math.log(largest + 1))))


def network(rng: Rng, units: list[int], output: str, dtype: str, max_width: int) -> Network:
    """Return Dense layers of these widths, the last one with this activation, and any other layers between them.

    Some are a `Sequential`, some a `Model`, most of these with branches.
    """
    drawing, branches = Drawing(rng, dtype, max_width), chance(rng, 0.5)
    x = drawing.start()
    drawing.rows += [x] if len(x.shape) == 2 else []
    x = drawing.between(x, 0.75 if len(x.shape) > 3 else 0.2)
    for width in units[:-1]:
        if len(x.shape) > 2 and chance(rng, 0.7):
            x = drawing.layer(layers.Flatten, x)
        x = drawing.between(drawing.dense(x, width, drawing.activation()), 0.45)
        if branches and chance(rng, 0.6):
            x = drawing.meeting(x)
        if branches and chance(rng, 0.3):
            x = drawing.attending(x)
        drawing.rows += [x] if len(x.shape) == 2 else []
    if len(x.shape) > 2:
        x = drawing.layer(layers.Flatten, x)
    x = drawing.dense(x, units[-1], output, trainable=True)
    # The loss finds logits behind layers that return their input. Keras says a wrong shape behind a halving activation.
    if chance(rng, 0.1) and output not in HALVING:
        x = drawing.layer((layers.Identity, layers.ActivityRegularization)[rng.integers(2)], x)
    model = Model(drawing.inputs if len(drawing.inputs) > 1 else drawing.inputs[0], x, name="random")
    return model if branches or chance(rng, 0.2) else stack(model)


def stack(model: Network) -> Sequential:
    """Return the `Sequential` with copies of the layers of a model without branches."""
    own = [layer for layer in model.layers if not isinstance(layer, layers.InputLayer)]
    copies = [type(layer).from_config(layer.get_config()) for layer in own]
    return Sequential([*model.input_layers, *copies], name=model.name)


class Drawing:
    """Builds graphs of layers with unique names.

    Attributes:
        inputs: what `Input` gave so far.
        rows: the input and what Dense layers gave so far, where a sample is a vector.
    """

    def __init__(self, rng: Rng, dtype: str, max_width: int) -> None:
        self.rng, self.dtype, self.max_width = rng, dtype, max_width
        self.inputs: list[KerasTensor] = []
        self.rows: list[KerasTensor] = []
        self.made = 0

    def layer(self, cls: type[layers.Layer], x: Any, **options: Any) -> KerasTensor:
        self.made += 1
        name = f"{cls.__name__.lower()}_{self.made}"
        connected: KerasTensor = cls(**{"dtype": self.dtype, "name": name} | options)(x)
        return connected

    def start(self) -> KerasTensor:
        """Return an input: rows, sequences, pictures, volumes, or an Embedding of indices."""
        rng, name = self.rng, f"input_{len(self.inputs)}"
        if chance(rng, 0.15):
            shape: tuple[int, ...] = (int(rng.integers(1, 5)),)
            self.inputs.append(layers.Input(shape, dtype="int32", name=name))
            options = self.rules(layers.Embedding) | (OPTIONS["Embedding"](rng, shape) or {})
            return self.layer(layers.Embedding, self.inputs[-1], **options)
        shape = (log_uniform(rng, self.max_width),)
        if chance(rng, 0.2):
            shape = (int(rng.integers(1, 5)), log_uniform(rng, max(1, self.max_width // 8)))
        elif chance(rng, 0.45):
            axes = int(rng.integers(2, 4))
            shape = (*(int(size) for size in rng.integers(1, 6 - axes + 2, axes)), int(rng.integers(1, 5)))
        self.inputs.append(layers.Input(shape, dtype=self.dtype, name=name))
        return self.inputs[-1]

    # ---- Dense layers -------------------------------------------------------------------------------------------

    def activation(self) -> str:
        return str(self.rng.choice([name for name in activations.activations if name not in HALVING]))

    def dense(self, x: KerasTensor, units: int, activation: str, **options: Any) -> KerasTensor:
        """Return a Dense layer's output, sometimes with its activation as a separate layer."""
        apart, width = chance(self.rng, 0.2), x.shape[-1]
        assert width is not None
        rules = self.rules(layers.Dense, width, units) | {"use_bias": chance(self.rng, 0.85)}
        x = self.layer(layers.Dense, x, units=units, activation=None if apart else activation, **rules | options)
        return self.layer(layers.Activation, x, activation=activation) if apart else x

    def rules(self, cls: type[layers.Layer], width: int = 1, units: int = 1) -> dict[str, Any]:
        """Return initializers, regularizers, constraints and freezing of any layer, mostly none."""
        rng = self.rng
        options: dict[str, Any] = {}
        for argument in inspect.signature(cls).parameters:
            weight, _, rule = argument.rpartition("_")
            if rule == "initializer" and chance(rng, 0.3):
                known = INITIALIZERS if (cls, weight) == (layers.Dense, "kernel") else OF_ANY_SHAPE
                options[argument] = str(rng.choice(known))
            if rule == "regularizer" and weight != "activity" and chance(rng, 0.1):
                options[argument] = self.regularizer()
            if rule == "constraint" and chance(rng, 0.1):
                options[argument] = CONSTRAINTS[rng.integers(len(CONSTRAINTS))]()
        # Not in float64, in which Keras' OrthogonalRegularizer fails.
        if self.dtype == "float32" and min(width, units) > 1 and chance(rng, 0.05):
            mode = ("rows", "columns")[rng.integers(2)]
            options["kernel_regularizer"] = regularizers.OrthogonalRegularizer(float(rng.uniform(0, 0.1)), mode)
        if cls.__name__.startswith("SpatialDropout"):  # as in Keras, it takes none of the common arguments
            return options
        if chance(rng, 0.05) and not issubclass(cls, (layers.ActivityRegularization, Composite)):
            options["activity_regularizer"] = self.regularizer()
        return options | {"trainable": chance(rng, 0.93)}

    def regularizer(self) -> regularizers.Regularizer:
        return REGULARIZERS[self.rng.integers(len(REGULARIZERS))](float(10 ** self.rng.uniform(-4, -1)))

    # ---- layers between them ------------------------------------------------------------------------------------

    def between(self, x: KerasTensor, probability: float) -> KerasTensor:
        """Return x after some layers that are not Dense, often none."""
        while chance(self.rng, probability):
            x = self.other(x)
        return x

    def other(self, x: KerasTensor) -> KerasTensor:
        """Return x after one layer of any class that fits its shape."""
        shape = tuple(size or 1 for size in x.shape[1:])
        while True:
            name = str(self.rng.choice(SPATIAL if len(shape) > 1 and chance(self.rng, 0.6) else BETWEEN))
            if len(shape) == 2 and chance(self.rng, 0.15):
                name = str(self.rng.choice(RECURRENT))
            cls: Any = layers.layers[name]
            options: dict[str, Any] | None = {}
            if cls is layers.Activation:
                options = {"activation": self.activation()}
            elif cls.__name__ in OPTIONS:
                own_dtype = (self.dtype,) if cls in MADE_OF_LAYERS else ()
                options = OPTIONS[cls.__name__](self.rng, shape, *own_dtype)
            if options is None or (self.dtype == "float64" and only_float32(cls.__name__, options)):
                continue
            if cls is layers.Softmax and x.masked:  # which takes only a mask that fits its last axes
                continue
            after = cls(**options).compute_output_shape(x.shape)
            if 1 < len(after) <= MOST_AXES and math.prod(after[1:]) <= 4 * self.max_width:
                return self.layer(cls, x, **self.rules(cls) | options)

    # ---- branches -----------------------------------------------------------------------------------------------

    def meeting(self, x: KerasTensor) -> KerasTensor:
        """Return branches of x, and towers on separate inputs, merged."""
        rng, shape = self.rng, tuple(size or 1 for size in x.shape[1:])
        cls: Any = layers.layers[str(rng.choice(MERGING))]
        if cls is layers.Dot:
            return self.match(x, shape) if len(shape) < 3 else x
        if cls is layers.Concatenate:
            if 3 * math.prod(shape) > 4 * self.max_width:
                return x
            parts = [self.branch(x, shape, k > 0) for k in range(rng.integers(1, 4))]
            return self.layer(cls, parts, **self.rules(cls) | (OPTIONS["Concatenate"](rng, shape) or {}))
        count = cls.count or int(rng.integers(1, 4))
        parts = [self.branch(x, shape, k > 0, repeated=k > 0 and chance(rng, 0.2)) for k in range(count)]
        return self.layer(cls, parts, **self.rules(cls))

    def attending(self, x: KerasTensor) -> KerasTensor:
        """Return x, split into rows if it is one, after attention to itself or to Dense layers of it."""
        rng, shape = self.rng, tuple(size or 1 for size in x.shape[1:])
        cls: Any = ATTENDING[str(rng.choice(list(ATTENDING)))]
        if len(shape) > 3 or (len(shape) > 2 and cls is not layers.MultiHeadAttention):
            return x
        if len(shape) == 1:
            rows = int(rng.choice([n for n in range(1, shape[0] + 1) if shape[0] % n == 0]))
            if rows == 1:
                return x
            shape = (rows, shape[0] // rows)
            x = self.layer(layers.Reshape, x, target_shape=shape)
        if 1 in shape[:-1]:  # Keras warns of weights that can only be 1
            return x
        options = self.rules(cls) | (OPTIONS[cls.__name__](rng, shape) or {})
        if cls is layers.MultiHeadAttention:
            options.pop("activity_regularizer", None)
        self.made += 1
        attention = cls(**options, dtype=self.dtype, name=f"{cls.__name__.lower()}_{self.made}")
        parts = [x, *(self.dense(x, shape[-1], self.activation()) for _ in range(rng.integers(0, 3)))]
        call = {"use_causal_mask": True} if len(shape) == 2 and chance(rng, 0.4) else {}
        found: KerasTensor = connected(attention, parts, {}, call)
        return found

    def branch(self, x: KerasTensor, shape: tuple[int, ...], towers: bool, repeated: bool = False) -> KerasTensor:
        """Return x, a Dense layer of x or of something before it, or a tower if allowed.

        It has the width of x, or width 1 to be broadcast.
        """
        width, kind = 1 if repeated else shape[-1], self.rng.random()
        if kind < 0.35 and not repeated:
            return x
        if kind < 0.8 or len(shape) > 1 or not towers:
            if towers and len(shape) == 1 and self.rows and chance(self.rng, 0.4):
                x = self.rows[self.rng.integers(len(self.rows))]
            return self.dense(x, width, self.activation())
        tower = self.between(self.start(), 0.2)
        tower = self.layer(layers.Flatten, tower) if len(tower.shape) > 2 else tower
        return self.dense(tower, width, self.activation())

    def match(self, x: KerasTensor, shape: tuple[int, ...]) -> KerasTensor:
        """Return the dot products of two branches of x."""
        options = OPTIONS["Dot"](self.rng, shape) or {}
        parts = [self.branch(x, shape, k > 0) for k in range(2)]
        return self.layer(layers.Dot, parts, **self.rules(layers.Dot) | options)
