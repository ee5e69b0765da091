"""Layers as pairs of functions: `affine_forward(x, w, b)` and `affine_backward(dout, cache)`; steps of recurrences."""

import itertools
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np

from . import binding
from .calling import frozen
from .functions import Context, lookup
from .making import CHANNELS, FILTERS, HIDDEN, IN, KERNEL, OUT, SAMPLES, SIDE, TIME, _rule
from .program import Call, Program, Ref, argument
from .syntax import keys
from .words import INPUTS, RATES, TRAINING, bare, is_bias, is_weight

Shape = tuple[int, ...]
N, D, H, T, C, F, S, K, V = SAMPLES, IN, HIDDEN, TIME, CHANNELS, FILTERS, SIDE, KERNEL, 7

GATES = (1, 4, 3)


def _recurrent(order: str, bias: tuple[int, ...], samples: tuple[int, ...]) -> dict[str, tuple[Shape, ...]]:
    """Return the shapes of a recurrence: `order` io is (inputs, units); a bias has `bias` appended to its units."""
    turn = (lambda *shape: shape) if order == "io" else (lambda *shape: shape[::-1])
    return {
        "wx": tuple(turn(D, gates * H) for gates in GATES),
        "wh": tuple(turn(H, gates * H) for gates in GATES),
        "bh": tuple((gates * H, *bias) for gates in GATES),
        "wg": (turn(D + H, H),),
        "wy": (turn(H, OUT),),
        "by": ((OUT, *bias), (1, OUT)),
        "h": ((*samples, H) if order == "io" else (H, *samples),),
    }


def _family(x: Shape, w: Any, b: Any, scale: Any, **more: Any) -> dict[str, tuple[Shape, ...]]:
    return {"x": (x,), "w": w, "b": b, "scale": scale, **more}


IO, OI = ((D, H), (H, D)), ((H, D), (D, H))
FAMILIES: dict[str, dict[str, tuple[Shape, ...]]] = {
    "rows": _family((N, D), IO, ((H,), (1, H)), ((D,), (1, D)), **_recurrent("io", (), (N,))),
    "images": _family((2, C, S, S), ((F, C, K, K),), ((F,), (F, 1)), ((C,), (1, C, 1, 1))),
    "images, channels last": _family((2, S, S, C), ((K, K, C, F),), ((F,), (1, 1, 1, F)), ((C,), (1, 1, 1, C))),
    "columns": _family((D, N), OI, ((H, 1), (H,)), ((D, 1),), **_recurrent("oi", (1,), (N,))),
    "sequences": _family((2, T, D), IO[:1], ((H,),), ((D,),), **_recurrent("io", (), (2,))),
    "sequences, time last": _family((D, 2, T), OI[:1], ((H, 1),), ((D, 1),), **_recurrent("oi", (1,), (2,))),
    "one sample": _family((D,), OI, ((H,),), ((D,),), **_recurrent("oi", (), ())),
    "one column": _family((D, 1), OI[:1], ((H, 1),), ((D, 1),), **_recurrent("oi", (1,), (1,))),
    "one image": _family((C, S, S), ((F, C, K, K), (F, K, K)), ((F,), (1,)), ((C,),)),
    "one grey image": _family((S, S), ((K, K), (F, K, K)), ((F,), (1,)), ((C,),)),
    "integers": _family((2, T), ((V, D),), ((D,),), ((D,),)),
}
"""Shapes that belong together."""

SETTINGS: dict[str, tuple[Any, ...]] = {
    "mode": ("train",), "stride": (1,), "pad": (1, 0), "padding": (0,), "poolheight": (2,), "poolwidth": (2,),
    "f": (2,), "hpool": (2,), "poolsize": (2,), "size": (2,), "p": (0.6,), "keepprob": (0.6,), "dropout": (0.4,),
    "seed": (3,), "eps": (1e-5,), "epsilon": (1e-5,), "momentum": (0.9,), "alpha": (0.2,), "g": (2, 1), "lambd": (0.1,),
    "reg": (0.1,), "activation": ("tanh", "sigmoid", "relu"),
}  # fmt: skip
STATES = r"(h|c|a)(prev|0)?|prev(h|c|a)|h(t|idden)?(1|prev)?|hiddenstate|cellstate|state"
ROLES = (
    (r"(?!params$|parameters$).*(param|params|hparameters|hparams|config|options)", "settings"),
    (r"gamma|beta", "scale"),
    (r"wx|wxh|wax|u|wih", "wx"),
    (r"wh|whh|waa|wr", "wh"),
    (r"wy|why|wya|v", "wy"),
    (r"by", "by"),
    (r"w[figocuz]", "wg"),
)  # fmt: skip


