"""Activations and losses: a function and the function that is its derivative, or one function that returns both."""

import inspect
import itertools
import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..call.calling import frozen
from ..call.program import Call, Program, Ref, argument, constant, first_array, is_array, method_of
from ..call.world import World, plain
from ..protocols import Array
from ..source.syntax import indices, source_of, unpacked
from ..source.words import INPUTS, LABELS, PREDICTED, TRAINING, UPSTREAM, bare
from .context import Context
from .results import cache, kept_output
from .roles import parameters

Lookup = Callable[[World], Any]

KNOWN: dict[str, Callable[[Array], Array]] = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)), "logistic": lambda z: 1 / (1 + np.exp(-z)), "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0), "softplus": lambda z: np.log1p(np.exp(z)), "sin": np.sin, "exp": np.exp,
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True), "linear": lambda z: z,
}  # fmt: skip
"""What a derivative without a partner in the file is held against, and what a loss makes of scores."""


def lookup(function: Any, each: bool = False) -> Lookup:
    """Return a reference to a function, or to a method of the object in the world if its name is given.

    Args:
        each: whether it is called with one number at a time.
    """
    own = method_of(function) if isinstance(function, str) else constant(function)
    return (lambda world: _one_by_one(own(world), world["compute"])) if each else own


# ---- activations -----------------------------------------------------------------------------------------------------


def activation(name: str, forward: Any, derivative: Any, context: Context, signature: Any = None) -> Iterator[Program]:
    """Yield the readings of an activation and its derivative.

    Args:
        forward, derivative: functions, or names of methods of the object that `context.make` builds.
        signature: the derivative as a function, for its parameter names, if it is given by name.
    """
    known = signature if signature is not None else derivative
    sizes: dict[str, tuple[int, ...]] = {"rows": (6, 4), "one number": (9,), "one sample": (5,), "columns": (5, 1)}
    first = next((p.name for p in parameters(forward)), "")
    parts = max(len(unpacked(forward, first)), *(i + 1 for i in indices(forward, first)), 0)  # x, y = p; p[0], p[1]
    sizes = {"one sample": (parts,)} if parts > 1 else sizes
    for layout, size in sizes.items():
        for roles in _activation_roles(known, {bare(p.name) for p in parameters(forward)}):
            if roles == ("a",) and _is_meant_of_z(forward, derivative, context):
                continue
            yield _activation(name, forward, derivative, context, layout, size, roles, 0)


def _activation_roles(derivative: Any, forward_names: set[str]) -> list[tuple[str, ...]]:
    """Return the possible roles z, a, u (upstream) and cache of a derivative's arguments, those its names allow."""
    needed = [bare(p.name) for p in parameters(derivative) if p.default is p.empty and bare(p.name) not in TRAINING]
    several = len(needed) > 1
    outputs = ("a", "out", "output", "activation", "s", "h") if several else ("y", "a", "out", "output", "s", "fx",
                                                                              "activated")  # fmt: skip
    choices: list[tuple[str, ...]] = []
    for own in needed:
        short = several and own.startswith("d") and len(own) < 4
        if not several and own in forward_names and own in UPSTREAM:
            choices.append(("z", "u"))  # a cost of an error
        elif own in UPSTREAM or own.startswith(("grad", "next", "dl", "up")) or short:
            choices.append(("u",))
        elif several and own in ("z", "v", "net"):
            choices.append(("z",))
        elif own in ("cache", "caches", "ctx", "activationcache"):
            choices.append(("cache", "z", "a"))
        elif own in outputs and (several or own not in forward_names):
            choices.append(("a", "z"))
        else:
            choices.append(("z", "a", "u") if several else ("z", "a"))
    found = list(dict.fromkeys(itertools.product(*choices))) if needed else [("z",), ()]
    return [roles for roles in found if len(set(roles)) == len(roles)]


def _is_meant_of_z(forward: Any, derivative: Any, context: Context) -> bool:
    """Return whether a derivative asks for z, and another that the file names alike is one of z and not of f(z)."""
    names = [getattr(function, "__name__", "") for function in (forward, derivative)]
    if context.module is None or not all(names) or names[0] not in names[1] or not inspect.isfunction(derivative):
        return False
    if [bare(p.name) for p in parameters(derivative)] != ["z"]:
        return False
    before, after = names[1].split(names[0], 1)
    own = {n: v for n, v in vars(context.module).items() if inspect.isfunction(v) and n != names[0]}
    pairs = [(f, own[before + n + after]) for n, f in own.items() if before + n + after in own]
    with frozen(context.module):
        return any(_is_of_z(f, g) for f, g in pairs if [bare(p.name) for p in parameters(g)] == ["z"])


