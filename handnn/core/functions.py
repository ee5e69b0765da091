"""Functions of the user's own in configs: by their registered name, or, a lambda, by its code as Keras stores it.

Code is only ever run where the user asked for it: `load_model(path, safe_mode=False)`.
"""

import base64
import marshal
import types
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from . import custom

_unsafe: list[bool] = []


class SafeModeScope(AbstractContextManager[Any]):
    """Within the block, configs may hold code (safe_mode=False) or not."""

    def __init__(self, safe_mode: bool = True) -> None:
        self.safe_mode = safe_mode

    def __enter__(self) -> "SafeModeScope":
        _unsafe.append(self.safe_mode is False)
        return self

    def __exit__(self, *_: object) -> None:
        _unsafe.pop()


def written(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the form of a function in a config."""
    if isinstance(function, types.FunctionType) and function.__name__ == "<lambda>":
        code = base64.encodebytes(marshal.dumps(function.__code__)).decode("ascii")
        cells = function.__closure__
        closure = None if cells is None else tuple(cell.cell_contents for cell in cells)
        config = {"code": code, "defaults": function.__defaults__, "closure": closure}
        return {"class_name": "__lambda__", "config": config}
    name = custom.get_registered_name(function)
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}


def read(config: Mapping[str, Any], what: str, safe_mode: bool | None = None) -> Callable[..., Any]:
    """Return the function of a config.

    Args:
        what: it is, for errors.
        safe_mode: False allows code; None asks the `SafeModeScope`.

    Raises:
        ValueError: it is not registered; or it is code, which is not allowed here or of another version of Python.
    """
    if config.get("class_name") == "__lambda__":
        if safe_mode or not (safe_mode is False or (_unsafe and _unsafe[-1])):
            raise ValueError(
                f"{what} is a lambda, code that would be run: give safe_mode=False if you trust it, or register "
                "a function"
            )
        own = config["config"]
        try:
            code = marshal.loads(base64.b64decode(own["code"]))
        except (ValueError, EOFError, TypeError) as error:
            raise ValueError(f"{what} is a lambda of another version of Python, or damaged: {error}") from None
        defaults, closure = (None if own.get(name) is None else tuple(own[name]) for name in ("defaults", "closure"))
        cells = None if closure is None else tuple(types.CellType(value) for value in closure)
        return types.FunctionType(code, {"np": np, "numpy": np}, "<lambda>", defaults, cells)
    found = custom.get_registered_object(str(config.get("config")))
    if not callable(found):
        raise ValueError(
            f"{what}, {config.get('config')!r}, must be registered (register_keras_serializable) or in custom_objects"
        )
    return found
