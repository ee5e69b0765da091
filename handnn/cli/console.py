"""Helpers of the commands: one-line errors, tables, progress."""

import json
import math
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..core.text import finite

BAD_INPUT = 2
MISMATCH = 1
TABLE_WIDTH = 80
FIELD = 9

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


class Number(click.FloatRange):
    """A number in a range; NaN is never allowed, infinity only if the range has it."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        found = super().convert(value, param, ctx)
        if not math.isfinite(found):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return found


class BadInput(click.ClickException):
    """Bad input: one line on standard error, exit status 2."""

    exit_code = BAD_INPUT


@contextmanager
def input_errors() -> Iterator[None]:
    """Turn errors of input checks into `BadInput`. Use it around input, not around the work."""
    try:
        yield
    except OSError as error:
        told = error.strerror and error.filename is not None
        message = f"{error.filename}: {(error.strerror or '').lower()}" if told else " ".join(str(error).split())
        raise BadInput(message) from error
    except ModuleNotFoundError as error:
        if error.name != "tensorflow":
            raise
        raise BadInput(str(error)) from error
    except (ValueError, TypeError, MemoryError) as error:
        raise BadInput(" ".join(str(error).split())) from error


def field(label: str, text: str, style: str | None = None) -> None:
    """Print 'label    text', with long text wrapped; a path or command is never broken."""
    width = min(out.width, TABLE_WIDTH) - FIELD
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]
    for i, line in enumerate(lines):
        out.print(f"{label if i == 0 else '':<{FIELD}}{line}", style=style, markup=False, soft_wrap=True)


def progress_bar(shown: bool) -> Progress:
    """Return a progress bar on standard error that shows the loss and disappears when done."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[numbers]}"),
        console=err,
        transient=True,
        disable=not shown or not err.is_terminal,
    )


def print_json(value: Any) -> None:
    """Print one JSON object; infinities and NaN become null, because JSON has neither."""
    sys.stdout.write(json.dumps(finite(value), indent=2, allow_nan=False) + "\n")
