"""Count how many slips the judge locates and explains: python tests/diagnosis/lines/score.py [words of a label]."""

import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[3]), str(Path(__file__).parent)]

from handnn.diagnosis.lines import judge  # noqa: E402 - the path comes first
from slips import SLIPS  # noqa: E402
from subjects import MAKERS, subject_of  # noqa: E402


def main(*words: str) -> None:
    seconds, located, explained, stray = [], 0, 0, 0
    slips = [s for s in SLIPS if all(w in s.label for w in words)]
    for slip in slips:
        with tempfile.TemporaryDirectory() as folder:
            subject, lines = slip.planted(Path(folder))
            said = judge(subject, 30)
            hits = [b for b in said.blamed if b.line in lines]
            others = [b for b in said.blamed if b.line not in lines]
            seconds.append(said.seconds)
            located, explained, stray = (
                located + bool(hits),
                explained + any(b.did or b.fix for b in hits),
                stray + len(others),
            )
            if not hits or others or not (hits[0].did or hits[0].fix) or words:
                print(f"{slip.label}  (line {sorted(lines)}, {said.seconds:.1f} s)", *said.blamed, sep="\n     ")
    alarms = [n for n in MAKERS if not words and not judge(subject_of(n)).ok]
    seconds.sort()
    print(
        f"located {located}/{len(slips)}, explained {explained}, stray lines {stray}, "
        f"false alarms {alarms} of {len(MAKERS)} right; "
        f"median {seconds[len(seconds) // 2]:.2f} s, longest {seconds[-1]:.1f} s"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
