"""The pages of TensorBoard that tell of a whole run: Text, HParams, Custom Scalars and the graph.

`begin` writes what is known before training into the run's own folder, `end` the verdict.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import tags
from .writer import EventWriter

if TYPE_CHECKING:
    from tensorboard.compat.proto.summary_pb2 import Summary

Charts = Mapping[str, Mapping[str, Sequence[str]]]
"""{category: {title of a chart: its tags}}"""

Node = tuple[str, str, Sequence[str], Mapping[str, str]]


def begin(
    directory: str | os.PathLike[str],
    texts: Mapping[str, str],
    hparams: Mapping[str, str | float | bool],
    results: Sequence[str],
    nodes: Sequence[Node],
    charts: Charts,
) -> None:
    """Write the pages of a run.

    Args:
        directory: of the run.
        texts: {tag: Markdown} of the Text page.
        hparams: the run's row of the HParams page.
        results: names of its columns of results, as `end` gets them.
        nodes: of the graph, as `EventWriter.graph` takes them.
        charts: the layout of the Custom Scalars page.
    """
    from tensorboard.plugins.hparams import summary_v2

    with EventWriter(directory, described=True) as writer:
        for tag, text in texts.items():
            writer.text(tag, text, 0)
        writer.summary(_experiment(hparams, results), 0)
        writer.summary(summary_v2.hparams_pb(dict(hparams), trial_id=os.path.basename(os.path.abspath(directory))), 0)
        writer.summary(layout(charts), 0)
        writer.graph(nodes)


def end(directory: str | os.PathLike[str], texts: Mapping[str, str], results: Mapping[str, float]) -> None:
    """Write the last texts and the results of the HParams page, and that the run has ended."""
    with EventWriter(directory, described=True) as writer:
        for tag, text in texts.items():
            writer.text(tag, text, 0)
        # In the run's own folder: of a session called "." the page finds no scalars of folders below.
        writer.scalars({tags.result(name): value for name, value in results.items()}, 0)
        writer.summary(session_end(), 0)


def _experiment(hparams: Mapping[str, Any], results: Sequence[str]) -> Summary:
    from tensorboard.plugins.hparams import summary_v2 as hp

    metrics = [hp.Metric(tags.result(name), display_name=name) for name in results]
    return hp.hparams_config_pb([hp.HParam(name) for name in hparams], metrics)


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


def charts_of(accuracy: bool, keras: bool) -> Charts:
    """Return the charts of a run of `handnn train`: what matters first."""
    names = ["loss", *(["accuracy"] if accuracy else [])]
    charts = {"Both sides, training and validation": {name: [tags.epoch(name)] for name in names}}
    if keras:
        charts["Agreement with TensorFlow"] = {
            "worst error / allowance, and its limit": [tags.WORST_ERROR, tags.LIMIT],
            "drift of the weights": [tags.DRIFT_MAX],
        }
    return charts


def fenced(text: str) -> str:
    """Return text as a block of Markdown that is shown as it is."""
    return "\n".join(f"    {line}" for line in text.splitlines())
