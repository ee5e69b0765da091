"""A model's state as nested dicts by the paths of its variables, as `keras.Model.get_state_tree` gives it."""

import warnings
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.variable import Variable, fitting
from ..optimizers import Optimizer


class StateTree:
    """The side of a model that returns and takes its state by paths."""

    name: str
    optimizer: Optimizer | None

    if TYPE_CHECKING:  # provided by the model
        tracked: property
        trainable_variables: property
        non_trainable_variables: property

    @property
    def metrics_variables(self) -> list[Variable]:
        """The state of the loss and the metrics."""
        return [variable for metric in self.tracked for variable in metric.variables]

    def get_state_tree(self, value_format: str = "backend_tensor") -> dict[str, Any]:
        """Return weights, optimizer's and metrics' state as arrays in nested dicts by the parts of their paths.

        Its keys are 'trainable_variables', 'non_trainable_variables', 'optimizer_variables', 'metrics_variables'.

        Args:
            value_format: 'backend_tensor' or 'numpy_array', here the same: copies.

        Raises:
            ValueError: two variables have the same path, or value_format is neither.
        """
        if value_format not in ("backend_tensor", "numpy_array"):
            raise ValueError(f"value_format must be 'backend_tensor' or 'numpy_array'; received {value_format!r}")
        return {kind: _nested(variables) for kind, variables in self._state_by_kind().items()}

    def set_state_tree(self, state_tree: Mapping[str, Any]) -> None:
        """Assign what a tree of `get_state_tree`, or a part of one, holds; what is not in it stays.

        An optimizer that has no slots yet gets them first. Values for which there is no variable are skipped with a
        warning (Keras says nothing).

        Raises:
            ValueError: a key is unknown, or a value does not fit its variable; then nothing changes.
        """
        known = {"trainable_variables", "non_trainable_variables", "optimizer_variables", "metrics_variables"}
        if not isinstance(state_tree, Mapping) or not set(state_tree) <= known:
            found = sorted(state_tree) if isinstance(state_tree, Mapping) else type(state_tree).__name__
            raise ValueError(f"state_tree must be a dict with {', '.join(sorted(known))}; received {found}")
        given = {kind: dict(_flat(tree)) for kind, tree in state_tree.items()}
        if self.optimizer is not None and given.get("optimizer_variables"):
            self.optimizer.build(self.trainable_variables)
        new = {kind: self._pairs(kind, values) for kind, values in given.items()}
        for kind in ("trainable_variables", "non_trainable_variables"):
            for variable, value in new.get(kind, ()):
                variable.value[...] = value
        if self.optimizer is not None and new.get("optimizer_variables"):
            slots = {variable.path: value for variable, value in new["optimizer_variables"]}
            self.optimizer.set_weights([slots.get(own.path, own.numpy()) for own in self.optimizer.variables])
        means = {variable.path: value for variable, value in new.get("metrics_variables", ())}
        for metric in self.tracked if means else ():
            metric.set_variables({own.name: means[own.path] for own in metric.variables if own.path in means})

    def _state_by_kind(self) -> dict[str, list[Variable]]:
        return {
            "trainable_variables": self.trainable_variables,
            "non_trainable_variables": self.non_trainable_variables,
            "optimizer_variables": [] if self.optimizer is None else self.optimizer.variables,
            "metrics_variables": self.metrics_variables,
        }

    def _pairs(self, kind: str, values: dict[str, Any]) -> list[tuple[Variable, Any]]:
        """Return the variables of a kind that have a value, with it, checked."""
        variables = [variable for variable in self._state_by_kind()[kind] if variable.path in values]
        if missing := sorted(set(values) - _paths(variables)):
            warnings.warn(f"{self.name} has no {kind} {', '.join(missing)}: skipped", stacklevel=3)
        return list(zip(variables, fitting([values[own.path] for own in variables], variables), strict=True))


def _paths(variables: Iterable[Variable]) -> set[str]:
    return {variable.path for variable in variables}


def _nested(variables: Iterable[Variable]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for variable in variables:
        *parts, last = variable.path.split("/")
        own = found
        for part in parts:
            own = own.setdefault(part, {})
        if last in own:
            raise ValueError(
                f"The following variable path is found twice in the model: {variable.path!r}; give the layers, and "
                "other objects, different names"
            )
        own[last] = variable.numpy()
    return found


def _flat(tree: Mapping[str, Any], before: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}/")
        else:
            yield f"{before}{key}", np.asarray(value)
