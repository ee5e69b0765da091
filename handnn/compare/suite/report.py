"""The report over all data sets: an HTML page, Markdown, and the numbers. Each data set has its own report."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...core import atomic
from ...core import html as page
from ...core.text import finite
from .. import style
from ..context import heading
from ..html import markdown_facts, markdown_table, plain, table_of
from ..report_tables import Table, percent, whole
from ..results import Comparison
from ..sentences import coarse, count, joined, number
from .plots import performance
from .profiles import LEVEL, NAMES, TAU_MAX, WAYS, Profile, among_best, profiles, taking_part

PICTURE = "profiles.png"


def as_dict(comparisons: Mapping[str, Comparison]) -> dict[str, Any]:
    """Return the profiles and what they say; infinities are not replaced."""
    found = all_profiles(comparisons)
    told = conclusions(comparisons, found)
    return {
        "profiles": {way: [asdict(own) for own in rows] for way, rows in found.items()},
        "among_best": among_best(comparisons, taking_part(comparisons)),
        "conclusions": told,
        "warnings": warnings(comparisons),
        "method": method(comparisons),
    }


def all_profiles(comparisons: Mapping[str, Comparison]) -> dict[str, list[Profile]]:
    """Return the profiles by the chosen trial, the fastest trial, and at the defaults."""
    return {way: profiles(comparisons, way) for way in WAYS}


def conclusions(comparisons: Mapping[str, Comparison], found: Mapping[str, list[Profile]]) -> list[str]:
    """Return what can be said over all data sets."""
    labels = taking_part(comparisons)
    if not labels:
        return ["No optimizer has a finished seed on every data set: nothing can be concluded yet."]
    every = [label for label, own in among_best(comparisons, labels).items() if len(own) == len(comparisons)]
    sets = "both data sets" if len(comparisons) == 2 else f"all {count(len(comparisons), 'data set')}"
    lines = [
        f"Among the best on {sets}: {joined(every)}. No other has a lower test loss there that seeds can tell."
        if every
        else f"No optimizer is among the best on {sets}: which one to take depends on the data."
    ]
    for way in ("fastest", "untuned"):
        first, *others = found[way]
        if not first.score:
            lines.append(f"To the target, {NAMES[way]}: no optimizer reached it on any data set.")
            continue
        equal = [own.optimizer for own in others if own.score == first.score]
        near = [own.optimizer for own in others if own.high >= first.low and own.optimizer not in equal]
        leads = f"{joined([first.optimizer, *equal])} share" if equal else f"{first.optimizer} has"
        lead = "their lead" if equal else "its lead"
        lines.append(
            f"To the target, {NAMES[way]}: {leads} the highest profile score, "
            f"{f'{first.score:.2f}' if equal else _score(first)}"
            + (f"; seeds could change {lead} over {joined(near)}." if near else ".")
        )
    return lines


def warnings(comparisons: Mapping[str, Comparison]) -> list[str]:
    """Return what limits the conclusions."""
    lines = []
    if len(comparisons) < 5:
        step = 1 / len(comparisons)
        lines.append(
            f"{count(len(comparisons), 'data set')}: each moves a profile by {step:.0%}. A claim about optimizers in "
            "general needs more."
        )
    rough = [name for name, own in comparisons.items() if coarse(own.summary(), own)]
    if rough:
        lines.append(
            f"On {joined(rough)} the target is reached within a few epochs, and seen at their ends only: such times "
            "are equal or differ by whole epochs; a lower --target tells more."
        )
    for name, own in comparisons.items():
        left = [label for label in own.plan.optimizers if label not in taking_part(comparisons)]
        if left and own.excluded:
            lines.append(f"{joined(own.excluded)} did not take part on {name}; see its report.")
        if own.missing:
            lines.append(f"{count(len(own.missing), 'run')} on {name} not finished; its seed does not count.")
    return lines


def method(comparisons: Mapping[str, Comparison]) -> list[str]:
    """Return how the profiles are made."""
    targets = joined([f"{name} {number(own.plan.target)}" for name, own in comparisons.items()])
    return [
        f"Time is training steps until the validation loss reaches the target ({targets}), the median over seeds. "
        "AlgoPerf takes seconds; those of each data set are in its own report.",
        "Profile (Dolan and Moré 2002): the share of data sets on which an optimizer needs at most tau times the steps "
        "of the fastest one. A target that was never reached counts as infinitely long.",
        f"Score (AlgoPerf, Dahl et al. 2023): the mean height of the profile for tau from 1 to {TAU_MAX:g}; 1 is the "
        f"fastest everywhere. {LEVEL:.0%} intervals resample seeds, the same for all optimizers; other data sets may "
        "differ more.",
        "Among the best: on that data set no optimizer has a told lower test loss (paired intervals, its own report).",
    ]


def tables(comparisons: Mapping[str, Comparison], found: Mapping[str, list[Profile]]) -> list[Table]:
    """Return the tables of the report."""
    labels, names = taking_part(comparisons), list(comparisons)
    if not labels:
        return []
    best, by_way = among_best(comparisons, labels), {w: {own.optimizer: own for own in found[w]} for w in WAYS}
    order = [own.optimizer for own in found["fastest"]]
    scores = [
        [label, *[_score(by_way[way][label]) for way in WAYS], f"{len(best[label])} of {len(names)}"] for label in order
    ]
    rows, losses = [], []
    for label in order:
        own = by_way["fastest"][label]
        rows.append([label, *[_time(own, name) for name in names]])
        entries = [comparisons[name].summary()[label] for name in names]
        losses.append([label, *[_result(entry.best, label in comparisons[name].summary().equals)
                                for entry, name in zip(entries, names, strict=True)]])  # fmt: skip
    return [
        Table("Scores", "Score of the profile with its interval; the last column: data sets on which it is among the "
              "best in test loss.", ["optimizer", *[NAMES[way] for way in WAYS], "among the best on"], scores),
        Table("Steps to the target", "Of the fastest trial in each seed, median; in brackets how many times the "
              "fastest optimizer's.", ["optimizer", *names], rows),
        Table("Test results", "Median at the trial chosen on validation data; a star: among the best.",
              ["optimizer", *names], losses),
    ]  # fmt: skip


def _score(own: Profile) -> str:
    return f"{own.score:.2f} [{own.low:.2f}, {own.high:.2f}]"


def _time(own: Profile, name: str) -> str:
    ratio = own.ratios[name]
    return f"{whole(own.times[name])} ({ratio:.2f})" if ratio < float("inf") else "never"


def _result(best: Mapping[str, Any], first: bool) -> str:
    text = number(best["test_loss"].median)
    if "test_accuracy" in best:
        text += f", {percent(best['test_accuracy'].median)}"
    return f"{text}{' *' if first else ''}"


def write(comparisons: Mapping[str, Comparison], directory: str | os.PathLike[str]) -> list[Path]:
    """Write report.html, report.md, profiles.png and summary.json into the folder; return their paths."""
    top, found = Path(directory), all_profiles(comparisons)
    told, but, how = conclusions(comparisons, found), warnings(comparisons), method(comparisons)
    made = tables(comparisons, found)
    files: dict[str, bytes] = {}
    plan = next(iter(comparisons.values())).plan
    title = f"{count(len(plan.optimizers), 'optimizer')} on {joined(list(comparisons))}"
    caption = (performance.__doc__ or "").partition("\n")[0]
    if made:
        files[PICTURE] = style.png(performance(found, comparisons))
    own = {name: f"{name}/report.html" for name in comparisons}
    facts = heading.facts_of_all(comparisons)
    parts = [
        page.facts(facts),
        page.box(told),
        page.box(but, "but"),
        *[table_of(table) for table in made[:1]],
        *[page.picture(content, caption) for content in files.values()],
        *[table_of(table) for table in made[1:]],
        page.element("h2", "Each data set"),
        page.bullets(page.link(target, name) for name, target in own.items()),
        page.element("h2", "How it was done"),
        page.bullets(how),
    ]
    lines = [f"# {plain(title)}", markdown_facts(facts)]
    lines += [*[f"**{plain(line)}**" for line in told], *[f"> {plain(line)}" for line in but]]
    lines += [markdown_table(table) for table in made[:1]]
    lines += [f"![{plain(caption)}]({PICTURE})"] if made else []
    lines += [markdown_table(table) for table in made[1:]]
    lines.append("## Each data set\n\n" + "\n".join(f"- [{plain(name)}]({target})" for name, target in own.items()))
    lines.append("## How it was done\n\n" + "\n".join(f"- {plain(line)}" for line in how))
    files["report.html"] = page.page(title, parts, f"handnn {plan.version}").encode()
    files["report.md"] = ("\n\n".join(lines) + "\n").encode()
    files["summary.json"] = json.dumps(finite(as_dict(comparisons)), indent=2, allow_nan=False).encode() + b"\n"
    for name, content in files.items():
        atomic.write(top / name, content)
    return [top / name for name in files]
