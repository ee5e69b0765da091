"""The hooks of `fit`, `evaluate` and `predict`, and the callbacks History, ProgbarLogger and LambdaCallback."""

import io
import shutil
import sys
import time
from collections.abc import Iterable
from typing import Any, ClassVar, cast

import numpy as np

from ..core import html

Logs = dict[str, float]


class Callback:
    """Base class: every hook does nothing. `model` and `params` (epochs, steps, verbose) are set before training."""

    model: Any = None
    params: Any = None
    after_history: ClassVar[bool] = False
    """Whether its `on_train_begin` runs after all others', since it restores the History too."""

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
    def on_predict_begin(self, logs: Logs | None = None) -> None: ...
    def on_predict_end(self, logs: Logs | None = None) -> None: ...
    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None: ...
    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None: ...


HOOKS = tuple(name for name in vars(Callback) if name.startswith("on_"))
LATE_HOOKS = ("on_train_begin",)
OLDER_NAMES = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}


class CallbackList(Callback):
    """Calls the hooks of several callbacks, in order; hooks that none of them defines cost nothing.

    Args:
        callbacks: one callback or several.
        add_history, add_progbar: append a History, a ProgbarLogger, unless there is one.
        model: the model that they belong to.
        params: epochs, steps, verbose.

    Raises:
        TypeError: an object is not a callback.
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        given = [] if callbacks is None else list(callbacks) if isinstance(callbacks, Iterable) else [callbacks]
        for callback in given:
            if isinstance(callback, type):
                raise TypeError(f"callbacks must hold objects, {callback.__name__}(...); received the class itself")
            if not (hasattr(callback, "set_model") and hasattr(callback, "set_params")):
                raise TypeError(f"callbacks must hold Callback objects; received {type(callback).__name__}")
        for wanted, cls in ((add_history, History), (add_progbar, ProgbarLogger)):
            if wanted and not any(isinstance(callback, cls) for callback in given):
                given.append(cls())
        self.callbacks: list[Any] = given
        if params:
            self.set_params(params)
        self.set_model(model)

    def append(self, callback: Any) -> None:
        """Add a callback at the end."""
        self.callbacks.append(callback)
        self._collect()

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model: Any) -> None:
        """Set the model of every callback, and its History, if there is one, as `model.history`."""
        if model is not None:
            self.model = model
            for callback in self.callbacks:
                if isinstance(callback, History):
                    model.history = callback
                callback.set_model(model)
        self._collect()

    def _collect(self) -> None:
        late = sorted(self.callbacks, key=lambda callback: getattr(callback, "after_history", False))
        for hook in HOOKS:
            methods = [_own_method(c, hook) for c in (late if hook in LATE_HOOKS else self.callbacks)]
            setattr(self, hook, _chain([method for method in methods if method is not None]))

    def listens(self, hook: str) -> bool:
        """Return whether a callback defines this hook."""
        return getattr(self, hook) is not _nothing

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Keras' older name of `on_train_batch_begin`."""
        self.on_train_batch_begin(batch, logs)

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Keras' older name of `on_train_batch_end`."""
        self.on_train_batch_end(batch, logs)


def _own_method(callback: Any, hook: str) -> Any:
    """Return the method that the callback defines for a hook, under its name or else Keras' older one; or None."""
    for name in filter(None, (hook, OLDER_NAMES.get(hook))):
        method = getattr(callback, name, None)
        if method is not None and getattr(method, "__func__", method) is not getattr(Callback, name, None):
            return method
    return None


def _chain(methods: list[Any]) -> Any:
    """Return one function that calls all methods; each gets logs, by default {}, as in Keras."""

    def call(*arguments: Any, logs: Logs | None = None) -> None:
        given = arguments if arguments and isinstance(arguments[-1], dict | None) else (*arguments, logs)
        given = tuple({} if value is None else value for value in given)
        for method in methods:
            method(*given)

    return call if methods else _nothing


def _nothing(*arguments: Any, logs: Logs | None = None) -> None:
    """Do nothing: a hook that no callback defines."""


