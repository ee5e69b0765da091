"""`python -m handnn.proof.mutants [--family NAME] [--only NAME] [--jobs N] [--record FILE] [--output FILE]`."""

import os
import sys
import time

import click

from .targets import FAMILIES, targets


@click.command()
@click.option("--family", type=click.Choice(list(FAMILIES)), multiple=True, help="Only these; all by default.")
@click.option("--only", help="Only functions whose title has this in it, such as Softmax or softmax.backward.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@click.option("--tests/--no-tests", default=True, help="Run a symbol's tests where Keras sees no difference (slow).")
@click.option("--record", type=click.Path(dir_okay=False), help="Append each result to this file and go on from it.")
@click.option("--output", type=click.Path(dir_okay=False), help="Write the page to this file; else it is printed.")
def main(
    family: tuple[str, ...], only: str | None, jobs: int, tests: bool, record: str | None, output: str | None
) -> None:
    """Change every formula in every place, and check that the comparison with TensorFlow detects each change.

    Exit status 0: each change is detected or is known to make no difference; 1: one is neither.
    """
    import joblib

    from .judge import run
    from .page import page

    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    work = [
        (name, i)
        for name in family or FAMILIES
        for i, target in enumerate(targets(name))
        if only is None or only.lower() in target.title.lower()
    ]
    began, results = time.perf_counter(), []
    parallel = joblib.Parallel(n_jobs=jobs, return_as="generator", batch_size=1)
    done = parallel(joblib.delayed(run)(*task, tests, record) for task in work)
    for number, found in enumerate(done, start=1):
        results += found
        seconds = time.perf_counter() - began
        left = seconds / number * (len(work) - number)
        click.echo(f"\r\033[K{number} of {len(work)} functions, {left:.0f} s left", err=True, nl=False)
    click.echo("\r\033[K", err=True, nl=False)
    text = page(results)
    if output:
        with open(output, "w", encoding="utf-8") as file:
            file.write(text)
    else:
        click.echo(text)
    sys.exit(any(not result.killed and not result.reason for result in results))


if __name__ == "__main__":
    main()
