"""What a check of somebody's derivation ends with: one of six verdicts, and why."""

import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

VERDICTS = ("match", "other convention", "unstable", "wrong", "incomplete", "broken")
"""match: everything that was claimed was compared and is right. other convention: exactly the reference after a named
change. unstable: right, but it loses digits that the reference keeps. wrong: another result. incomplete: nothing wrong
was found, but something that was claimed could not be compared. broken: no result to compare."""

WORST = ("wrong", "broken", "incomplete", "unstable", "other convention", "match")
WIDTH = 80


@dataclass(repr=False)
class Verdict:
    """How a derivation was judged.

    Attributes:
        subject: what was checked.
        verdict: one of `VERDICTS`.
        summary: the reason in one sentence.
        where: first wrong layer and tensor, such as 'layer 2 delta'; empty if nothing is wrong.
        mistakes: names of the known mistakes that reproduce the numbers; empty if none does (unknown).
        alternatives: other names that cannot be told apart on this network.
        wrong_line, right_line: the line of mathematics as it is and as it should be.
        convention: how it differs from handnn's notation, in words.
        example: a small calculation with its numbers written out.
        notes: what else was noticed.
        name, kind: of the function or class in its file.
        checked: what was compared. unchecked: what was claimed but not compared: {"what": ..., "why": ...}.
        blamed: the lines that break it: {"file", "line", "code", "must_be", "fix", "mistake", "here", "there"}.
        lines: what every line is: {"line", "code", "what"}. found: how the code was read. seconds: that it took.
    """

    subject: str
    verdict: str
    summary: str = ""
    where: str = ""
    mistakes: list[str] = field(default_factory=list)
    alternatives: list[list[str]] = field(default_factory=list)
    wrong_line: str = ""
    right_line: str = ""
    convention: list[str] = field(default_factory=list)
    pattern: str = ""
    example: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    name: str = ""
    kind: str = ""
    checked: list[str] = field(default_factory=list)
    unchecked: list[dict[str, str]] = field(default_factory=list)
    blamed: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    found: str = ""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the derivation is right, be it in another convention."""
        return self.verdict in ("match", "other convention")

    @property
    def unknown(self) -> bool:
        """Whether it is wrong and no known mistake reproduces it."""
        return self.verdict == "wrong" and not self.mistakes

    def __bool__(self) -> bool:
        return self.ok

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"ok": self.ok, "unknown": self.unknown}

    @classmethod
    def from_dict(cls, said: dict[str, Any]) -> "Verdict":
        return cls(**{key: value for key, value in said.items() if key not in ("ok", "unknown")})

    def _repr_html_(self) -> str:
        """The verdict in a notebook, with the source beside it."""
        from .pages import fragment

        return fragment(self)

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        """The diagnosis in at most 80 columns."""
        lines = [f"{self.subject}: {self.verdict.upper() if not self.ok else self.verdict}"]
        lines += _wrapped(self.summary)
        if self.where:
            lines.append(f"  first wrong    {self.where}")
        for label, text in (("it is", self.wrong_line), ("it should be", self.right_line), ("pattern", self.pattern)):
            if text:
                lines += _wrapped(text, f"  {label:<14} ")
        if self.alternatives:
            names = " | ".join(" and ".join(names) for names in self.alternatives)
            lines += _wrapped(names, "  same numbers   ")
        for text in self.convention:
            lines += _wrapped(text, "  convention     ")
        for blame in self.blamed:
            lines += _blamed(blame)
        lines += [f"  {line}" for line in self.example]
        if self.checked and (self.blamed or self.unchecked or self.ok):
            lines += _wrapped(", ".join(self.checked), "  compared       ")
        for missing in self.unchecked:
            lines += _wrapped(f"{missing['what']}: {missing['why']}", "  not compared   ")
        if self.found:
            lines += _wrapped(self.found, "  read as        ")
        for note in self.notes:
            lines += _wrapped(note, "  note           ")
        return "\n".join(lines)


def _blamed(blame: dict[str, Any]) -> list[str]:
    """Return the lines about one place: where, what belongs there, and what was done instead."""
    lines = _wrapped(blame["code"], f"  {'line ' + str(blame['line']):<14} ")
    if blame.get("must_be"):
        lines += _wrapped(f"must be {blame['must_be']}", " " * 17)
    if blame.get("fix"):
        lines += _wrapped(blame["fix"], "    write        ")
    if blame.get("mistake"):
        lines += _wrapped(blame["mistake"], "    mistake      ")
    if blame.get("here") is not None and blame.get("there") is not None:
        lines.append(f"    worst number {blame['here']:.6g} here, {blame['there']:.6g} belongs there")
    return lines


def _wrapped(text: str, label: str = "  ") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=label, subsequent_indent=" " * len(label))


# ---- the parts of a verdict ------------------------------------------------------------------------------------------

WORST_FIRST = ("broken", "wrong", "incomplete", "unstable", "other convention", "match")


def found_right(subject: str, said: str = "", convention: Sequence[str] = (), notes: Sequence[str] = ()) -> Verdict:
    """Return the verdict for what is right, be it in another convention."""
    kind, text = ("other convention", "right, in another convention") if convention else ("match", said)
    return Verdict(subject, kind, text, convention=list(convention), notes=list(notes))


def named(subject: str, mistakes: Sequence[Any], summary: str = "", **more: Any) -> Verdict:
    """Return the verdict for mistakes that together reproduce the numbers; `more` are fields of it."""
    more["notes"] = [*more.get("notes", ()), *(f"no difference with {m.equivalent}" for m in mistakes if m.equivalent)]
    return Verdict(
        subject,
        "wrong",
        summary or "; ".join(m.because for m in mistakes),
        mistakes=[m.name for m in mistakes],
        wrong_line="; ".join(m.wrong_line for m in mistakes),
        right_line="; ".join(m.right_line for m in mistakes),
        **more,
    )


def first_of(subject: str, hits: Sequence[Any], example: list[str]) -> Verdict:
    """Return the verdict for mistakes of which each one alone reproduces the numbers: the others are alternatives."""
    return named(subject, hits[:1], alternatives=[[hit.name] for hit in hits[1:]], example=example)


def together(subject: str, findings: list[Verdict], said: str, notes: list[str]) -> Verdict:
    """Return the verdict on all parts, whose subjects are their names: the worst; several are told together."""
    worst = min(findings, key=lambda finding: WORST_FIRST.index(finding.verdict))
    same = [f for f in findings if f.verdict == worst.verdict]
    convention = list(dict.fromkeys(word for f in findings for word in f.convention))
    extra = list(dict.fromkeys([*notes, *(note for f in findings for note in f.notes)]))
    if worst.ok:
        return found_right(subject, said, convention, extra)
    for finding in findings:
        if finding not in same and finding.verdict == "unstable":
            extra.append(f"{finding.subject}, besides: {finding.summary}")
        elif finding not in same:
            extra.append(f"{finding.subject}: right")
    several = len(findings) > 1
    return Verdict(
        subject,
        worst.verdict,
        "; ".join(f"{f.subject}: {f.summary}" if several else f.summary for f in same),
        where=worst.subject if worst.verdict == "wrong" else "",
        mistakes=[name for f in same for name in f.mistakes],
        alternatives=worst.alternatives if len(same) == 1 else [],
        wrong_line="; ".join(dict.fromkeys(f.wrong_line for f in same if f.wrong_line)),
        right_line="; ".join(dict.fromkeys(f.right_line for f in same if f.right_line)),
        convention=convention,
        pattern="; ".join(f.pattern for f in same if f.pattern),
        example=[line for f in same for line in f.example],
        notes=extra,
    )


def joined(one: Verdict, other: Verdict) -> Verdict:
    """Return the verdict on a class of which two steps were judged: that of the worse, with what was said of both."""
    worse, better = sorted((one, other), key=lambda verdict: WORST.index(verdict.verdict))
    if better.verdict == "wrong":
        worse.summary += f"; {better.summary}"
    for name in ("checked", "unchecked", "convention", "notes", "mistakes", "lines"):
        both = [*getattr(one, name), *getattr(other, name)]
        setattr(worse, name, [item for place, item in enumerate(both) if item not in both[:place]])
    lines = [blame["line"] for blame in worse.blamed]
    worse.blamed += [blame for blame in better.blamed if blame["line"] not in lines]
    worse.found = f"{one.found}; then {other.found}" if one.found and other.found else one.found or other.found
    worse.seconds = one.seconds + other.seconds
    return worse
