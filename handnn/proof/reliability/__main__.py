"""`python -m handnn.proof.reliability [--random FILE] [--memory FILE] [--tests FILE]... [--output FILE]`."""

from pathlib import Path

import click

from .held import MISTAKES, PROMISES
from .page import page

MUTANTS = "docs/mutants.md"


@click.command()
@click.option("--random", type=click.Path(exists=True, dir_okay=False), help="Record of handnn.proof.random.")
@click.option("--memory", type=click.Path(exists=True, dir_okay=False), help="Record of handnn.proof.memory.")
@click.option(
    "--tests", type=click.Path(exists=True, dir_okay=False), multiple=True, help="pytest's --junit-xml files."
)
@click.option("--mutants", type=click.Path(dir_okay=False), default=MUTANTS, show_default=True, help="Page of mutants.")
@click.option("--output", type=click.Path(dir_okay=False), help="Write the page to this file; else it is printed.")
@click.option("--names", is_flag=True, help="Print only the tests that hold what was promised, for pytest.")
def main(
    random: str | None, memory: str | None, tests: tuple[str, ...], mutants: str, output: str | None, names: bool
) -> None:
    """Write docs/reliability.md from the records of runs.

    Nothing is measured here: the page says what the records hold, and what has not been run. With --output, sections
    whose record is not given stay as they are.
    """
    if names:
        held = [*PROMISES.values(), *MISTAKES.values()]
        click.echo("\n".join(dict.fromkeys(f"tests/{test}" for entry in held for test in entry.tests)))
        return
    before = Path(output).read_text(encoding="utf-8") if output and Path(output).exists() else ""
    text = page(random, memory, list(tests), mutants if Path(mutants).exists() else None, before)
    if output:
        Path(output).write_text(text, encoding="utf-8")
    else:
        click.echo(text)


if __name__ == "__main__":
    main()
