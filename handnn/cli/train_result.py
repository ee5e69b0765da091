"""What `handnn train` found: run.json, the closing table, the verdict."""

import json
import math
import shlex
import sys
from pathlib import Path
from typing import Any

from rich.table import Table

from ..callbacks.doctor import examine
from ..callbacks.health.record import Record
from ..core import atomic
from ..core.text import finite, seconds
from ..data import Dataset
from ..data.scores import baselines
from ..models.network import Network
from ..tensorboard import pages
from ..tensorboard.writer import EventWriter
from ..verify.lockstep import Lockstep, Outcome
from . import console, network

WORST = "worst_error_over_allowance"
ALL_SAMPLES = "scalars=1000000,histograms=1000000,images=1000000"  # 0 would empty every chart


def of(lockstep: Lockstep, directory: str, model: Network, doctor: bool) -> dict[str, Any]:
    """Return the content of run.json."""
    outcome, dataset, health = lockstep.outcome, lockstep.samples.dataset, lockstep.health
    found: dict[str, Any] = {"command": shlex.join(["handnn", *sys.argv[1:]])}
    found |= _outcome(outcome, directory, network.describe(model), dataset.describe())
    found["settings"] = pages.settings(model)
    if not outcome.interrupted and not outcome.diverged:
        twin = lockstep.keras_run.twin if lockstep.keras_run is not None else None
        predictors = {"handnn": model.predict} | ({} if twin is None else {"keras": twin.predict})
        found["scores"] = {side: network.scores(dataset, model, predict) for side, predict in predictors.items()}
        found["baselines"] = baselines(dataset)
    if health is not None:
        health.diverged |= outcome.diverged
        if doctor:
            found["doctor"] = [finding.to_dict() | {"text": str(finding)} for finding in examine(health)]
    return found


def begin(
    directory: str, model: Network, dataset: Dataset, keras: bool, seed: int, batch_size: int, epochs: int
) -> None:
    """Write the pages of TensorBoard that tell of the whole run: Text, HParams, Custom Scalars, the graph."""
    about = pages.texts_of(model)
    texts = {
        "run/1_command": pages.fenced(shlex.join(["handnn", *sys.argv[1:]])),
        "run/2_data": dataset.describe(),
        **about,
        "run/3_network": f"{network.describe(model)}\n\n{about['run/3_network']}",
    }
    hparams = pages.hparams_of(model, batch_size, epochs) | {"seed": seed}
    names = ["loss", *(["accuracy"] if dataset.task == "classification" else [])]
    sides = ["handnn", *(["keras"] if keras else [])]
    results = [f"{side}_{part}{name}" for name in names for part in ("", "val_") for side in sides]
    with EventWriter(directory, described=True) as writer:
        pages.begin(writer, texts, hparams, pages.nodes_of(model))
        pages.columns(writer, hparams, results + ([WORST] if keras else []), pages.charts_of(names, keras))


def _last_texts(result: dict[str, Any]) -> dict[str, str]:
    first = result["first_mismatch"]
    texts = {"run/0_verdict": f"**{verdict(result)}**"}
    if first is not None:
        texts["run/0_first_failure"] = f"Step {first['step']}: {first['what']}"
    if "doctor" in result:
        told = [f"- {f['layer']} {f['text']}" for f in result["doctor"]] or ["No rule found a fault."]
        texts["run/5_doctor"] = "\n".join(told)
    return texts


def _last_results(result: dict[str, Any]) -> dict[str, float]:
    last = {side: epochs[-1] for side, epochs in result["epochs"].items() if epochs}
    found = {f"{side}_{name}": value for side, values in last.items() for name, value in values.items()}
    worst = result["worst_error_over_allowance"]
    return found if worst is None else found | {WORST: worst}


def verdict(result: dict[str, Any]) -> str:
    """Return what was found, in one sentence."""
    if result["diverged"]:
        return f"Diverged after {result['steps']} steps"
    if not result["checked_steps"]:
        return "Not compared with TensorFlow"
    if result["first_mismatch"] is not None:
        return f"Not verified: step {result['first_mismatch']['step']}, {result['first_mismatch']['where']}"
    return (
        f"Verified: {result['tensors_checked']:,} tensors of {result['checked_steps']:,} steps agree with "
        f"TensorFlow's, worst error / allowance {result['worst_error_over_allowance']:.3f} ({result['worst_at']})"
    )


def write(directory: str, result: dict[str, Any], health: Record) -> OSError | None:
    """Write run.json and health.json; return a failing disk's error, so that the rest is still printed."""
    try:
        for name, content in (("run.json", result), ("health.json", health.to_dict())):
            atomic.write(Path(directory, name), (json.dumps(finite(content), indent=2) + "\n").encode())
        with EventWriter(directory, described=True) as writer:
            pages.end(writer, _last_texts(result), _last_results(result))
    except OSError as error:
        return error
    return None


def status(outcome: Outcome) -> int:
    """Return the exit status of a run that was not interrupted."""
    if outcome.first_outside is not None and not outcome.first_outside[1].undecided:
        return console.MISMATCH
    return 0 if outcome.ok and not outcome.diverged else console.UNJUDGED


