"""Callbacks of `fit`, with the hooks and names of `keras.callbacks`. `TensorBoard` is in tensorboard/callback.py."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .training import Trainer

Logs = dict[str, float]


class Callback:
    """Base class: every hook does nothing. `model` and `params` (epochs, steps, verbose) are set before training."""

    model: Any = None
    params: Any = None

    def set_model(self, model: "Trainer") -> None:
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params

    def on_train_begin(self, logs: Logs | None = None) -> None: ...
    def on_train_end(self, logs: Logs | None = None) -> None: ...
    def on_test_begin(self, logs: Logs | None = None) -> None: ...
    def on_test_end(self, logs: Logs | None = None) -> None: ...
    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None: ...
    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None: ...
    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None: ...
    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None: ...
    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None: ...
    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None: ...


HOOKS = tuple(name for name in vars(Callback) if name.startswith("on_"))


class CallbackList(Callback):
    """Passes every hook on to several callbacks; hooks that none of them defines cost nothing."""

    def __init__(self, callbacks: Iterable[Callback], model: "Trainer", params: dict[str, Any]) -> None:
        self.callbacks = list(callbacks)
        for callback in self.callbacks:
            for required in ("set_model", "set_params", "on_epoch_end"):
                if not hasattr(callback, required):
                    raise TypeError(f"callbacks must hold Callback objects; received {type(callback).__name__}")
            callback.set_params(params)
            callback.set_model(model)
        for hook in HOOKS:
            own = [c for c in self.callbacks if getattr(type(c), hook, None) is not getattr(Callback, hook)]
            setattr(self, hook, _chain([getattr(c, hook) for c in own]))


def _chain(methods: list[Any]) -> Any:
    def call(*args: Any) -> None:
        for method in methods:
            method(*args)

    return call


class History(Callback):
    """Keeps the logs of every epoch: `history` {name: [value, ...]} and `epoch` [0, 1, ...]."""

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)


class ProgbarLogger(Callback):
    """Prints one line an epoch."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        numbers = " - ".join(f"{name}: {value:.4f}" for name, value in (logs or {}).items())
        print(f"Epoch {epoch + 1}/{self.params['epochs']} - {numbers}")


class LambdaCallback(Callback):
    """A callback from functions: `LambdaCallback(on_epoch_end=lambda epoch, logs: ...)`."""

    def __init__(self, **hooks: Any) -> None:
        for name in hooks:
            if name not in HOOKS:
                raise TypeError(f"LambdaCallback has no hook {name!r}; the hooks are {', '.join(HOOKS)}")
        self._functions = hooks

    def __getattribute__(self, name: str) -> Any:
        functions = object.__getattribute__(self, "__dict__").get("_functions", {})
        return functions.get(name) or object.__getattribute__(self, name)


def __getattr__(name: str) -> Any:
    if name == "TensorBoard":
        from .tensorboard.callback import TensorBoard

        return TensorBoard
    raise AttributeError(f"module 'handnn.callbacks' has no attribute {name!r}")