def role(name: str, names: list[str]) -> str:
    """Return what a forward argument is: x, w, b, scale (gamma, beta), h, wx, wh, bh, wg, settings (a dict), or ''."""
    own = bare(name)
    recurrent = any(re.fullmatch(STATES, bare(n)) for n in names[1:])
    found = next((what for pattern, what in ROLES if re.fullmatch(pattern, own)), None)
    if found is None and recurrent and re.fullmatch(STATES, own):
        found = "h"
    elif found is None and (own in INPUTS or own in ("q", "k", "query", "key", "z")):
        found = "x"
    elif found is None and (is_weight(name) or own in ("f", "filt")):
        found = ("bh" if recurrent else "b") if is_bias(name) else "w"
    return found or ""


def readings(name: str, forward: Any, back: Any, context: Context) -> Iterator[Program]:
    """Yield the readings of a pair of functions that is a layer."""
    needed = [p for p in binding.parameters(forward) if p.default is p.empty and bare(p.name) not in TRAINING]
    names = [p.name for p in needed]
    roles = {n: role(n, names) for n in names}
    if needed and not any(r == "x" for r in roles.values()):
        roles[names[0]] = "x"
    for family, shapes in FAMILIES.items():
        choices = [_values(n, roles[n], shapes, family, forward, context.module) for n in names]
        for values in itertools.islice(itertools.product(*choices), 160):
            given = dict(zip(names, values, strict=True))
            if not _runs(forward, given, context):
                continue
            refs: dict[str, Ref] = {n: argument(n) for n in names}
            for positional, keywords, count in binding.backward(back, refs):
                yield _program(name, forward, back, context, given, positional, keywords, count, family, 0)


def _runs(forward: Any, given: dict[str, Any], context: Context) -> bool:
    arguments = {n: _drawn(v, 0) for n, v in given.items()}
    program = Program(
        "", "layer", None, arguments, [_forward(forward, given)], module=context.module, data=context.data
    )
    try:
        with frozen(context.module):
            world = program.build()
            program.go_forward(world)
            output = np.asarray(program.output(world))
            return output.dtype.kind == "f" and bool(np.isfinite(output).all())
    except Exception:
        return False


def _forward(forward: Any, given: dict[str, Any]) -> Call:
    refs = [argument(n) for n in given]
    return Call(lookup(forward), refs, binding.flags(forward, len(given)))


def _values(
    name: str, what: str, shapes: dict[str, tuple[Shape, ...]], family: str, function: Any, module: ModuleType | None
) -> list[Any]:
    """Return what may be given for an argument: shapes as tuples, settings as they are."""
    own = bare(name)
    if what == "settings":
        found = {key: SETTINGS.get(bare(key), (1,))[0] for key in keys(function, name, module)}
        return [_Given(found), *([_Given(found | {"pad": 0})] if "pad" in found else [])]
    if what == "x" and family == "integers":
        return [_Integers(shape) for shape in (*shapes["x"], (N,))]
    if what:
        return list(shapes.get(what, ()))
    if own in SETTINGS:
        return [_Given(value) for value in SETTINGS[own]]
    if own in RATES:
        return [_Given(1.0)]
    rule = _rule(name)
    return [_Given(value) for value in rule[:2]] if rule else [*shapes["x"], _Given(1.0)]


class _Given:
    """A setting, not an array to draw."""

    def __init__(self, value: Any) -> None:
        self.value = value


class _Integers(tuple[int, ...]):
    """The shape of an array of integers."""


def _drawn(value: Any, seed: int, samples: int = 0, place: int = 0) -> Any:
    if isinstance(value, _Given):
        return value.value
    rng = np.random.default_rng([seed + 80, place])
    return rng.integers(0, 5, value) if isinstance(value, _Integers) else rng.normal(size=value) * 0.7


def _program(
    name: str, forward: Any, back: Any, context: Context, given: dict[str, Any], positional: list[Ref],
    keywords: dict[str, Ref], count: int, family: str, seed: int,
) -> Program:  # fmt: skip
    arguments = {n: _drawn(v, seed, 0, i) for i, (n, v) in enumerate(given.items())}

    def redraw(new: int, samples: int) -> Program:
        return _program(name, forward, back, context, given, positional, keywords, count, family, new)

    return Program(
        name, "layer", context.make, arguments, [_forward(forward, given)],
        [Call(lookup(back), positional, keywords, "backward")], output=binding.outputs(count), module=context.module,
        data=context.data, sources=context.sources, redraw=redraw, words=(f"inputs as {family}",), rate=binding.RATE,
        single=family.startswith("one"), batches=True,
    )  # fmt: skip
