"""Outputs that are changed in place under another name: `delta = probs; delta[range(n), y] -= 1`.

The name of the output is kept for what it was: `delta = probs.copy()`, where nothing reads it after that.
"""

import ast

from .syntax import parsed_text


def with_kept_outputs(text: str) -> str | None:
    """Return the text of a file in which arrays that are changed under another name are copied; None if there are none.

    Only where the first name is not read again, so that nothing else changes. Lines keep their numbers.
    """
    lines, changed = text.splitlines(), False
    for function in (node for node in ast.walk(parsed_text(text)) if isinstance(node, ast.FunctionDef)):
        names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
        for node in ast.walk(function):
            if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and _is_name(node.targets)):
                continue
            new, old = node.targets[0].id, node.value.id  # type: ignore[attr-defined]
            made = [n.lineno for n in names if n.id == old and isinstance(n.ctx, ast.Store)]
            read = [n for n in names if n.id == old and n.lineno > node.lineno and isinstance(n.ctx, ast.Load)]
            if made and max(made) < node.lineno and not read and _changed(function, new, node.lineno):
                line, end = (node.value.end_lineno or node.lineno) - 1, node.value.end_col_offset or 0
                lines[line] = f"{lines[line][:end]}.copy(){lines[line][end:]}"
                changed = True
    return "\n".join(lines) + "\n" if changed else None


def _is_name(targets: list[ast.expr]) -> bool:
    return len(targets) == 1 and isinstance(targets[0], ast.Name)


def _changed(function: ast.FunctionDef, name: str, line: int) -> bool:
    """Return whether a function changes items of a name in place after a line."""
    targets = [n.target for n in ast.walk(function) if isinstance(n, ast.AugAssign) and n.lineno > line]
    bases = [target.value for target in targets if isinstance(target, ast.Subscript)]
    return any(isinstance(base, ast.Name) and base.id == name for base in bases)
