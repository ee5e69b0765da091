"""The checks against a reference, by kind."""

from collections.abc import Callable
from typing import Any

from .activation.check import check_activation
from .layer.check import check_layer
from .loss.check import check_loss
from .network.check import check_network
from .optimizer.check import check_optimizer

CHECKS: dict[str, Callable[..., Any]] = {
    "network": check_network,
    "activation": check_activation,
    "loss": check_loss,
    "layer": check_layer,
    "optimizer": check_optimizer,
}
"""What a `handnn:` line may begin with, and the function that holds it against its reference."""
