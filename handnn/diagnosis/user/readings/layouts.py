"""Data for networks whose function is given the weights: apart, or in a list, tuple, dict, pairs or one vector."""

import inspect
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

from ..call.making import HIDDEN, IN, OUT
from ..call.world import Path as Place
from ..protocols import Array
from ..source.directive import Directive
from ..source.syntax import has_operators, keys, keys_of_elements, mentioned, source_of, unpacked
from ..source.words import bare, is_bias, is_weight
from .data import Data, described, listed
from .roles import named_in, setting
from .ways import Way

KERNELS = {"inputs_units": ("io",), "units_inputs": ("oi",)}
MOST = 4
"""A network of fewer widths is also tried with one layer more: of two layers the last is the one after the first."""
WIDE = 12
"""Widths above this are made smaller where the code allows it."""


@dataclass(frozen=True)
class Layout:
    """How a network's arrays are laid out.

    Attributes:
        samples: rows, columns, one (a 1-D sample), one column or one row.
        kernel: io (inputs, units), oi (units, inputs) or flat (inputs,), of one unit.
        bias: flat, row, column, scalar (of a single unit; of more as usual) or none. folded: no, first or last.
        labels: one hot, integers, soft, or flat (binary labels as a vector).
    """

    samples: str = "rows"
    kernel: str = "io"
    bias: str = "flat"
    folded: str = "no"
    labels: str = "one hot"

    @property
    def words(self) -> str:
        """Say the layout in words."""
        said = {
            "rows": "samples in rows", "columns": "samples in columns", "one": "one sample",
            "one column": "one sample as a column", "one row": "one sample as a row",
        }  # fmt: skip
        folded = ", bias folded into W" if self.folded != "no" else ""
        bias = ", no bias" if self.bias == "none" and not folded else ""
        kernel = {"io": "inputs, units", "oi": "units, inputs", "flat": "inputs,"}[self.kernel]
        return f"{said[self.samples]}, W as ({kernel}){folded}{bias}, labels {self.labels}"


def layouts(declared: dict[str, Any], with_bias: bool | None, hard: bool) -> Iterator[Layout]:
    """Yield layouts that agree with what a directive declares, the most usual first.

    Args:
        with_bias: whether there are biases of their own; None if unknown. hard: whether labels may be classes.
    """
    usual = {
        "folded": ["no"] if with_bias else ["no", "last"],
        "samples": ["rows", "columns", "one", "one column", "one row"],
        "labels": ["one hot", "integers", "soft", "flat"] if hard else ["one hot"],
    }
    choices = itertools.product(*([str(declared[key])] if key in declared else usual[key] for key in usual))
    for folded, samples, label in sorted(choices, key=lambda choice: choice[1].startswith("one")):
        by_row = samples in ("rows", "one row")
        kernels = ("io", "oi") if by_row else ("oi", "io")
        for kernel in KERNELS[declared["kernel"]] if declared.get("kernel") in KERNELS else kernels:
            if folded != "no" or with_bias is False:
                biases = ["none"]
            else:
                usual_biases = ["flat", "row", "scalar"] if by_row else ["column", "flat", "scalar"]
                biases = ["flat"] if samples == "one" else usual_biases
                biases = biases if with_bias else [*biases, "none"]
                biases = [str(declared["bias"])] if "bias" in declared else biases
            for bias in biases:
                yield Layout(samples, kernel, bias, folded, label)


