"""Optimizers that wrap other optimizers: LossScaleOptimizer, MultiOptimizer."""

import re
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from typing import Any, Self

import numpy as np

from ..core.registry import Registry, class_and_config
from ..core.registry import serialize as _serialize
from ..core.variable import Array, Variable, as_arrays
from . import arguments
from .base import Optimizer, Slot, optimizers
from .recent import recent

wrappers: Registry[type[Optimizer]] = Registry("optimizer")


def wrapper(cls: type) -> type:
    """Class decorator: register an optimizer that cannot be created from its name alone."""
    return wrappers.add(cls, cls.__name__.lower(), cls.__name__)


def serialize(optimizer: Any) -> dict[str, Any]:
    """Return Keras' serialised form."""
    return _serialize(optimizer, "keras.optimizers")


def deserialize(config: dict[str, Any]) -> Optimizer:
    """Return the optimizer of Keras' serialised form."""
    name, own = class_and_config(config, "optimizer")
    known = next((own for own in (wrappers, recent) if name.lower() in own), optimizers)
    return known[name.lower() if name.lower() in known else name].from_config(own)


INACTIVE = {"use_ema": False, "ema_momentum": 0.99, "dynamic": True} | dict.fromkeys(
    [
        "weight_decay",
        "clipnorm",
        "global_clipnorm",
        "clipvalue",
        "ema_overwrite_frequency",
        "loss_scale_factor",
        "gradient_accumulation_steps",
    ]
)
"""Arguments in older configs of a LossScaleOptimizer, and the only values that they may have."""


def _must_be_inactive(given: dict[str, Any]) -> None:
    """Raise ValueError for options that a LossScaleOptimizer does not have."""
    for name, value in given.items():
        if name not in INACTIVE:
            raise ValueError(f"LossScaleOptimizer has no argument {name!r}; received {value!r}")
        if value != INACTIVE[name]:
            raise ValueError(f"{name} must be set on the inner_optimizer; received {value!r}")


def _must_be_plain(optimizer: Any, argument: str) -> Optimizer:
    if not isinstance(optimizer, Optimizer) or isinstance(optimizer, LossScaleOptimizer | MultiOptimizer):
        raise TypeError(f"{argument} must be an Optimizer that wraps no other; received {type(optimizer).__name__}")
    return optimizer


