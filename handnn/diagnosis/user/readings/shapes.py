"""Data for functions that are given their weights: families of shapes that belong together."""

import itertools
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np

from ..call.making import CHANNELS, FILTERS, HIDDEN, IN, KERNEL, OUT, SAMPLES, SIDE, TIME, rule_of
from ..call.world import Path as Place
from ..source.syntax import keys, returned_names, unpacked
from ..source.words import RATES, bare, is_bias
from .data import Data
from .roles import DROPPED, KEPT, RATE, role_of, roles_of, setting
from .ways import Way

Shape = tuple[int, ...]
N, D, H, T, C, F, S, K, V = SAMPLES, IN, HIDDEN, TIME, CHANNELS, FILTERS, SIDE, KERNEL, 7
GATES = (1, 4, 3)
MOST = 160


def _recurrent(order: str, bias: Shape, samples: Shape, out: int = OUT) -> dict[str, tuple[Shape, ...]]:
    """Return the shapes of a recurrence: `order` io is (inputs, units); a bias has `bias` appended to its units."""

    def turn(*shape: int) -> Shape:
        return shape if order == "io" else shape[::-1]

    return {
        "wx": tuple(turn(D, gates * H) for gates in GATES),
        "wh": tuple(turn(H, gates * H) for gates in GATES),
        "bh": tuple((gates * H, *bias) for gates in GATES),
        "wg": (turn(D + H, H),),
        "wy": (turn(H, out),),
        "by": ((out, *bias), (1, out)),
        "state": ((*samples, H) if order == "io" else (H, *samples),),
    }


def _family(x: Any, w: Any, b: Any, scale: Any, **more: Any) -> dict[str, tuple[Any, ...]]:
    return {"x": (x,), "weight": w, "bias": b, "scale": scale, **more}


IO, OI = ((D, H), (H, D)), ((H, D), (D, H))
JOINT = ((D + H + 1, 4 * H), (D + H, 4 * H))
"""All gates of [x, h] side by side, with the bias in a row or without."""
HEADS = ((2, D, H), (2, H, D))
COLUMN = (1,)
FAMILIES: dict[str, dict[str, tuple[Any, ...]]] = {
    "rows": _family((N, D), IO, ((H,), (1, H), (D,)), ((D,), (1, D)), **_recurrent("io", (), (N,))),
    "images": _family((2, C, S, S), ((F, C, K, K), (C, F, K, K)), ((F,), (F, 1)), ((C,), (1, C, 1, 1))),
    "images, channels last": _family((2, S, S, C), ((K, K, C, F),), ((F,), (1, 1, 1, F)), ((C,), (1, 1, 1, C))),
    "columns": _family((D, N), OI, ((H, 1), (H,)), ((D, 1),), **_recurrent("oi", COLUMN, (N,))),
    "sequences": _family((2, T, D), (*IO[:1], *JOINT), ((H,),), ((D,),), **_recurrent("io", (), (2,))),
    "sequences, time first": _family((T, 2, D), (*IO[:1], *JOINT), ((H,),), ((D,),), **_recurrent("io", (), (2,))),
    "sequences, time last": _family((D, 2, T), OI[:1], ((H, 1),), ((D, 1),), **_recurrent("oi", COLUMN, (2,))),
    "one sample": _family((D,), OI, ((H,),), ((D,),), **_recurrent("oi", (), ())),
    "one column": _family((D, 1), OI[:1], ((H, 1),), ((D, 1),), **_recurrent("oi", COLUMN, COLUMN)),
    "one image": _family((C, S, S), ((F, C, K, K), (F, K, K)), ((F,), (1,)), ((C,),)),
    "one image, channels last": _family((S, S, C), ((K, K, C, F),), ((F,), (1, 1, 1, F)), ((C,),)),
    "one grey image": _family((S, S), ((K, K), (F, K, K)), ((F,), (1,)), ((C,),)),
    "one volume": _family((4, 4, 4), ((2, 2, 2),), ((1,),), ((C,),)),
    "list of columns": _family([(D, 1)], OI[:1], ((H, 1),), ((D, 1),), **_recurrent("oi", COLUMN, COLUMN)),
    "list of rows": _family([(1, D)], IO[:1], ((1, H),), ((D,),), **_recurrent("io", (), COLUMN)),
    "list of vectors": _family([(D,)], OI[:1], ((H,),), ((D,),), **_recurrent("oi", (), ())),
    "list of integers": _family([()], OI[:1], ((H, 1),), ((D,),), **_recurrent("oi", COLUMN, COLUMN, D)),
    "one sequence, weights by head": _family((T, D), HEADS, ((2, H),), ((D,),)),
    "sequences, weights by head": _family((2, T, D), HEADS, ((2, H),), ((D,),)),
    "rows of one number at a time": _family((N, T), ((),), ((),), ((),)),
    "integers": _family((2, T), ((V, D),), ((D,),), ((D,),)),
}
"""Shapes that belong together; a list stands for one array each time step."""

