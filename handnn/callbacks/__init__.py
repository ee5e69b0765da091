"""Callbacks of `fit`, with the hooks and names of `keras.callbacks`.

`base.py` has the hooks and the simple callbacks, `checkpoints.py` those that write models, `tensorboard.py` the logs.
The last two are imported on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .base import Callback, CallbackList, History, LambdaCallback, ProgbarLogger

if TYPE_CHECKING:
    from .checkpoints import BackupAndRestore, ModelCheckpoint
    from .tensorboard import TensorBoard

_LATE = {"BackupAndRestore": "checkpoints", "ModelCheckpoint": "checkpoints", "TensorBoard": "tensorboard"}

__all__ = [
    "BackupAndRestore",
    "Callback",
    "CallbackList",
    "History",
    "LambdaCallback",
    "ModelCheckpoint",
    "ProgbarLogger",
    "TensorBoard",
]


def __getattr__(name: str) -> Any:
    if name in _LATE:
        return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
    raise AttributeError(f"module 'handnn.callbacks' has no attribute {name!r}; it has {', '.join(__all__)}")
