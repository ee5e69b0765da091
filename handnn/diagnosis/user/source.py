"""Read a user's file: import it as a part of its package, turn a notebook into a file, list what a function mentions."""

import ast
import functools
import importlib
import importlib.util
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any


def load(path: Path) -> ModuleType:
    """Import a file. In a package (folders with __init__.py) it is imported as a part of it.

    Raises:
        FileNotFoundError: there is no such file. ValueError: it is not a Python file.
    """
    file = Path(path).resolve()
    if not file.is_file():
        raise FileNotFoundError(f"{path}: no such file; expected a Python file with derivations")
    folder, name = package(file)
    for place in (str(folder), *_roots(file)):
        if place not in sys.path:
            sys.path.insert(0, place)
    if "." in name:
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(f"derivations_{re.sub(r'[^0-9A-Za-z]', '_', file.stem)}", file)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path}: not a Python file; expected a name that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def package(file: Path) -> tuple[Path, str]:
    """Return the folder to import from and the dotted name of a file.

    Folders with __init__.py belong to the name. A file with relative imports belongs to its folder without one, too.
    """
    parts, folder = [file.stem], file.parent
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    levels = _relative_levels(file)
    while len(parts) <= levels and folder != folder.parent:
        parts.insert(0, folder.name)
        folder = folder.parent
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    return folder, ".".join(parts)


