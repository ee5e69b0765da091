"""The computation of one number: a tree of sums, products and functions of named elements, and its text.

An expression is written in stages: with names, with numbers, then with the innermost operations evaluated, until one
number is left.

    x[0,0] W[0,1] + x[0,1] W[1,1] + b[1]        0.5*0.2 - 0.3*0.7 + 0.1        0.1 - 0.21 + 0.1        -0.01
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

LONGEST_SUM = 8
"""Longer sums, and arguments of max, are abbreviated in the middle."""
MOST_STAGES = 6
"""Of deeper expressions, only the first stage and the last ones are written."""
CONSTANT_DIGITS = 7
"""Digits of constants in a formula, so that 1 - 1e-7 is not written as 1."""
LONG, WORTH_A_NAME = 72, 12
"""An expression longer than LONG gets names for repeated parts longer than WORTH_A_NAME."""


class Expression:
    """`op` over `args`, and its value. The args of a 'leaf' are name and index; a 'constant' has none."""

    __slots__ = ("_hash", "args", "height", "op", "value")

    def __init__(self, op: str, args: tuple[Any, ...], value: float) -> None:
        self.op, self.args, self.value = op, args, value
        self._hash = hash((op, args) if op != "constant" else (op, value))
        below = max((arg.height for arg in args), default=0) if self.computed else 0
        self.height: int = below + (op != "negative") if self.computed else 0

    @property
    def computed(self) -> bool:
        return self.op not in ("leaf", "constant")

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Expression) or self._hash != other._hash:
            return False
        return self.op == other.op and self.args == other.args and (self.op != "constant" or self.value == other.value)

    def __repr__(self) -> str:
        return Writer().symbols(self)


def leaf(name: str, index: tuple[int, ...], value: float) -> Expression:
    return Expression("leaf", (name, index), value)


def constant(value: float) -> Expression:
    return Expression("constant", (), value)


def _is(expression: Expression, value: float) -> bool:
    return expression.op == "constant" and expression.value == value


def _flat(op: str, args: Sequence[Expression], neutral: float) -> list[Expression]:
    """Return the terms of nested sums, or factors of nested products, without neutral 0 or 1."""
    parts = [part for arg in args for part in (arg.args if arg.op == op else (arg,))]
    return [part for part in parts if not _is(part, neutral)] or [constant(neutral)]


def combined(name: str, args: Sequence[Expression], value: float) -> Expression:
    """Return NumPy's function of that name over args, in the usual notation."""
    if name in REWRITTEN:
        return REWRITTEN[name](args, value)
    if name in ("add", "multiply"):
        parts = _flat(name, args, 0.0 if name == "add" else 1.0)
        return parts[0] if len(parts) == 1 else Expression(name, tuple(parts), value)
    return Expression(name, tuple(args), value)


def _negative(args: Sequence[Expression], value: float) -> Expression:
    (inner,) = args
    return inner.args[0] if inner.op == "negative" else Expression("negative", (inner,), value)


def _subtract(args: Sequence[Expression], value: float) -> Expression:
    return combined("add", [args[0], _negative(args[1:], -args[1].value)], value)


def _divide(args: Sequence[Expression], value: float) -> Expression:
    return args[0] if _is(args[1], 1.0) else Expression("divide", tuple(args), value)


REWRITTEN: dict[str, Callable[[Sequence[Expression], float], Expression]] = {
    "negative": _negative,
    "subtract": _subtract,
    "divide": _divide,
    "reciprocal": lambda args, value: Expression("divide", (constant(1.0), *args), value),
    "square": lambda args, value: Expression("power", (*args, constant(2.0)), value),
}


NAMES = {"maximum": "max", "minimum": "min"}
COMPARED = {"greater": ">", "greater_equal": ">=", "less": "<", "less_equal": "<=", "equal": "=", "not_equal": "!="}
CONNECTED = {"bitwise_and": "and", "bitwise_or": "or", "logical_and": "and", "logical_or": "or"}
SUM, PRODUCT, POWER, ATOM = range(4)
BINDS = {"add": SUM, "negative": SUM, "multiply": PRODUCT, "divide": PRODUCT, "power": POWER}


