"""Learning rates that change with the step, with the names and arguments of `keras.optimizers.schedules`.

A schedule is called with the number of steps taken (0 before the first) and returns a float32 scalar. Keras converts
every argument to a float32 tensor, even for float64 weights, and each formula here is computed in float32. (Given the
integer 1 for 1.0, Keras computes with integers, and returns 0 or fails.)
"""

from typing import Any, ClassVar, Self

import numpy as np

from ..core.registry import Registry, class_and_config
from ..core.registry import serialize as _serialize
from . import arguments

schedules: Registry[type["LearningRateSchedule"]] = Registry("schedule")

f32 = np.float32


class LearningRateSchedule:
    """Base class: a function of the step, with a config."""

    parameters: ClassVar[tuple[str, ...]] = ()

    def __call__(self, step: int) -> Any:
        raise NotImplementedError

    @staticmethod
    def number(value: Any) -> Any:
        """Return a float32 scalar. (The running error analysis replaces this with its own numbers.)"""
        return f32(value)

    def get_config(self) -> dict[str, Any]:
        return {argument: getattr(self, argument) for argument in self.parameters}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.get_config()}>"


@schedules.register()
class ExponentialDecay(LearningRateSchedule):
    """lr_0 r^(t / T), r = decay_rate, T = decay_steps; with staircase, t / T is rounded down."""

    parameters = ("initial_learning_rate", "decay_steps", "decay_rate", "staircase", "name")

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate, self.decay_steps = (
            arguments.real(initial_learning_rate, "initial_learning_rate"),
            arguments.positive(decay_steps, "decay_steps"),
        )
        self.decay_rate, self.staircase, self.name = decay_rate, staircase, name

    def __call__(self, step: int) -> Any:
        p = self.number(step) / f32(self.decay_steps)
        if self.staircase:
            p = np.floor(p)
        return f32(self.initial_learning_rate) * np.power(f32(self.decay_rate), p)


@schedules.register()
class PiecewiseConstantDecay(LearningRateSchedule):
    """values[0] for steps <= boundaries[0], values[1] for steps <= boundaries[1], ..., then values[-1].

    Keras casts the boundaries to integers, so 3.5 means 3.

    Raises:
        ValueError: there are not exactly one more values than boundaries.
    """

    parameters = ("boundaries", "values", "name")

    def __init__(self, boundaries: list[int], values: list[float], name: str = "PiecewiseConstant") -> None:
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                f"values must be one element longer than boundaries; received {len(values)} and {len(boundaries)}"
            )
        self.boundaries, self.name = boundaries, name
        self.values = [arguments.real(value, "values") for value in values]

    def __call__(self, step: int) -> Any:
        passed = sum(step > int(boundary) for boundary in self.boundaries)
        return f32(self.values[passed])


