"""Layers: forward computes z from x; backward computes dL/dx and the weights' gradients from delta = dL/dz.

Every layer has two halves: the layer's own formula z = ... (`forward` and `backward` below), then its activation
a = f(z). So every layer has a residual delta, and the steps are the same everywhere:

    forward    t.z = ... t.x ...         a = f(z)
    backward   delta = upstream * f'(z)  t.gradients, t.dx = ... t.delta ...

`t` is the layer's `LayerTrace`: inputs are read from it, results are written into its arrays. Regularizers come last:
for a weight W with the penalty R(W), `penalize` adds R'(W) to its gradient; for an activity penalty, the network adds
R'(a) / n to the upstream of a batch of n samples.
Arguments, defaults and config are the same as in `keras.layers`; Keras' `kernel` is W and its `bias` is b.
"""

import functools
from typing import Any, ClassVar

import numpy as np

from .. import constraints, initializers, regularizers
from ..config import check_dtype
from ..core.naming import auto_name
from ..core.registry import Registry
from ..core.stacking import each_run, is_handnns
from ..core.trace import LayerTrace
from ..core.variable import Array, Variable, fitting
from .attributes import KerasAttributes
from .calls import Calls
from .keras_tensor import KerasTensor, Shape

layers: Registry[type["Layer"]] = Registry("layer")

adopting: list[Any] = []
"""What is done to every new subclass; see `custom.adopt`."""


def policy(dtype: str) -> dict[str, Any]:
    """Return Keras' serialised dtype policy."""
    return {"module": "keras", "class_name": "DTypePolicy", "config": {"name": dtype}, "registered_name": None}


def checked_shape(shape: Any, argument: str = "shape", unknown: bool = False) -> tuple[int, ...]:
    """Return a shape as a tuple; raise ValueError unless it holds positive integers, or None for `unknown` sizes."""
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    if not all((size is None and unknown) or (isinstance(size, int | np.integer) and size > 0) for size in shape):
        raise ValueError(f"{argument} must hold positive integers; received {shape}")
    return shape


class IntegerError(ValueError, TypeError):
    """An argument is no integer >= 1: a ValueError, as everywhere here, and a TypeError, as in Keras."""


def alongside(x: Any, array: Array) -> Any:
    """Return the array with the type of x: an ndarray, or the running error analysis' own type (`Bounded`).

    A plain array counts as exact there. Use this for values computed from weights alone, so that their rounding counts.
    """
    return array if isinstance(x, np.ndarray) else type(x)(array)


def refuse(layer: str, **arguments: Any) -> None:
    """Raise ValueError for Keras arguments that handnn's layer does not support."""
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(f"{name} is not supported by handnn's {layer} and must be None; received {value!r}")