def network_data(widths: list[int], layout: Layout, seed: int, samples: int) -> tuple[Array, Any]:
    """Return x and y."""
    rng = np.random.default_rng(seed + 20)
    count = 1 if layout.samples.startswith("one") else samples
    x = rng.normal(size=(count, widths[0]))
    outputs = widths[-1]
    classes = np.arange(count) % outputs if count >= outputs else rng.integers(0, outputs, count)
    y: Any
    if layout.labels == "integers":
        return _laid(x, layout), int(classes[0]) if layout.samples.startswith("one") else classes
    if layout.labels == "soft":
        y = rng.uniform(0.1, 0.9, (count, outputs))
    elif outputs > 1:
        y = np.eye(outputs)[rng.permutation(classes)]
    else:
        first = 1 + seed if count == 1 else 0  # a label of 0 hides what it is multiplied by
        y = ((rng.permutation(count) + first) % 2).reshape(count, 1).astype("float64")
    if layout.labels == "flat":
        return _laid(x, layout), y[:, 0] if outputs == 1 else y.reshape(-1)
    return _laid(x, layout), _laid(y, layout)


def _laid(rows: Array, layout: Layout) -> Array:
    if layout.samples in ("columns", "one column"):
        return np.ascontiguousarray(rows.T)
    return rows[0] if layout.samples == "one" else rows


def arrays(widths: list[int], names: list[str], layout: Layout, seed: int) -> dict[str, Array]:
    """Return an array for each name: kernels and biases in the order of the layers."""
    found: dict[str, Array] = {}
    kernels = biases = 0
    for place, name in enumerate(names):
        rng = np.random.default_rng([seed + 30, place])
        if is_bias(name):
            layer = min(biases, len(widths) - 2)
            found[name] = _bias(widths[layer + 1], layout, rng)
            biases += 1
        else:
            layer = min(kernels, len(widths) - 2)
            inputs = widths[layer] + (layout.folded != "no")
            units = widths[layer + 1]
            shapes = {"io": (inputs, units), "oi": (units, inputs), "flat": (inputs,)}
            found[name] = rng.normal(size=shapes[layout.kernel]) * 0.6
            kernels += 1
    return found


def _bias(units: int, layout: Layout, rng: np.random.Generator) -> Any:
    b = rng.normal(size=units) * 0.3
    if layout.bias == "scalar" and units == 1:
        return float(b[0])
    columns = layout.bias == "column" or (layout.bias == "scalar" and layout.samples.endswith(("columns", "column")))
    return b[:, np.newaxis] if columns else b[np.newaxis] if layout.bias == "row" else b


def default_names(widths: list[int], layout: Layout) -> list[str]:
    """Return W1, b1, W2, b2, ... or W1, W2, ... without biases."""
    kinds = ("W",) if layout.bias == "none" else ("W", "b")
    return [f"{kind}{layer + 1}" for layer in range(len(widths) - 1) for kind in kinds]


def packed(values: dict[str, Any], form: str) -> Any:
    """Return arrays in a container: list, tuple, dict, pairs, lists (all kernels, all biases) or vector."""
    given = list(values.values())
    if form == "dict":
        return dict(values)
    if form == "tuple":
        return tuple(given)
    if form == "pairs":
        return [given[i : i + 2] for i in range(0, len(given), 2)]
    if form == "lists":
        return [v for n, v in values.items() if not is_bias(n)], [v for n, v in values.items() if is_bias(n)]
    if form == "vector":
        return np.concatenate([np.ravel(v) for v in given])
    return given


def keyed(found: list[str], widths: list[int]) -> list[str] | None:
    """Return the names of parameters in a dict from the keys that a function reads; None if they name no arrays.

    'W*' stands for W1, W2, ...; the keys weights and biases are lists and are not handled here.
    """
    stars = [key[:-1] for key in found if key.endswith("*")]
    if stars:
        start = 0 if f"{stars[0]}0" in found else 1
        own = [star for star in stars if not star.lower().startswith(("d", "grad"))]
        return [f"{star}{layer + start}" for layer in range(len(widths) - 1) for star in own]
    own = [key for key in found if not bare(key).startswith(("dw", "db", "grad", "cost", "loss"))]
    return own or None


