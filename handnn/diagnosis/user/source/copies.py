"""Turn notebooks and scripts into files that can be imported: functions and classes, without the work they do."""

import ast
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from .syntax import parsed_text

AsFunction = Callable[[ast.For | ast.While, list[ast.stmt], list[str]], bool]
LEFT_OUT = re.compile(r"(^|\.)(train|fit|open|load|read|download|urlopen|get_)\w*$")
READS_TEXT = re.compile(r"open\([^,()]+(, 'rt?')?(, encoding=.*)?\)")
READ_OF_TEXT = re.compile(r"(open\(.*\)|\w|f\w|\w*file)\.read(lines)?")
"""A text that is opened is no script: another stands for one that is missing."""
WORKS = re.compile(r" @ |\b(dot|matmul|einsum|outer)\(|\.T\b")


def without_script(text: str, as_function: AsFunction) -> str | None:
    """Return a text without loops and calls at module level, such as training, and what needs them.

    A loop that derives by itself becomes a function of the data: `as_function` writes it into the lines.

    Lines keep their numbers. None if there is nothing to leave out.
    """
    lines = text.splitlines()
    left_out, _ = _strip(parsed_text(text).body, [], lines, set(), as_function)
    return "\n".join(lines) + "\n" if left_out else None


def _strip(
    body: list[ast.stmt], before: list[ast.stmt], lines: list[str], gone: set[str], as_function: AsFunction
) -> tuple[bool, bool]:
    """Blank what is script among statements; return whether anything was left out, and whether a loop derives.

    If a loop derives within `if __name__ == "__main__":`, or in a function without arguments, that becomes `if True:`.
    """
    left_out = derived = False
    for place, node in enumerate(body):
        guarded = isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
        main = isinstance(node, ast.FunctionDef) and not (ast.unparse(node.args) or node.decorator_list)
        if (guarded or main) and not derived and node.body[0].lineno > node.lineno:  # type: ignore[attr-defined]
            copied = list(lines)
            known = [*before, *body[:place]] if guarded else []
            _, derived = _strip(node.body, known, copied, set(gone), as_function)  # type: ignore[attr-defined]
            if derived:
                copied[node.lineno - 1] = f"{' ' * node.col_offset}if True:"
                lines[:] = copied
                left_out = True
                continue
        if not (guarded or isinstance(node, ast.Return) or _is_script(node, gone)):
            continue
        left_out = left_out or not guarded
        if isinstance(node, ast.For | ast.While) and not derived and as_function(node, [*before, *body[:place]], lines):
            derived = True
            continue
        gone |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
        for number in range(node.lineno - 1, node.end_lineno or node.lineno):
            lines[number] = ""
    return left_out, derived


def _is_script(node: ast.stmt, gone: set[str]) -> bool:
    """Return whether a statement at module level does something, or needs what was left out before."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
        return False
    parts = list(ast.walk(node))
    calls = [part for part in parts if isinstance(part, ast.Call)]
    reads = [part for part in calls if READS_TEXT.fullmatch(ast.unparse(part))]
    if isinstance(node, ast.With) and len(node.items) != len(reads):
        return True
    if isinstance(node, ast.While) or (isinstance(node, ast.For) and not _fills(node)):
        return True
    if any(isinstance(part, ast.Name) and part.id in gone for part in parts):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return "path" not in ast.unparse(node) and "seed" not in ast.unparse(node)
    own = [ast.unparse(part.func) for part in calls if part not in reads]
    return any(LEFT_OUT.search(name) and not READ_OF_TEXT.fullmatch(name) for name in own)


def _fills(loop: ast.For) -> bool:
    """Return whether a loop only makes items of containers, as of weights: W["W1"] = ..., layers.append(...)."""

    def makes(node: ast.stmt) -> bool:
        if isinstance(node, ast.For):
            return _fills(node)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            return isinstance(node.value.func, ast.Attribute) and node.value.func.attr == "append"
        if not isinstance(node, ast.Assign) or WORKS.search(ast.unparse(node)):
            return False
        return not any(ast.unparse(target) in ast.unparse(node.value) for target in node.targets)

    return all(map(makes, loop.body)) and not loop.orelse


COUNTED = re.compile(r"len\(\w+\)|\w+\.(shape(\[-?\d\])?|size)")


def counts(text: str) -> list[str]:
    """Return the names of numbers of samples that a file takes from its own data, and its functions divide by."""
    nodes = [node for node in ast.walk(parsed_text(text)) if isinstance(node, ast.Assign | ast.FunctionDef)]
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    inside = {part for function in functions for part in ast.walk(function)}
    made = [node for node in nodes if isinstance(node, ast.Assign) and node not in inside]
    counted = {
        part.id for node in made if COUNTED.fullmatch(ast.unparse(node.value))
        for part in ast.walk(node.targets[0]) if isinstance(part, ast.Name)
    }  # fmt: skip
    found: dict[str, None] = {}
    for function in functions:
        parts = list(ast.walk(function))
        own = {part.arg for part in parts if isinstance(part, ast.arg)}
        own |= {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
        for part in parts:
            over = isinstance(part, ast.BinOp | ast.AugAssign) and isinstance(part.op, ast.Div)
            right = getattr(part, "value" if isinstance(part, ast.AugAssign) else "right", None) if over else None
            names = {one.id for one in ast.walk(right) if isinstance(one, ast.Name)} if right is not None else set()
            found |= dict.fromkeys(sorted(names & counted - own))
    return list(found)


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
