"""The command `python -m handnn.proof.random`."""

import argparse
import itertools
import sys
from collections.abc import Iterator

from ... import layers
from . import networks
from .record import Line, Record, Tally, by_kind, generator

PROGRESS_EVERY = 50
SMALL = {"max_width": 60, "max_batch": 16}


def judged(seed: int, number: int, **sizes: int) -> tuple[Line, str]:
    """Return the line of a network for the record, and the network described where it is called wrong.

    Args:
        sizes: other limits, as of `networks.draw`.
    """
    line: Line = {"seed": seed, "number": number, "weights": 0, "alarm": "", "crash": False}
    line["generator"] = generator(**sizes)
    line |= {"unjudged": 0, "kinds": {}}
    drawn = networks.network(seed, number, **sizes)
    line["weights"] = drawn.model.count_params()
    try:
        report = networks.verify(drawn)
        line |= {"unjudged": len(report.unjudged), "kinds": by_kind(report, lambda row: networks.kind(row, drawn))}
        line["alarm"] = report.verdict() if report.wrong else networks.round_trip(drawn.model)
    except Exception as error:  # whatever it is, a correct network must not cause it
        line |= {"alarm": f"{type(error).__name__}: {error}", "crash": True}
    return line, networks.describe(drawn) if line["alarm"] else ""


def chosen(seed: int, start: int, only: str | None, **sizes: int) -> Iterator[int]:
    """Yield the numbers of a seed's networks, or of those that have a layer of these classes."""
    names = {layers.layers[name].__name__ for name in only.split(",")} if only else set()  # raises for an unknown one
    for number in itertools.count(start):
        drawn = networks.network(seed, number, **sizes).model.layers if names else []
        if not names or names & {type(layer).__name__ for layer in drawn}:
            yield number


def main(arguments: list[str] | None = None) -> int:
    """Verify random networks; print every false alarm, and the worst error / allowance of each kind of tensor."""
    parser = argparse.ArgumentParser(description=networks.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200, help="how many networks (200)")
    parser.add_argument("--seed", type=int, default=0, help="first half of each network's seed (0)")
    parser.add_argument("--start", type=int, default=0, help="number of the first network (0)")
    parser.add_argument("--only", metavar="LAYERS", help="only networks with one of these layers, as RNN,Bidirectional")
    parser.add_argument("--record", metavar="FILE", help="append each network to this file, and skip those it has")
    parser.add_argument("--small", action="store_true", help="widths up to 60, batches up to 16: many in little time")
    given = parser.parse_args(arguments)
    sizes = SMALL if given.small else {}
    record, tally, live = Record(given.record), Tally(), sys.stderr.isatty()
    known = record.known(given.seed, generator(**sizes))
    numbers = chosen(given.seed, given.start, given.only, **sizes)
    for done, number in enumerate(itertools.islice(numbers, given.count), start=1):
        line = known.get(number)
        if line is None:
            line, description = judged(given.seed, number, **sizes)
            record.add(line)
            if line["alarm"]:
                options = "".join(f", {name}={size}" for name, size in sizes.items())
                again = f"networks.network({given.seed}, {number}{options})"
                print(
                    f"{'CRASH' if line['crash'] else 'FALSE ALARM'} {again}: {line['alarm']}\n  {description}",
                    flush=True,
                )
        tally.see(line, networks.MOST_WEIGHTS)
        if live or done % PROGRESS_EVERY == 0:
            print(
                f"{done} of {given.count}, {tally.alarms + tally.crashes} alarms",
                end="\r" if live else "\n",
                file=sys.stderr,
            )
    print(f"{tally.table()}\n{tally}")
    return 1 if tally.alarms or tally.crashes else 0
