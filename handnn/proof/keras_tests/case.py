"""The base class of Keras' tests, on handnn: same assertions; errors are compared by type, their words are our own."""

import contextlib
import functools
import sys
import unittest
from importlib import import_module
from typing import Any

import numpy as np

from . import names, tools
from .layer_test import run_layer_test
from .names import handnn

MODULES = ("layers", "losses", "metrics", "regularizers", "constraints", "initializers", "optimizers", "activations")


class SameType(contextlib.AbstractContextManager[Any]):
    """Like assertRaisesRegex, but only the type of the error counts."""

    def __init__(self, expected: Any, pattern: Any) -> None:
        self.expected, self.pattern = expected, getattr(pattern, "pattern", pattern)
        self.exception: Any = None

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> bool:
        if kind is None:
            raise AssertionError(f"{self.expected} not raised; Keras says {self.pattern!r}")
        if issubclass(kind, names.NotThereError | unittest.SkipTest):
            return False
        if not issubclass(kind, self.expected):
            raise AssertionError(f"{kind.__name__} ({error}), Keras: {self.expected} {self.pattern!r}") from error
        self.exception = error
        return True


@functools.cache
def case_class() -> Any:
    """Return the class, made on first use, since it loads Keras."""
    testing: Any = import_module("keras.src.testing")
    to_json = testing.test_case.to_json_with_tuples

    class Case(testing.TestCase):
        """Keras' TestCase, whose checks of layers and configs are asked of handnn."""

        def setUp(self) -> None:
            super().setUp()
            handnn.utils.clear_session()

        def convert_to_numpy(self, x: Any) -> Any:
            return np.asarray(tools.plain(tools.to_numpy(x)))

        def assertRaisesRegex(self, expected_exception: Any, expected_regex: Any, *args: Any, **kwargs: Any) -> Any:
            context = SameType(expected_exception, expected_regex)
            if not args:
                return context
            with context:
                args[0](*args[1:], **kwargs)
            return None

        def run_class_serialization_test(self, instance: Any, custom_objects: Any = None) -> Any:
            """Revive an object from its config, and from Keras' serialised form."""
            # Keras finds the classes of its own test files by their module; elsewhere it wants them registered, too
            own = {name: value for name, value in vars(sys.modules[type(self).__module__]).items() if is_own(value)}
            with handnn.saving.CustomObjectScope(own | (custom_objects or {})):
                return self.revived(instance, custom_objects)

        def revived(self, instance: Any, custom_objects: Any) -> Any:
            cls, config, before = type(instance), instance.get_config(), set(dir(instance))
            revived = cls.from_config(config)
            self.assertEqual(to_json(config), to_json(revived.get_config()))
            self.assertEqual(before, set(dir(revived)))
            if custom_objects is None or cls.__name__ not in custom_objects:
                revived = _deserialized(instance, config)
                self.assertEqual(to_json(config), to_json(revived.get_config()))
                self.assertEqual(before - {"__annotations__"}, set(dir(revived)) - {"__annotations__"})
            return revived

        def run_layer_test(self, *arguments: Any, **options: Any) -> None:
            run_layer_test(self, *arguments, **options)

    return Case


def is_own(value: Any) -> bool:
    """Return whether this is a class that a test file defines."""
    return isinstance(value, type) and value.__module__.startswith("keras_test_")


def _deserialized(instance: Any, config: Any) -> Any:
    cls = type(instance)
    if isinstance(instance, handnn.Model | handnn.Sequential):
        return handnn.models.model_from_json(instance.to_json())
    where = [base.__module__ for base in cls.__mro__]
    own = next(name for name in MODULES if any(f"{module}.".startswith(f"handnn.{name}.") for module in where))
    if own == "optimizers" and any(base.__name__ == "LearningRateSchedule" for base in cls.__mro__):
        own = "schedules"
    module = names.module_of(own)
    form = {"module": f"keras.{own}", "class_name": cls.__name__, "config": config, "registered_name": None}
    if hasattr(module, "serialize"):
        form = module.serialize(instance)
    read = getattr(module, "deserialize", None) or getattr(module, "from_config", None) or module.get
    forms = import_module("keras.src.testing.test_case")
    return read(forms.from_json_with_tuples(forms.to_json_with_tuples(form)))
