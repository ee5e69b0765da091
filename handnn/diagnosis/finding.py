"""What was found about one part of a derivation (the function, its derivative), and the verdict on all of them."""

from dataclasses import dataclass, field
from typing import Any

from .verdict import Verdict

WORST_FIRST = ("broken", "wrong", "unstable", "other convention", "match")


@dataclass
class Finding:
    """One part judged; the fields are those of `Verdict`. `part` is its name, such as 'forward'."""

    part: str
    verdict: str
    summary: str = ""
    mistakes: list[str] = field(default_factory=list)
    alternatives: list[list[str]] = field(default_factory=list)
    wrong_line: str = ""
    right_line: str = ""
    pattern: str = ""
    convention: list[str] = field(default_factory=list)
    example: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def named(part: str, hits: list[Any], **more: Any) -> Finding:
    """Return the finding for mistakes that reproduce the numbers: the first by name, the others as alternatives."""
    first = hits[0]
    mistake = first.mistake
    found = Finding(part, "wrong", first.because, [first.name], [[hit.name] for hit in hits[1:]], **more)
    found.wrong_line, found.right_line = mistake.wrong_line, mistake.right_line
    if mistake.equivalent:
        found.notes = [*found.notes, f"no difference with {mistake.equivalent}"]
    return found


def together(subject: str, findings: list[Finding], right: str, notes: list[str]) -> Verdict:
    """Return the verdict on all parts: that of the worst; several wrong ones are told together."""
    worst = min(findings, key=lambda finding: WORST_FIRST.index(finding.verdict))
    same = [f for f in findings if f.verdict == worst.verdict]
    convention = list(dict.fromkeys(word for f in findings for word in f.convention))
    extra = list(dict.fromkeys([*notes, *(note for f in findings for note in f.notes)]))
    if worst.verdict == "match":
        return Verdict(subject, "match", right, notes=extra)
    if worst.verdict == "other convention":
        return Verdict(subject, worst.verdict, "right, in another convention", convention=convention, notes=extra)
    for finding in findings:
        if finding not in same and finding.verdict == "unstable":
            extra.append(f"{finding.part}, besides: {finding.summary}")
        elif finding not in same:
            extra.append(f"{finding.part}: right")
    several = len(findings) > 1
    return Verdict(
        subject,
        worst.verdict,
        "; ".join(f"{f.part}: {f.summary}" if several else f.summary for f in same),
        where=worst.part if worst.verdict == "wrong" else "",
        mistakes=[name for f in same for name in f.mistakes],
        alternatives=worst.alternatives if len(same) == 1 else [],
        wrong_line="; ".join(dict.fromkeys(f.wrong_line for f in same if f.wrong_line)),
        right_line="; ".join(dict.fromkeys(f.right_line for f in same if f.right_line)),
        convention=convention,
        pattern="; ".join(f.pattern for f in same if f.pattern),
        example=[line for f in same for line in f.example],
        notes=extra,
    )
