"""Turn notebooks and scripts into files that can be imported: functions and classes, without the work they do."""

import ast
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from .importing import parsed

AsFunction = Callable[[ast.For | ast.While, list[ast.stmt], list[str]], bool]
LEFT_OUT = re.compile(r"(^|\.)(train|fit|open|load|read|download|urlopen|get_)\w*$")
READS_TEXT = re.compile(r"open\([^,()]+(, '(r|rt|r\+)')?(, encoding=.*)?\)")
FILE_READ = re.compile(r"^(open\(.*\)|\w)\.read(lines)?$")


def without_script(file: Path, as_function: AsFunction) -> str | None:
    """Return the text of a file without loops and calls at module level, such as training, and what needs them.

    A loop that derives by itself becomes a function of the data: `as_function` writes it into the lines.

    Lines keep their numbers. None if there is nothing to leave out.
    """
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    gone: set[str] = set()
    left_out = derived = False
    body = parsed(file).body
    for place, node in enumerate(body):
        guarded = isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
        if not (guarded or _is_script(node, gone)):
            continue
        left_out = left_out or not guarded
        if isinstance(node, ast.For | ast.While) and not derived and as_function(node, body[:place], lines):
            derived = True
            continue
        gone |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
        for number in range(node.lineno - 1, node.end_lineno or node.lineno):
            lines[number] = ""
    return "\n".join(lines) + "\n" if left_out else None


def _is_script(node: ast.stmt, gone: set[str]) -> bool:
    """Return whether a statement at module level does something, or needs what was left out before."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
        return False
    parts = list(ast.walk(node))
    reads = [part for part in parts if isinstance(part, ast.Call) and READS_TEXT.fullmatch(ast.unparse(part))]
    if isinstance(node, ast.For | ast.While) or (isinstance(node, ast.With) and len(node.items) != len(reads)):
        return True
    if any(isinstance(part, ast.Name) and part.id in gone for part in parts):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return "path" not in ast.unparse(node) and "seed" not in ast.unparse(node)
    parts = [part for part in parts if not any(part is own for each in reads for own in ast.walk(each))]
    return any(
        isinstance(part, ast.Call) and LEFT_OUT.search(FILE_READ.sub("", ast.unparse(part.func))) for part in parts
    )


def from_notebook(path: Path, target: Path) -> list[int]:
    """Write the imports, functions, classes and constants of a notebook's code cells to `target`, the rest as blanks.

    Returns:
        For each line of the target, the number of its cell (from 1).

    Raises:
        ValueError: the file is not a notebook.
    """
    lines: list[str] = []
    numbers: list[int] = []
    for number, text, tree in cells_of(path):
        own = text.splitlines()
        kept = [""] * len(own)
        for node in tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef) or _is_constant(node):
                first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
                kept[first - 1 : node.end_lineno] = own[first - 1 : node.end_lineno]
        lines += kept
        numbers += [number] * len(kept)
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return numbers


def cells_of(path: Path) -> Iterator[tuple[int, str, ast.Module]]:
    """Yield the number (from 1), the text and the syntax tree of each code cell that is Python; magics are left out.

    Raises:
        ValueError: the file is not a notebook.
    """
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert isinstance(cells, list)
    except (ValueError, KeyError, TypeError, AssertionError):
        raise ValueError(f"{path}: not a notebook; expected JSON with 'cells'") from None
    for number, cell in enumerate(cells, 1):
        if cell.get("cell_type") != "code":
            continue
        text = "".join(cell.get("source", ""))
        text = re.sub(r"^(\s*)[%!?].*$", r"\1pass", text, flags=re.MULTILINE)
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        yield number, text, tree


def _is_constant(node: ast.stmt) -> bool:
    """Return whether a statement assigns numbers, as ALPHA = 0.1 does."""
    if not isinstance(node, ast.Assign):
        return False
    return not any(isinstance(part, ast.Call | ast.Subscript | ast.Name) and part not in node.targets
                   for part in ast.walk(node))  # fmt: skip
