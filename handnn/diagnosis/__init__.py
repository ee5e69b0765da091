"""Is somebody's derivation right, right in another convention, unstable, or wrong, and then where and why?"""

from collections.abc import Callable
from typing import Any

from .activation import check_activation
from .layer import check_layer
from .loss import check_loss
from .network import check_network
from .optimizer import check_optimizer
from .process import BadFileError, check_file
from .verdict import VERDICTS, Verdict

CHECKS: dict[str, Callable[..., Any]] = {
    "network": check_network,
    "activation": check_activation,
    "loss": check_loss,
    "layer": check_layer,
    "optimizer": check_optimizer,
}
"""What a `handnn:` line may begin with, and the function that judges it."""

__all__ = [
    "CHECKS",
    "VERDICTS",
    "BadFileError",
    "Verdict",
    "check_activation",
    "check_file",
    "check_layer",
    "check_loss",
    "check_network",
    "check_optimizer",
]
