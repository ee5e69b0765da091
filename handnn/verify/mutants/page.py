"""The page docs/mutants.md: the score of each family, and every survivor with its reason."""

from .judge import Result

HEAD = """# Is every term needed?

Written by `python -m handnn.verify.mutants --jobs 2 --output docs/mutants.md`. One place of one formula is spoilt at a
time: a term or factor dropped, a sign turned, a comparison shifted, a constant raised by 1, a line left out. The spoilt
library is held against Keras as for docs/parity.md (spliced, float32 and float64, the derived allowance). A change is
*noticed* when a tensor leaves its allowance or the code raises.

| family | functions | changes | noticed | share | survivors explained |
| --- | ---: | ---: | ---: | ---: | ---: |
"""


def page(results: list[Result]) -> str:
    """Return the page."""
    rows, families = [], list(dict.fromkeys(result.family for result in results))
    for family in families:
        own = [result for result in results if result.family == family]
        killed, functions = sum(result.killed for result in own), len({result.target for result in own})
        survivors = [result for result in own if not result.killed]
        explained = sum(bool(result.reason) for result in survivors)
        share = f"{killed / len(own):.1%}"
        rows.append(f"| {family} | {functions} | {len(own)} | {killed} | {share} | {explained} of {len(survivors)} |")
    text = HEAD + "\n".join(rows) + "\n"
    survivors = [result for result in results if not result.killed]
    if survivors:
        text += "\n## Survivors\n\n| function | change | why it makes no difference |\n| --- | --- | --- |\n"
        text += "\n".join(_row(result) for result in survivors) + "\n"
    return text


def _row(result: Result) -> str:
    cells = (result.target, f"`{result.change}`", result.reason or "NOT EXPLAINED")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
