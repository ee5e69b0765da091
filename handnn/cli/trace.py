"""`handnn trace`: a small network step by step, every formula with its numbers and TensorFlow's beside them."""

from typing import Any

import click
import numpy as np

from .. import activations, losses
from ..data.npz import read_arrays
from ..network import Network
from ..sequential import Sequential
from . import console, network
from . import verify as verify_command

EPILOG = """
\b
Examples:
  handnn trace                                    2-3-2, two samples, every step
  handnn trace 4-5-3 tanh softmax categorical_crossentropy
  handnn trace 2-3-1 --activation relu --loss mse --optimizer adam --digits 8
  handnn trace "3-2 linear mse" --data batch.npz  on x and y of your own
  handnn trace model.keras --no-keras --full      a network that Keras saved

Exit status 0: every tensor agrees with TensorFlow's; 1: one does not; 2: bad input.
"""

DEFAULT_WIDTHS = "2-3-2"
STYLES = {"heading": "bold cyan", "title": "bold", "remark": "dim", "ok": "green", "wrong": "bold red",
          "note": "yellow"}  # fmt: skip
FRESH_ONLY = ("activation", "output", "dtype")


@click.command("trace", epilog=EPILOG)
@click.argument("words", nargs=-1, metavar="[MODEL.keras | WIDTHS [ACTIVATION ...] [LOSS]]")
@click.option("--data", "data_name", metavar="FILE.npz", help="x and y, taken as they are; round numbers if not given.")
@click.option(
    "--activation",
    default="tanh",
    show_default=True,
    metavar="NAME",
    help=f"Of the hidden layers: {', '.join(activations.activations)}.",
)
@click.option(
    "--output",
    default="auto",
    show_default=True,
    metavar="NAME",
    help="Activation of the output layer; auto: the one that fits the loss, softmax if that is auto too.",
)
@click.option(
    "--loss",
    default="auto",
    show_default=True,
    metavar="NAME",
    help=f"{', '.join(losses.losses)}; auto: the one that fits the output.",
)
@click.option("--optimizer", default="sgd", show_default=True, metavar="NAME", help=f"{', '.join(network.OPTIMIZERS)}.")
@click.option("--learning-rate", type=float, help="Keras' default of the optimizer if not given.")
@click.option("--dtype", type=click.Choice(["float32", "float64"]), default="float32", show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Decides weights and samples.")
@click.option("--batch-size", type=click.IntRange(1), default=2, show_default=True, help="Samples in the batch.")
@click.option("--digits", type=click.IntRange(1, 17), default=5, show_default=True, help="Significant digits shown.")
@click.option("--full", is_flag=True, help="Print large matrices whole; their corner if not given.")
@click.option("--no-keras", is_flag=True, help="The hand-written side alone, without TensorFlow.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.pass_context
def command(
    ctx: click.Context, words: tuple[str, ...], batch_size: int, digits: int, full: bool, no_keras: bool,
    as_json: bool, **options: Any,
) -> None:  # fmt: skip
    """Go through a small network step by step.

    Forward, loss, backward, optimizer: each formula, one element of it written out to be recomputed on paper, the
    hand-written numbers and TensorFlow's. The network is WIDTHS with activations and a loss, or one saved by Keras.
    """
    from ..verify.blackboard import Line, lines
    from ..verify.walkthrough import walkthrough

    with console.input_errors():
        text = " ".join(words)
        if text.endswith((".keras", ".h5")):
            _refuse_fresh(ctx, text)
            model, x, y = verify_command.saved(text, batch_size, ctx, **options)
        else:
            model, x, y = _fresh(ctx, text or DEFAULT_WIDTHS, batch_size, **options)
        model._batch(x, y)
    walk = walkthrough(model, x, y, reference=not no_keras)
    if as_json:
        console.print_json({"network": network.describe(model), **walk.to_dict(digits)})
    else:
        console.field("network", network.describe(model))
        console.field("batch", f"{np.shape(y)[0]} samples")
        console.field("numbers", f"to {digits} digits, computed with all; --digits shows more")
        for line in lines(walk, digits, full) if walk.steps else [Line("nothing is computed here", "note")]:
            console.out.print(line.text, style=STYLES.get(line.kind), markup=False, soft_wrap=True)
    ctx.exit(0 if walk.ok else console.MISMATCH)


def _refuse_fresh(ctx: click.Context, path: str) -> None:
    for parameter in ctx.command.params:
        if parameter.name in FRESH_ONLY and verify_command.was_given(ctx, parameter.name):
            raise ValueError(f"{parameter.opts[0]} describes a fresh network; {path} brings its own")


def _fresh(
    ctx: click.Context, text: str, batch_size: int, data_name: str | None, seed: int, **options: Any
) -> tuple[Network, Any, Any]:
    """Return the network of a layer string, with weights that are easy to reckon with, and a batch for it."""
    described = network.parse_layers(text)
    if described.activations and verify_command.was_given(ctx, "activation"):
        raise ValueError(f"--activation says what {text!r} says already; give one of them")
    for name, value in (("output", len(described.activations) > 1), ("loss", described.loss)):
        if value and verify_command.was_given(ctx, name):
            raise ValueError(f"--{name} says what {text!r} says already; give one of them")
    model = network.from_description(described, **options)
    rng = np.random.default_rng(seed)
    model.set_weights([_round_numbers(rng, weight.shape) for weight in model.weights])
    if data_name is not None:
        x, y = read_arrays(f"data {data_name!r}", data_name)["train"]
        return model, x[:batch_size], y[:batch_size]
    return model, _round_numbers(rng, (batch_size, described.widths[0])), _targets(rng, model, batch_size)


def _round_numbers(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Return numbers such as 0.3 and -0.8, none of them 0."""
    return rng.integers(1, 10, shape) * rng.choice([-1, 1], shape) / 10


def _targets(rng: np.random.Generator, model: Sequential, count: int) -> Any:
    assert model.loss is not None
    outputs = int(model.output_shape[-1] or 1)
    labels = np.arange(count) % outputs
    if model.loss.targets == "labels":
        return labels
    if model.loss.targets == "one_hot":
        return np.eye(outputs)[labels]
    if model.loss.targets == "binary":
        return rng.integers(0, 2, (count, outputs)).astype(float)
    return np.abs(_round_numbers(rng, (count, outputs)))
