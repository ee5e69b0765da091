"""Build objects of user's classes: as their script does, or with arguments guessed by name, annotation and default."""

import ast
import contextlib
import copy
import inspect
import itertools
import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from ..source.arguments import parts, words
from ..source.syntax import nodes_of, source_of
from ..source.words import RATES, bare

IN, HIDDEN, OUT, SAMPLES, TIME, CHANNELS, FILTERS, SIDE, KERNEL = 4, 5, 3, 6, 3, 2, 3, 6, 3

RULES: tuple[tuple[str, tuple[Any, ...]], ...] = (
    (r"kernel_?size|filter_?size|^k$|^ksize|^(f?h|f?w|hh|ww|fh|fw)$|kernel_?(h|w)|kernels?$|^field|^fsize",
     (KERNEL, (KERNEL, KERNEL))),
    (r"kernel_?shape|filter_?shape", ((KERNEL, KERNEL), (FILTERS, CHANNELS, KERNEL, KERNEL))),
    (r"^x_?(dim|shape)|in(put)?_?shape|shape_?in",
     ((CHANNELS, SIDE, SIDE), (SIDE, SIDE, CHANNELS), (IN,), (IN, 1), IN)),
    (r"out(put)?_?shape|shape_?out", ((2 * HIDDEN,), (IN, 1), (8, 1), (CHANNELS * SIDE * SIDE, 1))),
    (r"pool|window", (2, (2, 2))),
    (r"stride", (1, (1, 1))),
    (r"pad", (0, 1, "valid")),
    (r"dilat", (1,)),
    (r"in_?(ch|channel|depth|map|filters)|(ch|channel|depth)s?_?in|^c_?in|input_?(ch|depth|channel)|n(um)?_?channels"
     r"|^c$|^channels?$", (CHANNELS,)),
    (r"out_?(ch|channel|depth|map)|(ch|channel|depth|filters)_?out|filters?$|filternum|n_?kernels|num_?(filters|kernels)"
     r"|^c_?out|^f$|depth$", (FILTERS,)),
    (r"height|width|image_?size|img_?size|^h$|^w$", (SIDE,)),
    (r"vocab|num_?emb|n_?emb|n_?tok|num_?tokens|n_?words|num_?words", (7,)),
    (r"groups?$", (2, 1)),
    (r"heads?$", (2,)),
    (r"(sizes|layers?|dims|structure|architecture|shape|topology|units_?list|widths|nodes_?list|layer_?(dims|sizes))$",
     ([IN, HIDDEN, OUT], (IN, HIDDEN, OUT), (IN, HIDDEN), 2, IN, (CHANNELS, SIDE, SIDE), (IN,))),
    (r"hid|units|neurons|^h\d?$|^n_?h$|recurrent|^m$|state_?(size|dim)|n_?nodes", (HIDDEN, [HIDDEN])),
    (r"out|class|^n_?y$|^k$|nodes|^ny|n_?o$|^o$", (OUT,)),
    (r"in|feat|dim|embed|d_?model|^n_?x$|^n$|^d$|size|^n_?i$|^i$|num|^nx|neurons_?prev|prev", (IN,)),
    (r"seq|time|steps|^t$|len|max", (TIME,)),
    (r"batch", (SAMPLES,)),
)  # fmt: skip


MAKES = re.compile(r"\b(randn?|zeros|ones|empty|full|normal|uniform|standard_normal|random)$")
MOST = 40
"""So many arguments of a constructor are tried."""


WINDOW = ("size", "k", "n", "f", "ksize", "dim")
"""What the constructor of a pooling calls the size of its window."""


