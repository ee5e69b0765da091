"""The hooks of `fit`, and the callbacks History, ProgbarLogger and LambdaCallback."""

from collections.abc import Iterable
from typing import Any

import numpy as np

Logs = dict[str, float]


class Callback:
    """Base class: every hook does nothing. `model` and `params` (epochs, steps, verbose) are set before training."""

    model: Any = None
    params: Any = None

    def set_model(self, model: Any) -> None:
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
OLDER_NAMES = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}


class CallbackList(Callback):
    """Calls the hooks of several callbacks; hooks that none of them defines cost nothing.

    Raises:
        TypeError: an object is not a callback.
    """

    def __init__(self, callbacks: Iterable[Any], model: Any, params: dict[str, Any]) -> None:
        self.callbacks = list(callbacks)
        for callback in self.callbacks:
            if not (hasattr(callback, "set_model") and hasattr(callback, "set_params")):
                raise TypeError(f"callbacks must hold Callback objects; received {type(callback).__name__}")
        for callback in self.callbacks:
            callback.set_params(params)
            callback.set_model(model)
        for hook in HOOKS:
            setattr(self, hook, _chain([method for c in self.callbacks for method in _own_methods(c, hook)]))


def _own_methods(callback: Any, hook: str) -> list[Any]:
    """Return the methods that the callback defines for a hook, under its name or Keras' older one."""
    found = []
    for name in filter(None, (hook, OLDER_NAMES.get(hook))):
        method = getattr(callback, name, None)
        if method is not None and getattr(method, "__func__", method) is not getattr(Callback, name, None):
            found.append(method)
    return found


def _chain(methods: list[Any]) -> Any:
    """Return one function that calls all methods; each gets logs, by default {}, as in Keras."""

    def call(*arguments: Any) -> None:
        given = arguments if arguments and isinstance(arguments[-1], dict) else (*arguments, {})
        for method in methods:
            method(*given)

    return call if methods else _nothing


def _nothing(*arguments: Any) -> None:
    """Do nothing: a hook that no callback defines."""


class History(Callback):
    """Records the logs of every epoch: `history` {name: [value, ...]} and `epoch` [0, 1, ...]."""

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)


class ProgbarLogger(Callback):
    """Prints one line per epoch."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        numbers = " - ".join(f"{name}: {np.mean(value):.4f}" for name, value in (logs or {}).items())
        print(f"Epoch {epoch + 1}/{self.params['epochs']} - {numbers}")


class LambdaCallback(Callback):
    """A callback made of functions: `LambdaCallback(on_epoch_end=lambda epoch, logs: ...)`.

    Raises:
        TypeError: an argument is not the name of a hook.
    """

    def __init__(self, **hooks: Any) -> None:
        for name, function in hooks.items():
            if name not in HOOKS:
                raise TypeError(f"LambdaCallback has no hook {name!r}; the hooks are {', '.join(HOOKS)}")
            setattr(self, name, function)
