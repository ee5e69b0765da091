"""An expression as text with its syntax tree, and replacing parts of the text by others."""

import ast
import re
from dataclasses import dataclass
from functools import cache, cached_property

PURE_METHODS = frozenset((
    "sum", "mean", "dot", "reshape", "ravel", "flatten", "transpose", "swapaxes", "max", "min", "std", "var",
    "copy", "astype", "squeeze", "item", "repeat", "clip", "prod", "cumsum", "conj", "round", "argmax", "get",
    "keys", "values", "items",
))  # fmt: skip
DERIVES = re.compile(
    r"(.*_)?(prime|deriv(ative)?|grad(ient)?|slope)|(prime|deriv(ative)?|slope)_\w+"
    r"|_?d_?(leaky_?)?(act\w*|f|g|h|sigmoid|tanh|relu|elu|softmax|softplus)|(act\w*|sigmoid|tanh|relu|elu|softmax)_d"
)
"""How methods are called that only compute a derivative of what they are given."""
MODULES = ("np", "numpy", "math", "scipy", "special", "la", "sp", "signal", "ndimage", "linalg")


@dataclass(frozen=True)
class Edit:
    """Replace text[start:end] (bytes) by `new`; `did` says what the user wrote in its place."""

    start: int
    end: int
    new: str
    did: str
    cost: float
    line: int = 0
    structural: bool = False

    def overlaps(self, other: "Edit") -> bool:
        """Return whether two edits touch the same text."""
        return self.start < other.end and other.start < self.end


@cache
def _loose(text: str) -> bool:
    """Return whether a text must stand in brackets to be an operand."""
    try:
        return isinstance(ast.parse(f"({text})", mode="eval").body, ast.BinOp | ast.UnaryOp | ast.IfExp | ast.Compare)
    except SyntaxError:
        return False  # a slice


def operand(text: str) -> str:
    """Return a text that binds tightly."""
    return f"({text})" if _loose(text) else text


@dataclass(frozen=True)
class Expression:
    """The text of an expression; several lines as if they stood in brackets."""

    text: str

    @cached_property
    def tree(self) -> ast.expr:
        """The syntax tree; columns are one to the right on the first line."""
        return ast.parse(f"({self.text})", mode="eval").body

    @cached_property
    def _bytes(self) -> bytes:
        return self.text.encode()

    @cached_property
    def _starts(self) -> list[int]:
        starts = [-1]  # the bracket
        for line in self._bytes.split(b"\n")[:-1]:
            starts.append(max(starts[-1], 0) + len(line) + 1)
        return starts

    def span(self, node: ast.expr) -> tuple[int, int]:
        """Return where a node begins and ends in the text, in bytes."""
        assert node.end_lineno is not None and node.end_col_offset is not None
        return (
            self._starts[node.lineno - 1] + node.col_offset,
            self._starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def of(self, node: ast.expr) -> str:
        """Return the text of a node."""
        start, end = self.span(node)
        return self._bytes[start:end].decode()

    def bracketed(self, node: ast.expr) -> str:
        """Return the text of a node in a form that binds tightly."""
        text = self.of(node)
        return f"({text})" if isinstance(node, ast.BinOp | ast.UnaryOp | ast.IfExp | ast.Compare | ast.BoolOp) else text

    def edit(self, node: ast.expr, new: str, did: str, cost: float) -> Edit:
        """Return the edit that puts text in place of a node."""
        start, end = self.span(node)
        new = operand(new) if node is not self.tree else new
        return Edit(start, end, new, did, cost, self._bytes[:start].count(b"\n"))

    def with_edits(self, *edits: Edit) -> str:
        """Return the text with edits that do not overlap."""
        made = self._bytes
        for edit in sorted(edits, key=lambda e: -e.start):
            made = made[: edit.start] + edit.new.encode() + made[edit.end :]
        return made.decode()

    @cached_property
    def repeatable(self) -> bool:
        """Whether evaluating the expression again cannot change anything, as far as its calls show."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Yield | ast.YieldFrom | ast.Await | ast.NamedExpr):
                return False
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                root = node.func.value
                if isinstance(root, ast.Attribute) and isinstance(root.value, ast.Name):
                    root = root.value  # np.linalg.norm
                module = isinstance(root, ast.Name) and root.id in MODULES
                pure = node.func.attr in PURE_METHODS or DERIVES.fullmatch(node.func.attr)
                if not (module or pure):
                    return False
        return True


def simplified(text: str) -> str:
    """Return an expression without needless brackets, in the user's spelling where nothing was needless."""
    try:
        plain = ast.unparse(ast.parse(f"({text})", mode="eval"))
    except SyntaxError:
        return text
    if "((" not in text and text.count("(") <= plain.count("("):
        return text
    return plain if " ** " in text else plain.replace(" ** ", "**")