def makers(cls: Any, module: ModuleType | None, make: str | None = None) -> Iterator[Callable[[], Any]]:
    """Yield ways to build an object of a class, the most likely first; each builds a new one.

    Args:
        make: an expression such as "Affine(W, b)", evaluated in the module with W, b, x, rng and np.
    """
    if make is not None:
        names = {"np": np, "rng": np.random.default_rng(3), **arrays()}
        if module is not None:
            names = {**names, **{k: v for k, v in vars(module).items() if k not in arrays()}}
        code = compile(make, "--make", "eval")
        yield lambda: eval(code, {**names, **{k: v.copy() for k, v in arrays().items()}})
        return
    yield from _by_script(cls, module)
    try:
        parameters = [p for p in inspect.signature(cls).parameters.values()
                      if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]  # fmt: skip
    except (TypeError, ValueError):
        yield cls
        return
    needed = [p for p in parameters if p.default is p.empty]
    optional = [p for p in parameters if p.default is None and rule_of(p.name) is not None]
    said = [_said(cls, p, list(guesses(p, module))) for p in needed]
    choices = _dividing(cls, needed, _as_sizes(cls, needed, said))
    if "pool" in cls.__name__.lower():
        named = [bare(p.name) in WINDOW for p in needed]
        choices = [[2, (2, 2), *own] if window else [*own, 2] for window, own in zip(named, choices, strict=True)]
    tried = sorted(itertools.islice(itertools.product(*choices), 10 * MOST), key=_widths)
    for values in tried[:MOST]:
        yield _maker(cls, needed, values)
    if optional:
        for values in itertools.islice(itertools.product(*choices), 4):
            yield _maker(cls, [*needed, *optional], (*values, *(next(iter(guesses(p, module))) for p in optional)))


def _as_sizes(cls: Any, needed: list[inspect.Parameter], choices: list[list[Any]]) -> list[list[Any]]:
    """Return the choices with whole numbers where none is one and the constructor makes arrays of that size.

    So `b` is no bias in `__init__(self, a, b, c)` with `np.random.randn(a, b)`.
    """
    calls = (node for node in nodes_of(cls.__init__) if isinstance(node, ast.Call))
    given = [
        [*call.args, *(word.value for word in call.keywords)] for call in calls if MAKES.search(ast.unparse(call.func))
    ]
    sizes = {name for parts_ in given for part in parts_ for name in _sizes(part)}
    usual = itertools.cycle((IN, HIDDEN, OUT))
    return [
        [size] if p.name in sizes and not any(type(value) is int for value in own) else own
        for p, own, size in zip(needed, choices, usual, strict=False)
    ]


def _sizes(node: ast.expr) -> Iterator[str]:
    """Yield the names that a shape is made of, or computed from."""
    if isinstance(node, ast.Name):
        yield node.id
    for part in ast.iter_child_nodes(node) if isinstance(node, ast.Tuple | ast.List | ast.BinOp) else ():
        if isinstance(part, ast.expr):
            yield from _sizes(part)


def _said(cls: Any, parameter: inspect.Parameter, choices: list[Any]) -> list[Any]:
    """Return the choices for an argument, those first that its class' source asks for: words, or so many parts."""
    name = parameter.name.strip("_")
    known, count = words(cls, name), parts(cls, name)
    if known:
        return [*known, *choices]
    if re.search(rf"\b(len|zip|enumerate)\({name}\b|\b{name}\[-?\d*:", source_of(cls.__init__)) and not any(
        hasattr(choice, "__len__") for choice in choices
    ):
        return [[IN, HIDDEN, OUT]]
    fitting = [choice for choice in choices if isinstance(choice, tuple | list) and len(choice) == count]
    if count < 2 or fitting or any(isinstance(choice, np.ndarray) for choice in choices):  # of an array its places
        return fitting or choices
    one = next((choice for choice in choices if isinstance(choice, int)), SIDE)
    return [(one,) * count] if count == 2 else [(CHANNELS, SIDE, SIDE)]


def _dividing(cls: Any, needed: list[inspect.Parameter], choices: list[list[Any]]) -> list[list[Any]]:
    """Return the choices with heads or groups in halves: where a constructor computes a // b, b is 2 and divides a.

    Where b is itself divided by c, c is 2 and b is 6: heads that share keys are more, and not the square of the keys.
    """
    places = {p.name: i for i, p in enumerate(needed)}
    parts: dict[str, str] = {}
    for node in nodes_of(cls.__init__):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv | ast.Mod):
            sides = [side.id if isinstance(side, ast.Name) else "" for side in (node.left, node.right)]
            if all(side in places for side in sides) and sides[0] != sides[1]:
                parts[sides[0]] = sides[1]
    for whole, part in parts.items():
        least = 2 * KERNEL if part in parts else 2
        choices[places[part]] = [least]
        if whole not in parts.values():
            even = [n for n in choices[places[whole]] if isinstance(n, int) and n % least == 0 and n > 2]
            choices[places[whole]] = even or [2 * max(KERNEL, least)]
    return choices


def _widths(values: tuple[Any, ...]) -> int:
    """Return how many lengths the last axes of arrays have: those that belong together have one."""
    return len({v.shape[-1] for v in values if isinstance(v, np.ndarray)})


