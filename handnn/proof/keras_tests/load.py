"""Loads a test file of Keras with its imports answered, and says which of its tests are left out."""

import ast
import builtins
import inspect
import re
import sys
import types
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...models import Sequential
from . import rules
from .facade import import_for_handnn, import_for_keras, load_test_file
from .names import handnn, keras

HANDNN, KERAS = "handnn", "keras"


class Cut(ast.NodeTransformer):
    """Takes single statements out of the tests; a block that gets empty goes too."""

    def __init__(self, cut: list[rules.Rule]) -> None:
        self.cut = cut

    def generic_visit(self, node: ast.AST) -> Any:
        super().generic_visit(node)
        if isinstance(node, ast.With) and not node.body:
            return None
        if isinstance(node, ast.FunctionDef | ast.If | ast.For) and not node.body:
            node.body = [ast.Pass()]
        return node

    def _statement(self, node: ast.Expr | ast.Assign) -> Any:
        text = ast.unparse(node)
        return None if rules.reason(self.cut, text) and "run_layer_test" not in text else node

    visit_Expr = visit_Assign = _statement


def load(file: str, target: str) -> types.ModuleType:
    """Return the module of a test file, 'layers/core/dense_test.py'."""
    path = Path(keras.__file__).parent / "src" / file
    text = path.read_text(encoding="utf-8")
    module = types.ModuleType("keras_test_" + file.replace("/", "_").removesuffix(".py"))
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    tree = ast.parse(text)
    if target == HANDNN:
        tree = ast.fix_missing_locations(Cut(rules.CUT).visit(tree))
    answer = import_for_handnn if target == HANDNN else import_for_keras
    module.__dict__["__builtins__"] = {**vars(builtins), "__import__": answer}
    exec(compile(tree, str(path), "exec"), module.__dict__)
    if target == HANDNN and file in rules.SKIPPED_MODELS:
        for name in rules.SKIPPED_MODELS[file]:
            setattr(module, name, _skipped(name))
        module.__dict__["ExampleModel"] = _dense_of_ones
    return module


load_test_file.append(load)


def _skipped(name: str) -> Any:
    def make(*arguments: Any, **options: Any) -> Any:
        raise unittest.SkipTest(f"{name}: a model with `call` or `train_step` of its own")

    return make


def _dense_of_ones(units: int) -> Any:
    """Return the plain model of the trainer's tests, which Keras' file makes of a layer and its Trainer."""
    return Sequential([handnn.layers.Dense(units, use_bias=False, kernel_initializer="ones")])


def tests_of(module: types.ModuleType, file: str, target: str, only: str) -> Iterator[tuple[str, Any, str | None]]:
    """Yield the name of each test, the test, and the reason why it is left out, or None."""
    wanted = [*rules.LEFT_OUT, *(rules.LEFT_OUT_OF_HANDNN if target == HANDNN else [])]
    stem = Path(file).stem.removesuffix("_test")
    for case in unittest.defaultTestLoader.loadTestsFromModule(module):
        tests: Any = case
        for test in tests:
            name = f"{stem}.{'.'.join(test.id().split('.')[1:])}"
            if test.id().endswith(".test_session") or not re.search(only, name):
                continue
            yield name, test, _mark(test) or rules.reason(wanted, f"{name}\n{_source(test)}")


def _mark(test: Any) -> str | None:
    """Return why pytest would not run the test, by its marks and those of its class."""
    method = getattr(type(test), test._testMethodName, None)
    for mark in [*getattr(type(test), "pytestmark", ()), *getattr(method, "pytestmark", ())]:
        if mark.name == "skip" or (mark.name == "skipif" and mark.args and mark.args[0]):
            return f"pytest would not run it here: {mark.kwargs.get('reason', mark.name)}"
    return None


def _source(test: Any) -> str:
    """Return a test's text without decorators: the values of a parametrised test are in its name."""
    try:
        text = inspect.getsource(inspect.unwrap(getattr(type(test), test._testMethodName)))
    except (OSError, TypeError):
        return ""
    return text[text.index("def test") :]
