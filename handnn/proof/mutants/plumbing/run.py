"""Runs the changes of a family: from the record, or in copies of a process of its own."""

import ast
import json
import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from ..judge import Result
from ..record import Noticed, Record
from .copies import Tell, in_a_copy
from .coverage import Coverage
from .equivalent import EQUIVALENT
from .families import ROOT, Planned, files, functions, planned, sample, sources, tests
from .install import Patch
from .worker import Asked, Judge

LOADED = ("callbacks", "cli", "compare", "data", "models", "saving", "specs", "tensorboard", "verify")
"""Folders of handnn that tests load: once, before the copies are made."""


def run(
    family: str,
    only: str | None,
    count: int | None,
    record: str | None,
    seen: Callable[[str], None],
    recorded: bool = False,
) -> list[Result]:
    """Try a sample of a family's changes (None: all); what the record has as noticed or explained is not tried again.

    A survivor that is not explained is tried again, after the others, because tests may have been added. `seen` is
    called with a word on each change. With `recorded` nothing is tried: the results are what the record has.
    """
    changes = [c for c in sample(list(planned(family)), count) if only is None or only.lower() in c.title.lower()]
    known, found = Record(record), {}
    for change in changes:
        before = known.get(change.key)
        if before is not None and (recorded or before.by or (change.title, str(change.mutation)) in EQUIVALENT):
            found[change.key] = before
    waiting = [change for change in changes if change.key not in found]
    waiting.sort(key=lambda change: known.get(change.key) is not None)

    def told(number: int, by: str, seconds: float) -> None:
        change = waiting[number]
        found[change.key] = Noticed(by, round(seconds, 2))
        known.add(change.key, str(change.mutation), found[change.key])
        seen(f"{len(found)} of {len(changes)}: {change.title}: {change.mutation}: {by or 'SURVIVES'}")

    if waiting and not recorded:
        coverage = None if record is None else Path(f"{record}.{family}.coverage")
        changed = [asked(change) for change in waiting]
        ask(changed, tests(family), sources(family), told, seen, coverage)
    return [_result(change, found[change.key]) for change in changes if change.key in found]


def _result(change: Planned, noticed: Noticed) -> Result:
    told = str(change.mutation)
    reason = "" if noticed.by else EQUIVALENT.get((change.title, told), "")
    return Result(change.family, change.title, change.mutation.line, told, *noticed, explained=reason)


def asked(change: Planned) -> Asked:
    """Return the change as the worker takes it."""
    module = ast.parse(change.path.read_text(encoding="utf-8"))
    change.mutation.apply(next(f for _, f in functions(module) if f.lineno == change.function))
    return Asked(change.title, {(str(change.path), change.mutation.line)}, Patch(change.path, module))


def ask(
    changes: list[Asked],
    arguments: list[str],
    paths: list[Path],
    told: Callable[[int, str, float], None],
    seen: Callable[[str], None],
    coverage: Path | None = None,
) -> None:
    """Let the tests judge the changes, in a copy of this process, which must not have run TensorFlow."""

    def work(tell: Tell) -> None:
        for path in [*paths, *modules()]:  # what is loaded later would be loaded unchanged, and by every copy
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
        known = Coverage(paths, coverage)
        judge = Judge(changes, known, lambda *answer: tell(json.dumps(answer)), lambda text: tell(json.dumps(text)))
        _pytest([*arguments, "--quick"], judge)
        if judge.error is not None:
            raise judge.error
        if not known.tests:
            raise RuntimeError("pytest has collected no tests")

    def each(line: str) -> None:
        answer = json.loads(line)
        seen(answer) if isinstance(answer, str) else told(*answer)

    _, end = in_a_copy(work, None, each)
    if end:
        raise RuntimeError(f"the tests' {end}")


def modules() -> list[Path]:
    """Return the files of the folders that tests load."""
    found = [path for folder in LOADED for path in files(ROOT / "handnn" / folder, "*.py")]
    return [path for path in found if path.name != "__main__.py"]


def load() -> None:
    """Load TensorFlow, Keras and handnn, without running anything."""
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    import tf_reference  # noqa: F401, I001  # before Keras: it chooses the backend
    import keras  # noqa: F401
    import tensorflow as tf  # noqa: F401
    import pytest  # noqa: F401


def _pytest(arguments: list[str], plugin: object) -> None:
    import tempfile

    import pytest

    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as place:
        options = ["-q", "--capture=sys", "--tb=native", f"--rootdir={ROOT}", "-c", str(ROOT / "pyproject.toml")]
        options += [f"--basetemp={place}/tests", "-p", "no:cacheprovider", "-n", "0"]
        pytest.main([*options, *arguments], plugins=[plugin])
