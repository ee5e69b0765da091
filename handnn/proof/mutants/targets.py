"""The functions to change, and the symbols that must detect it."""

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from ...activations import Activation
from ...layers import Layer
from ...losses import Loss
from ..parity.symbols import symbols
from .operators import Change, changes

FOLDERS = ("convolution", "pooling", "sizes", "recurrent", "attention", "operations", "preparing")
"""Folders of layers that are families of their own, with their own symbols; `layers` are the others."""
FAMILIES: dict[str, type] = {
    "activations": Activation,
    "losses": Loss,
    "layers": Layer,
    **dict.fromkeys(FOLDERS, Layer),
}
FORMULAS = {
    "activations": {"forward", "backward"},
    "losses": {
        *(
            "values",
            "derivatives",
            "weighted_derivatives",
            "mask",
            "reduce",
            "gradient_of_reduced",
            "divisor",
            "smooth",
        ),
        *("between", "terms", "spread"),
    },
    "layers": {
        *("forward", "backward", "activate", "residual", "penalty", "activity_gradient", "penalize"),
        *("without_gradient", "follows", "write_gradients"),
    },
}
"""The formulas of every symbol of a family; private methods of the same classes are formulas too.

Of a layer, every method is, but for `NO_FORMULA`; those named here are the formulas of `Layer`.
"""
HELPERS = {"Windows", "Axis", "Einsum", "SoftmaxOfAxes", "Step"}
"""Helper classes of which every method is a formula; of others, only those with the name of a formula."""
NO_FORMULA = {
    *("_with", "_connect", "_check_given", "_fit_shape", "_initializer", "axis_or_axes", "finite_number", "fits"),
    *("can_be_broadcast", "axis_from_front", "broadcast_shape", "_letters", "_normal", "_below_1", "at_least_0"),
    *("at_least_one", "along_axes", "one_of", "pairs_of", "data_format_of", "is_symbolic", "shape_by_trying"),
    *("build", "fitted", "make_weights", "compute_output_shape", "is_identity", "randomize", "adopt", "draw"),
    *("no_stride_with_dilation", "make_bias", "bias_shape", "make_scale_and_offset", "scale_and_offset_config"),
    *("grouped_shape", "drawn_shape", "_serialized", "_deserialized", "by_argument", "config"),
    *("_no_backward", "resized", "output_sizes", "shape_last", "shape_placed", "window_places"),
    *("added_elsewhere", "centred", "combine", "operation", "_read", "_dtype", "put_together", "taken_apart", "mapped"),
    *("flattened", "bound", "_is_count", "_connected", "_make_projections", "stored_parts", "shape_of_call"),
    *("drawn_for", "_sizes", "own_config", "_in_float32", "like", "is_operation", "_of", "_paired", "activated"),
    *("arguments_of", "call_arguments", "key_part"),
}
"""Functions about arguments, shapes, weights, configs and Keras' float32, and those that draw random numbers."""
NOT_MATHEMATICS = (
    *("keras_", "check", "get", "serialize", "deserialize", "register", "cases", "number", "one_axis", "axes"),
)
"""Prefixes of functions that describe Keras' rounding, or check arguments."""


class Target(NamedTuple):
    """A function of a class or module, and the symbols whose formulas go through it."""

    owner: Any
    name: str
    symbols: tuple[tuple[str, Any], ...]

    @property
    def title(self) -> str:
        return f"{self.owner.__name__.rpartition('.')[2]}.{self.name}"

    @property
    def source(self) -> str:
        return textwrap.dedent(inspect.getsource(plain(self.owner.__dict__[self.name])))

    def changes(self) -> list[Change]:
        function = ast.parse(self.source).body[0]
        assert isinstance(function, ast.FunctionDef)
        return list(changes(function))

    @contextmanager
    def changed(self, change: Change) -> Iterator[None]:
        """Replace the right function by a changed one temporarily."""
        right = self.owner.__dict__[self.name]
        spoilt = compiled(right, change.tree, self.owner)
        if inspect.ismodule(self.owner) and right is plain(right):  # tables and other modules may hold the function
            code, right.__code__ = right.__code__, spoilt.__code__
            try:
                yield
            finally:
                right.__code__ = code
            return
        setattr(self.owner, self.name, spoilt)
        users = self._copies(right)
        for module, name in users:
            setattr(module, name, self.owner.__dict__[self.name])
        try:
            yield
        finally:
            setattr(self.owner, self.name, right)
            for module, name in users:
                setattr(module, name, right)

    def _copies(self, right: Any) -> list[tuple[Any, str]]:
        """Return the modules that have imported this function by name."""
        if inspect.isclass(self.owner):
            return []
        modules = [m for name, m in list(sys.modules.items()) if name.startswith("handnn.") and m is not self.owner]
        return [(module, name) for module in modules for name, value in list(vars(module).items()) if value is right]