def networks(
    way: Way, roles: dict[str, str], directive: Directive | None, module: ModuleType | None, square: bool = False
) -> Iterator[tuple[list[int], Data]]:
    """Yield (widths, data): samples, labels and weights of dense layers, in every layout that may be meant.

    Args:
        square: whether all layers have as many units: a forgotten transpose runs on these only.
    """
    options = dict(directive.options) if directive else {}
    known_ = {n: value for n, role in roles.items() if role in ("", "settings") and (value := named_in(module, n))}
    functions = [step.function for step in way.steps]
    container = next((n for n, role in roles.items() if role == "container"), None)
    separate = [n for n, role in roles.items() if role in ("weight", "wy", "wx", "wh", "by", "scale")]
    told = _told_apart(separate, functions)
    unpack = next((names for f in functions if container and (names := unpacked(f, container))), [])
    unpack = unpack if len(set(unpack)) == len(unpack) else []  # W1, _, W2, _ = parameters
    found = list(dict.fromkeys(k for f in functions for k in keys(f, container, module))) if container else []
    each = list(dict.fromkeys(k for f in functions for k in keys_of_elements(f, container))) if container else []
    each = [k for k in each if is_weight(k)] if not (found or unpack) else []
    known = each or told or unpack or [k for k in found if k[-1:] != "*"]
    with_bias = any(is_bias(n) for n in (*known, *found)) if known or found else None
    one_array = container in ("W", "w", "theta", "beta")
    forms = ["separate"] if separate else ["dicts"] if each else _forms(found, unpack, options)
    if any(re.search(rf"\b{container}\[[^]]*:[^]]*\](\.reshape|, )", source_of(f)) for f in functions):
        forms = ["vector"]
    neurons = form_of_neurons(functions[0], module) if container and not found and not unpack else ""
    for widths, label in itertools.product(_widths(directive, []), LABELS if neurons else ()):
        given = _Given(roles, widths, replace(NEURONS, labels=label), neurons, [], container, [], [], known_)
        yield widths, given.data()
    plane = bool(separate) and {"x", "y"} <= set(roles.values()) and directive is None
    plane = plane and not any(map(has_operators, vars(module).values() if module is not None else ()))
    if plane and not any(PRODUCT.search(source_of(f)) for f in functions):
        if isinstance(vars(module).get("math") if module is not None else None, ModuleType):
            yield [1, 1], Data(partial(_on_a_line, roles, None), "one sample, all of it numbers", single=True)
        for words, binary in (("", False), (", labels 0 and 1", True)):
            draw = partial(_on_a_line, roles, binary)
            yield [1, 1], Data(draw, f"one number a sample, weights that are numbers{words}")
    one_unit = len(separate) in (1, 2) and (directive is None or directive.widths[1:] == [1])
    for label, bias in itertools.product(("flat", "one hot") if one_unit else (), ("scalar", "flat")):
        given = _Given(
            roles,
            [IN, 1],
            Layout("rows", "flat", bias, "no", label),
            "separate",
            separate,
            None,
            [],
            [],
            known_,
            told=told,
        )
        yield [IN, 1], given.data()
    plain = module is not None and not any(isinstance(v, ModuleType) and "np" in n for n, v in vars(module).items())
    own = [IN, HIDDEN, IN]  # an autoencoder's
    more = [own] if container and directive is None and "y" not in roles.values() else []
    usual = list(_widths(directive, told or unpack or found, one_array))
    usual = [[IN, *[OUT] * (len(one) - 1)] for one in usual if len(one) > 2][:1] if square else usual
    for widths in [*described(known_.values()), *more, *usual]:
        for layout in layouts(options, with_bias, "y" in roles.values()):
            if widths[-1] == 1 and layout.labels == "integers":
                continue  # of one class nothing shows
            if layout.bias == "scalar" and 1 not in widths[1:]:
                continue  # units with one bias for all: a gradient summed over them would seem right
            for form in forms if not neurons else ():
                given = _Given(
                    roles, widths, layout, form, separate, container, unpack, each or found, known_, plain, told
                )
                if form != "array" or len(default_names(widths, layout)) == 1:
                    yield widths, given.data()


