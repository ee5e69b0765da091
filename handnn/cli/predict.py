"""`handnn predict`: a trained network on new data, prepared as its own data were."""

import csv
import io
import os
from typing import Any

import click
import numpy as np
from rich.table import Table

from ..core import atomic
from ..core.text import finite
from ..data.new_samples import PARTS, NewSamples
from ..data.preparation import Preparation
from ..data.scores import labels, score
from ..models import named
from ..models.network import Network
from ..saving import load_model
from . import console, network

SHOWN = 10

EPILOG = """
\b
Examples:
  handnn train --data houses.csv --target price --save houses.keras
  handnn predict houses.keras --data new.csv                         on the terminal
  handnn predict houses.keras --data new.csv --out predictions.csv   one line a row
  handnn predict houses.keras --data houses.csv --part validation    the score of training again

Exit status 0: done; 2: bad input.
"""


@click.command("predict", epilog=EPILOG)
@click.argument("model_file", metavar="MODEL.keras", type=click.Path())
@click.option(
    "--data",
    "data_name",
    required=True,
    metavar="FILE",
    help="A table with the columns of the training (FILE.csv, .tsv, .parquet), or FILE.npz with x.",
)
@click.option("--out", metavar="FILE.csv", help="Write the predictions there; an existing file is not replaced.")
@click.option(
    "--part",
    type=click.Choice(PARTS),
    default="all",
    show_default=True,
    help="Of the file of the training: the rows that it trained on, or put aside.",
)
@click.option("--json", "as_json", is_flag=True, help="Print predictions and score as JSON.")
def command(model_file: str, data_name: str, out: str | None, part: str, as_json: bool) -> None:  # fmt: skip
    """Apply a trained network to new data.

    Raw rows go in: gaps, texts and scales are treated as in training, from what MODEL.keras remembers. If the data
    have the target too, the score is printed.
    """
    with console.input_errors():
        _check_out(out)
        model = load_model(model_file)
        preparation = network.preparation_of(model.preparation)
        samples = network.new_samples(data_name, preparation, model, part)
        x = model._samples(samples.x if isinstance(samples.x, list) else named.reshaped(model, samples.x))
    outputs = model.predict(x, verbose=0)
    if not isinstance(outputs, np.ndarray):
        raise console.BadInput(f"{model_file} has several outputs; handnn predict writes those of one")
    outputs = outputs.reshape(len(outputs), -1)
    outputs = outputs if preparation is None else preparation.in_own_unit(outputs)
    header, rows = _table(preparation, model, outputs)
    result = {
        "model": model_file,
        "data": data_name,
        "samples": len(rows),
        "notes": samples.notes,
        "scored": len(samples.answered),
        "score": _score(preparation, model, samples, outputs),
    }
    if out is not None:
        atomic.write(out, _as_csv(header, rows, samples.rows))
    if as_json:
        listed = [dict(zip(header, row, strict=True)) for row in rows]
        console.print_json(finite(result | {"predictions": listed}))
        return
    _show(header, rows, result, out)


def _check_out(out: str | None) -> None:
    if out is None:
        return
    if not os.path.isdir(os.path.dirname(out) or "."):
        raise ValueError(f"--out must be FILE.csv in an existing folder; received {out}")
    if os.path.exists(out):
        raise ValueError(f"--out {out} already exists and is not replaced; give another name")


def _table(preparation: Preparation | None, model: Network, outputs: np.ndarray) -> tuple[list[str], list[list[Any]]]:
    """Return names and rows of the predictions: the label and the probability of each class, or the numbers."""
    if preparation is None or preparation.class_names is None:
        target = "y" if preparation is None else preparation.target
        width = outputs.shape[1]
        header = [target] if width == 1 else [f"{target}_{i}" for i in range(width)]
        return header, outputs.tolist()
    names = preparation.class_names
    chosen = labels(outputs, _from_logits(model))
    header, probabilities = [preparation.target], outputs
    if outputs.shape[1] == len(names):
        header += [f"p({name})" for name in names]
    else:
        header.append(f"p({names[1]})")
    return header, [[names[i], *row] for i, row in zip(chosen, probabilities.tolist(), strict=True)]


def _from_logits(model: Network) -> bool:
    return bool(getattr(model.loss, "from_logits", False))


def _score(
    preparation: Preparation | None, model: Network, samples: NewSamples, outputs: np.ndarray
) -> dict[str, float] | None:
    if preparation is None or samples.y is None:
        return None
    outputs = outputs[samples.answered]
    predicted = outputs if preparation.task == "regression" else labels(outputs, _from_logits(model))
    return score(preparation.task, samples.y, predicted)


def _as_csv(header: list[str], rows: list[list[Any]], numbers: np.ndarray) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["row", *header])
    writer.writerows([int(number), *row] for number, row in zip(numbers, rows, strict=True))
    return text.getvalue().encode()


def _show(header: list[str], rows: list[list[Any]], result: dict[str, Any], out: str | None) -> None:
    if out is None:
        table = Table(box=None, pad_edge=False)
        for name in header[:SHOWN]:
            table.add_column(name, justify="right", overflow="fold")
        for row in rows[:SHOWN]:
            table.add_row(*[value if isinstance(value, str) else f"{value:.4g}" for value in row[:SHOWN]])
        console.out.print(table)
        if len(rows) > SHOWN:
            console.out.print(f"... and {len(rows) - SHOWN} more; --out FILE.csv writes all of them")
        console.out.print()
    for note in result["notes"]:
        console.field("but", note, "yellow")
    if result["score"] is not None:
        told = ", ".join(f"{name} {value:.4f}" for name, value in result["score"].items())
        console.field("score", f"{told} ({result['scored']} samples)")
    if out is not None:
        console.field("wrote", f"{out}: {result['samples']} rows of {', '.join(header[:SHOWN])}")
