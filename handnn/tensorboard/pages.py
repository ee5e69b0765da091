"""The pages of TensorBoard that tell of a whole run: Text, HParams, Custom Scalars and the graph.

`begin` writes what is known before training into the run's own folder, `columns` what there is to compare, `end` the
verdict. `handnn train` and `callbacks.TensorBoard` both write them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import tags
from .writer import EventWriter

if TYPE_CHECKING:
    from tensorboard.compat.proto.summary_pb2 import Summary

Charts = Mapping[str, Mapping[str, Sequence[str]]]
"""{category: {title of a chart: its tags}}"""

Node = tuple[str, str, Sequence[str], Mapping[str, str]]


def begin(
    writer: EventWriter, texts: Mapping[str, str], hparams: Mapping[str, str | float | bool], nodes: Sequence[Node]
) -> None:
    """Write what is known before training.

    Args:
        writer: of the run's own folder.
        texts: {tag: Markdown} of the Text page.
        hparams: the run's row of the HParams page.
        nodes: of the graph, as `EventWriter.graph` takes them; none for no graph.
    """
    from tensorboard.plugins.hparams import summary_v2

    for tag, text in texts.items():
        writer.text(tag, text, 0)
    folder = os.path.dirname(os.path.abspath(writer.path))
    writer.summary(summary_v2.hparams_pb(hparams, trial_id=os.path.basename(folder)), 0)
    if nodes:
        writer.graph(nodes)


def columns(writer: EventWriter, hparams: Iterable[str], results: Sequence[str], charts: Charts) -> None:
    """Write what the pages are to show: names of hyperparameters and results, and the layout of Custom Scalars."""
    from tensorboard.plugins.hparams import summary_v2 as hp

    metrics = [hp.Metric(tags.result(name), display_name=name) for name in results]
    writer.summary(hp.hparams_config_pb([hp.HParam(name) for name in hparams], metrics), 0)
    writer.summary(layout(charts), 0)


def end(writer: EventWriter, texts: Mapping[str, str], results: Mapping[str, float], step: int = 0) -> None:
    """Write the last texts and the results of the HParams page, and that the run has ended."""
    for tag, text in texts.items():
        writer.text(tag, text, step)
    # In the run's own folder: of a session called "." the page finds no scalars of folders below.
    writer.scalars({tags.result(name): value for name, value in results.items()}, step)
    writer.summary(session_end(), step)


def is_about_run(tag: str) -> bool:
    """Return whether `begin` or `columns` write this tag."""
    return tag.startswith((tags.ABOUT_RUN, "_hparams_/", "custom_scalars__"))


def session_end() -> Summary:
    """Return the HParams message that a session has ended."""
    from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2, summary_v2

    ended = plugin_data_pb2.SessionEndInfo(status=api_pb2.STATUS_SUCCESS)
    data = plugin_data_pb2.HParamsPluginData(session_end_info=ended)
    return summary_v2._summary_pb(metadata.SESSION_END_INFO_TAG, data)


def layout(charts: Charts) -> Summary:
    """Return the layout of the Custom Scalars page: the curves of every run with one of a chart's tags."""
    from tensorboard.plugins.custom_scalar import layout_pb2

    def chart(title: str, names: Sequence[str]) -> Any:
        lines = layout_pb2.MultilineChartContent(tag=[f"^{name}$" for name in names])
        return layout_pb2.Chart(title=title, multiline=lines)

    return layout_summary(
        layout_pb2.Layout(
            category=[
                layout_pb2.Category(title=category, chart=[chart(title, names) for title, names in own.items()])
                for category, own in charts.items()
            ]
        )
    )


def layout_summary(wanted: Any) -> Summary:
    """Return the message of a `layout_pb2.Layout`."""
    from tensorboard.compat.proto import summary_pb2, tensor_pb2, types_pb2
    from tensorboard.plugins.custom_scalar import metadata

    tensor = tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, string_val=[wanted.SerializeToString()])
    tensor.tensor_shape.SetInParent()  # a scalar
    summary = summary_pb2.Summary()
    summary.value.add(tag=metadata.CONFIG_SUMMARY_TAG, tensor=tensor, metadata=metadata.create_summary_metadata())
    return summary


def charts_of(names: Iterable[str], keras: bool = False) -> Charts:
    """Return the charts of a run, what matters first.

    Args:
        names: of the values of an epoch, such as loss and accuracy.
        keras: whether a Keras twin is trained beside it.
    """
    charts = {"Training and validation": {name: [tags.epoch(name)] for name in names}}
    if keras:
        agreement = {
            "worst error / allowance, and its limit": [tags.WORST_ERROR, tags.LIMIT],
            "drift of the weights, log10": [tags.DRIFT_LOG],
        }
        charts["Agreement with TensorFlow"] = agreement
    gradients, updates = (tags.health(measure, ".*") for measure in ("gradient_norm", "update_ratio"))
    return charts | {"Health": {"gradient norm of each layer": [gradients], "update / weight of each layer": [updates]}}


# ---- what the pages say of a network -------------------------------------------------------------------------------


def texts_of(model: Any) -> dict[str, str]:
    """Return the texts about a compiled model: its layers and its configuration."""
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    return {
        "run/3_network": fenced("\n".join(lines)),
        "run/4_configuration": fenced(json.dumps(settings(model), indent=1)),
    }


def hparams_of(model: Any, batch_size: int, epochs: int) -> dict[str, str | float | bool]:
    """Return the hyperparameters of a compiled model's run."""
    return {
        "optimizer": type(model.optimizer).__name__.lower(),  # its name counts the others of its kind
        "learning_rate": float(model.optimizer.learning_rate),
        "batch_size": batch_size,
        "epochs": epochs,
        "parameters": model.count_params(),
        "loss": ", ".join(loss.name for loss in _losses(model)),
        "dtype": str(model.nodes[-1].layer.dtype),
    }


def settings(model: Any) -> dict[str, Any]:
    """Return optimizer, loss and layers as JSON has them."""
    losses = [loss.get_config() for loss in _losses(model)]
    layers = [{"name": node.layer.name, **node.layer.get_config()} for node in model.nodes]
    told = {"optimizer": model.optimizer.get_config(), "loss": losses[0] if len(losses) == 1 else losses}
    return json.loads(json.dumps(told | {"layers": layers}, default=str))


def _losses(model: Any) -> list[Any]:
    given = model.loss if isinstance(model.loss, list | tuple) else [model.loss]
    return [loss for loss in given if hasattr(loss, "get_config")]


def nodes_of(model: Any) -> list[Node]:
    """Return the layers of a network as nodes of a graph."""
    inputs = [layer.name for layer in model.input_layers]
    found: list[Node] = [(name, "Input", (), {}) for name in inputs]
    for name, (layer, parents) in zip(model.node_names, model.nodes, strict=True):
        read = [model.node_names[parent] if parent >= 0 else inputs[~parent] for parent in parents]
        shown = {key: str(value) for key, value in layer.get_config().items() if isinstance(value, int | float | str)}
        found.append((name, type(layer).__name__, read, shown))
    return found


def fenced(text: str) -> str:
    """Return text as a block of Markdown that is shown as it is."""
    return "\n".join(f"    {line}" for line in text.splitlines())