SETTINGS: dict[str, tuple[Any, ...]] = {
    "mode": ("train",), "stride": (1,), "pad": (1, 0), "padding": (0,), "poolheight": (2,), "poolwidth": (2,),
    "f": (2,), "hpool": (2,), "poolsize": (2,), "size": (2,), "p": (0.6,), "keepprob": (0.6,), "dropout": (0.4,),
    "seed": (3,), "eps": (1e-5,), "epsilon": (1e-5,), "momentum": (0.9,), "alpha": (0.2,), "g": (2, 1), "lambd": (0.1,),
    "reg": (0.1,), "activation": ("tanh", "sigmoid", "relu"),
}  # fmt: skip


class _Given:
    """A setting, not an array to draw."""

    def __init__(self, value: Any) -> None:
        self.value = value


class _Packed:
    """A container of arrays: a shape for each of its names."""

    def __init__(self, shapes: dict[str, Shape], keyed: bool) -> None:
        self.shapes, self.keyed = shapes, keyed


def families(way: Way, roles: dict[str, str], module: ModuleType | None, shape: Any = None) -> Iterator[Data]:
    """Yield data for the arguments of the forward steps whose roles are not those of labels or results.

    Args:
        roles: by argument. shape: of one sample, if it is known.
    """
    first = roles_of(way.forward[0].function)
    made = {bare(name) for name in returned_names(way.forward[0].function)}  # by the forward step: `f`, or all as `f_s`
    names = [n for n, role in roles.items()
             if role not in ("y", "output", "cache", "upstream")
             and (n in first or (role in ("container", "weight") and not {bare(n), f"{bare(n)}s"} & made))]  # fmt: skip
    inner = {n: _names_in(way, n, module) for n in names if roles[n] == "container"}
    functions = [step.function for step in way.steps]
    own = [tuple(shape)] if shape is not None and not isinstance(shape, int) else [(shape,)] if shape else []
    for family, known in FAMILIES.items():
        shapes = known
        if own:
            batch = [(SAMPLES if len(own[0]) == 1 else 2, *own[0])]
            rank = len(own[0]) if family.startswith("one") else len(batch[0])
            if len(np.shape(shapes["x"][0])) > 1 or len(shapes["x"][0]) != rank or "columns" in family:
                continue
            shapes = {**shapes, "x": tuple(own if family.startswith("one") else batch)}
        choices = [_values(n, roles[n], shapes, family, functions, module, inner, names) for n in names]
        for values in itertools.islice(itertools.product(*choices), MOST):
            yield _data(dict(zip(names, values, strict=True)), family, inner)


def _names_in(way: Way, name: str, module: ModuleType | None) -> tuple[list[str], bool]:
    """Return the names of the arrays in a container, and whether they are keys."""
    functions = [step.function for step in way.steps]
    found = list(dict.fromkeys(k for f in functions for k in keys(f, name, module) if k[-1:] != "*"))
    if found:
        return found, True
    return next((names for f in functions if (names := unpacked(f, name))), []), False