def _outcome(outcome: Outcome, directory: str, network_line: str, data_line: str) -> dict[str, Any]:
    worst, first = outcome.worst, outcome.first_outside
    return {
        "ok": outcome.ok,
        "interrupted": outcome.interrupted,
        "diverged": outcome.diverged,
        "network": network_line,
        "data": data_line,
        "remarks": outcome.remarks,
        "steps": outcome.steps,
        "checked_steps": outcome.checked_steps,
        "tensors_checked": outcome.tensors,
        "worst_error_over_allowance": None if worst is None else worst.ratio,
        "worst_at": None if worst is None else worst.where,
        "first_mismatch": None
        if first is None
        else {"step": first[0], "where": first[1].where, "what": first[1].sentence()},
        "drift": outcome.drift,
        "drift_at": outcome.drift_at,
        "seconds_per_step": {"handnn": outcome.hand_seconds, "keras": outcome.keras_seconds},
        "epochs": {"handnn": outcome.hand, "keras": outcome.keras},
        "directory": directory,
    }


def show(outcome: Outcome, result: dict[str, Any], directory: str, no_keras: bool) -> None:
    """Print the closing table, the verdict and the line that opens TensorBoard."""
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    table.add_column("handnn", justify="right")
    if not no_keras:
        table.add_column("Keras", justify="right")
    hand, keras = (side[-1] if side else {} for side in (outcome.hand, outcome.keras))
    for name in hand:
        label = name.replace("val_", "validation ")
        table.add_row(label, f"{hand[name]:.4f}", *([] if no_keras else [f"{keras.get(name, float('nan')):.4f}"]))
    for name in result.get("scores", {}).get("handnn", {}):
        sides = [f"{scores.get(name, float('nan')):.4f}" for scores in result["scores"].values()]
        table.add_row(f"validation {name}", *sides)
    if outcome.hand_seconds is not None:
        times = [seconds(outcome.hand_seconds)]
        times += [] if no_keras else [seconds(outcome.keras_seconds)]
        table.add_row("time per step", *times)
    console.out.print()
    console.out.print(table)
    console.out.print()
    if simple := result.get("baselines"):
        told = [f"{name} {' '.join(f'{k} {v:.4f}' for k, v in found.items())}" for name, found in simple.items()]
        console.field("baseline", f"without a network: {'; '.join(told)} (validation)")
    if outcome.diverged or not all(map(math.isfinite, hand.values())):
        console.out.print(
            f"DIVERGED after {outcome.steps} steps: the loss or a weight is no number; a smaller --learning-rate may "
            "help. What was logged is kept",
            style="yellow",
        )
    if outcome.interrupted:
        console.out.print(f"interrupted after {outcome.steps} steps; the logs are kept", style="yellow")
    if outcome.checked_steps:
        _show_verdict(outcome)
    elif not no_keras:
        console.out.print("nothing was checked (--check-every 0)", style="yellow")
    if outcome.drift_step is not None:
        at = f" ({outcome.drift_at.partition('/')[2]})" if outcome.drift else ""
        console.field("drift", f"the freely trained weights are at most {outcome.drift:.1e} apart{at}")
    if "doctor" in result:
        _show_findings(result["doctor"])
    # Lines to be copied. TensorBoard shows a sample of a long series, which can lose its first step.
    look = f"look     tensorboard --logdir {directory} --samples_per_plugin {ALL_SAMPLES}"
    console.out.print(look, soft_wrap=True, markup=False)
    console.out.print(f"or       handnn report {directory}", soft_wrap=True, markup=False)


def _show_findings(findings: list[dict[str, Any]]) -> None:
    """Print the likely cause in full, and the names of the rest."""
    if not findings:
        console.field("doctor", "no rule found a fault (docs/doctor.md has the rules)", "green")
        return
    first, others = findings[0], findings[1:]
    console.field("doctor", f"{first['layer'] and first['layer'] + ': '}{first['text']}", "yellow")
    places: dict[str, list[str]] = {}
    for finding in others:
        places.setdefault(finding["symptom"], []).append(finding["layer"])
    told = [
        symptom + (f" in {', '.join(filter(None, where))}" if any(where) else "") for symptom, where in places.items()
    ]
    if told:
        console.field("", f"also {'; '.join(told)} (run.json has the numbers)", "yellow")


def _show_verdict(outcome: Outcome) -> None:
    assert outcome.worst is not None
    if outcome.first_outside is not None:
        step, row = outcome.first_outside
        word = "UNDECIDED" if row.undecided else "MISMATCH"
        console.out.print(f"{word} at step {step}: {row.sentence()}", style="bold red", markup=False, soft_wrap=True)
        return
    console.field(
        "VERIFIED",
        f"{outcome.tensors:,} tensors of {outcome.checked_steps:,} steps agree with TensorFlow's",
        "bold green",
    )
    for remark in outcome.remarks:
        console.field("but", remark, "yellow")
    console.field("worst", f"error / allowance {outcome.worst.ratio:.3f} ({outcome.worst.where})")
