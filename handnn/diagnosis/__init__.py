"""Is somebody's derivation right, right in another convention, unstable, wrong or incomplete, and then where and why?

`files.py` judges files, each in a process of its own. `check.py` asks two questions: `lines` whether the backward pass
is the derivative of the forward pass, `claims` and `rule` whether the code is what it is said to be.
"""

from .files import BadFileError, check_file
from .objects import (
    check_activation,
    check_function,
    check_layer,
    check_loss,
    check_network,
    check_optimizer,
    check_train_step,
)
from .verdict import VERDICTS, Verdict

__all__ = [
    "VERDICTS",
    "BadFileError",
    "Verdict",
    "check_activation",
    "check_file",
    "check_function",
    "check_layer",
    "check_loss",
    "check_network",
    "check_optimizer",
    "check_train_step",
]