def _maker(cls: Any, parameters: list[inspect.Parameter], values: tuple[Any, ...]) -> Callable[[], Any]:
    known = [p for p in inspect.signature(cls).parameters.values() if p.kind is not p.POSITIONAL_ONLY]
    held = {p.name: p.default for p in known if hasattr(p.default, "__dict__") and p.default is not p.empty}
    shared = {name: value for name, value in held.items() if not inspect.ismodule(value)}

    def make() -> Any:
        fresh = [
            v.build() if isinstance(v, _Fresh) else v.copy() if isinstance(v, np.ndarray | list) else v for v in values
        ]
        positional = [v for p, v in zip(parameters, fresh, strict=True) if p.kind is p.POSITIONAL_ONLY]
        named = {p.name: v for p, v in zip(parameters, fresh, strict=True) if p.kind is not p.POSITIONAL_ONLY}
        return cls(*positional, **(copy.deepcopy(shared) | named))

    return make


ADDS = r"(add|append|push|register)(_?layer)?\("


def _by_script(cls: Any, module: ModuleType | None) -> Iterator[Callable[[], Any]]:
    """Yield ways to build an object as the file's script does, if that adds parts to it after it is made."""
    try:
        tree = ast.parse(inspect.getsource(module)) if module is not None else ast.Module([], [])
    except (OSError, TypeError, SyntaxError):
        return
    for body in (tree.body, *(node.body for node in tree.body if isinstance(node, ast.If))):
        texts = [ast.unparse(node) if isinstance(node, ast.Assign | ast.Expr) else "" for node in body]
        for place, text in enumerate(texts):
            made = re.match(rf"(\w+) = {cls.__name__}\(", text)
            adds = re.compile(rf"{made[1]}\.{ADDS}" if made else "(?!)", re.IGNORECASE)
            kept = [node for node, each in zip(body[place:], texts[place:], strict=True) if adds.match(each)]
            if made and kept:
                yield _running(_with_needed(body[:place], [body[place], *kept]), made[1], module)


def _running(code: list[ast.stmt], name: str, module: Any) -> Callable[[], Any]:
    compiled = compile(ast.Module(code, []), "script", "exec")

    def make() -> Any:
        names = dict(vars(module))
        exec(compiled, names)
        return names[name]

    return make


def _with_needed(before: list[ast.stmt], kept: list[ast.stmt]) -> list[ast.stmt]:
    """Return statements behind the assignments of what they read."""
    for statement in reversed(before):
        read = {node.id for s in kept for node in ast.walk(s) if isinstance(node, ast.Name)}
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if read & {node.id for t in targets for node in ast.walk(t) if isinstance(node, ast.Name)}:
            kept = [statement, *kept]
    return kept


class _Fresh(NamedTuple):
    """A value that is built anew for each object."""

    build: Callable[[], Any]


def arrays() -> dict[str, np.ndarray[Any, Any]]:
    """Return arrays for constructors that take weights, and for --make."""
    rng = np.random.default_rng(3)
    return {
        "W": rng.normal(size=(IN, HIDDEN)) * 0.5, "b": rng.normal(size=HIDDEN) * 0.3,
        "x": rng.normal(size=(SAMPLES, IN)),
        "gamma": 1 + 0.3 * rng.normal(size=IN), "beta": 0.3 * rng.normal(size=IN),
    }  # fmt: skip


def rule_of(name: str) -> tuple[Any, ...] | None:
    return next((values for pattern, values in RULES if re.search(pattern, name, re.IGNORECASE)), None)


CONSTANTS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    (r"(n|num|max)?(epochs?|iter(ation)?s?)", (1,)),
    (r"eps(ilon)?", (1e-5,)),
    (r"p|prob|rate|keepprob|dropout\w*|droprate|pdrop|keep", (0.4,)),
    (r"momentum|rho|decay", (0.9,)),
    (r"alpha|slope|negativeslope|temperature", (0.2,)),
    (r"seed", (3,)),
    (r"(use|is|has)\w*", (True,)),
    (r"name|mode", ("layer", "tanh", "relu")),
    (r"\w*init\w*", ("xavier", "random", "he", lambda *shape: np.random.default_rng(3).normal(size=shape))),
)
TYPES: dict[Any, Any] = {bool: True, float: 0.5, str: "tanh"}


TEN = re.compile(r"(class|label)\w*(: int)? ?= ?10\b|eye\(10\)|hot\w*\([^()]*, ?10\)")