class History(Callback):
    """Records the logs of every epoch: `history` {name: [value, ...]} and `epoch` [0, 1, ...]."""

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def _repr_html_(self) -> str:
        """The curves in a notebook: a panel for each value, training and validation."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        names = [name for name in self.history if not name.startswith("val_")]
        if not names:
            return html.fragment([html.element("p", "no epoch yet")])
        figure = Figure(figsize=(4.2 * min(len(names), 3), 2.8 * -(-len(names) // 3)), layout="constrained")
        for i, name in enumerate(names):
            ax = figure.add_subplot(-(-len(names) // 3), min(len(names), 3), i + 1, title=name, xlabel="epoch")
            for own, label in ((name, "training"), (f"val_{name}", "validation")):
                if own in self.history:
                    values = self.history[own]
                    ax.plot(range(1, len(values) + 1), values, marker="o" if len(values) == 1 else None, label=label)
            ax.legend(frameon=False)
        target, canvas = io.BytesIO(), cast(Any, FigureCanvasAgg(figure))
        canvas.print_png(target)
        last = ", ".join(f"{name} {values[-1]:.4f}" for name, values in self.history.items())
        return html.fragment([html.picture(target.getvalue(), f"after {len(self.epoch)} epochs: {last}")])

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Start the numbers of the epochs again, as Keras does for a History that is used twice."""
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)


class ProgbarLogger(Callback):
    """Prints one line per epoch and, in a terminal or notebook with verbose=1 (or "auto"), a bar within the epoch."""

    def __init__(self) -> None:
        self._line, self._width = "", 0
        self._began = self._drawn = 0.0

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params(params)
        if params.get("verbose") in (1, "auto") and _is_watched():  # as a hook it would cost time at every step
            self.on_train_batch_end = self._draw  # type: ignore[method-assign]

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._line = f"Epoch {epoch + 1}/{self.params['epochs']}"
        self._began = self._drawn = time.perf_counter()

    def _draw(self, batch: int, logs: Logs | None = None) -> None:
        """Draw the bar again, at most ten times a second."""
        now, steps = time.perf_counter(), self.params.get("steps")
        if now - self._drawn < REDRAWN:
            return
        self._drawn, done = now, batch + 1
        per_step = (now - self._began) / done
        bar, left = "", ""
        if steps:
            filled = min(BAR, BAR * done // steps)
            bar, left = f" {'━' * filled}{'─' * (BAR - filled)}", f" {per_step * max(0, steps - done):.0f}s left"
        count = f"{done}/{steps}" if steps else f"{done} steps"
        self._replace(f"{self._line}{bar} {count}{left} {1e3 * per_step:.3g} ms/step - {_numbers(logs)}")

    def _replace(self, line: str, end: str = "") -> None:
        """Write over the last bar, if there is one; a bar is cut to the width of the terminal."""
        if not end:
            line = line[: shutil.get_terminal_size((100, 24)).columns - 1]
        print(("\r" if self._width or not end else "") + line.ljust(self._width), end=end, flush=True)
        self._width = 0 if end else len(line)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._replace(f"Epoch {epoch + 1}/{self.params['epochs']} - {_numbers(logs)}", "\n")


REDRAWN = 0.1
"""Seconds between two bars."""
BAR = 20
"""Characters of a bar."""


def _numbers(logs: Logs | None) -> str:
    return " - ".join(f"{name}: {np.mean(value):.4f}" for name, value in (logs or {}).items())


def _is_watched() -> bool:
    """Return whether what is printed is shown as it comes: in a terminal or a notebook."""
    return "ipykernel" in sys.modules or bool(getattr(sys.stdout, "isatty", lambda: False)())


class LambdaCallback(Callback):
    """A callback made of functions: `LambdaCallback(on_epoch_end=lambda epoch, logs: ...)`.

    Args:
        hooks: functions by the names of their hooks; as in Keras, other names become attributes.

    Raises:
        TypeError: an argument begins with 'on_' but is not the name of a hook.
    """

    def __init__(self, **hooks: Any) -> None:
        for name, function in hooks.items():
            if name.startswith("on_") and name not in (*HOOKS, *OLDER_NAMES.values()):
                raise TypeError(f"LambdaCallback has no hook {name!r}; the hooks are {', '.join(HOOKS)}")
            if function is not None:
                setattr(self, name, function)
