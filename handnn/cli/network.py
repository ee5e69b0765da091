"""Options -> a compiled network and its samples."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click
import numpy as np

from .. import activations, data, layers, losses, metrics, utils
from ..compare.plan import targets
from ..data import scores as scoring
from ..data.new_samples import NewSamples, read_new
from ..data.preparation import Preparation
from ..models import named
from ..models.network import Network
from ..models.sequential import Sequential
from ..optimizers import recent
from ..specs.network import Description, complete, loss_behind, parse_widths
from ..specs.optimizer import NAMES as OPTIMIZERS
from ..specs.optimizer import make as make_optimizer
from ..verify.lockstep import Samples

KEEPING_WIDTH = [n for n, f in activations.activations.items() if f.compute_output_shape((None, 2)) == (None, 2)]
PLAIN = ("Dense", "Activation", "Dropout", "Flatten", "BatchNormalization")
"""Layers of networks that are described by their widths."""

DEFAULT_HIDDEN = "100-30"
FREE_OF_UNITS = ("mean_squared_error", "mean_absolute_error", "huber_loss", "huber", "log_cosh")
"""Losses of differences: with a linear output, targets can be standardised for them."""


def network_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for data, network, optimizer and seed."""
    return description_options(DEFAULT_HIDDEN)(table_options(training_options(command)))