@wrapper
class LossScaleOptimizer(Optimizer):
    """Dynamic loss scaling: unscales the gradients of a scaled loss and adapts the scale.

    The inner optimizer gets g / scale. If a gradient is infinite or NaN, the scale is halved and the step is skipped;
    after `dynamic_growth_steps` good steps the scale doubles. Micikevicius et al. (2018), section 3.2.

    The scale is a power of two, so in float32 and float64 it changes no digit unless something overflows. All options
    are the inner optimizer's; its loss_scale_factor is removed, and the step count in this one's variables stays 0.

    Raises:
        TypeError: inner_optimizer is not an Optimizer, or wraps another one.
        ValueError: an option that belongs to the inner optimizer.
    """

    def __init__(
        self,
        inner_optimizer: Optimizer,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **inactive: Any,
    ) -> None:
        _must_be_inactive(inactive)
        if not isinstance(inner_optimizer, Optimizer):
            raise TypeError(f"inner_optimizer must be an Optimizer; received {type(inner_optimizer).__name__}")
        super().__init__(0.0, name=name)
        self.inner_optimizer = inner_optimizer
        self.inner_optimizer.loss_scale_factor = None
        self.initial_scale = arguments.positive(initial_scale, "initial_scale")
        self.dynamic_growth_steps = arguments.positive(dynamic_growth_steps, "dynamic_growth_steps")

    def unbuilt(self) -> Self:
        own = super().unbuilt()
        own.inner_optimizer = self.inner_optimizer.unbuilt()
        return own

    def build(self, variables: Iterable[Any]) -> None:
        if self.built:
            return
        self._trained = list(variables)
        starts: dict[str, Any] = {"step_counter": np.int64(0), "dynamic_scale": np.float32(self.initial_scale)}
        for name, start in starts.items():
            self._own_slots.append(
                Slot(name, None, Variable(start, name=name, path=f"{self.name}/{name}", trainable=False))
            )
        self.inner_optimizer.build(self._trained)
        self.built = True

    def take_step(self, gradients: list[Any], variables: list[Any], xs: list[Array]) -> None:
        counter, scale = (slot.variable.value for slot in self._own_slots)
        if not all(np.isfinite(g).all() for g in gradients if g is not None):
            np.copyto(counter, 0)
            np.copyto(scale, scale * 0.5)
            return
        self.inner_optimizer.take_step([None if g is None else g / scale for g in gradients], variables, xs)
        grown = counter == self.dynamic_growth_steps - 1
        np.copyto(counter, 0 if grown else counter + 1)
        if grown:
            np.copyto(scale, scale * 2.0)

    def collect_slots(self) -> None:
        self.inner_optimizer.collect_slots()

    def scale_loss(self, loss: Any) -> Any:
        """Return a loss, or a gradient, multiplied by the scale."""
        return loss * (self._own_slots[1].variable.value if self.built else self.initial_scale)

    @property
    def inner_optimizers(self) -> list[Optimizer]:
        return [self.inner_optimizer]

    @property
    def variables(self) -> list[Variable]:
        return super().variables + self.inner_optimizer.variables

    def all_slots(self) -> list[Slot]:
        return self._own_slots + self.inner_optimizer.all_slots()

    def set_weights(self, weights: Iterable[Any]) -> None:
        given, own = as_arrays(weights), 2 + len(self._own_slots)
        self._iterations = int(given[0])
        for slot, array in zip(self._own_slots, given[2:own], strict=True):
            slot.variable.value[...] = array
        self.inner_optimizer.set_weights(given[own:])

    def finalize_variable_values(self, var_list: Iterable[Any]) -> None:
        self.inner_optimizer.finalize_variable_values(var_list)

    @property
    def learning_rate(self) -> Any:
        """The inner optimizer's learning rate."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self.inner_optimizer.learning_rate = value

    @property
    def iterations(self) -> int:
        """The inner optimizer's step count."""
        return self.inner_optimizer.iterations

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "inner_optimizer": serialize(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        return cls(**(config | {"inner_optimizer": deserialize(config["inner_optimizer"])}))


class OptimizerMap(MutableMapping[str, Optimizer]):
    """Maps a weight's path to an optimizer: by an equal key, by a key that fully matches as a pattern, or the default.

    Raises:
        TypeError: an optimizer is not an Optimizer or wraps another one.
        ValueError: a key is set twice, or several patterns match a path.
    """

    def __init__(self, default_optimizer: Optimizer, optimizer_map: dict[str, Optimizer] | None = None) -> None:
        self.default_optimizer = _must_be_plain(default_optimizer, "default_optimizer")
        if optimizer_map is not None and not isinstance(optimizer_map, dict):
            raise TypeError(f"optimizer_map must be a dict; received {type(optimizer_map).__name__}")
        self._optimizer_map = dict(optimizer_map or {})

    def __getitem__(self, key: str) -> Optimizer:
        if key in self._optimizer_map:
            return self._optimizer_map[key]
        matching = [pattern for pattern in self._optimizer_map if re.fullmatch(pattern, key)]
        if len(matching) > 1:
            raise ValueError(f"optimizer_map must have one optimizer for {key}; {matching} all match it")
        return self._optimizer_map[matching[0]] if matching else self.default_optimizer

    def __setitem__(self, key: str, optimizer: Optimizer) -> None:
        if not isinstance(key, str) or key in self._optimizer_map:
            raise ValueError(f"a key of optimizer_map must be a new string; received {key!r}")
        self._optimizer_map[key] = _must_be_plain(optimizer, f"the optimizer of {key!r}")

    def __delitem__(self, key: str) -> None:
        del self._optimizer_map[key]

    def __len__(self) -> int:
        return len(self._optimizer_map)

    def __iter__(self) -> Iterator[str]:
        return iter(self._optimizer_map)

    def __call__(self, variable: Any) -> Optimizer:
        return self[getattr(variable, "path", "")]

    def get_config(self) -> dict[str, Any]:
        named = {key: serialize(optimizer) for key, optimizer in self._optimizer_map.items()}
        return {"default_optimizer": serialize(self.default_optimizer), "optimizer_map": named}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        named = {key: deserialize(optimizer) for key, optimizer in config["optimizer_map"].items()}
        return cls(deserialize(config["default_optimizer"]), named)


@wrapper
class MultiOptimizer(Optimizer):
    """Different optimizers for different weights.

    Args:
        optimizer_map: an `OptimizerMap`, or a function of a Variable that returns its optimizer.
        loss_scale_factor: passed to each of them.

    It has no learning rate of its own; Keras lists one of 0 among the variables.

    Raises:
        TypeError: optimizer_map is something else, or names something else than a plain Optimizer.
    """

    def __init__(
        self,
        optimizer_map: OptimizerMap | Callable[[Any], Optimizer],
        loss_scale_factor: float | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(0.0, loss_scale_factor=loss_scale_factor, name=name)
        if not callable(optimizer_map):
            raise TypeError(f"optimizer_map must be an OptimizerMap or a function; received {optimizer_map!r}")
        self.optimizer_map = optimizer_map
        self._start()

    def _start(self) -> None:
        """List the map's optimizers, the default last."""
        self._inner: list[Optimizer] = []
        self._members: list[list[int]] = []
        if isinstance(self.optimizer_map, OptimizerMap):
            for optimizer in (*self.optimizer_map.values(), self.optimizer_map.default_optimizer):
                self._index(optimizer)

    def _index(self, optimizer: Optimizer) -> int:
        if not any(optimizer is known for known in self.inner_optimizers):
            _must_be_plain(optimizer, "every optimizer of optimizer_map").loss_scale_factor = self.loss_scale_factor
            self._inner.append(optimizer)
            self._members.append([])
        return next(i for i, known in enumerate(self.inner_optimizers) if known is optimizer)

    def unbuilt(self) -> Self:
        own, chosen, copies = super().unbuilt(), self.optimizer_map, dict[int, Optimizer]()

        def copied(optimizer: Optimizer) -> Optimizer:
            return copies.setdefault(id(optimizer), optimizer.unbuilt())

        if isinstance(chosen, OptimizerMap):
            named = {key: copied(optimizer) for key, optimizer in chosen.items()}
            own.optimizer_map = OptimizerMap(copied(chosen.default_optimizer), named)
        else:
            own.optimizer_map = lambda variable: copied(chosen(variable))
        own._start()
        return own

    def build(self, variables: Iterable[Any]) -> None:
        if self.built:
            return
        self._trained = list(variables)
        for i, variable in enumerate(self._trained):
            self._members[self._index(self.optimizer_map(variable))].append(i)
        for optimizer, members in zip(self.inner_optimizers, self._members, strict=True):
            if members:  # as in Keras, one without weights is left unbuilt
                optimizer.build([self._trained[i] for i in members])
        self.built = True

    def take_step(self, gradients: list[Any], variables: list[Any], xs: list[Array]) -> None:
        for optimizer, members in zip(self.inner_optimizers, self._members, strict=True):
            if members:
                optimizer.take_step(*[[of[i] for i in members] for of in (gradients, variables, xs)])
        self._iterations += 1

    def collect_slots(self) -> None:
        for optimizer in self.inner_optimizers:
            optimizer.collect_slots()

    @property
    def inner_optimizers(self) -> list[Optimizer]:
        return self._inner

    @property
    def optimizers(self) -> list[Optimizer]:
        """The inner optimizers, under Keras' name."""
        return self._inner

    @property
    def variables(self) -> list[Variable]:
        return super().variables + [v for optimizer in self.inner_optimizers for v in optimizer.variables]

    def all_slots(self) -> list[Slot]:
        return [
            slot._replace(weight=None if slot.weight is None else members[slot.weight])
            for optimizer, members in zip(self.inner_optimizers, self._members, strict=True)
            for slot in optimizer.all_slots()
        ]

    def set_weights(self, weights: Iterable[Any]) -> None:
        given = as_arrays(weights)
        self._iterations, start = int(given[0]), 2
        for optimizer in self.inner_optimizers:
            end = start + len(optimizer.variables)
            if optimizer.built:
                optimizer.set_weights(given[start:end])
            start = end

    def finalize_variable_values(self, var_list: Iterable[Any]) -> None:
        given = list(var_list)
        for optimizer, members in zip(self.inner_optimizers, self._members, strict=True):
            optimizer.finalize_variable_values([given[i] for i in members])

    @property
    def learning_rate(self) -> Any:
        raise AttributeError("a MultiOptimizer has no learning_rate; use those of its inner_optimizers")

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        raise AttributeError("a MultiOptimizer has no learning_rate; set those of its inner_optimizers")

    def get_config(self) -> dict[str, Any]:
        if not isinstance(self.optimizer_map, OptimizerMap):
            raise ValueError("optimizer_map is a function, which a config cannot hold; use an OptimizerMap")
        known = {"loss_scale_factor": self.loss_scale_factor, "name": self.name}
        return {"optimizer_map": serialize(self.optimizer_map)} | known

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        _, chosen = class_and_config(config["optimizer_map"], "OptimizerMap")
        return cls(**(config | {"optimizer_map": OptimizerMap.from_config(chosen)}))
