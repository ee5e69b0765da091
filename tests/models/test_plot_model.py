"""`utils.plot_model` draws every layer once, with arrows from what it reads."""

import pytest

import handnn
from handnn import layers
from handnn.core.plotting import model as model_plot


def graph():
    x, other = handnn.Input((4,), name="x"), handnn.Input((3,), name="other")
    a = layers.Dense(4, "tanh", name="first")(x)
    b = layers.Dense(4, name="second", trainable=False)(other)
    deep = layers.Dense(4, name="deep")(layers.Dense(4, name="middle")(a))
    return handnn.Model([x, other], layers.Add(name="sum")([deep, a, b]), name="net")


def described(layer, name, given, output):
    return [name]


def test_boxes_are_below_what_they_read():
    found = model_plot.boxes(graph(), described)
    named = {box.lines[0]: box for box in found if box.lines}
    assert {name: box.row for name, box in named.items()} == {
        "x": 0, "other": 0, "first": 1, "second": 1, "middle": 2, "deep": 3, "sum": 4,
    }  # fmt: skip

    def start(box):
        return box.lines[0] if box.lines else start(box.parents[0])

    assert [start(parent) for parent in named["sum"].parents] == ["deep", "first", "second"]
    assert len(found) - len(named) == 4  # bends: two for each arrow that passes two rows
    places = {(box.row, box.column) for box in found}
    assert len(places) == len(found)


@pytest.mark.parametrize(("ending", "start"), [(".svg", b"<?xml"), (".png", b"\x89PNG"), ("", b"\x89PNG")])
@pytest.mark.quick(1)
def test_a_picture_is_written(ending, start, tmp_path):
    shown = {"show_shapes": True, "show_layer_names": True, "show_layer_activations": True, "show_trainable": True}
    handnn.utils.plot_model(graph(), tmp_path / f"m{ending}", rankdir="LR", dpi=40, show_dtype=True, **shown)
    assert (tmp_path / f"m{ending or '.png'}").read_bytes().startswith(start)


def test_bad_arguments_get_one_line(tmp_path):
    plot = handnn.utils.plot_model
    with pytest.raises(ValueError, match="model must be built and have layers: start net with an Input"):
        plot(handnn.Sequential([layers.Dense(2)], name="net"), tmp_path / "a.png")
    with pytest.raises(ValueError, match="rankdir must be 'TB' or 'LR'; received 'BT'"):
        plot(graph(), tmp_path / "a.png", rankdir="BT")
    with pytest.raises(ValueError, match="plot_model has no argument 'layer_range'"):
        plot(graph(), tmp_path / "a.png", layer_range=[0, 1])
    assert not list(tmp_path.iterdir())
