"""GroupNormalization: mean and variance of each sample over groups of its features."""

from typing import Any

from ..base import layers
from .base import Standardizing, broadcast_shape, one_axis, others, positions, sizes


@layers.register()
class GroupNormalization(Standardizing):
    """z = gamma * (x - mean) * r + beta, r = (variance + epsilon)^(-1/2), for each sample and group. Wu and He (2018).

    The features along `axis` are split into `groups` contiguous groups; mean and variance are taken over one group's
    features and all other axes but the batch. gamma and beta have shape (features,). With g = delta * gamma and means
    over a group, dx = r * (g - mean(g) - xhat * mean(g * xhat)). docs/derivations/group-normalization.md.

    Args:
        groups: must divide the number of features; 1 is one group of all features, -1 one group per feature.
        axis: of the features; not 0, the batch.
        epsilon: added to the variance.
        center: whether there is a beta. scale: whether there is a gamma.

    Raises:
        ValueError: groups is neither an integer >= 1 nor -1; when built, groups does not divide the features.
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **options: Any,
    ) -> None:
        initializer, regularizer = (beta_initializer, gamma_initializer), (beta_regularizer, gamma_regularizer)
        constraint = beta_constraint, gamma_constraint
        super().__init__(epsilon, center, scale, initializer, regularizer, constraint, **options)
        if isinstance(groups, bool) or not isinstance(groups, int) or (groups < 1 and groups != -1):
            raise ValueError(f"groups must be an integer >= 1, or -1; received {groups!r}")
        self.groups, self.axis = groups, one_axis(axis)

    def make_weights(self, path: str) -> None:
        (place,) = positions(self.axis, self.input_shape, self.name)
        if place == 0:
            raise ValueError(f"axis of {self.name} must not be the batch axis; received {self.axis}")
        (features,) = sizes(self.axis, self.input_shape, self.name)
        self.groups = features if self.groups == -1 else self.groups
        if features % self.groups:
            raise ValueError(f"groups must divide the {features} features of {self.name}; received {self.groups}")
        self.place = place
        grouped = self.grouped_shape(self.input_shape)
        self.axes = others((0, place), len(grouped))
        self.broadcast_shape = broadcast_shape((place, place + 1), grouped)
        self.make_scale_and_offset(path, (features,))

    def grouped_shape(self, shape: Any) -> Any:
        """Return the shape with the feature axis split in two: (groups, features of a group)."""
        return (*shape[: self.place], self.groups, shape[self.place] // self.groups, *shape[self.place + 1 :])

    def grouped(self, x: Any) -> Any:
        return x.reshape(self.grouped_shape(x.shape))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.scale_and_offset_config() | {"groups": self.groups, "axis": self.axis}