def _data(given: dict[str, Any], family: str, inner: dict[str, tuple[list[str], bool]]) -> Data:
    def draw(seed: int, samples: int) -> dict[str, Any]:
        return {n: _drawn(v, seed, place, family) for place, (n, v) in enumerate(given.items())}

    places: dict[Place, str] = {
        (("[", "arguments"), ("[", name), ("[", place)): own
        for name, (names, keyed) in inner.items() if not keyed for place, own in enumerate(names)
    }  # fmt: skip
    single = family.startswith(("one", "list"))
    axis = 0 if family.startswith(("columns", "one sample")) or family == "list of vectors" else -1
    axis = -2 if family in ("one column", "list of columns", "list of integers", "columns") else axis
    return Data(draw, f"inputs as {family}", single, axis, names=places)


def _values(  # noqa: PLR0911 (one return a role)
    name: str, role: str, shapes: dict[str, tuple[Any, ...]], family: str, functions: list[Any],
    module: ModuleType | None, inner: dict[str, tuple[list[str], bool]], names: list[str],
) -> list[Any]:  # fmt: skip
    """Return what may be given for an argument: shapes as tuples, settings as they are."""
    own, recurrent = bare(name), "state" in shapes
    if role == "container":
        return _packed(*inner[name], shapes, names)
    if role == "settings":
        found: dict[str, Any] = {key: SETTINGS.get(bare(key), (1,))[0] for f in functions
                                 for key in keys(f, name, module, False)}  # fmt: skip
        if any("pool" in key for key in found) and "stride" in found:
            found["stride"] = 2  # windows that do not overlap are meant
        return [_Given(found), *([_Given(found | {"pad": 0})] if "pad" in found else [])]
    if role == "x" and family == "integers":
        return [*shapes["x"], (N,)]
    if role in ("weight", "scale"):
        states = any(role_of(n, names) == "state" for n in names)
        key = "bh" if states and is_bias(name) and recurrent else "bias" if is_bias(name) and role != "scale" else role
        return list(shapes.get(key, ()))
    if role:
        return list(shapes.get(role, ()))
    if own in SETTINGS:
        return [_Given(value) for value in SETTINGS[own]]
    if own in RATES:
        return [_Given(RATE)]
    if KEPT.fullmatch(own) or DROPPED.fullmatch(own):
        return [_Given(setting(name, []))]
    if "mask" in own:
        return [_Given(np.resize([1.0, 1.0, 0.0], x[:axes])) for x in shapes["x"] if isinstance(x, tuple)
                for axes in (-1, len(x))]  # fmt: skip
    rule = rule_of(name)
    return [_Given(value) for value in rule[:2]] if rule else [*shapes["x"], _Given(1.0)]


def _packed(found: list[str], keyed: bool, shapes: dict[str, tuple[Any, ...]], names: list[str]) -> list[Any]:
    """Return the shapes of a container of a recurrence; one set for each number of gates."""
    packs = []
    for gates in range(len(GATES) if "wx" in shapes else 0):
        pack: dict[str, Shape] = {}
        for name in found:
            role = role_of(name, [*names, *found])
            role = "bh" if is_bias(name) and role != "by" else role
            allowed = shapes.get(role, ())
            if allowed:
                pack[name] = allowed[min(gates, len(allowed) - 1)]
        if len(pack) == len(found) and found:
            packs.append(_Packed(pack, keyed))
    return packs


def _drawn(value: Any, seed: int, place: int, family: str) -> Any:
    if isinstance(value, _Given):
        return value.value
    rng = np.random.default_rng([seed + 80, place])
    if isinstance(value, _Packed):
        made = {n: rng.normal(size=shape) * 0.7 for n, shape in value.shapes.items()}
        return made if value.keyed else list(made.values())
    if isinstance(value, list):
        if value[0] == ():
            return [int(n) for n in rng.permutation(D)[:T]]
        return [rng.normal(size=value[0]) * 0.7 for _ in range(T)]
    integers = family == "integers" and value in ((2, T), (N,))
    return rng.integers(0, 5, value) if integers else rng.normal(size=value) * 0.7
