"""The command line: `handnn train`, `verify`, `trace`, `compare` and `check`.

Exit status 0: verified; 1: a mismatch; 2: bad input, described in one line; 130: ended by Ctrl-C.
Each command's module is imported only when called, so that `handnn --help` needs neither NumPy nor TensorFlow.
"""

import sys
from importlib import import_module
from typing import Any

import click

INTERRUPTED = 130

COMMANDS = {
    "train": "Train the hand-written network and its Keras twin side by side.",
    "verify": "Compare every tensor of one batch and one optimizer step with TensorFlow's.",
    "trace": "Show a small network step by step: every formula with its numbers.",
    "compare": "Compare optimizers on the same data, from the same starts, on the same batches.",
    "check": "Check your own derivation: is it right, and if not, where and why.",
}

EXAMPLES = """
\b
Examples:
  handnn train                                  real digits, both networks, under a minute
  handnn train --data moons --layers 16-16      a decision boundary to look at
  handnn verify --layers 64-16-10 --dtype float64
  handnn verify model.keras --data batch.npz    a network saved by Keras
  handnn trace 2-3-2 tanh softmax               every formula with its numbers
  handnn compare --optimizers sgd,adam,lion     which is better, and how sure is that?
  handnn check my_network.py                    your own derivation
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
        print(f"handnn: {' '.join(error.format_message().split())}", file=sys.stderr)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        print("handnn: interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # the reader, such as head, has ended
        sys.stderr.close()
        sys.exit(0)