def _is_of_z(forward: Any, derivative: Any) -> bool:
    """Return whether a derivative is that at what it is given, and another at f of it."""
    z, h = np.array([-1.3, -0.4, 0.7, 1.6]), 1e-6
    try:
        slope = (np.asarray(forward(z + h)) - forward(z - h)) / (2 * h)
        at, of_output = np.asarray(derivative(z), float), np.asarray(derivative(np.asarray(forward(z))), float)
        return bool(np.allclose(at, slope, rtol=1e-4) and not np.allclose(of_output, slope, rtol=1e-2))
    except Exception:  # a user's code may raise anything
        return False


def _activation(
    name: str, forward: Any, derivative: Any, context: Context, layout: str, size: tuple[int, ...],
    roles: tuple[str, ...], seed: int,
) -> Program:  # fmt: skip
    rng = np.random.default_rng(seed + 40)
    z = rng.normal(size=size) * 1.5
    z += 0.05 * np.sign(z)
    each = layout == "one number"

    refs: dict[str, Ref] = {
        "z": argument("z"),
        "a": lambda world: plain(first_array(world["forward"])),
        "u": lambda world: world["upstream"][0],
        "cache": lambda world: world["forward"][1] if isinstance(world["forward"], tuple) else world["arguments"]["z"],
    }

    def gradient(world: World) -> Any:
        found = plain(world["backward"])
        if isinstance(found, tuple | list):
            numbers = [part for part in found if isinstance(part, float)]  # a part each
            found = world["compute"](np.array, numbers) if len(numbers) == len(found) > 1 else first_array(found)
        if layout == "rows" and np.shape(world["upstream"][0]) == (size[1], size[1]):
            raise ValueError("z.T @ z is meant of one vector")
        return found if "u" in roles else times(world["upstream"][0], found, world["compute"])

    def redraw(new: int, samples: int) -> Program:
        shape = (samples or size[0], *size[1:]) if layout == "rows" else size
        return _activation(name, forward, derivative, context, layout, shape, roles, new)

    said = {"z": "z", "a": "f(z)", "u": "the gradient from above", "cache": "what f kept"}
    words = f"the derivative is given {', '.join(said[role] for role in roles) or 'nothing'}"
    return Program(
        name, "activation", context.make, {"z": z},
        [Call(lookup(forward, each), [refs["z"]])],
        [Call(lookup(derivative, each), [refs[role] for role in roles], into="backward")],
        gradient=gradient, module=context.module, data=context.data, sources=context.sources, redraw=redraw,
        words=(words, *(["one number at a time"] if each else [])), single=layout in ("one sample", "columns"),
    )  # fmt: skip


def _one_by_one(function: Any, compute: Any) -> Callable[..., Any]:
    def each(*arguments: Array) -> Any:
        indices = list(np.ndindex(np.shape(arguments[0])))
        results = [function(*(compute(operator.getitem, argument, i) for argument in arguments)) for i in indices]
        if len(indices) == np.size(arguments[0]) and np.ndim(arguments[0]) == 1:
            return compute(np.array, results)
        return np.array(results).reshape(np.shape(arguments[0]))

    return each


def times(u: Array, derivative: Any, compute: Any = lambda function, *arguments: function(*arguments)) -> Any:
    """Return U f' for an elementwise derivative, and U J for Jacobians of one row or of each; None of None."""
    if derivative is None:
        return None
    if not isinstance(derivative, np.ndarray) or derivative.dtype.kind != "f":
        derivative = compute(np.array, derivative, "float64")
    if derivative.shape == u.shape or derivative.ndim == 0 or u.ndim == 0:
        return compute(np.multiply, u, derivative)
    if derivative.ndim == u.ndim + 1 and derivative.shape[:-1] == u.shape:
        return compute(np.einsum, f"{'xy'[: u.ndim - 1]}i,{'xy'[: u.ndim - 1]}ij->{'xy'[: u.ndim - 1]}j", u, derivative)
    if derivative.ndim == 2 and derivative.shape == (u.size, u.size):
        return compute(np.reshape, compute(np.matmul, u.reshape(-1), derivative), u.shape)
    return derivative


# ---- losses ----------------------------------------------------------------------------------------------------------


