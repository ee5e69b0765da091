"""`handnn trace`: a small network step by step, every formula with its numbers and TensorFlow's.

With a file of derivations, the user's numbers are shown too.
"""

from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np

from .. import activations, layers, losses, regularizers
from ..core import reference
from ..data.npz import read_arrays
from ..models.network import Network
from ..models.sequential import Sequential
from ..specs.network import parse
from ..specs.optimizer import NAMES as OPTIMIZERS
from ..specs.optimizer import make as make_optimizer
from ..verify.sample_data import targets
from . import console, network
from . import verify as verify_command

EPILOG = """
\b
Examples:
  handnn trace                                    2-3-2, two samples, every step
  handnn trace 4-5-3 tanh softmax categorical_crossentropy
  handnn trace 2-3-1 --activation relu --loss mse --optimizer adam --digits 8
  handnn trace "3-2 linear mse" --data batch.npz  with your own x and y
  handnn trace model.keras --no-keras --full      a network that Keras saved
  handnn trace my_network.py                      your own numbers beside both
\b
FILE.py is a file for `handnn check`: the loss, dW and db of its network are shown
in a separate column, in this notation, whatever the file's convention is;
differences are marked with '!'. A function that returns a dict may add z1, a1,
delta1, dx1, ...: they are shown too.

Exit status 0: every tensor agrees with TensorFlow's; 1: one does not; 2: bad input;
3: nothing is wrong, but something was not compared.
"""

DEFAULT_WIDTHS = "2-3-2"
STYLES = {"heading": "bold cyan", "title": "bold", "remark": "dim", "ok": "green", "wrong": "bold red",
          "note": "yellow"}  # fmt: skip
FRESH_ONLY = ("activation", "output", "dtype")
SAID_BY_FILE = ("activation", "output", "loss")


@click.command("trace", epilog=EPILOG)
@click.argument("words", nargs=-1, metavar="[FILE.py | MODEL.keras | WIDTHS [ACTIVATION ...] [LOSS]]")
@click.option("--data", "data_name", metavar="FILE.npz", help="x and y, used unscaled; by default round numbers.")
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
@click.option("--optimizer", default="sgd", show_default=True, metavar="NAME", help=f"{', '.join(OPTIMIZERS)}.")
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
    ctx: click.Context, /, words: tuple[str, ...], batch_size: int, digits: int, full: bool, no_keras: bool,
    as_json: bool, **options: Any,
) -> None:  # fmt: skip
    """Show a small network step by step.

    Forward, loss, backward, optimizer: each formula, one element written out to be recomputed on paper, the
    hand-written numbers and TensorFlow's. The network is given by WIDTHS with activations and a loss, by a file of
    Keras, or by a derivation in a file, whose numbers are shown too.
    """
    from ..verify.walkthrough.text import Line, lines
    from ..verify.walkthrough.walk import walkthrough

    with console.input_errors():
        text, own = " ".join(words), None
        if text.endswith(".py"):
            own = _derivation(ctx, text)
            model, x, y = _fresh(ctx, "", batch_size, network_of=own, **options)
        elif text.endswith((".keras", ".h5")):
            _refuse_fresh(ctx, text)
            model, x, y = verify_command.saved(text, batch_size, ctx, **options)
        else:
            model, x, y = _fresh(ctx, text or DEFAULT_WIDTHS, batch_size, **options)
        model.prepare_batch(x, y)
        network.check_known_to_keras(model, no_keras)
        if not getattr(model.optimizer, "by_hand", True):
            raise ValueError(
                f"--optimizer {options['optimizer']}: its step takes eigenvectors and cannot be written out"
            )
        yours = None if own is None else _traced(own, model, x, y, options["dtype"])
    compared = not no_keras and reference.is_installed()
    walk = walkthrough(model, x, y, reference=compared)
    if yours is not None:
        _put_beside(walk, model, yours)
    if as_json:
        said = {} if yours is None else {"convention": yours.convention, "yours": walk.yours()}
        console.print_json({"network": network.describe(model), **said, **walk.to_dict(digits)})
    else:
        console.field("network", network.describe(model))
        console.field("batch", f"{np.shape(y)[0]} samples")
        for said_of_it in [] if yours is None else yours.convention:
            console.field("yours", said_of_it)
        console.field("numbers", f"to {digits} digits, computed with all; --digits shows more")
        if not compared and not no_keras:
            console.field("keras", f"not installed, so only the hand-written numbers: {reference.INSTALL}")
        for line in lines(walk, digits, full) if walk.steps else [Line("nothing is computed here", "note")]:
            console.out.print(line.text, style=STYLES.get(line.kind), markup=False, soft_wrap=True)
        if not all(step.yours_ok for step in walk):
            console.out.print(f"what is wrong with it, and why: handnn check {text}", markup=False, soft_wrap=True)
    ctx.exit(_status(walk, not no_keras, yours is not None))


def _status(walk: Any, with_keras: bool, with_yours: bool) -> int:
    """Return the exit status: 3 where nothing is wrong, but Keras or the user's gradients were not compared."""
    if any(not step.yours_ok or (step.row and not step.row.ok and not step.row.undecided) for step in walk):
        return console.MISMATCH
    gradients = [step for step in walk if step.tensor in ("dW", "db")]
    unjudged = not walk.steps or not walk.ok or (with_keras and not walk.compared)
    return console.UNJUDGED if unjudged or (with_yours and any(s.yours is None for s in gradients)) else 0


def _refuse_fresh(ctx: click.Context, path: str, names: tuple[str, ...] = FRESH_ONLY) -> None:
    for parameter in ctx.command.params:
        if parameter.name in names and verify_command.was_given(ctx, parameter.name):
            raise ValueError(f"{parameter.opts[0]} describes a new network; {path} has its own")


