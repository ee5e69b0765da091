"""Slips that nobody chose: random single changes of right programs, by a seed.

python tests/diagnosis/lines/sampled.py SEED COUNT [-v] says how many are located at their line, and explained.
"""

import ast
import contextlib
import io
import json
import random
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[2]), str(HERE)]

from handnn.diagnosis import user  # noqa: E402 - the path comes first
from handnn.diagnosis.lines import SubjectError, judge, load  # noqa: E402
from handnn.diagnosis.lines.derive.study import Study  # noqa: E402
from subjects import MAKERS, PROGRAMS, file_of, subject_of  # noqa: E402

CASES = HERE.parent / "cases" / "public"
EXCHANGED = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/@", ast.Div: "*", ast.MatMult: "*"}
ORDERED = {ast.Sub: "-", ast.Div: "/", ast.MatMult: "@"}
CALLS = {"sum": "mean", "mean": "sum", "max": "min", "tanh": "sin", "exp": "log", "maximum": "minimum"}
SECONDS = 20.0


@dataclass(frozen=True)
class Program:
    """A right program: a file, and how the judge's subject is got from a folder with it."""

    name: str
    file: Path
    made: bool

    def subject(self, folder: Path):
        if self.made:
            return subject_of(self.name, folder)
        read = user.subjects(str(folder / self.file.name), load=load, skip=(), begin=lambda name: None)
        return next((s for s in read if s.name == self.name and hasattr(s, "run") and s.kind != "optimizer"), None)

    def copied(self, folder: Path) -> Path:
        if self.made:
            shutil.copytree(PROGRAMS, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
            return folder / file_of(self.name)
        return Path(shutil.copy(self.file, folder))


def programs() -> list[Program]:
    found = [Program(name, PROGRAMS / file_of(name), True) for name in MAKERS if "/" not in name]
    truth = json.loads((CASES / "truth.json").read_text())
    for file, expected in truth.items():
        if "RIGHT" in file:
            found += [Program(name, CASES / file, False) for name in expected]
    return found


def part(node: ast.expr) -> str:
    """Return the text of a node as an operand."""
    return f"({ast.unparse(node)})" if isinstance(node, ast.BinOp | ast.UnaryOp) else ast.unparse(node)


def changes(node: ast.expr, names: list[str], source: str):
    """Yield the new texts of a node that are slips."""
    old = ast.get_source_segment(source, node)
    if old is None or "\n" in old:
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
        yield from (other for other in names if other != node.id)
    if isinstance(node, ast.BinOp):
        yield from operations(node)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield part(node.operand)
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield part(node.value)
    if isinstance(node, ast.Call):
        yield from calls(node, old)
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield from (str(v) for v in sorted({node.value + 1, node.value * 2, 1, 0}) if v != node.value)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name | ast.BinOp):
        yield f"{ast.unparse(node.value)}[{ast.unparse(node.slice)} - 1]"


def operations(node: ast.BinOp):
    """Yield another operator, one operand alone, the operands exchanged."""
    left, right = part(node.left), part(node.right)
    if isinstance(node.op, ast.Pow):
        yield left
    if type(node.op) in EXCHANGED:
        yield from (f"{left} {sign} {right}" for sign in EXCHANGED[type(node.op)])
        yield from (left, right)
    if type(node.op) in ORDERED:
        yield f"{right} {ORDERED[type(node.op)]} {left}"


def calls(node: ast.Call, old: str):
    """Yield another function, another axis, exchanged arguments, the argument alone."""
    word = getattr(node.func, "attr", "")
    if word in CALLS:
        yield old.replace(f"{word}(", f"{CALLS[word]}(", 1)
    for keyword in node.keywords:
        if keyword.arg == "axis" and ast.unparse(keyword.value) in ("0", "1"):
            now = ast.unparse(keyword.value)
            yield old.replace(f"axis={now}", f"axis={1 - int(now)}")
    if len(node.args) == 2:
        yield f"{ast.unparse(node.func)}({ast.unparse(node.args[1])}, {ast.unparse(node.args[0])})"
    if len(node.args) == 1 and not node.keywords and word not in ("dot", "append"):
        yield part(node.args[0])


