"""A layer that is built for inputs of one rank, called on another."""

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.core.trace import LayerTrace
from handnn.rounding import allowance
from handnn.rounding.bounded import Bounded

FEATURES = 6
COUNTED_ANEW = [
    ("LayerNormalization", {}),
    ("LayerNormalization", {"scale": False, "center": False}),
    ("RMSNormalization", {}),
    ("UnitNormalization", {}),
]
REFUSED = [
    ("BatchNormalization", {}, (FEATURES,), (4, FEATURES)),
    ("BatchNormalization", {}, (1,), (FEATURES,)),
    ("GroupNormalization", {"groups": 2}, (4, FEATURES), (FEATURES,)),
    ("PReLU", {}, (FEATURES,), (4, FEATURES)),
    ("PReLU", {"shared_axes": [1]}, (4, FEATURES), (4, 1)),
    ("PReLU", {"shared_axes": [1]}, (4, FEATURES), (3, 4, FEATURES)),
    ("RepeatVector", {"n": 2}, (FEATURES,), (4, FEATURES)),
    ("SpatialDropout1D", {"rate": 0.5}, (4, FEATURES), (FEATURES,)),
    ("LayerNormalization", {"axis": 1}, (FEATURES,), (4, FEATURES)),
    ("RMSNormalization", {"axis": [-2, -1]}, (4, FEATURES), (FEATURES,)),
]


@pytest.mark.parametrize("shape", [(FEATURES,), (4, FEATURES), (3, 4, FEATURES)])
@pytest.mark.parametrize("built", [(FEATURES,), (4, FEATURES), (3, 4, FEATURES)])
@pytest.mark.parametrize(("name", "options"), COUNTED_ANEW)
def test_axes_from_the_end_are_counted_anew(name, options, built, shape, rng):
    """They were those of the rank that it was built for: wrong by up to 3."""
    layer, fresh = (getattr(layers, name)(**options) for _ in range(2))
    layer.build((None, *built))
    fresh.build((None, *shape))
    weights = [rng.normal(size=w.shape) for w in layer.weights]
    layer.set_weights(weights)
    fresh.set_weights(weights)
    x, before = rng.normal(size=(2, *shape)), rng.normal(size=(2, *built))
    expected = layer(before)
    assert np.array_equal(layer(x), fresh(x))
    assert np.array_equal(layer(before), expected)  # and it is still built for what it was


@pytest.mark.parametrize(("name", "options"), COUNTED_ANEW)
def test_the_layer_agrees_with_keras_on_another_rank(name, options, keras, rng):
    x, sequences = rng.normal(size=(2, FEATURES)), rng.normal(size=(2, 4, FEATURES)).astype("float32")
    ours, theirs = (getattr(m.layers, name)(**options) for m in (handnn, keras))
    ours(x), theirs(x)
    own, t = ours.fitted(sequences.shape), LayerTrace("own")
    t.x = Bounded(sequences)
    getattr(own, "keras_forward", own.forward)(t)
    assert np.all(np.abs(ours(sequences) - np.array(theirs(sequences))) <= allowance.of(t.z.error, "float32"))


@pytest.mark.parametrize(("name", "options"), COUNTED_ANEW)
def test_a_built_layer_connected_to_another_rank(name, options, rng):
    layer, fresh = (getattr(layers, name)(**options) for _ in range(2))
    layer(rng.normal(size=(2, FEATURES)))
    x = rng.normal(size=(2, 4, FEATURES))
    models = []
    for own in (layer, fresh):
        source = layers.Input((4, FEATURES))
        models.append(handnn.Model(source, own(source)))
    assert np.array_equal(models[0].predict(x), models[1].predict(x))


@pytest.mark.parametrize(("name", "options", "built", "shape"), REFUSED)
def test_what_keras_refuses_is_refused(name, options, built, shape, keras, rng):
    for module in (handnn, keras):
        layer = getattr(module.layers, name)(**options)
        layer(rng.normal(size=(2, *built)).astype("float32"))
        with pytest.raises(Exception) as caught:  # noqa: PT011  TensorFlow has an error of its own for a shape
            layer(rng.normal(size=(2, *shape)).astype("float32"))
        assert module is keras or caught.type is ValueError
        assert module is keras or str(shape[-1]) in str(caught.value)


MERGING = ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"]


@pytest.mark.quick(1)
@pytest.mark.parametrize("name", MERGING)
@pytest.mark.parametrize("built", [((3,), (3,)), ((3, 3), (3, 3)), ((3,), (3, 3))])
@pytest.mark.parametrize("called", [((3,), (3,)), ((2, 3, 3), (2, 3, 3)), ((3,), (3, 3)), ((1, 3), (3, 3))])
def test_merging_layers_on_other_ranks(name, built, called, keras, rng):
    """Whether axes are inserted is decided when the layer is built."""
    ends, failures = [], []
    arrays = [[rng.normal(size=(4, *shape)).astype("float32") for shape in shapes] for shapes in (built, called)]
    for module in (handnn, keras):
        layer = getattr(module.layers, name)()
        layer(arrays[0])
        try:
            ends.append(np.asarray(layer(arrays[1])))
        except Exception as error:
            failures.append(error)
    assert len(failures) in (0, 2)
    if failures:
        assert type(failures[0]) is ValueError and "was built for" in str(failures[0])
    else:
        assert np.array_equal(*ends)
