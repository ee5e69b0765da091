"""The bank of mistakes and its score as a page: `python -m handnn.diagnosis.catalogue > docs/mistakes.md`."""

import argparse
import sys

from . import score
from .bank import Mistake, mistakes

HEAD = """# What people get wrong in backpropagation

Each of these is an entry of the bank in `handnn/diagnosis/bank`: one step of the explicit backpropagation, done
otherwise. `handnn check` replays them on your function's own inputs, alone and in pairs, and names the ones that
reproduce your numbers to rounding. Written by `python -m handnn.diagnosis.catalogue`.

| mistake | as it is | as it should be | what happened | no difference with |
| --- | --- | --- | --- | --- |
"""

SCORE = """
## How good the diagnosis is

Measured on {tries} random networks of 1 to 5 layers, with every activation that keeps the width and every loss, both
dtypes, and authors of random conventions; seed {seed}. Located counts layer and tensor; a name counts where it is
given, or is one of several that give the same numbers on that network.

{table}
"""


def row(mistake: Mistake) -> str:
    """Return the table's line for one mistake."""
    cells = (mistake.name, mistake.wrong_line, mistake.right_line, mistake.because, mistake.equivalent or "-")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def page(tries: int, seed: int) -> str:
    """Return the page; with no tries, without the score."""
    text = HEAD + "\n".join(row(mistake) for _, mistake in mistakes.items()) + "\n"
    if tries:
        text += SCORE.format(tries=tries, seed=seed, table=score.table(score.measure(tries, seed)))
    return text


def main(arguments: list[str] | None = None) -> int:
    """Print the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=200, help="networks to measure the score on (200); 0 for none")
    parser.add_argument("--seed", type=int, default=0, help="of the networks (0)")
    given = parser.parse_args(arguments)
    print(page(given.tries, given.seed), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
