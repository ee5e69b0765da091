"""The options that all `keras.optimizers` share, applied before and after each rule.

One step, in Keras' order: divide the gradients by `loss_scale_factor`; average them over
`gradient_accumulation_steps` calls; clip them; decay the weights, x <- x - lr wd x; apply the rule; update the moving
averages of the weights; apply the constraints.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Self

import numpy as np

from ..config import floatx
from ..core.naming import auto_name
from ..core.stacking import PerRun
from ..core.variable import Array, Variable, as_array
from . import arguments, clipping
from .schedules import LearningRateSchedule, deserialize, serialize

Rate = float | LearningRateSchedule | Callable[[], float]
"""The types of learning_rate."""

COMMON = (
    "learning_rate",
    "weight_decay",
    "clipnorm",
    "clipvalue",
    "global_clipnorm",
    "use_ema",
    "ema_momentum",
    "ema_overwrite_frequency",
    "loss_scale_factor",
    "gradient_accumulation_steps",
    "name",
)


def common(given: dict[str, Any]) -> dict[str, Any]:
    """Return the shared arguments from a constructor's locals()."""
    return {name: given[name] for name in COMMON}


def _rate(value: Any) -> Any:
    """Return a number (rounded to floatx), a schedule (also from its config) or a function."""
    if isinstance(value, dict):
        return deserialize(value)
    return value if callable(value) else float(np.dtype(floatx()).type(arguments.number(value, "learning_rate")))


class RateNow(float):
    """The learning rate of an optimizer: a number, with the methods of Keras' variable.

    Arithmetic uses the rate as it was read; `value` and `numpy()` read it anew.
    """

    shape = ()
    dtype = "float32"

    def __new__(cls, optimizer: Any) -> Self:
        own = super().__new__(cls, optimizer._rate_now())
        own._optimizer = optimizer
        return own

    _optimizer: Any

    @property
    def value(self) -> Any:
        return np.float32(self._optimizer._rate_now())

    def numpy(self) -> Any:
        return self.value

    def assign(self, value: Any) -> Any:
        """Set the optimizer's rate; raise TypeError if it is a schedule. Return the new rate."""
        self._optimizer.learning_rate = float(value)
        return self._optimizer.learning_rate

    def __reduce__(self) -> Any:
        return float, (float(self),)