def _parsed(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def _roots(file: Path) -> list[str]:
    """Return the folders above a file that hold what it imports by an absolute name."""
    tree = _parsed(file)
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {
        node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module and not node.level
    }
    tops = {name.split(".")[0] for name in names} - set(sys.stdlib_module_names)
    return [
        str(folder)
        for folder in list(file.parents)[1:5]
        if any((folder / top).is_dir() or (folder / f"{top}.py").is_file() for top in tops)
    ]


def forgiving(load: Any, file: Path) -> tuple[ModuleType, list[str]]:
    """Import a file; modules that are not installed are replaced by empty ones.

    Returns:
        The module, and the names of what is missing.

    Raises:
        Whatever else importing the file raises.
    """
    missing: list[str] = []
    while True:
        try:
            return load(file), missing
        except ModuleNotFoundError as error:
            name = error.name or ""
            if not name or name in missing or len(missing) == 20 or (file.parent / name.split(".")[0]).exists():
                raise
            missing.append(name)
            sys.modules[name] = _Missing(name)


class _Missing(ModuleType):
    """Stands for a module that is not installed: whatever is taken from it can be called and gives itself."""

    __path__: list[str] = []  # noqa: RUF012

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Missing(f"{self.__name__}.{name}")

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return arguments[0] if len(arguments) == 1 and callable(arguments[0]) else self

    def __getitem__(self, key: Any) -> Any:
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        """Forget it."""

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0


LEFT_OUT = re.compile(r"(^|\.)(train|fit|open|load|read|download|urlopen|get_)\w*$")


def without_script(file: Path, target: Path) -> bool:
    """Write a copy without the loops and calls at module level, such as training, and what depends on them.

    Lines keep their numbers.

    Returns:
        Whether there was anything to leave out.
    """
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    gone: set[str] = set()
    left_out = False
    for node in _parsed(file).body:
        guarded = isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
        if not (guarded or _is_script(node, gone)):
            continue
        left_out = left_out or not guarded
        gone |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
        for number in range(node.lineno - 1, node.end_lineno or node.lineno):
            lines[number] = ""
    if left_out:
        target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return left_out


def _is_script(node: ast.stmt, gone: set[str]) -> bool:
    """Return whether a statement at module level does something, or needs what was left out before."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
        return False
    if isinstance(node, ast.For | ast.While | ast.With):
        return True
    parts = list(ast.walk(node))
    if any(isinstance(part, ast.Name) and part.id in gone for part in parts):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return "path" not in ast.unparse(node) and "seed" not in ast.unparse(node)
    return any(isinstance(part, ast.Call) and LEFT_OUT.search(ast.unparse(part.func)) for part in parts)


def _relative_levels(file: Path) -> int:
    tree = _parsed(file)
    return max((node.level for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)), default=0)


def from_notebook(path: Path, target: Path) -> list[int]:
    """Write the imports, functions, classes and constants of a notebook's code cells to `target`.

    Returns:
        For each line of the target, the number of its cell (from 1).

    Raises:
        ValueError: the file is not a notebook.
    """
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{path}: not a notebook; expected JSON with 'cells'") from None
    lines: list[str] = []
    numbers: list[int] = []
    for number, cell in enumerate(cells, 1):
        if cell.get("cell_type") != "code":
            continue
        text = "".join(cell.get("source", ""))
        text = re.sub(r"^(\s*)[%!?].*$", r"\1pass", text, flags=re.MULTILINE)
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        own = text.splitlines()
        for node in tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef) or _is_constant(node):
                first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
                kept = own[first - 1 : node.end_lineno]
                lines += kept
                numbers += [number] * len(kept)
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return numbers


def _is_constant(node: ast.stmt) -> bool:
    """Return whether a statement assigns numbers, as ALPHA = 0.1 does."""
    if not isinstance(node, ast.Assign):
        return False
    return not any(isinstance(part, ast.Call | ast.Subscript | ast.Name) and part not in node.targets
                   for part in ast.walk(node))  # fmt: skip


@functools.lru_cache(maxsize=1024)
def tree_of(function: Any) -> ast.AST | None:
    """Return the syntax tree of a function or class; None if it has no source."""
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError, IndentationError):
        return None


def unpacked(function: Any, argument: str) -> list[str]:
    """Return the names that a function unpacks an argument into: `W1, b1 = parameters`."""
    tree = tree_of(function)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple | ast.List):
            named = node.value
            if isinstance(named, ast.ListComp | ast.GeneratorExp):
                named = named.generators[0].iter
            if isinstance(named, ast.Name) and named.id == argument:
                return [e.id for e in node.targets[0].elts if isinstance(e, ast.Name)]
    return []


def keys(function: Any, argument: str, module: ModuleType | None = None) -> list[str]:
    """Return the string keys by which a function, or one that it hands the argument to, reads an argument."""
    found: dict[str, None] = {}
    tree = tree_of(function)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == argument:
            found.update(dict.fromkeys(_strings(node.slice)))
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("get", "setdefault")
        ):
            if isinstance(node.func.value, ast.Name) and node.func.value.id == argument and node.args:
                found.update(dict.fromkeys(_strings(node.args[0])))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and module is not None:
            inner = getattr(module, node.func.id, None)
            if inspect.isfunction(inner) and inner is not function and inner.__module__ == module.__name__:
                names = list(inspect.signature(inner).parameters)
                for place, given in enumerate(node.args):
                    if isinstance(given, ast.Name) and given.id == argument and place < len(names):
                        found.update(dict.fromkeys(keys(inner, names[place], module)))
    return list(found)


@functools.lru_cache(maxsize=1024)
def for_batches(function: Any) -> bool:
    """Return whether a function's source has a number of samples in mind: it counts, averages or sums over an axis."""
    try:
        return (
            re.search(
                r"\.shape\[|len\((x|X|y|Y|t|d\w*|a\w*|inputs?|targets?|self\.x)\)|axis\s*=|keepdims|mean\(|\.sum\([01]",
                inspect.getsource(function),
            )
            is not None
        )
    except (OSError, TypeError):
        return False


def _strings(node: ast.AST) -> Iterator[str]:
    """Yield the key of a subscript; 'W' + str(l) and f'W{l}' give 'W*'."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.BinOp) and isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
        yield node.left.value + "*"
    elif isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
        yield str(node.values[0].value) + "*"


def used_globals(module: ModuleType) -> list[str]:
    """Return the names of a module's globals that hold data and are mentioned in its functions."""
    mentioned: set[str] = set()

    def collect(code: Any) -> None:
        mentioned.update(code.co_names)
        for constant in code.co_consts:
            if inspect.iscode(constant):
                collect(constant)

    for value in list(vars(module).values()):
        if getattr(value, "__module__", None) != module.__name__:
            continue
        parts = vars(value).values() if inspect.isclass(value) else [value]
        for part in parts:
            function = getattr(part, "__func__", part)
            if inspect.isfunction(function):
                collect(function.__code__)
    return [name for name in vars(module) if name in mentioned and not name.startswith("__")]


def returned_names(function: Any) -> list[str]:
    """Return the names of the parts that a function's last return statement gives back; '?' for expressions."""
    tree = tree_of(function)
    returns = [node for node in ast.walk(tree) if isinstance(node, ast.Return)] if tree else []
    if not returns or returns[-1].value is None:
        return []
    value = returns[-1].value
    parts = value.elts if isinstance(value, ast.Tuple | ast.List) else [value]
    return [part.id if isinstance(part, ast.Name) else "?" for part in parts]


def mentioned(function: Any) -> set[str]:
    """Return the names that a function mentions."""
    tree = tree_of(function)
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} if tree else set()


def stub(cls: Any, words: list[str]) -> bool:
    """Return whether a class' own method of these names only raises NotImplementedError or passes."""
    for name, value in vars(cls).items():
        if re.sub("_", "", name).lower() in words and inspect.isfunction(value):
            tree = tree_of(value)
            body = (
                tree.body[0].body if isinstance(tree, ast.Module) and isinstance(tree.body[0], ast.FunctionDef) else []
            )
            body = [s for s in body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
            if all(isinstance(s, ast.Pass | ast.Raise) for s in body):
                return True
    return False