def guesses(parameter: inspect.Parameter, module: ModuleType | None) -> Iterator[Any]:
    """Yield values for a constructor's argument."""
    name, plain = parameter.name, bare(parameter.name)
    note = parameter.annotation if isinstance(parameter.annotation, type) else None
    known = next((values for pattern, values in CONSTANTS if re.fullmatch(pattern, plain)), None)
    weights = list(_weights(plain)) if note not in (int, bool) else []
    if weights:
        yield from weights
    elif note is bool or (known is not None and plain not in RATES):
        yield from (True,) if note is bool else known or ()
    elif plain in RATES:
        yield 0.5
    elif plain in ("rng", "randomstate", "generator"):
        yield from (_Fresh(lambda: np.random.default_rng(3)), 3)
    elif re.search("act|nonlin|deriv|prime", plain) or plain in ("fn", "func", "function", "transfer", "f"):
        yield from _activations(module, name)
    elif "loss" in plain or "cost" in plain:
        yield from ("mse", "mean_squared_error")
        yield from _activations(module, name, "mse|mean.?sq|squared|quadratic|cross|loss")
    elif note in TYPES:
        yield TYPES[note]
    else:
        values = rule_of(name) or (IN, HIDDEN, arrays()["W"], 0.5)
        yield from (10,) if values == (OUT,) and re.search("out|class", plain) and _of_digits(module) else values


def _of_digits(module: ModuleType | None) -> bool:
    """Return whether a file has ten classes written into it."""
    with contextlib.suppress(OSError, TypeError):  # it has no source
        return module is not None and TEN.search(inspect.getsource(module)) is not None
    return False


def _weights(plain: str) -> Iterator[Any]:
    """Yield arrays for a constructor's argument that is a weight by its name; of some names also a number."""
    kept, rng = arrays(), np.random.default_rng(4)
    square = (HIDDEN, HIDDEN)
    if plain in ("x", "inputs", "xtrain", "features"):
        yield kept["x"]
    elif plain in ("r", "ratings", "ratingmatrix"):
        yield rng.integers(0, 6, (SAMPLES, IN)).astype("float64")
    elif plain in ("y", "labels", "targets", "target", "ytrain"):
        y = (np.arange(SAMPLES) % 2).astype("float64")[:, np.newaxis]
        yield from (y, np.eye(OUT)[np.arange(SAMPLES) % OUT], y[:, 0])
    recurrent = {"wx": (IN, HIDDEN), "wh": square, "wxh": (HIDDEN, IN), "whh": square, "why": (OUT, HIDDEN)}
    if plain in ("w", "weight", "weights", "kernel", "theta"):
        image = rng.normal(size=(FILTERS, CHANNELS, KERNEL, KERNEL)) * 0.4
        yield from (kept["W"], kept["W"].T.copy(), image, rng.normal(size=(7, IN)))
    elif plain in recurrent:
        one = rng.normal(size=recurrent[plain]) * 0.4
        gates = (np.concatenate([one] * n, axis=1) * rng.normal(size=(1, n * one.shape[1])) for n in (4, 3))
        yield from (one, *gates)
    elif plain in ("b", "bias", "biases"):
        yield from (
            kept["b"],
            kept["b"][:, np.newaxis].copy(),
            *(rng.normal(size=n) for n in (FILTERS, 4 * HIDDEN, 3 * HIDDEN)),
        )
    elif plain in ("gamma", "beta", "scale", "shift"):
        yield from (kept.get(plain, kept["gamma"]), np.ones(CHANNELS), 0.1)


def _activations(module: ModuleType | None, name: str, pattern: str = "tanh|sigmoid|logistic|relu") -> Iterator[Any]:
    """Yield activations as a user's code may want them: functions, objects, classes or names."""
    derivative = "der" in name.lower() or "prime" in name.lower() or name.lower().startswith("d")
    for own, value in vars(module).items() if module is not None else ():
        is_derivative = re.search("der|prime|grad|back|^d", own, re.IGNORECASE) is not None
        if re.search(pattern, own, re.IGNORECASE) and getattr(value, "__module__", "") == module.__name__:  # type: ignore[union-attr]
            if inspect.isclass(value):
                yield _Fresh(value)
                yield value
            elif callable(value) and is_derivative == derivative:
                yield value
    if not derivative:
        yield from ("tanh", "sigmoid", np.tanh)
    else:
        yield lambda z: 1 - np.tanh(z) ** 2
