"""Source that was written for Python 2, as Python 3 reads it; lines keep their numbers."""

import ast
import io
import re
import tokenize

RENAMED = {"iteritems": "items", "itervalues": "values", "iterkeys": "keys"}
RAISED = re.compile(r"^(\s*raise\s+[\w.]+)\s*,\s*(.+)$", re.MULTILINE)
LAYOUT = (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT)
ENDS = (tokenize.NEWLINE, tokenize.COMMENT, tokenize.ENDMARKER)


def tree_of(source: str, path: str = "") -> ast.Module:
    """Return the syntax tree of a source of Python 3, or else of Python 2.

    Raises:
        SyntaxError: it is neither.
    """
    try:
        return ast.parse(source, path)
    except SyntaxError:
        newer = modern(source)
        if newer is None:
            raise
        return ast.parse(newer, path)


def modern(source: str) -> str | None:
    """Return a source of Python 2 as one of Python 3; None if it is none.

    The print statement, `except E, e`, `raise E, "why"`, `<>`, tabs among spaces and the iterators of dicts are known.
    """
    try:
        ast.parse(source)
        return None
    except SyntaxError:
        pass
    lines = [re.sub(r"^[ \t]+", lambda indent: indent[0].expandtabs(8), line) for line in source.split("\n")]
    text = RAISED.sub(r"\1(\2)", "\n".join(lines))
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
        newer = _changed(text.split("\n"), tokens)
        ast.parse(newer)
    except (SyntaxError, tokenize.TokenError):
        return None
    return newer


def _changed(lines: list[str], tokens: list[tokenize.TokenInfo]) -> str:
    """Return the lines with the changes that the tokens ask for, made from the last to the first."""
    changes: list[tuple[tuple[int, int], int, str]] = []  # place, how many letters go, what comes
    for i, token in enumerate(tokens):
        before = tokens[i - 1] if i else None
        starts = before is None or before.type in LAYOUT or before.string in (";", ":")
        if token.string == "print" and starts and tokens[i + 1].string not in ("(", "=", "."):
            changes += _printed(tokens, i)
        elif token.string == "except":
            end = next(
                j for j in range(i, len(tokens)) if tokens[j].string == ":" or tokens[j].type == tokenize.NEWLINE
            )
            comma = tokens[end - 2]
            if comma.string == "," and tokens[end - 3].string != "(" and tokens[i + 1].string != "(":
                changes.append((comma.start, 1, " as"))
        elif token.string == "<>":
            changes.append((token.start, 2, "!="))
        elif token.string in RENAMED and before is not None and before.string == ".":
            changes.append((token.start, len(token.string), RENAMED[token.string]))
    for (row, column), gone, new in sorted(changes, reverse=True):
        line = lines[row - 1]
        lines[row - 1] = line[:column] + new + line[column + gone :]
    return "\n".join(lines)


def _printed(tokens: list[tokenize.TokenInfo], i: int) -> list[tuple[tuple[int, int], int, str]]:
    """Return the changes that make a call of a print statement; `>> file,` is left out."""
    depth, first, end = 0, i + 1, i + 1
    while not (depth == 0 and (tokens[end].type in ENDS or tokens[end].string == ";")):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(tokens[end].string, 0)
        end += 1
    start = tokens[i].end
    opening = [(start, 0, "(")]
    if tokens[first].string == ">>":
        comma = next((j for j in range(first, end) if tokens[j].string == ","), end - 1)
        if tokens[comma].start[0] == start[0]:
            opening = [(start, tokens[comma].end[1] - start[1], "(")]
    last = tokens[end - 1].end if end > first else start
    return [*opening, (last, 0, ")")]
