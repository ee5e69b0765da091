"""Programs in `programs/forms/`: each is right; with what `# not:` says in place of its line, that line is blamed."""

from pathlib import Path

import pytest

from handnn.diagnosis.check import verdicts

PROGRAMS = sorted((Path(__file__).with_name("programs") / "forms").glob("*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_form_is_read_and_a_slip_in_it_located(program: Path, tmp_path: Path) -> None:
    lines = program.read_text().splitlines()
    place = next(number for number, line in enumerate(lines) if "  # not: " in line)
    right, _, slip = lines[place].partition("  # not: ")
    path = tmp_path / "mine.py"
    for line in (right, right[: len(right) - len(right.lstrip())] + slip):
        lines[place] = line
        path.write_text("\n".join(lines) + "\n")
        found = [one["verdict"] for one in verdicts(str(path))]
        blamed = [blame["line"] for verdict in found for blame in verdict["blamed"]]
        if line is right:
            assert all(verdict["ok"] and not verdict["unchecked"] for verdict in found) and found, found
        else:
            assert blamed, found
            assert set(blamed) == {place + 1}, found  # of a pair, and of what uses it
