"""What the pages about a whole run say, and at which step."""

import json

import handnn
from handnn.tensorboard import pages
from handnn.tensorboard.read import read_events
from handnn.tensorboard.writer import EventWriter


def network(outputs):
    x = handnn.Input((3,), name="x")
    heads = [handnn.layers.Dense(2, name=f"out_{i}")(x) for i in range(outputs)]
    model = handnn.Model(x, heads if outputs > 1 else heads[0], name="net")
    model.compile("sgd", ["mse", "mae"][:outputs] if outputs > 1 else "mse")
    return model


def test_pages_before_training_are_at_step_0_and_a_graph_only_where_there_is_one(tmp_path):
    for nodes in ([], pages.nodes_of(network(1))):
        folder = tmp_path / str(len(nodes))
        with EventWriter(folder) as writer:
            pages.begin(writer, {"run/0_result": "none yet"}, {"epochs": 3}, nodes)
        _, *events = read_events(folder)
        assert [event.step for event in events] == [0] * (2 + bool(nodes))
        assert [bool(event.graph_def) for event in events] == [False, False, *([True] if nodes else [])]


def test_settings_tell_the_loss_or_those_of_each_output():
    one, two = pages.settings(network(1)), pages.settings(network(2))
    assert one["loss"]["name"] == "mean_squared_error" and json.dumps(one)
    assert [loss["name"] for loss in two["loss"]] == ["mean_squared_error", "mean_absolute_error"]


def test_the_layout_is_the_message_that_tensorboard_makes(keras):
    from tensorboard.plugins.custom_scalar import layout_pb2, summary

    ours = pages.layout({"Health": {"norm": ["a/.*", "b"]}})
    lines = layout_pb2.MultilineChartContent(tag=["^a/.*$", "^b$"])
    chart = layout_pb2.Chart(title="norm", multiline=lines)
    theirs = summary.pb(layout_pb2.Layout(category=[layout_pb2.Category(title="Health", chart=[chart])]))
    assert ours.SerializeToString(deterministic=True) == theirs.SerializeToString(deterministic=True)
