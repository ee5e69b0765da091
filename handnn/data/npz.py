"""Reading FILE.npz: x and y, or x_train and y_train with optional validation and test parts."""

from __future__ import annotations

import zipfile
from functools import partial

import numpy as np

from .checks import finite, readable_file, same_length, wrong
from .preparation import fit_named, side_by_side
from .source import Parts, Source, divisor_for
from .targets import recognise

# Part -> the suffixes its x and y may have; capital letters count as small ones.
SUFFIXES = {"train": ("", "_train"), "validation": ("_val", "_validation"), "test": ("_test",)}
KEYS = "x and y, or x_train and y_train (with x_val, y_val, x_test, y_test if there are any)"


def read_npz(name: str, path: str, task: str | None) -> Source:
    """Return the samples of an .npz file; pictures (samples, height, width[, 1]) are flattened.

    Without x, but with y and several arrays of as many samples, these are the inputs of a network by their names.

    Raises:
        FileNotFoundError: no such file.
        ValueError: empty, truncated or not an .npz file, pickled objects, missing keys, unusable arrays.
    """
    where = f"data {path!r}"
    if names := _input_names(where, path):
        return _named_inputs(name, where, path, names, task)
    raw = read_arrays(where, path)
    image_shape = _image_shape(where, {part: x for part, (x, _) in raw.items()})
    targets = recognise(where, {part: y for part, (_, y) in raw.items()}, task)
    parts = {part: (x.reshape(len(x), -1), targets.parts[part]) for part, (x, _) in raw.items()}
    divisor = divisor_for([x for x, _ in parts.values()])
    return Source(name, parts, targets.task, targets.class_names, image_shape, divisor)


def read_arrays(where: str, path: str) -> Parts:
    """Return part -> (x, y) unchanged, after the checks of each part."""
    _check_is_zip(where, path)
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            keys = _pairs(where, archive.files)
            _check_sizes(archive.zip, [key for pair in keys.values() for key in pair])
            found = {key: archive[key] for pair in keys.values() for key in pair}
    except _KeysError as error:
        raise ValueError(str(error)) from None
    except Exception as error:  # damaged files raise many kinds of errors in zipfile, zlib and NumPy
        raise _unreadable(where, error) from None
    parts = {part: (found[x], found[y]) for part, (x, y) in keys.items()}
    for part, (x, y) in parts.items():
        _check_features(f"{where}, {keys[part][0]!r}", x)
        if not isinstance(y, np.ndarray) or y.ndim == 0:
            raise wrong(f"{where}, {keys[part][1]!r}", "not an array of samples", "one target a sample")
        same_length(where, repr(keys[part][0]), x, repr(keys[part][1]), y)
        finite(f"{where}, {keys[part][0]!r}", x)
    return parts


def _input_names(where: str, path: str) -> list[str]:
    """Return the names of several inputs; none for a file with x and y."""
    _check_is_zip(where, path)
    try:
        with zipfile.ZipFile(path) as archive:
            keys = [file.filename.removesuffix(".npy") for file in archive.infolist()]
    except Exception as error:  # damaged files raise many kinds of errors in zipfile
        raise _unreadable(where, error) from None
    taken = {f"{letter}{suffix}" for own in SUFFIXES.values() for suffix in own for letter in "xy"} - {"y"}
    names = [key for key in keys if key != "y"]
    return names if "y" in keys and len(names) > 1 and not taken & {key.lower() for key in keys} else []


def _named_inputs(name: str, where: str, path: str, names: list[str], task: str | None) -> Source:
    """Return the samples of a file that has an array for each of several inputs."""
    found = read_members(where, path)
    y = found["y"]
    if y.ndim == 0:
        raise wrong(f"{where}, 'y'", "not an array of samples", "one target a sample")
    for key in names:
        if found[key].dtype.kind not in "buif" or found[key].ndim == 0:
            raise wrong(f"{where}, {key!r}", f"shape {found[key].shape} of {found[key].dtype}", "an array of numbers")
        same_length(where, repr(key), found[key], "'y'", y)
        finite(f"{where}, {key!r}", found[key])
    targets = recognise(where, {"train": y}, task)
    # Whole numbers stay as they are: an Embedding looks them up.
    whole = {key for key in names if found[key].dtype.kind in "iu" and found[key].dtype != np.uint8}
    divisors = {key: 1.0 if key in whole else divisor_for([found[key]]) for key in names}
    shapes = tuple((key, tuple(found[key].shape[1:])) for key in names)
    parts = {"train": (side_by_side(found, shapes), targets.parts["train"])}
    fit = partial(fit_named, shapes=shapes, divisors=divisors)
    return Source(name, parts, targets.task, targets.class_names, None, None, fit)


