"""Optimizers: what one step does to a weight, given dL/dweight. Arguments and slots as in `keras.optimizers`.

A rule is written for one array, `update_step(gradient, x, ...slots)`, in place; the base class loops over the
weights and keeps the slots (running averages) and the step count.
"""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import numpy as np

from .config import floatx
from .naming import auto_name
from .registry import Registry, class_and_config
from .registry import serialize as _serialize
from .variable import Array, Variable, as_array, as_arrays

optimizers: Registry[type["Optimizer"]] = Registry("optimizer")

BLOCK = 1 << 15
"""Elements of a block: few enough for the cache, enough to hide the cost of a NumPy call."""

UNSUPPORTED = (
    "weight_decay",
    "clipnorm",
    "clipvalue",
    "global_clipnorm",
    "loss_scale_factor",
    "gradient_accumulation_steps",
)


class Optimizer:
    """Base class: the loop over the weights, the slots and the step count.

    Args:
        learning_rate: a positive number. Keras keeps it as a variable of dtype floatx, so it is rounded to float32
            even where the weights are float64; this class rounds alike.
        name: part of the slots' names.
    """

    slots: ClassVar[tuple[str, ...]] = ()
    """Keras' names of the arrays kept for each weight, in the order of `update_step`'s arguments."""
    buffers: ClassVar[int] = 1
    """How many arrays of the weight's shape the rule works in."""
    elementwise: ClassVar[bool] = True
    """Whether each element's step depends on that element alone, so that a large weight can be walked in blocks."""

    def __init__(
        self,
        learning_rate: float = 0.001,
        weight_decay: None = None,
        clipnorm: None = None,
        clipvalue: None = None,
        global_clipnorm: None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: None = None,
        loss_scale_factor: None = None,
        gradient_accumulation_steps: None = None,
        name: str | None = None,
    ) -> None:
        given = locals()
        for argument in UNSUPPORTED:
            if given[argument] is not None:
                raise ValueError(f"{argument} is not supported yet and must be None; received {given[argument]!r}")
        if use_ema:
            raise ValueError("use_ema is not supported yet and must be False")
        self.ema_momentum, self.ema_overwrite_frequency = ema_momentum, ema_overwrite_frequency
        self.name = name or auto_name(type(self).__name__)
        self.learning_rate = learning_rate
        self.iterations = 0
        self.slot_arrays: list[tuple[Array, ...]] = []
        self._work: list[tuple[Array, ...]] = []
        self._scalars: dict[Any, Any] = {}
        self._paths: list[str] = []

    @property
    def learning_rate(self) -> float:
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not np.isfinite(value):
            raise ValueError(f"learning_rate must be a finite number; received {value!r}")
        self._learning_rate = float(np.dtype(floatx()).type(value))

    @property
    def built(self) -> bool:
        return bool(self.slot_arrays)

    def build(self, variables: Iterable[Any]) -> None:
        """Make the slots, all zero, for these weights (Variables or arrays)."""
        if self.built:
            return
        variables = list(variables)
        arrays = as_arrays(variables)
        self._paths = [getattr(variable, "path", f"variable_{i}") for i, variable in enumerate(variables)]
        self.slot_arrays = [tuple(np.zeros_like(x) for _ in self.slots_in_use()) for x in arrays]
        self._work = [self._buffers_for(x) for x in arrays]

    def _buffers_for(self, x: Array) -> tuple[Array, ...]:
        shape = (BLOCK,) if self.elementwise and x.size > BLOCK else x.shape
        return tuple(np.empty(shape, x.dtype) for _ in range(self.buffers))

    def slots_in_use(self) -> tuple[str, ...]:
        """Return the names of the slots that these arguments need."""
        return self.slots

    def apply(self, gradients: Iterable[Any], arrays: Iterable[Any]) -> list[Array]:
        """Take one step: change the arrays (Variables or ndarrays) in place, and return them.

        Args:
            gradients: dL/dweight, one for each weight.
            arrays: the same weights in the same order every time.
        """
        gradients, arrays = list(gradients), list(arrays)
        if len(gradients) != len(arrays):
            raise ValueError(f"gradients must be as many as weights, {len(arrays)}; received {len(gradients)}")
        return self.apply_gradients(zip(gradients, arrays, strict=True))

    def apply_gradients(self, gradients_and_arrays: Iterable[tuple[Any, Any]]) -> list[Array]:
        """Take one step from (gradient, array) pairs, as `keras.optimizers.Optimizer.apply_gradients`.

        Everything is looked at before the first weight is changed.
        """
        pairs = list(gradients_and_arrays)
        gradients = [gradient for gradient, _ in pairs]
        xs = [array.value if isinstance(array, Variable) else as_array(array) for _, array in pairs]
        for i, (gradient, x) in enumerate(zip(gradients, xs, strict=True)):
            if not (isinstance(gradient, np.ndarray) and gradient.shape == x.shape and gradient.dtype is x.dtype):
                gradients[i] = self._fitting(gradient, x)
        if not self.built:
            self.build([array for _, array in pairs])
        if len(xs) != len(self.slot_arrays):
            raise ValueError(f"this optimizer was built for {len(self.slot_arrays)} weights; received {len(xs)}")
        for gradient, x, slots, work in zip(gradients, xs, self.slot_arrays, self._work, strict=True):
            if x.size <= BLOCK or not self.elementwise:
                self.update_step(gradient, x, *slots, work=work)
            else:
                self._in_blocks(gradient, x, slots, work)
        self.iterations += 1
        return xs

    @staticmethod
    def _fitting(gradient: Any, x: Array) -> Array:
        """Return the gradient in the weight's dtype; raise where it does not fit the weight."""
        gradient = as_array(gradient)
        if x.dtype.kind != "f":
            raise TypeError(f"a weight must be float32 or float64 to be stepped; received dtype {x.dtype}")
        if gradient.shape != x.shape:
            raise ValueError(f"a gradient of shape {gradient.shape} came for a weight of shape {x.shape}")
        return gradient if gradient.dtype == x.dtype else gradient.astype(x.dtype)

    def _in_blocks(self, gradient: Array, x: Array, slots: tuple[Array, ...], work: tuple[Array, ...]) -> None:
        """Walk a large weight in blocks that stay in the processor's cache from one line of the rule to the next."""
        if not x.flags.c_contiguous:
            self.update_step(gradient, x, *slots, work=tuple(np.empty_like(x) for _ in work))
            return
        arrays = [array.reshape(-1) for array in (gradient, x, *slots)]
        for start in range(0, x.size, BLOCK):
            own = [array[start : start + BLOCK] for array in arrays]
            self.update_step(*own, work=tuple(array[: own[0].size] for array in work))

    def once_a_step(self, formula: Callable[[Any], Any], dtype: Any) -> Any:
        """Return formula(dtype), a scalar of the rule, computed once for all weights of a step."""
        key = (formula.__name__, dtype)
        kept = self._scalars.get(key)
        if kept is None or kept[0] != self.iterations:
            kept = self._scalars[key] = (self.iterations, formula(dtype))
        return kept[1]

    def update_step(self, gradient: Array, x: Array, *slots: Array, work: tuple[Array, ...]) -> None:
        """Change x and the slots in place. `work` are arrays to compute in."""
        raise NotImplementedError

    @staticmethod
    def number(value: Any, dtype: Any) -> Any:
        """Return a scalar of the weights' dtype. (The running error analysis puts its own numbers here.)"""
        return np.dtype(dtype).type(value)

    def rounded(self, value: float, dtype: Any) -> Any:
        """Return a hyperparameter as `keras.ops.cast` does: rounded to float32 first, also for float64 weights."""
        return self.number(np.float32(value), dtype)

    @property
    def variables(self) -> list[Variable]:
        """Step count, learning rate and slots under Keras' names, as copies."""
        own = [
            Variable(np.int64(self.iterations), "iteration", f"{self.name}/iteration", trainable=False),
            Variable(np.asarray(self.learning_rate, floatx()), "learning_rate", f"{self.name}/learning_rate", False),
        ]
        for group in self.slot_groups():
            for path, slots in zip(self._paths, self.slot_arrays, strict=True):
                for slot, array in zip(self.slots_in_use(), slots, strict=True):
                    if slot in group:
                        name = f"{path.replace('/', '_')}_{slot}"
                        own.append(Variable(array, name, f"{self.name}/{name}", trainable=False))
        return own

    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        """Return the slots in Keras' order: those of a group weight by weight, one group after the other."""
        return (self.slots_in_use(),)

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "learning_rate": self.learning_rate,
            "weight_decay": None,
            "clipnorm": None,
            "global_clipnorm": None,
            "clipvalue": None,
            "use_ema": False,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "loss_scale_factor": None,
            "gradient_accumulation_steps": None,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Optimizer":
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} learning_rate={self.learning_rate:g}, iterations={self.iterations}>"


