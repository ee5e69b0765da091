"""Pictures of filters, feature maps and attention weights: both sides draw the same under the same tags."""

from types import SimpleNamespace

import numpy as np
import pytest

from handnn.models import named
from handnn.tensorboard.network import channels, inner, pictures

TAGS = {
    "lenet": {"lenet/conv_1/kernel/image", "lenet/conv_1/feature_maps/image"},
    "transformer": {"transformer/attention/weights/image"},
    "lstm": set(),
}


@pytest.mark.quick(1)
@pytest.mark.parametrize("name", TAGS)
def test_both_sides_draw_the_same(name, keras, rng):
    from tf_reference import KerasTwin

    model = named.build(name, 64, (8, 8), 10, "softmax", "float64", "digits")
    model.compile("sgd", "categorical_crossentropy")
    x = rng.normal(size=(1, 64))
    data = SimpleNamespace(image_shape=(8, 8), inputs=64, task="classification")
    twin = KerasTwin(model.get_config(), model.get_weights(), model.loss)
    weights = [weight.value for weight in model.weights]
    ours = pictures(model, weights, inner(model, x), model.predict, data)
    theirs = pictures(model, twin.get_weights(), twin.inner(x), twin.predict, data)
    assert set(ours) == set(theirs) == TAGS[name]
    for tag, pixels in ours.items():
        assert pixels.dtype == np.uint8 and np.array_equal(pixels, theirs[tag]), tag


def test_weights_of_each_head_are_a_tile(rng):
    weights = rng.random((2, 3, 4))
    tiles = channels(np.moveaxis(weights, 0, -1))
    assert tiles.shape == (3 + 2, 2 * (4 + 1) + 1, 3)
