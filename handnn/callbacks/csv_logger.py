"""CSVLogger: the logs of every epoch as a line of a file."""

import csv
import os
from collections.abc import Iterable
from typing import Any

from .base import Callback, Logs


class CSVLogger(Callback):
    """Writes the logs of each epoch as a line: the epoch, then the values in the order of their names.

    Args:
        filename: the file. separator: between the values.
        append: add to a file that exists, without a second header.
    """

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        self.filename, self.sep, self.append = os.fspath(filename), separator, append
        self.append_header = True
        self.keys: list[str] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.keys, self.append_header = None, True
        if self.append and os.path.exists(self.filename):
            self.append_header = not os.path.getsize(self.filename)
        else:
            with open(self.filename, "w", encoding="utf-8"):
                pass

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        first = self.keys is None
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):  # a later epoch may be validated
                self.keys += [f"val_{key}" for key in self.keys]
        with open(self.filename, "a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=self.sep)
            if first and self.append_header:
                writer.writerow(["epoch", *self.keys])
            writer.writerow([epoch, *(_cell(logs.get(key, "NA")) for key in self.keys)])


def _cell(value: Any) -> Any:
    """Return a value as Keras writes it; several values as a quoted list."""
    several = isinstance(value, Iterable) and not isinstance(value, str) and getattr(value, "ndim", 1)
    return f'"[{", ".join(map(str, value))}]"' if several else value
