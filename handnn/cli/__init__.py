"""The command line: `handnn train`, `verify`, `predict`, `report`, `trace`, `compare` and `check`.

Exit status 0: verified; 1: a mismatch; 2: bad input, or a disk, folder or pipe that
fails, in one line; 3: nothing is wrong, but something was not judged, or training diverged; 130: ended by Ctrl-C.
Each command's module is imported when it is called, so that `handnn --help` needs neither NumPy nor TensorFlow.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

import click

INTERRUPTED = 130
FAILED = 2

COMMANDS = {
    "train": "Train the hand-written network and its Keras twin side by side.",
    "verify": "Compare every tensor of one batch and one optimizer step with TensorFlow's.",
    "predict": "Apply a trained network to new data, preparation included.",
    "report": "Write one HTML page of a training run: both sides, parity, health.",
    "trace": "Show a small network step by step: every formula with its numbers.",
    "compare": "Compare optimizers on the same data, from the same starts, on the same batches.",
    "check": "Check your own derivation: is it right, and if not, where and why.",
    "explain": "Is a result what its formula may give in this precision? No tolerance to choose.",
}

EXAMPLES = """
\b
Examples:
  handnn train                                  real digits, both networks, under a minute
  handnn train --data moons --layers 16-16      a decision boundary to look at
  handnn verify --layers 64-16-10 --dtype float64
  handnn verify model.keras --data batch.npz    a network saved by Keras
  handnn predict model.keras --data new.csv     a network trained on a table
  handnn report logs/RUN                        both sides of a run on one page
  handnn trace 2-3-2 tanh softmax               every formula with its numbers
  handnn compare --optimizers sgd,adam,lion     which is better, and how sure is that?
  handnn check my_network.py                    your own derivation
  handnn explain f.py:f --inputs x.npz --actual y.npz   no tolerance to choose
"""


class _Commands(click.Group):
    """A group whose commands are imported from separate modules."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        if "--help" in sys.argv[1:2] or "-h" in sys.argv[1:2]:  # only the list of commands is needed
            return click.Command(name, help=COMMANDS[name], short_help=COMMANDS[name])
        return import_module(f"{__name__}.{name}").command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        from difflib import get_close_matches

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            nearest = get_close_matches(args[0], COMMANDS, n=1) or list(COMMANDS)
            raise click.UsageError(f"no command {args[0]!r}; did you mean {' or '.join(map(repr, nearest))}?")
        return super().resolve_command(ctx, args)

    def make_context(self, *given: Any, **options: Any) -> click.Context:
        """Read the command line; --help and --version print here."""
        with _closed_pipes_named():
            return super().make_context(*given, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _closed_pipes_named():
            return super().invoke(ctx)


@contextmanager
def _closed_pipes_named() -> Iterator[None]:
    """Give a closed pipe another name: click ends with status 1 on it, without a word."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError as error:
        raise OutputClosed from error


class OutputClosed(click.ClickException):
    """The reader of standard output, such as head, has gone."""

    exit_code = FAILED

    def __init__(self) -> None:
        super().__init__("standard output was closed")


@click.command(cls=_Commands, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="handnn")
def cli() -> None:
    """Neural networks in NumPy, every gradient derived by hand and compared with Keras."""


def main() -> None:
    """Run the command line; the entry point of the `handnn` script."""
    from .blas import choose_kernels

    note = choose_kernels()
    try:
        sys.exit(cli.main(obj={"blas": note}, standalone_mode=False))
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message())
        sys.exit(0)
    except click.ClickException as error:
        if isinstance(error, OutputClosed):
            _close_output()
        print(f"handnn: {' '.join(error.format_message().split())}", file=sys.stderr)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        print("handnn: interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except OSError as error:  # of the disk, a folder or a file, while it worked
        from .console import what_failed

        print(f"handnn: {what_failed(error)}", file=sys.stderr)
        sys.exit(FAILED)


def _close_output() -> None:
    """Let what is still buffered go nowhere: at its end Python would fail on it once more."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