def plain(function: Any) -> Callable[..., Any]:
    """Return the function inside a static method or a decorator."""
    return inspect.unwrap(function.__func__ if isinstance(function, staticmethod | classmethod) else function)


def compiled(right: Any, tree: ast.FunctionDef, owner: Any) -> Any:
    """Return the function of a syntax tree, with the globals and the class of the right one."""
    inner, space = plain(right), dict[str, Any]()
    if inspect.ismodule(owner):  # without a maker: one that calls itself would have itself as a free variable
        module = ast.fix_missing_locations(ast.Module([tree], []))
        exec(compile(module, inspect.getfile(inner), "exec"), inner.__globals__, space)
        return space[tree.name]
    maker = ast.parse("def maker(__class__):\n    pass\n    return None").body[0]
    assert isinstance(maker, ast.FunctionDef)
    maker.body = [tree, ast.Return(ast.Name(tree.name, ast.Load()))]
    module = ast.fix_missing_locations(ast.Module([maker], []))
    exec(compile(module, inspect.getfile(inner), "exec"), inner.__globals__, space)
    return space["maker"](owner)


def table_of(family: str) -> str:
    """Return the family of the parity table that a family is part of."""
    return "layers" if family in FOLDERS else family


def symbols_of(family: str) -> dict[str, Any]:
    """Return {symbol: registry entry} of a family."""
    every = symbols()[table_of(family)]
    return {name: entry for name, entry in every.items() if _inside(getattr(entry, "__module__", ""), family)}


def _inside(module: str, family: str) -> bool:
    """Return whether a module is of the family, if that is a folder of layers or the rest of them."""
    folder = module.removeprefix("handnn.layers.").partition(".")[0]
    return folder == family if family in FOLDERS else family != "layers" or folder not in FOLDERS


def targets(family: str) -> list[Target]:
    """Return every formula of a family: those of its classes, of their base classes, and module-level functions."""
    base, known, table = FAMILIES[family], symbols_of(family), table_of(family)
    classes = {name: entry if inspect.isclass(entry) else type(entry) for name, entry in known.items()}
    owners: dict[Any, list[str]] = {}
    for name, cls in classes.items():
        for owner in cls.__mro__:
            if issubclass(owner, base) and _inside(owner.__module__, family):
                owners.setdefault(owner, []).append(name)
    found = []
    for owner, names in owners.items():
        using = tuple((name, known[name]) for name in names)
        found += [Target(owner, name, using) for name in vars(owner) if _is_formula(owner, name, family)]
    modules = {sys.modules[owner.__module__] for owner in owners}
    if table == "layers":  # also modules that only help, such as the windows of convolutions
        modules |= {module for name, module in list(sys.modules.items()) if name.startswith("handnn.layers.")}
    for module in (module for module in modules if _inside(module.__name__, family)):
        of = tuple((name, known[name]) for name, cls in classes.items() if cls.__module__ == module.__name__)
        of += tuple((name, known[name]) for name in known if (name, known[name]) not in of)
        names = [n for n, v in vars(module).items() if inspect.isfunction(v) and v.__module__ == module.__name__]
        names = [n for n in names if n not in NO_FORMULA and not n.lstrip("_").startswith(NOT_MATHEMATICS)]
        found += [Target(module, n, of) for n in names]
        beside = [c for c in vars(module).values() if inspect.isclass(c) and c.__module__ == module.__name__]
        for cls in (c for c in beside if issubclass(c, base) and c not in owners):  # such as the cells in RNNs
            found += [Target(cls, n, of) for n in vars(cls) if _is_formula(cls, n, family)]
        for cls in (c for c in beside if not issubclass(c, base)):  # such as the gates of GELU
            own = vars(cls) if cls.__name__ in HELPERS else FORMULAS[table] | {"derivative"}
            found += [Target(cls, n, of) for n in vars(cls) if n in own and _changeable(cls, n) and n[0] != "_"]
    return sorted(found, key=lambda target: (inspect.getfile(target.owner), target.title))


def _is_formula(owner: Any, name: str, family: str) -> bool:
    if not _changeable(owner, name):
        return False
    every = table_of(family) == "layers" and owner is not FAMILIES[family]
    return every or name in FORMULAS[table_of(family)] or name.startswith("_")


def _changeable(owner: Any, name: str) -> bool:
    value = vars(owner)[name]
    is_method = inspect.isfunction(value) or isinstance(value, staticmethod)
    told = name in NO_FORMULA or name.startswith("__") or name.lstrip("_").startswith(NOT_MATHEMATICS)
    return is_method and not told
