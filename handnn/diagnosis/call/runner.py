"""The process in which a file's derivations are checked: `python -m handnn.diagnosis.call.runner FILE`.

It writes one line of JSON for each derivation that begins and for each verdict, so that the parent knows which one
never returned, and what the others were. Whatever the file prints is kept away from them. With --wait in the place of
FILE it imports what it will need, and then reads FILE and the rest from its standard input, as a line of JSON.
"""

import contextlib
import io
import json
import os
import sys
import traceback
from typing import Any


def main(arguments: list[str]) -> int:
    """Check the derivations of a file, but those named after it, and write the lines."""
    if arguments[0] == "--wait":
        arguments = _waited()
    path, skipped = arguments[0], set(arguments[1:])
    out = os.fdopen(os.dup(1), "w", buffering=1)  # what the file writes to descriptor 1 goes to stderr
    os.dup2(2, 1)

    def say(**line: Any) -> None:
        out.write(json.dumps(line) + "\n")

    from . import file

    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            module = file.load(path)
            found = file.find(module)
    except Exception as error:  # whatever is wrong with the file is told in one line
        say(failed=_in_one_line(error, path))
        return 0
    say(found=[derivation.name for derivation in found])
    for derivation in found:
        if derivation.name in skipped:
            continue
        say(begins=derivation.name, kind=derivation.kind)
        try:
            say(name=derivation.name, verdict=file.check(derivation).to_dict())
        except Exception as error:  # a directive that cannot be followed is told in one line
            say(failed=" ".join(f"{path}: {error}".split()))
            return 0
    return 0


def _waited() -> list[str]:
    """Return the arguments that come when there is something to do; without any the process ends."""
    from . import file

    assert file.KINDS
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    found: list[str] = json.loads(line)
    return found


def _in_one_line(error: Exception, path: str) -> str:
    if isinstance(error, SyntaxError):
        return f"{path}, line {error.lineno}: {error.msg}"
    if isinstance(error, FileNotFoundError | ValueError) and "handnn" in "".join(
        traceback.format_tb(error.__traceback__)[-1:]
    ):
        return " ".join(str(error).split())
    own = [
        frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(os.path.basename(path))
    ]
    where = f", line {own[-1].lineno}" if own else ""
    return f"{path}{where}: {type(error).__name__}: {' '.join(str(error).split())}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
