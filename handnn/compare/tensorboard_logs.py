"""TensorBoard logs of a comparison, written without TensorFlow.

    runs/<key>/         one run per cell: every training step, every evaluation, its row on the HParams page
    runs/comparison/    the definition of the HParams page
    bands/<label>/      one run per optimizer: median and quartiles over the seeds at its chosen learning rate, and the
                        layout of the custom scalars page

There are two folders because TensorBoard initially shows no curves of more than 40 runs. Folders are written
atomically. Those of cells are written once; the others are rewritten with each report.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..tensorboard import tags
from ..tensorboard.pages import layout_summary, session_end
from ..tensorboard.writer import EventWriter
from .curves import Band, band, chosen_runs
from .results import Comparison
from .run import Run
from .statistics import MEASURES, PARTS, after_training, at_chosen_epoch, chosen_epoch

if TYPE_CHECKING:
    from tensorboard.compat.proto.summary_pb2 import Summary

RUNS, BANDS, ABOUT = "runs", "bands", "comparison"
NAMES = {"train": "train", "val": "validation", "test": "test"}
LINES = ("median", "lower_quartile", "upper_quartile")


def write(comparison: Comparison, directory: str | os.PathLike[str]) -> list[Path]:
    """Write the missing TensorBoard logs; return both folders."""
    runs, bands = Path(directory, RUNS), Path(directory, BANDS)
    runs.mkdir(parents=True, exist_ok=True)
    for run in comparison.runs.values():
        folder = runs / run.cell.key
        if not run.failed and not folder.exists():
            with _whole(folder) as hidden, EventWriter(hidden) as writer:
                _cell(writer, run, comparison.plan.trial(run.cell.optimizer, run.cell.learning_rate))
    with _whole(runs / ABOUT) as folder, EventWriter(folder) as writer:
        writer.summary(_experiment(comparison), 0)
    with _whole(bands) as folder:
        for i, entry in enumerate(comparison.summary().entries):
            chosen = chosen_runs(comparison, entry)
            if chosen:
                with EventWriter(folder / _folder_name(chosen[0])) as writer:
                    _bands(writer, chosen)
                    if i == 0:
                        writer.summary(_layout(chosen[0]), 0)
    return [runs, bands]


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """Yield a folder that replaces the target when it is complete."""
    hidden = target.parent / f".{target.name}.{os.getpid()}"
    shutil.rmtree(hidden, ignore_errors=True)
    hidden.mkdir()
    try:
        yield hidden
        shutil.rmtree(target, ignore_errors=True)
        os.replace(hidden, target)
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def _folder_name(run: Run) -> str:
    """Return the label as a file name: the run's key without its seed."""
    return run.cell.key.rpartition("_seed")[0]


def _curves(run: Run) -> Iterator[tuple[str, str, str]]:
    """Yield (measure, part, name of the curve) for all evaluated curves."""
    for measure in MEASURES:
        for part in PARTS:
            if getattr(run, f"{part}_{measure}") is not None:
                yield measure, part, f"{part}_{measure}"


def curve_tag(measure: str, part: str) -> str:
    """Tag of an evaluation of a whole part, over training steps: 'epoch_loss/validation'."""
    return f"{tags.epoch(measure)}/{NAMES[part]}"


def result_tag(when: str, measure: str, part: str) -> str:
    """Tag of one number of a run, at its chosen epoch ('best') or after its last ('final'): 'best/test_loss'."""
    return f"{when}/{NAMES[part]}_{measure}"


# ---- the runs of the cells ----------------------------------------------------------------------------------------


def _cell(writer: EventWriter, run: Run, options: dict[str, float]) -> None:
    from tensorboard.plugins.hparams import summary_v2

    cell = run.cell
    values = {"optimizer": cell.optimizer, "learning_rate": cell.learning_rate, "seed": cell.seed, **options}
    writer.summary(summary_v2.hparams_pb(values, trial_id=cell.key), 0)
    writer.curves({tags.batch("loss"): run.loss}, np.arange(1, len(run.loss) + 1))
    writer.curves({curve_tag(m, part): getattr(run, name) for m, part, name in _curves(run)}, run.evaluated_at)
    for when, at, number in (("best", chosen_epoch(run), at_chosen_epoch), ("final", -1, after_training)):
        found = {result_tag(when, m, part): number(run, name) for m, part, name in _curves(run)}
        writer.scalars(found, int(run.evaluated_at[at]))
    writer.summary(session_end(), 0)


# ---- bands --------------------------------------------------------------------------------------------------------


def _bands(writer: EventWriter, runs: list[Run]) -> None:
    for measure, part, name in _curves(runs[0]):
        _band(writer, curve_tag(measure, part), band(runs, name))
    _band(writer, tags.batch("loss"), band(runs, "loss"))


def _band(writer: EventWriter, tag: str, found: Band | None) -> None:
    assert found is not None
    at, *lines = found
    drawn = np.isfinite(lines).all(axis=0)  # a chart can only draw finite numbers
    writer.curves({f"{tag}/{name}": line[drawn] for name, line in zip(LINES, lines, strict=True)}, at[drawn])


def _layout(run: Run) -> "Summary":
    """Return the layout of the custom scalars page: a chart with bands for each curve, all optimizers in each."""
    from tensorboard.plugins.custom_scalar import layout_pb2

    def chart(title: str, tag: str) -> Any:
        value, lower, upper = (f"{tag}/{line}" for line in LINES)
        series = layout_pb2.MarginChartContent.Series(value=value, lower=lower, upper=upper)
        return layout_pb2.Chart(title=title, margin=layout_pb2.MarginChartContent(series=[series]))

    charts = {part: [chart(f"{NAMES[part]} {m}", curve_tag(m, part)) for m, own, _ in _curves(run) if own == part]
              for part in ("val", "test", "train")}  # fmt: skip
    charts["train"].append(chart("training loss of every step", tags.batch("loss")))
    layout = layout_pb2.Layout(
        category=[
            layout_pb2.Category(title=f"{NAMES[part]}: median and quartiles over the seeds", chart=found)
            for part, found in charts.items()
        ]
    )
    return layout_summary(layout)


def _experiment(comparison: Comparison) -> "Summary":
    """Return the definition of the HParams page: the three hyperparameters with their values, and the results."""
    from tensorboard.plugins.hparams import summary_v2 as hp

    plan = comparison.plan
    rates = sorted({cell.learning_rate for cell in comparison.cells()})
    searched: dict[str, list[float]] = {}
    for name, value in (pair for own in plan.options.values() for trial in own for pair in trial.items()):
        searched.setdefault(name, []).append(value)
    parameters = [
        hp.HParam("optimizer", hp.Discrete(list(plan.optimizers))),
        hp.HParam("learning_rate", hp.Discrete(rates), display_name="learning rate"),
        hp.HParam("seed", hp.Discrete(list(plan.seeds))),
        *[hp.HParam(name, hp.RealInterval(min(own), max(own))) for name, own in searched.items()],
    ]
    run = next((run for run in comparison.runs.values() if not run.failed), None)
    measures = MEASURES if run is not None and run.val_accuracy is not None else MEASURES[:1]
    results = [
        hp.Metric(result_tag(when, measure, part), display_name=f"{when} {NAMES[part]} {measure}")
        for when in ("best", "final")
        for part in ("val", "test")
        for measure in measures
    ]
    return hp.hparams_config_pb(parameters, results)