class Layer(Calls, KerasAttributes):
    """Base class.

    Args:
        activity_regularizer: adds a penalty on the output a, divided by the number of samples, to the loss.
        name: used in logs, traces and weight paths; by default the class name, numbered.
        trainable: False freezes the weights.
        dtype: 'float32' or 'float64', for weights and computation; the input is cast to it.
        input_shape: shape of one sample, as an alternative to a leading `Input`; `input_dim` for one of one axis,
            `batch_input_shape` with the batch.

    Raises:
        TypeError: an argument that the layer does not have.
        ValueError: an argument whose value is not allowed; the message names the argument and the value.
    """

    formulas: ClassVar[dict[str, str]] = {}
    """How reports write this layer's z, dW, db, dx, if different from Dense."""
    builds: ClassVar[bool] = True
    """Whether Keras stores this layer's input shape in its config ('build_config')."""
    merges: Any = False
    """Whether x and dx are tuples of arrays, one for each of several inputs."""
    outputs_of: ClassVar[Any] = None
    """Of a `Part`: it reads t.shapes of the layer whose output it is."""
    reads_several: ClassVar[bool] = False
    """Whether shapes of all inputs are given, though it is not called on a list."""
    outputs_count: Any = 1
    """How many arrays a call returns; several are side by side in z (layers/recurrent/outputs.py)."""
    uses_cache: ClassVar[bool] = False
    """Whether backward reads values that forward stored in t.cache."""
    composes: ClassVar[bool] = False
    """Whether it is a subclass with `call` and no derivative of its own, which may be made of other layers."""
    followed: Any = None
    """The model of the layers that its `call` is made of, if it is."""
    differentiable: bool = True
    """Whether backward gives dL/dx; a Lambda in the first place may do without."""
    runs: int | None = None
    """In a stack of runs their number: x is (runs, batch, ...), and a weight has the same leading axis."""
    stacks: ClassVar[bool] = False
    """Whether the formulas take such a leading axis."""
    takes_integers: ClassVar[bool] = False
    """Whether integer inputs are left as integers; other layers cast them to their dtype."""

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        name: str | None = None,
        trainable: bool = True,
        dtype: Any = None,
        input_shape: tuple[int, ...] | None = None,
        input_dim: int | None = None,
        batch_input_shape: Any = None,
        batch_size: int | None = None,
        autocast: bool = True,
        **unknown: Any,
    ) -> None:
        if unknown:
            raise TypeError(f"{type(self).__name__} has no argument {', '.join(map(repr, unknown))}")
        self.name = name or auto_name(type(self).__name__)
        if not isinstance(self.name, str) or "/" in self.name:
            raise ValueError(f"name must be a string without '/'; received {name!r}")
        self.weights: list[Variable] = []
        self.trainable = trainable
        self.dtype = check_dtype(dtype)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.tensor: KerasTensor | None = None
        self.calls: list[KerasTensor] = []
        self.given_input_shape: Shape | None = None
        if batch_input_shape is not None:
            self.given_input_shape = tuple(batch_input_shape)
        elif input_shape is not None or input_dim is not None:
            given = (input_dim,) if input_shape is None else input_shape
            self.given_input_shape = (batch_size, *checked_shape(given, "input_shape"))
        self.input_shape: Any = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for adopt in adopting:
            adopt(cls)

    @property
    def built(self) -> bool:
        return self.input_shape is not None

    @built.setter
    def built(self, value: bool) -> None:
        """Nothing: a layer is built when its input shape is known. (Layers written for Keras set it.)"""

    def count_outputs(self, options: dict[str, Any]) -> int:
        """Return how many arrays a call with these options returns."""
        return int(self.outputs_count)

    def is_identity(self, training: bool) -> bool:
        """Return whether the layer returns its input itself, so that Keras still sees the logits behind it."""
        return False

    @property
    def trainable(self) -> bool:
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        if self.followed is not None:
            self.followed.trainable = bool(value)
        for weight in self.weights:
            fixed = weight.name in self.running_statistics or weight.name in self.fixed_weights
            weight.trainable = self._trainable and not fixed

    stored_under: ClassVar[str] = ""
    """The part of the layer under which Keras stores its weights in a file, such as 'cell'."""
    fixed_weights: tuple[str, ...] = ()
    """Names of the weights that are never trained."""
    running_statistics: tuple[str, ...] = ()
    """Names of the weights that training updates without a gradient, such as a moving mean."""

    @property
    def trainable_weights(self) -> list[Variable]:
        if not self.trainable:
            return []
        some = self.running_statistics or self.fixed_weights
        return [weight for weight in self.weights if weight.trainable] if some else self.weights

    @property
    def non_trainable_weights(self) -> list[Variable]:
        return [weight for weight in self.weights if not weight.trainable]

    def build(self, input_shape: Any, path: str | None = None) -> None:
        """Create the weights for inputs of this shape.

        Args:
            input_shape: (None, ...), batch first; for a layer that merges, a list of such shapes.
            path: prefix of the weights' paths.

        Raises:
            ValueError: the layer cannot take inputs of this shape.
        """
        self.input_shape = [tuple(shape) for shape in input_shape] if self.merges else tuple(input_shape)
        self.make_weights(f"{path}/{self.name}" if path else self.name)

    def make_weights(self, path: str) -> None:
        """Create the weights. Layers without weights do not override this."""

    def add_weight(
        self,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: Any = None,
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Variable:
        """Create a weight in the `build` of a layer of one's own; `dtype` is the layer's, other options as in Keras."""
        used = {weight.name for weight in self.weights}
        name = name or "variable"
        own = next(n for n in (name, *(f"{name}_{i}" for i in range(1, len(used) + 2))) if n not in used)
        initializer = initializers.get(initializer or "glorot_uniform")
        rules = regularizers.get(regularizer), constraints.get(constraint)
        shape = () if shape is None else (shape,) if isinstance(shape, int) else tuple(shape)
        path = getattr(self, "_path", self.name)
        return self.new_weight(path, own, shape, initializer, *rules, trainable=trainable)

    def new_weight(
        self,
        path: str,
        name: str,
        shape: tuple[int, ...],
        initializer: Any,
        regularizer: Any = None,
        constraint: Any = None,
        trainable: bool = True,
    ) -> Variable:
        """Create a weight and list it."""
        if not trainable:
            self.fixed_weights = (*self.fixed_weights, name)
        trainable = self.trainable and trainable and name not in self.running_statistics
        variable = Variable(
            initializers.weight(initializer, shape, self.dtype), name=name, path=f"{path}/{name}", trainable=trainable
        )
        variable.regularizer, variable.constraint = regularizer, constraint
        self.weights.append(variable)
        return variable

    def compute_output_shape(self, input_shape: Any) -> Shape:
        return tuple(input_shape)

    def forward(self, t: LayerTrace) -> None:
        """Write t.z, computed from t.x."""
        t.z = t.x

    def backward(self, t: LayerTrace) -> None:
        """Write t.gradients and t.dx, computed from t.delta and t.x."""
        t.dx = t.delta

    def randomize(self, t: LayerTrace, mask: Array | None = None) -> None:
        """Draw this pass's random mask. Layers without randomness do not override this."""

    @property
    def output_activation(self) -> Any:
        """f of a = f(z): `activation`, unless that acts inside the layer's formula."""
        return self.activation

    def activate(self, t: LayerTrace) -> None:
        """a = f(z)."""
        t.a = self.output_activation.forward(t.z, out=t.a)

    def residual(self, t: LayerTrace) -> None:
        """delta = dL/dz from upstream = dL/da."""
        t.delta = self.output_activation.backward(t.upstream, t.z, t.a, out=t.delta)

    def update_running_statistics(self, t: LayerTrace) -> None:
        """Write t.new_statistics: the values of `running_statistics` after a training pass."""

    def penalty(self, t: LayerTrace, kind: Any = np.asarray) -> Any:
        """Return the sum of R(W) over all regularized weights, plus R(a) / n; None without regularizers.

        `kind` makes the array to compute with (the running error analysis passes its own type).
        """
        parts = [] if self.activity_regularizer is None else [self.activity_regularizer(t.a) / len(t.a)]
        parts += [each_run(w.regularizer, kind(w.value), self.runs) for w in self.regularized() if t.first]
        return sum(parts[1:], parts[0]) if parts else None

    def activity_gradient(self, t: LayerTrace) -> Any:
        """Return t.penalty_count * R'(a) / n: the gradient of the activity penalty of n samples."""
        assert self.activity_regularizer is not None
        return regularizers.gradient(self.activity_regularizer, t.a) * (t.penalty_count / len(t.a))

    def penalize(self, t: LayerTrace) -> None:
        """Add t.penalty_count * R'(W) to dL/dW of every regularized weight."""
        for weight in self.regularized() if t.first else ():
            gradient = t.gradients[weight.name]
            rule = functools.partial(regularizers.gradient, weight.regularizer)
            slope = each_run(rule, alongside(gradient, weight.value), self.runs)
            gradient += slope if t.penalty_count == 1 else slope * t.penalty_count

    def without_gradient(self, t: LayerTrace) -> None:
        """Write zeros for the gradients of a layer whose output does not reach the loss."""
        t.gradients = {weight.name: np.zeros_like(weight.value) for weight in self.trainable_weights}
        self.penalize(t)

    # ---- runs stacked along a leading axis: models/stacked.py -----------------------------------------------------

    def can_stack(self) -> bool:
        """Return whether forward and backward take arrays with a leading axis, one run beside the other."""
        plain = self.activity_regularizer is None and is_handnns(self)
        return plain and self.stacks and self.activation.can_stack()

    def stack(self, layers: list["Layer"]) -> None:
        """Take from the layers of the runs what each has of its own besides weights; `runs` and weights are set."""

    def over_batch(self, value: Any) -> Any:
        """Return a weight of a sample's shape as it is broadcast over a batch."""
        return value if self.runs is None else value[:, np.newaxis]

    def regularized(self) -> list[Variable]:
        return [weight for weight in self.trainable_weights if weight.regularizer is not None]

    def cast(self, x: Array) -> Array:
        """Return x in the layer's dtype, without a copy if it has it already."""
        if self.takes_integers and x.dtype.kind in "iu":
            return x
        return x.astype(self.dtype, copy=False)

    def fitted(self, shape: tuple[int | None, ...]) -> "Layer":
        """Return the layer as it computes inputs of this shape: itself, or a copy that shares its weights.

        Raises:
            ValueError: the layer is built for another rank and, as in Keras, takes no other.
        """
        return self

    def assign_statistics(self, new: dict[str, Array]) -> None:
        """Assign new values to the `running_statistics`."""
        for weight in self.weights:
            if weight.name in new:
                weight.value[...] = new[weight.name]

    def get_weights(self) -> list[Array]:
        """Return copies of the weights' arrays, in Keras' order."""
        return [weight.numpy() for weight in self.weights]

    def set_weights(self, weights: Any) -> None:
        """Assign arrays in the order of `get_weights`.

        Raises:
            ValueError: the number of arrays, or a shape, is not the weights'.
        """
        for variable, array in zip(self.weights, fitting(weights, self.weights), strict=True):
            variable.value[...] = array

    def count_params(self) -> int:
        """Return the number of elements of all weights."""
        return sum(weight.size for weight in self.weights)

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = {"name": self.name, "trainable": self.trainable, "dtype": policy(self.dtype)}
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        return self.given_config(config) if type(self).get_config is Layer.get_config else config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Layer":
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def check_built_for(layer: Layer, shape: tuple[int | None, ...], axes: Any = ()) -> None:
    """Raise ValueError unless an input has the rank that a layer was built for, and its sizes along these axes."""
    known = layer.input_shape
    if len(shape) != len(known) or any(shape[a] not in (None, known[a]) for a in axes):
        raise ValueError(f"{layer.name} is built for inputs of shape {known}; received {tuple(shape)}")
