"""Layers as pairs of functions: `affine_forward(x, w, b)` with `affine_backward(dout, cache)`, and steps of recurrences."""

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

FAMILIES: dict[str, dict[str, tuple[Shape, ...]]] = {
    "rows": {"x": ((N, D),), "w": ((D, H), (H, D)), "b": ((H,), (1, H)), "scale": ((D,), (1, D)), "h": ((N, H),),
             "wx": ((D, H), (D, 4 * H), (D, 3 * H)), "wh": ((H, H), (H, 4 * H), (H, 3 * H)), "bh": ((H,), (4 * H,), (3 * H,)),
             "wg": ((D + H, H),), "wy": ((H, OUT),), "by": ((OUT,), (1, OUT))},
    "images": {"x": ((2, C, S, S),), "w": ((F, C, K, K),), "b": ((F,), (F, 1)), "scale": ((C,), (1, C, 1, 1))},
    "images, channels last": {"x": ((2, S, S, C),), "w": ((K, K, C, F),), "b": ((F,), (1, 1, 1, F)), "scale": ((C,), (1, 1, 1, C))},
    "columns": {"x": ((D, N),), "w": ((H, D), (D, H)), "b": ((H, 1), (H,)), "scale": ((D, 1),), "h": ((H, N),), "wx": ((H, D), (4 * H, D)),
                "wh": ((H, H), (4 * H, H)), "bh": ((H, 1), (4 * H, 1)), "wg": ((H, H + D),), "wy": ((OUT, H),), "by": ((OUT, 1),)},
    "sequences": {"x": ((2, T, D),), "w": ((D, H),), "b": ((H,),), "scale": ((D,),), "h": ((2, H),), "wx": ((D, H), (D, 4 * H), (D, 3 * H)),
                  "wh": ((H, H), (H, 4 * H), (H, 3 * H)), "bh": ((H,), (4 * H,), (3 * H,)), "wg": ((D + H, H),), "wy": ((H, OUT),), "by": ((OUT,),)},
    "sequences, time last": {"x": ((D, 2, T),), "w": ((H, D),), "b": ((H, 1),), "scale": ((D, 1),), "h": ((H, 2),), "wx": ((H, D),), "wh": ((H, H),),
                             "bh": ((H, 1),), "wg": ((H, H + D),), "wy": ((OUT, H),), "by": ((OUT, 1),)},
    "one sample": {"x": ((D,),), "w": ((H, D), (D, H)), "b": ((H,),), "scale": ((D,),), "h": ((H,),), "wx": ((H, D), (4 * H, D)),
                   "wh": ((H, H), (4 * H, H)), "bh": ((H,), (4 * H,)), "wg": ((H, H + D),), "wy": ((OUT, H),), "by": ((OUT,),)},
    "one column": {"x": ((D, 1),), "w": ((H, D),), "b": ((H, 1),), "scale": ((D, 1),), "h": ((H, 1),), "wx": ((H, D), (4 * H, D)),
                   "wh": ((H, H), (4 * H, H)), "bh": ((H, 1), (4 * H, 1)), "wg": ((H, H + D),), "wy": ((OUT, H),), "by": ((OUT, 1),)},
    "one image": {"x": ((C, S, S), (S, S), (S, S, C)), "w": ((F, C, K, K), (K, K), (F, K, K), (K, K, C, F)), "b": ((F,), (1,)), "scale": ((C,),)},
    "integers": {"x": ((2, T), (N,)), "w": ((V, D),), "b": ((D,),), "scale": ((D,),)},
}  # fmt: skip
"""Shapes that belong together."""

SETTINGS: dict[str, tuple[Any, ...]] = {
    "mode": ("train",), "stride": (1,), "pad": (1, 0), "padding": (0,), "poolheight": (2,), "poolwidth": (2,), "hpool": (2,), "p": (0.6,), "keepprob": (0.6,),
    "dropout": (0.4,), "dropoutparam": (0.4,), "seed": (3,), "eps": (1e-5,), "epsilon": (1e-5,), "momentum": (0.9,), "f": (2,),
    "poolsize": (2,), "size": (2,), "activation": ("tanh", "sigmoid", "relu"), "alpha": (0.2,), "g": (2, 1), "lambd": (0.1,), "reg": (0.1,),
}  # fmt: skip


def role(name: str, names: list[str]) -> str:
    """Return what a forward argument is: x, w, b, scale (gamma, beta), h, wx, wh, bh, wg, settings (a dict), or ''."""
    own = bare(name)
    recurrent = any(
        re.fullmatch(r"(h|c|a)(prev|0)?|prev(h|c|a)|h(t|idden)?(1|prev)?|hiddenstate|state|hprev|aprev", bare(n))
        for n in names[1:]
    )
    if own.endswith(("param", "params", "hparameters", "hparams", "config", "options")) and own not in (
        "params",
        "parameters",
    ):
        return "settings"
    if own in ("gamma", "beta"):
        return "scale"
    if re.fullmatch(r"wx|wxh|wax|u|wih", own):
        return "wx"
    if re.fullmatch(r"wh|whh|waa|wr", own):
        return "wh"
    if re.fullmatch(r"wy|why|wya|v", own):
        return "wy"
    if re.fullmatch(r"by", own):
        return "by"
    if re.fullmatch(r"w[figocuz]", own):
        return "wg"
    if recurrent and re.fullmatch(
        r"(h|c|a)(prev|0)?|prev(h|c|a)|h(t|idden)?(1|prev)?|hiddenstate|state|hprev|aprev|cprev|cellstate", own
    ):
        return "h"
    if recurrent and is_weight(name) and is_bias(name):
        return "bh"
    if own in INPUTS or own in ("q", "k", "v", "query", "key", "z"):
        return "x"
    if is_weight(name) or own in ("f", "filt"):
        return "b" if is_bias(name) else "w"
    return ""


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
        return [_Integers(shape) for shape in shapes["x"]]
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
    name: str, forward: Any, back: Any, context: Context, given: dict[str, Any], positional: list[Ref], keywords: dict[str, Ref],
    count: int, family: str, seed: int,
) -> Program:  # fmt: skip
    arguments = {n: _drawn(v, seed, 0, i) for i, (n, v) in enumerate(given.items())}

    def redraw(new: int, samples: int) -> Program:
        return _program(name, forward, back, context, given, positional, keywords, count, family, new)

    return Program(
        name, "layer", context.make, arguments, [_forward(forward, given)],
        [Call(lookup(back), positional, keywords, "backward")], output=binding.outputs(count), module=context.module, data=context.data,
        sources=context.sources, redraw=redraw, words=(f"inputs as {family}",), rate=binding.RATE, single=family.startswith("one"),
    )  # fmt: skip
