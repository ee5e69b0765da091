"""Write docs/allowance.md: `python -m handnn.proof.allowance --count 1000000 --output docs/allowance.md`."""

import argparse
import sys
import warnings

from ...core import atomic
from . import mutants, page, sharpness


def main(arguments: list[str] | None = None) -> int:
    """Print or write the page; exit status 1 if an enclosure was violated, or a right result rejected."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="evaluations, elements of results (1000000)")
    parser.add_argument("--draws", type=int, default=5, help="draws of each mutant (5)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", metavar="FILE", help="write the page here instead of printing it")
    given = parser.parse_args(arguments)
    if given.count < 1 or given.draws < 1:
        parser.error("--count and --draws must be at least 1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # overflow is among the inputs
        found, said = sharpness.run(given.count, given.seed, lambda line: print(line, file=sys.stderr, flush=True))
        caught = mutants.table(given.draws, given.seed)
    text = page.page(given.count, found, said, caught, given.draws)
    if given.output:
        atomic.write(given.output, text.encode())
    else:
        print(text)
    false_alarms = sum(one.allowance for (_, _, mistake), one in caught.items() if mistake == 0)
    print(f"{len(said)} trials violated, {false_alarms} right results rejected", file=sys.stderr)
    return int(bool(said or false_alarms))


if __name__ == "__main__":
    sys.exit(main())