def _share(value: Any, argument: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"{argument} must be a number in [0, 1]; received {value!r}")
    return float(value)


@optimizers.register()
class SGD(Optimizer):
    """Gradient descent, with momentum if asked.

    x <- x - lr g;  with momentum mu: m <- mu m - lr g, x <- x + m;  Nesterov: x <- x + mu m - lr g with the new m.
    Sutskever et al. (2013). Keras rounds mu to float32 in any dtype.
    """

    slots = ("momentum",)

    def __init__(
        self, learning_rate: float = 0.01, momentum: float = 0.0, nesterov: bool = False, **options: Any
    ) -> None:
        super().__init__(learning_rate, **options)
        self.momentum, self.nesterov = _share(momentum, "momentum"), nesterov

    def slots_in_use(self) -> tuple[str, ...]:
        return self.slots if self.momentum else ()

    def update_step(self, gradient: Array, x: Array, *slots: Array, work: tuple[Array, ...]) -> None:
        step = np.multiply(gradient, self.learning_rate, out=work[0])
        if not slots:
            x -= step
            return
        (m,), mu = slots, self.rounded(self.momentum, x.dtype)
        m *= mu
        m -= step
        if self.nesterov:
            x += np.subtract(m * mu, step, out=work[0])
        else:
            x += m

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"momentum": self.momentum, "nesterov": self.nesterov}