def description_options(hidden: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds the options for data and network; `hidden` are the default widths."""
    names = ", ".join(data.available())
    return adding(
        click.option("--data", "data_name", default="digits", show_default=True, metavar="NAME|FILE",
                     help=f"{names}, FILE.npz with x and y (or y and an array for each input of --model, by its name), "
                     "or a table with a header: FILE.csv, .tsv, .parquet."),
        click.option("--model", "model_name", metavar="NAME|FILE.py",
                     help=f"Instead of --layers and --activation: {', '.join(named.NAMED)}, for pictures, or a Python "
                     "file with a network `model` or a function `build()` that returns one."),
        click.option("--layers", "widths", default=hidden, show_default=True, metavar="WIDTHS",
                     help="Hidden widths, such as 16-16, or all widths from input to output, such as 784-16-16-10."),
        click.option("--activation", default="relu", show_default=True, metavar="NAME",
                     help=f"Of the hidden layers: {', '.join(sorted(KEEPING_WIDTH))}."),
        click.option("--output", default="auto", show_default=True, metavar="NAME",
                     help="Activation of the output layer; auto: softmax, sigmoid for one output, linear for numbers."),
        click.option("--loss", default="auto", show_default=True, metavar="NAME",
                     help=f"{', '.join(losses.losses)}; auto: the cross-entropy that fits the output, or mse."),
        click.option("--dtype", type=click.Choice(["float32", "float64"]), default="float32", show_default=True),
    )  # fmt: skip


def table_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for data in a table."""
    return adding(
        click.option("--target", metavar="NAME|INDEX",
                     help="Column to predict, by its name or its number from 0; by default the last one."),
        click.option("--task", type=click.Choice(list(data.TASKS)),
                     help="By default classification for whole numbers and text, regression for other numbers."),
        click.option("--features", metavar="NAME,NAME,...",
                     help="Columns to use, by default all others; --features=-NAME,-NAME leaves columns out."),
    )(command)  # fmt: skip


def training_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for training one network."""
    return adding(
        click.option("--optimizer", default="adam", show_default=True, metavar="NAME",
                     help=f"{', '.join(OPTIMIZERS)}."),
        click.option("--learning-rate", type=float, help="By default Keras' default for the optimizer."),
        click.option("--seed", type=click.IntRange(0), default=0, show_default=True,
                     help="Decides initial weights, the split of the data and the order of batches."),
    )(command)  # fmt: skip


def adding(*options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds these options, in this order."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def check_known_to_keras(model: Network, no_keras: bool) -> None:
    """Raise ValueError for an optimizer that Keras does not have, unless there is to be no Keras twin."""
    name = type(model.optimizer).__name__
    if name in recent and not no_keras:
        raise ValueError(f"--optimizer {name.lower()}: Keras has no {name}, so there is no twin; add --no-keras")


def load(options: dict[str, Any], dtype: str, seed: int) -> data.Dataset:
    """Load the data set of --data; takes its options out of `options`."""
    features = options.pop("features")
    return data.load(
        options.pop("data_name"),
        seed=seed,
        dtype=dtype,
        target=options.pop("target"),
        task=options.pop("task"),
        features=None if features is None else features.split(","),
    )


def build(
    dataset: data.Dataset,
    model_name: str | None,
    widths: str,
    activation: str,
    output: str,
    loss: str,
    optimizer: str,
    learning_rate: float | None,
    dtype: str,
    seed: int,
) -> Network:
    """Return the compiled network of the options."""
    utils.set_random_seed(seed)
    goal = dataset.classes if dataset.classes else dataset.y_train.shape[1]
    if model_name is None and dataset.arrays:
        names = ", ".join(name for name, _ in dataset.arrays)
        raise ValueError(
            f"--data {dataset.name} holds several inputs ({names}); expected --model FILE.py, whose network has Inputs "
            "of these names"
        )
    if model_name is not None:
        own = _named(dataset, model_name, goal, output, loss, optimizer, learning_rate, dtype)
        return _with_preparation(own, dataset, own.nodes[-1].layer.activation.name)
    hidden, outputs = hidden_widths(widths, dataset.inputs, goal, dataset.name)
    if output == "auto":
        output = _output_for(dataset, outputs, loss)
    if loss == "auto":
        loss = _loss_for(dataset, output)
    for option, given in (("--activation", activation), ("--output", output)):
        if activations.get(given).name not in KEEPING_WIDTH:
            raise ValueError(f"{option} {given} changes the width of its layer, which Keras' Dense does not support")
    name = re.sub(r"\W+", "_", dataset.name.split(".")[0]).strip("_") or "network"
    stack: list[Any] = [layers.Input((dataset.inputs,), dtype=dtype, name="input")]
    for i, width in enumerate(hidden):
        stack.append(layers.Dense(width, activation, name=f"hidden_{i + 1}", dtype=dtype))
    stack.append(layers.Dense(outputs, output, name="output", dtype=dtype))
    model = Sequential(stack, name=name)
    model.compile(make_optimizer(optimizer, learning_rate), loss_behind(output, loss, dtype))
    return _with_preparation(model, dataset, output)


def _with_preparation(model: Any, dataset: data.Dataset, output: str) -> Network:
    """Return the network with the preparation of its data, which is saved with it."""
    scaled = dataset.task == "regression" and output == "linear" and model.loss.name in FREE_OF_UNITS
    preparation = dataset.preparation if scaled else replace(dataset.preparation, answers=None)
    model.preparation = preparation.to_dict()
    found: Network = model
    return found


def _named(
    dataset: data.Dataset,
    name: str,
    goal: int,
    output: str,
    loss: str,
    optimizer: str,
    learning_rate: float | None,
    dtype: str,
) -> Network:
    """Return the compiled network of --model; a file's own loss and optimizer stay unless others are given."""
    for option in ("widths", "activation", *(("output", "dtype") if name.endswith(".py") else ())):
        if _was_given(option):
            raise ValueError(f"--{'layers' if option == 'widths' else option} has no effect on --model {name}; omit it")
    if output == "auto":
        output = _output_for(dataset, goal, loss)
    model = named.build(name, dataset.inputs, dataset.image_shape, goal, output, dtype, dataset.name, dataset.arrays)
    output = model.nodes[-1].layer.activation.name
    if loss == "auto":
        loss = "" if model.loss is not None else _loss_for(dataset, output)
    chosen: Any = make_optimizer(optimizer, learning_rate)
    if model.optimizer is not None and not (_was_given("optimizer") or _was_given("learning_rate")):
        chosen = model.optimizer
    model.compile(chosen, loss_behind(output, loss, model.nodes[-1].layer.dtype) if loss else model.loss)
    return model


def _was_given(name: str) -> bool:
    """Return whether an option is given on the command line."""
    context = click.get_current_context(silent=True)
    return context is not None and context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def from_description(
    described: Description,
    activation: str,
    output: str,
    loss: str,
    optimizer: str,
    learning_rate: float | None,
    dtype: str,
) -> Sequential:
    """Return the compiled network of a layer string; the options are its defaults."""
    kinds, loss = complete(described, activation, output, loss)
    stack: list[Any] = [layers.Input((described.widths[0],), dtype=dtype, name="input")]
    for i, (width, kind) in enumerate(zip(described.widths[1:], kinds, strict=True)):
        name = "output" if i == described.depth - 1 else f"hidden_{i + 1}"
        stack.append(layers.Dense(width, kind, name=name, dtype=dtype))
    model = Sequential(stack, name="network")
    model.compile(make_optimizer(optimizer, learning_rate), loss_behind(kinds[-1], loss, dtype))
    return model


def hidden_widths(text: str, inputs: int, goal: int, name: str) -> tuple[list[int], int]:
    """Return hidden widths and outputs of '16-16' (hidden only) or '784-16-16-10' (all)."""
    widths = parse_widths(text)
    if widths is None:
        raise ValueError(f"--layers must be widths joined by '-', such as 16-16 or 784-16-16-10; received {text!r}")
    goals = {goal, 1} if goal == 2 else {goal}  # two classes may also have one output
    if len(widths) > 1 and widths[0] == inputs and widths[-1] in goals:
        return widths[1:-1], widths[-1]
    if len(widths) > 1 and (widths[0] == inputs or widths[-1] in goals):
        whole = "-".join(map(str, [inputs, *widths[1:-1], goal]))
        raise ValueError(
            f"--layers {text} does not lead from the {inputs} inputs of {name} to its {goal} outputs; give all widths "
            f"({whole}) or only the hidden ones"
        )
    return widths, goal


def _output_for(dataset: data.Dataset, outputs: int, loss: str) -> str:
    if dataset.task == "regression":
        return "linear"
    return "sigmoid" if outputs == 1 or loss == "binary_crossentropy" else "softmax"


def _loss_for(dataset: data.Dataset, output: str) -> str:
    if dataset.task == "regression":
        return "mean_squared_error"
    return "binary_crossentropy" if output == "sigmoid" else "categorical_crossentropy"


def samples(dataset: data.Dataset, model: Network) -> Samples:
    """Return x and y of both parts, in the form that the model's loss takes."""
    parts: list[np.ndarray] = []
    assert model.loss is not None
    preparation = preparation_of(model.preparation)
    for x, y in ((dataset.x_train, dataset.y_train), (dataset.x_validation, dataset.y_validation)):
        answers = y if preparation is None else preparation.scaled_answers(y)
        checked_x, checked_y, _ = model.prepare_batch(
            named.reshaped(model, x, dataset.arrays),
            targets(answers, dataset, model.loss, int(model.output_shape[-1] or 1)),
        )
        parts += [checked_x, checked_y]
    x, y, x_validation, y_validation = parts
    return Samples(x, y, x_validation, y_validation, dataset)


def metric_for(dataset: data.Dataset, samples: Samples, model: Network) -> metrics.Metric | None:
    """Return the accuracy that fits the model, or None for a regression."""
    if dataset.task == "regression":
        return None
    outputs = np.empty((1, int(model.output_shape[-1] or 1)))
    return metrics.get("accuracy", samples.y[:1], outputs)


def preparation_of(given: dict[str, Any] | None) -> Preparation | None:
    """Return the preparation of a network's file, if it has one."""
    return None if given is None else Preparation.from_dict(given)


def check_prepared(dataset: data.Dataset, model: Network, what: str) -> None:
    """Raise ValueError if a model was trained on samples that were prepared otherwise than these."""
    saved, found = preparation_of(model.preparation), dataset.preparation
    if saved is not None and replace(saved, answers=None) != replace(found, answers=None, split=saved.split):
        raise ValueError(
            f"{what} was trained on other columns or rows ({saved.inputs.describe()}); --data {dataset.name} and "
            "--seed must be those of its training"
        )


def target_note(dataset: data.Dataset, model: Network) -> str:
    """Return what the loss of a regression is measured in; empty for labels."""
    preparation = preparation_of(model.preparation)
    if dataset.task != "regression" or preparation is None:
        return ""
    unit = (
        "in its own unit" if preparation.answers is None else "standardised, and the loss with it; R2 and MAE are not"
    )
    return f"{preparation.target} {unit}"


def new_samples(path: str, preparation: Preparation | None, model: Network, part: str = "all") -> NewSamples:
    """Return the samples of a file for a trained network."""
    inputs = {layer.name: tuple(layer.batch_shape[1:]) for layer in model.input_layers}
    return read_new(path, preparation, inputs, model.nodes[-1].layer.dtype, part)


def scores(dataset: data.Dataset, model: Network, predict: Callable[[Any], np.ndarray]) -> dict[str, float]:
    """Return R2 and MAE of quantities on the validation part; nothing for labels, whose accuracy is a metric."""
    if dataset.task != "regression":
        return {}
    preparation = preparation_of(model.preparation)
    x = named.reshaped(model, dataset.x_validation, dataset.arrays)
    outputs = predict(tuple(x) if isinstance(x, list) else x)
    outputs = outputs if preparation is None else preparation.in_own_unit(outputs)
    if not np.isfinite(outputs).all():
        return {}
    return scoring.score(dataset.task, dataset.y_validation, outputs)


def describe(model: Network) -> str:
    """Return the network in one line: 64-32-16-10, sigmoid, softmax, categorical_crossentropy, adam."""
    assert model.loss is not None and model.optimizer is not None
    logits = " from logits" if model.loss.from_logits else ""
    rest = (
        f"{model.loss.name}{logits}, {model.optimizer.name} {model.optimizer.learning_rate:g}, "
        f"{model.nodes[-1].layer.dtype}"
    )
    kinds = [type(node.layer).__name__ for node in model.nodes]
    if any(kind not in PLAIN for kind in kinds):
        counted = [f"{kinds.count(kind)} {kind}" if kinds.count(kind) > 1 else kind for kind in dict.fromkeys(kinds)]
        return f"{model.name} ({model.count_params():,} parameters): {', '.join(counted)}; {rest}"
    dense = [node.layer for node in model.nodes if isinstance(node.layer, layers.Dense)]
    inputs = "+".join(str(layer.batch_shape[-1]) for layer in model.input_layers)
    widths = "-".join([inputs, *[str(layer.units) for layer in dense]])
    kinds = list(dict.fromkeys(layer.activation.name for layer in dense)) or ["no Dense"]
    return f"{widths} ({model.count_params():,} parameters), {' then '.join(kinds)}, {rest}"