def read_members(where: str, path: str) -> dict[str, np.ndarray]:
    """Return every array of an .npz file by its name. Raises as `read_npz`."""
    _check_is_zip(where, path)
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            _check_sizes(archive.zip, archive.files)
            return {key: archive[key] for key in archive.files}
    except _KeysError as error:
        raise ValueError(str(error)) from None
    except Exception as error:  # damaged files raise many kinds of errors in zipfile, zlib and NumPy
        raise _unreadable(where, error) from None


LARGE, PACKED = 100_000_000, 100


def _check_sizes(archive: zipfile.ZipFile, keys: list[str]) -> None:
    """Raise for more than 100 MB that take less than a hundredth of it in the file: no data pack like that."""
    members = [archive.getinfo(f"{key}.npy") for key in dict.fromkeys(keys)]
    size, packed = sum(m.file_size for m in members), sum(m.compress_size for m in members)
    if size > max(LARGE, PACKED * packed):
        held = ", ".join(repr(m.filename.removesuffix(".npy")) for m in members)
        raise _KeysError(f"{held} take {size:,} bytes packed into {packed:,}, which is no data; nothing was read")


class _KeysError(ValueError):
    """An error about keys, distinct from errors of a damaged archive."""


def _check_is_zip(where: str, path: str) -> None:
    expected = "an .npz file as np.savez writes it"
    readable_file(where, path)
    with open(path, "rb") as file:
        start = file.read(6)
    if zipfile.is_zipfile(path):
        return
    if start.startswith(b"PK\x03\x04"):
        raise wrong(where, "truncated: the archive's directory at its end is missing", expected)
    kind = "a single .npy array" if start == b"\x93NUMPY" else f"not a zip archive (it begins with {start!r})"
    raise wrong(where, kind, expected)


def _unreadable(where: str, error: Exception) -> ValueError:
    reason = str(error) or type(error).__name__
    if "allow_pickle" in reason:
        return wrong(where, "pickled Python objects, which are never loaded", "arrays of numbers")
    return wrong(where, f"damaged: {reason}", "an .npz file as np.savez writes it")


def _pairs(where: str, keys: list[str]) -> dict[str, tuple[str, str]]:
    """Return part -> the keys of its x and y."""
    lower: dict[str, str] = {}
    for key in keys:
        if key.lower() in lower:
            raise _KeysError(f"{where}: holds both {lower[key.lower()]!r} and {key!r}; expected {KEYS}")
        lower[key.lower()] = key
    held = ", ".join(repr(key) for key in keys[:20]) + (" and more" if len(keys) > 20 else "")
    pairs: dict[str, tuple[str, str]] = {}
    for part, suffixes in SUFFIXES.items():
        for suffix in suffixes:
            x, y = lower.get(f"x{suffix}"), lower.get(f"y{suffix}")
            if (x is None) != (y is None) or (x is not None and part in pairs):
                raise _KeysError(f"{where}: holds the keys {held}; expected one x and one y for {part}: {KEYS}")
            if x is not None and y is not None:
                pairs[part] = (x, y)
    if "train" not in pairs:
        raise _KeysError(f"{where}: holds {f'the keys {held}' if keys else 'no arrays'}; expected {KEYS}")
    return pairs


def _check_features(where: str, x: np.ndarray) -> None:
    expected = "(samples, features) or pictures (samples, height, width)"
    if not isinstance(x, np.ndarray) or x.dtype.kind not in "buif":
        raise wrong(where, f"of type {getattr(x, 'dtype', type(x).__name__)}", "an array of numbers")
    if x.ndim not in (2, 3) and not (x.ndim == 4 and x.shape[3] == 1):
        raise wrong(where, f"shape {x.shape}", expected)
    if 0 in x.shape[1:]:
        raise wrong(where, f"shape {x.shape}: no features", expected)


def _image_shape(where: str, xs: dict[str, np.ndarray]) -> tuple[int, int] | None:
    """Return (height, width) of pictures; every part must have train's shape, and be uint8 if train is."""
    train = xs["train"]
    for part, x in xs.items():
        if x.shape[1:] != train.shape[1:]:
            came = f"samples of shape {x.shape[1:]}, but {train.shape[1:]} in train"
            raise wrong(f"{where}, x of {part}", came, "the same shape in every part")
        if (x.dtype == np.uint8) != (train.dtype == np.uint8):
            raise wrong(f"{where}, x of {part}", f"{x.dtype}, but {train.dtype} in train", "uint8 in all or none")
    return (train.shape[1], train.shape[2]) if train.ndim > 2 else None
