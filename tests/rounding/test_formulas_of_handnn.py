"""handnn's own objects as formulas of `handnn.allowance`: every registered one passes, and is not let through wrong."""

import numpy as np
import pytest

from handnn import activations, layers, losses, optimizers
from handnn.rounding.explanation import explain

LAYERS = {
    "Conv2D": (lambda: layers.Conv2D(4, 3), (2, 8, 8, 3)),
    "strided Conv2D": (lambda: layers.Conv2D(4, 3, strides=2, padding="same"), (2, 8, 8, 3)),
    "DepthwiseConv2D": (lambda: layers.DepthwiseConv2D(3), (2, 8, 8, 3)),
    "Conv2DTranspose": (lambda: layers.Conv2DTranspose(3, 2), (2, 5, 5, 3)),
    "MaxPooling2D": (lambda: layers.MaxPooling2D(2), (2, 8, 8, 3)),
    "AveragePooling2D": (lambda: layers.AveragePooling2D(2), (2, 8, 8, 3)),
    "GlobalAveragePooling2D": (layers.GlobalAveragePooling2D, (2, 8, 8, 3)),
    "BatchNormalization": (layers.BatchNormalization, (2, 5, 5, 3)),
    "GroupNormalization": (lambda: layers.GroupNormalization(3), (2, 5, 5, 3)),
    "LSTM": (lambda: layers.LSTM(3), (2, 5, 4)),
    "GRU": (lambda: layers.GRU(3), (2, 5, 4)),
    "SimpleRNN": (lambda: layers.SimpleRNN(3), (2, 5, 4)),
    "UnitNormalization": (layers.UnitNormalization, (4, 6)),
    "RMSNormalization": (layers.RMSNormalization, (4, 6)),
}

SEVERAL = {
    "Add": (layers.Add, 3),
    "Attention": (layers.Attention, 2),
    "Attention of concatenations": (lambda: layers.Attention(use_scale=True, score_mode="concat"), 3),
    "AdditiveAttention": (layers.AdditiveAttention, 2),
    "MultiHeadAttention": (lambda: layers.MultiHeadAttention(2, 3), 2),
    "MultiHeadAttention of keys": (lambda: layers.MultiHeadAttention(1, 2), 3),
}


def check(f, actual, *inputs, sharp=True):
    """The result is explained; the same a 32nd off is not."""
    found = explain(actual, f, *inputs)
    assert found.ok, str(found)
    wrong = np.asarray(actual) * np.float32(1.03125)
    assert explain(wrong, f, *inputs).ok != sharp


@pytest.fixture
def x(rng):
    return rng.normal(size=(4, 6)).astype("float32")


@pytest.mark.quick(4)
@pytest.mark.parametrize("name", list(activations.activations))
def test_activation(name, x):
    f = activations.get(name)
    check(f, f(x), x)


@pytest.mark.quick(3)
@pytest.mark.parametrize("name", list(losses.losses))
def test_loss(name, rng):
    cls = losses.losses[name]
    p, y = (rng.dirichlet(np.ones(6), 4).astype("float32") for _ in range(2))
    y = rng.integers(0, 6, 4) if cls.targets == "labels" else y
    check(cls(), cls()(y, p), y, p)


@pytest.mark.quick(3)
@pytest.mark.parametrize("name", LAYERS)
def test_layer(name, rng):
    make, shape = LAYERS[name]
    layer, x = make(), rng.normal(size=shape).astype("float32")
    check(layer, layer(x), x)


@pytest.mark.quick(2)
@pytest.mark.parametrize("name", SEVERAL)
def test_layer_of_several_tensors(name, rng):
    make, count = SEVERAL[name]
    layer, x = make(), [rng.normal(size=(2, 5, 4)).astype("float32") for _ in range(count)]
    check(layer, layer.on_each(x), *x)


@pytest.mark.quick(2)
@pytest.mark.parametrize("name", list(optimizers.optimizers))
def test_optimizer(name, x):
    cls, weight, gradient = optimizers.optimizers[name], x.copy(), x[::-1] * np.float32(0.1)
    cls().apply([gradient], [weight])
    iterates = name == "muon"  # in the worst case each Newton-Schulz step amplifies what was rounded before
    check(cls(), weight, gradient, x, sharp=not iterates)
