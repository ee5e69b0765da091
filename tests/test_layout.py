"""The wings: imports run downwards only and never in a circle, folders and files stay small.

Every import counts, also one inside a function or for types only.
"""

import ast
import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WINGS = (
    "config utils core",
    "activations losses layers optimizers metrics initializers regularizers constraints ops random",
    "saving",
    "specs data tensorboard",
    "callbacks",
    "models",
    "rounding",
    "verify",
    "proof diagnosis compare",
    "testing",
    "pytest_plugin",
    "cli",
    "__main__",
)
"""From the ground up. Rooms of one line may import each other, but for those of `APART`."""
APART = {"proof", "diagnosis", "compare"}
HEIGHT = {name: height for height, line in enumerate(WINGS) for name in line.split()}
VERSION = ("handnn", "__version__")
ENTRIES, FILES, LINES = 30, 20, 400


def modules() -> dict[str, Path]:
    found = {}
    for path in (ROOT / "handnn").rglob("*.py"):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = path
    return found


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """Every statement at every depth. Expressions hold no import, and are most of a tree."""
    for name in ("body", "orelse", "finalbody", "handlers", "cases"):
        children = getattr(node, name, ())
        for child in children if isinstance(children, list) else ():
            yield child
            yield from statements(child)


def imports(tree: ast.AST, module: str, is_package: bool, known: Iterable[str]) -> Iterator[str]:
    """Every module of handnn that a module imports, wherever it does."""
    known = set(known)
    for node in statements(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.split(".")[0] == "handnn")
        elif isinstance(node, ast.ImportFrom):
            folder = module.split(".")[: None if is_package else -1]
            above = folder[: len(folder) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            if base.split(".")[0] == "handnn":
                for name in node.names:
                    inside = f"{base}.{name.name}"
                    if (base, name.name) != VERSION:
                        yield inside if inside in known else base


@functools.cache
def graph() -> dict[str, set[str]]:
    known = modules()
    return {
        name: set(imports(ast.parse(path.read_text(encoding="utf-8")), name, path.name == "__init__.py", known))
        for name, path in known.items()
    }


def wing(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def upwards(edges: dict[str, set[str]]) -> list[str]:
    """Imports of a higher wing, or of a neighbour that is kept apart; the package itself imports only its own rooms."""
    found = []
    for module, targets in edges.items():
        for target in targets:
            here, there = wing(module), wing(target)
            if here and here != there:
                apart = here in APART and there in APART
                if not there or apart or HEIGHT[there] > HEIGHT[here]:
                    found.append(f"{module} imports {target}")
    return sorted(found)


def between_siblings(edges: dict[str, set[str]]) -> dict[str, set[str]]:
    """What each file or folder imports of the files and folders beside it, at every level."""
    found: dict[str, set[str]] = defaultdict(set)
    for module, targets in edges.items():
        for target in targets:
            one, other = module.split("."), target.split(".")
            shared = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
            if shared is not None:
                found[".".join(one[: shared + 1])].add(".".join(other[: shared + 1]))
    return dict(found)


def circles(edges: dict[str, set[str]]) -> list[list[str]]:
    """Groups that reach each other (those that are left when what imports nothing is taken away, again and again)."""
    left = {name: targets & edges.keys() - {name} for name, targets in edges.items()}
    while ends := [name for name, targets in left.items() if not targets & left.keys()]:
        for name in ends:
            del left[name]
    while ends := [name for name in left if not any(name in targets for targets in left.values())]:
        for name in ends:
            del left[name]
    return [sorted(left)] if left else []


def test_every_room_has_its_place():
    rooms = {wing(module) for module in modules()} - {""}
    assert rooms == set(HEIGHT)


def test_imports_run_downwards():
    assert not upwards(graph())


def test_there_is_no_circle_among_modules():
    assert not circles(graph())


def test_there_is_no_circle_among_folders():
    assert not circles(between_siblings(graph()))


def test_folders_and_files_are_small():
    shown = [path for path in (ROOT / "handnn").iterdir() if path.name != "__pycache__"]
    assert len(shown) <= ENTRIES
    for package in ("handnn", "tf_reference", "tests", "benchmarks"):
        per_folder: dict[Path, int] = defaultdict(int)
        for path in (ROOT / package).rglob("*.py"):
            per_folder[path.parent] += 1
            length = len(path.read_text(encoding="utf-8").splitlines())
            assert length <= LINES, f"{path.relative_to(ROOT)} has {length} lines"
        crowded = {str(folder.relative_to(ROOT)): count for folder, count in per_folder.items() if count > FILES}
        assert not crowded or package == "tests"


# ---- planted imports -------------------------------------------------------------------------------------------------

UP = [
    ("handnn.layers.base", "from ..models import Model"),
    ("handnn.layers.base", "def f():\n    from ..verify import verify_model"),
    ("handnn.saving.archive", "if TYPE_CHECKING:\n    from ..models.network import Network"),
    ("handnn.core.trace", "import handnn.layers"),
    ("handnn.core.trace", "from .. import losses"),
    ("handnn.compare.plan", "from ..diagnosis import check_network"),
    ("handnn.verify.model", "from .. import Model"),
]
DOWN = [
    ("handnn.models.network", "from ..layers import Dense"),
    ("handnn.losses.base", "from .. import activations"),
    ("handnn.cli.train", "from .. import __version__"),
    ("handnn.proof.parity.table", "from ...verify.report import row\nimport numpy"),
]


def planted(module: str, code: str) -> dict[str, set[str]]:
    return {module: set(imports(ast.parse(code), module, False, modules()))}


@pytest.mark.parametrize(("module", "code"), UP)
def test_an_import_upwards_is_seen(module, code):
    assert upwards(planted(module, code))


@pytest.mark.parametrize(("module", "code"), DOWN)
def test_an_import_downwards_is_none(module, code):
    assert not upwards(planted(module, code))


def test_a_circle_is_seen():
    edges = dict(graph())
    edges["handnn.layers.base"] = edges["handnn.layers.base"] | {"handnn.layers.core"}
    assert any("handnn.layers.core" in group for group in circles(edges))
    assert not circles({"a": {"b"}, "b": {"c"}, "d": {"c"}, "c": set()})
    edges = dict(graph())
    edges["handnn.verify.report"] = edges["handnn.verify.report"] | {"handnn.verify.walkthrough.walk"}
    assert circles(between_siblings(edges))
