"""What the judge says: right or wrong, what was compared, which lines break, what every line is."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Blame:
    """A place that breaks results.

    `must_be` says in words what belongs there. `fix` is the expression to write in place of `code`; it was run, and
    the results were right. `did` is the smallest edit that explains the difference. `here` and `there` are the worst
    element and what it should be, `values` some pairs of such numbers. `results` are the derivatives that are wrong
    because of it.
    """

    file: Path
    line: int
    end_line: int
    code: str
    must_be: str | None = None
    fix: str | None = None
    did: str | None = None
    here: float | None = None
    there: float | None = None
    results: tuple[str, ...] = ()
    values: tuple[tuple[float, float], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it for a verdict, where `did` is the mistake."""
        found = asdict(self) | {"file": str(self.file), "mistake": self.did, "values": [list(v) for v in self.values]}
        return {key: value for key, value in found.items() if key not in ("did", "results")}


@dataclass(frozen=True)
class LineNote:
    """What one line is: 'is N dL/d(Z1)', 'helper', 'forward', 'breaks here'; `value` shows its numbers."""

    file: Path
    line: int
    end_line: int
    code: str
    what: str
    value: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return it for a verdict."""
        return {"file": str(self.file), "line": self.line, "code": self.code, "what": self.what, "value": self.value}


@dataclass
class Judgement:
    """The verdict on a subject. `complete` is False if the seconds did not suffice.

    `zero` are the wrong results that are 0 everywhere. `unmet`: margins of which no draw met both sides. `slight`: what
    differs from a reference is no more than what its rounded constants do.
    """

    ok: bool
    checked: list[str] = field(default_factory=list)
    unchecked: list[tuple[str, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    zero: list[str] = field(default_factory=list)
    blamed: list[Blame] = field(default_factory=list)
    lines: list[LineNote] = field(default_factory=list)
    seconds: float = 0.0
    complete: bool = True
    slight: bool = False
    unmet: list[tuple[str, str]] = field(default_factory=list)