def loss(
    name: str, value: Any, derivative: Any, context: Context, signatures: tuple[Any, Any] | None = None
) -> Iterator[Program]:
    """Yield the readings of a loss with its derivative; `derivative` is None if the function returns both."""
    of_value, of_derivative = signatures or (value, derivative)
    first = ("flat",) if _of_vectors(of_value, of_derivative) else ()
    for data in (*first, *DATA):
        for order in loss_orders(of_value):
            if derivative is None:
                yield _loss(name, value, None, context, data, order, (), 0)
                continue
            for other in loss_orders(of_derivative, order):
                if {"z", "slope"} & set(other):
                    for squash in ("sigmoid", "softmax"):
                        yield _loss(name, value, derivative, context, data, order, other, 0, squash=squash)
                    continue
                yield _loss(name, value, derivative, context, data, order, other, 0)
                if "p" in other:  # the probabilities that the loss made of its logits
                    made = tuple("made" if role == "p" else role for role in other)
                    yield _loss(name, value, derivative, context, data, order, made, 0)


DATA = ("one hot", "numbers", "binary", "signs", "integers", "soft", "one sample", "columns", "one number")
CLASSES = 4
GIVEN = {
    **dict.fromkeys(("dout", "upstream", "grad", "gradoutput"), "one"),
    **dict.fromkeys(("cache", "caches", "ctx"), "cache"),
}
SLOPE = re.compile("prime|deriv")
ORDERS: tuple[tuple[str, ...], ...] = (
    ("p",), ("y", "p"), ("p", "y"), ("y", "p", "cache"), ("p", "y", "cache"), ("one", "p", "y"), ("p", "y", "one"),
)  # fmt: skip


def _of_vectors(value: Any, derivative: Any) -> bool:
    """Return whether a loss is the mean of all elements, and its derivative is divided by a length: that of vectors."""
    counts = re.search(r"len\(|\.shape\[0\]", source_of(derivative)) is not None
    return counts and "mean(" in source_of(value) and "axis" not in source_of(value)


def _loss_role(own: str, others: list[str]) -> str:
    """Return what an argument of a loss is by its name: y (true), p (predicted), one (upstream), cache; '' if unknown.

    y is the prediction beside a target, and the target beside a prediction; z beside both what the prediction is the
    sigmoid or softmax of: delta(z, a, y); slope the derivative there in its place.
    """
    if own in GIVEN or ((own in ("z", "zs") or SLOPE.search(own)) and len(others) == 2):
        return GIVEN.get(own, "z" if own in ("z", "zs") else "slope")
    targets = ("t", "target", "label", "labels", "targets", "d")
    if own == "y" and any(n in targets or (n in LABELS and n.startswith("y")) for n in others):
        return "p"
    if own in LABELS and own not in ("y", "t", "d", "ys"):
        return "y"
    if (own in PREDICTED and len(own) > 1) or (own in INPUTS and len(own) == 1) or own in ("input", "inputs"):
        return "p"
    beside = own in ("t", "d") or (own == "y" and all(n in PREDICTED or n in INPUTS or SLOPE.search(n) for n in others))
    return "y" if others and beside else ""