class Writer:
    """Turns expressions into text.

    Args:
        digits: significant digits of numbers.
        known: named expressions, {expression: (name, index)}, written by their names.
    """

    def __init__(self, digits: int = 5, known: Mapping[Expression, tuple[str, tuple[int, ...]]] | None = None) -> None:
        self.digits, self.known = digits, known or {}

    def number(self, value: float) -> str:
        return number(value, self.digits)

    def shared(self, expression: Expression, names: Sequence[str] = "stuvw") -> list[tuple[str, Expression]]:
        """Name the repeated parts of a long expression, first those that shorten it most, and return them."""
        found: list[tuple[str, Expression]] = []
        for name in names:
            counted = Counter(part for whole in (expression, *(e for _, e in found)) for part in self._parts(whole))
            twice = [part for part, count in counted.items() if count > 1]
            if len(self.symbols(expression)) <= LONG or not twice:
                break
            best = max(twice, key=lambda part: (counted[part] - 1) * len(self.symbols(part)))
            self.known = {**self.known, best: (name, ())}
            found.append((name, best))
        return found

    def _parts(self, whole: Expression) -> Iterator[Expression]:
        """Yield the computed subexpressions that have no name."""
        for part in whole.args if whole.computed else ():
            if part.computed and part not in self.known:
                if part.op != "negative" and len(self.symbols(part)) > WORTH_A_NAME:
                    yield part
                yield from self._parts(part)

    def symbols(self, expression: Expression) -> str:
        """Return the expression with names."""

        def atom(e: Expression) -> str | None:
            if e is not expression and e in self.known:
                return element(*self.known[e])
            return element(*e.args) if e.op == "leaf" else None

        return self._text(expression, atom)

    def stages(self, expression: Expression) -> list[str]:
        """Return the expression with numbers, and then in further stages of evaluation."""
        top = expression.height
        heights = range(top) if top < MOST_STAGES else [0, *range(top - MOST_STAGES + 2, top)]
        lines = [self._stage(expression, height) for height in heights]
        return list(dict.fromkeys(line for line in lines if line != self.number(expression.value)))

    def _stage(self, expression: Expression, height: int) -> str:
        def atom(e: Expression) -> str | None:
            done = e.op not in ("negative", "constant") and e.height <= height
            return self.number(e.value) if e is not expression and (done or e in self.known) else None

        return self._text(expression, atom)

    def _text(self, e: Expression, atom: Callable[[Expression], str | None], binds: int = SUM) -> str:
        """Return the text, in brackets if the surrounding operator binds more strongly."""
        text = atom(e)
        if text is not None or not e.computed:
            text = number(e.value, max(self.digits, CONSTANT_DIGITS)) if text is None else text
            return f"({text})" if binds > SUM and text.startswith("-") else text
        own = BINDS.get(e.op, ATOM)
        text = getattr(self, f"_{e.op}", self._function)(e, atom)
        return f"({text})" if binds > own else text

    def _list(self, args: Sequence[Any]) -> list[Any]:
        return [*args[:3], None, *args[-2:]] if len(args) > LONGEST_SUM else list(args)

    def _add(self, e: Expression, atom: Any) -> str:
        text = ""
        for part in self._list(e.args):
            if part is None:
                text += " + ..."
                continue
            term = self._text(part, atom, SUM)
            sign, term = ("-", term[1:]) if term.startswith("-") else ("+", term)
            text += f" {sign} {term}" if text else term if sign == "+" else f"-{term}"
        return text

    def _negative(self, e: Expression, atom: Any) -> str:
        (inner,) = e.args
        text = self._text(inner, atom, PRODUCT)
        return text[2:-1] if text.startswith("(-") and not inner.computed else f"-{text}"

    def _multiply(self, e: Expression, atom: Any) -> str:
        factors = sorted(e.args, key=lambda part: part.op != "constant")  # numbers first: 0.01 dW[0,1]
        texts = [self._text(part, atom, PRODUCT + (part.op == "divide")) for part in factors]
        simple = all(atom(part) is not None or not part.computed for part in factors)
        if simple and all(text[0].isalpha() for text in texts[1:]):
            return " ".join(texts)
        return ("*" if simple else " * ").join(texts)

    def _divide(self, e: Expression, atom: Any) -> str:
        return f"{self._text(e.args[0], atom, PRODUCT)} / {self._text(e.args[1], atom, POWER)}"

    def _power(self, e: Expression, atom: Any) -> str:
        return f"{self._text(e.args[0], atom, ATOM)}^{self._text(e.args[1], atom, ATOM)}"

    def _function(self, e: Expression, atom: Any) -> str:
        texts = ["..." if arg is None else self._text(arg, atom) for arg in self._list(e.args)]
        if e.op in COMPARED:
            return f"[{texts[0]} {COMPARED[e.op]} {texts[1]}]"  # 1 where it is true, else 0
        if e.op in CONNECTED:
            return f"({texts[0]} {CONNECTED[e.op]} {texts[1]})"
        if e.op == "absolute":
            return f"|{texts[0]}|"
        return f"{NAMES.get(e.op, e.op)}({', '.join(texts)})"


def element(name: str, index: tuple[int, ...]) -> str:
    """Return the name of one element: 'z[0,1]'; a scalar has no index."""
    return f"{name}[{','.join(map(str, index))}]" if index else name


def number(value: Any, digits: int = 5) -> str:
    """Return a number with `digits` significant digits, 0 without a sign."""
    text = f"{float(value):.{digits}g}"
    return "0" if text == "-0" else text
