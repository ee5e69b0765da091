"""What these optimizers share: their registry, and a constructor that takes every option of all optimizers."""

from typing import Any, ClassVar

from ...core.registry import Registry
from .. import arguments
from ..base import Optimizer
from ..options import COMMON, Rate

recent: Registry[type["RecentOptimizer"]] = Registry("optimizer")


def register(cls: type) -> type:
    """Class decorator: register under two names, 'ademamix' and 'AdEMAMix'."""
    return recent.add(cls, cls.__name__.lower(), cls.__name__)


class RecentOptimizer(Optimizer):
    """Base class of the optimizers that Keras does not have.

    Args:
        learning_rate: as for all optimizers. options: weight_decay, clipnorm, use_ema, ...; see `Options`.
    """

    by_hand: ClassVar[bool] = True
    """Whether `handnn trace` can write the step out: not if it takes eigenvectors."""

    def __init__(self, learning_rate: Rate, **options: Any) -> None:
        unknown = sorted(set(options) - set(COMMON))
        if unknown:
            raise TypeError(f"{type(self).__name__}.__init__() got an unexpected keyword argument {unknown[0]!r}")
        super().__init__(learning_rate, **options)

    def shares(self, **given: Any) -> None:
        """Set hyperparameters that are numbers in [0, 1]."""
        for name, value in given.items():
            setattr(self, name, arguments.share(value, name))

    def rests(self, dtype: Any, t: int, beta_1: float, beta_2: float) -> tuple[Any, Any]:
        """Return 1 - beta_1^t and 1 - beta_2^t, which correct the bias of averages that started at 0."""
        own = self.number(t, dtype)
        return 1 - self.number(beta_1, dtype) ** own, 1 - self.number(beta_2, dtype) ** own
