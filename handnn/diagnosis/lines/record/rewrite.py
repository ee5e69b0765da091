"""Rewriting a source so that every operation and assignment passes through the recorder.

Positions stay those of the user's file: tracebacks and `inspect.getsource` show the original lines.
"""

import ast
import operator
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from .older import tree_of
from .operations import attribute
from .sites import SITES, Site

OPERATORS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.MatMult: operator.matmul, ast.Pow: operator.pow, ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
    ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor, ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}  # fmt: skip
IN_PLACE = {
    ast.Add: operator.iadd, ast.Sub: operator.isub, ast.Mult: operator.imul, ast.Div: operator.itruediv,
    ast.MatMult: operator.imatmul, ast.Pow: operator.ipow, ast.FloorDiv: operator.ifloordiv, ast.Mod: operator.imod,
    ast.BitAnd: operator.iand, ast.BitOr: operator.ior, ast.BitXor: operator.ixor, ast.LShift: operator.ilshift,
    ast.RShift: operator.irshift,
}  # fmt: skip
ORDERS = {ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge}
LEFT_ALONE = frozenset((
    "super", "locals", "globals", "vars", "eval", "exec", "dir", "print", "input", "isinstance", "issubclass",
    "len", "range", "type", "hasattr", "getattr", "setattr", "str", "int", "bool", "repr", "id", "callable",
    "open", "format", "set", "dict", "property", "staticmethod", "classmethod", "slice", "iter", "next",
))  # fmt: skip
"""Builtins that must see their caller's frame, or whose result has no derivative."""
NOT_VALUES = (
    ast.Starred, ast.Constant, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.SetComp, ast.Lambda, ast.JoinedStr,
)  # fmt: skip
OWN = re.compile(r"^self\.|^(?!np\.|numpy\.)[\w.]*\.\w*(back|forward|bprop|fprop|grad|step)\w*$")
"""Methods of a user's own."""
KEEPING = ("append", "insert", "appendleft")
"""Methods of lists: what they are given is a whole right-hand side."""
GRADIENT = re.compile(r"(?i:grad|nabla|delta)|(^|[._])d_?([A-Z]\w*|[wxbhyzau]([hxyo]{0,2}|\d))$")
"""What a gradient is called."""
CLIPS = re.compile(r"(?i)(\w*grad\w*clip\w*|\w*clip\w*grad\w*)$")
"""What a function is called that limits gradients, by intent not the derivative."""
VIEWS = ("T", "mT", "real", "A", "A1")
HELD = ".held_"
"""What the parts of a right-hand side are called in between: no name that people write."""


ROUNDED_FROM = 5
"""A number written with so many digits is taken for a rounded one; 0.5 and 0.01 are what they are."""


def digits(value: float) -> int:
    """Return how many significant digits a number is written with."""
    return len(repr(value).split("e")[0].replace(".", "").strip("-0"))


def limits_in_place(node: ast.expr, target: ast.expr | None = None) -> bool:
    """Return whether a call is np.clip(g, -c, c, out=g): a limit on gradients, by intent not the derivative.

    Args:
        target: what its result is assigned to, as in dW = np.clip(dW, -c, c) or grads = clip_norm(grads).
    """
    name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
    if not isinstance(node, ast.Call) or not name.endswith(".clip"):
        first = ast.unparse(node.args[0]) if isinstance(node, ast.Call) and node.args else ""
        own = target is not None and "clip" in name.rpartition(".")[2] and first == ast.unparse(target)
        return own and GRADIENT.search(first) is not None
    out = next((word.value for word in node.keywords if word.arg == "out"), target)
    given = [*node.args, *([out] if out is not None else [])]
    if len(given) != 4:
        return False
    array, low, high, into = map(ast.unparse, given)
    return array == into and low == f"-{high}" and (target is None or GRADIENT.search(into) is not None)


