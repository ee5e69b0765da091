"""The imports of Keras' test files: names of the public API are handnn's, tools of the tests are Keras' own.

A name that handnn lacks fails the test that uses it, unless `not_supported` lists it or Keras does not export it.
"""

import builtins
import importlib
import re
import types
import unittest
from collections.abc import Callable
from typing import Any

import pytest

from . import names, tools
from .case import SameType, case_class
from .names import handnn, keras

OF_THE_TESTS = (
    *("ops", "random", "tree", "backend", "dtype_policies", "utils", "testing", "distribution", "quantizers"),
    *("export", "config", "version", "legacy", "api_export", "datasets", "distillation", "wrappers"),
)
"""Modules whose names are the tests' tools where handnn has none."""

KERAS_UTILS = ("Progbar", "bounding_boxes", "is_interactive_logging_enabled")
"""Public names of keras.utils that only the tests need."""

OTHER_LIBRARIES = ["jax", "torch", "grain", "openvino", "orbax", "tensorflow_datasets", "pandas", "flax", "torchvision"]

load_test_file: list[Callable[[str, str], types.ModuleType]] = []
"""The loader of test files, which needs this module: `load.py` puts it here."""

_import = builtins.__import__
_facades: dict[str, types.ModuleType] = {}


class Facade(types.ModuleType):
    """A module of Keras, answered by handnn."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.__dict__.update(_path=path, _parts=names.parts_of(path))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__version__":
            raise AttributeError(name)
        parts = self._parts
        if parts[:1] == ["testing"] and name in ("TestCase", "test_case"):
            return case_class() if name == "TestCase" else facade("keras.src.testing.test_case")
        if (own := tools.TOOLS.get((parts[0] if parts else "", name))) is not None:
            return own
        value = self._real(name)
        if isinstance(value, types.ModuleType):
            return facade(value.__name__) if value.__name__.startswith("keras") else value
        return self._tool(name, value) if parts and parts[0] in OF_THE_TESTS else names.find(parts, name)

    def _real(self, name: str) -> Any:
        """Return Keras' own object."""
        module = importlib.import_module(self._path)
        try:
            return getattr(module, name)
        except AttributeError:
            try:
                return importlib.import_module(f"{self._path}.{name}")
            except ImportError:
                raise names.NotThereError(f"{self._path}.{name}", "private") from None

    def _tool(self, name: str, value: Any) -> Any:
        parts = self._parts
        if parts[0] == "utils":
            if (found := getattr(handnn.utils, name, None)) is not None:
                return found
            public = names.is_public(["utils"], name)
            if parts == ["utils", "numerical_utils"] or (
                public and name not in KERAS_UTILS and not hasattr(keras.ops, name)
            ):
                return names.missing("keras.utils", name, names.kind_of(["utils"], name))
            return value
        if "config" in (parts[0], parts[-1]) and hasattr(handnn.config, name):
            return tools.both(getattr(handnn.config, name), value)
        return tools.on_arrays(value) if callable(value) and not isinstance(value, type) else value


def facade(path: str) -> types.ModuleType:
    """Return the module that a test gets for one of Keras."""
    parts = names.parts_of(path)
    if path not in _facades:
        if parts and parts[0] in ("ops", "random", "tree"):
            own = {name: tool for (module, name), tool in tools.TOOLS.items() if module == parts[0]}
            _facades[path] = tools.ArrayModule(importlib.import_module(path), **own)
        else:
            _facades[path] = Facade(path)
    return _facades[path]


class _NotInstalled(types.ModuleType):
    """A library that is not installed: a test that uses it is skipped, the others of its file run."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise unittest.SkipTest(f"needs {self.__name__}, which is not installed")


class _Pytest(types.ModuleType):
    """pytest with a `raises` that compares the types of errors only."""

    def __init__(self) -> None:
        super().__init__("pytest")

    def __getattr__(self, name: str) -> Any:
        return getattr(pytest, name)

    @staticmethod
    def raises(expected: Any, *arguments: Any, match: str = "") -> Any:
        return SameType(expected, match)

    @staticmethod
    def warns(expected: Any = Warning, *arguments: Any, match: Any = None) -> Any:
        return pytest.warns(expected)


_conftest: Any = types.ModuleType("conftest")
_conftest.skip_if_backend = lambda name, reason="": unittest.skipIf(name == "tensorflow", reason)
_pytest = _Pytest()


def import_for_keras(name: str, *arguments: Any) -> Any:
    """`__import__` of a test file that runs on Keras itself."""
    if name == "conftest":
        return _conftest
    if name.split(".", maxsplit=1)[0] in OTHER_LIBRARIES:
        try:
            return _import(name, *arguments)
        except ImportError:
            return _NotInstalled(name)
    return _import(name, *arguments)


def import_for_handnn(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
    """`__import__` of a test file that runs on handnn."""
    top = name.split(".", maxsplit=1)[0]
    if top == "pytest":
        return _pytest
    if top != "keras" or level:
        return import_for_keras(name, globals, locals, fromlist, level)
    if name.endswith("_test"):  # what another test file defines, such as a cell
        return load_test_file[0](f"{name.removeprefix('keras.src.').replace('.', '/')}.py", "handnn")
    importlib.import_module(name)
    return facade(name if fromlist else "keras")


PRIVATE = re.compile(r"has no attribute '_[a-z]")


def kind_of_error(error: BaseException | None) -> str | None:
    """Return the `kind` of a missing name that caused an error, or None."""
    while error is not None:
        if isinstance(error, names.NotThereError):
            return error.kind
        owner = type(getattr(error, "obj", None))
        if isinstance(error, AttributeError) and PRIVATE.search(str(error)) and "handnn" in str(owner.__mro__):
            return "private"
        error = error.__cause__
    return None
