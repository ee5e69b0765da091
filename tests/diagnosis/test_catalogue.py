"""docs/mistakes.md lists the bank."""

from pathlib import Path

from handnn.diagnosis import catalogue
from handnn.diagnosis.bank import mistakes

PAGE = Path(__file__).parents[2] / "docs" / "mistakes.md"


def test_the_page_is_that_of_the_bank():
    written = PAGE.read_text().split("## How good")[0].rstrip()
    assert written == catalogue.page(0, 0).rstrip(), "run: python -m handnn.diagnosis.catalogue > docs/mistakes.md"
    assert len(mistakes._canonical) == sum(line.startswith("| ") for line in written.split("\n")) - 2


def test_every_entry_says_what_it_is():
    for name, mistake in mistakes.items():
        assert mistake.name == name and mistake.because and mistake.wrong_line != mistake.right_line
