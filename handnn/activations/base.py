"""What every activation shares: a = f(z) and the vector-Jacobian product that carries dL/da back to dL/dz.

`backward(upstream, z, a)` gives the residual delta = dL/dz from upstream = dL/da. For a function of one element
that is upstream * f'(z); softmax mixes the elements of a row and fits the same slot.

To add one: write a class with `forward` and `backward`, declare its kinks, register an instance. Every test, the
command line and `Dense(activation=...)` find it in the registry. `out=` is an array to write into; it never shares
memory with the inputs. Arguments of the constructor are those of Keras' function; the registered instance has Keras'
defaults, and takes them by call as well: `leaky_relu(z, negative_slope=0.1)` is `LeakyRelu(0.1)(z)`.
"""

import functools
import inspect
import math
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from ..config import floatx
from ..core.registry import Registry, class_and_config
from ..core.variable import Array, Variable, as_array

activations: Registry["Activation"] = Registry("activation")

without_defaults: dict[str, type["Activation"]] = {}
"""Classes whose arguments have no default, and which so have no instance in the registry, by name."""


class Activation:
    """Base class.

    `kinks` are the z at which f has no derivative; there `backward` returns what TensorFlow returns.

    `keras_forward(z)` and `keras_backward(upstream, z, a)` are optional: Keras' own formula, written where handnn's is
    another one because that loses fewer digits. Only `verify` calls them, on `Bounded` arrays, to know the loss.
    """

    name: ClassVar[str]
    kinks: tuple[float, ...] = ()
    analytic: bool = True
    """Whether forward works on complex z, so that the complex step can check backward."""
    elementwise: ClassVar[bool] = True
    has_logits: ClassVar[bool] = False
    """Keras keeps z of this activation (`_keras_logits`), and its cross-entropies use z in place of a."""
    examples: ClassVar[tuple[dict[str, Any], ...]] = ()
    """Arguments with which tests try it besides its defaults."""
    layer: ClassVar[str | None] = None
    """The layer class that takes the same arguments."""
    calibrated: ClassVar[str | None] = None
    """The function whose measured error, relative to |f(z)|, is this one's (`verify.allowance`), if not its own."""
    keras_wrong: ClassVar[str] = ""
    """Why Keras' result is not f(z) at some points; handnn's is, and is not held against Keras there."""

    def forward(self, z: Array, out: Array | None = None) -> Array:
        raise NotImplementedError

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        raise NotImplementedError

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of a for z of this shape."""
        return tuple(shape)

    def keras_right(self, z: Array) -> Array | None:
        """Return where Keras computes f and its gradient, of the shape of z; None means everywhere."""
        return None

    def get_config(self) -> dict[str, Any]:
        """Return the arguments by name."""
        cls: Any = type(self)
        return {argument: getattr(self, argument) for argument in arguments_of(cls)}

    def __call__(self, z: Any, *arguments: Any, **options: Any) -> Array:
        if arguments or options:
            return self._with(*arguments, **options)(z)
        array = as_array(z)
        keeps = array is z or isinstance(z, Variable)
        return self.forward(array if keeps and array.dtype.kind in "fc" else array.astype(floatx()))

    def _with(self, *arguments: Any, **options: Any) -> "Activation":
        own = self.get_config()
        if len(arguments) > len(own):
            raise TypeError(f"{self.name} takes z and {len(own)} arguments; received {len(arguments)}")
        if unknown := sorted(options.keys() - own.keys()):
            known = ", ".join(own) or "none"
            raise TypeError(f"{self.name} has no argument {', '.join(map(repr, unknown))}; it has {known}")
        return type(self)(**(own | dict(zip(own, arguments, strict=False)) | options))

    def __repr__(self) -> str:
        own = self.get_config()
        if self.name in activations and activations[self.name].get_config() == own:
            return f"handnn.activations.{self.name}"
        arguments = ", ".join(f"{key}={value!r}" for key, value in own.items())
        return f"handnn.activations.{type(self).__name__}({arguments})"


@functools.cache
def arguments_of(cls: Any) -> tuple[str, ...]:
    """Return the names of the constructor's arguments; asked of every layer whenever a config is made."""
    return tuple(inspect.signature(cls).parameters)


def register(entry: Activation, *aliases: str) -> Any:
    """Put an instance with Keras' defaults into the registry, and return it."""
    return activations.add(entry, entry.name, *aliases)


def cases() -> Iterator[Activation]:
    """Yield every activation with Keras' defaults and with each set of arguments of its `examples`."""
    for _, entry in activations.items():
        yield entry
        yield from (type(entry)(**arguments) for arguments in entry.examples)
    for cls in without_defaults.values():
        yield from (cls(**arguments) for arguments in cls.examples)


# ---- arguments ----------------------------------------------------------------------------------------------------


def number(value: Any, argument: str) -> float:
    """Return value if it is a finite real number."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not math.isfinite(value):
        raise ValueError(f"{argument} must be a finite number; received {value!r}")
    return value  # type: ignore[return-value]


def held_in_float32(value: float) -> float:
    """Return a number as Keras holds it where it passes through float32, in a float64 network as well."""
    return float(np.float32(value))


def one_axis(axis: Any) -> int:
    """Return axis if it is an integer."""
    if isinstance(axis, bool) or not isinstance(axis, int | np.integer):
        raise ValueError(f"axis must be an integer; received {axis!r}")
    return int(axis)


def axes(axis: Any) -> int | tuple[int, ...] | None:
    """Return axis if it is an integer, several different ones, or None for all."""
    if isinstance(axis, tuple | list) and axis:
        found = tuple(map(one_axis, axis))
        if len(set(found)) < len(found):
            raise ValueError(f"axis must hold different integers; received {axis!r}")
        return found
    return None if axis is None else one_axis(axis)


def choose(condition: Array, x: Any, y: Any, out: Array | None = None) -> Array:
    """`np.where` with `out=`."""
    found = np.where(condition, x, y)
    if out is None:
        return found
    out[...] = found
    return out


# ---- names --------------------------------------------------------------------------------------------------------


def get(identifier: Any) -> Activation:
    """Return an activation from a name, a Keras config, an instance or None (linear)."""
    if identifier is None:
        return activations["linear"]
    if isinstance(identifier, Activation):
        return identifier
    if isinstance(identifier, dict):
        identifier = class_and_config(identifier, "activation")[0]
    if isinstance(identifier, str):
        if identifier in without_defaults:
            cls = without_defaults[identifier]
            arguments = ", ".join(inspect.signature(cls).parameters)
            raise ValueError(f"activation {identifier!r} needs its arguments: activations.{cls.__name__}({arguments})")
        return activations[identifier]
    raise TypeError(f"activation must be a name or an Activation; received {type(identifier).__name__}")


def deserialize(config: Any) -> Activation:
    """Return an activation from Keras' serialised form."""
    return get(config)


def serialize(activation: Activation) -> str:
    """Return Keras' serialised form: the name. It has no room for arguments."""
    name = activation.name
    default = activations[name].get_config() if name in activations else None
    own = activation.get_config()
    if name in without_defaults or default not in (None, own):
        changed = ", ".join(f"{k}={v!r}" for k, v in own.items() if default is None or v != default[k])
        instead = f"use layers.{activation.layer}" if activation.layer else "use a layer class of your own"
        raise ValueError(
            f"activation {name} with {changed} cannot be serialised, as in Keras: a config holds its name; {instead}"
        )
    return name