@schedules.register()
class PolynomialDecay(LearningRateSchedule):
    """(lr_0 - lr_end) (1 - t / T)^power + lr_end with t at most T; with cycle, the next multiple of T replaces T.

    Compiled TensorFlow multiplies by 1 / T. If t is a multiple of T this may round t / T up: then Keras starts the
    next cycle one step early.
    """

    parameters = ("initial_learning_rate", "decay_steps", "end_learning_rate", "power", "cycle", "name")

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate, self.decay_steps = (
            arguments.real(initial_learning_rate, "initial_learning_rate"),
            arguments.positive(decay_steps, "decay_steps"),
        )
        self.end_learning_rate = arguments.real(end_learning_rate, "end_learning_rate")
        self.power, self.cycle, self.name = power, cycle, name

    def __call__(self, step: int) -> Any:
        t, length = self.number(step), f32(self.decay_steps)
        if not self.cycle:
            return self._decay(np.minimum(t, length), length)
        cycles = f32(-(-step // self.decay_steps) or 1)
        return np.where(t / length <= cycles, self._decay(t, length * cycles), self._decay(t, length * (cycles + 1)))[
            ()
        ]

    def _decay(self, t: Any, length: Any) -> Any:
        first, last = f32(self.initial_learning_rate), f32(self.end_learning_rate)
        return (first - last) * np.power(1 - t / length, f32(self.power)) + last


@schedules.register()
class InverseTimeDecay(LearningRateSchedule):
    """lr_0 / (1 + r t / T), r = decay_rate, T = decay_steps; with staircase, t / T is rounded down."""

    parameters = ExponentialDecay.parameters

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        self.initial_learning_rate, self.decay_steps = (
            arguments.real(initial_learning_rate, "initial_learning_rate"),
            arguments.positive(decay_steps, "decay_steps"),
        )
        self.decay_rate, self.staircase, self.name = decay_rate, staircase, name

    def __call__(self, step: int) -> Any:
        p = self.number(step) / f32(self.decay_steps)
        if self.staircase:
            p = np.floor(p)
        return f32(self.initial_learning_rate) / (1 + f32(self.decay_rate) * p)


@schedules.register()
class CosineDecay(LearningRateSchedule):
    """lr ((1 - alpha) (1 + cos(pi t / T)) / 2 + alpha): half a cosine from lr down to alpha lr in T = decay_steps.

    With warmup_target, the rate first rises linearly from initial_learning_rate to it, in warmup_steps, and decays from
    there. Loshchilov & Hutter (2017), SGDR.
    """

    parameters = ("initial_learning_rate", "decay_steps", "alpha", "name", "warmup_target", "warmup_steps")

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        self.initial_learning_rate, self.decay_steps = (
            arguments.real(initial_learning_rate, "initial_learning_rate"),
            arguments.positive(decay_steps, "decay_steps"),
        )
        self.warmup_target = None if warmup_target is None else arguments.real(warmup_target, "warmup_target")
        self.alpha, self.name, self.warmup_steps = alpha, name, warmup_steps

    def __call__(self, step: int) -> Any:
        first, t, length = f32(self.initial_learning_rate), self.number(step), f32(self.decay_steps)
        if self.warmup_target is None:
            return self._decay(np.minimum(t, length), length, first)
        target, rise = f32(self.warmup_target), f32(self.warmup_steps)
        t = np.minimum(t, length + rise)
        if t < rise:
            return (target - first) * (t / rise) + first
        return self._decay(t - rise, length, target)

    def _decay(self, t: Any, length: Any, rate: Any) -> Any:
        cosine = 0.5 * (1 + np.cos(f32(np.pi) * (t / length)))
        return rate * ((1 - self.alpha) * cosine + self.alpha)


@schedules.register()
class CosineDecayRestarts(LearningRateSchedule):
    """Repeated `CosineDecay`: period i is T t_mul^i steps long and starts at lr m_mul^i.

    Loshchilov & Hutter (2017), SGDR. With f = t / T, the periods before the i-th take 1 + t_mul + ... + t_mul^(i-1) =
    (1 - t_mul^i) / (1 - t_mul) of f, so i = floor(log(1 - f (1 - t_mul)) / log t_mul). Keras computes i by this
    formula in float32: if the quotient is an integer, rounding decides whether the restart is one step late.
    """

    parameters = ("initial_learning_rate", "first_decay_steps", "t_mul", "m_mul", "alpha", "name")

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: int,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        self.initial_learning_rate = arguments.real(initial_learning_rate, "initial_learning_rate")
        self.first_decay_steps = arguments.positive(first_decay_steps, "first_decay_steps")
        self.t_mul, self.m_mul, self.alpha, self.name = t_mul, m_mul, alpha, name

    def __call__(self, step: int) -> Any:
        f, t_mul, alpha = self.number(step) / f32(self.first_decay_steps), f32(self.t_mul), f32(self.alpha)
        if t_mul == 1:
            period = np.floor(f)
            f = f - period
        else:
            period = np.floor(np.log(1 - f * (1 - t_mul)) / np.log(t_mul))
            length = np.power(t_mul, period)
            f = (f - (1 - length) / (1 - t_mul)) / length
        cosine = 0.5 * np.power(f32(self.m_mul), period) * (1 + np.cos(f32(np.pi) * f))
        return f32(self.initial_learning_rate) * ((1 - alpha) * cosine + alpha)


def serialize(learning_rate_schedule: LearningRateSchedule) -> dict[str, Any]:
    """Return Keras' serialised form."""
    return _serialize(learning_rate_schedule, "keras.optimizers.schedules")


def deserialize(config: dict[str, Any]) -> LearningRateSchedule:
    """Return the schedule of Keras' serialised form."""
    name, own = class_and_config(config, "schedule")
    return schedules[name].from_config(own)