# ---- a user's derivation ---------------------------------------------------------------------------------------------


class Own(NamedTuple):
    """A derivation in a file: its function, its network, and its declarations."""

    function: Any
    network: Any
    declared: dict[str, Any]


def _derivation(ctx: click.Context, path: str) -> Own:
    """Return the first derivation of a network in a file."""
    from ..diagnosis.lines import load
    from ..diagnosis.network.problem import parse as parse_network
    from ..diagnosis.user.finding.candidates import find
    from ..diagnosis.user.readings import Parts
    from ..diagnosis.user.source.importing import forgiving

    _refuse_fresh(ctx, path, SAID_BY_FILE)
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: no such file; expected a Python file with derivations")
    try:
        candidates = find(forgiving(load, Path(path))[0])
    except (OSError, ValueError):
        raise
    except Exception as error:  # report any error of the file in one line
        raise ValueError(f"{path}: {type(error).__name__}: {error}") from None
    said = [c for c in candidates if c.kind == "network" and c.directive is not None and isinstance(c.target, Parts)]
    if not said or said[0].directive is None:
        raise ValueError(f"{path}: no derivation of a network; its function must say 'handnn: network ...'")
    options = dict(said[0].directive.options)
    l2 = float(options.pop("l2", 0.0))
    options.pop("dtype", None)
    return Own(said[0].target.main, parse_network(said[0].directive.reference, l2), options)


def _model(own: Own, optimizer: str, learning_rate: float | None, dtype: str) -> Sequential:
    """Return the network of a derivation, compiled."""
    described, depth = own.network, own.network.depth
    names = [f"hidden_{i + 1}" for i in range(depth - 1)] + ["output"]
    penalty: dict[str, Any] = {"kernel_regularizer": regularizers.L2(described.l2)} if described.l2 else {}
    stack: list[Any] = [layers.Input((described.widths[0],), dtype=dtype, name="input")]
    for name, width, f in zip(names, described.widths[1:], described.activations, strict=True):
        stack.append(layers.Dense(width, f, name=name, dtype=dtype, **penalty))
    model = Sequential(stack, name="network")
    loss = described.loss
    model.compile(make_optimizer(optimizer, learning_rate), type(loss)(**(loss.get_config() | {"dtype": dtype})))
    return model


def _traced(own: Own, model: Network, x: Any, y: Any, dtype: str) -> Any:
    """Return the numbers of the user's function for this model's weights and this batch."""
    from ..diagnosis.network.problem import Problem
    from ..diagnosis.network.traced import traced

    held = [np.asarray(weight, dtype).astype("float64") for weight in model.get_weights()]
    x = np.asarray(x, dtype).astype("float64")
    y = np.asarray(y) if np.asarray(y).dtype.kind in "iu" else np.asarray(y, dtype).astype("float64")
    if own.network.loss.targets == "labels":
        y = y.astype(int)
    problem = Problem(own.network, tuple(held[::2]), tuple(held[1::2]), x, y, dtype)
    return traced(own.function, own.network, problem, dtype, **own.declared)


def _put_beside(walk: Any, model: Network, yours: Any) -> None:
    names = [layer.name for layer in model.layers]
    total = any(step.tensor == "total" for step in walk)
    tensors = {}
    for (i, name), tensor in yours.tensors.items():
        called = "total" if name == "loss" and total else name
        tensors[names[i], called] = (tensor.value, tensor.off)
    walk.beside(tensors)


# ---- a network of options --------------------------------------------------------------------------------------------


def _fresh(
    ctx: click.Context,
    text: str,
    batch_size: int,
    data_name: str | None,
    seed: int,
    network_of: Own | None = None,
    **options: Any,
) -> tuple[Network, Any, Any]:
    """Return the network of a layer string, with weights that are easy to compute with, and a batch for it."""
    if network_of is not None:
        chosen = {name: value for name, value in options.items() if name not in SAID_BY_FILE}
        model, width = _model(network_of, **chosen), network_of.network.widths[0]
    else:
        model, width = _described(ctx, text, options)
    rng = np.random.default_rng(seed)
    model.set_weights([_round_numbers(rng, weight.shape) for weight in model.weights])
    if data_name is not None:
        x, y = read_arrays(f"data {data_name!r}", data_name)["train"]
        return model, x[:batch_size], y[:batch_size]
    return model, _round_numbers(rng, (batch_size, width)), _targets(rng, model, batch_size)


def _described(ctx: click.Context, text: str, options: dict[str, Any]) -> tuple[Sequential, int]:
    """Return the network of a layer string, and its number of inputs."""
    described = parse(text)
    if described.activations and verify_command.was_given(ctx, "activation"):
        raise ValueError(f"--activation is already given by {text!r}; give only one of them")
    for name, value in (("output", len(described.activations) > 1), ("loss", described.loss)):
        if value and verify_command.was_given(ctx, name):
            raise ValueError(f"--{name} is already given by {text!r}; give only one of them")
    return network.from_description(described, **options), described.widths[0]


def _round_numbers(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Return nonzero numbers such as 0.3 and -0.8."""
    return rng.integers(1, 10, shape) * rng.choice([-1, 1], shape) / 10


def _targets(rng: np.random.Generator, model: Sequential, count: int) -> Any:
    assert model.loss is not None
    outputs = int(model.output_shape[-1] or 1)
    if model.loss.targets in ("labels", "one_hot", "binary"):
        return targets(model.loss, (count, outputs), rng, "hard")
    return np.abs(_round_numbers(rng, (count, outputs)))