class Rewriter(ast.NodeTransformer):
    """Wrap the operations of one module; each gets a `Site`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.scope: list[str] = []

    # --- building

    def _hook(self, hook: str, node: ast.AST, arguments: list[ast.expr], role: str, **facts: Any) -> ast.Call:
        site = Site(
            len(SITES), self.path, node.lineno, node.col_offset, node.end_lineno, node.end_col_offset,  # type: ignore[attr-defined]
            role, ".".join(self.scope), **facts,
        )  # fmt: skip
        SITES.append(site)
        function = ast.Attribute(ast.Name("__r__", ast.Load()), hook, ast.Load())
        call = ast.Call(function, [ast.Constant(site.number), *arguments], [])
        return ast.fix_missing_locations(ast.copy_location(call, node))

    def _root(self, node: ast.expr, target: ast.expr | None = None, added: bool = False) -> ast.expr:
        """Wrap a whole right-hand side or returned value; the elements of a display each on their own."""
        if isinstance(node, ast.Tuple | ast.List):
            targets = getattr(target, "elts", [])
            paired = len(targets) == len(node.elts) and not any(isinstance(t, ast.Starred) for t in targets)
            node.elts = [self._root(e, targets[i] if paired else None) for i, e in enumerate(node.elts)]
            return node
        if isinstance(node, ast.Dict):
            node.values = [self._root(value) for value in node.values]
            return node
        if isinstance(node, NOT_VALUES):
            return self.visit(node)
        name = ast.unparse(target) if target is not None else None
        before = len(SITES)
        made = self.visit(node)
        if len(SITES) > before and isinstance(node, ast.BinOp | ast.UnaryOp | ast.Call | ast.Subscript | ast.Attribute):
            last = SITES[-1]
            if (last.begin, last.end) == ((node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)):
                SITES[-1] = replace(last, root=not added, target=name, added=added)  # it is recorded already
                return made
        return self._hook("value", node, [made], "value", root=not added, target=name, added=added)

    def _passed(self, node: ast.expr) -> ast.expr:
        """Wrap what is handed to a function of the user's: it may be the wrong value."""
        method = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if isinstance(node, ast.Name | ast.Attribute) or method:
            return self._hook("value", node, [self.visit(node)], "value", root=True, passed=True)
        return self._root(node) if isinstance(node, ast.Subscript | ast.BinOp) else self.visit(node)

    def _index(self, node: ast.expr) -> ast.expr:
        """Return an index as an expression: slices become calls of `slice`."""
        if isinstance(node, ast.Slice):
            parts = [ast.Constant(None) if p is None else self.visit(p) for p in (node.lower, node.upper, node.step)]
            slice_ = ast.Attribute(ast.Name("__r__", ast.Load()), "slice", ast.Load())
            return ast.fix_missing_locations(ast.copy_location(ast.Call(slice_, parts, []), node))
        if isinstance(node, ast.Tuple):
            node.elts = [self._index(e) for e in node.elts]
            return node
        return self.visit(node)

    # --- expressions

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if not isinstance(node.value, float) or digits(node.value) < ROUNDED_FROM:
            return node
        return self._hook("value", node, [node], "literal")

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        left, right = self.visit(node.left), self.visit(node.right)
        return self._hook("apply", node, [left, right], "binary", operator=OPERATORS[type(node.op)])

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        if not isinstance(node.op, ast.USub) or isinstance(node.operand, ast.Constant):
            return self.generic_visit(node)  # type: ignore[return-value]
        return self._hook("apply", node, [self.visit(node.operand)], "unary", operator=operator.neg)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        left, rights = self.visit(node.left), [self.visit(right) for right in node.comparators]
        if len(rights) == 1 and type(node.ops[0]) in ORDERS:
            return self._hook("compare", node, [left, *rights], "compare", operator=ORDERS[type(node.ops[0])])
        node.left, node.comparators = left, rights
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if isinstance(node.func, ast.Name) and node.func.id in LEFT_ALONE:
            return self.generic_visit(node)  # type: ignore[return-value]
        if limits_in_place(node):
            return self.visit(node.args[0])
        function = node.func
        if isinstance(function, ast.Attribute):
            function.value = self.visit(function.value)
        else:
            function = self.visit(function)
        own = isinstance(node.func, ast.Name) or (
            isinstance(node.func, ast.Attribute) and OWN.search(ast.unparse(node.func)) is not None
        )
        kept = isinstance(node.func, ast.Attribute) and node.func.attr in KEEPING
        arguments = [self._passed(a) if own else self._root(a) if kept else self.visit(a) for a in node.args]
        given = self._passed if own else self.visit
        keywords = [ast.keyword(word.arg, given(word.value)) for word in node.keywords]
        made = self._hook("call", node, [function, *arguments], "call")
        made.keywords = keywords
        return ast.fix_missing_locations(made)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if not isinstance(node.ctx, ast.Load):
            return self.generic_visit(node)  # type: ignore[return-value]
        container, index = self.visit(node.value), self._index(node.slice)
        return self._hook("apply", node, [container, index], "item", operator=operator.getitem)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        owner = self.visit(node.value)
        if isinstance(node.ctx, ast.Load) and node.attr in VIEWS:
            return self._hook("apply", node, [owner], "attribute", operator=attribute(node.attr))
        node.value = owner
        return node

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.expr:
        node.value = self._root(node.value, node.target)
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        node.iter = self._hook("loop", node.iter, [self.visit(node.iter)], "loop")
        node.ifs = [self.visit(test) for test in node.ifs]
        return node

    def _comprehension(self, node: Any) -> Any:
        node.generators = [self.visit(g) for g in node.generators]
        for part in ("elt", "value"):
            if hasattr(node, part):
                setattr(node, part, self._root(getattr(node, part)))
        return node

    visit_ListComp = visit_GeneratorExp = visit_DictComp = _comprehension

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        node.body = self._root(node.body)
        return node

    # --- statements

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        if isinstance(node.value, ast.Call) and CLIPS.match(ast.unparse(node.value.func).rpartition(".")[2]):
            return ast.copy_location(ast.Pass(), node)
        node.value = self._root(node.value) if isinstance(node.value, ast.Call) else self.visit(node.value)
        return node

    def visit_Return(self, node: ast.Return) -> ast.stmt:
        node.value = None if node.value is None else self._root(node.value)
        return node

    def visit_Assign(self, node: ast.Assign) -> Any:
        parts = node.targets[0].elts if isinstance(node.targets[0], ast.Tuple | ast.List) else []
        plain = all(isinstance(part, ast.Name | ast.Attribute | ast.Subscript) for part in parts)
        if len(node.targets) == 1 and plain and any(isinstance(part, ast.Subscript) for part in parts):
            return self._one_by_one(node, parts)
        simple = [t for t in node.targets if not isinstance(t, ast.Subscript)]
        items = [t for t in node.targets if isinstance(t, ast.Subscript)]
        if len(node.targets) == 1 and limits_in_place(node.value, node.targets[0]):
            assert isinstance(node.value, ast.Call)
            node.value = node.value.args[0]
        node.value = self._root(node.value, (simple or items)[0])
        if len(items) == 1 and not simple:
            container, index = self.visit(items[0].value), self._index(items[0].slice)
            call = self._hook(
                "set_item", node, [node.value, container, index], "set item", root=True, target=ast.unparse(items[0])
            )
            return ast.copy_location(ast.Expr(call), node)
        literal = isinstance(node.value, ast.Tuple | ast.List)
        unpacked = [e for t in simple if isinstance(t, ast.Tuple | ast.List) and not literal for e in t.elts]
        return [node, *(self._renamed(e, node) for e in unpacked if isinstance(e, ast.Name | ast.Attribute))]

    def _one_by_one(self, node: ast.Assign, parts: list[ast.expr]) -> list[ast.stmt]:
        """a[i], b[j] = x, y: each is set by itself, when both are known."""
        held = [ast.copy_location(ast.Name(f"{HELD}{place}", ast.Store()), part) for place, part in enumerate(parts)]
        value = self._root(node.value, node.targets[0])
        done: list[ast.stmt] = [ast.Assign([ast.Tuple(list[ast.expr](held), ast.Store())], value)]
        for part, name in zip(parts, held, strict=True):
            one: ast.expr = ast.copy_location(ast.Name(name.id, ast.Load()), part)
            if isinstance(part, ast.Subscript):
                given, said = [one, self.visit(part.value), self._index(part.slice)], ast.unparse(part)
                done.append(ast.Expr(self._hook("set_item", node, given, "set item", root=True, target=said)))
            else:
                done += [ast.Assign([part], one), self._renamed(part, node)]
        done.append(ast.Delete([ast.copy_location(ast.Name(name.id, ast.Del()), name) for name in held]))
        return [ast.fix_missing_locations(ast.copy_location(one, node)) for one in done]

    def _renamed(self, target: ast.expr, statement: ast.stmt) -> ast.stmt:
        """Target = recorded target, after an unpacking."""
        read = ast.parse(ast.unparse(target), mode="eval").body
        for part in ast.walk(read):
            ast.copy_location(part, target)
        value = self._hook("value", target, [read], "value", root=True, target=ast.unparse(target))
        write = ast.parse(f"{ast.unparse(target)} = 0").body[0]
        assert isinstance(write, ast.Assign)
        write.value = value
        for part in ast.walk(write.targets[0]):
            ast.copy_location(part, target)
        return ast.fix_missing_locations(ast.copy_location(write, statement))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        if node.value is not None:
            node.value = self._root(node.value, node.target)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        target, name = node.target, ast.unparse(node.target)
        value = self._root(node.value, added=True)
        facts = {"operator": IN_PLACE[type(node.op)], "root": True, "target": name}
        if isinstance(target, ast.Subscript):
            container, index = self.visit(target.value), self._index(target.slice)
            call = self._hook("augment_item", node, [container, index, value], "augment item", **facts)
            return ast.copy_location(ast.Expr(call), node)
        if any(isinstance(part, ast.Call | ast.Subscript) for part in ast.walk(target)):
            node.value = value  # evaluating the target twice could have effects
            return node
        read = ast.parse(name, mode="eval").body
        for part in ast.walk(read):
            ast.copy_location(part, target)
        call = self._hook("augment", node, [read, value], "augment", **facts)
        return ast.copy_location(ast.Assign([target], call), node)

    def visit_For(self, node: ast.For) -> ast.stmt:
        node.iter = self._hook("loop", node.iter, [self.visit(node.iter)], "loop")
        node.body, node.orelse = self._block(node.body), self._block(node.orelse)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt:
        self.scope.append(node.name)
        body = self._block(node.body)
        known = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        if known:
            first = node.body[0]
            place = ast.copy_location(ast.Pass(), first)
            loads: list[ast.expr] = [ast.copy_location(ast.Name(n, ast.Load()), first) for n in known]
            hook = self._hook("names", place, loads, "names", target=" ".join(known))
            documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            body.insert(1 if documented else 0, ast.copy_location(ast.Expr(hook), first))
        node.body = body
        self.scope.pop()
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.stmt:
        self.scope.append(node.name)
        node.body = self._block(node.body)
        self.scope.pop()
        return node

    def _block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        done: list[ast.stmt] = []
        for statement in statements:
            made = self.visit(statement)
            done += made if isinstance(made, list) else [made]
        return done


def rewrite(source: str, path: Path) -> ast.Module:
    """Return the rewritten syntax tree of a source. Raises SyntaxError."""
    tree: ast.Module = Rewriter(path).visit(tree_of(source, str(path)))
    return ast.fix_missing_locations(tree)
