"""How good `handnn check` is on what people really did: `python -m handnn.diagnosis.score.cases FOLDER [WORD ...]`.

A folder holds files and `truth.json`: for each derivation "right", "not right" (any other verdict will do), or one list
of lines for each mistake. A mistake is located if one of its lines is blamed, and explained if what belongs there, or
what was done instead, is said. `--write` keeps the counts of each file in `scores.json` beside `truth.json`.
"""

import argparse
import json
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..files import BadFileError, check_file
from ..verdict import Verdict

SECONDS = 30.0


@dataclass
class Score:
    """The counts over all files.

    Attributes:
        mistakes, located, explained, stray: mistakes planted by their authors; lines blamed outside all mistakes.
        false_match: wrong ones called right. false_alarm: right ones called wrong. undecided: right ones incomplete.
        missing: derivations without a verdict. seconds: of each file. files: the counts of each, by name.
    """

    mistakes: int = 0
    located: int = 0
    explained: int = 0
    stray: int = 0
    right: int = 0
    false_match: list[str] = field(default_factory=list)
    false_alarm: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    not_located: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    files: dict[str, dict[str, int]] = field(default_factory=dict)

    def add(self, label: str, expected: Any, verdict: Verdict | None) -> None:
        """Count one derivation; the verdict is None if there is none."""
        mistakes = expected if isinstance(expected, list) else []
        self.mistakes += len(mistakes)
        self.right += expected == "right"
        if verdict is None:
            self.missing.append(label)
        elif expected == "right":
            if verdict.verdict in ("wrong", "broken"):
                self.false_alarm.append(label)
            elif verdict.verdict == "incomplete":
                self.undecided.append(label)
        elif verdict.ok:
            self.false_match.append(label)
        else:
            self._lines(label, mistakes, verdict)

    def _lines(self, label: str, mistakes: list[list[int]], verdict: Verdict) -> None:
        def inside(blame: dict[str, Any], lines: list[int]) -> bool:
            return any(blame["line"] <= line <= blame["end_line"] for line in lines)

        for lines in mistakes:
            hits = [blame for blame in verdict.blamed if inside(blame, lines)]
            self.located += bool(hits)
            self.explained += any(blame["fix"] or blame["mistake"] for blame in hits)
            if not hits:
                self.not_located.append(f"{label} {lines}")
        self.stray += sum(not any(inside(blame, lines) for lines in mistakes) for blame in verdict.blamed)

    def counts(self) -> dict[str, int]:
        """Return what may get better or worse, without zeros. Stray lines come and go with the time of a search."""
        lists = {name: len(getattr(self, name)) for name in ("false_match", "false_alarm", "undecided", "missing")}
        counted = {"located": self.located, "explained": self.explained} | lists
        return {name: count for name, count in counted.items() if count}

    def __str__(self) -> str:
        ordered = sorted(self.seconds)
        slow = ordered[int(0.95 * (len(ordered) - 1))] if ordered else 0.0
        lines = [
            f"{self.mistakes} mistakes: {self.located} located, {self.explained} explained, {self.stray} stray lines",
            f"{self.right} right ones: {len(self.false_alarm)} false alarms, {len(self.undecided)} not decided",
            f"{len(self.false_match)} false matches, {len(self.missing)} without a verdict",
            f"seconds a file: median {ordered[len(ordered) // 2] if ordered else 0:.1f}, 95 % under {slow:.1f}",
        ]
        for name in ("not_located", "false_match", "false_alarm", "undecided", "missing"):
            if found := getattr(self, name):
                lines.append(f"{name.replace('_', ' ')}: {', '.join(found)}")
        return "\n".join(lines)


def score(folder: Path, words: list[str], tell: Any = lambda line: None) -> Score:
    """Return the score over the files of a folder, or those whose names contain one of the words."""
    total = Score()
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    for file, expected in truth.items():
        if words and not any(word in file for word in words):
            continue
        began = time.perf_counter()
        found = verdicts(folder / file)
        total.seconds.append(time.perf_counter() - began)
        one = Score()
        for into in (total, one):
            add_file(into, file, expected, found)
        total.files[file] = one.counts()
        tell(f"{file}: {', '.join(f'{n} {v.verdict}' for n, v in found.items())}")
    return total


def add_file(into: Score, file: str, expected: dict[str, Any], found: dict[str, Verdict]) -> None:
    """Count the derivations of one file."""
    for name, what in expected.items():
        pair = re.sub("backward", "forward", name, flags=re.IGNORECASE)  # of two functions: under either name
        into.add(f"{file[:3]}:{name}", what, found.get(name, found.get(pair)))


def verdicts(file: Path) -> dict[str, Verdict]:
    """Return the verdicts on a file by name; {} if it cannot be read at all."""
    try:
        return {verdict.name: verdict for verdict in check_file(str(file), SECONDS)}
    except BadFileError:
        return {}


def changes(kept: dict[str, int], now: dict[str, int]) -> str:
    """Return what is worse and what is better than the counts that were kept; "" if nothing is."""
    said = []
    for name in sorted(kept.keys() | now.keys()):
        before, after = kept.get(name, 0), now.get(name, 0)
        if before != after:
            better = (after > before) == (name in ("located", "explained"))
            said.append(f"{'better' if better else 'WORSE'}: {name} {before} -> {after}")
    return ", ".join(said)


def read_kept(folder: Path) -> dict[str, dict[str, int]]:
    """Return the counts that were kept, by file; {} if none were."""
    table = folder / "scores.json"
    return json.loads(table.read_text(encoding="utf-8")) if table.exists() else {}


def write_kept(folder: Path, by_file: dict[str, dict[str, int]]) -> None:
    """Keep the counts of these files, in the order of `truth.json`; other files keep theirs."""
    kept = read_kept(folder) | by_file
    order = [file for file in json.loads((folder / "truth.json").read_text(encoding="utf-8")) if file in kept]
    lines = ",\n".join(f" {json.dumps(file)}: {json.dumps(kept[file])}" for file in order)
    (folder / "scores.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m handnn.diagnosis.score.cases", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("words", nargs="*", help="only files whose names contain one of these")
    parser.add_argument("--write", action="store_true", help="keep the counts in scores.json")
    given = parser.parse_args()
    total = score(given.folder, given.words, lambda line: print(line, file=sys.stderr, flush=True))
    print(total)
    kept = read_kept(given.folder)
    for file, counts in total.files.items():
        if file in kept and (said := changes(kept[file], counts)):
            print(f"{file[:3]} {said}")
    if given.write:
        write_kept(given.folder, total.files)


if __name__ == "__main__":
    main()
