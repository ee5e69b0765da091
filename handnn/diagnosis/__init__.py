"""Is somebody's derivation right, right in another convention, unstable, or wrong, and then where and why?"""

from collections.abc import Callable
from typing import Any

from .activation import check_activation
from .loss import check_loss
from .network import check_network
from .process import BadFile, check_file
from .verdict import VERDICTS, Verdict

CHECKS: dict[str, Callable[..., Any]] = {
    "network": check_network,
    "activation": check_activation,
    "loss": check_loss,
}
"""What a `handnn:` line may begin with, and the function that judges it."""

__all__ = ["CHECKS", "VERDICTS", "BadFile", "Verdict", "check_activation", "check_file", "check_loss", "check_network"]
