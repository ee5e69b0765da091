"""What importing handnn costs, and who may import whom."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import handnn

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = {"tensorflow", "keras", "tf_reference"}
MAY_BE_USED_BY_THE_REFERENCE = {"handnn.core.trace", "handnn.tensorboard.tags"}

NEW_MODULES = """
import sys
before = set(sys.modules)
{code}
print(*sorted(set(sys.modules) - before))
"""


def modules_loaded_by(code):
    """Names of the modules that a fresh interpreter loads for this code."""
    done = subprocess.run(
        [sys.executable, "-c", NEW_MODULES.format(code=code)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def module_name(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def sources(package):
    return {module_name(path): path for path in sorted((ROOT / package).rglob("*.py"))}


def imported(tree, module, package):
    """(absolute name, whether at module level) of every import of a module, relative ones resolved."""
    for node, later in statements(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = (module if package else module.rpartition(".")[0]).split(".") if node.level else []
            base = ".".join([*parts[: len(parts) - node.level + 1], *filter(None, [node.module])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        yield from ((name, not later) for name in names)


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
STATEMENTS = (ast.stmt, ast.ExceptHandler, ast.match_case)


def statements(node, later=False):
    """(statement, whether importing the module does not run it) of each; no expression holds an import."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, STATEMENTS):
            inside = later or isinstance(child, FUNCTIONS) or is_type_checking(child)
            yield child, inside
            yield from statements(child, inside)


def is_type_checking(node):
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imports_of(module, path):
    return list(imported(ast.parse(path.read_text(encoding="utf-8")), module, path.name == "__init__.py"))


def unwanted_at_module_level(imports):
    return [name for name, at_module_level in imports if at_module_level and name.split(".")[0] in REFERENCE]


def beyond_what_the_reference_may_use(imports):
    used = [name for name, _ in imports if name.split(".")[0] == "handnn"]
    return [name for name in used if not any(f"{name}.".startswith(f"{m}.") for m in MAY_BE_USED_BY_THE_REFERENCE)]


def test_import_handnn_loads_one_module():
    loaded = modules_loaded_by("import handnn")
    assert {name for name in loaded if name.split(".")[0] not in sys.stdlib_module_names} == {"handnn"}


def test_nothing_of_handnn_loads_tensorflow():
    submodules = [name for name in sources("handnn") if not name.endswith("__main__")]
    every_name = "; ".join(f"handnn.{name}" for name in handnn.__all__)
    loaded = modules_loaded_by(f"import {', '.join(submodules)}; {every_name}")
    assert loaded >= {"handnn.layers", "handnn.verify.steps", "numpy"}
    assert {name.split(".")[0] for name in loaded}.isdisjoint(REFERENCE)


def found_in(package, search, mentions):
    """What the search finds in each module of a package where it finds something: only one that mentions it can."""
    mentioning = {m: path for m, path in sources(package).items() if mentions.search(path.read_text(encoding="utf-8"))}
    found = {module: search(imports_of(module, path)) for module, path in mentioning.items()}
    assert found
    return {module: names for module, names in found.items() if names}


@pytest.mark.slow
def test_no_module_of_handnn_imports_the_reference_at_module_level():
    assert not found_in("handnn", unwanted_at_module_level, re.compile("|".join(REFERENCE)))


def test_the_reference_uses_none_of_the_mathematics():
    assert not found_in("tf_reference", beyond_what_the_reference_may_use, re.compile("handnn"))


def test_public_names():
    for name in handnn.__all__:
        assert getattr(handnn, name) is not None
        assert name in dir(handnn)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'; it has activations"):
        handnn.nonsense  # noqa: B018


# Planted imports


AT_MODULE_LEVEL = ["import tensorflow as tf", "from keras import layers", "try:\n    import keras\nfinally: 0"]
INSIDE = ["def f():\n    import keras", "if TYPE_CHECKING:\n    from tf_reference import KerasTwin"]
MATHEMATICS = ["import handnn", "from handnn import losses", "def f():\n    from handnn.trace_tools import x"]


@pytest.mark.parametrize("code", [*AT_MODULE_LEVEL, "class A:\n    import tf_reference"])
def test_an_import_at_module_level_is_seen(code):
    assert unwanted_at_module_level(imported(ast.parse(code), "handnn.layers", False))


@pytest.mark.parametrize("code", INSIDE)
def test_an_import_inside_a_function_is_none(code):
    assert not unwanted_at_module_level(imported(ast.parse(code), "handnn.layers", False))


@pytest.mark.parametrize("code", MATHEMATICS)
def test_mathematics_in_the_reference_are_seen(code):
    assert beyond_what_the_reference_may_use(imported(ast.parse(code), "tf_reference.twin", False))


@pytest.mark.parametrize(
    "code", ["from handnn.core.trace import Trace", "from handnn.tensorboard import tags", "import os"]
)
def test_records_and_tags_in_the_reference_are_not(code):
    assert not beyond_what_the_reference_may_use(imported(ast.parse(code), "tf_reference.twin", False))


def test_what_a_planted_import_loads_is_seen():
    assert "decimal" in modules_loaded_by("import handnn, decimal")