def slips(source: str, lines: set[int]):
    """Yield (line, kind, changed source) for all slips on some lines."""
    tree = ast.parse(source)
    starts = [0]
    for text in source.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(text))
    for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)):
        names = sorted({n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)})
        names += [a.arg for a in function.args.args if a.arg != "self"]
        for node in ast.walk(function):
            line = getattr(node, "lineno", 0)
            if line not in lines or node.end_lineno != line:
                continue
            if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
                text = f"{ast.unparse(node.target)} = {ast.unparse(node.value)}"
                yield line, "+=", _put(source, starts, node, text)
            elif isinstance(node, ast.expr):
                kind = type(node).__name__
                for new in changes(node, names, source):
                    text = new if isinstance(node, ast.Name | ast.Constant) else f"({new})"
                    yield line, kind, _put(source, starts, node, text)


def _put(source: str, starts: list[int], node: ast.AST, text: str) -> str:
    data = source.encode()
    begin, end = starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset
    return (data[:begin] + text.encode() + data[end:]).decode()


def lines_of(program: Program, folder: Path) -> set[int]:
    """Return the lines of the backward part alone."""
    path = program.copied(folder)
    study = Study(program.subject(folder))
    here = [e for e in study.tape.events if e.place.path.name == path.name]
    forward = {e.place.line for e in here if e in set(study.forward_events)}
    back = {e.place.line for e in study.backward_events if e.place.path.name == path.name}
    return back - forward


def sampled(seed: int, count: int):
    """Yield (label, line, said) for so many random slips that the judge calls wrong."""
    chance, known, tries = random.Random(seed), programs(), 0
    lines: dict[str, set[int]] = {}
    while count and tries < 40 * count:
        tries += 1
        program = chance.choice(known)
        with tempfile.TemporaryDirectory() as name, contextlib.redirect_stdout(io.StringIO()):
            folder = Path(name)
            try:
                if program.name not in lines:
                    lines[program.name] = lines_of(program, folder)
                path = program.copied(folder)
                possible = list(slips(path.read_text(), lines[program.name]))
                kind = chance.choice(sorted({k for _, k, _ in possible}))
                line, kind, text = chance.choice([p for p in possible if p[1] == kind])
                path.write_text(text)
                subject = program.subject(folder)
                said = judge(subject, SECONDS)
            except (SubjectError, IndexError, SyntaxError, AttributeError, TypeError, ValueError):
                continue
        if said.wrong:
            count -= 1
            yield (
                f"{program.name} {program.file.name}:{line} {text.splitlines()[line - 1].strip()}",
                line,
                said,
                path.name,
            )


def main(seed: int, count: int, verbose: bool) -> None:
    seconds, located, explained, stray, alone, total = [], 0, 0, 0, 0, 0
    for label, line, said, file in sampled(seed, count):
        hits = [b for b in said.blamed if b.file.name == file and b.line <= line <= b.end_line]
        others = [b for b in said.blamed if b not in hits]
        total, located, stray = total + 1, located + bool(hits), stray + len(others)
        alone += bool(hits) and len(others) <= 1
        explained += any(b.did or b.fix for b in hits)
        seconds.append(said.seconds)
        if verbose or not hits or others:
            print(f"{label}  ({said.seconds:.1f} s)", *said.blamed, sep="\n     ", flush=True)
    seconds.sort()
    slow = seconds[int(0.95 * len(seconds))]
    print(
        f"seed {seed}: {total} slips, located {located}, with at most one line beside {alone}, explained {explained}, "
        f"stray lines {stray}; median {seconds[len(seconds) // 2]:.2f} s, 95 % under {slow:.1f} s"
    )


if __name__ == "__main__":
    import handnn.diagnosis.lines.blame.causes as clock

    clock.perf_counter = sys.modules["handnn.diagnosis.lines.judge"].perf_counter = (
        time.process_time
    )  # a shared machine
    main(int(sys.argv[1]), int(sys.argv[2]), "-v" in sys.argv)
