"""`handnn check --new`: a forward pass that is complete, and a backward pass to derive."""

from importlib.resources import files
from pathlib import Path

from ..core import atomic

KINDS = {
    "batch_normalization": ("batch", "bn", "normali"),
    "convolution": ("conv", "cnn"),
    "lstm": ("lstm", "recurrent", "rnn"),
    "attention": ("attention", "transformer"),
}
"""Exercises by the words in a file's name that ask for them; any other name starts a dense network."""
NAMES = "network, batch_normalization, convolution, lstm or attention"


def kind_of(name: str) -> str:
    """Return the exercise that a file's name asks for."""
    plain = Path(name).stem.lower()
    return next((kind for kind, words in KINDS.items() if any(word in plain for word in words)), "network")


def text(kind: str, name: str) -> str:
    """Return an exercise; `name` is how its file will be called."""
    return (files(__package__) / "templates" / f"{kind}.txt").read_text(encoding="utf-8").replace("NAME", name)


def written(name: str, also: str | None = None) -> str:
    """Write an exercise and return its path.

    Raises:
        ValueError: the file exists, or another one is given too. FileNotFoundError: there is no such folder.
    """
    path = Path(name if name.endswith(".py") else f"{name}.py")
    if also is not None:
        raise ValueError(f"--new writes a new file and takes no other; received {also!r}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"--new {name}: no folder {path.parent}")
    if path.exists() or not atomic.write_new(path, text(kind_of(name), path.name).encode()):
        raise ValueError(f"--new {name}: {path} already exists and is not overwritten")
    return str(path)