def loss_orders(function: Any, like: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the possible orders of y (true) and p (predicted), those that the names of the arguments allow."""
    needed = [p for p in parameters(function) if p.default is p.empty]
    if not needed:  # what forward kept
        return [()]
    names = [bare(p.name) for p in needed]
    known = [_loss_role(own, names[:i] + names[i + 1 :]) for i, own in enumerate(names)]
    if {"cache", "one", "z", "slope"} & set(known):
        return [tuple(role or "p" for role in known)]
    options = [order for order in ORDERS if len(order) == len(needed)]
    fitting = [o for o in options if all(not k or k == role for k, role in zip(known, o, strict=True))] or options
    if like in fitting and not any(known):
        fitting = [like, *(o for o in fitting if o != like)]
    return fitting


def _loss(
    name: str, value: Any, derivative: Any, context: Context, data: str, order: tuple[str, ...],
    other: tuple[str, ...], seed: int, samples: int = 0, squash: str = "",
) -> Program:  # fmt: skip
    y, p = _loss_data(data, seed, samples or 6, _classes(context))
    refs: dict[str, Ref] = {
        "y": argument("y_true"), "z": argument("y_pred"),
        "p": _squashed(squash) if squash else argument("y_pred"),
        "one": constant(1.0), "cache": lambda world: cache(world | {"output": 0.0}), "made": _made,
        "slope": lambda world: refs["p"](world) * (1 - refs["p"](world)),
    }  # fmt: skip
    each = data == "one number"

    def redraw(new: int, count: int) -> Program:
        return _loss(name, value, derivative, context, data, order, other, new, count, squash)

    def of(world: World) -> Any:
        returned = plain(world["forward"])
        if "self" in world and (returned is None or returned is world["arguments"]["y_pred"]):
            return kept_loss(world["self"])
        if not isinstance(returned, tuple | list):
            return returned
        return next((part for part in returned if np.size(part) == 1), returned[0])

    back = [Call(lookup(derivative, each), [refs[role] for role in other], into="backward")]
    calls = back if derivative is not None else []
    said = f"the arguments are ({', '.join({'y': 'target', 'p': 'prediction'}.get(role, role) for role in order)})"
    said += f"; the derivative is by z, the prediction is its {squash}" if squash else ""
    return Program(
        name, "loss", context.make, {"y_true": y, "y_pred": p},
        [Call(lookup(value, each), [refs[role] for role in order])], calls,
        loss=of, output=argument("y_pred"), passive=frozenset({"y_true"}),
        gradient=(lambda world: _first(world["backward"])) if calls else None,
        module=context.module, data=context.data, sources=context.sources, redraw=redraw,
        words=(said, f"targets: {data}"), single=data in ("one sample", "one number"),
    )  # fmt: skip


def _squashed(squash: str) -> Ref:
    """Return a reference to the prediction that is made of z."""

    def found(world: World) -> Any:
        if "squashed" not in world:
            world["squashed"] = world["compute"](KNOWN[squash], world["arguments"]["y_pred"])
        return world["squashed"]

    return found


def _made(world: World) -> Any:
    """Return what a loss returned or kept besides its value, in the shape of the prediction.

    Raises:
        ValueError: there is nothing of that shape.
    """
    p, returned = world["arguments"]["y_pred"], world["forward"]
    parts = [plain(part) for part in returned] if isinstance(returned, tuple | list) else []
    if "self" in world:
        parts.append(kept_output(world["self"], p))
    found = next((part for part in parts if is_array(part) and part is not p and np.shape(part) == np.shape(p)), None)
    if found is None:
        raise ValueError("the loss makes nothing in the shape of the prediction")
    return found


def kept_loss(owner: Any) -> Any:
    """Return the loss that an object keeps instead of returning it.

    Raises:
        ValueError: it keeps none.
    """
    for name in ("loss", "cost", "error", "value", "_loss", "output"):
        value = plain(getattr(owner, name, None))
        if isinstance(value, float) or is_array(value):
            return value
    raise ValueError("forward returns no loss and keeps none under a usual name")


def _first(value: Any) -> Any:
    value = plain(value)
    if isinstance(value, tuple | list) and value and is_array(plain(value[0])):
        return value[0]
    return np.asarray(value) if isinstance(value, list) else value


def _classes(context: Context) -> int:
    """Return the number of classes: that which a loss keeps, or that of the weights that it has for them."""
    held = getattr(context.make(), "__dict__", {}) if context.make is not None else {}
    known = [v for n, v in held.items() if type(v) is int and re.search("class|label", n) and 1 < v < 1000]
    known += [len(v) for v in held.values() if is_array(v) and v.ndim == 1 and len(v) > 1]
    return next(iter(known), CLASSES)


def _loss_data(data: str, seed: int, samples: int, classes: int) -> tuple[Array, Array]:
    """Return targets and predictions: probabilities, apart from the kinks at y = p and |y - p| = 1."""
    rng = np.random.default_rng(seed + 60)
    vectors: dict[str, tuple[int, ...]] = dict.fromkeys(("one number", "flat"), (samples,))
    shapes = vectors | {"binary": (samples, 1), "one sample": (classes,), "columns": (classes, samples)}
    shape = shapes.get(data, (samples, classes))
    p = rng.uniform(0.1, 0.9, shape)
    if data in ("one hot", "columns", "soft"):
        axis = 0 if data == "columns" else 1
        p = p / p.sum(axis=axis, keepdims=True)
        y = np.eye(classes)[rng.integers(0, classes, samples)]
        y = rng.dirichlet(np.ones(classes), samples) if data == "soft" else y
        return (y.T.copy() if data == "columns" else y), p
    if data == "numbers":
        p = rng.normal(size=shape) * 1.3
        return p + rng.choice((-1, 1), shape) * rng.choice((0.4, 1.7), shape), p
    if data == "integers":
        return rng.integers(0, classes, samples), p
    if data == "signs":
        return rng.choice((-1.0, 1.0), shape), rng.normal(size=shape)
    if data == "one sample":
        return np.eye(classes)[rng.integers(0, classes)], p / p.sum()
    return rng.integers(0, 2, shape).astype("float64"), p