def _told_apart(names: list[str], functions: list[Any]) -> list[str]:
    """Return the names of weights; if all are those of biases, b0 and b, W_b for what is multiplied by a matrix."""
    if not all(map(is_bias, names)):
        return names
    sources = " ".join(map(source_of, functions))
    product = [re.search(rf"(@ *|dot\([\w.]+, *){n}\b|\b{n}( *@|\.dot\()", sources) for n in names]
    return [f"W_{n}" if found else n for n, found in zip(names, product, strict=True)]


PRODUCT = re.compile(r"@|dot\(|matmul|\.T\b|einsum|outer")


def _on_a_line(roles: dict[str, str], binary: bool | None, seed: int, samples: int) -> dict[str, Any]:
    """Return samples of one number, with targets, and weights that are numbers: y = m x + c; one if binary is None."""
    rng = np.random.default_rng(seed + 40)
    n = samples or 6
    x: Any = rng.normal(size=n)
    y: Any = np.arange(n) % 2 if binary else rng.normal(size=n)
    data = {"x": x, "y": y} if binary is not None else {"x": float(x[0]), "y": float(y[0])}
    return {n: data.get(role, float(rng.normal())) for n, role in roles.items() if role in ("x", "y", "weight")}


LABELS = ("one hot", "soft", "integers")
NEURONS = Layout("one", "oi", "none", "last")
"""A neuron is its weights with the bias last; one sample, a list of numbers."""


def form_of_neurons(function: Any, module: ModuleType | None) -> str:
    """Return how a network is made of neurons, each with its own weights; '' if the code speaks of none."""
    called = (vars(module).get(name) for name in mentioned(function)) if module is not None else ()
    sources = [source_of(f) for f in (function, *called) if inspect.isfunction(f)]
    if not any(re.search(r"for (\w+, )?\w*(neuron|node|unit)\w* in", source) for source in sources):
        return ""
    return "neuron dicts" if any("['weights']" in source for source in sources) else "neurons"


def _forms(found: list[str], unpack: list[str], options: dict[str, Any]) -> list[str]:
    if "parameters" in options:
        return [{"flat": "vector"}.get(str(options["parameters"]), str(options["parameters"]))]
    if found:
        return ["dict"]
    return ["list"] if unpack else ["list", "array", "vector", "pairs", "lists", "tuple"]


def smaller(widths: list[int]) -> Iterator[list[int]]:
    """Yield small widths in the place of large ones, equal where those are equal: nothing is proved by size."""
    if max(widths) > WIDE:
        free = (n for n in (5, 6, 7, 4, 8, 3, 9, 10, 11, 12) if n not in widths)
        small = {width: next(free) for width in dict.fromkeys(widths) if width > WIDE}
        yield [small.get(width, width) for width in widths]


def _widths(directive: Directive | None, names: list[str], one_array: bool = False) -> Iterator[list[int]]:
    if directive is not None and directive.widths:
        yield from smaller(directive.widths)
        yield directive.widths
        return
    stars = any(name.endswith("*") for name in names)
    layers = 0 if stars else sum(not is_bias(n) and not n.lower().startswith("d") for n in names)
    single = one_array and not stars
    for count in [layers] if 0 < layers < 6 else [1, 2, 3] if single else [2, 1, 3]:
        for last in (OUT, 1):
            yield [IN, *(HIDDEN + i for i in range(count - 1)), last][: count + 1]
    if layers == 3:
        yield [IN, HIDDEN, IN, OUT]  # x is added to what two layers make of it


