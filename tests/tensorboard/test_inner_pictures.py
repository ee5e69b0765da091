"""Pictures of filters, feature maps and attention weights: both sides draw the same under the same tags."""

from types import SimpleNamespace

import numpy as np
import pytest

import handnn
from handnn.models import named
from handnn.tensorboard import network, tags
from handnn.tensorboard.activity import COLUMN_WIDTH, MARGIN, SIDE, lit_up, units_of
from handnn.tensorboard.network import NOISE, channels, few_pictures, inner, largest_gradients, pictures
from handnn.tensorboard.pictures import weight_tiles
from handnn.tensorboard.read import series
from handnn.tensorboard.writer import EventWriter

TAGS = {
    "lenet": {"lenet/conv_1/kernel/image", "lenet/conv_1/kernel/gradient/image", "lenet/conv_1/feature_maps/image"},
    "transformer": {"transformer/attention/weights/image"},
    "lstm": set(),
}


@pytest.mark.quick(1)
@pytest.mark.parametrize("name", TAGS)
def test_both_sides_draw_the_same(name, keras, rng):
    from tf_reference import KerasTwin

    model = named.build(name, 64, (8, 8), 10, "softmax", "float64", "digits")
    model.compile("sgd", "categorical_crossentropy")
    labels = np.arange(20) % 10
    x = few_pictures(rng.normal(size=(20, 64)), labels)
    data = SimpleNamespace(image_shape=(8, 8), inputs=64, task="classification")
    twin = KerasTwin(model.get_config(), model.get_weights(), model.loss)
    batch = x, np.eye(10)[labels[: len(x)]]
    weights = [weight.value for weight in model.weights]
    ours = pictures(model, weights, inner(model, x), model.predict, data, x, model.trace(*batch))
    theirs = pictures(model, twin.get_weights(), twin.inner(x), twin.predict, data, x, twin.trace(*batch))
    assert set(ours) == set(theirs) == TAGS[name] | {f"{model.name}/lit_up/image", f"{model.name}/noise/image"}
    for tag, pixels in ours.items():
        assert pixels.dtype == np.uint8 and np.array_equal(pixels, theirs[tag]), tag


def test_weights_of_each_head_are_a_tile(rng):
    weights = rng.random((2, 3, 4))
    tiles = channels(np.moveaxis(weights, 0, -1))
    assert tiles.shape == (3 + 2, 2 * (4 + 1) + 1, 3)


def test_few_pictures_are_one_of_each_class_and_noise_of_the_same_range():
    x, labels = np.linspace(-1, 3, 24).reshape(12, 2), np.array([3, 3, 0, 1, 1, 2, 2, 0, 0, 5, 4, 6])
    found = few_pictures(x, labels)
    assert np.array_equal(found[:5], x[[2, 3, 5, 0, 10]]) and len(found) == 5 + NOISE
    assert found[5:].min() >= -1 and found[5:].max() <= 3 and len(np.unique(found[5:])) == 2 * NOISE


def test_units_light_up_at_their_places():
    """Two pictures; a layer of four units, the second brightest in the first row; an output of three."""
    hidden, output = (
        np.array([[0.0, 4.0, 1.0, 0.0], [2.0, 0.0, 0.0, 0.0]]),
        np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]),
    )
    drawn = lit_up(np.array([[[0.0, 1.0]] * 2, [[1.0, 0.0]] * 2]), [hidden, output])
    square, high = SIDE // 2, SIDE // 3
    assert drawn.shape == (2 * (SIDE + MARGIN) + MARGIN, 4 * MARGIN + 2 * SIDE + COLUMN_WIDTH * high, 3)
    assert drawn[MARGIN, MARGIN].tolist() == [0] * 3 and drawn[MARGIN, MARGIN + square].tolist() == [255] * 3
    left = 2 * MARGIN + SIDE
    units = drawn[MARGIN::square, left::square, 0][:2, :2]
    assert units.tolist() == [[0, 255], [pytest.approx(255 / 4, abs=255 / 31), 0]]
    below = drawn[2 * MARGIN + SIDE :, left:]
    assert below[0, 0, 0] == pytest.approx(255 / 2, abs=255 / 31)  # one scale for all samples
    column = drawn[MARGIN : MARGIN + 3 * high : high, left + SIDE + MARGIN, 0]
    assert column.tolist() == [0, 0, 255]
    signed = lit_up(np.zeros((1, 2, 2)), [np.array([[-1.0, 1.0, 0.0, 0.0]]), np.ones((1, 2))])
    (blue, red), (white, _) = signed[MARGIN::square, left::square][:2, :2].tolist()
    assert blue[2] > blue[0] and red[0] > red[2] and white == [255] * 3


