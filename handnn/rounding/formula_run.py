"""Running a formula on enclosures: its inputs wrapped, its result unwrapped, its condition measured."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .enclosure import FORMATS, Enclosure, NoRuleError, Precision, computing_in, enclosed, noise, record
from .enclosure.record import Record

Array = np.ndarray[Any, Any]
DRAWS = 4
STEP = 2.0**-26
"""Relative size of the random changes of the inputs by which the condition is measured."""


def to_numpy(given: Any) -> Any:
    """Return an array of NumPy, TensorFlow, PyTorch or JAX as an ndarray; other things unchanged."""
    if hasattr(given, "detach"):  # PyTorch
        given = given.detach().cpu()
        given = given.float() if str(given.dtype) == "torch.bfloat16" or "float8" in str(given.dtype) else given
        return given.numpy()
    if isinstance(given, np.ndarray | np.generic):
        return given
    if isinstance(given, list | tuple) and given and _numbers(given):
        return np.asarray(given)
    plain = given is None or isinstance(given, str | bytes | bool | int | float | list | tuple | dict)
    if not plain and not isinstance(given, type) and hasattr(given, "__array__"):
        return np.asarray(given)
    return given


def _numbers(given: Any) -> bool:
    if isinstance(given, list | tuple):
        return bool(given) and all(map(_numbers, given))
    return isinstance(given, int | float | np.number) and not isinstance(given, bool)


def mapped(function: Callable[[Any], Any], tree: Any) -> Any:
    """Apply a function to the leaves of nested lists, tuples and dicts."""
    if isinstance(tree, dict):
        return {key: mapped(function, part) for key, part in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(mapped(function, part) for part in tree))
    if isinstance(tree, list | tuple):
        return type(tree)(mapped(function, part) for part in tree)
    return function(tree)


def leaves(tree: Any, name: str = "") -> list[tuple[str, Any]]:
    """Return the leaves of nested lists, tuples and dicts with their places, such as '[1][0]'."""
    if isinstance(tree, dict):
        return [leaf for key, part in tree.items() for leaf in leaves(part, f"{name}[{key!r}]")]
    if isinstance(tree, list | tuple):
        return [leaf for i, part in enumerate(tree) for leaf in leaves(part, f"{name}[{i}]")]
    return [(name, tree)]


def is_real(given: Any) -> bool:
    """Return whether something holds real numbers that round: floats, not integers or truth values."""
    if isinstance(given, float):
        return True
    dtype = getattr(given, "dtype", None)
    return isinstance(given, np.ndarray | np.generic) and (
        np.dtype(dtype).kind == "f" or np.dtype(dtype).name in FORMATS
    )


def inputs_of(inputs: tuple[Any, ...]) -> list[Any]:
    """Return inputs with all arrays as ndarrays.

    Raises:
        ValueError: an input holds NaN or complex numbers, or nothing but strings.
    """
    found = []
    for i, given in enumerate(inputs):
        tree = to_numpy(given)
        tree = mapped(to_numpy, tree) if isinstance(tree, list | tuple | dict) else tree
        for place, leaf in leaves(tree):
            where = f"inputs[{i}]{place}"
            if isinstance(leaf, np.ndarray | np.generic) and leaf.dtype.kind in "cO":
                raise ValueError(f"{where} must hold real numbers; received dtype {leaf.dtype}")
            if is_real(leaf) and np.isnan(np.asarray(leaf, "float64")).any():
                raise ValueError(f"{where} must hold no NaN")
        found.append(tree)
    return found


def run(f: Any, inputs: list[Any], precision: Precision, losses: Record | None = None) -> Any:
    """Return f of enclosed inputs, as a tree of Enclosures and plain arrays.

    Raises:
        TypeError: f is not callable.
        NoRuleError: f uses an operation without a rule.
    """
    if not callable(f):
        raise TypeError(f"f must be a function of the inputs; received {type(f).__name__}")
    token = record.set(losses)
    try:
        with computing_in(precision), np.errstate(all="ignore"):
            wrap = functools.partial(_wrapped, precision=precision)
            return mapped(_unwrapped, f(*(mapped(wrap, given) for given in inputs)))
    finally:
        record.reset(token)


def _wrapped(given: Any, precision: Precision) -> Any:
    return enclosed(given, precision) if is_real(given) else given


def _unwrapped(given: Any) -> Any:
    given = getattr(given, "value", given) if type(given).__name__ == "Variable" else given
    return given if isinstance(given, Enclosure) or given is None else np.asarray(given)


def conditions(f: Any, inputs: list[Any], precision: Precision, results: Any) -> list[Array]:
    """Return for each result by how much a relative change of the inputs is amplified, element by element.

    Measured: the inputs change by random relative +-2^-26, four times; the largest |df| / (2^-26 |f|) counts.
    """
    exact = precision.without_rounding()
    rng = np.random.default_rng(0)

    def moved(given: Any) -> Any:
        if not is_real(given):
            return given
        x = np.asarray(given).astype(exact.work)
        return enclosed(x * (1 + STEP * rng.choice([-1.0, 1.0], x.shape).astype(exact.work)), exact)

    return _largest_change(f, inputs, exact, results, moved, STEP)


def instabilities(f: Any, inputs: list[Any], precision: Precision, results: Any) -> list[Array]:
    """Return for each result by how much what its operations round is amplified, element by element.

    Measured: every operation is off by a random share of at most u, four times; the largest |df| / (u |f|) counts.
    """
    exact = precision.without_rounding()
    token = noise.set((np.random.default_rng(0), precision.u))
    try:
        return _largest_change(f, inputs, exact, results, lambda given: given, precision.u)
    finally:
        noise.reset(token)


def _largest_change(
    f: Any, inputs: list[Any], exact: Precision, results: Any, moved: Callable[[Any], Any], size: float
) -> list[Array]:
    """Return the largest relative change of each result over several runs, in units of `size`."""
    plain = [leaf for _, leaf in leaves(results)]
    largest = [np.zeros(np.shape(leaf)) for leaf in plain]
    for _ in range(DRAWS):
        try:
            own = run(f, [mapped(moved, given) for given in inputs], exact)
        except NoRuleError:  # an index or a branch changed
            return [np.full(np.shape(leaf), np.nan) for leaf in plain]
        for i, (leaf, (_, other)) in enumerate(zip(plain, leaves(own), strict=True)):
            if isinstance(leaf, Enclosure) and not leaf.is_bool and isinstance(other, Enclosure):
                with np.errstate(all="ignore"):
                    change = np.abs(other.mid - leaf.mid).astype("float64")
                    share = np.where(change == 0, 0.0, change / np.abs(leaf.mid).astype("float64") / size)
                largest[i] = np.asarray(np.fmax(largest[i], share))
    return largest