@dataclass(frozen=True)
class _Given:
    """What a network's function is given in one layout."""

    roles: dict[str, str]
    widths: list[int]
    layout: Layout
    form: str
    separate: list[str]
    container: str | None
    unpack: list[str]
    found: list[str]
    known: dict[str, Any]
    plain: bool = False
    told: list[str] = field(default_factory=list)
    """The names of separate weights, by which kernels are told from biases."""

    @property
    def names(self) -> list[str]:
        names = self.separate or self.unpack or default_names(self.widths, self.layout)
        return keyed(self.found, self.widths) or names if self.form == "dict" else names

    def data(self) -> Data:
        places: dict[Place, str] = {}
        if self.form == "list":
            places = {(("[", "arguments"), ("[", self.container), ("[", i)): n for i, n in enumerate(self.names)}
        if self.form.startswith("neuron"):
            tail = (("[", "weights"),) if self.form == "neuron dicts" else ()
            units = ((i, j) for i, count in enumerate(self.widths[1:]) for j in range(count))
            places = {(("[", "arguments"), ("[", str(self.container)), ("[", i), ("[", j), *tail): f"W{i + 1}[{j}]"
                      for i, j in units}  # fmt: skip
        single = self.layout.samples.startswith("one")
        words = self.layout.words if "y" in self.roles.values() else self.layout.words.partition(", labels")[0]
        return Data(self.draw, words, single, names=places, deeper=[one.data() for one in self._deeper()])

    def _deeper(self) -> Iterator["_Given"]:
        """Yield the same with one layer more, where the number of layers is open: mistakes must not raise on it."""
        few = 1 < len(self.widths) < MOST and not (self.separate or self.unpack)
        if few and (self.form != "dict" or any(key.endswith("*") for key in self.found) or self._by_kind):
            yield replace(self, widths=[self.widths[0], *[HIDDEN] * (len(self.widths) - 1), self.widths[-1]])
            yield replace(self, widths=[HIDDEN] * (len(self.widths) + 1))

    def draw(self, seed: int, samples: int) -> dict[str, Any]:
        widths, layout = self.widths, self.layout
        count = samples or next(n for n in (6, 7, 8, 9, 10, 11, 12) if n not in widths)
        x, y = network_data(widths, layout, seed, count)
        given: dict[str, Any] = {n: x if role == "x" else y for n, role in self.roles.items() if role in ("x", "y")}
        given |= {n: setting(n, widths) for n, role in self.roles.items() if role in ("", "settings", "state")}
        given |= self.known
        if self.form == "separate":
            drawn = arrays(widths, self.told or self.names, layout, seed)
            return self._without_numpy(given | dict(zip(self.names, drawn.values(), strict=True)))
        if self.form == "dict" and self._by_kind:
            names = default_names(widths, layout)
            weights, biases = packed(arrays(widths, names, layout, seed), "lists")
            by_kind = {k: biases if is_bias(k) else weights for k in self.found}
            return given | {str(self.container): by_kind}
        if self.form.startswith("neuron"):
            kernels = arrays(widths, default_names(widths, layout), layout, seed).values()
            rows = [[row.copy() for row in kernel] for kernel in kernels]
            dicts = [[{"weights": row} for row in layer] for layer in rows]
            given |= {n: value.tolist() if isinstance(value, np.ndarray) else value for n, value in given.items()}
            return given | {str(self.container): dicts if self.form == "neuron dicts" else rows}
        values = arrays(widths, self.names, layout, seed)
        if self.form == "dicts":
            own = sorted(self.found, key=is_bias)[: 1 + (layout.bias != "none")]
            rows = packed(values, "pairs") if own[1:] else [[value] for value in values.values()]
            return given | {str(self.container): [dict(zip(own, row, strict=True)) for row in rows]}
        held: Any = next(iter(values.values())) if self.form == "array" else packed(values, self.form)
        return self._without_numpy(given | {str(self.container): held})

    def _without_numpy(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return arrays as lists of numbers where the code knows no others."""
        return {n: listed(value) for n, value in given.items()} if self.plain else given

    @property
    def _by_kind(self) -> bool:
        """Whether the keys are 'weights' and 'biases', each a list."""
        own = {bare(k) for k in self.found}
        return {"weights", "biases"} <= own or ({"w", "b"} <= own and len(self.widths) > 2)
