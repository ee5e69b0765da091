"""`handnn verify`: compares every tensor of one batch and one optimizer step."""

import os
from typing import Any

import click
import numpy as np

from ..compare.plan import label_targets
from ..core import reference
from ..layers import Embedding
from ..models import model_from_config, named
from ..models.inputs import rows_of, sample_count
from ..models.network import Network
from ..saving.archive import check_size, read_preparation
from ..specs.optimizer import NAMES as OPTIMIZERS
from ..verify import sample_data, verify_model
from . import console, network

EPILOG = """
\b
Examples:
  handnn verify
  handnn verify --data moons --layers 8-8 --activation tanh --dtype float64
  handnn verify --model transformer               or lenet, lstm, FILE.py
  handnn verify model.keras --data batch.npz      x and y of the saved network
  handnn verify model.keras --data new.csv        raw columns, with their target
  handnn verify --markdown > report.md

Exit status 0: every tensor agrees with TensorFlow's; 1: one does not; 2: bad input; 3: undecided.
"""


FRESH_ONLY = ("model_name", "widths", "activation", "output", "learning_rate", "dtype")


@click.command("verify", epilog=EPILOG)
@click.argument("model_file", required=False, metavar="[MODEL.keras]", type=click.Path())
@network.network_options
@click.option(
    "--batch-size",
    type=click.IntRange(1),
    default=32,
    show_default=True,
    help="Samples in the batch; 32 or fewer show the smallest mistakes.",
)
@click.option("--markdown", is_flag=True, help="Print the table as Markdown.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_context
def command(
    ctx: click.Context, /, model_file: str | None, batch_size: int, markdown: bool, as_json: bool, **options: Any
) -> None:  # fmt: skip
    """Compare every tensor of one batch and one optimizer step with TensorFlow's.

    The network is a new one, described by the options, or one saved as MODEL.keras by Keras or handnn. The data of a
    saved one are those of --data, or random numbers: raw rows of a table or x and y of FILE.npz if it was trained by
    handnn, which prepares them as in training; x as the network takes it if it was saved by Keras.
    """
    with console.input_errors():
        reference.require("handnn verify", "handnn trace shows the hand-written numbers without them")
        if model_file is None:
            dataset = network.load(options, options["dtype"], options["seed"])
            fresh = network.build(dataset, **options)
            samples = network.samples(dataset, fresh)
            model: Network = fresh
            x, y = rows_of(samples.x, slice(batch_size)), samples.y[:batch_size]
        else:
            for parameter in ctx.command.params:
                if parameter.name in FRESH_ONLY and was_given(ctx, parameter.name):
                    raise ValueError(f"{parameter.opts[0]} describes a new network; {model_file} has its own")
            model, x, y = saved(model_file, batch_size, ctx, **options)
        checked, _, _ = model.prepare_batch(x, y)
    report = verify_model(model, x, y)
    if as_json:
        console.print_json(report.to_dict())
    elif markdown:
        print(report.to_markdown())
    else:
        console.field("network", network.describe(model))
        console.field("batch", f"{sample_count(checked)} samples")
        print()
        print(report)
    ctx.exit(0 if report.ok else console.MISMATCH if report.wrong else console.UNJUDGED)


def was_given(ctx: click.Context, name: str) -> bool:
    """Return whether an option is given on the command line."""
    return ctx.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT


def saved(
    path: str,
    batch_size: int,
    ctx: click.Context,
    data_name: str | None,
    loss: str,
    optimizer: str,
    seed: int,
    **_: Any,
) -> tuple[Network, Any, Any]:
    """Return the network of a Keras file, compiled, and a batch for it."""
    from tf_reference.files import load

    if os.path.isfile(path):
        check_size(path)
    saved = load(path)
    model = model_from_config(saved.config)
    if not model.built:
        raise ValueError(f"{path} holds a network without an input shape; build it before saving")
    model.set_weights_as_stored(saved.weights)
    chosen = saved.loss if loss == "auto" and saved.loss is not None else _loss_name(model, loss)
    step = optimizer if was_given(ctx, "optimizer") or saved.optimizer is None else saved.optimizer
    model.compile(OPTIMIZERS[step]() if isinstance(step, str) and step in OPTIMIZERS else step, chosen)
    if data_name is not None and was_given(ctx, "data_name"):
        return model, *_given_batch(path, model, data_name, batch_size)
    return model, *_random_batch(model, batch_size, seed)


def _given_batch(path: str, model: Network, data_name: str, batch_size: int) -> tuple[Any, Any]:
    """Return the first samples of a file, prepared as the network's file says."""
    preparation = network.preparation_of(read_preparation(path))
    found = network.new_samples(data_name, preparation, model)
    if found.y is None:
        raise ValueError(f"data {data_name!r}: holds no targets; expected them too, to compare loss and gradients")
    rows = found.answered[:batch_size]
    x = [a[rows] for a in found.x] if isinstance(found.x, list) else named.reshaped(model, found.x[rows])
    y = found.y[:batch_size]
    if preparation is not None and preparation.class_names:
        assert model.loss is not None
        outputs = int(model.output_shape[-1] or 1)
        y = label_targets(y, len(preparation.class_names), model.loss, outputs)
    elif preparation is not None:
        y = preparation.scaled_answers(y)
    return x, y


def _loss_name(model: Network, loss: str) -> str:
    if loss != "auto":
        return loss
    by_output = {"softmax": "categorical_crossentropy", "sigmoid": "binary_crossentropy"}
    return by_output.get(model.nodes[-1].layer.output_activation.name, "mean_squared_error")


def _random_batch(model: Network, count: int, seed: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    outputs = [size or 1 for size in model.output_shape[1:]]
    x: Any = [_random_input(rng, model, i, count) for i in range(len(model.input_layers))]
    x = x if len(x) > 1 else x[0]
    assert model.loss is not None
    return x, sample_data.targets(model.loss, (count, *outputs), rng)


def _random_input(rng: np.random.Generator, model: Network, i: int, count: int) -> Any:
    """Return random samples for the i-th input; integers if an Embedding reads them."""
    layer = model.input_layers[i]
    shape = (count, *[size or 1 for size in layer.batch_shape[1:]])
    looked_up = _looked_up(model, -1 - i)
    return rng.integers(0, min(looked_up), shape) if looked_up else rng.normal(size=shape)


def _looked_up(model: Network, place: int) -> list[int]:
    """Return the number of rows of each Embedding that is reached from a place through layers that keep integers."""
    found = []
    for i, (layer, parents) in enumerate(model.nodes):
        if place in parents and isinstance(layer, Embedding):
            found.append(layer.input_dim)
        elif place in parents and layer.takes_integers:
            found += _looked_up(model, i)
    return found
