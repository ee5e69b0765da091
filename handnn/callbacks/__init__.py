"""Callbacks of `fit`, `evaluate` and `predict`, with the hooks and names of `keras.callbacks`.

`base.py` has the hooks and the simple callbacks, `monitor.py` those that watch a value, `learning_rate.py` those that
set the rate or the weights, `checkpoints.py` those that write models, `tensorboard.py` the logs,
`doctor.py` what ails a run, `sharpness.py` the curvature of the loss. All but the first are imported on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .base import Callback, CallbackList, History, LambdaCallback, ProgbarLogger

if TYPE_CHECKING:
    from .checkpoints import BackupAndRestore, ModelCheckpoint
    from .csv_logger import CSVLogger
    from .doctor import Doctor
    from .learning_rate import LearningRateScheduler, ReduceLROnPlateau, SwapEMAWeights
    from .monitor import EarlyStopping, MonitorCallback, TerminateOnNaN
    from .sharpness import Sharpness
    from .tensorboard import TensorBoard

_LATE = {
    "BackupAndRestore": "checkpoints",
    "CSVLogger": "csv_logger",
    "Doctor": "doctor",
    "EarlyStopping": "monitor",
    "LearningRateScheduler": "learning_rate",
    "ModelCheckpoint": "checkpoints",
    "MonitorCallback": "monitor",
    "ReduceLROnPlateau": "learning_rate",
    "Sharpness": "sharpness",
    "SwapEMAWeights": "learning_rate",
    "TensorBoard": "tensorboard",
    "TerminateOnNaN": "monitor",
}

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "Doctor",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "MonitorCallback",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "Sharpness",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
]


def __getattr__(name: str) -> Any:
    if name in _LATE:
        return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
    raise AttributeError(f"module 'handnn.callbacks' has no attribute {name!r}; it has {', '.join(__all__)}")