class Options:
    """The arguments that all optimizers share.

    Args:
        learning_rate: a number, a schedule (called with the number of calls so far, including those that only
            accumulate), or a function without arguments. Keras stores a number as a variable of dtype floatx, so it is
            rounded to float32 even for float64 weights; so is this one.
        weight_decay: wd in x <- x - lr wd x, applied in each step before the rule.
        clipnorm, clipvalue, global_clipnorm: largest norm of each gradient, largest element, or largest norm of all
            gradients together; at most one of the three.
        use_ema: average the weights, average <- m average + (1 - m) x with m = ema_momentum, starting with the weights
            after the first step. Every `ema_overwrite_frequency` steps, and at the end of `fit` (by
            `finalize_variable_values`), the averages replace the weights.
        loss_scale_factor: the gradients are divided by it (`scale_loss` multiplies the loss by it).
        gradient_accumulation_steps: number of calls that make one step, with the mean of their gradients.
        name: part of the slots' names.

    Raises:
        ValueError: an argument whose value is not allowed, or more than one kind of clipping.
        TypeError: learning_rate is neither a number, a schedule nor a function.
    """

    hyperparameters: ClassVar[tuple[str, ...]] = ()
    """The rule's own arguments, as get_config() returns them."""
    runs: int | None = None
    """In a stack of runs their number: weights are (runs, ...), see stacked.py."""
    name: str
    built: bool
    rate: Any
    _iterations: int
    _trained: list[Any]

    def __init__(
        self,
        learning_rate: Rate,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
    ) -> None:
        self.weight_decay = arguments.optional(weight_decay, "weight_decay")
        self.clipnorm = arguments.optional(clipnorm, "clipnorm")
        self.clipvalue = arguments.optional(clipvalue, "clipvalue")
        self.global_clipnorm = arguments.optional(global_clipnorm, "global_clipnorm")
        arguments.one_at_most(clipnorm=clipnorm, clipvalue=clipvalue, global_clipnorm=global_clipnorm)
        self.use_ema, self.ema_momentum = bool(use_ema), arguments.share(ema_momentum, "ema_momentum")
        self.ema_overwrite_frequency = arguments.count(ema_overwrite_frequency, "ema_overwrite_frequency", 1)
        self.loss_scale_factor = arguments.optional(loss_scale_factor, "loss_scale_factor")
        self.gradient_accumulation_steps = arguments.count(
            gradient_accumulation_steps, "gradient_accumulation_steps", 2
        )
        self.name = name or auto_name(type(self).__name__)
        self._learning_rate = _rate(learning_rate)
        self.excluded: tuple[Any, ...] = ()
        self.excluded_names: tuple[str, ...] = ()
        self._reset()

    def _reset(self) -> None:
        """Discard slots and step count."""
        self._averages: list[Array] = []
        self._accumulators: list[Array] = []
        self._scratch: list[Array] = []

    @staticmethod
    def number(value: Any, dtype: Any) -> Any:
        """Return a scalar of the weights' dtype. (The running error analysis replaces this with its own numbers.)"""
        kind = np.dtype(dtype).type
        return value.map(kind) if isinstance(value, PerRun) else kind(value)

    def rounded(self, value: float, dtype: Any) -> Any:
        """Return a hyperparameter rounded to float32 first, even for float64 weights, as `keras.ops.cast` does."""
        return self.number(Options.number(value, "float32"), dtype)

    # ---- learning rate and step count ---------------------------------------------------------------------------

    @property
    def learning_rate(self) -> "RateNow":
        """The learning rate of the next step."""
        return RateNow(self)

    @learning_rate.setter
    def learning_rate(self, value: Rate) -> None:
        if isinstance(self._learning_rate, LearningRateSchedule) and not callable(value):
            raise TypeError(f"learning_rate is a schedule and can only be set to a schedule; received {value!r}")
        self._learning_rate = _rate(value)

    @property
    def schedule(self) -> Any:
        """The schedule, or the function, that gives the learning rate; None if it is a number."""
        return None if isinstance(self._learning_rate, float | PerRun) else self._learning_rate

    def set_rates(self, rates: Iterable[float]) -> None:
        """Give each run of a stack its own learning rate."""
        self._learning_rate = PerRun(rates)

    def _rate_now(self) -> Any:
        if type(self._learning_rate) is float or isinstance(self._learning_rate, PerRun):
            return self._learning_rate
        if isinstance(self._learning_rate, LearningRateSchedule):
            return self._learning_rate(self._iterations)
        return np.float32(self._learning_rate())

    @property
    def iterations(self) -> int:
        """Number of optimizer steps; calls that only accumulate gradients do not count."""
        return self._iterations // (self.gradient_accumulation_steps or 1)

    # ---- before the rule ----------------------------------------------------------------------------------------

    def scale_loss(self, loss: Any) -> Any:
        """Return a loss, or a gradient (which is linear in the loss), multiplied by `loss_scale_factor`."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def _needs_scratch(self) -> bool:
        """Return whether an option needs scratch arrays."""
        limits = (self.loss_scale_factor, self.clipnorm, self.clipvalue, self.global_clipnorm)
        return bool(self.use_ema or self.gradient_accumulation_steps or any(limit is not None for limit in limits))

    def _prepare(self, gradients: list[Any]) -> list[Any] | None:
        """Return the gradients unscaled, averaged and clipped, as copies; None while they only accumulate."""
        outs, scale, steps = self._scratch, self.loss_scale_factor, self.gradient_accumulation_steps
        if scale is not None:
            gradients = clipping.each(gradients, outs, lambda g, out: np.divide(g, scale, out=out))
        if steps is not None:
            if (self._iterations + 1) % steps:
                clipping.each(gradients, self._accumulators, lambda g, total: np.add(total, g, out=total))
                return None
            gradients = [
                None if g is None else g + total for g, total in zip(gradients, self._accumulators, strict=True)
            ]
            gradients = clipping.each(gradients, outs, lambda g, out: np.divide(g, steps, out=out))
            for total in self._accumulators:
                np.copyto(total, 0)
        return clipping.clip(gradients, outs, self.clipnorm, self.clipvalue, self.global_clipnorm, self.runs)

    def exclude_from_weight_decay(
        self, var_list: Iterable[Any] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Exclude these weights, and weights whose path contains one of the names (patterns), from weight decay.

        Raises:
            ValueError: the optimizer is already built.
        """
        if self.built:
            raise ValueError("exclude_from_weight_decay must be called before the optimizer is built")
        self.excluded, self.excluded_names = tuple(var_list or ()), tuple(var_names or ())

    def decay_of(self, variable: Any, path: str) -> float | None:
        """Return the weight decay of one weight."""
        return None if self._is_spared(variable, path) else self.weight_decay

    def _is_spared(self, variable: Any, searched: str) -> bool:
        paths = [other.path for other in self.excluded if isinstance(other, Variable)]
        listed = any(other is variable for other in self.excluded) or getattr(variable, "path", None) in paths
        return listed or any(re.search(name, searched) for name in self.excluded_names)

    # ---- after the rule -----------------------------------------------------------------------------------------

    def _average(self, xs: list[Array]) -> None:
        """Update the averages; every `ema_overwrite_frequency` steps, copy them to the weights.

        The first average is the weight itself, so there is no bias to correct.
        """
        overwrite = self.ema_overwrite_frequency and (self.iterations + 1) % self.ema_overwrite_frequency == 0
        for average, x, scratch in zip(self._averages, xs, self._scratch, strict=True):
            m = self.number(self.ema_momentum if self.iterations else 0.0, x.dtype)
            kept = np.multiply(average, m, out=average)
            np.add(kept, np.multiply(x, 1 - m, out=scratch), out=average)
            if overwrite:
                np.copyto(x, average)

    def finalize_variable_values(self, var_list: Iterable[Any]) -> None:
        """Copy the averages, if any, to the weights; called at the end of `fit`."""
        if self.use_ema:
            for variable, average in zip(var_list, self._averages, strict=True):
                np.copyto(as_array(variable), average)

    def swap_averages(self) -> None:
        """Exchange the trained weights and their averages."""
        for weight, average in self._averaged():
            kept = average.copy()
            np.copyto(average, weight)
            np.copyto(weight, kept)

    def restart_averages(self) -> None:
        """Set every average to its weight."""
        for weight, average in self._averaged():
            np.copyto(average, weight)

    def _averaged(self) -> list[tuple[Array, Array]]:
        """Return the trained weights with their averages."""
        return list(zip(map(as_array, self._trained), self._averages, strict=True)) if self.use_ema else []

    # ---- configs ------------------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        rate = self._learning_rate
        if isinstance(rate, LearningRateSchedule):
            rate = serialize(rate)
        elif not isinstance(rate, float):
            raise ValueError("learning_rate is a function, which a config cannot hold; use a schedule")
        own = {name: getattr(self, name) for name in (*COMMON, *self.hyperparameters)}
        return own | {"learning_rate": rate}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        return cls(**config)