@optimizers.register()
class Adam(Optimizer):
    """Steps scaled by running averages of g and g^2.

    m <- m + (1 - beta_1)(g - m), v <- v + (1 - beta_2)(g^2 - v),
    x <- x - alpha m / (sqrt(v) + epsilon), alpha = lr sqrt(1 - beta_2^t) / (1 - beta_1^t), t = 1, 2, ...
    With amsgrad, v in the last line is the largest v so far.

    Kingma & Ba (2015), section 2's faster form: epsilon stands outside the bias correction ('epsilon hat'), as in
    Keras, where the paper's Algorithm 1 corrects v first. Keras rounds beta in beta^t to float32 in any dtype, and
    leaves it whole in 1 - beta.
    """

    slots = ("momentum", "velocity", "velocity_hat")
    buffers = 2

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1, self.beta_2 = _share(beta_1, "beta_1"), _share(beta_2, "beta_2")
        if isinstance(epsilon, bool) or not isinstance(epsilon, int | float) or epsilon < 0:
            raise ValueError(f"epsilon must be a number >= 0; received {epsilon!r}")
        self.epsilon, self.amsgrad = epsilon, amsgrad

    def slots_in_use(self) -> tuple[str, ...]:
        return self.slots if self.amsgrad else self.slots[:2]

    def slot_groups(self) -> tuple[tuple[str, ...], ...]:
        return (self.slots[:2], self.slots[2:])

    def update_step(self, gradient: Array, x: Array, *slots: Array, work: tuple[Array, ...]) -> None:
        m, v, *largest = slots
        term = np.subtract(gradient, m, out=work[0])
        term *= 1 - self.beta_1
        m += term

        term = np.multiply(gradient, gradient, out=work[0])
        term -= v
        term *= 1 - self.beta_2
        v += term

        if largest:
            v = np.maximum(largest[0], v, out=largest[0])
        root = np.sqrt(v, out=work[0])
        root += self.epsilon
        step = np.multiply(m, self.once_a_step(self.step_size, x.dtype), out=work[1])
        step /= root
        x -= step

    def step_size(self, dtype: Any) -> Any:
        """Return alpha = lr sqrt(1 - beta_2^t) / (1 - beta_1^t), computed in the weight's dtype."""
        t, lr = self.number(self.iterations + 1, dtype), self.number(self.learning_rate, dtype)
        power_1, power_2 = self.rounded(self.beta_1, dtype) ** t, self.rounded(self.beta_2, dtype) ** t
        return lr * np.sqrt(1 - power_2) / (1 - power_1)

    def get_config(self) -> dict[str, Any]:
        own = {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon, "amsgrad": self.amsgrad}
        return super().get_config() | own


def get(identifier: Any) -> Optimizer:
    """Return an optimizer from a name, a Keras config or an instance."""
    if isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, dict):
        name, config = class_and_config(identifier, "optimizer")
        return optimizers[name].from_config(config)
    if isinstance(identifier, str):
        return optimizers[identifier]()
    raise TypeError(f"optimizer must be a name, a config or an Optimizer; received {type(identifier).__name__}")


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """Return Keras' serialised form."""
    return _serialize(optimizer, "keras.optimizers")
