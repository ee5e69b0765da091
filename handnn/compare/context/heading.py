"""What stands at the top of a report: title, data, the command that runs the comparison again, and its facts."""

import math
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ...specs import optimizer as optimizer_spec
from .. import plan as planning
from ..plan import Plan
from ..results import Comparison
from ..sentences import count, number
from .baseline import baseline_line


def title(comparison: Comparison) -> str:
    """Return the title; of a path only its last part."""
    return f"{count(len(comparison.plan.optimizers), 'optimizer')} on {Path(comparison.plan.data).name}"


def data_line(plan: Plan) -> str:
    """Return what the data are: samples of each part, inputs, classes; only the name where they cannot be read."""
    name = Path(plan.data).name
    try:
        told = planning.dataset(plan.data, plan.split_seed, plan.dtype).describe()
    except (OSError, ValueError):
        return name
    return told.replace(plan.data, name)


def command(plan: Plan, *others: Plan) -> str:
    """Return the command that runs this comparison, or one over several data sets; files without their folders.

    What the plans do not share comes from the data, or from the plans' own losses before training: the command leaves
    it out.
    """
    if any(optimizer_spec.is_own(label) and not plan.rules.get(label, ("",))[0] for label in plan.optimizers):
        return "handnn.compare.run(...) in Python: an optimizer is in no file"
    plans = (plan, *others)
    words = ["handnn", "compare", "--data", ",".join(Path(own.data).name for own in plans)]
    if plan.model_name:
        words += ["--model", Path(plan.model_name).name]
    else:
        words += ["--layers", "-".join(map(str, plan.layers[1:-1])), "--activation", plan.activation]
    words += _where_shared(plans, lambda own: ["--output", own.output, "--loss", own.loss])
    words += ["--optimizers", ",".join(map(_label, plan.optimizers))]
    words += [*_search(plan), "--seeds", _seeds(plan.seeds), "--epochs", str(plan.epochs)]
    words += ["--batch-size", str(plan.batch_size), *_where_shared(plans, lambda own: ["--target", f"{own.target:g}"])]
    words += ["--dtype", plan.dtype] if plan.dtype != "float32" else []
    words += ["--split-seed", str(plan.split_seed)] if plan.split_seed else []
    return shlex.join(words)


def _where_shared(plans: Sequence[Plan], words: Callable[[Plan], list[str]]) -> list[str]:
    """Return the words of the first plan, if they are those of all."""
    first, *rest = map(words, plans)
    return first if all(own == first for own in rest) else []


def _label(label: str) -> str:
    """Return a label with the name of its file only."""
    head, colon, rest = label.partition(".py:")
    return f"{Path(head).name}{colon}{rest}"


def _search(plan: Plan) -> list[str]:
    """Return the options that say what is tried."""
    tried = list(plan.rates.values())
    if plan.search == "sobol":
        return ["--search", "sobol", "--trials", str(len(tried[0]))]
    words = ["--extend", str(plan.extend)]
    if len(set(tried)) == 1 and len(tried) > 1:
        return ["--learning-rates", ",".join(f"{rate:g}" for rate in tried[0]), *words]
    step = math.log10(tried[0][-1] / tried[0][0]) / max(len(tried[0]) - 1, 1)
    return ["--rates", str(len(tried[0])), *(["--rate-step", f"{step:.2g}"] if step else []), *words]


def _seeds(seeds: tuple[int, ...]) -> str:
    if seeds == tuple(range(len(seeds))):
        return str(len(seeds))
    return f"{seeds[0]}-{seeds[0]}" if len(seeds) == 1 else ",".join(map(str, seeds))


def _more_runs(comparison: Comparison) -> str:
    """Return ' + 10 at the defaults + 5 beyond an edge', the runs that are no planned trials."""
    plan, found = comparison.plan, {"at the defaults": 0, "beyond an edge": 0}
    planned = set(plan.cells())
    for cell in comparison.cells():
        if cell.learning_rate not in plan.rates[cell.optimizer]:
            found["at the defaults" if cell in planned else "beyond an edge"] += 1
    return "".join(f" + {n} {where}" for where, n in found.items() if n)


def facts(comparison: Comparison) -> list[tuple[str, str]]:
    """Return data, command, network, training, runs and target."""
    plan = comparison.plan
    trials = count(len(next(iter(plan.rates.values()), ())), "trial" if plan.search == "sobol" else "learning rate")
    widths = "-".join(map(str, plan.layers))
    built = (
        f"{Path(plan.model_name).name}, {plan.layers[0]} inputs" if plan.model_name else f"{widths}, {plan.activation}"
    )
    baseline = baseline_line(plan)
    return [
        ("data", data_line(plan)),
        ("command", command(plan)),
        *([("baseline", baseline)] if baseline else []),
        ("network", f"{built} then {plan.output}, {plan.loss}, {plan.dtype}"),
        ("training", f"{count(plan.epochs, 'epoch')} in batches of {plan.batch_size}"),
        ("runs", f"{count(len(plan.optimizers), 'optimizer')} x {trials} x "
                 f"{count(len(plan.seeds), 'seed')}{_more_runs(comparison)}, "
                 f"{len(comparison.runs)} of {len(comparison.cells())} finished"),
        ("target", f"validation loss {number(plan.target)}"),
        ("versions", versions(comparison)),
    ]  # fmt: skip


def facts_of_all(comparisons: Mapping[str, Comparison]) -> list[tuple[str, str]]:
    """Return data, command, runs and versions of comparisons over several data sets."""
    plans = [own.plan for own in comparisons.values()]
    finished, planned = (sum(len(part) for part in parts) for parts in (
        (own.runs for own in comparisons.values()), (own.cells() for own in comparisons.values()),
    ))  # fmt: skip
    return [
        *[("data", data_line(plan)) for plan in plans],
        ("command", command(*plans)),
        ("runs", f"{finished} of {planned} finished, {count(len(plans[0].seeds), 'seed')}"),
        ("versions", versions(*comparisons.values())),
    ]


def versions(*comparisons: Comparison) -> str:
    """Return what the runs were made with."""
    made = "; ".join(sorted({run.made for own in comparisons for run in own.runs.values()} - {""}))
    return f"handnn {comparisons[0].plan.version}{f', {made}' if made else ''}"
