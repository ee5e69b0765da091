"""Is somebody's derivation right, right in another convention, unstable, or wrong, and then where and why?"""

from collections.abc import Callable
from typing import Any

from .activation.check import check_activation
from .call.process import BadFileError, check_file
from .layer.check import check_layer
from .loss.check import check_loss
from .network.check import check_network
from .optimizer.check import check_optimizer
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