def test_pictures_are_drawn_from_their_smallest_to_their_largest_number_and_large_ones_as_they_are():
    drawn = lit_up(np.array([[[1.0, 3.0], [2.0, 3.0]]]), [])
    found = drawn[MARGIN :: SIDE // 2, MARGIN :: SIDE // 2, 0][:2, :2].tolist()
    assert found == [[0, 255], [pytest.approx(255 / 2, abs=255 / 31), 255]]
    large = SIDE + 4
    assert lit_up(np.ones((1, large, large)), []).shape == (large + 2 * MARGIN, large + 2 * MARGIN, 3)
    assert network.enlarge_to_fit(np.zeros((10, network.LARGEST_PICTURE // 2 + 1), np.uint8)).shape == (10, 129)


def test_units_of_convolutions_are_means_over_places(rng):
    a = rng.normal(size=(2, 3, 4, 5))
    assert units_of(a) == pytest.approx(a.mean(axis=(1, 2))) and units_of(np.ones((2, 999))).shape == (2, 256)
    assert units_of(np.array([[1e300]])) == 1e300  # beyond float32


def test_the_largest_components_of_the_gradient_come_first():
    kernel, bias = np.zeros((3, 4)), np.array([0.0, 0.5, 0.0, -2.0])
    kernel[2, 1] = 4.0
    layer = SimpleNamespace(name="h", first=True, gradients={"kernel": kernel, "bias": bias})
    told, _, _, _, *lines = largest_gradients(None, [layer], 3).splitlines()
    assert lines == ["| h kernel[2, 1] | -4 | 79.0% |", "| h bias[3] | 2 | 19.8% |", "| h bias[1] | -0.5 | 1.2% |"]
    assert told == "3 of 16 components hold 100% of the squared norm."
    again = SimpleNamespace(name="h", first=False, gradients=layer.gradients)  # the same layer, at its second place
    frozen = SimpleNamespace(name="f", first=True, gradients={"kernel": None, "bias": np.zeros(0)})
    assert largest_gradients(None, [frozen, layer, again], 3).splitlines()[4:] == lines
    assert largest_gradients(None, [frozen]) == ""


def test_the_gradient_of_a_first_layer_is_drawn_where_there_is_one(rng):
    model = handnn.Sequential([handnn.Input((4,)), handnn.layers.Dense(3, name="first")], name="net")
    kernel, data = model.weights[0].value, SimpleNamespace(image_shape=(2, 2), inputs=4, task="regression")
    gradient, path = rng.normal(size=kernel.shape), model.weights[0].path
    for gradients in (None, [], [None], [gradient[:2]], [gradient]):
        trace = None if gradients is None else SimpleNamespace(gradients=gradients)
        found = network.pictures(model, model.get_weights(), {}, None, data, trace=trace)
        there = bool(gradients) and gradients[0] is gradient
        assert set(found) == {tags.image(path), *([tags.gradient_image(path)] if there else [])}
    expected = network.enlarge_to_fit(weight_tiles(-gradient, (2, 2)))
    assert np.array_equal(found[tags.gradient_image(path)], expected)
    assert not network.pictures(model, [], {}, None, data)


def test_histograms_before_the_first_step_are_of_the_weights_alone():
    model = handnn.Sequential([handnn.Input((4,)), handnn.layers.Dense(3, name="first")], name="net")
    assert [tag for tag, _ in network._histograms(model, None)] == [tags.histogram(w.path) for w in model.weights]


def test_gates_have_histograms_of_their_own(rng):
    model = handnn.Sequential([handnn.Input((3, 2)), handnn.layers.LSTM(2, name="memory")], name="net")
    model.compile("sgd", "mse")
    trace = model.trace(rng.normal(size=(4, 3, 2)), rng.normal(size=(4, 2)))
    found, gates = dict(network._histograms(model, trace)), trace["memory"].gate_deltas()
    assert len(gates) == 4
    for gate, delta in gates.items():
        assert np.array_equal(found[f"net/memory/delta_{gate}/histogram"], delta), gate


def test_what_a_resumed_run_has_is_not_written_again(tmp_path):
    model = handnn.Sequential([handnn.Input((4,)), handnn.layers.Dense(3, name="first")], name="net")
    there = {"net/first/kernel/histogram", "net/first/bias/mean"}
    with EventWriter(tmp_path / "a") as fresh, EventWriter(tmp_path / "b") as resumed:
        network.log_weights(fresh, model, None, 0)
        network.log_weights(resumed, model, None, 0, there.__contains__)
    assert set(series(tmp_path / "a")) - set(series(tmp_path / "b")) == there


@pytest.mark.parametrize(("heads", "drawn"), [((), True), ((5,), True), ((6, 5), False), ((7, 6, 5), False)])
def test_attention_over_one_axis_is_drawn(heads, drawn):
    """Attention over several axes has no picture of queries by keys."""
    model = handnn.Sequential([handnn.Input((4,)), handnn.layers.Dense(3, name="first")], name="net")
    data = SimpleNamespace(image_shape=None, inputs=4, task="regression")
    found = pictures(model, model.get_weights(), {"first": (None, np.ones((2, *heads, 3, 4)))}, None, data)
    assert set(found) == ({tags.attention("net", "first")} if drawn else set())


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_the_decision_boundary_is_that_of_a_classifier(task, rng):
    model = handnn.Sequential([handnn.Input((2,)), handnn.layers.Dense(3, "softmax", name="first")], name="net")
    data = SimpleNamespace(image_shape=None, inputs=2, task=task, x_validation=rng.random((5, 2)))
    data.y_validation = np.arange(5) % 3 if task == "classification" else rng.random(5)
    found = pictures(model, model.get_weights(), {}, lambda x: np.ones((len(x), 3)) / 3, data)
    assert set(found) == ({"net/decision_boundary"} if task == "classification" else set())


def test_numbers_that_float32_cannot_tell_apart_are_drawn_and_ordered(rng):
    model = handnn.Sequential([handnn.Input((4,)), handnn.layers.Dense(3, name="first")], name="net")
    data = SimpleNamespace(image_shape=(2, 2), inputs=4, task="regression")
    x = 1 + 2.0**-40 * rng.permutation(4 * (NOISE + 2)).reshape(NOISE + 2, 4)
    found = network.pictures(model, model.get_weights(), {}, None, data, x=x)
    assert np.array_equal(
        found[tags.activity("net", "lit_up")], network.enlarge_to_fit(lit_up(x[:2].reshape(2, 2, 2), []))
    )
    layer = SimpleNamespace(name="h", first=True, gradients={"bias": np.array([1.0, 1 + 2.0**-40, 0.5])})
    assert "| h bias[1] |" in largest_gradients(None, [layer], 1).splitlines()[-1]


def test_the_largest_of_many_gradients_are_the_largest(rng):
    values = rng.permutation(np.arange(3000.0))
    layer = SimpleNamespace(name="h", first=True, gradients={"bias": values})
    for count in (1, 2, 10):
        found = [line.split("[")[1].split("]")[0] for line in largest_gradients(None, [layer], count).splitlines()[4:]]
        assert [values[int(i)] for i in found] == [2999 - k for k in range(count)]


def test_weights_of_other_shapes_are_no_tiles_of_pictures():
    data = SimpleNamespace(image_shape=(2, 2), inputs=4)
    assert network._tiles(np.ones((4, 2, 3)), data) is network._tiles(np.ones((3, 4)), data) is None
    assert network._tiles(np.ones((4, 3)), SimpleNamespace(image_shape=None, inputs=4)) is None
    assert network._tiles(np.ones((4, 3)), data) is not None is not network._tiles(np.ones((2, 2, 1, 3)), data)
